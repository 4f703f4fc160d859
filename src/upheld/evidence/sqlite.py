"""Home on a file of SQLite: how it is opened and held, and what its failures are called."""

from __future__ import annotations

import os
import sqlite3
from contextlib import ExitStack, suppress
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

from sqlalchemy import Connection, QueuePool, create_engine, event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from upheld.errors import HomeFailed
from upheld.evidence.holds import held, taken

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


class Sqlite:
    """One file."""

    def __init__(self, file: str, mode: str, patience: timedelta) -> None:
        """Bind to a file; `mode` is `ro`, `rw`, or `rwc` to make it."""
        self._file = Path(file)
        self._mode = mode
        self._wait = patience.total_seconds()
        self.reads = create_engine(
            "sqlite://", creator=self._connected, poolclass=QueuePool, hide_parameters=True
        )
        event.listen(self.reads, "connect", _prepare)
        event.listen(self.reads, "begin", _begin)
        self.writes = self.reads.execution_options(begin="BEGIN IMMEDIATE")
        self.single = self.reads.execution_options(begin=None)

    def is_there(self) -> bool:
        """Say whether there is a file."""
        return self._file.exists()

    def words(self, wrong: SQLAlchemyError) -> str:
        """Return what to call a failure, and what to do."""
        name = ""
        if isinstance(wrong, DBAPIError) and isinstance(wrong.orig, sqlite3.Error):
            name = getattr(wrong.orig, "sqlite_errorname", "")
        return _WORDS.get(
            "_".join(name.split("_")[:2]),
            f"home could not be read or written ({name or type(wrong).__name__}); "
            "run `upheld verify` on it",
        )

    def wipe(self) -> bool:
        """Empty the write-ahead log, so that what was erased is not left in it, nor in the file."""
        with self.single.connect() as connection:
            done = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
        return not done[0]

    def unlocked_by(self) -> tuple[str, ...]:
        """Return nothing: whoever may delete in a file may empty its log."""
        return ()

    def hold(self, request: str) -> ExitStack:
        """Take a request by a lock on a file beside home's."""
        home = self._file.resolve()
        digest = sha256(request.encode(errors="surrogatepass")).hexdigest()
        with ExitStack() as stack:
            try:
                stack.enter_context(held(home.with_name(f"{home.name}-hold-{digest[:16]}")))
            except BlockingIOError:
                raise taken(request) from None
            except OSError as wrong:
                raise HomeFailed(
                    "no lock can be put beside home; give this user the right to write to its "
                    "folder, and make room on its disk"
                ) from wrong
            return stack.pop_all()

    def _connected(self) -> sqlite3.Connection:
        if self._mode == "rwc":
            _make_private(self._file)
        return sqlite3.connect(
            f"{self._file.absolute().as_uri()}?mode={self._mode}",
            uri=True,
            timeout=self._wait,
            isolation_level=None,
            check_same_thread=False,
        )


def _make_private(file: Path) -> None:
    """Make the file so that only this user can read it; SQLite makes its journals alike."""
    with suppress(OSError):  # SQLite meets the same trouble, and `words` has some for it
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))


def _prepare(connection: sqlite3.Connection, _: object) -> None:
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    if begin := connection.get_execution_options().get("begin", "BEGIN"):
        connection.exec_driver_sql(begin)
