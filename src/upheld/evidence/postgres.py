"""Home in a database of PostgreSQL: how it is opened and held, and what its failures are called."""

from __future__ import annotations

import re
import threading
from contextlib import ExitStack, suppress
from datetime import timedelta
from hashlib import sha256
from time import sleep
from typing import TYPE_CHECKING, cast

from sqlalchemy import URL, Connection, create_engine, event, inspect, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from upheld.errors import BadInput, HomeFailed
from upheld.evidence.holds import taken

if TYPE_CHECKING:
    import psycopg

_ADDRESS = (
    "the address of home is none of PostgreSQL; write it like `postgresql://ROLE@HOST/DATABASE`"
)
_REACHING = {
    "application_name": "upheld",
    "connect_timeout": "10",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
}
_PREPARE = """
SET lock_timeout = '{wait}ms';
SET idle_in_transaction_session_timeout = '60s';
SET tcp_keepalives_idle = 30;
SET tcp_keepalives_interval = 10;
SET tcp_keepalives_count = 3;
SELECT set_config('synchronous_commit', 'on', false)
WHERE current_setting('synchronous_commit') = 'off';
SELECT set_config(name, '0', false) FROM pg_settings WHERE name = 'idle_session_timeout'
"""
"""What is committed is durable; a machine that is gone keeps no lock for long, a slow one does."""

_TURN = text("SELECT pg_advisory_xact_lock(:key)")
_TAKE = text("SELECT pg_backend_pid() WHERE pg_try_advisory_lock(:key)")
_LET_GO = text("SELECT pg_advisory_unlock(:key)")
_HELD = text("""
SELECT count(*) FROM pg_locks
WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND pid = :pid
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
AND (classid::bigint << 32) | objid::bigint = :key
""")
_FILE = "SELECT pg_relation_filenode('vault_key')"
_ANEW = "VACUUM (FULL, VERBOSE) vault_key"
"""What it says in detail begins, in any language, with how many rows that are gone it kept."""
_FREE = "VACUUM vault, alias"
_OTHERS = """
SELECT format('ALTER TABLE %I.%I OWNER TO %I', n.nspname, c.relname, current_user)
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_database AS d ON d.datname = current_database()
WHERE c.oid IN (to_regclass('vault_key'), to_regclass('vault'), to_regclass('alias'))
AND NOT pg_has_role(c.relowner, 'USAGE') AND NOT pg_has_role(d.datdba, 'USAGE') {}
ORDER BY c.relname DESC
"""
_MAY = "AND NOT has_table_privilege(c.oid, 'MAINTAIN')"
_HAS_MAINTAIN = (17,)
_PAUSES = (0.05, 0.2, 0.5)
_LOST = (
    "the connection to home's server was lost; what was being written is there whole or not at "
    "all: look, then try again"
)
_UNREACHED = (
    "home's server cannot be reached; check that it runs and has room for one more, and the "
    "address: server, role, password, database"
)
_LOCKED = "55P03"
_WORDS = {
    "08": _LOST,
    "25006": "home is read-only; give the address of a server that may be written, and its role",
    "25P03": "home's server ended a transaction that stood idle; try again",
    "3F": "the schema that home's address names is not there; make it with `CREATE SCHEMA` for "
    "home's role",
    "40": "home's server undid this for another transaction; try again",
    "42501": "home's role may not do this; let it own the schema and the tables of home",
    "53": "home's server has no room left, or too many connections; make room, then try again",
    "54": "what is to be kept is larger than home can hold; make it smaller",
    _LOCKED: "home is locked by another process; wait for it to end, then try again",
    "57014": "home's server cancelled this; raise its `statement_timeout`, then try again",
    "57P": _LOST,
    "58": "home's server cannot read or write its disk; check the disk, then try again",
    "XX": "home is damaged; restore it from a backup",
}


