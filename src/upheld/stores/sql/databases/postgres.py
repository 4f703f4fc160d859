"""PostgreSQL, through psycopg 3."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

import upheld.stores.sql.functions.postgres  # noqa: F401 (how the constructs are said there)
from upheld.errors import StoreFailed
from upheld.stores.sql.catalogue.postgres import ASKED, FINGERPRINT
from upheld.stores.sql.columns import Alone
from upheld.stores.sql.databases.failures import READ_ONLY, STANDBY
from upheld.stores.sql.databases.limits import (
    CONNECT_SECONDS,
    IDLE_SECONDS,
    LOCK_SECONDS,
    STATEMENT_SECONDS,
)
from upheld.stores.sql.databases.needs import sized, unused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import psycopg

    from upheld.stores.sql.databases.needs import Need

_SETTINGS = {
    "row_security": "off",  # what row-level security would hide is an error, not a gap
    "lock_timeout": f"{LOCK_SECONDS}s",
    "statement_timeout": f"{STATEMENT_SECONDS}s",
    "idle_in_transaction_session_timeout": f"{IDLE_SECONDS}s",
    "timezone": "UTC",
    "datestyle": "ISO",
    "intervalstyle": "iso_8601",
    "bytea_output": "hex",
}
_BEGIN = "SELECT {}, ({})".format(
    ", ".join(f"set_config('{name}', '{value}', true)" for name, value in _SETTINGS.items()),
    FINGERPRINT,
)
"""Until the transaction ends: behind a pooler the session is somebody else's next.

What is done depends on the catalogue, so that it is asked for its fingerprint in one go.
"""

_AS_TEXT = (
    *("date", "time", "timetz", "timestamp", "timestamptz", "interval", "numeric", "money"),
    *("uuid", "inet", "cidr", "macaddr", "json", "jsonb", "xml"),
    *("int4range", "int8range", "numrange", "daterange", "tsrange", "tstzrange"),
    *("int4multirange", "int8multirange", "nummultirange", "datemultirange"),
    *("tsmultirange", "tstzmultirange"),
)
_OTHERS = """
SELECT DISTINCT l.virtualtransaction FROM pg_locks l
LEFT JOIN pg_stat_activity a ON a.pid = l.pid
LEFT JOIN pg_prepared_xacts p ON p.transaction = l.transactionid
WHERE l.locktype IN ('virtualxid', 'transactionid') AND l.mode = 'ExclusiveLock' AND l.granted
AND l.pid IS DISTINCT FROM pg_backend_pid()
AND coalesce(a.datname, p.database, current_database()) = current_database()
AND coalesce(a.backend_type, '') NOT IN ('autovacuum launcher', 'autovacuum worker', 'archiver',
  'background writer', 'checkpointer', 'io worker', 'logger', 'parallel worker', 'startup',
  'walreceiver', 'walsummarizer', 'walwriter')
"""
"""Transactions that are not over, whether they have written yet or not, of this database.

Whoever is not known to write no rows counts: a worker that applies what was replicated, one of an
extension, by whatever name, a client that came as a replica.
Each holds a lock on its own number. A prepared one has another number than before, and no session.
"""
_PREPARED = "-1/"

_MISPLACED = frozenset({"26000", "42P05"})
"""A prepared statement is not there, or is there already: the session was somebody else's."""
_OUTDATED = "0A000"
_OUTDATED_WORDS = "cached plan"
"""A column of what a prepared statement returns has another type now."""

