"""Home's edge to SQLite: how it is opened, and what its failures are called."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qsl

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from upheld.errors import BadInput, HomeFailed

SCHEME = "sqlite:///"
PATIENCE = timedelta(seconds=5)
_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON")
_WORDS = {
    "SQLITE_FULL": "the disk under home is full; make room, then try again",
    "SQLITE_READONLY": "home is read-only; give this user the right to write to it",
    "SQLITE_BUSY": "home is locked by another process; wait for it to end, then try again",
    "SQLITE_LOCKED": "home is locked by another process; wait for it to end, then try again",
    "SQLITE_CORRUPT": "home is damaged; restore it from a backup, then run `upheld verify`",
    "SQLITE_NOTADB": "home is not a database; check the address of `home` in upheld.toml",
    "SQLITE_CANTOPEN": "home cannot be opened; check that its folder is there and its address",
    "SQLITE_IOERR": "home's disk cannot be read or written; check the disk, then try again",
    "SQLITE_PERM": "home may not be opened by this user; check the rights of its file",
    "SQLITE_TOOBIG": "what is to be kept is larger than home can hold; make it smaller",
}


def open_engine(url: str, *, make: bool) -> Engine:
    """Return an engine on a SQLite file; `make` lets it be created.

    The address may say `?mode=ro`, and how many seconds to wait for others: `?timeout=0.5`.

    Raises:
        BadInput: the address is not that of a SQLite file.
    """
    engine = create_engine(
        "sqlite://", creator=_creator(url, make=make), poolclass=QueuePool, hide_parameters=True
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


@contextmanager
def told() -> Iterator[None]:
    """Tell failures of the database in our words; they never quote a value."""
    try:
        yield
    except SQLAlchemyError as wrong:
        raise HomeFailed(_words(wrong)) from wrong


def wipe_journal(engine: Engine) -> None:
    """Empty the write-ahead log, so that what was erased is not left in it."""
    raw = engine.raw_connection()
    try:
        raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        raw.close()


def _creator(url: str, *, make: bool) -> Callable[[], sqlite3.Connection]:
    place, _, query = url.removeprefix(SCHEME).partition("?")
    if not url.startswith(SCHEME) or place in ("", ":memory:"):
        raise BadInput("`home` must be a SQLite file; write it like `sqlite:///home.sqlite`")
    options = dict(parse_qsl(query))
    file = Path(place).absolute().as_uri()
    mode = options.get("mode", "rwc" if make else "rw")
    try:
        wait = float(options.get("timeout", PATIENCE.total_seconds()))
    except ValueError as wrong:
        raise BadInput("`timeout` in the address of home must be a number of seconds") from wrong

    def connect() -> sqlite3.Connection:
        if mode == "rwc":
            _make_private(Path(place))
        return sqlite3.connect(
            f"{file}?mode={mode}",
            uri=True,
            timeout=wait,
            isolation_level=None,
            check_same_thread=False,
        )

    return connect


def _make_private(file: Path) -> None:
    """Make the file so that only this user can read it; SQLite makes its journals alike."""
    with suppress(OSError):  # SQLite meets the same trouble, and `told` has words for it
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))


def _prepare(connection: sqlite3.Connection, _: object) -> None:
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _words(wrong: SQLAlchemyError) -> str:
    name = ""
    if isinstance(wrong, DBAPIError) and isinstance(wrong.orig, sqlite3.Error):
        name = getattr(wrong.orig, "sqlite_errorname", "")
    return _WORDS.get(
        "_".join(name.split("_")[:2]),
        f"home could not be read or written ({name or type(wrong).__name__}); "
        "run `upheld verify` on it",
    )
