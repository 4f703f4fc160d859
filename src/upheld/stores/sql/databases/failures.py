"""Turns what a database driver says into our words; the driver's own may hold values.

PostgreSQL's failures are told by their SQLSTATE, MariaDB's by their number, SQLite's by its words.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

import sqlalchemy as sa

from upheld.errors import StoreBusy, StoreFailed
from upheld.stores.sql.catalogue.gathered import called

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from upheld.model import Schema

_UNREACHABLE = "cannot be reached; check its url and that the server is there"
_ENDED = "ended the connection; try again"
READ_ONLY = "is read-only; give Upheld a role that may write"
STANDBY = "is a standby, in which nothing can be erased; let its url name the primary"
_NO_RIGHT = "refuses this role something it needs; run `upheld grants` and let its owner run that"
_FULL = "has no room left on its disk; free some, then apply again"
_LOCKED = "is locked by another writer; try again when it is done"
_DEADLOCK = "undid this, since two writers waited for each other; try again"
_SLOW = "did not end a statement in time; try again when it is less busy"
_CROWDED = "takes no more connections now; try again"
_LOST_TABLE = "has lost a table since it was mapped; run `upheld map check`"
_LOST_COLUMN = "has lost a column since it was mapped; run `upheld map check`"
_LOGIN = "does not let this role in; check its name, its password and where it may come from"
_NO_DATABASE = "is a server without the database that its url names; check the url"

_UNLIKE = (
    "holds a value that is none of the type it is compared with; see that each `follow` of the map "
    "joins columns of one type"
)
_OTHER_KIND = "is a server of another kind than its url says; check the url"

_WORDS = (
    ("unable to open", "cannot be opened; check its url and that the file or server is there"),
    ("readonly", READ_ONLY),
    ("read-only", READ_ONLY),
    ("disk is full", _FULL),
    ("database is locked", _LOCKED),
    ("malformed", "is damaged; restore it, then plan again"),
    ("not a database", "is not a database; check its url"),
    ("no such table", _LOST_TABLE),
    ("no such column", _LOST_COLUMN),
)
_STATES = {
    "08": _ENDED,
    "22003": _UNLIKE,
    "22007": _UNLIKE,
    "22008": _UNLIKE,
    "22P02": _UNLIKE,
    "23514": _UNLIKE,
    "25006": READ_ONLY,
    "25P03": _ENDED,
    "28": _LOGIN,
    "3D": _NO_DATABASE,
    "40P01": _DEADLOCK,
    "40": _LOCKED,
    "42501": _NO_RIGHT,
    "42P01": _LOST_TABLE,
    "42703": _LOST_COLUMN,
    "53100": _FULL,
    "53300": _CROWDED,
    "55P03": _LOCKED,
    "57014": _SLOW,
    "57P": _ENDED,
}
_NUMBERS = {
    1021: _FULL,
    1040: _CROWDED,
    1044: _NO_RIGHT,
    1045: _LOGIN,
    1049: _NO_DATABASE,
    1053: _ENDED,
    1054: _LOST_COLUMN,
    1114: _FULL,
    1142: _NO_RIGHT,
    1143: _NO_RIGHT,
    1146: _LOST_TABLE,
    1205: _LOCKED,
    1213: _DEADLOCK,
    1227: _NO_RIGHT,
    1290: READ_ONLY,
    1370: _NO_RIGHT,
    1698: _LOGIN,
    1792: READ_ONLY,
    1836: READ_ONLY,
    1927: _ENDED,
    1969: _SLOW,
    2002: _UNREACHABLE,
    2003: _UNREACHABLE,
    2006: _ENDED,
    2013: _ENDED,
    2055: _ENDED,
}
_UNKNOWN = "could not be read or written; look in its own log, then try again"
_PASSING = frozenset({_UNREACHABLE, _ENDED, _LOCKED, _DEADLOCK, _SLOW, _CROWDED})
"""What is different a little later, with nothing written now."""

_NOT_NULL, _UNIQUE, _KEY = "the constraint NOT NULL", "the constraint UNIQUE", "a foreign key"
_CHECK, _TRIGGER = "the check", "the rule of a trigger"
_TOO_LONG = "the length or range of a column"
_FORM = "the form of a column's values"
_KINDS: Mapping[str | int, str] = {
    "SQLITE_CONSTRAINT_CHECK": _CHECK,
    "SQLITE_CONSTRAINT_FOREIGNKEY": _KEY,
    "SQLITE_CONSTRAINT_NOTNULL": _NOT_NULL,
    "SQLITE_CONSTRAINT_PRIMARYKEY": "the primary key",
    "SQLITE_CONSTRAINT_TRIGGER": _TRIGGER,
    "SQLITE_CONSTRAINT_UNIQUE": _UNIQUE,
    "23001": _KEY,
    "23502": _NOT_NULL,
    "23503": _KEY,
    "23505": _UNIQUE,
    "23514": _CHECK,
    "23P01": "an exclusion constraint",
    "P0001": _TRIGGER,
    "22001": _TOO_LONG,
    "22003": _TOO_LONG,
    1048: _NOT_NULL,
    1062: _UNIQUE,
    1263: _NOT_NULL,
    1264: _TOO_LONG,
    1292: _FORM,
    1406: _TOO_LONG,
    1451: _KEY,
    1452: _KEY,
    1644: _TRIGGER,
    3819: _CHECK,
    4025: _CHECK,
}
_NAMED = frozenset(
    {"SQLITE_CONSTRAINT_NOTNULL", "SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_CONSTRAINT_UNIQUE"}
)
_SQLITE_CHECK = "SQLITE_CONSTRAINT_CHECK"
_NAME = re.compile(r": (\w+)\Z")
"""Of a check without a name SQLite says its words, which may hold texts."""

_DOUBLE = 1062
_INDEXED = frozenset({"23505", "23P01"})
_INDEX = re.compile(r": index '(.*)'\Z", re.DOTALL)
_KEY_NAME = re.compile(r".* for key '(.*)'\Z", re.DOTALL)
"""A name of a key stands after the value, which may hold the same words."""


@contextmanager
def ours(name: str, *, writing: bool) -> Iterator[None]:
    """Map a driver's error to `StoreFailed` about the store `name`.

    A broken rule of the database (`refuses`) passes where rows are written: whoever does says what
    it was.
    """
    try:
        yield
    except sa.exc.SQLAlchemyError as error:
        if writing and isinstance(error, sa.exc.DBAPIError) and refuses(error):
            raise
        words = _plain(error)
        failed = StoreBusy if words in _PASSING else StoreFailed
        raise failed(f"store `{name}` {words}") from error


def forbids(failed: StoreFailed) -> bool:
    """Say whether it was for want of a right."""
    return str(failed).endswith(_NO_RIGHT)


def refuses(error: sa.exc.DBAPIError) -> bool:
    """Say whether a database refuses what was said, by a rule of its own: it would again."""
    return isinstance(error, sa.exc.IntegrityError) or _code(error) in _KINDS


def orphans(error: sa.exc.DBAPIError) -> bool:
    """Say whether a foreign key stood in the way: a row may just have come to point there."""
    return _KINDS.get(_code(error)) == _KEY


def constraint(name: str, broken: sa.exc.DBAPIError, schema: Schema | None) -> str:
    """Say which rule refuses a change.

    It is told by names of tables, columns and indexes that the catalogue has, never by values:
    what a trigger says its owner wrote, and it may give any text of a row as the name of a column
    or of a constraint.
    """
    kind = _KINDS.get(_code(broken), "a constraint")
    where = _where(broken, schema) if schema else ""
    named = f" on {where}" if where else ""
    return (
        f"store `{name}` refuses: {kind}{named} would be broken; change what the map does to that "
        "field, plan again"
    )


def _where(broken: sa.exc.DBAPIError, schema: Schema) -> str:
    code, words = _code(broken), str(broken.orig)
    if code == _SQLITE_CHECK:
        return ", ".join(f"`{each}`" for each in _NAME.findall(words))
    if code == _DOUBLE:
        return _of_key(broken, schema)
    if code not in _NAMED:
        return _of_fields(broken, schema)
    if index := _INDEX.search(words):
        return _index(schema, index[1].replace("''", "'"))
    parts = [each.rpartition(".") for each in words.partition(": ")[2].split(", ")]
    known = ", ".join(each for of, _, name in parts for each in _known(schema, None, of, name))
    return known and f"`{known}`"


def _of_key(broken: sa.exc.DBAPIError, schema: Schema) -> str:
    """Return what MariaDB calls a key; MySQL says its table before it."""
    said = str(broken.orig.args[-1]) if broken.orig and broken.orig.args else ""
    found = _KEY_NAME.match(said)
    if found is None:
        return ""
    table, _, name = found[1].partition(".")
    return _index(schema, found[1]) or _index(schema, name, called(table))


def _of_fields(broken: sa.exc.DBAPIError, schema: Schema) -> str:
    """Return what PostgreSQL says in fields of their own; of a partition it is the index."""
    said = getattr(broken.orig, "diag", None)
    names = ("schema_name", "table_name", "column_name", "constraint_name")
    parts = (getattr(said, part, None) for part in names)
    space, table, column, rule = (part if isinstance(part, str) else None for part in parts)
    known = next(_known(schema, space, table or "", column), "")
    index = _index(schema, rule, known) if rule and _code(broken) in _INDEXED else ""
    return index or (known and f"`{known}`")


def _index(schema: Schema, name: str, table: str = "") -> str:
    """Return the name of a unique index, with the tables that have one of it; nothing if none."""
    having = [each.name for each in schema.tables.values() if name in each.unique_names]
    of = [each for each in having if table in {"", each}]
    return f"index `{name}` of {' or '.join(f'`{each}`' for each in of)}" if of else ""


def _known(schema: Schema, space: str | None, table: str, column: str | None) -> Iterator[str]:
    """Yield what the catalogue calls a table, or a column of it; nothing if it has no such table.

    One of another schema than the role looks in is known with its schema's name.
    """
    names = (called(table), called(table, space))
    shape = next((schema.tables[each] for each in names if each in schema.tables), None)
    if shape is not None:
        known = column and shape.column(column)
        yield f"{shape.name}.{known.name}" if known else shape.name


def _code(error: sa.exc.DBAPIError) -> str | int:
    """Return how the database itself numbers what happened: MariaDB's states say too little."""
    orig = error.orig
    first = orig.args[0] if orig is not None and orig.args else ""
    if isinstance(first, int):
        return first
    names = ("sqlstate", "sqlite_errorname")
    return next((str(found) for name in names if (found := getattr(orig, name, None))), "")


def _plain(error: sa.exc.SQLAlchemyError) -> str:
    if isinstance(error, sa.exc.TimeoutError):
        return _CROWDED
    if not isinstance(error, sa.exc.DBAPIError):
        return _OTHER_KIND if "not a mariadb" in str(error).lower() else _UNKNOWN
    code = _code(error)
    if words := _NUMBERS.get(code) if isinstance(code, int) else _of_state(code):
        return words
    said = str(error.orig or error).lower()
    signs = (words for sign, words in _WORDS if sign in said)
    unreachable = isinstance(error, sa.exc.OperationalError) and not code
    last = _UNREACHABLE if unreachable else _UNKNOWN
    return next(signs, _ENDED if error.connection_invalidated else last)


def _of_state(code: str) -> str | None:
    """Return the words for a SQLSTATE, or for its class."""
    found = (_STATES.get(code[:length]) for length in (5, 3, 2))
    return next((words for words in found if words), None)
