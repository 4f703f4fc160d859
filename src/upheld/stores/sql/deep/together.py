"""Asks of many people at once whose rows are, where one answer tells it of each of them.

One closure is made of all of theirs, and what is nobody's by it is nobody's by any of them. What is
somebody's is given to the one to whose frozen row it is linked, or whose frozen row it is. Where
that is not plain, nothing is said, and each is asked about alone.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias, cast

from upheld.model import Act, Bond, Closure, Follow
from upheld.stores.sql.finding.rows import aimed, sharing

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

    from upheld.model import Collection, Erasure, Key, Step, StoreMap

    Places: TypeAlias = Mapping[int, Iterable[Key]]

_MOST = 100
"""People at once: SQLite takes no condition with a thousand parts, and each identity is one."""

_ALIKE = frozenset({Act.BLANK, Act.ANONYMISE, Act.RETAIN, Act.LEAVE})
"""What is done to everybody's rows in the same way; the rest depends on who they are."""


def crowds(mapped: StoreMap, collection: Collection, steps: Mapping[int, Step]) -> list[list[int]]:
    """Return people of whom one answer can tell, by their numbers; whoever is alone is left out."""
    if collection.name in sharing(mapped) or _parents(mapped, collection) is None:
        return []
    alike: dict[Hashable, list[int]] = defaultdict(list)
    for person, step in steps.items():
        own = [each for each in step.erasures if each.collection == collection.name]
        if all(map(_is_alike, own)):
            alike[_likeness(step.closure, own)].append(person)
    return [
        people[at : at + _MOST]
        for people in alike.values()
        for at in range(0, len(people), _MOST)
        if len(people) - at > 1
    ]


def _is_alike(erasure: Erasure) -> bool:
    within = erasure.hold is not None and erasure.hold.within is not None
    plain = erasure.bond is Bond.ABOUT and not erasure.way and not within
    return plain and all(change.act in _ALIKE for change in erasure.changes)


def _likeness(closure: Closure, own: Sequence[Erasure]) -> Hashable:
    """Return what people must have in common: what is known of them, what is done to their rows."""
    return (
        tuple(replace(each, ceiling=None) for each in own),
        frozenset(closure.given),
        frozenset(closure.identities),
        frozenset(name for name, keys in closure.keys.items() if keys),
        closure.sure,
    )


def _parents(mapped: StoreMap, collection: Collection) -> list[Follow] | None:
    """Return the links by which rows are told apart; None if they can be anybody's by more.

    They lead to people, whose rows stay theirs; the key of any other may have passed on.
    """
    links = [way for way in collection.ways if isinstance(way, Follow)]
    for way in links:
        target = mapped.collection(way.to)
        if target is None or not target.person or target == collection:
            return None
        if any(isinstance(each, Follow) for each in target.ways):
            return None
    simple = all(way.bond is Bond.ABOUT for way in collection.ways)
    return links if simple and bool(links) != collection.person else None


def joined(closures: Sequence[Closure]) -> Closure:
    """Return one closure of many people's, who are alike."""
    given: dict[str, set[str]] = defaultdict(set)
    identities: dict[str, set[str]] = defaultdict(set)
    keys: dict[str, set[Key]] = defaultdict(set)
    for each in closures:
        for kind, values in each.given.items():
            given[kind] |= values
        for kind, values in each.identities.items():
            identities[kind] |= values
        for name, found in each.keys.items():
            keys[name] |= found
    return Closure(
        {kind: frozenset(values) for kind, values in given.items()},
        {kind: frozenset(values) for kind, values in identities.items()},
        {name: frozenset(found) for name, found in keys.items()},
        closures[0].sure,
    )


@dataclass(frozen=True, slots=True)
class Owners:
    """Tells whose a row of a collection is by the keys that were frozen for each person."""

    collection: Collection
    links: Sequence[Follow]
    owners: Mapping[tuple[str, Key], set[int]]

    @classmethod
    def of(cls, mapped: StoreMap, collection: Collection, steps: Mapping[int, Step]) -> Owners:
        """Note whose each frozen key is that a row of the collection is told by."""
        links = _parents(mapped, collection) or []
        owners: dict[tuple[str, Key], set[int]] = defaultdict(set)
        for at in {collection.name} if collection.person else {_at(mapped, e) for e in links}:
            for person, step in steps.items():
                for key in step.closure.keys.get(at, ()):
                    owners[at, key].add(person)
        return cls(collection, [replace(each, to=_at(mapped, each)) for each in links], owners)

    @property
    def columns(self) -> tuple[str, ...]:
        """The fields of a row by which it is told."""
        if self.collection.person:
            return self.collection.key
        return tuple(name for link in self.links for name in link.columns)

    def owner(self, told: Sequence[object]) -> int | None:
        """Return whose row it is that has these in its columns; None if that is not plain."""
        found = set(map(frozenset, self._named(tuple(told))))
        (only,) = found if len(found) == 1 else (frozenset(),)
        return next(iter(only)) if len(only) == 1 else None

    def _named(self, told: tuple[object, ...]) -> Iterator[Iterable[int]]:
        """Yield whom each link that is filled leads to."""
        if self.collection.person:
            yield self.owners.get((self.collection.name, cast("Key", told)), ())
        at = 0
        for link in self.links:
            key = told[at : at + len(link.columns)]
            at += len(link.columns)
            if None not in key:
                yield self.owners.get((link.to, cast("Key", key)), ())


def _at(mapped: StoreMap, way: Follow) -> str:
    """Return where a closure keeps what a link leads to."""
    target = mapped.collection(way.to)
    return way.to if target and way.onto == target.key else aimed(way.to, way.onto)
