"""Turns what a database driver says into our words; the driver's own may hold values."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import sqlalchemy as sa

from upheld.errors import StoreFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

_WORDS = (
    ("unable to open", "cannot be opened; check its url and that the file or server is there"),
    ("readonly", "is read-only; give Upheld a role that may write"),
    ("read-only", "is read-only; give Upheld a role that may write"),
    ("disk is full", "has no room left on its disk; free some, then apply again"),
    ("database is locked", "is locked by another writer; try again when it is done"),
    ("malformed", "is damaged; restore it, then plan again"),
    ("not a database", "is not a database; check its url"),
    ("no such table", "has lost a table since it was mapped; run `upheld map check`"),
    ("no such column", "has lost a column since it was mapped; run `upheld map check`"),
)


@contextmanager
def ours(name: str) -> Iterator[None]:
    """Map a driver's error to `StoreFailed` about the store `name`.

    A broken constraint (`IntegrityError`) passes: whoever writes says which collection it was.
    """
    try:
        yield
    except sa.exc.IntegrityError:
        raise
    except sa.exc.SQLAlchemyError as error:
        raise StoreFailed(f"store `{name}` {_plain(error)}") from error


def _plain(error: sa.exc.SQLAlchemyError) -> str:
    said = str(getattr(error, "orig", "")).lower()
    for sign, words in _WORDS:
        if sign in said:
            return words
    return "could not be read or written; look in its own log, then try again"
