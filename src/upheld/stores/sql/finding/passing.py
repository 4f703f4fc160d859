"""Drops from a closure the keys of rows that have passed to somebody else since they were frozen.

A database gives the number of a row that was deleted to the next one, and software hands rows over.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING

import sqlalchemy as sa

from upheld.model import Bond, Collection, Follow
from upheld.stores.sql.columns import Truth, chosen
from upheld.stores.sql.finding.following import anything, keys_in, leading, pointed_at
from upheld.stores.sql.finding.rows import Selector, aimed, halves

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from upheld.model import Key, Way


def still_theirs(connection: sa.Connection, frozen: Selector) -> Selector:
    """Return the selector without keys whose row now visibly leads to somebody else.

    A key of a row that is gone, or that leads to nobody, still counts. What hangs on a row that
    has passed to somebody else has passed with it.
    """
    selector = frozen
    collections = leading(frozen.mapped)
    every = (query for each in collections for _, query in _queries(frozen, each))
    waiting = deque(collections if anything(connection, frozen, every) else ())
    while waiting:
        collection = waiting.popleft()
        lost = _lost(connection, selector, collection)
        if not any(lost.values()):
            continue
        keys = {at: found - lost.get(at, frozenset()) for at, found in selector.keys.items()}
        selector = selector.of(replace(selector.closure, keys=keys))
        waiting.extend(
            each
            for each in collections
            if each not in waiting and each != collection and _follows(each, collection)
        )
    return selector


def _follows(collection: Collection, other: Collection) -> bool:
    return any(isinstance(way, Follow) and way.to == other.name for way in collection.ways)


def _lost(
    connection: sa.Connection, selector: Selector, collection: Collection
) -> Mapping[str, frozenset[Key]]:
    """Return keys of a collection that lead to somebody else's rows, by where they are kept."""
    return {at: keys_in(connection, query) for at, query in _queries(selector, collection)}


def _queries(
    selector: Selector, collection: Collection
) -> Iterator[tuple[str, sa.Select[tuple[object, ...]]]]:
    own = [way for way in collection.ways if way.bond is Bond.ABOUT]
    if collection.person and not any(isinstance(way, Follow) for way in own):
        return  # whose such a row is, its identities tell
    if selector.keys.get(collection.name):
        yield collection.name, _passed(selector, collection, own)
    for onto in pointed_at(selector.mapped, collection):
        if selector.keys.get(at := aimed(collection.name, onto)):
            frozen = selector.among(collection, onto, at)
            foreign = _foreign(selector, collection, own)
            yield at, _columns(selector, collection, onto).where(frozen, foreign)
    if selector.keys.get(at := halves(collection.name)):
        parts = [way for way in collection.ways if way.bond is not Bond.MENTIONS]
        frozen = selector.among(collection, collection.key, at)
        hanging = sa.or_(sa.false(), *selector.parts_of_halves(collection))
        foreign = _foreign(selector, collection, parts)
        passed = sa.and_(frozen, foreign, hanging.is_not(sa.true()))
        yield at, _columns(selector, collection, collection.key).where(passed)


def _columns(
    selector: Selector, collection: Collection, names: tuple[str, ...]
) -> sa.Select[tuple[object, ...]]:
    return chosen(selector.fields(collection, names))


def _foreign(selector: Selector, collection: Collection, ways: list[Way]) -> Truth:
    """Rows that lead to somebody by one of these ways, and to the person by none of them."""
    return sa.and_(
        _led_elsewhere(selector, collection, ways),
        _led_here(selector, collection, ways).is_not(sa.true()),
    )


def _led_elsewhere(selector: Selector, collection: Collection, ways: list[Way]) -> Truth:
    """Rows that lead to somebody else; a row of people is whose identities it bears, if any."""
    links = [way for way in ways if isinstance(way, Follow) or not collection.person]
    return sa.or_(sa.false(), *(selector.elsewhere(collection, way) for way in links))


def _led_here(selector: Selector, collection: Collection, ways: list[Way]) -> Truth:
    return sa.or_(sa.false(), *(selector.way(collection, way) for way in ways))


def _passed(
    selector: Selector, collection: Collection, ways: list[Way]
) -> sa.Select[tuple[object, ...]]:
    """Select frozen keys of rows that have passed on, and of those that hang on them in the table.

    However long a chain of answers to answers is, it is followed in one statement.
    """
    loops = [way for way in ways if isinstance(way, Follow) and way.to == collection.name]
    straight = [way for way in ways if way not in loops]
    frozen = sa.and_(
        *selector.frozen(collection), _led_here(selector, collection, straight).is_not(sa.true())
    )
    first = sa.and_(frozen, _led_elsewhere(selector, collection, ways))
    if not loops:
        return _columns(selector, collection, collection.key).where(first)
    names = tuple(dict.fromkeys([*collection.key, *(n for way in loops for n in way.onto)]))
    chain = _columns(selector, collection, names).where(first).cte(recursive=True)
    source = selector.table(collection)
    steps = [
        sa.and_(*(source.c[a] == chain.c[b] for a, b in zip(way.columns, way.onto, strict=True)))
        for way in loops
    ]
    hanging = (
        _columns(selector, collection, names).join_from(source, chain, sa.or_(*steps)).where(frozen)
    )
    whole = chain.union(hanging)
    return sa.select(*(whole.c[name] for name in collection.key))
