"""Whose rows are is told of many people at once as it is of each alone."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.stores.shop import Shop, build
from upheld.model.searching import Needle, Whose

if TYPE_CHECKING:
    from upheld.model import Step

_ERASED = 4
_TABLES = """
    CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT, phone TEXT, notes TEXT);
    CREATE INDEX customers_email ON customers (lower(email));
    CREATE TABLE invoices (id INTEGER PRIMARY KEY, customer INTEGER, payer INTEGER, issued DATE,
      memo TEXT);
    CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER, memo TEXT);
    CREATE TABLE lines (id INTEGER PRIMARY KEY, invoice INTEGER, memo TEXT);
"""
_MAP = """\
  customers:
    key: id
    person: yes
    people:
      - {match: email, identity: email, is: about}
      - {match: phone, identity: phone, is: about}
    erase: fields
    fields:
      id: none
      email: {category: contact, identity: email}
      phone: {category: contact, identity: phone}
      notes: contact
  invoices:
    key: id
    people:
      - {follow: customer, to: customers, is: about}
      - {follow: payer, to: customers, is: about}
    keep: {under: retain.legal-tax, from: issued}
    fields: {id: none, customer: none, payer: none, issued: financial, memo: financial}
  orders:
    key: id
    people: [{follow: customer, to: customers, is: about}]
    fields: {id: none, customer: none, memo: financial}
  lines:
    key: id
    people: [{follow: invoice, to: invoices, is: about}]
    fields: {id: none, invoice: none, memo: financial}
"""


def _email(number: int) -> str:
    return f"person{number}@example.com"


def _phone(number: int) -> str:
    return f"44207946000{number}"


@lru_cache(maxsize=1)
def _made() -> tuple[bytes, list[Step]]:
    """Make a shop with people who were found and planned, and one who was not."""
    with TemporaryDirectory() as folder:
        shop = _filled(Path(folder))
        steps = [shop.step(email=_email(n)) for n in range(1, _ERASED + 1)]
        return shop.path.read_bytes(), steps


def _shop(folder: Path) -> tuple[Shop, list[Step]]:
    octets, steps = _made()
    shop = Shop(folder / "shop.sqlite", _MAP)
    shop.path.write_bytes(octets)
    return shop, steps


def _filled(folder: Path) -> Shop:
    shop = build(folder, _TABLES, _MAP)
    for n in range(1, _ERASED + 2):
        shop.run(
            f"INSERT INTO customers VALUES ({n}, '{_email(n)}', '{_phone(n)}', NULL);"
            f"INSERT INTO invoices VALUES ({n}, {n}, NULL, '2026-01-01', '{_email(n)}');"
            f"INSERT INTO orders VALUES ({n}, {n}, '{_email(n)}');"
            f"INSERT INTO lines VALUES ({n}, {n}, '{_email(n)}');"
        )
    return shop


def _seen(shop: Shop, steps: list[Step], people: range) -> Counter[tuple[int, str, Whose]]:
    needles = [
        Needle(person, kind, value)
        for person in people
        for kind, value in (("email", _email(person + 1)), ("phone", _phone(person + 1)))
    ]
    found: Counter[tuple[int, str, Whose]] = Counter()
    for hit in shop.store.search(needles, steps.__getitem__):
        needle = needles[hit.needle]
        found[needle.person, f"{needle.kind} {hit.collection}.{hit.field}", hit.whose] += hit.rows
    return found


_PERSON = st.integers(1, _ERASED + 1)
_LINK = st.one_of(st.none(), st.integers(1, _ERASED + 2))
_ROW = st.integers(1, _ERASED + 3)
_MEMO = st.one_of(st.none(), _PERSON.map(_email), _PERSON.map(_phone))
_CHANGE = st.one_of(
    st.tuples(
        st.just("INSERT OR REPLACE INTO customers VALUES (?, ?, ?, ?)"),
        st.tuples(
            _ROW,
            st.one_of(st.none(), _PERSON.map(_email)),
            st.one_of(st.none(), _PERSON.map(_phone)),
            _MEMO,
        ),
    ),
    st.tuples(
        st.just("INSERT OR REPLACE INTO invoices VALUES (?, ?, ?, ?, ?)"),
        st.tuples(_ROW, _LINK, _LINK, st.sampled_from(["2026-01-01", "2001-01-01"]), _MEMO),
    ),
    st.tuples(
        st.just("INSERT OR REPLACE INTO orders VALUES (?, ?, ?)"), st.tuples(_ROW, _LINK, _MEMO)
    ),
    st.tuples(
        st.just("INSERT OR REPLACE INTO lines VALUES (?, ?, ?)"), st.tuples(_ROW, _LINK, _MEMO)
    ),
    st.tuples(st.just("DELETE FROM customers WHERE id = ?"), st.tuples(_ROW)),
)


_law = settings(deadline=None, derandomize=True, database=None)
_world = given(st.sets(st.integers(0, _ERASED - 1)), st.lists(_CHANGE, max_size=10))


@settings(_law, max_examples=6)
@_world
def test_what_is_told_of_many_at_once_is_told_of_each_alone(
    carried_out: set[int], changes: list[tuple[str, tuple[object, ...]]]
) -> None:
    _same_of_many(carried_out, changes)


@pytest.mark.slow
@settings(_law, max_examples=100)
@_world
def test_what_is_told_of_many_at_once_is_told_of_each_alone_a_hundred_times(
    carried_out: set[int], changes: list[tuple[str, tuple[object, ...]]]
) -> None:
    _same_of_many(carried_out, changes)


def _same_of_many(carried_out: set[int], changes: list[tuple[str, tuple[object, ...]]]) -> None:
    with TemporaryDirectory() as folder:
        shop, steps = _shop(Path(folder))
        for number in sorted(carried_out):
            shop.carry_out(steps[number])
        with shop.store.engine.begin() as connection:
            for statement, values in changes:
                connection.exec_driver_sql(statement, values)
        together = _seen(shop, steps, range(_ERASED))
        alone: Counter[tuple[int, str, Whose]] = Counter()
        for person in range(_ERASED):
            alone += _seen(shop, steps, range(person, person + 1))
        assert together == alone


def test_statements_do_not_grow_with_the_people_whose_rows_are_found(tmp_path: Path) -> None:
    shop, steps = _shop(tmp_path)
    statements = [0, 0]
    for at, people in enumerate((2, _ERASED)):
        store = shop.store
        seen: list[str] = []
        sa.event.listen(
            store.engine, "after_cursor_execute", lambda *said, seen=seen: seen.append(str(said[2]))
        )
        needles = [Needle(n, "email", _email(n + 1)) for n in range(people)]
        hits = list(store.search(needles, steps.__getitem__))
        assert sum(hit.rows for hit in hits if hit.collection == "orders") == people
        statements[at] = len([each for each in seen if "orders" in each])
    assert statements[0] == statements[1]


@pytest.mark.parametrize("people", [1, 2])
def test_a_row_kept_for_one_erased_person_may_not_name_another(tmp_path: Path, people: int) -> None:
    shop, steps = _shop(tmp_path)
    for step in steps:
        shop.carry_out(step)
    shop.run(f"UPDATE invoices SET memo = '{_email(2)}' WHERE id = 1")
    found = _seen(shop, steps, range(2 - people, 2))
    assert found[1, "email invoices.memo", Whose.FOUND] == 1
    assert found[1, "email invoices.memo", Whose.KEPT] == 1
