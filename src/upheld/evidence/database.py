"""What a home asks of the database it stands on, and which kinds there are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from typing import Protocol
from urllib.parse import parse_qsl, urlencode

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from upheld.errors import BadInput, HomeFailed
from upheld.evidence.postgres import Postgres
from upheld.evidence.sqlite import Sqlite

PATIENCE = timedelta(seconds=5)
_NO_TEXT = "what home was asked for is not text that can be encoded; type it again"
_SQLITE = "sqlite:///"
_POSTGRES = ("postgresql://", "postgresql+psycopg://")


class Database(Protocol):
    """One database, and what differs by its kind."""

    @property
    def reads(self) -> Engine:
        """What each transaction reads one snapshot through."""
        ...

    @property
    def single(self) -> Engine:
        """What one statement is read through: it sees one snapshot without a transaction."""
        ...

    @property
    def writes(self) -> Engine:
        """What is written through: transactions begin one after another, and are durable."""
        ...

    def is_there(self) -> bool:
        """Say whether anything is at the address already."""
        ...

    def words(self, wrong: SQLAlchemyError) -> str:
        """Return what to call a failure, and what to do; never a value."""
        ...

    def wipe(self) -> bool:
        """Get rid of the bytes that deleted rows have left; say whether nobody prevented it."""
        ...

    def unlocked_by(self) -> tuple[str, ...]:
        """Return what an owner must say so that this role may wipe; nothing where it may."""
        ...

    def hold(self, request: str) -> AbstractContextManager[object]:
        """Take a request, which leaving lets go of; `Stale` at once if somebody has it."""
        ...


def reached(url: str, *, make: bool) -> Database:
    """Return the database at an address; nothing is opened yet. `make` lets a file be created.

    The address may say how many seconds to wait for others (`?timeout=0.5`) and, of a file, that it
    is only read (`?mode=ro`). Of a server it may say whatever libpq knows.

    Raises:
        BadInput: it is no address of a kind that home can stand on, or its driver is missing.
    """
    place, _, query = url.partition("?")
    options = parse_qsl(query, keep_blank_values=True)
    patience = _patience(dict(options).get("timeout"))
    if place.startswith(_POSTGRES):
        rest = urlencode([each for each in options if each[0] != "timeout"])
        return Postgres(f"{place}?{rest}", patience)
    file = place.removeprefix(_SQLITE)
    if not place.startswith(_SQLITE) or file in ("", ":memory:"):
        raise BadInput(
            "`home` must be a SQLite file or a database of PostgreSQL; write it like "
            "`sqlite:///home.sqlite`, or `env:NAME` of a variable that begins with `postgresql://`"
        )
    return Sqlite(file, dict(options).get("mode", "rwc" if make else "rw"), patience)


@contextmanager
def told(database: Database) -> Iterator[None]:
    """Tell failures of a database in our words; the driver's own may quote a row.

    Raises:
        BadInput: a word that was asked for is no text.
    """
    try:
        yield
    except UnicodeEncodeError:
        raise BadInput(_NO_TEXT) from None
    except SQLAlchemyError as wrong:
        if isinstance(getattr(wrong, "orig", None), UnicodeEncodeError):
            raise BadInput(_NO_TEXT) from None
        raise HomeFailed(database.words(wrong)) from None


_SHORTEST = timedelta(milliseconds=1)
"""A server takes none at all for no end of it."""
_NO_PATIENCE = "`timeout` in the address of home must be a number of seconds, 0.001 or more"


def _patience(seconds: str | None) -> timedelta:
    try:
        patience = PATIENCE if seconds is None else timedelta(seconds=float(seconds))
    except (ValueError, OverflowError) as wrong:
        raise BadInput(_NO_PATIENCE) from wrong
    if patience < _SHORTEST:
        raise BadInput(_NO_PATIENCE)
    return patience
