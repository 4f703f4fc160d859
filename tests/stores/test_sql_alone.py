"""What two people share leads to nobody's rows, where nothing else tells whose they are."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from tests.journeys.network import CALLS, CRM, settle
from tests.stores.real import made
from tests.stores.shop import build
from upheld.acts.finding import find
from upheld.datamap.closure import Frozen, starting
from upheld.datamap.parse import parse_store
from upheld.errors import Refused
from upheld.identity import normalise
from upheld.model import Bond, Declined, Erasure, Right, Step
from upheld.stores.sql import SqlStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from upheld.acts.company import Company

ADA, BOB = "ada@example.com", "bob@example.com"
SHARED, OWN = "+44 20 7946 0000", "+44 20 7946 1111"
_TABLES = (
    "CREATE TABLE customers (id INTEGER PRIMARY KEY, email VARCHAR(99), phone VARCHAR(30))",
    "CREATE TABLE calls (id INTEGER PRIMARY KEY, phone VARCHAR(30), email VARCHAR(99), words TEXT)",
)
_MAP = """\
kind: sql
url: sqlite:///x.sqlite
collections:
  customers:
    key: id
    person: yes
    people: [{match: email, identity: email, is: about}]
    fields:
      email: {category: contact, identity: email}
      phone: {category: contact, identity: phone}
  calls:
    key: id
    people: [{match: phone, identity: phone, is: about}]
    fields:
      phone: {category: contact, identity: phone}
      email: {category: contact, identity: email}
      words: contact
