"""No database undoes what another one did: so all are asked before the first is written to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from tests.journeys.network import CALLS, CRM, LEDGER, VISITS, Part, settle
from upheld.errors import Refused
from upheld.model import Regime, Right, State

if TYPE_CHECKING:
    from pathlib import Path

    from tests.journeys.town import Town
    from upheld.app import Upheld

ADA = "email=ada@example.com"
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
        with pytest.raises(Refused, match="nothing but a telephone that"):
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


def test_a_store_that_declines_after_all_says_what_stays_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
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
    _, shown = town.run(capsys, "request", "show", id)
    assert f"{id}/{ledger}: attempt 1, 1 rows\n" in shown
    why = f"more rows in `{visits}.visits` than the plan allows; plan again"
    assert f"{id}/{visits}: attempt 1, declined: {why}\n" in shown
    with town.open() as upheld:
        assert upheld.plan(id).rows == 52
        upheld.sign(id, town.key)
        assert upheld.apply(id).state is State.CLOSED
    assert "declined" not in town.run(capsys, "request", "show", id)[1]
    assert town.rows(visits, "visits") == [(2, "D-80", "/bob")]


_LEADS = Part(
    """
    CREATE TABLE leads (id INTEGER PRIMARY KEY, phone TEXT, cookie TEXT);
    INSERT INTO leads VALUES (1, '+44 20 7946 0000', 'c-7');
    CREATE TABLE visits (id INTEGER PRIMARY KEY, cookie TEXT, page TEXT);
    INSERT INTO visits VALUES (1, 'c-7', '/');
    """,
    """\
  leads:
    key: id
    person: yes
    people:
      - {match: phone, identity: phone, is: about}
      - {match: id, identity: "account:web", is: about}
    fields:
      id: {category: account, identity: "account:web", erase: leave}
      phone: {category: contact, identity: phone}
      cookie: {category: account, identity: cookie}
  visits:
    key: id
    people: [{match: cookie, identity: cookie, is: about}]
    fields: {cookie: account, page: network_activity}
""",
)
_KNOWN = Part(
    CRM.tables + "ALTER TABLE customers ADD cookie TEXT; UPDATE customers SET cookie = 'c-7';",
    CRM.collections + "      cookie: {category: account, identity: cookie}\n",
)
_LOANS = Part(
    CRM.tables + "CREATE TABLE loans (id INTEGER PRIMARY KEY, whose INTEGER REFERENCES customers);",
    CRM.collections + "  loans: not personal\n",
)


@_BOTH
def test_a_row_does_not_vouch_for_itself_by_its_own_number(tmp_path: Path, order: str) -> None:
    town, crm, web = _town(tmp_path, order, CRM, _LEADS)
    with town.open() as upheld:
        id = upheld.open_request(Right.ERASE, [ADA]).id
        with pytest.raises(Refused, match=rf"`{web}.leads` are theirs by nothing but a telephone"):
            upheld.plan(id)
        town.run_sql(crm, ALONE)
        assert upheld.plan(id).rows == 3
        upheld.sign(id, town.key)
        town.run_sql(crm, TOGETHER)
        with pytest.raises(Refused, match=rf"`{web}.leads` are theirs by nothing but a telephone"):
            upheld.apply(id)
    assert len(town.rows(web, "leads")) == 1


@_BOTH
def test_a_row_of_theirs_that_is_found_later_is_nobody_elses(tmp_path: Path, order: str) -> None:
    town, crm, _ = _town(tmp_path, order, _KNOWN, _LEADS)
    town.run_sql(crm, "DELETE FROM customers WHERE id = 8")
    with town.open() as upheld:
        assert upheld.plan(upheld.open_request(Right.ERASE, [ADA]).id).rows == 3


def test_what_has_come_to_point_at_a_row_since_the_plan_stops_every_store(tmp_path: Path) -> None:
    town, ledger, crm = _town(tmp_path, "az", LEDGER, _LOANS)
    with town.open() as upheld:
        id = _signed(town, upheld)
        town.run_sql(crm, "INSERT INTO loans VALUES (1, 7)")
        with pytest.raises(Refused, match=r"any store: rows of `z1.loans` that stay point at rows"):
            upheld.apply(id)
        assert upheld.request(id).state is State.SIGNED
    assert len(town.rows(ledger, "debtors")) == 2


def test_two_stores_together_grow_no_further_than_was_signed_for(tmp_path: Path) -> None:
    town, *stores = _town(tmp_path, "az", VISITS, VISITS)
    town.edit("upheld.toml", "[keys]", "[limits]\nrows = 12\n[keys]")
    with town.open() as upheld:
        id = upheld.open_request(Right.ERASE, ["account:billing=D-70"]).id
        upheld.plan(id)
        upheld.sign(id, town.key)
        more = ", ".join(f"({number}, 'D-70', '/')" for number in range(10, 16))
        for each in stores:
            town.run_sql(each, f"INSERT INTO visits VALUES {more}")
        with pytest.raises(Refused, match="any store: more rows in `z1` than were signed for"):
            upheld.apply(id)
    assert [len(town.rows(each, "visits")) for each in stores] == [9, 9]
