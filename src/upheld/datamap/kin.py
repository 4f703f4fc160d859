"""How the tables of a catalogue hang together around people: a first guess."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from upheld.data import hints
from upheld.datamap.naming import Where, addressed, headed, meaning, named, words
from upheld.model import Bond, Follow, Match, Reference

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from upheld.model import Schema, Table, Way

_FINDING = ("email", "phone", "account", "cookie")


@dataclass(frozen=True, slots=True)
class Kin:
    """Which tables hold people, one row each, and the ways from every table's rows to people."""

    people: frozenset[str]
    ways: Mapping[str, tuple[Way, ...]]


def kin(schema: Schema, store: str) -> Kin:
    """Return a first guess of the people in a catalogue and of every table's ways to them."""
    people = _people(schema)
    reached = _grown(people, schema, people)
    roots = people | {name for name in schema.tables if name not in reached and _root(schema, name)}
    reached = _grown(reached | roots, schema, people)
    return Kin(
        people,
        {
            name: (
                *_matches(
                    table, store, people, finding=_finding(table, people, root=name in roots)
                ),
                *_follows(table, schema, people, reached),
            )
            for name, table in schema.tables.items()
        },
    )


def sound(schema: Schema) -> Schema:
    """Return a catalogue whose foreign keys all point at something, in the case it is written.

    SQLite takes foreign keys to tables and columns that are not there, and in any case of letters.
    """
    tables = {name.casefold(): table for name, table in schema.tables.items()}
    return replace(
        schema,
        tables={
            name: replace(table, references=tuple(_sound(table, tables)))
            for name, table in schema.tables.items()
        },
    )


def _sound(table: Table, tables: Mapping[str, Table]) -> Iterator[Reference]:
    for each in table.references:
        target = tables.get(each.to.casefold())
        if target is None or len(each.columns) != len(each.onto):
            continue
        columns, onto = _spelled(each.columns, table), _spelled(each.onto, target)
        if columns and onto and not (target == table and columns == onto):
            yield Reference(columns, target.name, onto)


def _spelled(names: tuple[str, ...], table: Table) -> tuple[str, ...]:
    """Return names as the table spells its columns, or nothing if it lacks one of them."""
    known = {column.name.casefold(): column.name for column in table.columns}
    found = tuple(known[name.casefold()] for name in names if name.casefold() in known)
    return found if len(found) == len(names) else ()


def _grown(reached: frozenset[str], schema: Schema, people: frozenset[str]) -> frozenset[str]:
    """Return what is reached, and all tables whose rows hang on rows of it."""
    while True:
        more = reached | {
            name
            for name, table in schema.tables.items()
            if any(
                way.bond is not Bond.MENTIONS for way in _follows(table, schema, people, reached)
            )
        }
        if more == reached:
            return reached
        reached = more


def _root(schema: Schema, name: str) -> bool:
    return not named(name, "organisations") and bool(_found_by(schema.tables[name], person=False))


def owned(kind: str, store: str, table: Table, people: frozenset[str], column: str) -> str:
    """Return a kind of identity, saying whose account or cookie it is.

    Number 1 of two tables is two people, and so is number 1 of two columns of one table.
    """
    if kind == "cookie":
        return f"{kind}:{store}"
    if kind != "account":
        return kind
    several = table.name in people and len(people) > 1
    parts = [
        store,
        *([table.name] if several else []),
        *([column] if (column,) != table.key else []),
    ]
    return f"{kind}:" + re.sub(r"[^a-z0-9_-]", "-", "-".join(parts).casefold()).strip("-_")


def _people(schema: Schema) -> frozenset[str]:
    """Return the tables that look like people and are no mere parts of other such tables."""
    alike = {name for name, table in schema.tables.items() if _looks_like_people(table)}
    parents = {
        name: {
            each.to
            for each in schema.tables[name].references
            if each.to in alike - {name} and not (_in_passing(each) or _served(name, each.to))
        }
        for name in alike
    }
    found = {name for name in alike if not parents[name]}
    while rest := {name for name in alike - found if not _leads(name, parents, found)}:
        found.add(max(sorted(rest), key=lambda name: _inbound(schema, name)))
    return frozenset(found)


def _served(people: str, by: str) -> bool:
    """Say whether people point at the staff that looks after them: both are people."""
    return headed(people, "people") and not named(people, "staff") and named(by, "staff")


def _leads(name: str, parents: Mapping[str, set[str]], found: set[str]) -> bool:
    seen, rest = set[str](), {name}
    while rest:
        seen |= rest
        rest = {parent for each in rest for parent in parents[each]} - seen
    return bool(seen & found)


