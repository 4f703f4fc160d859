"""Finds rows that are a person's by nothing but an identity which somebody else bears, too."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias, cast

import sqlalchemy as sa

from upheld.identity import base, comparable, of_a_household, of_several, undecided, without
from upheld.model import Bond, Collection, Follow, Match, Type
from upheld.stores.sql.columns import filled
from upheld.stores.sql.finding import people
from upheld.stores.sql.finding.following import answers, counting, there
from upheld.stores.sql.functions import Spelled, normal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from upheld.model import Identity
    from upheld.stores.sql.columns import Truth
    from upheld.stores.sql.finding.following import Question
    from upheld.stores.sql.finding.rows import Selector

_Kinds: TypeAlias = "Mapping[str, frozenset[str]]"
_Way: TypeAlias = tuple[Collection, Match, frozenset[str]]
"""A way of a collection, and the identities that may lead to rows by it."""


def noted(connection: sa.Connection, selector: Selector) -> Selector:
    """Return the selector with the identities by which alone rows may be the person's.

    Who else bears them may be known to another store: so they are told to all.
    """
    closure, asked = selector.closure, []
    ways = [w for w in _ways(selector) if w[2] - _values(closure.alone, w[1].identity)]
    for way in ways:
        collection, match, _ = way
        known = closure.given if collection.person else closure.identities
        sure = collection.person or of_a_household(match.identity)
        better = _better(known, match) if sure else {}
        asked.append(there(selector, collection, _by_these_alone(selector, way, better)))
    found = {
        (comparable(way.identity), value)
        for (_, way, values), led in zip(ways, _told(connection, selector, asked), strict=True)
        if led
        for value in values
    }
    if found <= closure.alone:
        return selector
    return selector.of(replace(closure, alone=closure.alone | found))


def borne(connection: sa.Connection, selector: Selector) -> frozenset[Identity]:
    """Return those of the identities that alone lead to rows which people bear who are others.

    Of an identity presented, one bearer may be who presented it, if nothing says otherwise. But a
    telephone may be a household's, whoever presents it.
    """
    people_ = [each for each in selector.mapped.collections if each.person]
    bearers = [(each, identities) for each in people_ if (identities := _asked_of(selector, each))]
    asked = [there(selector, each, _of_others(selector, each, some)) for each, some in bearers]
    some = _told(connection, selector, asked)
    pairs = [
        (each, one)
        for (each, identities), found in zip(bearers, some, strict=True)
        if found
        for one in sorted(identities)
    ]
    questions = [each for pair in pairs for each in _numbers(selector, *pair)]
    found = iter(_told(connection, selector, questions))
    return frozenset(
        one
        for (_, one), others, strangers in zip(pairs, found, found, strict=True)
        if cast("int", strangers) or cast("int", others) > _themselves(selector, one)
    )


def doubted(connection: sa.Connection, selector: Selector) -> Iterator[str]:
    """Name the collections of which rows may be another's who bears the person's identity."""
    yield from _doubted(connection, selector, _shared(connection, selector))


def of_two(connection: sa.Connection, selector: Selector) -> Iterator[str]:
    """Name the collections in which rows by a telephone alone bear identities of two people."""
    yield from _doubted(connection, selector, frozenset())


def _doubted(
    connection: sa.Connection, selector: Selector, shared: frozenset[Identity]
) -> Iterator[str]:
    doubts = [
        (way, sa.or_(*conditions))
        for way in _ways(selector, found=True)
        if (conditions := list(_doubts(selector, way, shared)))
    ]
    found = _told(connection, selector, [asked for _, asked in doubts])
    for ((collection, way, _), _), doubtful in zip(doubts, found, strict=True):
        if doubtful:
            yield undecided(selector.mapped.name, collection.name, way)


def undoubted(connection: sa.Connection, selector: Selector) -> Selector:
    """Return a selector that leads to nothing by what was only found, and somebody else bears."""
    shared = _shared(connection, selector)
    identities = without(selector.closure.identities, shared)
    return selector.of(replace(selector.closure, identities=identities, shared=shared))


def borne_in(collection: Collection) -> list[Match]:
    """Return the columns of a collection that hold identities of its people, with their kinds."""
    ways = [w for w in collection.ways if isinstance(w, Match) and w.bond is Bond.ABOUT]
    others = {name for way in collection.ways for name in way.columns}
    fields = (
        Match(place.name, place.identity, Bond.ABOUT, place.stored)
        for place in collection.places
        if place.identity and place.name not in others
    )
    return [*ways, *fields]


def _told(
    connection: sa.Connection, selector: Selector, questions: Sequence[Question]
) -> list[object]:
    return answers(connection, selector, questions) if questions else []


def _shared(connection: sa.Connection, selector: Selector) -> frozenset[Identity]:
    """Return what somebody else bears of what alone leads to rows now, here or elsewhere."""
    known = noted(connection, selector)
    return known.closure.shared | borne(connection, known)


def _asked_of(selector: Selector, collection: Collection) -> frozenset[Identity]:
    """Return the identities that alone lead to rows, of kinds that people of a collection bear."""
    kinds = {comparable(way.identity) for way in borne_in(collection)}
    return frozenset(each for each in selector.closure.alone if each[0] in kinds)


def _of_others(
    selector: Selector, collection: Collection, identities: frozenset[Identity]
) -> Truth:
    """Rows of people that bear one of these, in whatever column, and are not the person's."""
    bearing = (
        selector.match(collection, way, _values(identities, way.identity))
        for way in borne_in(collection)
    )
    others = selector.rows(collection, Bond.ABOUT).is_not(sa.true())
    return sa.and_(sa.or_(sa.false(), *bearing), others)


