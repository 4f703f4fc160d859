"""No database undoes what another one did: so all are asked before the first is written to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from tests.journeys.network import CRM, LEDGER, VISITS, Part, settle
from upheld.errors import Refused
from upheld.model import Regime, Right, State

if TYPE_CHECKING:
    from pathlib import Path

    from tests.journeys.town import Town
    from upheld.app import Upheld

ADA = "email=ada@example.com"
CALLS = Part(
    """
    CREATE TABLE calls (id INTEGER PRIMARY KEY, phone TEXT, words TEXT);
    INSERT INTO calls VALUES (1, '+44 20 7946 0000', 'whose?');
    """,
    """\
  calls:
    key: id
    people: [{match: phone, identity: phone, is: about}]
    fields: {phone: {category: contact, identity: phone}, words: contact}
""",
)
ALONE = "UPDATE customers SET phone = NULL WHERE id = 8"
TOGETHER = "UPDATE customers SET phone = '+44 20 7946 0000' WHERE id = 8"
_BOTH = pytest.mark.parametrize("order", ["az", "za"])


def _signed(town: Town, upheld: Upheld, right: Right = Right.ERASE) -> str:
    id = upheld.open_request(right, [ADA], regime=Regime.GDPR).id
    upheld.plan(id)
    upheld.sign(id, town.key)
    return id


def _town(tmp_path: Path, order: str, one: Part, other: Part) -> tuple[Town, str, str]:
    first, second = (f"{letter}{number}" for number, letter in enumerate(order))
    return settle(tmp_path / "town", **{first: one, second: other}), first, second


@_BOTH
def test_who_takes_a_number_after_the_plan_loses_nothing_in_any_store(
    tmp_path: Path, order: str
) -> None:
    town, crm, calls = _town(tmp_path, order, CRM, CALLS)
    town.run_sql(crm, ALONE)
    with town.open() as upheld:
        id = _signed(town, upheld)
        town.run_sql(crm, TOGETHER)
        with pytest.raises(Refused, match=r"nothing was written to any store.*a telephone that"):
            upheld.apply(id)
        assert upheld.request(id).state is State.SIGNED
        assert len(town.rows(crm, "customers")) == 2
        assert len(town.rows(calls, "calls")) == 1
        town.run_sql(crm, ALONE)
        assert upheld.apply(id).state is State.CLOSED
    assert town.rows(calls, "calls") == []


def test_a_copy_shows_nobody_elses_rows_since_the_plan(tmp_path: Path) -> None:
    town, crm, _ = _town(tmp_path, "az", CRM, CALLS)
    town.run_sql(crm, ALONE)
    with town.open() as upheld:
        id = _signed(town, upheld, Right.ACCESS)
        town.run_sql(crm, TOGETHER)
        with pytest.raises(Refused, match="nothing but a telephone"):
            upheld.apply(id)
        assert not list(town.folder.glob("**/*.zip"))


@_BOTH
def test_a_number_that_was_taken_over_after_the_erasure_is_no_lapse(
    tmp_path: Path, order: str
) -> None:
    town, crm, calls = _town(tmp_path, order, CRM, CALLS)
    town.run_sql(crm, ALONE)
    with town.open() as upheld:
        assert upheld.apply(_signed(town, upheld)).state is State.CLOSED
    again = "INSERT INTO calls VALUES (2, '+44 20 7946 0000', 'hello')"
    town.run_sql(calls, again)
    assert town.verdict("gdpr.erase")[0] == "broken"
    town.run_sql(crm, TOGETHER)
    assert town.verdict("gdpr.erase")[0] != "broken"


@_BOTH
def test_a_number_given_to_the_next_customer_stops_every_store(tmp_path: Path, order: str) -> None:
    town, crm, ledger = _town(tmp_path, order, CRM, LEDGER)
    with town.open() as upheld:
        id = _signed(town, upheld)
        town.run_sql(crm, "DELETE FROM customers WHERE id = 7")
        town.run_sql(crm, "INSERT INTO customers VALUES (7, 'carol@example.com', NULL)")
        with pytest.raises(Refused, match="nothing was written to any store") as refusal:
            upheld.apply(id)
        assert "carol" not in str(refusal.value)
        assert upheld.request(id).state is State.SIGNED
    assert len(town.rows(ledger, "debtors")) == 2


@_BOTH
def test_more_rows_than_were_signed_for_in_one_store_stop_every_store(
    tmp_path: Path, order: str
) -> None:
    town, ledger, visits = _town(tmp_path, order, LEDGER, VISITS)
    with town.open() as upheld:
        id = upheld.open_request(Right.ERASE, ["account:billing=D-70"]).id
        upheld.plan(id)
        upheld.sign(id, town.key)
        more = ", ".join(f"({number}, 'D-70', '/')" for number in range(10, 60))
        town.run_sql(visits, f"INSERT INTO visits VALUES {more}")
        with pytest.raises(Refused, match=rf"any store: more rows in `{visits}.visits`"):
            upheld.apply(id)
        assert upheld.request(id).state is State.SIGNED
    assert len(town.rows(ledger, "debtors")) == 2


def test_a_store_that_declines_after_all_says_what_stays_so(tmp_path: Path) -> None:
    """What comes between the question and the deed nobody can foresee."""
    town, ledger, visits = _town(tmp_path, "az", LEDGER, VISITS)
    more = ", ".join(f"({number}, 'D-70', '/')" for number in range(10, 60))
    with town.open() as upheld:
        id = upheld.open_request(Right.ERASE, ["account:billing=D-70"]).id
        upheld.plan(id)
        upheld.sign(id, town.key)

        def arrive(_: sa.Connection) -> None:
            town.run_sql(visits, f"INSERT INTO visits VALUES {more}")

        engine = upheld.company.stores[ledger].engine  # type: ignore[attr-defined]
        sa.event.listen(engine, "commit", arrive, once=True)
        with pytest.raises(Refused, match=rf"plan again; what was erased in `{ledger}` before"):
            upheld.apply(id)
        assert upheld.request(id).state is State.EXECUTING
        assert upheld.plan(id).rows == 52
        upheld.sign(id, town.key)
        assert upheld.apply(id).state is State.CLOSED
    assert town.rows(visits, "visits") == [(2, "D-80", "/bob")]
