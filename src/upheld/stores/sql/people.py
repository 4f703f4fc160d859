"""Says in SQL which rows of people are the person's, by the identities they bear; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from upheld.identity import base
from upheld.model import Act, Bond, Match, Type
from upheld.stores.sql.columns import Truth, filled, table
from upheld.stores.sql.functions import Normal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from upheld.model import Collection
    from upheld.stores.sql.rows import Selector


def bare(name: str) -> str:
    """Return where a closure keeps keys of rows of people that bore no identity but their key."""
    return f"{name}\nbare"


def bearing(selector: Selector, collection: Collection) -> Truth:
    """Rows that bear an identity presented, and none of a kind presented that is another.

    A row may lack some of the kinds. Two columns of one kind (an old address, a new one) are one
    identity: either will do. Rows that bear what finding added are theirs too, but by a telephone:
    that may be a household's, see `by_telephone`.
    """
    known, given = selector.closure.identities, selector.closure.given
    kinds = presented(selector, collection)
    theirs = [_presented(selector, collection, kind, ways) for kind, ways in kinds.items()]
    others = sa.or_(sa.false(), *(_other(selector, collection, ways) for ways in kinds.values()))
    added = [
        selector.match(collection, way, more)
        for way in _matches(collection)
        if not _of_a_household(way)
        if (more := known.get(way.identity, frozenset()) - given.get(way.identity, frozenset()))
    ]
    return sa.or_(
        sa.false(), sa.and_(sa.or_(sa.false(), *theirs), others.is_not(sa.true())), *added
    )


def presented(selector: Selector, collection: Collection) -> Mapping[str, list[Match]]:
    """Return the ways by which a collection knows people, by kind, of kinds that were presented."""
    kinds: dict[str, list[Match]] = {}
    for way in _matches(collection):
        if selector.closure.given.get(way.identity):
            kinds.setdefault(way.identity, []).append(way)
    return kinds


def _presented(
    selector: Selector, collection: Collection, kind: str, ways: Iterable[Match]
) -> Truth:
    """Rows that bear a presented identity of one kind.

    Once the person's row is known, the telephone alone does not lead to one with other identities.
    """
    given = selector.closure.given[kind]
    bears = sa.or_(*(selector.match(collection, way, given) for way in ways))
    if base(kind) != "phone" or not selector.keys.get(collection.name):
        return bears
    known = selector.closure.identities
    better = [w for w in _matches(collection) if not _of_a_household(w) and known.get(w.identity)]
    ours = [selector.match(collection, way, known[way.identity]) for way in better]
    others = [filled(table(collection).c[way.column], way.identity) for way in better]
    foreign = sa.and_(sa.or_(sa.false(), *others), sa.or_(sa.false(), *ours).is_not(sa.true()))
    return sa.and_(bears, foreign.is_not(sa.true()))


def strangers(selector: Selector, collection: Collection) -> Truth | None:
    """Rows of people that bear an identity of a kind that was presented, and not that one."""
    kinds = presented(selector, collection)
    wrong = [_other(selector, collection, ways) for ways in kinds.values()]
    return sa.or_(*wrong) if wrong else None


def _other(selector: Selector, collection: Collection, ways: Iterable[Match]) -> Truth:
    given = selector.closure.given
    some = [filled(table(collection).c[way.column], way.identity) for way in ways]
    ours = [selector.match(collection, way, given[way.identity]) for way in ways]
    return sa.and_(sa.or_(*some), sa.or_(*ours).is_not(sa.true()))


def contested(selector: Selector, collection: Collection) -> sa.Select[tuple[object, ...]] | None:
    """Select what rows bear of each kind presented, then whether it is another; each case once.

    None where what was presented cannot be at odds with itself.
    """
    kinds = presented(selector, collection)
    if len(kinds) < 2:  # noqa: PLR2004 (it takes two to differ)
        return None
    borne = [_borne(selector, collection, ways) for ways in kinds.values()]
    others = [_other(selector, collection, ways) for ways in kinds.values()]
    given = selector.closure.given
    some = [selector.match(collection, way, given[k]) for k, ways in kinds.items() for way in ways]
    columns = [each.label(f"c{at}") for at, each in enumerate([*borne, *others])]
    return sa.select(*columns).select_from(table(collection)).where(sa.or_(*some)).distinct()


def counted_apart(
    selector: Selector, collection: Collection, rows: Truth
) -> sa.Select[tuple[int, ...]]:
    """Count rows, and how many different identities of each kind presented they bear."""
    kinds = presented(selector, collection)
    apart = [sa.func.count(_borne(selector, collection, w).distinct()) for w in kinds.values()]
    return sa.select(sa.func.count(), *apart).select_from(table(collection)).where(rows)


def _borne(
    selector: Selector, collection: Collection, ways: Iterable[Match]
) -> sa.ColumnElement[object]:
    """The identity presented of one kind that a row bears, in its normal form."""
    source, given = table(collection), selector.closure.given
    cases = [
        (
            selector.match(collection, way, given[way.identity]),
            Normal(sa.literal(base(way.identity)), source.c[way.column]),
        )
        for way in ways
    ]
    return sa.case(*cases, else_=sa.null())


def by_telephone(selector: Selector, collection: Collection) -> Truth | None:
    """Rows of people that bear a telephone found elsewhere, and nobody else's identity."""
    known = selector.closure.identities
    conditions = [
        selector.match(collection, way, known[way.identity])
        for way in _matches(collection)
        if _of_a_household(way) and known.get(way.identity)
    ]
    if not conditions:
        return None
    foreign = strangers(selector, collection)
    theirs = [] if foreign is None else [foreign.is_not(sa.true())]
    return sa.and_(sa.or_(*conditions), *theirs)


