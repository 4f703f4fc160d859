"""Whatever commit an erasure dies at, before it or after, it comes to one same ending."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.engine.default import DefaultDialect

from tests.journeys.town import ADA, Town, build
from upheld.model import Regime, Right, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy.engine.interfaces import DBAPIConnection


class KilledError(BaseException):
    """The process dies here."""


@contextmanager
def dying(at: int, *, after: bool) -> Iterator[list[int]]:
    """Die at the nth commit of home or of any store, just before or just after it is durable."""
    real: Callable[[DefaultDialect, DBAPIConnection], None] = DefaultDialect.do_commit
    seen = [0]

    def commit(dialect: DefaultDialect, connection: DBAPIConnection) -> None:
        seen[0] += 1
        if seen[0] == at and not after:
            raise KilledError
        real(dialect, connection)
        if seen[0] == at:
            raise KilledError

    patch = pytest.MonkeyPatch()
    patch.setattr(DefaultDialect, "do_commit", commit)
    try:
        yield seen
    finally:
        patch.undo()


def _answer(town: Town) -> None:
    """Take the request from wherever it stands to its answer, as an officer would."""
    with town.open() as upheld:
        requests = upheld.requests()
        if not requests:
            upheld.open_request(Right.ERASE, [f"email={ADA}"], regime=Regime.GDPR)
        request = upheld.request("R-1")
        if request.state is State.OPEN:
            upheld.plan("R-1")
        if upheld.request("R-1").state is State.PLANNED:
            upheld.sign("R-1", town.key)
        upheld.apply("R-1")


def _ending(town: Town) -> dict[str, object]:
    """Return what must not depend on where it died: rows, outcome, letter's lines, verdicts."""
    tables = {name: town.rows("shop", name) for name in ("customers", "orders", "invoices")}
    # The replacement of an e-mail is derived from a secret of this very request.
    customers = [
        (row[0], "replaced", *row[2:]) if row[0] == 1 else row for row in tables["customers"]
    ]
    with town.open() as upheld:
        request = upheld.request("R-1")
        verdicts = {each.id: each.verdict for each in upheld.check()}
        people = upheld.company.home.person("email", ADA)
    letter = (town.folder / "answers" / "R-1.html").read_text("utf-8")
    return {
        **tables,
        "customers": customers,
        "visits": town.rows("web", "visits"),
        "state": (request.state, request.outcome),
        "verdicts": verdicts,
        "known": people,
        "letter": letter[letter.index("<h2>") : letter.index("<pre>")],
    }


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, object], int]:
    """Return the ending of an erasure nothing happened to, and its number of commits."""
    town = build(tmp_path_factory.mktemp("whole") / "town")
    with dying(0, after=False) as seen:
        _answer(town)
    return _ending(town), seen[0]


def test_an_erasure_touches_the_world_often_enough_for_this_to_mean_something(
    whole: tuple[dict[str, object], int],
) -> None:
    ending, commits = whole
    assert commits >= 10
    assert ending["state"] == (State.CLOSED, "partial")


@pytest.mark.parametrize("after", [False, True], ids=["before it is durable", "after"])
@pytest.mark.parametrize("at", range(1, 14))
def test_dying_at_any_commit_comes_to_the_same_ending(
    whole: tuple[dict[str, object], int], tmp_path: Path, at: int, *, after: bool
) -> None:
    ending, commits = whole
    if at > commits:
        assert at > 10
        return
    town = build(tmp_path / "town")
    with dying(at, after=after), pytest.raises(KilledError):
        _answer(town)
    _answer(town)
    assert _ending(town) == ending
