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
_KINDS = {
    "SQLITE_CONSTRAINT_CHECK": "the check",
    "SQLITE_CONSTRAINT_FOREIGNKEY": "a foreign key",
    "SQLITE_CONSTRAINT_NOTNULL": "the constraint NOT NULL",
    "SQLITE_CONSTRAINT_PRIMARYKEY": "the primary key",
    "SQLITE_CONSTRAINT_TRIGGER": "the rule of a trigger",
    "SQLITE_CONSTRAINT_UNIQUE": "the constraint UNIQUE",
}
_NAMED = frozenset(_KINDS) - {"SQLITE_CONSTRAINT_FOREIGNKEY", "SQLITE_CONSTRAINT_TRIGGER"}


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


def constraint(name: str, broken: sa.exc.IntegrityError) -> str:
    """Say which constraint refuses a change.

    SQLite names columns and checks, never values; what a trigger says, its owner wrote, and that
    may hold anything.
    """
    code = str(getattr(broken.orig, "sqlite_errorname", ""))
    kind = _KINDS.get(code, "a constraint")
    where = str(broken.orig).partition(": ")[2] if code in _NAMED else ""
    named = f" on `{where}`" if where else ""
    return (
        f"store `{name}` refuses: {kind}{named} would be broken; change what the map does to that "
        "field, plan again"
    )


def _plain(error: sa.exc.SQLAlchemyError) -> str:
    said = str(getattr(error, "orig", "")).lower()
    for sign, words in _WORDS:
        if sign in said:
            return words
    return "could not be read or written; look in its own log, then try again"
