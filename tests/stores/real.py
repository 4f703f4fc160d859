"""Real databases made by a few statements, and what their catalogue says of them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import sqlalchemy as sa

from upheld.stores.sql.catalogue import fingerprint, read_schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from upheld.model import Column, Schema


@contextmanager
def connected(url: str, *before: str) -> Iterator[sa.Connection]:
    """Give a connection on which some statements were run before."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.execution_options(no_parameters=True).connect() as connection:
        for each in before:
            connection.exec_driver_sql(each)
        yield connection


def made(url: str, *statements: str) -> None:
    """Do to a database what its owner would."""
    with connected(url, *statements) as connection:
        connection.commit()


def catalogue(url: str, *before: str) -> Schema:
    """Return what the catalogue says to a connection that ran some statements before."""
    with connected(url, *before) as connection:
        return read_schema(connection)


def seen(url: str, *before: str) -> str:
    """Return the fingerprint as a connection sees it that ran some statements before."""
    with connected(url, *before) as connection:
        return fingerprint(connection)


def asked(url: str) -> int:
    """Count the questions that reading the catalogue takes."""
    count = 0
    with connected(url) as connection:

        def counted(*_: object) -> None:
            nonlocal count
            count += 1

        sa.event.listen(connection, "before_cursor_execute", counted)
        read_schema(connection)
    return count


def columns(schema: Schema, table: str) -> dict[str, Column]:
    """Return the columns of a table by their names."""
    return {each.name: each for each in schema.tables[table].columns}
