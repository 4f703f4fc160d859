"""Rows that another writer brings while a person is erased."""

from __future__ import annotations

import json

import pytest

from tests.races.village import DELETE, LOOK_BACK, Village, after, before
from upheld.model import State

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


@each_arrival
@pytest.mark.parametrize("kept", [True, False], ids=["committed", "rolled back"])
def test_what_a_transaction_that_was_open_brings_is_gone_after(
    village: Village, arrives: str, kept: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    if "customers" not in arrives and "orders VALUES" in arrives:
        pytest.skip("")
    with village.town.open() as upheld, village.session() as other:
        id = village.signed(upheld)
        before(upheld, DELETE["letters"], lambda: other.say(arrives))
        waiting = upheld.apply(id)
        assert waiting.state is State.EXECUTING
        assert len(waiting.open["shop"]) == 1
        assert waiting.outcome is None
        status, said = village.town.run(capsys, "request", "show", id, "--json")
        assert status == 0
        assert json.loads(said)["open"]["shop"] == list(waiting.open["shop"])
        assert upheld.apply(id).state is State.EXECUTING
        (other.commit if kept else other.rollback)()
        request = upheld.apply(id)
    village.require_erased(request)
