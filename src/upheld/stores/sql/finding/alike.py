"""Finds rows of people that may be the same person's, by signs too weak to act on.

Each sign is looked up by what a column holds to the letter, so that an index serves it; a sign that
is written otherwise is not seen, which does nobody harm.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import sqlalchemy as sa

from upheld.identity import base, near, normalise, spellings, telephones
from upheld.model import Alike, Bond, How, Match, Sign, Traits, Type
from upheld.stores.sql.finding.alone import borne_in
from upheld.stores.sql.functions import normal, numbers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from upheld.model import Collection, Key
    from upheld.stores.sql.columns import Truth
    from upheld.stores.sql.finding.rows import Selector

_MOST = 20
"""Rows with one sign that are named: nobody asks more people than that."""

_AT_ONCE = 500
"""Addresses in one statement: each has about a hundred near ones."""


def traits(connection: sa.Connection, selector: Selector) -> Traits:
    """Return telephones, and names with dates of birth, of the person's own rows of people."""
    found = Traits()
    for collection in _of_people(selector):
        if not selector.keys.get(collection.name):
            continue
        ways, birth = _columns(collection, "phone"), _birth(selector, collection)
        columns = [selector.field(collection, way.column) for way in ways]
        born = list(birth) if birth is not None else []
        query = sa.select(*columns, *born).where(selector.rows(collection, Bond.ABOUT))
        for row in connection.execute(query) if columns or born else ():
            values = tuple(row)
            said = frozenset(str(each) for each in values[: len(ways)] if each)
            found = found.joined(Traits(said, _births(values[len(ways) :])))
    return found


def alike(connection: sa.Connection, selector: Selector, known: Traits) -> Iterator[Alike]:
    """Yield rows of people that are not the person's and bear a sign, by collection and sign."""
    for collection in _of_people(selector):
        own = selector.rows(collection, Bond.ABOUT)
        for sign in Sign:
            keys: set[Key] = set()
            for rows in _bearing_sign(selector, collection, sign, known):
                columns = selector.fields(collection, collection.key)
                query = sa.select(*columns).where(rows, own.is_not(sa.true())).limit(_MOST + 1)
                keys.update(cast("Iterable[Key]", map(tuple, connection.execute(query))))
            if keys:
                named = tuple(sorted(keys, key=repr))[:_MOST]
                yield Alike(collection.name, sign, named, len(keys) > _MOST)


def _of_people(selector: Selector) -> list[Collection]:
    return [each for each in selector.mapped.collections if each.person and each.key]


def _columns(collection: Collection, kind: str) -> list[Match]:
    return [each for each in borne_in(collection) if base(each.identity) == kind]


def _bearing_sign(
    selector: Selector, collection: Collection, sign: Sign, known: Traits
) -> Iterator[Truth]:
    match sign:
        case Sign.TELEPHONE:
            yield from _telephoned(selector, collection, known)
        case Sign.BORN:
            yield from _born(selector, collection, known)
        case Sign.TAGGED | Sign.SWAPPED:
            yield from _addressed(selector, collection, sign)


def _telephoned(selector: Selector, collection: Collection, known: Traits) -> Iterator[Truth]:
    for way in _columns(collection, "phone"):
        digits = _identities(selector, "phone")
        written = {*known.telephones, *(word for each in digits for word in telephones(each))}
        written |= spellings(way.identity, digits, way.stored)
        if digits or known.telephones:
            yield _to_the_letter(selector, collection, way, written)


def _born(selector: Selector, collection: Collection, known: Traits) -> Iterator[Truth]:
    birth = _birth(selector, collection)
    if birth is None:
        return
    name, date = birth
    for day in sorted({day for _, day in known.births}):
        names = sorted(name for name, each in known.births if each == day)
        yield sa.and_(date.in_([day, f"{day} 00:00:00"]), normal("name", name).in_(names))


def _addressed(selector: Selector, collection: Collection, sign: Sign) -> Iterator[Truth]:
    emails = _identities(selector, "email")
    pairs = [near(each) for each in sorted(emails)]
    found = {each for pair in pairs for each in pair[sign is Sign.SWAPPED]} - emails
    words = sorted(found)
    for way in _columns(collection, "email"):
        for at in range(0, len(words), _AT_ONCE):
            wanted = spellings(way.identity, words[at : at + _AT_ONCE], way.stored)
            yield _to_the_letter(selector, collection, way, wanted)
        if sign is Sign.TAGGED and (way.stored is None or way.stored.how is How.NORMALISED):
            for local, domain in sorted(_tagless(emails)):
                yield _with_a_tag(selector, collection, way, (local, domain))


def _tagless(emails: Iterable[str]) -> set[tuple[str, str]]:
    """Return addresses in two parts, without their tag, and also without dots."""
    parts = ((local.partition("+")[0], at) for local, _, at in (e.rpartition("@") for e in emails))
    return {(each, at) for local, at in parts for each in (local, local.replace(".", ""))}


def _with_a_tag(
    selector: Selector, collection: Collection, way: Match, address: tuple[str, str]
) -> Truth:
    """Rows whose address is this one with some tag, in a range that an index serves."""
    (local, domain), written = address, _written(selector, collection, way)
    between = sa.and_(written > f"{local}+", written < f"{local},")
    return sa.and_(between, written.endswith(f"@{domain}", autoescape=True))


def _to_the_letter(
    selector: Selector, collection: Collection, way: Match, words: Iterable[str]
) -> Truth:
    """Rows whose column holds one of these words; of addresses, in small letters."""
    known = selector.column(collection, way.column)
    column, wanted = selector.field(collection, way.column), sorted(words)
    match known.type if known else Type.TEXT:
        case Type.NUMBER if selector.typeless:
            return column.in_(numbers(wanted))
        case Type.DATE if selector.typeless:
            return _written(selector, collection, way).in_(wanted)
        case Type.NUMBER | Type.DATE | Type.BYTES | Type.OTHER:
            return selector.match(collection, way, wanted) if way.stored is None else sa.false()
        case _:
            return _written(selector, collection, way).in_(wanted)


def _written(selector: Selector, collection: Collection, way: Match) -> sa.ColumnElement[object]:
    known = selector.column(collection, way.column)
    column = selector.field(collection, way.column)
    lowered = base(way.identity) == "email" and not way.exact and not (known and known.folds)
    return sa.func.lower(column) if lowered else column


def _identities(selector: Selector, kind: str) -> frozenset[str]:
    known = selector.closure.identities
    return frozenset().union(*(known[each] for each in known if base(each) == kind))


def _birth(
    selector: Selector, collection: Collection
) -> tuple[sa.ColumnElement[object], sa.ColumnElement[object]] | None:
    """Return a person's whole name and date of birth, where a collection has one date of each."""
    names = [place.name for place in collection.places if place.identity == "name"]
    days = [
        place.name
        for place in collection.places
        if place.category == "demographic"
        and (column := selector.column(collection, place.name)) is not None
        and column.type is Type.DATE
    ]
    if not names or len(days) != 1:
        return None
    first, *rest = selector.fields(collection, names)
    whole: sa.ColumnElement[str] = sa.cast(first, sa.String)
    for each in rest:
        whole = whole.concat(" ").concat(sa.cast(each, sa.String))
    name = cast("sa.ColumnElement[object]", whole if rest else first)
    return name, selector.field(collection, days[0])


def _births(pair: tuple[object, ...]) -> frozenset[tuple[str, str]]:
    name, day = pair or (None, None)
    if not name or not day:
        return frozenset()
    return frozenset({(normalise("name", str(name)), str(day)[:10])})
