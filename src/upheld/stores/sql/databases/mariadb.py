"""MariaDB, through PyMySQL."""

from __future__ import annotations

from secrets import SystemRandom, token_hex
from time import sleep
from typing import TYPE_CHECKING

import sqlalchemy as sa

import upheld.stores.sql.functions.mariadb  # noqa: F401 (how the constructs are said there)
from upheld.errors import StoreBusy
from upheld.stores.sql.columns import chosen
from upheld.stores.sql.databases.limits import (
    CONNECT_SECONDS,
    IDLE_SECONDS,
    LOCK_SECONDS,
    STATEMENT_SECONDS,
)
from upheld.stores.sql.databases.needs import fewer, lengths, sized, unused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from upheld.stores.sql.databases.needs import Need

_SETTINGS = {
    "sql_mode": "'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'",
    "time_zone": "'+00:00'",
    "innodb_lock_wait_timeout": LOCK_SECONDS,
    "lock_wait_timeout": LOCK_SECONDS,
    "max_statement_time": STATEMENT_SECONDS,
    "idle_transaction_timeout": IDLE_SECONDS,
    # lists of keys stay lists, and an index serves them however long they are
    "in_predicate_conversion_threshold": 0,
    "optimizer_max_sel_arg_weight": 0,
    "optimizer_max_sel_args": 4294967295,
}
_SET = "SET SESSION " + ", ".join(f"{name} = {value}" for name, value in _SETTINGS.items())
_OTHERS = """
SELECT CASE WHEN trx_mysql_thread_id = 0 THEN CONCAT('0/', trx_id)
  ELSE CONCAT_WS('/', trx_mysql_thread_id, trx_started) END
FROM information_schema.INNODB_TRX
WHERE trx_mysql_thread_id <> CONNECTION_ID() AND trx_is_read_only = 0
UNION ALL
SELECT '{mark}' FROM information_schema.INNODB_TRX
WHERE trx_mysql_thread_id = CONNECTION_ID() AND LOCATE('{mark}', trx_query) > 0
"""
"""Transactions that are not over and may write; the mark if the list is of this very query.

InnoDB makes a list anew only when nobody has read it for a tenth of a second. Then it holds us,
who are asking. A number is given at the first write only, and tells what no session holds any more.
"""

_LEFT = "0/"
"""A prepared transaction whose session has ended; until then it had that session's name."""

_UNREAD_SECONDS, _AT_MOST_SECONDS = 0.11, 0.4
_LOOKS = 25
_PLAIN = ("DATE", "DATETIME", "TIMESTAMP", "TIME", "DECIMAL", "NEWDECIMAL")