"""


def _found(store: SqlStore, start: Frozen) -> dict[tuple[str, Bond], int]:
    """Find in a company that has no other store."""
    maps = {"shop": store._mapped}  # noqa: SLF001 (the company of one store)
    company = cast("Company", SimpleNamespace(stores={"shop": store}, maps=maps))
    return dict(find(company, start)[1]["shop"])


class Office:
    """A database of customers, and of calls that are known by a number alone."""

    def __init__(self, url: str) -> None:
        made(url, *_TABLES)
        self.url = url
        self.store = SqlStore(parse_store(_MAP, "stores/shop.yaml"), url)

    def customer(self, number: int, email: str, phone: str | None) -> None:
        said = "NULL" if phone is None else f"'{phone}'"
        made(self.url, f"INSERT INTO customers VALUES ({number}, '{email}', {said})")

    def call(self, number: int, phone: str, email: str | None = None) -> None:
        said = "NULL" if email is None else f"'{email}'"
        made(self.url, f"INSERT INTO calls VALUES ({number}, '{phone}', {said}, 'hello')")

    def found(self, kind: str, value: str) -> dict[tuple[str, Bond], int]:
        return _found(self.store, starting({kind: [normalise(kind, value)]}))


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    made_ = Office(database_url)
    yield made_
    made_.store.close()


def test_calls_from_a_number_of_their_own_are_theirs(office: Office) -> None:
    office.customer(1, ADA, OWN)
    office.customer(2, BOB, SHARED)
    office.call(1, OWN)
    office.call(2, SHARED)
    assert office.found("email", ADA)["calls", Bond.ABOUT] == 1


def test_calls_from_a_number_of_a_household_are_refused(office: Office) -> None:
    office.customer(1, ADA, SHARED)
    office.customer(2, BOB, SHARED)
    office.call(1, SHARED)
    for kind, value in (("email", ADA), ("email", BOB)):
        with pytest.raises(Refused, match=r"`shop.calls` are theirs by nothing but") as refusal:
            office.found(kind, value)
        assert "7946" not in str(refusal.value)


def test_nobody_is_refused_for_a_number_without_calls(office: Office) -> None:
    office.customer(1, ADA, SHARED)
    office.customer(2, BOB, SHARED)
    office.call(1, OWN)
    assert office.found("email", ADA) == {("customers", Bond.ABOUT): 1}


def test_a_call_that_bears_another_address_is_refused(office: Office) -> None:
    office.customer(1, ADA, SHARED)
    office.call(1, SHARED, ADA)
    assert office.found("email", ADA)["calls", Bond.ABOUT] == 1
    office.call(2, SHARED, BOB)
    with pytest.raises(Refused, match="bear another's identity"):
        office.found("email", ADA)


def test_calls_of_two_addresses_are_refused_to_who_presents_the_number(office: Office) -> None:
    office.call(1, SHARED, ADA)
    office.call(2, SHARED, ADA.upper())
    office.call(3, SHARED)
    assert office.found("phone", SHARED) == {("calls", Bond.ABOUT): 3}
    office.call(4, SHARED, BOB)
    with pytest.raises(Refused, match="bear another's identity"):
        office.found("phone", SHARED)


def test_who_takes_the_number_after_the_finding_is_not_shown_the_calls(office: Office) -> None:
    office.customer(1, ADA, SHARED)
    office.call(1, SHARED)
    found = office.store.find(starting({"email": [ADA]}).of("shop")).closure
    office.customer(2, BOB, SHARED)
    with pytest.raises(Refused, match="by nothing but a telephone"):
        list(office.store.look(found))


def test_who_takes_the_number_after_the_plan_loses_no_calls(tmp_path: Path) -> None:
    shop = build(tmp_path, ";".join(_TABLES), _MAP.partition("collections:\n")[2])
    shop.run(f"INSERT INTO customers VALUES (1, '{ADA}', '{SHARED}')")
    shop.run(f"INSERT INTO calls VALUES (1, '{SHARED}', NULL, 'hello')")
    step = shop.step(email=ADA)
    assert not shop.store.preview(step).refusals
    shop.run(f"INSERT INTO customers VALUES (2, '{BOB}', '{SHARED}')")
    before = shop.everything()
    outcome = shop.store.act(step)
    assert isinstance(outcome, Declined)
    assert "nothing but a telephone" in outcome.why
    assert "7946" not in outcome.why
    assert shop.everything() == before


def test_a_mention_by_a_number_is_no_doubt(database_url: str) -> None:
    office = Office(database_url)
    text = _MAP.replace("{match: phone, identity: phone, is: about}", _MENTION)
    office.store = SqlStore(parse_store(text, "stores/shop.yaml"), database_url)
    office.customer(1, ADA, SHARED)
    office.customer(2, BOB, SHARED)
    office.call(1, SHARED)
    assert office.found("email", ADA)["calls", Bond.MENTIONS] == 1
    office.store.close()


def test_whoever_a_call_only_mentions_is_no_doubt(database_url: str) -> None:
    """Found by chance: who was told of a call was taken for who made it."""
    office = Office(database_url)
    told = "is: about}, {match: email, identity: email, is: mentions}]\n    fields:\n      phone"
    text = _MAP.replace("is: about}]\n    fields:\n      phone", told)
    office.store = SqlStore(parse_store(text, "stores/shop.yaml"), database_url)
    office.customer(1, ADA, OWN)
    office.call(1, OWN, BOB)
    assert office.found("email", ADA)["calls", Bond.ABOUT] == 1
    office.store.close()


_LEADS = """\
  leads:
    key: id
    person: yes
    people: [{match: phone, identity: phone, is: about}, {match: email, identity: email, is: about}]
    fields:
      phone: {category: contact, identity: phone}
      email: {category: contact, identity: email}
      words: contact
"""


@pytest.fixture
def leads(database_url: str) -> Iterator[Office]:
    """An office that also keeps people of whom little is known."""
    office = Office(database_url)
    made(database_url, _TABLES[1].replace("calls", "leads"))
    office.store = SqlStore(parse_store(_MAP + _LEADS, "stores/shop.yaml"), database_url)
    yield office
    office.store.close()


def _lead(office: Office, number: int, phone: str, email: str = "NULL") -> None:
    made(office.url, f"INSERT INTO leads VALUES ({number}, '{phone}', {email}, 'hello')")


def test_somebody_of_whom_only_a_households_number_is_known_is_nobodys(leads: Office) -> None:
    leads.customer(1, ADA, SHARED)
    _lead(leads, 1, SHARED)
    assert leads.found("email", ADA)["leads", Bond.ABOUT] == 1
    leads.customer(2, BOB, SHARED)
    for kind, value in (("email", ADA), ("email", BOB)):
        with pytest.raises(Refused, match=r"`shop.leads` are theirs by nothing but a telephone"):
            leads.found(kind, value)


def test_a_number_leads_to_no_row_of_people_with_another_address(leads: Office) -> None:
    """Also where the address was not presented, but is known."""
    leads.customer(1, ADA, OWN)
    _lead(leads, 1, OWN, f"'{BOB}'")
    assert leads.found("email", ADA) == {("customers", Bond.ABOUT): 1}


_VISITS = """\
kind: sql
url: sqlite:///x.sqlite
collections:
  customers:
    key: id
    person: yes
    people: [{match: email, identity: email, is: about}]
    fields:
      email: {category: contact, identity: email}
      known_as: {category: account, identity: KIND}
  visits:
    key: id
    people: [{match: visitor, identity: KIND, is: about}]
    fields: {visitor: account, page: network_activity}
