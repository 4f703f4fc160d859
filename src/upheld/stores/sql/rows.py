"""Says in SQL which rows concern a person, and which of them a ground keeps; pure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import sqlalchemy as sa

from upheld.identity import base
from upheld.model import Bond, Closure, Collection, Follow, Match, StoreMap, Type
from upheld.stores.sql.functions import Normal, in_keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from upheld.model import Hold, Key, Schema, Way

Truth = sa.ColumnElement[bool]


@cache
def table(collection: Collection) -> sa.TableClause:
    """Return a collection as SQL names it, every name quoted and every value left as stored."""
    names = dict.fromkeys([*collection.key, *(place.name for place in collection.places)])
    for way in collection.ways:
        names.update(dict.fromkeys(way.columns))
    return sa.table(sa.quoted_name(collection.name, quote=True), *map(named, names))


def named(name: str) -> sa.ColumnClause[object]:
    """Return a column by its name alone."""
    return sa.column(sa.quoted_name(name, quote=True))


@dataclass(frozen=True, slots=True)
class Selector:
    """The rows of one person in one store, as conditions; made anew whenever the closure grows."""

    mapped: StoreMap
    schema: Schema
    closure: Closure
    keys: Mapping[str, frozenset[Key]]

    def rows(self, collection: Collection, bond: Bond) -> Truth:
        """Rows with this bond; a row that is the person's own is not counted among its mentions."""
        found = self.ways(collection, bond)
        if bond is Bond.ABOUT:
            return found
        stronger = [Bond.ABOUT] if bond is Bond.SHARED else [Bond.ABOUT, Bond.SHARED]
        own = sa.or_(*(self.ways(collection, each) for each in stronger))
        return sa.and_(found, own.is_not(sa.true()))

    def ways(self, collection: Collection, bond: Bond) -> Truth:
        """Rows that at least one way of this bond leads to, and rows frozen as the person's own."""
        ways = [way for way in collection.ways if way.bond is bond]
        conditions = [] if bond is not Bond.ABOUT else self._frozen(collection)
        if collection.person and bond is Bond.ABOUT:
            matches = [way for way in ways if isinstance(way, Match)]
            conditions.append(self._person(collection, matches))
            ways = [way for way in ways if isinstance(way, Follow)]
        conditions.extend(self.way(collection, way) for way in ways)
        return sa.or_(sa.false(), *conditions)

    def way(self, collection: Collection, way: Way) -> Truth:
        """Rows that this one way leads to."""
        if isinstance(way, Match):
            return self._match(collection, way, self.closure.identities.get(way.identity, ()))
        target = self.mapped.collection(way.to)
        keys = self.keys.get(way.to, frozenset())
        if target is None or not keys:
            return sa.false()
        columns = [table(collection).c[name] for name in way.columns]
        if way.onto == target.key:
            return in_keys(columns, keys)
        other = table(target)
        within = in_keys([other.c[name] for name in target.key], keys)
        onto = _standing_alone(sa.select(*(other.c[name] for name in way.onto)).where(within))
        return sa.tuple_(*columns).in_(onto) if len(columns) > 1 else columns[0].in_(onto)

    def elsewhere(self, collection: Collection, way: Way) -> Truth:
        """Rows in which this way leads to somebody, and not to this person."""
        columns = [table(collection).c[name] for name in way.columns]
        filled = sa.and_(*(column.is_not(None) for column in columns))
        return sa.and_(filled, self.way(collection, way).is_not(sa.true()))

    def strangers(self, collection: Collection) -> Truth | None:
        """Rows of people that bear an identity of a kind that was presented, and not that one."""
        kinds: dict[str, list[Match]] = {}
        for way in collection.ways:
            if isinstance(way, Match) and self.closure.given.get(way.identity):
                kinds.setdefault(way.identity, []).append(way)
        wrong = [self._other(collection, ways) for ways in kinds.values()]
        return sa.or_(*wrong) if wrong else None

    def _other(self, collection: Collection, ways: Iterable[Match]) -> Truth:
        columns = [table(collection).c[way.column] for way in ways]
        filled = [sa.and_(column.is_not(None), column != "") for column in columns]
        matched = [self._match(collection, way, self.closure.given[way.identity]) for way in ways]
        return sa.and_(sa.or_(*filled), sa.or_(*matched).is_not(sa.true()))

    def held(self, collection: Collection, hold: Hold) -> Truth:
        """Rows that the ground still keeps, among rows that are the person's."""
        if hold.within is None:
            return self._dated(collection, hold)
        parent = self.mapped.collection(hold.within)
        links = [w for w in collection.ways if isinstance(w, Follow) and w.to == hold.within]
        if parent is None or not links:
            return sa.false()
        other = table(parent)
        mine = in_keys([other.c[name] for name in parent.key], self.keys.get(parent.name, ()))
        onto = [other.c[name] for name in links[0].onto]
        kept = _standing_alone(sa.select(*onto).where(mine, self._dated(parent, hold)))
        columns = [table(collection).c[name] for name in links[0].columns]
        return sa.tuple_(*columns).in_(kept) if len(columns) > 1 else columns[0].in_(kept)

    def undated(self, collection: Collection, hold: Hold) -> Truth:
        """Rows whose date is missing, so that nobody can say until when they are kept."""
        if hold.since is None or hold.within is not None:
            return sa.false()
        return table(collection).c[hold.since].is_(None)

    def _dated(self, collection: Collection, hold: Hold) -> Truth:
        return table(collection).c[hold.since or ""] >= hold.oldest.isoformat()

    def _frozen(self, collection: Collection) -> list[Truth]:
        keys = self.keys.get(collection.name)
        columns = [table(collection).c[name] for name in collection.key]
        return [in_keys(columns, keys)] if keys else []

    def _person(self, collection: Collection, matches: Iterable[Match]) -> Truth:
        """A person's row matches each kind of identity presented, or one that finding added.

        Two columns of one kind (an old address, a new one) are one identity: either will do.
        """
        presented: dict[str, list[Truth]] = {}
        added: list[Truth] = []
        for way in matches:
            given = self.closure.given.get(way.identity, frozenset())
            if given:
                condition = self._match(collection, way, given)
                presented.setdefault(way.identity, []).append(condition)
            if more := self.closure.identities.get(way.identity, frozenset()) - given:
                added.append(self._match(collection, way, more))
        each = [sa.or_(*conditions) for conditions in presented.values()]
        return sa.or_(sa.false(), *([sa.and_(*each)] if each else []), *added)

    def _match(self, collection: Collection, way: Match, values: Iterable[str]) -> Truth:
        column = table(collection).c[way.column]
        wanted = sorted(values)
        kind = base(way.identity)
        if not wanted:
            return sa.false()
        if self._type(collection, way.column) is Type.NUMBER:
            return column.in_([int(each) for each in wanted if each.isdecimal()])
        if way.stored_normalised or kind not in {"email", "phone"}:
            return column.in_(wanted)
        if kind == "email" and all(each.isascii() for each in wanted):
            return sa.func.lower(column).in_(wanted)
        return Normal(sa.literal(kind), column).in_(wanted)

    def _type(self, collection: Collection, name: str) -> Type:
        shape = self.schema.tables.get(collection.name)
        column = shape.column(name) if shape else None
        return column.type if column else Type.OTHER


def _standing_alone(query: sa.Select[tuple[object, ...]]) -> sa.Select[tuple[object, ...]]:
    """Keep a subquery's own FROM, also where the statement around it reads the same table."""
    return query.correlate(None)