_SIZES = """
SELECT t.at, (
  SELECT sum(reltuples) FROM pg_class c WHERE c.reltuples >= 0 AND c.oid IN (
    SELECT t.name::regclass UNION SELECT relid FROM pg_partition_tree(t.name::regclass)))
FROM unnest(%s::text[]) WITH ORDINALITY AS t (name, at) ORDER BY t.at
"""
_LEFT = """
WITH RECURSIVE part (at, oid, alone) AS (
  SELECT t.at, t.name::regclass::oid, t.alone
  FROM unnest(%s::text[], %s::boolean[]) WITH ORDINALITY AS t (name, alone, at)
  UNION SELECT part.at, i.inhrelid, alone FROM part JOIN pg_inherits AS i ON i.inhparent = part.oid
  WHERE NOT alone
)
SELECT sum(pg_stat_get_xact_tuples_inserted(oid) - pg_stat_get_xact_tuples_deleted(oid)),
  array_agg(pg_relation_filenode(oid) ORDER BY oid)
FROM part GROUP BY at ORDER BY at
"""
"""Of each table, with its partitions and its heirs where these are not asked for by themselves.

TRUNCATE counts no rows: it gives a table another file.
"""
_LACKS = """
SELECT n.at, n.what FROM unnest(%s::text[], %s::text[], %s::text[]) WITH ORDINALITY
  AS n (name, field, what, at)
WHERE NOT CASE WHEN n.field IS NULL THEN has_table_privilege(n.name, n.what)
  ELSE has_column_privilege(n.name, n.field, n.what) END
"""
_WRITES_NOT = """
UNION ALL SELECT 0, '' WHERE current_setting('default_transaction_read_only')::boolean
UNION ALL SELECT -1, '' WHERE pg_is_in_recovery()
"""
"""Its owner may have said of a role, or of a database, that it only reads: a transaction of ours
that writes would override that. A standby writes nothing at all, whoever asks."""
_LOCKABLE = """
SELECT t.called FROM unnest(%s::text[], %s::text[]) AS t (called, name)
WHERE has_any_column_privilege(t.name, 'UPDATE')
"""
_RIGHTS = {"DELETE": "delete", "UPDATE": "update", "SELECT": "read", "INSERT": "add"}