def _inbound(schema: Schema, name: str) -> int:
    return sum(each.to == name for table in schema.tables.values() for each in table.references)


def _looks_like_people(table: Table) -> bool:
    """Say whether rows are people: they have a name, or an address that no two rows share.

    Messages and payments have addresses, too, of people who may well have sent several.
    """
    if len(table.key) != 1 and not _found_by(table, person=True):
        return False
    if _first_and_last(table) and not _addresses(table):
        return True
    if named(table.name, "organisations"):
        return _first_and_last(table)
    if headed(table.name, "people"):
        return any(meaning(each, Where(people=True)).identity for each in table.columns)
    return any((name,) in (*table.unique, table.key) for name in _addresses(table))


def _first_and_last(table: Table) -> bool:
    spelled = {"_".join(words(column.name)) for column in table.columns}
    return any("first" in each or "given" in each for each in spelled) and any(
        each.endswith(("last_name", "lastname", "surname", "family_name")) for each in spelled
    )


def _addresses(table: Table) -> list[str]:
    kinds = ((each.name, meaning(each, Where()).identity) for each in table.columns)
    return [name for name, kind in kinds if kind in ("email", "phone")]


def _in_passing(reference: Reference) -> bool:
    """Say whether a foreign key names somebody whose row this is not."""
    spoken = {word for column in reference.columns for word in words(column)}
    links = hints().links
    return bool(spoken & links["roles"]) or (bool(spoken & links["deeds"]) and "by" in spoken)


def _follows(
    table: Table, schema: Schema, people: frozenset[str], reached: frozenset[str]
) -> tuple[Follow, ...]:
    if table.name in people:
        named_here = [each for each in table.references if each.to in people]
        return tuple(_follow(each, Bond.MENTIONS) for each in named_here)
    follows = [each for each in table.references if each.to in reached]
    ways = tuple(_follow(each, _bond(each, follows)) for each in follows)
    return ways or tuple(_backwards(table, schema, people))


def _backwards(table: Table, schema: Schema, people: frozenset[str]) -> Iterator[Follow]:
    """Yield the ways to addresses that people's rows point at; a household may share one."""
    if not addressed(table.columns) or named(table.name, "organisations"):
        return
    for name in sorted(people):
        for each in schema.tables[name].references:
            if each.to == table.name:
                yield Follow(each.onto, name, each.columns, Bond.SHARED)


def _bond(reference: Reference, beside: list[Reference]) -> Bond:
    if _in_passing(reference):
        return Bond.MENTIONS
    own = [each for each in beside if not _in_passing(each)]
    if named(reference.to, "staff") and any(each.to != reference.to for each in own):
        return Bond.MENTIONS
    return Bond.SHARED if sum(each.to == reference.to for each in own) > 1 else Bond.ABOUT


def _follow(reference: Reference, bond: Bond) -> Follow:
    return Follow(reference.columns, reference.to, reference.onto, bond)


def _found_by(table: Table, *, person: bool) -> list[tuple[str, str]]:
    """Return the columns that hold an identity, with its kind."""
    referring = {name for each in table.references for name in each.columns}
    where = Where(people=person, concerned=True)
    kinds = ((each.name, meaning(each, where).identity) for each in table.columns)
    return [(name, kind) for name, kind in kinds if kind in _FINDING and name not in referring]


def _finding(table: Table, people: frozenset[str], *, root: bool) -> tuple[str, ...]:
    """Return the kinds of identity by which rows are found, beside those they hang on.

    A row that hangs on a ticket may be another's than the ticket is. Of its own it is by its
    e-mail address; a telephone is too often shared.
    """
    organisation = named(table.name, "organisations")
    if root or table.name in people or organisation or _maybe_nobody(table):
        return _FINDING
    own = (each for each in table.references if not _in_passing(each))
    return () if any(each.to in people for each in own) else ("email",)


def _matches(
    table: Table, store: str, people: frozenset[str], *, finding: tuple[str, ...]
) -> Iterator[Match]:
    person = table.name in people
    organisation = named(table.name, "organisations") and not person
    bond = Bond.MENTIONS if organisation else Bond.ABOUT
    for column, kind in _found_by(table, person=person):
        if kind in finding and ((column,) != table.key or kind != "account"):
            yield Match(column, owned(kind, store, table, people, column), bond)
    if person and len(table.key) == 1:
        key = table.key[0]
        yield Match(key, owned("account", store, table, people, key), bond)


def _maybe_nobody(table: Table) -> bool:
    """Say whether a row's foreign keys can all be empty, so that an address may be all it has."""
    shapes = [table.column(name) for each in table.references for name in each.columns]
    return bool(shapes) and all(shape is None or shape.nullable for shape in shapes)
