"""Finds a person's rows: from identities to the keys of rows that other rows hang on."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias, TypeVar, cast

import sqlalchemy as sa

from upheld.errors import BadIdentity
from upheld.identity import learned, without
from upheld.model import Bond, Collection, Follow, Found
from upheld.stores.sql.columns import Truth, chosen
from upheld.stores.sql.finding import people
from upheld.stores.sql.finding.rows import Selector, aimed, halves, sharing
from upheld.stores.sql.functions import SHAPE, spelled

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from upheld.model import Key, Place, StoreMap

_BATCH = 1000
_QUESTIONS = 200
"""How many at once, if nothing but one identity was known."""

Question: TypeAlias = (
    "sa.ColumnElement[object] | sa.ColumnElement[int] | sa.ColumnElement[bool] | sa.Null"
)
"""What is answered with one value."""


def grown(connection: sa.Connection, frozen: Selector) -> Selector:
    """Return the selector of a closure grown to its end.

    Statements grow with the depth of the map, never with the rows: a collection is asked again
    only when what leads to it has grown.
    """
    kept = leading(frozen.mapped)
    selector, closure = frozen, frozen.closure
    waiting = deque(kept)
    while waiting:
        collection = waiting.popleft()
        keys, told = _ask(connection, selector, collection)
        identities = without(told, closure.shared) if closure.shared else told
        known = _merged(selector.keys, keys)
        more = known != selector.keys
        kinds = {k for k, v in identities.items() if v - closure.identities.get(k, frozenset())}
        if not more and not kinds:
            continue
        closure = replace(closure, identities=_merged(closure.identities, identities), keys=known)
        selector = selector.of(closure)
        waiting.extend(
            each
            for each in kept
            if each not in waiting and _led(each, collection.name if more else None, kinds)
        )
    return _halved(connection, selector, kept)


def _halved(connection: sa.Connection, selector: Selector, kept: list[Collection]) -> Selector:
    """Return the selector with keys of rows of two people, parents first: parts hang on them."""
    both = sharing(selector.mapped)
    for collection in (each for each in kept if each.name in both):
        rows = selector.rows(collection, Bond.SHARED)
        keys = {halves(collection.name): keys_of(connection, selector, collection, rows)}
        selector = selector.of(replace(selector.closure, keys=_merged(selector.keys, keys)))
    return selector


def keys_of(
    connection: sa.Connection, selector: Selector, collection: Collection, rows: Truth
) -> frozenset[Key]:
    """Return the keys of the rows for which a condition holds."""
    columns = selector.fields(collection, collection.key)
    return keys_in(connection, chosen(columns).where(rows))


def keys_in(connection: sa.Connection, query: sa.Select[tuple[object, ...]]) -> frozenset[Key]:
    """Return what a query finds, which are keys."""
    return frozenset(cast("Iterable[Key]", map(tuple, connection.execute(query).all())))


def telephoned(connection: sa.Connection, selector: Selector) -> Selector:
    """Return the selector grown by telephone, in collections where nothing better leads to anyone.

    Only finding does so: what an erasure starts from is frozen, and whoever bears the number later
    is somebody else of the household.
    """
    found: dict[str, frozenset[Key]] = {}
    for collection in () if selector.closure.sure else selector.mapped.collections:
        rows = people.by_telephone(selector, collection) if collection.person else None
        if rows is not None and not selector.keys.get(collection.name):
            found[collection.name] = keys_of(connection, selector, collection, rows)
    if not any(found.values()):
        return selector
    closure = replace(selector.closure, keys=_merged(selector.keys, found))
    return grown(connection, selector.of(closure))


def found(connection: sa.Connection, selector: Selector, *, count: bool) -> Found:
    """Count the rows of each collection by bond, or see whether there are any."""
    places = concerned(selector.mapped)
    rows = [(collection, selector.rows(collection, bond)) for collection, bond in places]
    told = counts if count else _any
    numbers = zip(places, told(connection, selector, rows), strict=True)
    return Found(selector.closure, {(c.name, bond): rows for (c, bond), rows in numbers if rows})


def concerned(mapped: StoreMap) -> list[tuple[Collection, Bond]]:
    """Return every collection that can hold a person's rows, once for each bond it can have."""
    both = sharing(mapped)
    return [
        (collection, bond)
        for collection in mapped.collections
        for bond in Bond
        if any(way.bond is bond for way in collection.ways)
        or (bond is Bond.SHARED and collection.name in both)
    ]


def counts(
    connection: sa.Connection, selector: Selector, wanted: Iterable[tuple[Collection, Truth]]
) -> list[int]:
    """Count the rows of each collection for which its condition holds."""
    queries = [counting(selector, collection, condition) for collection, condition in wanted]
    return [cast("int", each) for each in answers(connection, selector, queries)]


def _any(
    connection: sa.Connection, selector: Selector, wanted: Iterable[tuple[Collection, Truth]]
) -> list[int]:
    """Return for each collection 1 if its condition holds for any row, or 0."""
    queries = [there(selector, collection, condition) for collection, condition in wanted]
    return [int(bool(each)) for each in answers(connection, selector, queries)]


def anything(
    connection: sa.Connection, selector: Selector, queries: Iterable[sa.Select[tuple[object, ...]]]
) -> bool:
    """Say whether any of these queries finds a row."""
    return any(answers(connection, selector, [query.exists() for query in queries]))


def there(selector: Selector, collection: Collection, condition: Truth) -> Truth:
    """Return the question whether there is a row of a collection for which a condition holds."""
    one = sa.select(sa.literal_column("1", sa.Integer()))
    return one.select_from(selector.table(collection)).where(condition).exists()


