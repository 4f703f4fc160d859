"""Foreign keys that a catalogue does not declare: the name of a column gives them away."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from upheld.data import hints
from upheld.datamap.naming import singular, spoken, words
from upheld.model import Reference, Type, name_parts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from upheld.model import Column, Schema, Table


def linked(schema: Schema) -> Schema:
    """Return a catalogue with the foreign keys that names like `customer_id` suggest.

    SQLite takes foreign keys and does not ask for them; a table that is not joined to people is
    a table in which nobody is found.
    """
    called = _Called(schema)
    return replace(
        schema,
        tables={
            name: replace(table, references=(*table.references, *_suggested(table, schema, called)))
            for name, table in schema.tables.items()
        },
    )


class _Called:
    """The tables of a catalogue by the words of their names, in the singular."""

    def __init__(self, schema: Schema) -> None:
        self.by_words: dict[tuple[str, ...], list[str]] = defaultdict(list)
        self.joined: dict[str, list[str]] = defaultdict(list)
        self.of = {name: tuple(map(singular, spoken(name))) for name in schema.tables}
        for name, said in self.of.items():
            if said:
                self.by_words[said].append(name)
                self.joined["".join(said)].append(name)

    def target(self, stem: tuple[str, ...], table: str) -> str | None:
        """Return the one table that a stem names: wholly, by its last words, or short of a prefix.

        `wp_comments.user_id` names `wp_users`, and `tbl_` or `app_` before a table goes unsaid. Of
        tables in several schemas, the one beside the table that is read is meant.
        """
        ends = [stem[at:] for at in range(len(stem))]
        prefixes = {*self.of[table][:1], *hints().links["prefixes"]}
        for found in (
            self.joined.get("".join(stem), []),
            *(self.by_words.get(end, []) for end in ends),
            [name for end in ends for p in prefixes for name in self.by_words.get((p, *end), [])],
        ):
            others = [name for name in found if name != table]
            near = [name for name in others if name_parts(name)[:-1] == name_parts(table)[:-1]]
            if others:
                one = near or others
                return one[0] if len(one) == 1 else None
        return None


def _suggested(table: Table, schema: Schema, called: _Called) -> Iterator[Reference]:
    declared = {name for each in table.references for name in each.columns}
    for column in table.columns:
        stem = _stem(column.name)
        if column.name in declared or not stem or "".join(stem) == "".join(called.of[table.name]):
            continue
        target = called.target(stem, table.name)
        if target and (onto := _onto(column, schema.tables[target])):
            yield Reference((column.name,), target, (onto,))


def _stem(column: str) -> tuple[str, ...]:
    """Return what a column like `the_customer_id`, `CustomerNo` or `customerid` points at."""
    links = hints().links
    said = _without(words(column), links["sides"])
    if len(said) > 1 and said[-1] in links["keys"]:
        return tuple(map(singular, _without(said[:-1], links["sides"])))
    if said and said[-1].endswith("id"):
        return tuple(map(singular, (*said[:-1], said[-1].removesuffix("id"))))
    return ()


def _without(said: tuple[str, ...], ends: frozenset[str]) -> tuple[str, ...]:
    while len(said) > 1 and (said[-1] in ends or said[-1].isdigit()):
        said = said[:-1]
    return said


def _onto(column: Column, target: Table) -> str | None:
    """Return the column that is pointed at: the one of the same name, or else the whole key."""
    spelled = words(column.name)
    namesakes = [each for each in target.columns if words(each.name) == spelled]
    key = target.key or ("id",)
    keyed = [each for each in target.columns if key == (each.name,)]
    found = (namesakes or keyed)[:1]
    return found[0].name if found and _comparable(found[0], column) else None


def _comparable(one: Column, other: Column) -> bool:
    alike = one.type is not Type.OTHER or one.declared == other.declared
    return one.type is other.type and alike
