"""Reads the catalogue of a MariaDB database: names and types, never values.

Every question names the database it is about: one that does not opens each table of the server.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

import sqlalchemy as sa

from upheld.model import STEPS, Column, Reference, Type
from upheld.stores.sql.catalogue.gathered import Gathered, called, schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from upheld.model import Schema

_TABLES = """
SELECT TABLE_NAME, TABLE_TYPE, ENGINE FROM information_schema.TABLES
WHERE TABLE_SCHEMA = :here ORDER BY TABLE_NAME
"""
_TRANSACTIONAL = "SELECT ENGINE FROM information_schema.ENGINES WHERE TRANSACTIONS = 'YES'"
_COLUMNS = """
SELECT TABLE_NAME, COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, IS_NULLABLE, CHARACTER_MAXIMUM_LENGTH,
    IS_GENERATED, COLLATION_NAME
FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = :here ORDER BY TABLE_NAME, ORDINAL_POSITION
"""
_INDEXES = """
SELECT TABLE_NAME, INDEX_NAME, NON_UNIQUE, COLUMN_NAME, SUB_PART
FROM information_schema.STATISTICS
WHERE TABLE_SCHEMA = :here AND INDEX_TYPE IN ('BTREE', 'HASH')
ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX
"""
_RULES = """
SELECT TABLE_NAME, CONSTRAINT_NAME, DELETE_RULE
FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = :here
"""
_REFERENCES = """
SELECT TABLE_NAME, CONSTRAINT_NAME, REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME, COLUMN_NAME,
    REFERENCED_COLUMN_NAME
