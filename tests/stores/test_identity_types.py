"""Identities in columns that are no text: numbers of any size, days, addresses of the internet."""

from __future__ import annotations

import pytest

from tests.stores.real import made
from upheld.datamap.closure import starting
from upheld.datamap.parse import parse_store
from upheld.identity import normalise
from upheld.model import Bond, Closure
from upheld.stores.sql import SqlStore

_MAP = """\
kind: sql
url: sqlite:///x.sqlite
collections:
  members:
    key: id
    person: yes
    people: [{match: x, identity: "account:x", is: about}]
    fields:
      x: {category: account, identity: "account:x"}
  visits:
    key: id
    people: [{match: whose, identity: "account:x", is: about}]
"""
_OWN, _OTHER = 1, 2


def opened(url: str, kind: str, own: str, other: str) -> SqlStore:
    """Make a table whose people are known by a column of a type, and one that bears it, too."""
    made(
        url,
        f"CREATE TABLE members (id INTEGER PRIMARY KEY, x {kind})",
        f"CREATE TABLE visits (id INTEGER PRIMARY KEY, whose {kind})",
        f"INSERT INTO members VALUES ({_OWN}, {own}), ({_OTHER}, {other})",
        f"INSERT INTO visits VALUES ({_OWN}, {own}), ({_OTHER}, {other})",
    )
    return SqlStore(parse_store(_MAP, "stores/shop.yaml"), url)


def found(store: SqlStore, typed: str, kind: str = "account:x") -> Closure:
    given = starting({kind: [normalise(kind, typed)]}).of("shop")
    found = store.find(given)
    assert found.rows == {("members", Bond.ABOUT): 1, ("visits", Bond.ABOUT): 1}
    shown = [row[0] for rows in store.look(found.closure) for row in rows.batch]
    assert shown == [_OWN, _OWN]
    return found.closure


def nobody(store: SqlStore, typed: str) -> None:
    given = starting({"account:x": [typed]}).of("shop")
    assert store.find(given).rows == {}


_LARGE = "18446744073709551615"


@pytest.mark.parametrize("typed", ["-7", "0", "-9223372036854775808", "9223372036854775807"])
def test_a_number_is_found_whatever_its_sign(database_url: str, typed: str) -> None:
    store = opened(database_url, "bigint", typed, "7")
    assert found(store, typed).identities["account:x"] == {typed}
    for other in (_LARGE, "-" + _LARGE, "seven", "7.5", "1" * 70):
        nobody(store, other)
    store.close()


@pytest.mark.parametrize("kind", ["bigint unsigned", "decimal(20,0)"])
def test_a_number_that_takes_64_bits_is_found_in_mariadb(mariadb_url: str, kind: str) -> None:
    store = opened(mariadb_url, kind, _LARGE, "7")
    assert found(store, _LARGE).identities["account:x"] == {_LARGE}
    nobody(store, "-1")
    nobody(store, "18446744073709551616")
    store.close()


def test_a_row_is_named_by_a_number_that_takes_64_bits(mariadb_url: str) -> None:
    made(
        mariadb_url,
        "CREATE TABLE members (id bigint unsigned PRIMARY KEY, x varchar(20))",
        "CREATE TABLE visits (id INTEGER PRIMARY KEY, member bigint unsigned)",
        f"INSERT INTO members VALUES ({_LARGE}, 'ada'), (7, 'bob')",
        f"INSERT INTO visits VALUES (1, {_LARGE}), (2, 7)",
    )
    text = _MAP.replace(
        '{match: whose, identity: "account:x", is: about}',
        "{follow: member, to: members, is: about}",
    )
    store = SqlStore(parse_store(text, "stores/shop.yaml"), mariadb_url)
    rows = store.find(starting({"account:x": ["ada"]}).of("shop")).rows
    assert rows == {("members", Bond.ABOUT): 1, ("visits", Bond.ABOUT): 1}
    store.close()


def test_a_number_of_20_digits_is_found_in_postgresql(postgres_url: str) -> None:
    store = opened(postgres_url, "numeric(20,0)", _LARGE, "7")
    assert found(store, _LARGE).identities["account:x"] == {_LARGE}
    store.close()


@pytest.mark.parametrize("typed", ["192.0.2.1", "192.0.2.1/32", "192.0.2.0/24", "2001:DB8::1"])
def test_an_address_of_the_internet_is_found_however_it_is_spelled(
    postgres_url: str, typed: str
) -> None:
    store = opened(postgres_url, "inet", f"'{typed}'", "'192.0.2.2'")
    again = found(store, typed)
    for learned in again.identities["account:x"]:
        found(store, learned)
    for other in ("192.0.2.9", "192.0.2.1/255.255.255.0", "fe80::1%eth0", "ada", "192.0.2"):
        nobody(store, other)
    store.close()


def test_what_is_learned_of_an_address_leads_on_in_a_column_of_words(postgres_url: str) -> None:
    store = opened(postgres_url, "inet", "'192.0.2.1'", "'192.0.2.2'")
    made(
        postgres_url,
        "ALTER TABLE visits ALTER COLUMN whose TYPE text USING host(whose)",
        "ALTER TABLE members ADD COLUMN email text",
        "UPDATE members SET email = 'ada@example.com' WHERE id = 1",
    )
    text = _MAP.replace("people: [{", "people: [{match: email, identity: email, is: about}, {", 1)
    store.close()
    store = SqlStore(parse_store(text, "stores/shop.yaml"), postgres_url)
    found(store, "ada@example.com", "email")
    store.close()


@pytest.mark.parametrize(
    ("kind", "own", "other", "typed"),
    [
        ("date", "'1990-05-17'", "'1990-05-18'", "1990-05-17"),
        ("timestamp(0)", "'1990-05-17 10:00:00'", "'1990-05-17 10:00:01'", "1990-05-17 10:00:00"),
    ],
)
def test_a_day_is_found(database_url: str, kind: str, own: str, other: str, typed: str) -> None:
    if database_url.startswith("m"):
        kind = kind.replace("timestamp", "datetime")
    store = opened(database_url, kind, own, other)
    assert found(store, typed).identities["account:x"] == {typed}
    for odd in ("1990-02-30", "ada", "1990", "17.05.1990"):
        nobody(store, odd)
    store.close()


@pytest.mark.parametrize(
    ("kind", "own", "other", "typed"),
    [("boolean", "true", "false", "true"), ("time", "'10:00'", "'11:00'", "10:00:00")],
)
def test_what_is_no_number_is_compared_as_it_is_written(
    postgres_url: str, kind: str, own: str, other: str, typed: str
) -> None:
    store = opened(postgres_url, kind, own, other)
    found(store, typed)
    nobody(store, "7")
    store.close()
