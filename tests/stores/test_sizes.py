"""How large a table is told to be, of which a share goes: as it is, not as it was."""

from __future__ import annotations

import pytest

from tests.stores.base import ADA, Base
from tests.stores.real import made

MAP = """\
collections:
  people:
    key: id
    person: yes
    people: [{match: email, identity: email, is: about}]
    fields: {id: none, email: {category: contact, identity: email}}
  orders:
    key: id
    people: [{follow: person, to: people, is: about}]
    fields: {id: none, person: none}
"""
PEOPLE = (
    "CREATE TABLE people (id INTEGER PRIMARY KEY, email VARCHAR(90))",
    "INSERT INTO people VALUES (1, 'ada@example.com'), (2, 'bob@example.com')",
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, person INTEGER)",
)
POSTGRES = (
    "ALTER TABLE orders SET (autovacuum_enabled = false)",
    "INSERT INTO orders SELECT n, 1 + (n > 300)::int FROM generate_series(1, 20000) AS n",
    "ANALYZE orders",
)
MARIADB = (
    "ALTER TABLE orders STATS_PERSISTENT = 1 STATS_AUTO_RECALC = 0",
    "INSERT INTO orders SELECT seq, 1 + (seq > 300) FROM seq_1_to_20000",
    "ANALYZE TABLE orders",
)


@pytest.mark.parametrize("now", [350, 7000, 20000])
def test_a_share_is_of_the_rows_that_are_there_now(database_url: str, now: int) -> None:
    if database_url.startswith("sqlite"):
        return  # it estimates nothing
    filled = POSTGRES if database_url.startswith("postgresql") else MARIADB
    made(database_url, *PEOPLE, *filled, f"DELETE FROM orders WHERE id > {now}")
    base = Base(database_url, MAP)
    size = base.store.preview(base.step(email=ADA)).sizes["orders"]
    assert size == now if now < 300 * 20 else size >= 300 * 20


def test_it_is_not_counted_beyond_what_matters(database_url: str) -> None:
    filled = "VALUES (1, 1), " + ", ".join(f"({n}, 2)" for n in range(2, 50))
    made(database_url, *PEOPLE, f"INSERT INTO orders {filled}")
    base = Base(database_url, MAP)
    assert base.store.preview(base.step(email=ADA)).sizes["orders"] >= 21
