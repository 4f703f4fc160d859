"""Reads the catalogue of a database: names and types, never values."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import sqlalchemy as sa

from upheld.model import Column, Reference, Schema, Table, Type

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy.engine.interfaces import ReflectedColumn, ReflectedForeignKeyConstraint

_INTERNAL = ("sqlite_", "upheld_")


def read_schema(connection: sa.Connection) -> Schema:
    """Return every table of the default schema, with a digest of all that was read."""
    inspector = sa.inspect(connection)
    triggers = _triggers(connection)
    tables = {
        name: _table(connection, inspector, name, triggers.get(name, ()))
        for name in sorted(inspector.get_table_names())
        if not name.startswith(_INTERNAL)
    }
    words = json.dumps([asdict(table) for table in tables.values()], sort_keys=True)
    return Schema(tables, hashlib.sha256(words.encode()).hexdigest())


def _table(
    connection: sa.Connection, inspector: sa.Inspector, name: str, triggers: tuple[str, ...]
) -> Table:
    key = tuple(inspector.get_pk_constraint(name)["constrained_columns"])
    found = list(_indexes(connection, name))
    unique = [index for index, is_unique in found if is_unique]
    indexes = [index for index, _ in found]
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


def _indexes(connection: sa.Connection, table: str) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Yield the columns or expressions of each index, and whether it holds for every row.

    SQLAlchemy's reflection leaves out SQLite's expression indexes, and those are how a look-up
    without regard to case is made quick.
    """
    listed = sa.text('SELECT name, "unique", partial FROM pragma_index_list(:table)')
    for name, unique, partial in connection.execute(listed, {"table": table}).all():
        parts = sa.text("SELECT cid, name FROM pragma_index_xinfo(:name) WHERE key ORDER BY seqno")
        columns = connection.execute(parts, {"name": name}).all()
        words = _expressions(connection, name) if any(cid < -1 for cid, _ in columns) else ()
        read = tuple(
            column if column is not None else (words[at] if at < len(words) else "?")
            for at, (_, column) in enumerate(columns)
        )
        if not partial:
            yield read, bool(unique) and None not in {column for _, column in columns}


def _expressions(connection: sa.Connection, index: str) -> tuple[str, ...]:
    """Return the parts of `CREATE INDEX … ON t (part, part)` as they were written."""
    query = sa.text("SELECT sql FROM sqlite_master WHERE type = 'index' AND name = :index")
    said = str(connection.execute(query, {"index": index}).scalar_one())
    inside = said[said.index("(") + 1 : said.rindex(")")]
    parts, depth = [""], 0
    for letter in inside:
        depth += (letter == "(") - (letter == ")")
        if letter == "," and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return tuple(part.strip() for part in parts)


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