class Postgres:
    """One database, or one schema of it: the one that the address leads to."""

    def __init__(self, address: str, patience: timedelta) -> None:
        """Bind to a database."""
        try:
            self._engine = create_engine(
                _parsed(address),
                hide_parameters=True,
                isolation_level="REPEATABLE READ",
                pool_pre_ping=True,
            )
        except ImportError as missing:
            raise BadInput(
                "home is on PostgreSQL, and its driver is not installed; "
                "run `pip install 'upheld[postgres]'`"
            ) from missing
        self._wait = round(patience.total_seconds() * 1000)
        self._holds = _Holds()
        event.listen(self._engine, "connect", self._prepare)
        event.listen(self._engine, "begin", self._begin)
        self.reads = self._engine.execution_options(postgresql_readonly=True)
        self.writes = self._engine.execution_options(
            isolation_level="READ COMMITTED",  # what is read after the wait is what was committed
            writes=True,
        )
        self.single = self._engine.execution_options(isolation_level="AUTOCOMMIT")

    def is_there(self) -> bool:
        """Say whether there are tables."""
        with self.reads.connect() as connection:
            return bool(inspect(connection).get_table_names())

    def words(self, wrong: SQLAlchemyError) -> str:
        """Return what to call a failure, and what to do."""
        state = _state(wrong)
        if isinstance(wrong, DBAPIError) and wrong.connection_invalidated:
            return _LOST
        if isinstance(wrong, DBAPIError) and not state:
            return _UNREACHED
        known = next((words for sign, words in _WORDS.items() if state.startswith(sign)), "")
        return known or (
            f"home could not be read or written ({state or type(wrong).__name__}); "
            "look in the log of its server"
        )

    def wipe(self) -> bool:
        """Write anew the table of keys, and free what other rows left; its journal ends later.

        Whoever reads for long keeps what they see, and whoever connects just now, in any database,
        keeps what was deleted while they do: for these it is tried again a moment later.
        """
        with self.single.connect() as connection:
            kept = _written_anew(connection)
            for pause in _PAUSES if kept else ():
                sleep(pause)
                kept = _written_anew(connection)
                if not kept:
                    break
            return _is_done(connection, _FREE) and kept == 0

    def unlocked_by(self) -> tuple[str, ...]:
        """Return what makes this role the owner of the tables that it may not vacuum."""
        with self.reads.connect() as connection:
            version = connection.dialect.server_version_info or ()
            may = _MAY if version >= _HAS_MAINTAIN else ""
            found = connection.exec_driver_sql(_OTHERS.format(may).replace("%", "%%"))
            return tuple(found.scalars())

    def hold(self, request: str) -> ExitStack:
        """Take a request by a connection of its own; it is lost with the connection."""
        with ExitStack() as stack:
            connection = stack.enter_context(self.single.connect())
            connection.detach()
            key = _key(f"{connection.dialect.default_schema_name}\0{request}")
            pid = connection.scalar(_TAKE, {"key": key})
            if pid is None:
                raise taken(request)
            stack.callback(_let_go, connection, key)
            self._holds.mine.append((int(pid), key))
            stack.callback(self._holds.mine.remove, (int(pid), key))
            return stack.pop_all()

    def _prepare(self, connection: DBAPIConnection, _: object) -> None:
        connection.cursor().execute(_PREPARE.format(wait=self._wait))
        connection.commit()

    def _begin(self, connection: Connection) -> None:
        """Let one transaction write at a time, and none of somebody whose hold is lost."""
        if not connection.get_execution_options().get("writes"):
            return
        connection.execute(_TURN, {"key": _key("home")})
        for pid, key in self._holds.mine:
            if not connection.scalar(_HELD, {"pid": pid, "key": key}):
                raise HomeFailed(
                    "the connection that held a request was lost, and another may be at work on "
                    "it; nothing was appended, try again"
                )


class _Holds(threading.local):
    """What this thread holds, as numbers of server processes and of locks."""

    def __init__(self) -> None:
        self.mine: list[tuple[int, int]] = []


def _written_anew(connection: Connection) -> int | None:
    """Write anew the table of keys; return how many rows that are gone it kept, None if it failed.

    A role that does not own the table is only warned, and nothing is done.
    """
    driver = cast("psycopg.Connection[object]", connection.connection.driver_connection)
    kept: list[int] = []

    def said(words: psycopg.errors.Diagnostic) -> None:
        kept.extend(map(int, re.findall(r"\d+", words.message_detail or "")[:1]))

    before = connection.exec_driver_sql(_FILE).scalar()
    driver.add_notice_handler(said)
    try:
        done = _is_done(connection, _ANEW)
    finally:
        driver.remove_notice_handler(said)
    moved = connection.exec_driver_sql(_FILE).scalar() != before
    return sum(kept) if done and moved else None


def _is_done(connection: Connection, statement: str) -> bool:
    """Say something to the server; say whether it was done, or a lock was waited for in vain."""
    try:
        connection.exec_driver_sql(statement)
    except DBAPIError as wrong:
        if _state(wrong) != _LOCKED:
            raise
        return False
    return True


def _let_go(connection: Connection, key: int) -> None:
    """Unlock before the connection closes: the server sees that later than whoever comes next."""
    with suppress(SQLAlchemyError):  # the connection was lost, and the lock with it
        connection.execute(_LET_GO, {"key": key})


def _parsed(address: str) -> URL:
    try:
        parsed = make_url(address)
    except (ArgumentError, ValueError):
        raise BadInput(_ADDRESS) from None
    if not parsed.database:
        raise BadInput(_ADDRESS)
    query = {**_REACHING, **parsed.query}
    return parsed.set(drivername="postgresql+psycopg", query=query)


def _key(name: str) -> int:
    """Return the number of an advisory lock."""
    digest = sha256(b"upheld\0" + name.encode(errors="surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def _state(wrong: SQLAlchemyError) -> str:
    return str(getattr(getattr(wrong, "orig", None), "sqlstate", None) or "")
