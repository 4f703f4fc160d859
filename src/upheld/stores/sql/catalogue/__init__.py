"""Reads the catalogue of a database: names and types, never values."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from upheld.model import Dialect
from upheld.stores.sql.catalogue import mariadb, postgres, sqlite

if TYPE_CHECKING:
    from collections.abc import Mapping

    import sqlalchemy as sa

    from upheld.model import Schema


class _Reading(Protocol):
    """What the module of a dialect has."""

    def fingerprint(self, connection: sa.Connection) -> str: ...

    def read_schema(self, connection: sa.Connection) -> Schema: ...


_READ: Mapping[str, _Reading] = {
    "sqlite": sqlite,
    "postgresql": postgres,
    "mariadb": mariadb,
    "mysql": mariadb,
}


_DIALECTS = {
    "postgresql": Dialect.POSTGRESQL,
    "mariadb": Dialect.MARIADB,
    "mysql": Dialect.MARIADB,
}


def fingerprint(connection: sa.Connection) -> str:
    """Return what the catalogue says of itself: the same text, the same tables."""
    return _READ[connection.dialect.name].fingerprint(connection)


def read_schema(connection: sa.Connection) -> Schema:
    """Return every table of the database, with a digest of all that was read."""
    kind = connection.dialect.name
    schema = _READ[kind].read_schema(connection)
    return replace(schema, dialect=_DIALECTS.get(kind))
