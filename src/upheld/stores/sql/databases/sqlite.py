"""SQLite: a file, opened each time anew, since another may be put in its place."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING
from urllib.parse import quote

import sqlalchemy as sa

from upheld.stores.sql.databases.needs import counted, fewer, lengths
from upheld.stores.sql.functions.sqlite import install

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from upheld.stores.sql.databases.needs import Need

_WRITING = (
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",
    "BEGIN IMMEDIATE",
)
_OVERWRITE_LOG = "PRAGMA wal_checkpoint(TRUNCATE)"
"""Brings the write-ahead log, if there is one, into the file, and empties it.

Until then the file still holds what was erased. A reader elsewhere may put it off.
"""
_WAIT_SECONDS = 5.0


class Sqlite:
    """A file of SQLite: one writer at a time, and nobody else's transaction outlives ours."""

    typeless = True
    defers = True
    row_by_row = False
    alone = True
    prepares = False
    rights_are_read = False
    locks_by_update = False
    installed_by = "Python comes with it"

    def __init__(self, address: sa.URL) -> None:
        """Bind to the file that a URL names."""
        mode = "ro" if address.query.get("mode") == "ro" else "rw"
        path = f"file:{quote(address.database or '')}?mode={mode}"
        self.engine = sa.create_engine(
            "sqlite://",
            creator=lambda: _connected(path),
            poolclass=sa.NullPool,
            hide_parameters=True,
        )
        sa.event.listen(self.engine, "connect", _set_up)

    def glance(self, connection: sa.Connection) -> None:
        """Do nothing: nothing is begun before somebody says so."""

    def begin(self, connection: sa.Connection, *, write: bool) -> None:
        """Begin; whoever writes locks the file."""
        for statement in _WRITING if write else ("BEGIN",):
            connection.exec_driver_sql(statement)

    def defer(self, connection: sa.Connection) -> None:
        """Mind foreign keys when the transaction ends."""
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")

    def committed(self, connection: sa.Connection) -> None:
        """Empty the write-ahead log."""
        connection.exec_driver_sql(_OVERWRITE_LOG)

    def lock(
        self, connection: sa.Connection, rows: Iterable[sa.Select[tuple[object, ...]]]
    ) -> None:
        """Do nothing: whoever writes has locked the file."""

    def lockable(
        self, connection: sa.Connection, tables: Mapping[str, sa.TableClause]
    ) -> frozenset[str]:
        """Name none: there is no need."""
        del connection, tables
        return frozenset()

    def open(self, connection: sa.Connection, since: Sequence[str] | None) -> tuple[str, ...]:
        """Return none: while we wrote, nobody else could."""
        del connection, since
        return ()

    def watched(
        self, connection: sa.Connection, tables: Mapping[str, sa.TableClause]
    ) -> Callable[[int], Mapping[str, int]]:
        """Count before and after: nobody else writes in between."""
        before = lengths(connection, tables)
        return lambda _: fewer(before, lengths(connection, tables))

    def sizes(
        self, connection: sa.Connection, tables: Mapping[sa.TableClause, int]
    ) -> Mapping[str, int]:
        """Count, as far as it matters."""
        return {each.name: rows for each, rows in counted(connection, tables).items()}

    def lacks(self, connection: sa.Connection, needs: Sequence[Need]) -> Iterable[str]:
        """Say nothing, or fail: who may open the file for writing may do everything."""
        for need in needs[:1]:
            for statement in need.tried():
                connection.execute(statement)
        return ()

    def elsewhere(self, connection: sa.Connection, needs: Sequence[Need]) -> Iterable[str]:
        """Say nothing: no foreign key leads into another file."""
        del connection, needs
        return ()

    def unread(
        self, connection: sa.Connection, tables: Mapping[sa.TableClause, Sequence[str]]
    ) -> Mapping[sa.TableClause, Sequence[str]]:
        """Name none: who may open the file may read all of it."""
        del connection, tables
        return {}


def _connected(path: str) -> sqlite3.Connection:
    return sqlite3.connect(
        path, uri=True, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False
    )


def _set_up(connection: sqlite3.Connection, _: object) -> None:
    connection.text_factory = _text
    install(connection)


def _text(stored: bytes) -> str | bytes:
    """Return a text, or its bytes where a database that checks nothing was given no UTF-8."""
    try:
        return stored.decode()
    except UnicodeDecodeError:
        return stored