class MariaDb:
    """A database of MariaDB 10.6 or newer."""

    typeless = False
    defers = False
    row_by_row = True
    alone = False
    prepares = False
    rights_are_read = False
    locks_by_update = False
    installed_by = "pip install 'upheld[mariadb]'"

    def __init__(self, address: sa.URL) -> None:
        """Bind to the database that a URL names."""
        from pymysql.constants import FIELD_TYPE  # noqa: PLC0415 (an extra)
        from pymysql.converters import conversions  # noqa: PLC0415 (an extra)

        texts = {getattr(FIELD_TYPE, name) for name in _PLAIN}
        self.engine = sa.create_engine(
            address.set(drivername="mariadb+pymysql"),
            connect_args={
                "connect_timeout": CONNECT_SECONDS,
                "charset": "utf8mb4",
                "autocommit": True,  # until a transaction is begun in words
                "init_command": _SET,
                "conv": {kind: how for kind, how in conversions.items() if kind not in texts},
            },
            hide_parameters=True,
            pool_size=4,
            max_overflow=28,
        )

    def glance(self, connection: sa.Connection) -> None:
        """Let each statement stand by itself, as they do, and see that somebody is there.

        The option of SQLAlchemy would ask, too, and let pass what the driver says to that.
        """
        if unused(connection):
            connection.exec_driver_sql("DO 0")

    def begin(self, connection: sa.Connection, *, write: bool) -> None:
        """Begin: whoever reads has one snapshot; whoever writes sees what others commit."""
        level = "READ COMMITTED" if write else "REPEATABLE READ"
        connection.exec_driver_sql(f"SET TRANSACTION ISOLATION LEVEL {level}")
        connection.exec_driver_sql("START TRANSACTION" + ("" if write else " READ ONLY"))

    def defer(self, connection: sa.Connection) -> None:
        """Do nothing: InnoDB puts nothing off."""

    def committed(self, connection: sa.Connection) -> None:
        """Leave the rest to InnoDB's purge: a server overwrites in its own time."""

    def lock(
        self, connection: sa.Connection, rows: Iterable[sa.Select[tuple[object, ...]]]
    ) -> None:
        """Lock rows; who points at one from a new row waits, too."""
        for query in rows:
            connection.execute(query.with_for_update())

    def lockable(
        self, connection: sa.Connection, tables: Mapping[str, sa.TableClause]
    ) -> frozenset[str]:
        """Name all: to lock a row of InnoDB the right to delete it is enough."""
        del connection
        return frozenset(tables)

    def open(self, connection: sa.Connection, since: Sequence[str] | None) -> tuple[str, ...]:
        """Name transactions of InnoDB by thread and start.

        Raises:
            StoreBusy: others look at them so often that InnoDB shows an old list only.
        """
        connection.exec_driver_sql("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
        now = tuple(sorted(_listed(connection)))
        connection.exec_driver_sql("COMMIT")
        if since is None:
            return now
        return tuple(each for each in now if each in since or each.startswith(_LEFT))

    def watched(
        self, connection: sa.Connection, tables: Mapping[str, sa.TableClause]
    ) -> Callable[[int], Mapping[str, int]]:
        """Ask how many rows this session deleted; only where some are not ours, count the tables.

        What they were before, another session still sees.
        """
        before = _deleted(connection)

        def gone(ours: int) -> Mapping[str, int]:
            if _deleted(connection) - before <= ours:
                return {}
            with self.engine.connect() as outside:
                return fewer(lengths(outside, tables), lengths(connection, tables))

        return gone

    def sizes(
        self, connection: sa.Connection, tables: Mapping[sa.TableClause, int]
    ) -> Mapping[str, int]:
        """Return what InnoDB estimates of large ones; it may be half as many again."""
        said = connection.exec_driver_sql(_SIZES)
        known = {name: int(rows) for name, rows in said if rows is not None}
        here = {each: known[each.name] for each in tables if not each.schema and each.name in known}
        return sized(connection, tables, here)

    def lacks(self, connection: sa.Connection, needs: Sequence[Need]) -> Iterable[str]:
        """Say what the role is not let do, by trying it on no row."""
        for need in needs:
            for statement in need.tried():
                if not _allowed(connection, statement):
                    yield need.words(_RIGHTS[type(statement)])
        if _allowed(connection, sa.text(_OTHERS.format(mark=""))):
            yield from self.elsewhere(connection, needs)
        else:
            yield _NO_PROCESS

    def elsewhere(self, connection: sa.Connection, needs: Sequence[Need]) -> Iterable[str]:
        """Name tables of which rows would go that another database points at."""
        going = {need.table.name: need.name for need in needs if need.deletes}
        for name in connection.exec_driver_sql(_FROM_ELSEWHERE).scalars() if going else ():
            if name in going:
                yield (
                    f"has rows of another database that point at `{going[name]}`, and may go with "
                    "it; keep its rows with `erase: fields`, or drop that foreign key"
                )

    def unread(
        self, connection: sa.Connection, tables: Mapping[sa.TableClause, Sequence[str]]
    ) -> Mapping[sa.TableClause, Sequence[str]]:
        """Name columns that cannot be selected, by trying it on no row."""
        return {
            table: [name for name in names if not _allowed(connection, _nothing(table, [name]))]
            for table, names in tables.items()
            if not _allowed(connection, _nothing(table, names))
        }


def _nothing(table: sa.TableClause, names: Sequence[str]) -> sa.Select[tuple[object, ...]]:
    return chosen(table.c[name] for name in names).where(sa.false())


def _listed(connection: sa.Connection) -> set[str]:
    for _ in range(_LOOKS):
        mark = token_hex(8)
        seen = set(connection.exec_driver_sql(_OTHERS.format(mark=mark)).scalars())
        if mark in seen:
            return seen - {mark}
        # Whoever else asks again and again must not do so in step with us.
        sleep(SystemRandom().uniform(_UNREAD_SECONDS, _AT_MOST_SECONDS))
    raise StoreBusy("a server is asked so often who writes that it shows old lists; try again")


def _deleted(connection: sa.Connection) -> int:
    """Return how many rows this session has deleted so far, by itself or by triggers."""
    return int(connection.exec_driver_sql(_DELETED).one()[1])


def _allowed(connection: sa.Connection, statement: sa.Executable) -> bool:
    try:
        connection.execute(statement)
    except sa.exc.DBAPIError as error:
        if error.orig is None or error.orig.args[:1] not in _FORBIDDEN:
            raise
        return False
    return True


_RIGHTS = {sa.Delete: "delete", sa.Update: "update", sa.Insert: "add"}
_FORBIDDEN = {(1142,), (1143,), (1227,)}
_FROM_ELSEWHERE = """
SELECT DISTINCT {table} FROM information_schema.INNODB_SYS_FOREIGN
WHERE {database} = DATABASE()
AND BINARY SUBSTRING_INDEX(REF_NAME, '/', 1) <> BINARY SUBSTRING_INDEX(FOR_NAME, '/', 1)
""".format(
    **{
        part: f"CONVERT(CONVERT(BINARY SUBSTRING_INDEX(REF_NAME, '/', {at}) USING filename) "
        "USING utf8mb4)"
        for part, at in (("database", 1), ("table", -1))
    }
)
"""InnoDB writes names as those of files are: `web@002dshop` for `web-shop`."""

_NO_PROCESS = (
    "does not let this role see who else is writing, so that a look-back could never be sure; let "
    "its owner GRANT PROCESS ON *.* to it"
)
_DELETED = "SHOW SESSION STATUS LIKE 'Handler_delete'"
_SIZES = """
SELECT TABLE_NAME, TABLE_ROWS FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()
"""
