"""Rows that another writer brings while a person is erased."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.races.village import (
    DELETE,
    LOOK_BACK,
    Pauses,
    Session,
    Village,
    after,
    before,
    intents,
)
from upheld.model import State

if TYPE_CHECKING:
    from collections.abc import Callable

LATE = {
    "a child row": "INSERT INTO parcels VALUES (101, 10, '1 Canary Street')",
    "a row without a foreign key": "INSERT INTO letters VALUES (1001, 'ADA@example.com', 'late')",
    "a child of the person": "INSERT INTO orders VALUES (12, 1, NULL, 'Lovelace-Canary')",
}
each_arrival = pytest.mark.parametrize("arrives", LATE.values(), ids=LATE)


def test_with_no_race_at_all_ada_goes_and_bob_stays(village: Village) -> None:
    with village.town.open() as upheld:
        request = upheld.apply(village.signed(upheld))
    village.require_erased(request)


@each_arrival
def test_a_row_that_arrives_after_the_signature_goes_too(village: Village, arrives: str) -> None:
    with village.town.open() as upheld:
        id = village.signed(upheld)
        village.write(arrives)
        request = upheld.apply(id)
    village.require_erased(request)


@pytest.mark.parametrize("moment", ["parcels", "orders"])
@pytest.mark.parametrize("arrives", list(LATE)[:2])
def test_a_row_that_arrives_between_finding_and_deleting_goes_too(
    village: Village, arrives: str, moment: str
) -> None:
    with village.town.open() as upheld:
        id = village.signed(upheld)
        came = before(upheld, DELETE[moment], lambda: village.write(LATE[arrives]))
        request = upheld.apply(id)
    assert came
    village.require_erased(request)


@pytest.mark.parametrize("arrives", list(LATE)[:2])
def test_a_row_that_arrives_after_its_table_was_emptied_goes_too(
    village: Village, arrives: str
) -> None:
    moment = DELETE["parcels" if "child" in arrives else "letters"]
    with village.town.open() as upheld:
        id = village.signed(upheld)
        came = after(upheld, moment, lambda: village.write(LATE[arrives]))
        request = upheld.apply(id)
    assert came
    village.require_erased(request)


def test_a_row_that_had_to_wait_for_the_erasure_goes_too(village: Village) -> None:
    """Who points at a locked row waits, and comes just after the commit."""
    with village.town.open() as upheld, village.session() as other:
        id = village.signed(upheld)

        def arrive() -> None:
            other.say(LATE["a child of the person"])
            other.commit()

        def collide() -> None:
            waiting.append(village.in_thread(arrive))
            village.await_blocked(other)

        waiting: list[object] = []
        came = before(upheld, DELETE["orders"], collide)
        request = upheld.apply(id)
    assert came
    village.require_erased(request)


@pytest.mark.parametrize("end", [Session.commit, Session.rollback])
def test_what_a_transaction_that_was_open_brings_is_gone_after(
    village: Village, end: Callable[[Session], None], capsys: pytest.CaptureFixture[str]
) -> None:
    with village.town.open() as upheld, village.session() as other:
        id = village.signed(upheld)
        after(upheld, DELETE["letters"], lambda: other.say(LATE["a row without a foreign key"]))
        waiting = upheld.apply(id)
        assert waiting.state is State.EXECUTING
        assert len(waiting.open["shop"]) == 1
        assert waiting.outcome is None
        status, said = village.town.run(capsys, "request", "show", id, "--json")
        assert status == 0
        assert json.loads(said)["open"]["shop"] == list(waiting.open["shop"])
        assert upheld.apply(id).open == waiting.open
        assert upheld.request(id).state is State.EXECUTING
        end(other)
        request = upheld.apply(id)
    village.require_erased(request)
    assert not any(request.open.values())


def test_a_writer_who_begins_after_the_erasure_is_not_waited_for(village: Village) -> None:
    """Whoever is always writing, in one transaction after the other, holds no answer back."""
    with village.town.open() as upheld, village.session() as old, village.session() as new:
        id = village.signed(upheld)
        writing = "INSERT INTO letters VALUES (3000, 'bob@example.com', 'old')"
        after(upheld, DELETE["letters"], lambda: old.say(writing))
        assert upheld.apply(id).state is State.EXECUTING
        new.say("INSERT INTO letters VALUES (3001, 'bob@example.com', 'new')")
        old.rollback()
        request = upheld.apply(id)
        assert request.state is State.CLOSED
        new.rollback()
    village.require_erased(request)


def test_who_has_said_that_they_only_read_is_waited_for_only_where_nobody_can_tell(
    village: Village,
) -> None:
    with village.town.open() as upheld, village.speaking() as say:
        id = village.signed(upheld)
        say("START TRANSACTION READ ONLY")
        say("SELECT count(*) FROM letters")
        request = upheld.apply(id)
        if village.is_postgres:
            assert request.state is State.EXECUTING
            say("COMMIT")
            request = upheld.apply(id)
    village.require_erased(request)


def test_what_the_guide_says_finds_whoever_is_waited_for(village: Village) -> None:
    sign, example = _ASKED[village.is_postgres]
    [asked] = [each for each in _printed() if sign in each]
    with village.town.open() as upheld, village.session() as other:
        id = village.signed(upheld)
        after(upheld, DELETE["letters"], lambda: other.say(LATE["a row without a foreign key"]))
        [name] = upheld.apply(id).open["shop"]
        wanted = name if village.is_postgres else name.partition("/")[0]
        assert example in asked
        with village.engine.connect() as connection:
            found = connection.exec_driver_sql(asked.replace(example, wanted)).all()
        assert [row[0] for row in found] == [other.number]
        other.rollback()
        assert upheld.apply(id).state is State.CLOSED


_ASKED = {True: ("'virtualxid'", "63/2"), False: ("information_schema.processlist", "17")}
"""By what each statement of the guide is known, and the number that it takes for an example."""


def _printed() -> list[str]:
    guide = (Path(__file__).parents[2] / "docs" / "howto" / "servers.md").read_text("utf-8")
    return re.findall(r"```sql\n(.*?);\n```", guide, re.DOTALL)


_WHO_WRITES = {
    True: "SELECT * FROM pg_locks",
    False: "SELECT * FROM information_schema.INNODB_TRX",
}


def test_a_writer_is_seen_however_often_others_look_who_writes(village: Village) -> None:
    """InnoDB shows the same list again to whoever asks soon after somebody else."""
    with village.town.open() as upheld, village.session() as other:
        id = village.signed(upheld)

        def intrude() -> None:
            village.write(_WHO_WRITES[village.is_postgres])
            other.say(LATE["a row without a foreign key"])

        before(upheld, LOOK_BACK, intrude)
        assert upheld.apply(id).state is State.EXECUTING
        other.commit()
        request = upheld.apply(id)
    village.require_erased(request)


def test_a_prepared_transaction_whose_session_has_gone_is_waited_for(village: Village) -> None:
    """It outlives its session and the server, until somebody ends it by its name."""
    begin, prepare, commit = _TWO_PHASES[village.is_postgres]
    late = (*begin, LATE["a row without a foreign key"], *prepare)
    with village.town.open() as upheld:
        id = village.signed(upheld)
        with village.speaking() as say:
            after(upheld, DELETE["letters"], lambda: [say(each) for each in late])
            first = upheld.apply(id)
        second = upheld.apply(id)
        with village.speaking() as say:
            say(commit)
        assert (first.state, second.state) == (State.EXECUTING, State.EXECUTING)
        request = upheld.apply(id)
    village.require_erased(request)


_TWO_PHASES = {
    True: (("BEGIN",), ("PREPARE TRANSACTION 'late'",), "COMMIT PREPARED 'late'"),
    False: (("XA START 'late'",), ("XA END 'late'", "XA PREPARE 'late'"), "XA COMMIT 'late'"),
}


def test_a_child_in_an_open_transaction_holds_the_erasure_up_until_it_is_over(
    village: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    with village.town.open() as upheld, village.session() as other:
        id = village.signed(upheld)
        other.say(LATE["a child row"])
        paused = Pauses(monkeypatch, lambda number: other.commit() if number == 2 else None)
        request = upheld.apply(id)
        assert paused.number >= 2
        assert intents(upheld, id) == 3
    village.require_erased(request)
