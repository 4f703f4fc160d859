"""Reads the catalogue of a SQLite database: names and types, never values.

SQLAlchemy reads foreign keys and checks of SQLite out of the words of `CREATE TABLE`, and errs
where names hold quotes; the pragmas say the same as the database itself understands it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from upheld.model import Column, Reference, Type
from upheld.stores.sql.catalogue.gathered import Gathered, called, schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import sqlalchemy as sa

    from upheld.model import Schema

_INTERNAL = "sqlite_"
_TABLES = "SELECT name, sql FROM sqlite_master WHERE type = 'table' ORDER BY name"
_COLUMNS = (
    'SELECT m.name, c.name, c.type, c."notnull", c.pk, c.hidden '
    "FROM sqlite_master AS m, pragma_table_xinfo(m.name) AS c WHERE m.type = 'table' "
    "ORDER BY m.name, c.cid"
)
_REFERENCES = (
    'SELECT m.name, f.id, f."table", f."from", f."to", f.on_delete '
    "FROM sqlite_master AS m, pragma_foreign_key_list(m.name) AS f WHERE m.type = 'table' "
    "ORDER BY m.name, f.id, f.seq"
)
_INDEXES = (
    'SELECT m.name, i.name, i."unique", i.partial, x.cid, x.name '
    "FROM sqlite_master AS m, pragma_index_list(m.name) AS i, pragma_index_xinfo(i.name) AS x "
    "WHERE m.type = 'table' AND x.key ORDER BY m.name, i.name, x.seqno"
)
_SOURCES = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
_TRIGGERS = "SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger' ORDER BY name"
_VIEWS = "SELECT name FROM sqlite_master WHERE type = 'view' ORDER BY name"
_EVERYTHING = "SELECT coalesce(group_concat(name || '\n' || coalesce(sql, ''), '\n'), '') FROM "

_WORDS = re.compile(
    r"""--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|\w+|\s+|.""",
    re.DOTALL,
)
_HIDDEN = 1
"""How `pragma_table_xinfo` marks what is no real column of a virtual table; 2, 3: generated."""


@dataclass(slots=True)
class _Read:
    """What the pragmas say of one table, as it is gathered."""

    columns: list[Column] = field(default_factory=list)
    key: dict[int, str] = field(default_factory=dict)
    references: dict[int, list[_Pointing]] = field(default_factory=dict)
    indexes: list[tuple[tuple[str, ...], bool]] = field(default_factory=list)
    checks: list[str] = field(default_factory=list)
    triggers: list[str] = field(default_factory=list)
    partly: set[str] = field(default_factory=set)
    unique_names: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Pointing:
    """One column of a foreign key; `onto` is None where the key of the other table is meant."""

    to: str
    column: str
    onto: str | None
    on_delete: str


def fingerprint(connection: sa.Connection) -> str:
    """Return what the catalogue says of itself: the same text, the same tables."""
    return str(connection.exec_driver_sql(f"{_EVERYTHING} sqlite_master").scalar_one())


def read_schema(connection: sa.Connection) -> Schema:
    """Return every table of the database, with a digest of all that was read."""
    found: dict[str, _Read] = defaultdict(_Read)
    for name, sql in connection.exec_driver_sql(_TABLES):
        found[name].checks.extend(_checks(str(sql or "")))
    _read_columns(connection, found)
    for name, id, *pointing in connection.exec_driver_sql(_REFERENCES):
        found[name].references.setdefault(id, []).append(_Pointing(*pointing))
    _read_indexes(connection, found)
    for name, trigger in connection.exec_driver_sql(_TRIGGERS):
        found[name].triggers.append(trigger)
    tables = [
        _gathered(name, read, found)
        for name, read in found.items()
        if read.columns and not name.startswith(_INTERNAL)
    ]
    views = connection.exec_driver_sql(_VIEWS).scalars()
    beside = {called(name): "a view" for name in views}
    return schema(tables, beside, sound=True)


def _read_columns(connection: sa.Connection, found: Mapping[str, _Read]) -> None:
    for table, name, declared, not_null, at, hidden in connection.exec_driver_sql(_COLUMNS):
        if hidden == _HIDDEN:
            continue
        read = found[table]
        kind = declared.upper()
        nullable = not not_null and not at
        read.columns.append(
            Column(
                name,
                _type(kind),
                nullable,
                _length(kind),
                generated=bool(hidden),
                declared=_bare(declared).lower(),
            )
        )
        if at:
            read.key[at] = name


def _read_indexes(connection: sa.Connection, found: Mapping[str, _Read]) -> None:
    """Read the columns or expressions of each index that holds for every row.

    An index on an expression is how a look-up without regard to case is made quick.
    """
    said = {name: str(sql) for name, sql in connection.exec_driver_sql(_SOURCES)}
    parts: dict[tuple[str, str, bool], list[str | None]] = {}
    for table, index, unique, partial, _, column in connection.exec_driver_sql(_INDEXES):
        if unique and not index.startswith(_INTERNAL):
            found[table].unique_names.add(index)
        if unique and (partial or column is None):
            found[table].partly.update(_mentioned(said[index], _names(found[table])))
        if not partial:
            parts.setdefault((table, index, bool(unique)), []).append(column)
    for (table, index, unique), columns in parts.items():
        whole = tuple(column for column in columns if column is not None)
        written = whole if len(whole) == len(columns) else _parts(said[index], len(columns))
        found[table].indexes.append((written, unique and written == whole))


def _gathered(name: str, read: _Read, found: Mapping[str, _Read]) -> Gathered:
    return Gathered(
        name=called(name),
        columns=read.columns,
        key=[read.key[at] for at in sorted(read.key)],
        references=[_reference(each, read, found) for each in read.references.values()],
        indexes=read.indexes,
        checks=read.checks,
        triggers=read.triggers,
        partly=read.partly,
        unique_names=read.unique_names,
    )


def _reference(parts: Sequence[_Pointing], read: _Read, found: Mapping[str, _Read]) -> Reference:
    """Return a foreign key in the letters of the tables it joins; SQLite takes any case."""
    target = _spelled(parts[0].to, found)
    other = found.get(target, _Read())
    key = [other.key[at] for at in sorted(other.key)]
    onto = [part.onto for part in parts if part.onto is not None] or key[: len(parts)]
    rule = parts[0].on_delete.lower()
    return Reference(
        tuple(_spelled(part.column, _names(read)) for part in parts),
        called(target),
        tuple(_spelled(name, _names(other)) for name in onto),
        "" if rule == "no action" else rule,
    )


def _names(read: _Read) -> list[str]:
    return [column.name for column in read.columns]


def _spelled(name: str, known: Iterable[str]) -> str:
    return next((each for each in known if each.casefold() == name.casefold()), name)


def _type(declared: str) -> Type:
    """Return what a column may hold; SQLite takes any word for a type, and may well hold text."""
    bare = _bare(declared)
    if "DATE" in bare or "TIMESTAMP" in bare:
        return Type.DATE
    if any(sign in bare for sign in ("BLOB", "BINARY", "BYTEA")):
        return Type.BYTES
    if any(sign in bare for sign in ("CHAR", "CLOB", "TEXT", "JSON")):
        return Type.TEXT
    numbers = ("INT", "REAL", "FLOA", "DOUB", "NUM", "DEC", "BOOL", "MONEY", "SERIAL")
    return Type.NUMBER if any(sign in bare for sign in numbers) else Type.TEXT


def _bare(declared: str) -> str:
    return declared.partition("(")[0].strip()


def _length(declared: str) -> int | None:
    """Return the characters that `VARCHAR(20)` speaks of; not the digits of a number."""
    size = re.search(r"(?:CHAR|TEXT|CLOB)\w*\s*\(\s*(\d+)", declared)
    return int(size[1]) if size else None


def _checks(sql: str) -> Iterator[str]:
    """Yield what stands in the brackets of each CHECK of a `CREATE TABLE`."""
    words = [word for word in _WORDS.findall(sql) if not word.startswith(("--", "/*"))]
    for at, word in enumerate(words):
        if word.upper() == "CHECK":
            yield "".join(_inside(words[at + 1 :]))


def _mentioned(sql: str, names: Iterable[str]) -> Iterator[str]:
    """Yield the columns that a `CREATE INDEX` speaks of, in any case and with any quotes."""
    words = {word.strip('"`[]').casefold() for word in _WORDS.findall(sql)}
    yield from (each for each in names if each.casefold() in words)


def _parts(sql: str, count: int) -> tuple[str, ...]:
    """Return the parts of `CREATE INDEX … ON t (part, part)` as they were written."""
    words = _WORDS.findall(sql)
    on = next(at for at, word in enumerate(words) if word.upper() == "ON")
    parts, depth = [""], 0
    for word in _inside(words[on + 1 :]):
        depth += (word == "(") - (word == ")")
        if word == "," and not depth:
            parts.append("")
        else:
            parts[-1] += word
    return tuple(part.strip() for part in parts) if len(parts) == count else ("?",) * count


def _inside(words: Iterable[str]) -> Iterator[str]:
    """Yield the words in the first pair of brackets."""
    depth = 0
    for word in words:
        depth -= word == ")"
        if depth:
            yield word
        elif word == ")":
            return
        depth += word == "("