class Postgres:
    """A database of PostgreSQL 13 or newer."""

    typeless = False
    defers = False
    row_by_row = False
    alone = False
    prepares = True
    rights_are_read = True
    locks_by_update = True
    installed_by = "pip install 'upheld[postgres]'"

    def __init__(self, address: sa.URL) -> None:
        """Bind to the database that a URL names."""
        self.engine = sa.create_engine(
            address.set(drivername="postgresql+psycopg"),
            connect_args={"connect_timeout": CONNECT_SECONDS, "application_name": "upheld"},
            hide_parameters=True,
            use_native_hstore=False,
            pool_size=4,
            max_overflow=28,
        )
        self._shared = False
        sa.event.listen(self.engine, "connect", self._set_up)
        sa.event.listen(self.engine, "handle_error", self._failed)

    def glance(self, connection: sa.Connection) -> None:
        """Let each statement stand by itself, and see that somebody is there."""
        connection.execution_options(isolation_level="AUTOCOMMIT")
        if unused(connection):
            connection.exec_driver_sql("SELECT 1")

    def begin(self, connection: sa.Connection, *, write: bool) -> None:
        """Begin: whoever reads has one snapshot; whoever writes sees what others commit."""
        if write:
            connection.execution_options(
                isolation_level="READ COMMITTED", postgresql_readonly=False
            )
        else:
            connection.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
        *_, seen = connection.exec_driver_sql(_BEGIN).one()
        connection.execution_options(**{ASKED: seen})

    def defer(self, connection: sa.Connection) -> None:
        """Mind when the transaction ends those that are declared so that they can be."""
        connection.exec_driver_sql("SET CONSTRAINTS ALL DEFERRED")

    def committed(self, connection: sa.Connection) -> None:
        """Leave the rest to VACUUM: a server overwrites in its own time."""

    def lock(
        self, connection: sa.Connection, rows: Iterable[sa.Select[tuple[object, ...]]]
    ) -> None:
        """Lock rows; who points at one from a new row waits, too."""
        for query in rows:
            connection.execute(query.with_for_update())

    def lockable(
        self, connection: sa.Connection, tables: Mapping[str, sa.TableClause]
    ) -> frozenset[str]:
        """Name those in which the role may update a column: PostgreSQL wants that for a lock."""
        if not tables:
            return frozenset()
        names = [_quoted(each) for each in tables.values()]
        found = connection.exec_driver_sql(_LOCKABLE, ([*tables], names))
        return frozenset(str(name) for name in found.scalars())

    def open(self, connection: sa.Connection, since: Sequence[str] | None) -> tuple[str, ...]:
        """Name transactions by their number."""
        now = tuple(sorted(connection.exec_driver_sql(_OTHERS).scalars()))
        if since is None:
            return now
        return tuple(each for each in now if each in since or each.startswith(_PREPARED))

    def watched(
        self, connection: sa.Connection, tables: Mapping[str, sa.TableClause]
    ) -> Callable[[int], Mapping[str, int | None]]:
        """Ask for what the server itself counts of this session's rows, at no price."""
        names = [_quoted(each) for each in tables.values()]
        alone = [isinstance(each, Alone) for each in tables.values()]

        def left() -> dict[str, tuple[int, list[int]]]:
            rows = connection.exec_driver_sql(_LEFT, (names, alone))
            return {name: (int(n), files) for name, (n, files) in zip(tables, rows, strict=True)}

        before = left()

        def gone(_: int) -> Mapping[str, int | None]:
            return {
                name: before[name][0] - rows if files == before[name][1] else None
                for name, (rows, files) in left().items()
            }

        return gone

    def sizes(
        self, connection: sa.Connection, tables: Mapping[sa.TableClause, int]
    ) -> Mapping[str, int]:
        """Return what ANALYZE last estimated of large ones."""
        names = [_quoted(each) for each in tables]
        found = [row[1] for row in connection.exec_driver_sql(_SIZES, (names,))]
        known = {t: int(rows) for t, rows in zip(tables, found, strict=True) if rows}
        return sized(connection, tables, known)

    def lacks(self, connection: sa.Connection, needs: Sequence[Need]) -> Iterable[str]:
        """Say what the role is not let do, as the catalogue has it."""
        asked = [
            (need, field, right)
            for need in needs
            for field, right in (
                *([(None, "DELETE")] if need.deletes else []),
                *([(None, "SELECT"), (None, "INSERT")] if need.adds else []),
                *((name, "UPDATE") for name in need.columns),
            )
        ]
        names = [_quoted(need.table) for need, _, _ in asked]
        given = (names, [field for _, field, _ in asked], [right for _, _, right in asked])
        missing = connection.exec_driver_sql(_LACKS + _WRITES_NOT, given).all() if asked else ()
        if (first := min((at for at, _ in missing), default=1)) <= 0:
            return [STANDBY if first else READ_ONLY]
        return dict.fromkeys(
            asked[at - 1][0].words(_RIGHTS[right]) for at, right in sorted(missing)
        )

    def elsewhere(self, connection: sa.Connection, needs: Sequence[Need]) -> Iterable[str]:
        """Say nothing: no foreign key leads into another database."""
        del connection, needs
        return ()

    def unread(
        self, connection: sa.Connection, tables: Mapping[sa.TableClause, Sequence[str]]
    ) -> Mapping[sa.TableClause, Sequence[str]]:
        """Name columns without SELECT, as the catalogue has it."""
        asked = [(table, name) for table, names in tables.items() for name in names]
        named = [_quoted(table) for table, _ in asked]
        given = (named, [name for _, name in asked], ["SELECT"] * len(asked))
        missing = connection.exec_driver_sql(_LACKS, given).all() if asked else ()
        found: dict[sa.TableClause, list[str]] = {}
        for at, _ in sorted(missing):
            table, name = asked[at - 1]
            found.setdefault(table, []).append(name)
        return found

    def _set_up(self, connection: psycopg.Connection[object], _: object) -> None:
        _read_as_text(connection)
        if self._shared:
            connection.prepare_threshold = None

    def _failed(self, context: sa.ExceptionContext) -> None:
        """Connect anew after a failure of a prepared statement: nothing is wrong with what it says.

        Some poolers hand a session to whoever asks next; behind one, nothing is prepared any more.
        """
        state = getattr(context.original_exception, "sqlstate", None)
        if state in _MISPLACED:
            self._shared = context.is_disconnect = True
        elif state == _OUTDATED and _OUTDATED_WORDS in str(context.original_exception):
            context.is_disconnect = True


def _quoted(table: sa.TableClause) -> str:
    parts = (part.replace('"', '""') for part in (table.schema, table.name) if part)
    return ".".join(f'"{part}"' for part in parts)


def _read_as_text(connection: psycopg.Connection[object]) -> None:
    from psycopg.types.string import TextLoader  # noqa: PLC0415 (an extra)

    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise StoreFailed(f"a database keeps its texts as {encoding}; only UTF8 is supported")
    for name in _AS_TEXT:
        connection.adapters.register_loader(name, TextLoader)
