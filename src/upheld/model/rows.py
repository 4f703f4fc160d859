"""What stores report: their catalogue, and the rows of a person."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from upheld.model.guards import Dialect
from upheld.model.places import Bond
from upheld.model.values import Identity, Key


class Type(StrEnum):
    """What kind of value a column holds, as far as an erasure must know."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    BYTES = "bytes"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Column:
    """A column as the catalogue describes it; `length` in characters.

    A `generated` column is computed from others and cannot be written. `declared` is its type in
    the words of the database, as a cast names it; `folds` says that the database itself disregards
    case where it compares the column's values. `loosely` names the rule by which it takes values of
    other letters for the same, if it does: without accents, without hyphens, without case. `path`
    leads to a value inside a column of JSON, which is named like `profile$.address.city`.
    """

    name: str
    type: Type
    nullable: bool
    length: int | None = None
    generated: bool = False
    declared: str = ""
    folds: bool = False
    path: tuple[str, ...] = ()
    loosely: str = ""


@dataclass(frozen=True, slots=True)
class Reference:
    """A foreign key; `on_delete` is what else happens when the row pointed at goes.

    `cascade`, `set null`, `set default`, `restrict`, or nothing: then the row cannot go.
    """

    columns: tuple[str, ...]
    to: str
    onto: tuple[str, ...]
    on_delete: str = ""


@dataclass(frozen=True)
class Table:
    """A table as the catalogue describes it; an index is its columns (or expressions) in order.

    Of a `hidden` table row-level security keeps rows from the role that asks. `heirs` are tables
    whose rows are its rows, too, since they inherit from it. `partly` are columns that a unique
    index minds otherwise than whole: their beginning, in an expression or a condition, or NULL like
    a value. `unique_names` are what the owner calls its unique indexes, of whatever kind. Of a
    `veiled` table the role is shown only columns on which it has a right.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    references: tuple[Reference, ...]
    indexes: tuple[tuple[str, ...], ...]
    unique: tuple[tuple[str, ...], ...]
    checks: tuple[str, ...]
    triggers: tuple[str, ...]
    hidden: bool = False
    heirs: tuple[str, ...] = ()
    partly: tuple[str, ...] = ()
    unique_names: tuple[str, ...] = ()
    veiled: bool = False

    def column(self, name: str) -> Column | None:
        """Return the column of this name, or what a path leads to in a column of JSON."""
        found = self._by_name.get(name)
        if found is not None:
            return found
        within, _, path = name.partition("$.")
        if not path or (holder := self.column(within)) is None:
            return None
        return Column(
            name,
            Type.TEXT,
            nullable=True,
            generated=holder.generated,
            declared="text",
            path=tuple(path.split(".")),
        )

    @cached_property
    def _by_name(self) -> Mapping[str, Column]:
        return {each.name: each for each in self.columns}


_PART = re.compile(r'"((?:[^"]|"")*)"|([^".]+)')


def name_parts(table: str) -> tuple[str, ...]:
    """Return the name of a table as the map writes it, after its schema if that is said.

    A name without a dot stands for itself; a part that holds a dot is written in double quotes.

    >>> name_parts("crm.people"), name_parts('"odd.name"'), name_parts('a "b"')
    (('crm', 'people'), ('odd.name',), ('a "b"',))
    """
    if "." not in table:
        return (table,)
    return tuple(bare or quoted.replace('""', '"') for quoted, bare in _PART.findall(table))


STEPS = "upheld_step"
"""The table in which steps are recorded, where an owner made it: ours, and none of the map."""


@dataclass(frozen=True)
class Schema:
    """Names and types of a store, never values; `digest` changes when any of them does.

    `beside` says of what is no table, and may show or hold the same data, what it is: views,
    materialised views, large objects. `dialect` is None of a store that has no roles. Where its
    owner made the table of steps, it `records` what each did; another table of that name is one of
    the `tables`. A `veiled` one shows the role only tables on which it has a right.
    """

    tables: Mapping[str, Table]
    digest: str
    beside: Mapping[str, str] = field(default_factory=dict)
    dialect: Dialect | None = None
    records: bool = False
    veiled: bool = False

    @cached_property
    def pointed_at(self) -> Mapping[str, frozenset[str]]:
        """The columns that foreign keys point at, by table."""
        found: dict[str, set[str]] = {}
        for reference in (r for each in self.tables.values() for r in each.references):
            found.setdefault(reference.to, set()).update(reference.onto)
        return {name: frozenset(columns) for name, columns in found.items()}


@dataclass(frozen=True, slots=True)
class Closure:
    """Who is looked for and what is theirs: identities by kind, row keys by collection.

    `given` holds the identities the person presented: a row of a collection of people must match
    each of them that it has a column for. `identities` holds those and what finding added. `keys`
    holds the keys of rows that other rows hang on. While only what is `sure` leads on, a telephone
    found elsewhere leads to nobody: something better may, once other stores were asked. `alone` are
    the identities to which alone rows may owe that they are the person's, and `shared` those of
    them that somebody else bears, in whatever store; of a telephone it does not matter of what kind
    it is said to be.
    """

    given: Mapping[str, frozenset[str]]
    identities: Mapping[str, frozenset[str]]
    keys: Mapping[str, frozenset[Key]] = field(default_factory=dict)
    sure: bool = False
    alone: frozenset[Identity] = frozenset()
    shared: frozenset[Identity] = frozenset()


@dataclass(frozen=True, slots=True)
class Found:
    """What a store knows of a closure: the closure grown, and rows per collection and bond.

    Where nobody asked how many rows there are, 1 stands for any.
    """

    closure: Closure
    rows: Mapping[tuple[str, Bond], int]


@dataclass(frozen=True, slots=True)
class Rows:
    """A batch of rows of one collection; `total` is how many the store counts beforehand."""

    collection: str
    bond: Bond
    columns: tuple[str, ...]
    batch: Sequence[Key]
    total: int