"""


class Shared:
    """Customers who are known by a thing of which two may have the same, and visits by it."""

    def __init__(self, url: str, kind: str) -> None:
        made(
            url,
            "CREATE TABLE customers (id INTEGER PRIMARY KEY, email VARCHAR(99), "
            "known_as VARCHAR(9))",
            "CREATE TABLE visits (id INTEGER PRIMARY KEY, visitor VARCHAR(9), page TEXT)",
            f"INSERT INTO customers VALUES (1, '{ADA}', 'c-7'), (3, 'carol@example.com', 'c-9')",
            "INSERT INTO visits VALUES (1, 'c-7', '/'), (2, 'c-7', '/a'), (3, 'c-8', '/b')",
        )
        self.url, self.kind = url, kind
        mapped = parse_store(_VISITS.replace("KIND", f'"{kind}"'), "stores/shop.yaml")
        self.store = SqlStore(mapped, url)

    def bob_has_it_too(self) -> None:
        made(self.url, f"INSERT INTO customers VALUES (2, '{BOB}', 'c-7')")

    def found(self, **given: str) -> dict[str, int]:
        kinds = {self.kind if kind == "thing" else kind: [value] for kind, value in given.items()}
        return {name: rows for (name, _), rows in _found(self.store, starting(kinds)).items()}


@pytest.fixture(params=["cookie", "account:crm"])
def shared(database_url: str, request: pytest.FixtureRequest) -> Iterator[Shared]:
    made_ = Shared(database_url, request.param)
    yield made_
    made_.store.close()


def test_what_one_customer_has_leads_to_their_visits(shared: Shared) -> None:
    assert shared.found(email=ADA) == {"customers": 1, "visits": 2}


def test_what_two_customers_have_leads_to_nobodys_visits(shared: Shared) -> None:
    shared.bob_has_it_too()
    for email in (ADA, BOB):
        with pytest.raises(
            Refused, match=r"`shop.visits` are theirs by nothing but the"
        ) as refusal:
            shared.found(email=email)
        assert "c-7" not in str(refusal.value)
    assert shared.found(email="carol@example.com") == {"customers": 1}


def test_who_presents_what_one_customer_has_may_be_that_customer(shared: Shared) -> None:
    assert shared.found(thing="c-7") == {"visits": 2}
    shared.bob_has_it_too()
    with pytest.raises(Refused, match=r"`shop.visits` are theirs by nothing but the"):
        shared.found(thing="c-7")


def test_what_somebody_took_over_after_the_erasure_is_nobodys_lapse(shared: Shared) -> None:
    closure = shared.store.find(starting({"email": [ADA]}).of("shop")).closure
    erasures = tuple(
        Erasure(name, Bond.ABOUT, delete=True, changes=(), hold=None, clauses=("c",))
        for name in ("visits", "customers")
    )
    step = Step("R-1/shop", Right.ERASE, closure, erasures, bytes(32), date(2026, 11, 30))
    assert shared.store.look_back(step).late == {"visits": 2, "customers": 1}
    made(shared.url, "DELETE FROM customers WHERE id = 1", "DELETE FROM visits WHERE id < 3")
    assert shared.store.look_back(step).late == {}
    made(shared.url, "INSERT INTO visits VALUES (5, 'c-7', '/late')")
    assert shared.store.look_back(step).late == {"visits": 1}
    shared.bob_has_it_too()
    assert shared.store.look_back(step).late == {}


_MENTION = "{match: phone, identity: phone, is: mentions}"


@pytest.mark.parametrize("names", [("crm", "zcalls"), ("zcrm", "calls")])
def test_another_store_knows_that_the_number_is_a_households(
    tmp_path: Path, names: tuple[str, str]
) -> None:
    town = settle(tmp_path / "town", **dict(zip(names, (CRM, CALLS), strict=True)))
    with town.open() as upheld:
        id = upheld.open_request(Right.ERASE, [f"email={ADA}"]).id
        with pytest.raises(Refused, match=rf"`{names[1]}.calls` are theirs by nothing but"):
            upheld.plan(id)
    town.run_sql(names[0], "UPDATE customers SET phone = NULL WHERE email LIKE 'bob%'")
    with town.open() as upheld:
        assert upheld.plan(id).rows == 2


_GUESTS = """\
kind: sql
url: sqlite:///x.sqlite
collections:
  customers:
    key: id
    person: yes
    people: [{match: email, identity: email, is: about}]
    fields:
      email: {category: contact, identity: email}
      invoice_email: {category: contact, identity: email}
      first_cookie: {category: account, identity: cookie}
      last_cookie: {category: account, identity: cookie}
  visitors:
    key: id
    person: yes
    people: [{match: cookie, identity: cookie, is: about}]
    fields: {cookie: {category: account, identity: cookie}}
  guests:
    key: id
    people: [{match: email, identity: email, is: about}]
    fields: {email: {category: contact, identity: email}, item: commercial}
  visits:
    key: id
    people: [{match: cookie, identity: cookie, is: about}]
    fields: {cookie: account, page: network_activity}
