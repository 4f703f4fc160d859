"""Says in SQL which rows of people are the person's, by the identities they bear; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias

import sqlalchemy as sa

from upheld.identity import base, of_a_household
from upheld.model import Act, Bond, Follow, Match, Type
from upheld.stores.sql.columns import Truth, filled
from upheld.stores.sql.functions import REPLACED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from upheld.model import Closure, Collection, Column, Key, Way


Asked: TypeAlias = "sa.Executable"
"""A query, and what it is answered with."""


class Selector(Protocol):
    """What is asked here of the person's rows: `finding.rows.Selector` answers it."""

    @property
    def closure(self) -> Closure:
        """Who is looked for."""
        ...

    @property
    def keys(self) -> Mapping[str, frozenset[Key]]:
        """What is known to be theirs."""
        ...

    def table(self, collection: Collection) -> sa.TableClause:
        """Return a collection as SQL names it."""
        ...

    def field(self, collection: Collection, name: str) -> sa.ColumnElement[object]:
        """Return a field of a collection as SQL names it."""
        ...

    def match(self, collection: Collection, way: Match, values: Iterable[str]) -> Truth:
        """Rows that hold one of these identities."""
        ...

    def way(self, collection: Collection, way: Way) -> Truth:
        """Rows that a way leads to."""
        ...

    def elsewhere(self, collection: Collection, way: Way) -> Truth:
        """Rows in which a way leads to somebody else."""
        ...

    def frozen(self, collection: Collection) -> Iterator[Truth]:
        """Rows whose key was found to be the person's."""
        ...

    def among(self, collection: Collection, columns: tuple[str, ...], at: str) -> Truth:
        """Rows whose columns hold one of the keys kept at a name."""
        ...

    def column(self, collection: Collection, name: str) -> Column | None:
        """Return a column as the catalogue describes it."""
        ...


def bare(name: str) -> str:
    """Return where a closure keeps keys of rows of people that bore no identity but their key."""
    return f"{name}\nbare"


def bearing(selector: Selector, collection: Collection) -> Truth:
    """Rows that bear an identity presented, and none of a kind presented that is another.

    A row may lack some of the kinds. Two columns of one kind (an old address, a new one) are one
    identity: either will do. Rows that bear what finding added are theirs too, but by a telephone:
    that may be a household's, see `by_telephone`.
    """
    kinds = presented(selector, collection)
    theirs = [
        sa.and_(
            _presented(selector, collection, way),
            *(
                _other(selector, collection, others).is_not(sa.true())
                for other, others in kinds.items()
                if other != kind
            ),
        )
        for kind, ways in kinds.items()
        for way in ways
    ]
    return sa.or_(sa.false(), *theirs, *_added(selector, collection))


def matching(selector: Selector, collection: Collection) -> Iterator[Truth]:
    """Yield the rows that hold an identity presented or added, whatever else they hold."""
    for way in _matches(collection):
        if given := selector.closure.given.get(way.identity):
            yield selector.match(collection, way, given)
    yield from _added(selector, collection)


def _added(selector: Selector, collection: Collection) -> Iterator[Truth]:
    known, given = selector.closure.identities, selector.closure.given
    for way in _matches(collection):
        more = known.get(way.identity, frozenset()) - given.get(way.identity, frozenset())
        if more and not of_a_household(way.identity):
            yield selector.match(collection, way, more)


def presented(selector: Selector, collection: Collection) -> Mapping[str, list[Match]]:
    """Return the ways by which a collection knows people, by kind, of kinds that were presented."""
    kinds: dict[str, list[Match]] = {}
    for way in _matches(collection):
        if selector.closure.given.get(way.identity):
            kinds.setdefault(way.identity, []).append(way)
    return kinds


def _presented(selector: Selector, collection: Collection, way: Match) -> Truth:
    """Rows that bear a presented identity in one column.

    Once the person's row is known, the telephone alone does not lead to one with other identities.
    """
    bears = selector.match(collection, way, selector.closure.given[way.identity])
    if not of_a_household(way.identity) or not selector.keys.get(collection.name):
        return bears
    return sa.and_(bears, _foreign(selector, collection).is_not(sa.true()))


def _foreign(selector: Selector, collection: Collection) -> Truth:
    """Rows of people that bear identities of kinds that are known, and none that is."""
    known = selector.closure.identities
    ways = [way for way in _matches(collection) if not of_a_household(way.identity)]
    better = [way for way in ways if known.get(way.identity)]
    return sa.and_(
        _any_filled(selector, collection, better),
        _any_known(selector, collection, better).is_not(sa.true()),
    )


def strangers(selector: Selector, collection: Collection) -> Truth | None:
    """Rows of people that bear an identity of a kind that was presented, and not that one."""
    kinds = presented(selector, collection)
    wrong = [_other(selector, collection, ways) for ways in kinds.values()]
    return sa.or_(*wrong) if wrong else None


def _other(selector: Selector, collection: Collection, ways: Sequence[Match]) -> Truth:
    """Rows that bear an identity of one kind, and none of those presented."""
    given = selector.closure.given
    ours = [selector.match(collection, way, given[way.identity]) for way in ways]
    return sa.and_(_any_filled(selector, collection, ways), sa.or_(*ours).is_not(sa.true()))


