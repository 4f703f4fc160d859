"""How long it takes to draft the map of a large database: 600 tables with 6,000 columns."""

from __future__ import annotations

from contextlib import ExitStack
from time import perf_counter
from typing import TYPE_CHECKING

import sqlalchemy as sa

from bench.figures import Figure
from tests import servers
from upheld.datamap.draft import draft
from upheld.stores.sql.catalogue import read_schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

GOAL = 3.0
_TABLES = 600
_AREAS = ("customer", "invoice", "ticket", "product", "visit", "payment")
_COLUMNS = (
    "id integer PRIMARY KEY, parent_id integer, email varchar(80) UNIQUE, full_name varchar(80), "
    "notes text, created_at timestamp, birth_date date, amount decimal(10, 2), status varchar(9), "
    "address varchar(200)"
)
_FETCHED = {
    "PostgreSQL": (
        "SELECT attrelid, attname, atttypid FROM pg_attribute "
        "WHERE attrelid >= 16384 AND attnum > 0"
    ),
    "MariaDB": (
        "SELECT table_name, column_name, data_type FROM information_schema.columns "
        "WHERE table_schema = database()"
    ),
}


def figures(say: Callable[[str], None]) -> Iterator[Figure]:
    """Measure; `say` is told the parts of each figure."""
    with ExitStack() as stack:
        stack.enter_context(servers.running())
        for name, ask in (("PostgreSQL", servers.postgres), ("MariaDB", servers.mariadb)):
            server = ask()
            url = stack.enter_context(server.database())
            server.run(*_statements(), url=url)
            yield _figure(name, server.engine(url), say)


def _figure(name: str, engine: sa.Engine, say: Callable[[str], None]) -> Figure:
    with engine.connect() as connection:
        start = perf_counter()
        schema = read_schema(connection)
        read = perf_counter() - start
    start = perf_counter()
    text = draft(schema, name="large", url="env:LARGE")
    drafted = perf_counter() - start
    counted = sum(len(each.columns) for each in schema.tables.values())
    assert (len(schema.tables), counted) == (_TABLES, 10 * _TABLES), "the catalogue is not whole"
    assert sum(len(each.references) for each in schema.tables.values()) == _TABLES
    say(f"catalogue of {name}: read {read:.2f} s, drafted {drafted:.2f} s, {len(text):,} letters")
    floor = _fetched(name, engine)
    return Figure(
        f"catalogue of {_TABLES} tables mapped, {name}",
        f"≤ {GOAL:.0f} s",
        f"{read + drafted:.2f} s",
        read + drafted <= GOAL,
        floor=f"its columns fetched {floor:.2f} s",
        ratio=(read + drafted) / floor,
    )


def _fetched(name: str, engine: sa.Engine) -> float:
    """Fetch the names of all columns, and nothing else; seconds."""
    with engine.connect() as connection:
        start = perf_counter()
        rows = connection.exec_driver_sql(_FETCHED[name]).all()
        assert len(rows) >= 10 * _TABLES, f"{len(rows)} columns"
        return perf_counter() - start


def _statements() -> Iterator[str]:
    """Yield what makes the tables: a tree of six branches, each table pointing at another."""
    for at in range(_TABLES):
        to = max(at - len(_AREAS), 0)
        key = f"FOREIGN KEY (parent_id) REFERENCES {_name(to)} (id)"
        yield f"CREATE TABLE {_name(at)} ({_COLUMNS}, {key})"


def _name(at: int) -> str:
    return f"{_AREAS[at % len(_AREAS)]}_part_{at}"