def _numbers(selector: Selector, collection: Collection, identity: Identity) -> Iterator[Question]:
    """Ask how many others bear an identity, and how many of them contradict what was presented."""
    others = _of_others(selector, collection, frozenset({identity}))
    strangers = people.strangers(selector, collection)
    yield counting(selector, collection, others)
    yield counting(
        selector, collection, sa.false() if strangers is None else sa.and_(others, strangers)
    )


def _themselves(selector: Selector, identity: Identity) -> int:
    """Return how many rows of people that bear an identity may be the person's all the same."""
    kind, value = identity
    given = {comparable(k) for k, values in selector.closure.given.items() if value in values}
    return int(kind in given and not of_a_household(kind))


def _ways(selector: Selector, *, found: bool = False) -> Iterator[_Way]:
    """Yield the ways by which identities may lead to rows alone.

    A row of people is theirs by what it bears of what was presented; but a telephone, or what was
    only found, may be another's. Of one that was `found` that is known: it may have changed since.
    """
    closure = selector.closure
    for collection in selector.mapped.collections:
        for way in collection.ways:
            if not isinstance(way, Match) or way.bond is not Bond.ABOUT:
                continue
            if not of_several(way.identity):
                continue
            values = closure.identities.get(way.identity, frozenset())
            if collection.person and not of_a_household(way.identity):
                values -= closure.given.get(way.identity, frozenset())
            if collection.person and found:
                values &= _values(closure.alone, way.identity)
            if values:
                yield collection, way, values


def _doubts(
    selector: Selector, way: _Way, shared: frozenset[Identity]
) -> Iterator[Truth | sa.ColumnElement[bool]]:
    """Yield whether there are rows of which nobody can tell whether they are the person's."""
    collection, match, values = way
    if same := values & _values(shared, match.identity):
        sure = _better(without(selector.closure.identities, shared), match)
        alone = _by_these_alone(selector, (collection, match, same), sure)
        yield there(selector, collection, alone)
    if of_a_household(match.identity) and not collection.person:
        yield from _of_two(selector, way)


def _by_these_alone(selector: Selector, way: _Way, better: _Kinds) -> Truth:
    """Rows of the person that these identities lead to, and none of the better ones.

    What follows somebody's row is theirs by more than an identity.
    """
    collection, match, values = way
    own = [each for each in collection.ways if each.bond is Bond.ABOUT]
    leads = [
        selector.match(collection, each, better.get(each.identity, ()))
        if isinstance(each, Match)
        else selector.way(collection, each)
        for each in own
    ]
    theirs = [selector.rows(collection, Bond.ABOUT)] if collection.person else []
    return sa.and_(
        selector.match(collection, match, values),
        sa.or_(sa.false(), *leads).is_not(sa.true()),
        *theirs,
    )


def _of_two(selector: Selector, way: _Way) -> Iterator[Truth | sa.ColumnElement[bool]]:
    """Yield whether rows by a telephone alone lead to somebody else, or bear two identities.

    What names somebody in another role, as a way of the map says, tells nothing of whose they are.
    """
    collection, match, _ = way
    identities = selector.closure.identities
    alone = _by_these_alone(selector, way, _better(identities, match))
    others = (
        each
        for each in collection.ways
        if each.bond is Bond.ABOUT
        if isinstance(each, Follow) or not of_a_household(each.identity)
    )
    elsewhere = [selector.elsewhere(collection, each) for each in others]
    yield there(selector, collection, sa.and_(alone, sa.or_(sa.false(), *elsewhere)))
    columns = {name for each in collection.ways for name in each.columns}
    for place in collection.places:
        if base(place.identity or "name") in {"name", "phone"} or place.name in columns:
            continue
        field = Match(place.name, place.identity or "", Bond.ABOUT, place.stored)
        known, column = identities.get(field.identity, ()), selector.field(collection, place.name)
        described = selector.column(collection, place.name)
        in_words = described is not None and described.type is Type.TEXT
        held = normal(field.identity, column) if in_words else Spelled(column)
        mine = selector.match(collection, field, known)
        every = sa.select(sa.func.count(held.distinct())).select_from(selector.table(collection))
        strangers = every.where(
            alone, filled(column, field.identity, field.stored), mine.is_not(sa.true())
        )
        yield strangers.scalar_subquery() > (0 if known else 1)


def _better(known: _Kinds, way: Match) -> _Kinds:
    """Return what tells better than a way whose rows are: any other identity, but no telephone."""
    if not of_a_household(way.identity):
        return known
    return {kind: values for kind, values in known.items() if not of_a_household(kind)}


def _values(identities: frozenset[Identity], kind: str) -> frozenset[str]:
    """Return the values of identities of a kind."""
    return frozenset(value for known, value in identities if known == comparable(kind))
