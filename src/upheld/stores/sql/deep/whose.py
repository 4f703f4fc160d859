"""Says whose the rows are in which the identity of an erased person stands."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import sqlalchemy as sa

from upheld.identity import base
from upheld.model import Act, Bond, Match, Outcome
from upheld.model.searching import Whose
from upheld.stores.sql.deep.together import Owners, crowds, joined
from upheld.stores.sql.erasing.eraser import Eraser
from upheld.stores.sql.finding import people
from upheld.stores.sql.finding.following import grown
from upheld.stores.sql.finding.passing import still_theirs
from upheld.stores.sql.functions.keys import in_keys, listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from upheld.model import Closure, Collection, Key, Step, StoreMap, Table
    from upheld.model.searching import Needle
    from upheld.stores.sql.columns import Truth
    from upheld.stores.sql.finding.rows import Selector

_OF_SYSTEMS = frozenset({"account", "cookie"})
"""Kinds that mean nobody where the person they once led to is gone."""

_NO_DIGIT = re.compile(rb"\D+")


@dataclass(frozen=True, slots=True)
class Place:
    """A field of a row in which needles stand, which are one identity of one or more people.

    `whole` are the octets of the field.
    """

    field: str
    key: Key
    needles: Sequence[int]
    whole: bytes


@dataclass(frozen=True, slots=True)
class _Row:
    """What is true of a row: a ground keeps it, it is late, it is theirs, it is somebody else's."""

    kept: bool = False
    late: bool = False
    theirs: bool = False
    foreign: bool = False


_UNKNOWN = _Row()


@dataclass(frozen=True, slots=True)
class Judge:
    """Asks of the people whose needles were found; `step` tells what was done for each."""

    mapped: StoreMap
    needles: Sequence[Needle]
    step: Callable[[int], Step]
    frozen: Callable[[sa.Connection, Closure], Selector]
    reading: Callable[[], AbstractContextManager[sa.Connection]]

    def collection(self, table: Table) -> Collection | None:
        """Return what a table is mapped as, if its rows can be anybody's."""
        collection = self.mapped.collection(table.name)
        return collection if collection and collection.ways else None

    def judged(
        self, collection: Collection, places: Sequence[Place]
    ) -> Iterator[tuple[int, Place, Whose]]:
        """Yield each needle of each place, and whose it is there.

        Of what two people have, one may be kept for one of them: then it is kept. What is not, and
        an erasure still takes, is pending, whoever else it was to be gone for.
        """
        keys: dict[int, set[Key]] = defaultdict(set)
        for place in places:
            for needle in place.needles:
                keys[self.needles[needle].person].add(place.key)
        with self.reading() as connection:
            known = self._known(connection, collection, keys)
        for place in places:
            said = [self._whose(collection, place, n, known) for n in place.needles]
            stronger = next((each for each in (Whose.KEPT, Whose.PENDING) if each in said), None)
            for needle, whose in zip(place.needles, said, strict=True):
                yield needle, place, stronger or whose

    def _whose(
        self,
        collection: Collection,
        place: Place,
        number: int,
        known: Mapping[int, Mapping[Key, _Row]],
    ) -> Whose:
        needle = self.needles[number]
        row = known[needle.person].get(place.key, _UNKNOWN)
        left = base(needle.kind) in _OF_SYSTEMS and place.field in _left(collection)
        if row.kept or (row.theirs and left and not row.late):
            return Whose.KEPT
        if row.late:
            return Whose.PENDING if needle.coming else Whose.LATE
        known_by = row.foreign and place.field in _known_by(collection, needle.kind)
        return Whose.BORNE if known_by and _is_all(needle, place.whole) else Whose.FOUND

    def _known(
        self, connection: sa.Connection, collection: Collection, keys: Mapping[int, set[Key]]
    ) -> dict[int, dict[Key, _Row]]:
        """Return what is true of rows for each person, asked for many at once where that can be."""
        steps = {person: self.step(person) for person in keys}
        known: dict[int, dict[Key, _Row]] = {person: {} for person in keys}
        left = dict(keys)
        for people_ in crowds(self.mapped, collection, steps):
            crowd = {person: steps[person] for person in people_}
            for person in people_:
                left[person] = set()
            for person, key, row in self._of_many(connection, collection, crowd, keys):
                if row is None:
                    left[person].add(key)
                else:
                    known[person][key] = row
        for person, unknown in left.items():
            if unknown:
                rows = self._rows(connection, collection, steps[person], (), unknown)
                known[person].update({key: row for key, _, row in rows})
        return known

    def _of_many(
        self,
        connection: sa.Connection,
        collection: Collection,
        steps: Mapping[int, Step],
        keys: Mapping[int, set[Key]],
    ) -> Iterator[tuple[int, Key, _Row | None]]:
        """Yield what is true of each row for whom it was found; None where they are asked alone."""
        wanted: dict[Key, list[int]] = defaultdict(list)
        for person in steps:
            for key in keys[person]:
                wanted[key].append(person)
        owners = Owners.of(self.mapped, collection, steps)
        first = next(iter(steps.values()))
        step = replace(first, closure=joined([each.closure for each in steps.values()]))
        for key, told, row in self._rows(connection, collection, step, owners.columns, wanted):
            somebodys = row.kept or row.late or row.theirs
            owner = owners.owner(told) if somebodys else None
            for person in wanted[key]:
                plain = owner == person or not (somebodys or collection.person) or row.foreign
                yield person, key, row if plain else None

    def _rows(
        self,
        connection: sa.Connection,
        collection: Collection,
        step: Step,
        also: Sequence[str],
        keys: Iterable[Key],
    ) -> Iterator[tuple[Key, Key, _Row]]:
        """Yield keys, what stands in other fields, and what is true of the row by a step."""
        frozen = self.frozen(connection, step.closure)
        selector = grown(connection, still_theirs(connection, frozen))
        fields = selector.fields(collection, collection.key)
        more = selector.fields(collection, also)
        said = [
            sa.case((truth, 1), else_=0)
            for truth in _truths(connection, selector, step, collection)
        ]
        query = sa.select(*fields, *more, *said).where(in_keys(fields, listed(keys)))
        width, end = len(fields), len(fields) + len(more)
        for row in map(tuple, connection.execute(query)):
            yield row[:width], row[width:end], _Row(*map(bool, row[end:]))


