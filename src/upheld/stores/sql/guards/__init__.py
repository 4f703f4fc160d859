"""Asks a database what guards it: the way to it, who may do what in it, whether it is whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upheld.model import Guards
from upheld.stores.sql.guards import mariadb, postgres, sqlite
from upheld.stores.sql.guards.sqlite import file_of

if TYPE_CHECKING:
    import sqlalchemy as sa

    from upheld.model import StoreMap

_ASKED = {
    "sqlite": sqlite.probes,
    "postgresql": postgres.probes,
    "mysql": mariadb.probes,
    "mariadb": mariadb.probes,
}


def guards(connection: sa.Connection, mapped: StoreMap) -> Guards:
    """Return what can be asked of a database about its safeguards; reads no row of its tables.

    Behind a pooler the server speaks of the pooler's connection, not of ours.
    """
    ask = _ASKED.get(connection.dialect.name)
    return Guards(tuple(ask(connection, mapped))) if ask else Guards()


__all__ = ["file_of", "guards"]
