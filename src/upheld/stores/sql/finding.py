"""Finds a person's rows: from identities to the keys of rows that other rows hang on."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING

import sqlalchemy as sa

from upheld.errors import BadIdentity
from upheld.identity import normalise
from upheld.model import Bond, Closure, Collection, Follow, Found, Match
from upheld.stores.sql.functions import in_keys
from upheld.stores.sql.rows import Selector, table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from upheld.model import Key, Schema, StoreMap

_BATCH = 1000


def grown(
    connection: sa.Connection, mapped: StoreMap, schema: Schema, closure: Closure
) -> Selector:
    """Return the selector of a closure grown to its end.

    Statements grow with the depth of the map, never with the rows: a collection is asked again
    only when what leads to it has grown.
    """
    kept = _kept(mapped)
    selector = Selector(mapped, schema, closure, dict(closure.keys))
    waiting = deque(kept)
    while waiting:
        collection = waiting.popleft()
        keys, identities = _ask(connection, selector, collection)
        more = keys - selector.keys.get(collection.name, frozenset())
        kinds = {k for k, v in identities.items() if v - closure.identities.get(k, frozenset())}
        closure = replace(closure, identities=_merged(closure.identities, identities))
        known = {
            **selector.keys,
            collection.name: selector.keys.get(collection.name, frozenset()) | keys,
        }
        selector = Selector(mapped, schema, replace(closure, keys=known), known)
        waiting.extend(
            each
            for each in kept
            if each not in waiting and _led(each, collection.name if more else None, kinds)
        )
    return selector


def found(connection: sa.Connection, selector: Selector) -> Found:
    """Count the rows of each collection by bond."""
    rows = {
        (collection.name, bond): number
        for collection, bond in concerned(selector.mapped)
        if (number := count(connection, collection, selector.rows(collection, bond)))
    }
    return Found(selector.closure, rows)


def concerned(mapped: StoreMap) -> list[tuple[Collection, Bond]]:
    """Return every collection that can hold a person's rows, once for each bond it can have."""
    return [
        (collection, bond)
        for collection in mapped.collections
        for bond in Bond
        if any(way.bond is bond for way in collection.ways)
    ]


def count(
    connection: sa.Connection, collection: Collection, condition: sa.ColumnElement[bool]
) -> int:
    """Count the rows of a collection for which a condition holds."""
    query = sa.select(sa.func.count()).select_from(table(collection)).where(condition)
    return int(connection.execute(query).scalar_one())


def _kept(mapped: StoreMap) -> list[Collection]:
    """Collections whose keys must be known: people, and what others follow; parents first."""
    followed = {
        way.to
        for collection in mapped.collections
        for way in collection.ways
        if isinstance(way, Follow)
    }
    kept = [c for c in mapped.collections if c.ways and (c.person or c.name in followed)]
    return sorted(kept, key=lambda each: (_depth(mapped, each, frozenset()), each.name))


def _depth(mapped: StoreMap, collection: Collection, seen: frozenset[str]) -> int:
    parents = [
        parent
        for way in collection.ways
        if isinstance(way, Follow) and way.to not in seen | {collection.name}
        if (parent := mapped.collection(way.to))
    ]
    return max((1 + _depth(mapped, each, seen | {collection.name}) for each in parents), default=0)


def _led(collection: Collection, grown: str | None, kinds: Iterable[str]) -> bool:
    return any(
        way.bond is Bond.ABOUT
        and (way.to == grown if isinstance(way, Follow) else way.identity in kinds)
        for way in collection.ways
    )


def _ask(
    connection: sa.Connection, selector: Selector, collection: Collection
) -> tuple[frozenset[Key], dict[str, frozenset[str]]]:
    """Return keys of the person's own rows and, from a collection of people, their identities."""
    places = [p for p in collection.places if p.identity] if collection.person else []
    source = table(collection)
    wanted = [source.c[name] for name in (*collection.key, *(place.name for place in places))]
    query = sa.select(*wanted).where(selector.rows(collection, Bond.ABOUT))
    width = len(collection.key)
    keys: set[Key] = set()
    identities: dict[str, set[str]] = {}
    for row in connection.execute(query).yield_per(_BATCH):
        keys.add(tuple(row[:width]))
        for place, value in zip(places, row[width:], strict=True):
            if usable := _usable(place.identity or "", value):
                identities.setdefault(place.identity or "", set()).add(usable)
    return frozenset(keys), {kind: frozenset(values) for kind, values in identities.items()}


def _usable(kind: str, value: object) -> str | None:
    """Return a stored identity in normal form; what a store holds amiss finds nobody."""
    if value is None:
        return None
    try:
        return normalise(kind, str(value))
    except BadIdentity:
        return None


def _merged(
    known: Mapping[str, frozenset[str]], more: Mapping[str, frozenset[str]]
) -> dict[str, frozenset[str]]:
    none: frozenset[str] = frozenset()
    return {kind: known.get(kind, none) | more.get(kind, none) for kind in {*known, *more}}


def ambiguous(selector: Selector) -> tuple[str, ...]:
    """Name the collections of people in which the identities lead to more than one row."""
    return tuple(
        collection.name
        for collection in selector.mapped.collections
        if collection.person
        and any(isinstance(way, Match) for way in collection.ways)
        and len(selector.keys.get(collection.name, ())) > 1
    )


def contradicted(connection: sa.Connection, selector: Selector, before: Closure) -> Iterator[str]:
    """Name the collections of people whose rows, newly found, bear another identity than presented.

    Whoever was led to by an account number of another system may be somebody else: the stores
    disagree, and only a person can tell.
    """
    for collection in selector.mapped.collections:
        news = selector.keys.get(collection.name, frozenset()) - before.keys.get(
            collection.name, frozenset()
        )
        if collection.person and news and (strangers := selector.strangers(collection)) is not None:
            columns = [table(collection).c[name] for name in collection.key]
            if count(connection, collection, sa.and_(in_keys(columns, news), strangers)):
                yield collection.name