def _truths(
    connection: sa.Connection, selector: Selector, step: Step, collection: Collection
) -> Iterator[Truth]:
    """Yield conditions, in the order of what is said of a row."""
    tallies = [
        tally
        for erasure in step.erasures
        if erasure.collection == collection.name
        for tally in Eraser(connection, selector, step, erasure, collection).foreseen()
    ]
    none = sa.false()
    kept = [each.rows for each in tallies if each.outcome is Outcome.RETAINED]
    late = [each.rows for each in tallies if each.outcome is not Outcome.RETAINED]
    theirs = sa.or_(none, *(selector.ways(collection, bond) for bond in Bond))
    strangers = people.strangers(selector, collection) if collection.person else None
    yield sa.or_(none, *kept)
    yield sa.or_(none, *late)
    yield theirs
    yield none if strangers is None else sa.and_(strangers, theirs.is_not(sa.true()))


def _left(collection: Collection) -> frozenset[str]:
    """Name the fields that the map leaves in a person's row: keys, links, numbers of accounts."""
    links = (name for way in collection.ways for name in way.columns)
    places = (p.name for p in collection.places if p.identity and p.act is Act.LEAVE)
    return frozenset((*collection.key, *links, *places))


def _known_by(collection: Collection, kind: str) -> frozenset[str]:
    """Name the fields by which a collection of people knows them, of a kind of identity."""
    if not collection.person:
        return frozenset()
    matched = ((way.column, way.identity) for way in collection.ways if isinstance(way, Match))
    said = ((place.name, place.identity) for place in collection.places if place.identity)
    return frozenset(name for name, of in (*matched, *said) if of and base(of) == base(kind))


def _is_all(needle: Needle, whole: bytes) -> bool:
    """Say whether a field holds no other identity than the one that stands in it, or is a list."""
    if whole.startswith((b"{", b"[")):
        return True
    match base(needle.kind):
        case "email":
            return whole.count(b"@") <= 1
        case "phone":
            said = (whole, whole.replace(b"(0)", b""))
            digits = {_NO_DIGIT.sub(b"", each).removeprefix(b"00") for each in said}
            return needle.value.encode().removeprefix(b"00") in digits
        case _:
            return whole.strip() == needle.value.encode()