FROM information_schema.KEY_COLUMN_USAGE
WHERE TABLE_SCHEMA = :here AND REFERENCED_TABLE_NAME IS NOT NULL
ORDER BY TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION
"""
_CHECKS = """
SELECT TABLE_NAME, CHECK_CLAUSE FROM information_schema.CHECK_CONSTRAINTS
WHERE CONSTRAINT_SCHEMA = :here ORDER BY TABLE_NAME, CONSTRAINT_NAME
"""
_TRIGGERS = """
SELECT EVENT_OBJECT_TABLE, TRIGGER_NAME FROM information_schema.TRIGGERS
WHERE TRIGGER_SCHEMA = :here AND EVENT_OBJECT_SCHEMA = :here ORDER BY TRIGGER_NAME
"""
_GRANTS = "SHOW GRANTS"

_WATCHED = {
    "TABLES": ("TABLE_SCHEMA", "TABLE_NAME TABLE_TYPE ENGINE"),
    "COLUMNS": (
        "TABLE_SCHEMA",
        "TABLE_NAME ORDINAL_POSITION COLUMN_NAME COLUMN_TYPE IS_NULLABLE EXTRA COLLATION_NAME",
    ),
    "STATISTICS": (
        "TABLE_SCHEMA",
        "TABLE_NAME INDEX_NAME SEQ_IN_INDEX NON_UNIQUE COLUMN_NAME INDEX_TYPE SUB_PART",
    ),
    "KEY_COLUMN_USAGE": (
        "TABLE_SCHEMA",
        (
            "TABLE_NAME CONSTRAINT_NAME ORDINAL_POSITION COLUMN_NAME REFERENCED_TABLE_SCHEMA "
            "REFERENCED_TABLE_NAME REFERENCED_COLUMN_NAME"
        ),
    ),
    "REFERENTIAL_CONSTRAINTS": ("CONSTRAINT_SCHEMA", "TABLE_NAME CONSTRAINT_NAME DELETE_RULE"),
    "CHECK_CONSTRAINTS": ("CONSTRAINT_SCHEMA", "TABLE_NAME CONSTRAINT_NAME CHECK_CLAUSE"),
    "TRIGGERS": ("TRIGGER_SCHEMA", "EVENT_OBJECT_TABLE TRIGGER_NAME"),
    "SCHEMA_PRIVILEGES": ("TABLE_SCHEMA", "GRANTEE PRIVILEGE_TYPE"),
}
"""What changes when the catalogue does: where it stands, by which name of the database, as what."""

_DIGESTED = """(
    SELECT concat(count(*), ':', coalesce(
        bit_xor(CAST(conv(left(md5(concat_ws('\n', {parts})), 16), 16, 10) AS UNSIGNED)), 0
    )) FROM information_schema.{source} WHERE {named} = :here
)"""
_FINGERPRINT = "SELECT concat_ws(' ', :here, current_user(), current_role(), {})".format(
    ", ".join(
        _DIGESTED.format(source=source, named=named, parts=", ".join(parts.split()))
        for source, (named, parts) in _WATCHED.items()
    )
)

_VERSIONED = "SYSTEM VERSIONED"
_KEEPING = "that keeps what its rows were"
_HOLDING = ("BASE TABLE", _VERSIONED)
_PRIMARY = "PRIMARY"
_SIZE = re.compile(r"\(.*\)", re.DOTALL)
_TYPES = {
    Type.TEXT: ("char", "varchar", "tinytext", "text", "mediumtext", "longtext"),
    Type.DATE: ("date", "datetime", "timestamp"),
    Type.BYTES: ("binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"),
    Type.NUMBER: (
        *("tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "float", "double"),
        *("bit", "year", "time"),
    ),
}
"""A time of day is a figure and no date; of whatever is not named here, nobody knows."""

_TYPE = {word: kind for kind, words in _TYPES.items() for word in words}
_SIZED = frozenset({"decimal", "float", "double", "binary", "varbinary"})
_SHORT = frozenset({"char", "varchar", "tinytext"})
_TRIGGER = frozenset({"TRIGGER"})
_SHOWING = frozenset({"SELECT", "INSERT", "UPDATE", "REFERENCES"})
"""Rights that show a column; of one without any nobody is told that it is there."""

_EVERY = "ALL PRIVILEGES"
_GRANTED = re.compile(r"GRANT (?P<what>.*?) ON (?P<where>\*|`(?:[^`]|``)*`)\.\* TO ", re.DOTALL)


def fingerprint(connection: sa.Connection) -> str:
    """Return what the catalogue says of itself: the same text, the same tables."""
    return str(connection.execute(sa.text(_FINGERPRINT), _here(connection)).scalar_one())


def read_schema(connection: sa.Connection) -> Schema:
    """Return every table of the database, with a digest of all that was read."""
    here = _here(connection)
    found = _Found()
    transactional = frozenset(connection.exec_driver_sql(_TRANSACTIONAL).scalars())
    sound = False
    for name, kind, engine in connection.execute(sa.text(_TABLES), here):
        sound = sound or (name == STEPS and engine in transactional)
        found.note(name, kind, "" if engine in transactional else str(engine))
    for name, clause in connection.execute(sa.text(_CHECKS), here):
        found.tables[name].checks.append(clause)
    _read_columns(connection, here, found)
    _read_indexes(connection.execute(sa.text(_INDEXES), here), found)
    _read_references(connection, here, found)
    for name, trigger in connection.execute(sa.text(_TRIGGERS), here):
        found.tables[name].triggers.append(trigger)
    grants = connection.exec_driver_sql(_GRANTS).scalars().all()
    if not _holds(_TRIGGER, grants, here["here"]):
        found.beside["triggers"] = "hidden from this role"
    veiled = not _holds(_SHOWING, grants, here["here"])
    for name in found.holding if veiled else ():
        found.tables[name].veiled = not _holds_on(name, grants, here["here"])
    tables = (found.tables[name] for name in found.holding)
    read = schema((each for each in tables if each.columns), found.beside, sound=sound)
    return replace(read, veiled=veiled)


class _Found:
    """All that is read, by name; `holding` are the tables, as views are spoken of in one breath."""

    def __init__(self) -> None:
        self.tables: dict[str, Gathered] = defaultdict(Gathered)
        self.holding: list[str] = []
        self.beside: dict[str, str] = {}

    def note(self, name: str, kind: str, engine: str) -> None:
        """Note a table, or what is none; of the `engine` no transaction can be undone."""
        if kind in _HOLDING:
            self.holding.append(name)
            self.tables[name].name = called(name)
        if kind == "VIEW":
            self.beside[called(name)] = "a view"
        elif kind in _HOLDING and engine:
            keeping = f" {_KEEPING}" if kind == _VERSIONED else ""
            self.beside[called(name)] = f"a table of {engine}{keeping}, which undoes nothing"
        elif kind == _VERSIONED:
            self.beside[called(name)] = f"a table {_KEEPING}"


def _read_columns(connection: sa.Connection, here: Mapping[str, str], found: _Found) -> None:
    """Read the columns; JSON is text of which a check says that it is JSON."""
    rows = connection.execute(sa.text(_COLUMNS), here)
    for table, name, kind, declared, nullable, length, generated, collation in rows:
        json = f"json_valid({_quoted(name)})" in found.tables[table].checks
        found.tables[table].columns.append(
            Column(
                name,
                _TYPE.get(kind, Type.OTHER),
                nullable == "YES",
                length if kind in _SHORT else None,
                generated=generated == "ALWAYS",
                declared="json"
                if json
                else declared
                if kind in _SIZED
                else _SIZE.sub("", declared),
                folds=bool(collation) and collation.endswith("_ci"),
                loosely="" if not collation or collation.endswith("_bin") else collation,
            )
        )


def _read_indexes(rows: Iterable[tuple[str, str, int, str, int | None]], found: _Found) -> None:
    indexes: dict[tuple[str, str, int], list[str]] = {}
    for name, index, repeats, column, part in rows:
        if part and not repeats:
            found.tables[name].partly.add(column)
        indexes.setdefault((name, index, repeats), []).append(column)
    for (name, index, repeats), columns in indexes.items():
        if index == _PRIMARY:
            found.tables[name].key = columns
        elif not repeats:
            found.tables[name].unique_names.add(index)
        found.tables[name].indexes.append((tuple(columns), not repeats))


def _read_references(connection: sa.Connection, here: Mapping[str, str], found: _Found) -> None:
    rules = {
        (name, constraint): rule.lower()
        for name, constraint, rule in connection.execute(sa.text(_RULES), here)
    }
    pairs: dict[tuple[str, str, str], list[tuple[str, str]]] = {}
    for name, constraint, space, to, *pair in connection.execute(sa.text(_REFERENCES), here):
        target = called(to, None if space == here["here"] else space)
        pairs.setdefault((name, constraint, target), []).append((pair[0], pair[1]))
    for (name, constraint, target), columns in pairs.items():
        rule = rules.get((name, constraint), "")
        ours, theirs = zip(*columns, strict=True)
        on_delete = "" if rule == "no action" else rule
        found.tables[name].references.append(Reference(ours, target, theirs, on_delete))


def _holds(any_of: frozenset[str], grants: Iterable[str], here: str) -> bool:
    """Say whether a role has one of these rights on all tables of this database."""
    return any(
        (any_of | {_EVERY}) & set(granted["what"].split(", ")) and _covers(granted["where"], here)
        for each in grants
        if (granted := _GRANTED.match(each))
    )


def _holds_on(table: str, grants: Iterable[str], here: str) -> bool:
    """Say whether a role has a right on every column of a table, which shows it all of them."""
    on = f" ON {_quoted(here)}.{_quoted(table)} TO "
    rights = (each.removeprefix("GRANT ").partition(on) for each in grants)
    return any(found and (_SHOWING | {_EVERY}) & set(what.split(", ")) for what, found, _ in rights)


def _covers(pattern: str, here: str) -> bool:
    r"""Say whether a grant is about this database; `_` and `%` stand for any, but after `\`."""
    if pattern == "*":
        return True
    bare = pattern[1:-1].replace("``", "`")
    signs = re.findall(r"\\[_%\\]|.", bare, re.DOTALL)
    wild = {"_": ".", "%": ".*"}
    like = "".join(wild.get(sign) or re.escape(sign[-1]) for sign in signs)
    return re.fullmatch(like, here, re.DOTALL) is not None


def _here(connection: sa.Connection) -> dict[str, str]:
    return {"here": str(connection.exec_driver_sql("SELECT database()").scalar_one())}


def _quoted(name: str) -> str:
    doubled = name.replace("`", "``")
    return f"`{doubled}`"
