"""What cannot be done with columns of a server, by the words of their types."""

from __future__ import annotations

import re

from upheld.model.guards import Dialect
from upheld.model.rows import Column, Type

_INEXACT = frozenset({"float", "bit"})
_WITHOUT_REPLACEMENT = frozenset({"bit", "year", "time"})
_SPATIAL = frozenset(
    {
        *("geometry", "point", "linestring", "polygon"),
        *("multipoint", "multilinestring", "multipolygon", "geometrycollection"),
    }
)
_REPLACED = ("", "uuid")
_FIGURES = frozenset({"smallint", "integer", "bigint", "numeric", "real", "double"})
_JSON = frozenset({"json", "jsonb"})
_TAKING_WORDS = ("[]", '"char"')
_SIZED = re.compile(r"binary\((\d+)\)")
_OCTETS = 32
"""In a replacement; to a longer column of a fixed length the server adds more."""


def inexact(column: Column, dialect: Dialect | None) -> bool:
    """Say whether a value of a column is not found again by what is read of it.

    >>> inexact(Column("id", Type.NUMBER, False, declared="float unsigned"), Dialect.MARIADB)
    True
    """
    return dialect is Dialect.MARIADB and _kind(column) in _INEXACT


def irreplaceable(column: Column, dialect: Dialect | None) -> bool:
    """Say whether no replacement fits a column: it is of a type of its own, or of few octets.

    >>> irreplaceable(Column("at", Type.OTHER, False, declared="point"), None)
    True
    """
    if column.type is Type.OTHER and column.declared not in _REPLACED:
        return True
    if dialect is Dialect.POSTGRESQL:
        return column.type is Type.NUMBER and _kind(column) not in _FIGURES
    if dialect is not Dialect.MARIADB:
        return False
    fixed = _SIZED.fullmatch(column.declared)
    return _kind(column) in _WITHOUT_REPLACEMENT or (fixed is not None and int(fixed[1]) > _OCTETS)


def unredactable(column: Column, dialect: Dialect | None) -> bool:
    """Say whether a column is no text, so that no word can stand in it."""
    if dialect is Dialect.POSTGRESQL:
        takes_words = column.declared in _JSON or column.declared.endswith(_TAKING_WORDS)
        return column.type is not Type.TEXT and not takes_words
    if dialect is not Dialect.MARIADB:
        return False
    return column.type in {Type.NUMBER, Type.DATE, Type.BYTES} or _kind(column) in _SPATIAL


def _kind(column: Column) -> str:
    return re.split(r"[ (]", column.declared, maxsplit=1)[0]
