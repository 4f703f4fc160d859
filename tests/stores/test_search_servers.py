"""What a deep search reads on each kind of database beside texts in tables, and what it counts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from upheld.conformance.world import TODAY, policy
from upheld.datamap.parse import parse_store
from upheld.datamap.plan import answering, erasures
from upheld.errors import StoreFailed
from upheld.model import Closure, Regime, Right, Step
from upheld.model.searching import Hit, Needle, Whose
from upheld.stores.sql import SqlStore

if TYPE_CHECKING:
    from collections.abc import Iterable

ADA, PHONE, NUMBER = "ada@example.com", "442079460000", "123456789012"
_MAP = """\
kind: sql
url: env:SHOP
collections:
  people:
    key: id
    person: yes
    people: [{match: email, identity: email, is: about}]
    keep: {under: retain.legal-tax, from: since}
    fields:
      id: none
      since: {category: commercial}
      email: {category: contact, identity: email}
"""
_PEOPLE = (
    "CREATE TABLE people (id INTEGER PRIMARY KEY, since DATE, email VARCHAR(80))",
    f"INSERT INTO people VALUES (1, '2026-01-01', '{ADA}'), (2, '2001-01-01', 'bob@example.com')",
)


@dataclass(frozen=True)
class Base:
    """A database of one test; of whom nothing was erased unless `text` maps it."""

    url: str
    text: str = "kind: sql\nurl: env:SHOP\ncollections: {}\n"

    def run(self, *statements: str) -> None:
        engine = sa.create_engine(self.url, poolclass=sa.NullPool)
        with engine.execution_options(no_parameters=True).begin() as connection:
            for each in statements:
                connection.exec_driver_sql(each)

    @property
    def store(self) -> SqlStore:
        return SqlStore(parse_store(self.text, "stores/shop.yaml"), self.url)

    def step(self, email: str) -> Step:
        given = {"email": frozenset({email})}
        store, mapped = self.store, parse_store(self.text, "stores/shop.yaml")
        clauses = answering(policy(), Right.ERASE, Regime.NONE)
        what = erasures(policy(), mapped, store.schema(), clauses=clauses, today=TODAY)
        closure = store.find(Closure(given, given)).closure
        return Step("R-1/shop", Right.ERASE, closure, what, bytes(32), TODAY)

    def search(self, *needles: tuple[str, str]) -> list[Hit]:
        step = self.step(ADA)
        wanted = [Needle(0, kind, value) for kind, value in needles or [("email", ADA)]]
        return list(self.store.search(wanted, lambda _: step))


def _places(hits: Iterable[Hit], whose: Whose = Whose.FOUND) -> dict[str, int]:
    return {f"{each.collection}.{each.field}": each.rows for each in hits if each.whose is whose}


def test_a_number_that_is_stored_as_one_is_read_and_a_price_is_none(database_url: str) -> None:
    base = Base(database_url)
    base.run(
        "CREATE TABLE calls (big BIGINT, exact DECIMAL(20, 0), price DECIMAL(20, 2),"
        " wide DOUBLE PRECISION, small SMALLINT)",
        f"INSERT INTO calls VALUES ({PHONE}, {NUMBER}, 44207946.00, {PHONE}, 7)",
        f"INSERT INTO calls VALUES (7, NULL, {PHONE[:-2]}.{PHONE[-2:].replace('0', '1')}, 0.5, 8)",
        f"INSERT INTO calls VALUES (-{PHONE}, {PHONE}, {PHONE}.00, NULL, NULL)",
        f"INSERT INTO calls VALUES (NULL, NULL, {PHONE}.50, NULL, NULL)",
    )
    wanted = [("phone", PHONE), ("phone", f"{PHONE[:-2]}11"), ("account:crm", NUMBER)]
    assert _places(base.search(wanted[0])) == {
        "calls.big": 2,
        "calls.exact": 1,
        "calls.price": 1,
        "calls.wide": 1,
    }
    assert base.search(wanted[1]) == []
    assert _places(base.search(wanted[2])) == {"calls.exact": 1}


def test_a_materialised_view_is_read_as_a_table_is(postgres_url: str) -> None:
    base = Base(postgres_url)
    base.run(
        "CREATE TABLE notes (at bytea, note text)",
        f"INSERT INTO notes VALUES ('{ADA}', 'n'), (NULL, 'call {ADA}')",
        "CREATE MATERIALIZED VIEW shown AS SELECT * FROM notes",
        "CREATE SCHEMA aside",
        'CREATE MATERIALIZED VIEW aside."a.b" AS SELECT * FROM notes',
        "CREATE MATERIALIZED VIEW empty AS SELECT * FROM notes WITH NO DATA",
        "DELETE FROM notes",
    )
    assert _places(base.search()) == {
        "shown.at": 1,
        "shown.note": 1,
        'aside."a.b".at': 1,
        'aside."a.b".note': 1,
    }


def test_what_a_row_lawfully_keeps_a_materialised_view_of_it_may_show(postgres_url: str) -> None:
    base = Base(postgres_url, _MAP)
    base.run(*_PEOPLE, "CREATE MATERIALIZED VIEW shown AS SELECT email FROM people")
    hits = base.search()
    assert _places(hits) == {}
    assert _places(hits, Whose.KEPT) == {"people.email": 1, "shown.email": 1}
    base.run("DELETE FROM people WHERE id = 1")
    assert _places(base.search()) == {"shown.email": 1}


def test_a_materialised_view_that_may_not_be_read_is_said_to_be_missed(postgres_url: str) -> None:
    base = Base(postgres_url)
    role = sa.make_url(postgres_url).database
    base.run(
        "CREATE MATERIALIZED VIEW shown AS SELECT 1 AS n",
        f"CREATE ROLE {role}_blind LOGIN PASSWORD 'x'",
    )
    url = sa.make_url(postgres_url).set(username=f"{role}_blind", password="x")  # noqa: S106 (a test's)
    blind = replace(base, url=url.render_as_string(hide_password=False))
    try:
        with pytest.raises(StoreFailed, match=r"`shop\.shown` could not be searched"):
            blind.search()
    finally:
        base.run(f"DROP ROLE {role}_blind")


def test_octets_in_arrays_and_rows_are_read(postgres_url: str) -> None:
    base = Base(postgres_url)
    base.run(
        "CREATE TYPE held AS (octets bytea, n int)",
        "CREATE DOMAIN many AS bytea[]",
        "CREATE TABLE notes (parts bytea[], named many, one held, said jsonb)",
        f"INSERT INTO notes VALUES (ARRAY['x', '{ADA}']::bytea[], ARRAY['{ADA}']::bytea[],"
        f" ROW('{ADA}', 1)::held, to_jsonb(ROW('{ADA}'::bytea)))",
    )
    assert _places(base.search()) == {
        "notes.parts": 1,
        "notes.named": 1,
        "notes.one": 1,
        "notes.said": 1,
    }


_PERIOD = (
    ", a TIMESTAMP(6) GENERATED ALWAYS AS ROW START,"
    " b TIMESTAMP(6) GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME (a, b)"
)


@pytest.mark.parametrize("period", ["", _PERIOD])
@pytest.mark.parametrize("engine", ["InnoDB", "Aria"])
def test_what_rows_were_is_read_too(mariadb_url: str, period: str, engine: str) -> None:
    base = Base(mariadb_url)
    base.run(
        f"CREATE TABLE notes (id INT PRIMARY KEY, note VARCHAR(80){period})"
        f" ENGINE={engine} WITH SYSTEM VERSIONING",
        f"INSERT INTO notes (id, note) VALUES (1, 'call {ADA}'), (2, 'x')",
        "DELETE FROM notes WHERE id = 1",
        f"UPDATE notes SET note = '{ADA}' WHERE id = 2",
        "UPDATE notes SET note = 'x' WHERE id = 2",
    )
    assert _places(base.search()) == {"notes.note": 2}
    base.run("DELETE HISTORY FROM notes")
    assert base.search() == []


def test_what_a_kept_row_was_is_kept_and_what_somebody_elses_was_is_found(mariadb_url: str) -> None:
    base = Base(mariadb_url, _MAP)
    first, second = _PEOPLE
    base.run(
        f"{first} WITH SYSTEM VERSIONING",
        second,
        "UPDATE people SET since = '2026-02-01' WHERE id = 1",
        f"UPDATE people SET email = '{ADA}' WHERE id = 2",
        "UPDATE people SET email = 'bob@example.com' WHERE id = 2",
    )
    hits = base.search()
    assert _places(hits, Whose.KEPT) == {"people.email": 2}
    assert _places(hits, Whose.BORNE) == {}
    assert _places(hits) == {"people.email": 1}


def test_what_a_kept_row_was_is_found_where_the_row_has_it_no_more(mariadb_url: str) -> None:
    base = Base(mariadb_url, _MAP)
    base.run(
        "CREATE TABLE people (id INTEGER PRIMARY KEY, since DATE, email TEXT, note TEXT)"
        " WITH SYSTEM VERSIONING",
        f"INSERT INTO people VALUES (1, '2026-01-01', '{ADA}', NULL)",
    )
    step, needles = base.step(ADA), [Needle(0, "email", ADA)]
    base.run("UPDATE people SET email = NULL WHERE id = 1")
    assert _places(hits := list(base.store.search(needles, lambda _: step))) == {"people.email": 1}
    assert _places(hits, Whose.KEPT) == {}
    base.run(f"UPDATE people SET note = 'was {ADA}' WHERE id = 1")
    assert _places(hits := list(base.store.search(needles, lambda _: step))) == {}
    assert _places(hits, Whose.KEPT) == {"people.email": 1, "people.note": 1}


def test_a_row_of_a_table_that_inherits_is_counted_once_and_with_its_own_columns(
    postgres_url: str,
) -> None:
    base = Base(postgres_url)
    base.run(
        "CREATE TABLE notes (id int, note text)",
        "CREATE TABLE calls (said text) INHERITS (notes)",
        "CREATE TABLE late_calls () INHERITS (calls)",
        f"INSERT INTO notes VALUES (1, '{ADA}'), (2, '{ADA}')",
        f"INSERT INTO calls VALUES (3, '{ADA}', '{ADA}')",
        f"INSERT INTO late_calls VALUES (4, 'x', 'to {ADA}')",
    )
    assert _places(base.search()) == {
        "notes.note": 2,
        "calls.note": 1,
        "calls.said": 1,
        "late_calls.said": 1,
    }


def test_a_row_of_a_partition_is_counted_once_where_the_table_is_named(postgres_url: str) -> None:
    base = Base(postgres_url)
    base.run(
        "CREATE TABLE notes (id int, note text) PARTITION BY RANGE (id)",
        "CREATE TABLE some_notes PARTITION OF notes FOR VALUES FROM (1) TO (5)"
        " PARTITION BY LIST (id)",
        "CREATE TABLE one_note PARTITION OF some_notes FOR VALUES IN (1)",
        "CREATE TABLE other_notes PARTITION OF notes DEFAULT",
        f"INSERT INTO notes VALUES (1, '{ADA}'), (9, '{ADA}')",
    )
    assert _places(base.search()) == {"notes.note": 2}


@pytest.mark.parametrize("mapped", [False, True])
def test_a_kept_row_of_an_heir_is_kept_once_however_it_is_mapped(
    postgres_url: str, *, mapped: bool
) -> None:
    own = _MAP[_MAP.index("  people:") :].replace("  people:\n", "  members:\n")
    base = Base(postgres_url, _MAP + own if mapped else _MAP)
    base.run(
        "CREATE TABLE people (id INTEGER PRIMARY KEY, since DATE, email VARCHAR(80))",
        "CREATE TABLE members (PRIMARY KEY (id)) INHERITS (people)",
        f"INSERT INTO members VALUES (1, '2026-01-01', '{ADA}'), (2, '2026-01-01', 'b@x.com')",
    )
    assert [(each.collection, each.rows, each.whose) for each in base.search()] == [
        ("members", 1, Whose.KEPT)
    ]


def test_what_is_not_read_is_counted_and_named(postgres_url: str) -> None:
    base = Base(postgres_url)
    assert base.store.unsearched() == {}
    base.run(
        f"SELECT lo_from_bytea(0, '{ADA}')",
        "SELECT lo_from_bytea(0, 'x')",
        "CREATE FOREIGN DATA WRAPPER away",
        "CREATE SERVER away FOREIGN DATA WRAPPER away",
        "CREATE FOREIGN TABLE people (email text) SERVER away",
    )
    assert base.search() == []
    assert base.store.unsearched() == {"large objects": 2, "the foreign table `people`": 1}