def contested(selector: Selector, collection: Collection, before: Selector) -> Asked | None:
    """Select what rows bear of each kind presented, then whether it is another; each case once.

    Rows found before were looked at then, and may have been erased since. None where what was
    presented cannot be at odds with itself.
    """
    kinds = presented(selector, collection)
    if len(kinds) < 2:  # noqa: PLR2004 (it takes two to differ)
        return None
    borne = [_borne(selector, collection, ways) for ways in kinds.values()]
    new = sa.or_(sa.false(), *before.frozen(collection)).is_not(sa.true())
    others = [sa.and_(_other(selector, collection, ways), new) for ways in kinds.values()]
    given = selector.closure.given
    some = [selector.match(collection, way, given[k]) for k, ways in kinds.items() for way in ways]
    return (
        sa.select(*borne, *others)
        .select_from(selector.table(collection))
        .where(sa.or_(*some))
        .distinct()
    )


def counted_apart(selector: Selector, collection: Collection, rows: Truth) -> Asked:
    """Count rows, and how many different identities of each kind presented they bear."""
    kinds = presented(selector, collection)
    apart = [sa.func.count(_borne(selector, collection, w).distinct()) for w in kinds.values()]
    return sa.select(sa.func.count(), *apart).select_from(selector.table(collection)).where(rows)


def _borne(
    selector: Selector, collection: Collection, ways: Iterable[Match]
) -> sa.ColumnElement[object]:
    """The identity presented of one kind that a row bears, in its normal form."""
    cases = [
        (selector.match(collection, way, {each}), sa.literal(each))
        for way in ways
        for each in sorted(selector.closure.given[way.identity])
    ]
    return sa.case(*cases, else_=sa.null())


def by_telephone(selector: Selector, collection: Collection) -> Truth | None:
    """Rows of people that bear a telephone found elsewhere, and nobody else's identity."""
    known = selector.closure.identities
    conditions = [
        selector.match(collection, way, known[way.identity])
        for way in _matches(collection)
        if of_a_household(way.identity) and known.get(way.identity)
    ]
    if not conditions:
        return None
    others = [_foreign(selector, collection), strangers(selector, collection)]
    foreign = sa.or_(*(each for each in others if each is not None))
    return sa.and_(sa.or_(*conditions), foreign.is_not(sa.true()))


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
    stranger = sa.and_(
        *selector.frozen(collection),
        _ours(selector, collection, ways).is_not(sa.true()),
        *(told.is_not(sa.true()) for told in _told_by_links(selector, collection)),
    )
    at = bare(collection.name)
    if stays(collection):
        return sa.and_(stranger, _any_filled(selector, collection, ways))
    if not selector.keys.get(at):
        return stranger
    unknown = selector.among(collection, collection.key, at).is_not(sa.true())
    return sa.and_(stranger, sa.or_(_any_filled(selector, collection, ways), unknown))


def _told_by_links(selector: Selector, collection: Collection) -> Iterator[Truth]:
    """Rows that point at the person, or at somebody else: of them there is no doubt."""
    for way in collection.ways:
        if isinstance(way, Follow) and way.bond is Bond.ABOUT:
            yield selector.way(collection, way)
            yield selector.elsewhere(collection, way)


def nameless(selector: Selector, collection: Collection) -> Truth | None:
    """Rows of people that bear no identity but their key; None if no row could bear any."""
    ways = _telling(selector, collection)
    return _any_filled(selector, collection, ways).is_not(sa.true()) if ways else None


def _ours(selector: Selector, collection: Collection, ways: Sequence[Match]) -> Truth:
    """Rows that bear an identity of the person; the telephone only where nothing else is borne."""
    better = [way for way in ways if not of_a_household(way.identity)]
    telephones = [way for way in ways if of_a_household(way.identity)]
    alone = _any_filled(selector, collection, better).is_not(sa.true())
    return sa.or_(
        _any_known(selector, collection, better),
        sa.and_(_any_known(selector, collection, telephones), alone),
    )


def _any_filled(selector: Selector, collection: Collection, ways: Iterable[Match]) -> Truth:
    leads = (
        filled(selector.field(collection, way.column), way.identity, way.stored) for way in ways
    )
    return sa.or_(sa.false(), *leads)


def _any_known(selector: Selector, collection: Collection, ways: Iterable[Match]) -> Truth:
    known = selector.closure.identities
    ours = (selector.match(collection, way, known.get(way.identity, ())) for way in ways)
    return sa.or_(sa.false(), *ours)


def _telling(selector: Selector, collection: Collection) -> list[Match]:
    """Return the columns that tell one person from another, if their number goes from hand to hand.

    Not a number that is the key itself, nor what an erasure replaces by something like it.
    """
    ways = {way.column: way for way in _matches(collection)}
    for place in collection.places:
        if place.identity and base(place.identity) != "name" and place.name not in ways:
            ways[place.name] = Match(place.name, place.identity, Bond.ABOUT, place.stored)
    return [
        way
        for way in ways.values()
        if not (way.column in collection.key and base(way.identity) == "account")
        and not _hidden(selector, collection, way.column)
    ]


def _hidden(selector: Selector, collection: Collection, name: str) -> bool:
    """Say whether what an erasure put in the place of an identity cannot be told from one."""
    place = collection.place(name)
    if place is None or place.act is not Act.REPLACE or not stays(collection):
        return False
    column = selector.column(collection, name)
    if column is None:
        return False
    short = column.length is not None and column.length < len(REPLACED)
    return short or column.type in {Type.NUMBER, Type.BYTES}


def _matches(collection: Collection) -> list[Match]:
    return [w for w in collection.ways if isinstance(w, Match) and w.bond is Bond.ABOUT]