def stays(collection: Collection) -> bool:
    """Say whether a row of this collection may still be there once it has been erased."""
    return not collection.delete or collection.keep is not None


def reassigned(selector: Selector, collection: Collection) -> Truth | None:
    """Rows of people frozen by their key that may be somebody else's now; None if nothing can tell.

    A database gives the number of a row that was deleted to the next one. So a row that would have
    gone must bear one of the person's identities, unless it bore none when it was found; one that
    stays must not bear somebody else's.
    """
    ways = _telling(selector, collection)
    if not selector.keys.get(collection.name) or not ways:
        return None
    some = nameless(selector, collection)
    stranger = some.is_not(sa.true())
    if not stays(collection):
        known = selector.among(collection, collection.key, bare(collection.name))
        stranger = sa.or_(stranger, known.is_not(sa.true()))
    ours = _ours(selector, collection, ways)
    return sa.and_(*selector.frozen(collection), ours.is_not(sa.true()), stranger)


def nameless(selector: Selector, collection: Collection) -> Truth:
    """Rows of people that bear no identity but their key."""
    ways = _telling(selector, collection)
    some = [filled(table(collection).c[way.column], way.identity) for way in ways]
    return sa.or_(sa.false(), *some).is_not(sa.true())


def _ours(selector: Selector, collection: Collection, ways: Iterable[Match]) -> Truth:
    """Rows that bear an identity of the person; the telephone only where nothing else is borne."""
    known = selector.closure.identities
    better = [way for way in ways if not _of_a_household(way)]
    matched = [selector.match(collection, w, known.get(w.identity, ())) for w in better]
    others = [filled(table(collection).c[way.column], way.identity) for way in better]
    telephone = [
        selector.match(collection, way, known.get(way.identity, ()))
        for way in ways
        if _of_a_household(way)
    ]
    alone = sa.or_(sa.false(), *others).is_not(sa.true())
    return sa.or_(sa.false(), *matched, sa.and_(sa.or_(sa.false(), *telephone), alone))


def _telling(selector: Selector, collection: Collection) -> list[Match]:
    """Return the columns that tell one person from another, if their number goes from hand to hand.

    Not a number that is the key itself, nor one that an erasure replaces by another number.
    """
    ways = {way.column: way for way in _matches(collection)}
    for place in collection.places:
        if place.identity and base(place.identity) != "name" and place.name not in ways:
            ways[place.name] = Match(place.name, place.identity, Bond.ABOUT)
    return [
        way
        for way in ways.values()
        if not (way.column in collection.key and base(way.identity) == "account")
        and not _hidden(selector, collection, way.column)
    ]


def _hidden(selector: Selector, collection: Collection, name: str) -> bool:
    place = collection.place(name)
    plain = selector.type(collection, name) not in {Type.NUMBER, Type.BYTES}
    return not plain and place is not None and place.act is Act.REPLACE and stays(collection)


def _matches(collection: Collection) -> list[Match]:
    return [w for w in collection.ways if isinstance(w, Match) and w.bond is Bond.ABOUT]


def _of_a_household(way: Match) -> bool:
    return base(way.identity) == "phone"
