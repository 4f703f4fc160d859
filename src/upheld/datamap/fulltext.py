"""Full-text indexes, which hold the words of other columns.

In SQLite one is a virtual table and the tables that hold its words. In PostgreSQL it is a column,
`tsvector`, that the database computes, or that somebody has to. MariaDB keeps its own by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from upheld.model import Column, Schema

_MADE_OF = (("_data", "_idx"), ("_segments", "_segdir"))
_PARTS = ("_data", "_idx", "_content", "_docsize", "_config", "_segments", "_segdir", "_stat")


def full_text(schema: Schema) -> Mapping[str, str]:
    """Return each table that belongs to a full-text index, the index itself too, with its name."""
    indexes = [
        name
        for name, table in schema.tables.items()
        if not table.key
        and any(all(name + end in schema.tables for end in ends) for ends in _MADE_OF)
    ]
    return {
        part: name
        for name in indexes
        for part in (name, *(name + end for end in _PARTS))
        if part in schema.tables
    }


def holds_words(column: Column) -> bool:
    """Say whether a column holds the words of others, to be searched."""
    return column.declared == "tsvector"


def keeps_words(column: Column) -> bool:
    """Say whether a column holds the words of others and nothing computes it anew."""
    return holds_words(column) and not column.generated
