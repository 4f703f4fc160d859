"""What a foreign key does to other rows in silence, it does to none that came a moment ago."""

from __future__ import annotations

import time
from threading import Barrier
from typing import TYPE_CHECKING

import pytest

from tests.journeys.town import ADA, BOB
from tests.races.village import Village
from upheld.errors import Refused, StoreBusy
from upheld.model import Right, State

if TYPE_CHECKING:
    from upheld.model import Request

_RULES = pytest.mark.parametrize("rule", ["CASCADE", "SET NULL"])
_NOTES = """\
  notes:
    key: id
    people: [{follow: order_id, to: orders, is: about}]
    fields: {id: none, order_id: none, words: commercial}
"""
_CHATS = """\
  chats:
    key: id
    people:
      - {follow: a, to: customers, is: shared}
      - {follow: b, to: customers, is: shared}
    fields: {id: none, a: none, b: none, words: {category: contact, erase: redact}}
"""


def _with_notes(village: Village, rule: str, mapped: str) -> None:
    village.write(
        "CREATE TABLE notes (id INTEGER PRIMARY KEY, order_id INTEGER, words VARCHAR(200), "
        f"FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE {rule})",
    )
    _map(village, mapped)


def _map(village: Village, more: str) -> None:
    path = village.town.folder / "stores" / "shop.yaml"
    path.write_text(path.read_text("utf-8") + more, "utf-8")


def _applied_while_one_comes(village: Village) -> Request:
    """Apply while somebody's new row is in a transaction that ends a moment later."""
    with village.town.open() as upheld, village.session() as other:
        id = village.signed(upheld)
        other.say("INSERT INTO notes VALUES (9, 10, 'late words')")

        def commit() -> None:
            time.sleep(0.7)
            other.commit()

        committing = village.in_thread(commit)
        try:
            return upheld.apply(id)
        finally:
            committing.result()


@_RULES
def test_a_row_of_theirs_that_comes_meanwhile_goes_too(village: Village, rule: str) -> None:
    _with_notes(village, rule, _NOTES)
    request = _applied_while_one_comes(village)
    assert village.rows("notes") == []
    village.require_erased(request)


@_RULES
def test_a_row_of_somebody_else_that_comes_meanwhile_stays_as_it_is(
    village: Village, rule: str
) -> None:
    _with_notes(village, rule, "  notes: not personal\n")
    with pytest.raises(Refused, match=r"rows of `shop.notes` that stay point at rows that would"):
        _applied_while_one_comes(village)
    assert village.rows("notes") == [(9, 10, "late words")]


def test_rows_that_come_all_the_time_are_not_waited_for_with_locks_held(
    village: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After so many looks, here none, all is let go of, and tried again later."""
    monkeypatch.setattr("upheld.acts.answer.patience.WAITS", (0.0,))
    monkeypatch.setattr("upheld.stores.sql.erasing.carrying._LOOKS", 0)
    _with_notes(village, "CASCADE", _NOTES)
    with village.town.open() as upheld:
        id = village.signed(upheld)
        there = village.everything()
        with pytest.raises(StoreBusy, match="gets rows of theirs all the time"):
            upheld.apply(id)
        village.require_untouched(there)
        monkeypatch.setattr("upheld.stores.sql.erasing.carrying._LOOKS", 5)
        village.require_erased(upheld.apply(id))


@pytest.mark.parametrize("turn", range(3))
def test_two_people_of_one_row_erased_at_once_leave_nothing_of_it(
    village: Village, turn: int
) -> None:
    village.write(
        "CREATE TABLE chats (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER, words VARCHAR(200), "
        "FOREIGN KEY (a) REFERENCES customers (id) ON DELETE SET NULL, "
        "FOREIGN KEY (b) REFERENCES customers (id) ON DELETE SET NULL)",
        f"INSERT INTO chats VALUES ({turn}, 1, 2, 'of {ADA} and {BOB}')",
        "DELETE FROM parcels",
        "DELETE FROM orders",
    )
    village.town.edit("stores/shop.yaml", "    erase: fields\n", "")
    village.town.edit("stores/shop.yaml", "identity: email, erase: replace", "identity: email")
    _map(village, _CHATS)
    with village.town.open() as one, village.town.open() as other:
        ids = []
        for upheld, email in ((one, ADA), (other, BOB)):
            ids.append(upheld.open_request(Right.ERASE, [f"email={email}"]).id)
            upheld.plan(ids[-1])
            upheld.sign(ids[-1], village.town.key)
        start = Barrier(2)

        def apply() -> None:
            start.wait()
            other.apply(ids[1])

        applying = village.in_thread(apply)
        start.wait()
        states = {one.apply(ids[0]).state}
        applying.result()
        assert states == {State.CLOSED}
        assert other.request(ids[1]).state is State.CLOSED
    assert village.rows("chats") == []
