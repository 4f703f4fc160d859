"""Foreign keys that a catalogue does not declare: the name of a column gives them away."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from upheld.data import hints
from upheld.datamap.naming import singular, words
from upheld.model import Reference

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from upheld.model import Column, Schema, Table


def linked(schema: Schema) -> Schema:
    """Return a catalogue with the foreign keys that names like `customer_id` suggest.

    SQLite takes foreign keys and does not ask for them; a table that is not joined to people is
    a table in which nobody is found.
    """
    called = {name: tuple(map(singular, words(name))) for name in schema.tables}
    return replace(
        schema,
        tables={
            name: replace(table, references=(*table.references, *_suggested(table, schema, called)))
            for name, table in schema.tables.items()
        },
    )


def _suggested(
    table: Table, schema: Schema, called: Mapping[str, tuple[str, ...]]
) -> Iterator[Reference]:
    declared = {name for each in table.references for name in each.columns}
    others = {name: spoken for name, spoken in called.items() if spoken and name != table.name}
    for column in table.columns:
        stem = _stem(column.name)
        if column.name in declared or not stem or _same(stem, called[table.name]):
            continue
        target = _target(stem, others, called[table.name][:1])
        if target and (onto := _onto(column, schema.tables[target])):
            yield Reference((column.name,), target, (onto,))


def _stem(column: str) -> tuple[str, ...]:
    """Return what a column like `the_customer_id`, `CustomerNo` or `customerid` points at."""
    links = hints().links
    spoken = _without(words(column), links["sides"])
    if len(spoken) > 1 and spoken[-1] in links["keys"]:
        return tuple(map(singular, _without(spoken[:-1], links["sides"])))
    if spoken and spoken[-1].endswith("id"):
        return tuple(map(singular, (*spoken[:-1], spoken[-1].removesuffix("id"))))
    return ()


def _without(spoken: tuple[str, ...], ends: frozenset[str]) -> tuple[str, ...]:
    while len(spoken) > 1 and (spoken[-1] in ends or spoken[-1].isdigit()):
        spoken = spoken[:-1]
    return spoken


def _target(
    stem: tuple[str, ...], called: Mapping[str, tuple[str, ...]], prefix: tuple[str, ...]
) -> str | None:
    """Return the one table that a stem names: wholly, with words before it, or short of a prefix.

    `wp_comments.user_id` names `wp_users`, and `tbl_` or `app_` before a table goes unsaid.
    """
    prefixes = {*prefix, *hints().links["prefixes"]}
    whole = [name for name, spoken in called.items() if _same(stem, spoken)]
    ends = [name for name, spoken in called.items() if stem[-len(spoken) :] == spoken]
    longest = max((len(called[name]) for name in ends), default=0)
    short = [
        name
        for name, spoken in called.items()
        if spoken[0] in prefixes and spoken[1:] and stem[1 - len(spoken) :] == spoken[1:]
    ]
    for found in (whole, [name for name in ends if len(called[name]) == longest], short):
        if found:
            return found[0] if len(found) == 1 else None
    return None


def _same(stem: tuple[str, ...], spoken: tuple[str, ...]) -> bool:
    return "".join(stem) == "".join(spoken)


def _onto(column: Column, target: Table) -> str | None:
    """Return the column that is pointed at: the one of the same name, or else the whole key."""
    spelled = words(column.name)
    namesakes = [each for each in target.columns if words(each.name) == spelled]
    key = target.key or ("id",)
    keyed = [each for each in target.columns if key == (each.name,)]
    found = (namesakes or keyed)[:1]
    return found[0].name if found and found[0].type is column.type else None
