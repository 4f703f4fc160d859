"""Finds rows that are a person's by nothing but a telephone which may be a household's."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import sqlalchemy as sa

from upheld.identity import base
from upheld.model import Bond, Follow, Match, Type
from upheld.stores.sql.columns import filled
from upheld.stores.sql.finding import answers
from upheld.stores.sql.functions import normal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from upheld.model import Collection
    from upheld.stores.sql.columns import Truth
    from upheld.stores.sql.rows import Selector


def noted(connection: sa.Connection, selector: Selector) -> Selector:
    """Return the selector with the telephones that alone lead to rows, and those others bear.

    Who bears them may be known to another store: so they are told to all.
    """
    led = selector.closure.dialled | _leading(connection, selector)
    borne = selector.closure.households | _borne(connection, selector, led)
    if (led, borne) == (selector.closure.dialled, selector.closure.households):
        return selector
    return selector.of(replace(selector.closure, dialled=led, households=borne))


def doubted(connection: sa.Connection, selector: Selector) -> Iterator[str]:
    """Name the collections of which rows may be another's who has the person's telephone."""
    led = _leading(connection, selector)
    shared = (selector.closure.households & led) | _borne(connection, selector, led)
    ways = [(each, way) for each, way in _ways(selector) if _theirs(selector, way) & led]
    doubts = [
        sa.or_(_of_others(selector, collection, way, shared), *_apart(selector, collection, way))
        for collection, way in ways
    ]
    found = answers(connection, selector, doubts) if doubts else []
    for (collection, way), doubtful in zip(ways, found, strict=True):
        if doubtful:
            name = selector.mapped.name
            yield (
                f"rows of `{name}.{collection.name}` are theirs by nothing but a telephone that "
                "somebody else has, too, or bear another's identity; nobody can tell whose they "
                f"are: in stores/{name}.yaml say `is: mentions` for `{way.column}`"
            )


def _leading(connection: sa.Connection, selector: Selector) -> frozenset[str]:
    """Return the telephones by which alone rows are the person's, of no collection of people."""
    asked = [
        (number, _there(selector, each, _by_this_alone(selector, each, way, {number})))
        for each, way in _ways(selector)
        for number in sorted(_theirs(selector, way))
    ]
    return _true(connection, selector, asked)


def _borne(connection: sa.Connection, selector: Selector, numbers: Iterable[str]) -> frozenset[str]:
    """Return those of these telephones that rows of people bear which are not the person's."""
    people = [each for each in selector.mapped.collections if each.person]
    others = {each.name: selector.rows(each, Bond.ABOUT).is_not(sa.true()) for each in people}
    asked = [
        (
            number,
            _there(
                selector,
                each,
                sa.and_(selector.match(each, way, {number}), others[each.name]),
            ),
        )
        for number in sorted(numbers)
        for each in people
        for way in bearing(each, "phone")
    ]
    return _true(connection, selector, asked)


def _true(
    connection: sa.Connection, selector: Selector, asked: Sequence[tuple[str, Truth]]
) -> frozenset[str]:
    """Return the telephones for which what is asked of them is true."""
    found = answers(connection, selector, [each for _, each in asked]) if asked else []
    return frozenset(number for (number, _), there in zip(asked, found, strict=True) if there)


def bearing(collection: Collection, kind: str) -> list[Match]:
    """Return the columns of a collection that hold its people's identities of a kind."""
    ways = [w for w in collection.ways if isinstance(w, Match) and w.bond is Bond.ABOUT]
    others = {name for way in collection.ways for name in way.columns}
    fields = (
        Match(place.name, place.identity, Bond.ABOUT, place.stored)
        for place in collection.places
        if place.identity and place.name not in others
    )
    return [way for way in (*ways, *fields) if base(way.identity) == kind]


def _ways(selector: Selector) -> Iterator[tuple[Collection, Match]]:
    """Yield the ways by which a telephone leads to rows that are no people."""
    for collection in selector.mapped.collections:
        for way in () if collection.person else collection.ways:
            if isinstance(way, Match) and way.bond is Bond.ABOUT and base(way.identity) == "phone":
                yield collection, way


def _by_this_alone(
    selector: Selector, collection: Collection, way: Match, numbers: Iterable[str]
) -> Truth:
    """Rows that one of these telephones leads to, and nothing better."""
    better = [selector.way(collection, each) for each in _better(collection)]
    return sa.and_(
        selector.match(collection, way, numbers), sa.or_(sa.false(), *better).is_not(sa.true())
    )


def _of_others(
    selector: Selector, collection: Collection, way: Match, shared: frozenset[str]
) -> Truth:
    """Whether there are rows by a telephone that is somebody else's, or that lead to them."""
    known = _theirs(selector, way)
    elsewhere = [selector.elsewhere(collection, each) for each in _better(collection)]
    foreign = sa.and_(
        _by_this_alone(selector, collection, way, known), sa.or_(sa.false(), *elsewhere)
    )
    household = _by_this_alone(selector, collection, way, known & shared)
    return _there(selector, collection, sa.or_(household, foreign))


def _apart(selector: Selector, collection: Collection, way: Match) -> Iterator[Truth]:
    """Yield whether the rows bear identities of two people, the person's own among them.

    What names somebody in another role, as a way of the map says, tells nothing of whose they are.
    """
    alone = _by_this_alone(selector, collection, way, _theirs(selector, way))
    columns = {name for each in collection.ways for name in each.columns}
    for place in collection.places:
        if base(place.identity or "name") in {"name", "phone"} or place.name in columns:
            continue
        field = Match(place.name, place.identity or "", Bond.ABOUT, place.stored)
        known, column = _theirs(selector, field), selector.field(collection, place.name)
        described = selector.column(collection, place.name)
        in_words = described is not None and described.type is Type.TEXT
        borne = normal(field.identity, column) if in_words else column
        mine = selector.match(collection, field, known)
        every = sa.select(sa.func.count(borne.distinct())).select_from(selector.table(collection))
        strangers = every.where(
            alone, filled(column, field.identity, field.stored), mine.is_not(sa.true())
        )
        yield strangers.scalar_subquery() > (0 if known else 1)


def _theirs(selector: Selector, way: Match) -> frozenset[str]:
    return selector.closure.identities.get(way.identity, frozenset())


def _better(collection: Collection) -> list[Match | Follow]:
    return [
        way
        for way in collection.ways
        if way.bond is Bond.ABOUT and not (isinstance(way, Match) and base(way.identity) == "phone")
    ]


def _there(selector: Selector, collection: Collection, rows: Truth) -> Truth:
    """Whether there are rows of a collection for which a condition holds."""
    one = sa.select(sa.literal_column("1", sa.Integer()))
    return one.select_from(selector.table(collection)).where(rows).exists()
