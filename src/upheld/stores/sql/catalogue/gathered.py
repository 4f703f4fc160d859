"""What a catalogue says of a table, gathered row by row."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from upheld.model import STEPS, Column, Reference, Schema, Table, Type, name_parts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


STEP_COLUMNS = ("step", "plan", "counted")
"""What is written of a step; the first two tell its row from others."""
_RARE = frozenset({"heirs", "partly"})
_UNTOLD = frozenset({"unique_names", "veiled"})
"""What changes nothing that an erasure does."""


@dataclass(slots=True)
class Gathered:
    """A table as it is gathered; an index is its columns or expressions, and whether it is unique.

    An index on expressions tells no rows apart by columns, and is never given as unique.
    """

    name: str = ""
    columns: list[Column] = field(default_factory=list)
    key: list[str] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    indexes: list[tuple[tuple[str, ...], bool]] = field(default_factory=list)
    checks: list[str] = field(default_factory=list)
    triggers: list[str] = field(default_factory=list)
    hidden: bool = False
    heirs: list[str] = field(default_factory=list)
    partly: set[str] = field(default_factory=set)
    unique_names: set[str] = field(default_factory=set)
    veiled: bool = False

    def table(self) -> Table:
        """Return what was gathered; its key is an index, and unique."""
        key = tuple(self.key)
        unique = [columns for columns, is_unique in self.indexes if is_unique]
        return Table(
            name=self.name,
            columns=tuple(self.columns),
            key=key,
            references=tuple(self.references),
            indexes=_distinct([key, *(columns for columns, _ in self.indexes)]),
            unique=_distinct([key, *unique]),
            checks=tuple(self.checks),
            triggers=tuple(self.triggers),
            hidden=self.hidden,
            heirs=tuple(sorted(self.heirs)),
            partly=tuple(each.name for each in self.columns if each.name in self.partly),
            unique_names=tuple(sorted(self.unique_names)),
            veiled=self.veiled,
        )


def schema(gathered: Iterable[Gathered], beside: Mapping[str, str], *, sound: bool) -> Schema:
    """Return the tables in the order of their names, with a digest of all that is said of them.

    The table of steps is none of them; `sound` says that what is written there stays, or goes, with
    the rest of its transaction.
    """
    found = {each.name: each.table() for each in sorted(gathered, key=lambda each: each.name)}
    ours = {name for name, table in found.items() if _takes_steps(table)}
    tables = {name: table for name, table in found.items() if name not in ours}
    besides = {name: words for name, words in beside.items() if name not in ours}
    words = json.dumps([_told(table) for table in tables.values()], sort_keys=True)
    digest = hashlib.sha256(words.encode()).hexdigest()
    return Schema(tables, digest, besides, records=sound and STEPS in ours)


def _takes_steps(table: Table) -> bool:
    """Say whether a table of this name, of whatever schema, has what a record needs, and no more.

    Another application may have made one: that is a table like any other.
    """
    if name_parts(table.name)[-1] != STEPS:
        return False
    needed = [each for each in table.columns if each.name in STEP_COLUMNS]
    return (
        len(needed) == len(STEP_COLUMNS)
        and all(each.type is Type.TEXT for each in needed)
        and all(each.nullable or each.generated for each in table.columns if each not in needed)
        and any(sorted(each) == sorted(STEP_COLUMNS[:2]) for each in table.unique)
    )


def _told(table: Table) -> Mapping[str, object]:
    """Return what is digested; what is rare is told only of a table that has it.

    So is a column of which it is enough to know that it folds.
    """
    every = ((name, value) for name, value in asdict(table).items() if name not in _UNTOLD)
    told = {name: value for name, value in every if name not in _RARE or value}
    for column in told["columns"]:
        if column["folds"] or not column["loosely"]:
            del column["loosely"]
    return told


def called(name: str, schema: str | None = None) -> str:
    """Return how a table is named: bare where that is what the bare name means, else in its schema.

    A part that holds a dot is written in double quotes, so that dots tell the parts apart.

    >>> called("people"), called("people", "crm"), called("odd.name"), called('a "b"')
    ('people', 'crm.people', '"odd.name"', 'a "b"')
    """
    if schema is None:
        return _quoted(name) if "." in name else name
    return ".".join(_quoted(part) if {".", '"'} & set(part) else part for part in (schema, name))


def _quoted(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def _distinct(lists: Iterable[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    return tuple(sorted({each for each in lists if each}))
