"""The shops on a PostgreSQL of their own: the same rows as in SQLite, loaded once per run."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import sqlalchemy as sa

from bench.shop import TABLES, built
from tests.servers import private_postgres, running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.shop import Shop
    from tests.servers import Private

SHARED = Path(__file__).parents[2] / "shared" / "bench" / "shop"
"""Where the published benchmark lies, if it does: its schema and its work by hand are used then."""

_SCHEMA = """
CREATE TABLE customers (id bigint PRIMARY KEY, email text NOT NULL UNIQUE, full_name text,
  phone text, birth_date date, created_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE addresses (id bigint PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customers,
  street text, city text, postcode text, country text);
CREATE TABLE payment_methods (id bigint PRIMARY KEY,
  customer_id bigint NOT NULL REFERENCES customers,
  card_holder text, card_number text, expiry text);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customers,
  placed_at timestamptz NOT NULL, contact_email text, note text, total_cents bigint NOT NULL);
CREATE TABLE order_items (id bigint PRIMARY KEY, order_id bigint NOT NULL REFERENCES orders,
  sku text NOT NULL, qty int NOT NULL, engraving text);
CREATE TABLE payments (id bigint PRIMARY KEY, order_id bigint NOT NULL REFERENCES orders,
  payer_name text, payer_ip text, amount_cents bigint NOT NULL);
CREATE TABLE shipments (id bigint PRIMARY KEY, order_id bigint NOT NULL REFERENCES orders,
  recipient text, recipient_phone text, tracking text);
CREATE TABLE tickets (id bigint PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customers,
  subject text, contact_email text);
CREATE TABLE ticket_messages (id bigint PRIMARY KEY, ticket_id bigint NOT NULL REFERENCES tickets,
  body text, author_name text);
CREATE TABLE logins (id bigint PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customers,
  ip text, user_agent text, at timestamptz NOT NULL)
"""
_INDEXES = {
    "customer_id": ("addresses", "payment_methods", "orders", "tickets", "logins"),
    "order_id": ("order_items", "payments", "shipments"),
    "ticket_id": ("ticket_messages",),
}


@contextmanager
def server() -> Iterator[Private]:
    """Give a PostgreSQL that nobody else uses, as durable as any."""
    with running(), private_postgres(shared_buffers="128MB") as one:
        one.run("CREATE EXTENSION pg_stat_statements")
        yield one


def load(one: Private, shop: Shop, name: str) -> str:
    """Fill a new database with a shop; return its URL."""
    one.run(f"CREATE DATABASE {name}")
    url = one.within(name)
    with closing(sqlite3.connect(built(shop))) as source, connected(url) as target:
        target.execute(_SCHEMA)
        for table in TABLES:
            _copy(source, target, table)
        for column, tables in _INDEXES.items():
            for table in tables:
                target.execute(f"CREATE INDEX ON {table} ({column})")
        target.commit()
        target.autocommit = True
        target.execute("VACUUM ANALYZE")
        target.execute("CHECKPOINT")
    return url


def copied(one: Private, url: str, name: str) -> str:
    """Return the URL of a copy of a database that nobody uses."""
    one.run(f"CREATE DATABASE {name} TEMPLATE {sa.make_url(url).database}")
    return one.within(name)


def sums(url: str) -> dict[str, tuple[object, ...]]:
    """Return for each table how many rows it has, and a sum over all they hold but addresses."""
    with connected(url) as connection:
        return {name: _summed(connection, name) for name in TABLES}


def _summed(connection: psycopg.Connection[tuple[object, ...]], table: str) -> tuple[object, ...]:
    held = "to_jsonb(t) - 'email'" if table == "customers" else "t"
    query = f"SELECT count(*), sum(hashtextextended(({held})::text, 0)) FROM {table} AS t"
    found = connection.execute(query).fetchone()
    assert found
    return found


def addresses(url: str, like: str) -> int:
    """Count customers whose address is like this."""
    with connected(url) as connection:
        found = connection.execute("SELECT count(*) FROM customers WHERE email LIKE %s", (like,))
        return int(str((found.fetchone() or (0,))[0]))


@contextmanager
def connected(url: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """Open a connection of the driver itself."""
    address = sa.make_url(url)
    with psycopg.connect(
        host=address.host, port=address.port, user=address.username, dbname=address.database
    ) as connection:
        yield connection


def _copy(
    source: sqlite3.Connection, target: psycopg.Connection[tuple[object, ...]], table: str
) -> None:
    rows = source.execute(f"SELECT * FROM {table} ORDER BY id")
    with target.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
