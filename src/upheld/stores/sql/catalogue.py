"""Reads the catalogue of a database: names and types, never values."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import sqlalchemy as sa

from upheld.model import Column, Reference, Schema, Table, Type

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.engine.interfaces import ReflectedColumn, ReflectedForeignKeyConstraint

_INTERNAL = ("sqlite_", "upheld_")


def read_schema(connection: sa.Connection) -> Schema:
    """Return every table of the default schema, with a digest of all that was read."""
    inspector = sa.inspect(connection)
    triggers = _triggers(connection)
    tables = {
        name: _table(inspector, name, triggers.get(name, ()))
        for name in sorted(inspector.get_table_names())
        if not name.startswith(_INTERNAL)
    }
    words = json.dumps([asdict(table) for table in tables.values()], sort_keys=True)
    return Schema(tables, hashlib.sha256(words.encode()).hexdigest())


def _table(inspector: sa.Inspector, name: str, triggers: tuple[str, ...]) -> Table:
    key = tuple(inspector.get_pk_constraint(name)["constrained_columns"])
    indexes = [
        tuple(str(part) for part in index.get("expressions", index["column_names"]))
        for index in inspector.get_indexes(name)
    ]
    unique = [
        *(tuple(each["column_names"]) for each in inspector.get_unique_constraints(name)),
        *(
            tuple(str(part) for part in index["column_names"])
            for index in inspector.get_indexes(name)
            if index["unique"] and None not in index["column_names"]
        ),
    ]
    return Table(
        name=name,
        columns=tuple(_column(each, key) for each in inspector.get_columns(name)),
        key=key,
        references=tuple(_reference(inspector, each) for each in inspector.get_foreign_keys(name)),
        indexes=_distinct([key, *unique, *indexes]),
        unique=_distinct([key, *unique]),
        checks=tuple(each["sqltext"] for each in inspector.get_check_constraints(name)),
        triggers=triggers,
    )


def _distinct(lists: Iterable[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    return tuple(sorted({each for each in lists if each}))


def _column(column: ReflectedColumn, key: tuple[str, ...]) -> Column:
    kind = column["type"]
    length = getattr(kind, "length", None)
    nullable = column["nullable"] and column["name"] not in key
    return Column(
        column["name"], _type(kind), nullable, length if isinstance(length, int) else None
    )


def _type(kind: sa.types.TypeEngine[object]) -> Type:
    if isinstance(kind, sa.Date | sa.DateTime):
        return Type.DATE
    if isinstance(kind, sa.Numeric | sa.Integer | sa.Float | sa.Boolean):
        return Type.NUMBER
    if isinstance(kind, sa.LargeBinary):
        return Type.BYTES
    if isinstance(kind, sa.String | sa.JSON):
        return Type.TEXT
    # SQLite lets a column have no type or one of the owner's making: it may well hold text.
    return Type.TEXT if isinstance(kind, sa.types.NullType) else Type.OTHER


def _reference(inspector: sa.Inspector, found: ReflectedForeignKeyConstraint) -> Reference:
    onto = found["referred_columns"]
    if not onto:  # `REFERENCES parent` without columns means the parent's key
        onto = inspector.get_pk_constraint(found["referred_table"])["constrained_columns"]
    return Reference(tuple(found["constrained_columns"]), found["referred_table"], tuple(onto))


def _triggers(connection: sa.Connection) -> dict[str, tuple[str, ...]]:
    query = sa.text("SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger' ORDER BY name")
    found: dict[str, tuple[str, ...]] = {}
    for table, name in connection.execute(query):
        found[table] = (*found.get(table, ()), name)
    return found