"""


@pytest.fixture
def guests(database_url: str) -> Iterator[SqlStore]:
    made(
        database_url,
        "CREATE TABLE customers (id INTEGER PRIMARY KEY, email VARCHAR(99), "
        "invoice_email VARCHAR(99), first_cookie VARCHAR(9), last_cookie VARCHAR(9))",
        "CREATE TABLE visitors (id INTEGER PRIMARY KEY, cookie VARCHAR(9))",
        "CREATE TABLE guests (id INTEGER PRIMARY KEY, email VARCHAR(99), item TEXT)",
        "CREATE TABLE visits (id INTEGER PRIMARY KEY, cookie VARCHAR(9), page TEXT)",
        f"INSERT INTO customers VALUES (1, '{ADA}', NULL, 'c-7', 'c-7')",
        "INSERT INTO visitors VALUES (1, 'c-7')",
        f"INSERT INTO guests VALUES (1, '{ADA}', 'tea')",
        "INSERT INTO visits VALUES (1, 'c-7', '/')",
    )
    store = SqlStore(parse_store(_GUESTS, "stores/shop.yaml"), database_url)
    yield store
    store.close()


def test_who_bears_one_thing_twice_is_one(guests: SqlStore) -> None:
    for given in ({"cookie": ["c-7"]}, {"email": [ADA]}):
        assert _found(guests, starting(given))["visits", Bond.ABOUT] == 1


def test_their_address_is_theirs_whoever_else_has_written_it_down(
    guests: SqlStore, database_url: str
) -> None:
    made(database_url, f"INSERT INTO customers VALUES (2, '{BOB}', '{ADA}', NULL, NULL)")
    assert _found(guests, starting({"email": [ADA]}))["guests", Bond.ABOUT] == 1
    closure = guests.find(starting({"email": [ADA]}).of("shop")).closure
    guest = Erasure("guests", Bond.ABOUT, delete=True, changes=(), hold=None, clauses=("c",))
    step = Step("R-1/shop", Right.ERASE, closure, (guest,), bytes(32), date(2026, 11, 30))
    assert guests.look_back(step).late == {"guests": 1}


def test_an_address_beside_somebody_elses_cookie_leads_to_none_of_their_visits(
    guests: SqlStore,
) -> None:
    with pytest.raises(Refused):
        _found(guests, starting({"email": [BOB], "cookie": ["c-7"]}))
