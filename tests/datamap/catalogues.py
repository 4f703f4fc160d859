"""Catalogues built by hand, for tests of what is drafted from them."""

from __future__ import annotations

from upheld.model import Column, Reference, Schema, Table, Type

_TYPES = {
    "text": Type.TEXT,
    "number": Type.NUMBER,
    "date": Type.DATE,
    "bytes": Type.BYTES,
    "other": Type.OTHER,
}


def columns(words: str) -> tuple[Column, ...]:
    """Return columns from `name type` pairs; `!` after a type is NOT NULL, digits are a length."""
    return tuple(_column(*pair.split()) for pair in words.split(", "))


def _column(name: str, kind: str) -> Column:
    bare = kind.rstrip("!")
    letters = bare.rstrip("0123456789")
    length = int(bare[len(letters) :]) if bare != letters else None
    return Column(name, _TYPES[letters], not kind.endswith("!"), length)


def table(
    name: str,
    words: str,
    *references: Reference,
    key: tuple[str, ...] = ("id",),
    indexes: tuple[tuple[str, ...], ...] = (),
) -> Table:
    """Return a table; its key is an index too, and unique."""
    return Table(
        name=name,
        columns=columns(words),
        key=key,
        references=references,
        indexes=(*((key,) if key else ()), *indexes),
        unique=(key,) if key else (),
        checks=(),
        triggers=(),
    )


def to(table: str, *columns: str, onto: tuple[str, ...] = ("id",)) -> Reference:
    """Return a foreign key."""
    return Reference(columns, table, onto)


def schema(*tables: Table) -> Schema:
    """Return a catalogue of these tables."""
    return Schema({each.name: each for each in tables}, "digest")