def counting(selector: Selector, collection: Collection, condition: Truth) -> sa.ScalarSelect[int]:
    """Return the question how many rows of a collection a condition holds for."""
    query = sa.select(sa.func.count()).select_from(selector.table(collection)).where(condition)
    return query.scalar_subquery()


def answers(
    connection: sa.Connection, selector: Selector, questions: Sequence[Question]
) -> list[object]:
    """Ask all in one statement: each has its own price, whatever it asks.

    Of somebody with many identities fewer at once, since each asks for all of them, and SQLite
    takes 32,766 parameters.
    """
    known = sum(map(len, selector.closure.identities.values()))
    size = max(1, _QUESTIONS // (1 + known))
    found: list[object] = []
    for at in range(0, len(questions), size):
        found.extend(connection.execute(sa.select(*questions[at : at + size])).one())
    return found


def leading(mapped: StoreMap) -> list[Collection]:
    """Return collections whose keys must be known: people, what others follow; parents first."""
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
) -> tuple[dict[str, frozenset[Key]], dict[str, frozenset[str]]]:
    """Return what the person's own rows tell: keys, what else others point at, identities."""
    places = _own_identities(collection) if collection.person else []
    pointed = pointed_at(selector.mapped, collection)
    names = [*collection.key, *(name for onto in pointed for name in onto)]
    wanted = list(dict.fromkeys([*names, *(place.name for place in places)]))
    at = {name: index for index, name in enumerate(wanted)}
    kept = {collection.name: collection.key, **{aimed(collection.name, o): o for o in pointed}}
    keys: dict[str, set[Key]] = {name: set() for name in kept}
    identities: dict[str, set[str]] = {}
    rows = connection.execute(_own(selector, collection, wanted)).yield_per(_BATCH)
    if wanted == list(collection.key):  # the only long lists; nothing but keys is wanted of them
        for batch in rows.partitions(_BATCH):
            keys[collection.name].update(cast("Iterable[Key]", map(tuple, batch)))
    for found in rows:
        row: tuple[object, ...] = tuple(found)
        for name, columns in kept.items():
            key = cast("Key", tuple(row[at[column]] for column in columns))
            if name == collection.name or None not in key:
                keys[name].add(key)
        for place in places:
            value: object = row[at[place.name]]
            for each in value if isinstance(value, list) else [value]:
                if usable := _usable(place, each):
                    identities.setdefault(place.identity or "", set()).add(usable)
    return (
        {name: frozenset(found) for name, found in keys.items()},
        {kind: frozenset(values) for kind, values in identities.items()},
    )


def _own_identities(collection: Collection) -> list[Place]:
    """Return the fields with identities of whose row it is, not of others that the row names.

    What is inside a column of JSON is left out where rows follow rows of their own table.
    """
    inward = any(isinstance(way, Follow) and way.to == collection.name for way in collection.ways)
    own = {name for way in collection.ways if way.bond is Bond.ABOUT for name in way.columns}
    others = {name for way in collection.ways for name in way.columns} - own
    return [
        place
        for place in collection.places
        if place.identity and place.name not in others and not (inward and "$." in place.name)
    ]


def pointed_at(mapped: StoreMap, collection: Collection) -> list[tuple[str, ...]]:
    """Return columns other than the key that rows elsewhere point at: they may change or go."""
    ways = (way for each in mapped.collections for way in each.ways if isinstance(way, Follow))
    onto = {way.onto for way in ways if way.to == collection.name}
    return sorted(onto - {collection.key})


def _own(
    selector: Selector, collection: Collection, names: list[str]
) -> sa.Select[tuple[object, ...]]:
    """Select columns of the person's own rows, and of all that hang on them in the collection.

    A chain of a thousand answers to answers is followed in one statement.
    """
    source = selector.table(collection)
    loops = [
        way
        for way in collection.ways
        if isinstance(way, Follow) and way.to == collection.name and way.bond is Bond.ABOUT
    ]
    own = selector.rows(collection, Bond.ABOUT)
    if not loops:
        return chosen(selector.fields(collection, names)).where(own)
    every = list(dict.fromkeys([*names, *(name for way in loops for name in way.onto)]))
    chain = chosen(source.c[name] for name in every).where(own).cte(recursive=True)
    child = source.alias()
    steps = [
        sa.and_(*(child.c[a] == chain.c[b] for a, b in zip(way.columns, way.onto, strict=True)))
        for way in loops
    ]
    following = sa.select(*(child.c[name] for name in every)).join_from(
        child, chain, sa.or_(*steps)
    )
    whole = chain.union(following)
    return sa.select(*(whole.c[name] for name in names))


def _usable(place: Place, value: object) -> str | None:
    """Return a stored identity in normal form; what a store holds amiss finds nobody.

    Nor does what an erasure put in the place of one, nor a hash.
    """
    if value is None or re.fullmatch(SHAPE, str(value).rstrip()):
        return None
    try:
        return learned(place.identity or "", spelled(value), place.stored)
    except BadIdentity:
        return None


_Value = TypeVar("_Value", str, "Key")


def _merged(
    known: Mapping[str, frozenset[_Value]], more: Mapping[str, frozenset[_Value]]
) -> dict[str, frozenset[_Value]]:
    """Join sets; one to which nothing is added stays the very same."""
    none: frozenset[_Value] = frozenset()
    added = {
        kind: known.get(kind, none) | values
        for kind, values in more.items()
        if kind not in known or not values <= known[kind]
    }
    return {**known, **added}
