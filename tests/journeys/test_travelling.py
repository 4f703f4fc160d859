"""Identities travel from store to store, and lead to nobody else on the way."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING

import pytest

from tests.journeys.network import CRM, LEDGER, VISITS, Part, erased, found, settle
from upheld.errors import Refused
from upheld.model import State

if TYPE_CHECKING:
    from pathlib import Path

ADA = "email=ada@example.com"
ORDERS = list(permutations("abc"))

each_order = pytest.mark.parametrize("names", ORDERS, ids=["".join(each) for each in ORDERS])


@each_order
def test_an_address_leads_through_a_number_and_another_systems_key(
    tmp_path: Path, names: tuple[str, str, str]
) -> None:
    crm, ledger, visits = names
    town = settle(tmp_path / "town", **{crm: CRM, ledger: LEDGER, visits: VISITS})
    assert found(town, ADA) == {
        f"{crm}.customers": 1,
        f"{ledger}.debtors": 1,
        f"{visits}.visits": 2,
    }


@each_order
def test_the_way_back_leads_to_the_same_rows(tmp_path: Path, names: tuple[str, str, str]) -> None:
    crm, ledger, visits = names
    town = settle(tmp_path / "town", **{crm: CRM, ledger: LEDGER, visits: VISITS})
    assert found(town, "account:billing=D-70") == {
        f"{crm}.customers": 1,
        f"{ledger}.debtors": 1,
        f"{visits}.visits": 2,
    }


def test_an_erasure_reaches_the_last_store_and_leaves_the_bystander(tmp_path: Path) -> None:
    town = settle(tmp_path / "town", crm=CRM, ledger=LEDGER, visits=VISITS)
    assert erased(town, ADA).state is State.CLOSED
    assert [row[0] for row in town.rows("crm", "customers")] == [8]
    assert town.rows("ledger", "debtors") == [("D-80", 8, "of Bob")]
    assert town.rows("visits", "visits") == [(2, "D-80", "/bob")]


def test_stores_that_point_at_each_other_come_to_an_end(tmp_path: Path) -> None:
    wheel = Part(
        "CREATE TABLE spokes (id INTEGER PRIMARY KEY, here TEXT, there TEXT);"
        "INSERT INTO spokes VALUES (1, 'a', 'b'), (2, 'x', 'y');",
        """\
  spokes:
    key: id
    person: yes
    people:
      - {match: here, identity: "account:HERE", is: about}
      - {match: there, identity: "account:THERE", is: about}
    fields:
      here: {category: account, identity: "account:HERE"}
      there: {category: account, identity: "account:THERE"}
""",
    )
    rounds = {"one": ("one", "two"), "two": ("two", "three"), "three": ("three", "one")}
    letters = {"one": ("p", "q"), "two": ("q", "r"), "three": ("r", "p")}
    parts = {
        name: Part(
            wheel.tables.replace("'a', 'b'", f"'{letters[name][0]}', '{letters[name][1]}'"),
            wheel.collections.replace("HERE", rounds[name][0]).replace(
                "T" + rounds[name][0], rounds[name][1]
            ),
        )
        for name in rounds
    }
    town = settle(tmp_path / "town", **parts)
    assert found(town, "account:one=p") == {f"{name}.spokes": 1 for name in rounds}


@each_order
def test_stores_that_disagree_about_whose_a_number_is_are_refused(
    tmp_path: Path, names: tuple[str, str, str]
) -> None:
    crm, ledger, last = names
    tickets = Part(
        "CREATE TABLE askers (id INTEGER PRIMARY KEY, payer TEXT, email TEXT);"
        "INSERT INTO askers VALUES (1, 'D-70', 'bob@example.com');",
        """\
  askers:
    key: id
    person: yes
    people:
      - {match: payer, identity: "account:billing", is: about}
      - {match: email, identity: email, is: about}
""",
    )
    town = settle(tmp_path / "town", **{crm: CRM, ledger: LEDGER, last: tickets})
    with pytest.raises(Refused, match="bears another identity than was presented") as refusal:
        found(town, ADA)
    assert "bob" not in str(refusal.value)


_REFERRED = Part(
    """
    CREATE TABLE members (id INTEGER PRIMARY KEY, email TEXT, sponsor INTEGER, friend TEXT);
    INSERT INTO members VALUES (1, 'ada@example.com', 8, 'bob@example.com'),
      (2, 'bob@example.com', NULL, NULL);
    """,
    """\
  members:
    key: id
    person: yes
    people:
      - {match: email, identity: email, is: about}
      - {match: sponsor, identity: "account:crm", is: mentions}
      - {match: friend, identity: email, is: mentions}
    fields:
      email: {category: contact, identity: email}
      sponsor: {category: account, identity: "account:crm"}
      friend: {category: contact, identity: email}
""",
)


@pytest.mark.parametrize("names", [("crm", "members"), ("z", "members")], ids=["last", "first"])
def test_somebody_who_is_only_mentioned_in_a_row_is_not_pulled_in(
    tmp_path: Path, names: tuple[str, str]
) -> None:
    crm, members = names
    town = settle(tmp_path / "town", **{crm: CRM, members: _REFERRED})
    assert found(town, ADA) == {f"{crm}.customers": 1, f"{members}.members": 1}


def test_a_row_that_mentions_the_person_does_not_tell_whose_it_is(tmp_path: Path) -> None:
    town = settle(tmp_path / "town", crm=CRM, members=_REFERRED)
    assert found(town, "email=bob@example.com") == {"crm.customers": 1, "members.members": 1}


_ROUTERS = Part(
    """
    CREATE TABLE lines (id INTEGER PRIMARY KEY, phone TEXT, payer TEXT);
    INSERT INTO lines VALUES (1, '020 7946 0000', 'D-80'), (2, '020 7946 1111', 'D-70');
    """,
    """\
  lines:
    key: id
    person: yes
    people:
      - {match: phone, identity: phone, is: about, stored: national GB}
      - {match: payer, identity: "account:billing", is: about}
    fields:
      phone: {category: contact, identity: phone}
      payer: {category: account, identity: "account:billing"}
""",
)
"""Bob's line has the number that Ada, too, once gave; hers is another one."""


@each_order
def test_a_telephone_waits_until_nothing_better_leads_to_anybody(
    tmp_path: Path, names: tuple[str, str, str]
) -> None:
    """Whichever store is asked first: a number is a household's, an account is a person's."""
    crm, ledger, lines = names
    town = settle(tmp_path / "town", **{crm: CRM, ledger: LEDGER, lines: _ROUTERS})
    assert erased(town, ADA).state is State.CLOSED
    assert [row[0] for row in town.rows(lines, "lines")] == [1]
    assert [row[0] for row in town.rows(ledger, "debtors")] == ["D-80"]


@pytest.mark.parametrize("names", [("crm", "lines"), ("zcrm", "lines")])
def test_a_telephone_leads_on_where_nothing_else_does_and_nobody_else_has_it(
    tmp_path: Path, names: tuple[str, str]
) -> None:
    crm, lines = names
    part = Part(_ROUTERS.tables.replace("'D-80'", "NULL"), _ROUTERS.collections)
    town = settle(tmp_path / "town", **{crm: CRM, lines: part})
    with pytest.raises(Refused, match=r"`lines.lines` are theirs by nothing but a telephone"):
        found(town, ADA)
    town.run_sql(crm, "UPDATE customers SET phone = NULL WHERE id = 8")
    with town.open() as upheld:
        (request,) = upheld.requests()
        assert upheld.plan(request.id).rows == 2
