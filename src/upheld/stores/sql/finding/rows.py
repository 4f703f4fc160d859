"""Says in SQL which rows concern a person; pure."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias, cast

import sqlalchemy as sa

from upheld.identity import base, spellings
from upheld.model import Bond, Closure, Collection, Follow, How, Match, StoreMap, Type
from upheld.stores.sql.columns import Truth, filled, table
from upheld.stores.sql.columns import field as field_of
from upheld.stores.sql.finding import people
from upheld.stores.sql.fitting import unmapped_heirs
from upheld.stores.sql.functions import (
    Spelled,
    addresses,
    days,
    normal,
    numbers,
    octets,
    spelled,
    uuids,
)
from upheld.stores.sql.functions.json import elements
from upheld.stores.sql.functions.keys import Listed, in_keys, listed
from upheld.stores.sql.functions.misfits import counts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from upheld.model import Column, Key, Schema, Way

_WORDS = (Type.DATE, True)
"""A day where columns have no types: it stands there in words."""

Named: TypeAlias = "dict[str, tuple[sa.TableClause, dict[str, sa.ColumnElement[object]]]]"
"""Tables by their name, each with those of its fields that were asked for, as SQL names them."""

_AFTER_SPACES = "!"
"""The first letter of ASCII after the space, the tab and the line break."""


def aimed(name: str, onto: tuple[str, ...]) -> str:
    """Return where a closure keeps what rows of a collection are pointed at by, if not by its key.

    It has a line break in it, so that it is no table's name but by malice.
    """
    return f"{name}\n{', '.join(onto)}"


def halves(name: str) -> str:
    """Return where a closure keeps keys of rows that are the person's and somebody else's too."""
    return f"{name}\nshared"


def sharing(mapped: StoreMap) -> frozenset[str]:
    """Name the collections with rows of two people: by their own way, or by what they follow."""
    found: frozenset[str] = frozenset()
    while True:
        more = frozenset(
            each.name
            for each in mapped.collections
            if any(
                way.bond is Bond.SHARED or (way.bond is Bond.ABOUT and _leads_to(way, found))
                for way in each.ways
            )
        )
        if more == found:
            return found
        found = more


def _leads_to(way: Way, names: frozenset[str]) -> bool:
    return isinstance(way, Follow) and way.to in names


@dataclass(frozen=True, slots=True)
class Selector:
    """The rows of one person in one store, as conditions; made anew whenever the closure grows."""

    mapped: StoreMap
    schema: Schema
    closure: Closure
    typeless: bool = True
    _lists: dict[tuple[str, bool], Listed] = field(default_factory=dict, repr=False, compare=False)
    _named: Named = field(default_factory=dict, repr=False, compare=False)
    _made: dict[tuple[object, ...], Truth] = field(default_factory=dict, repr=False, compare=False)

    @property
    def keys(self) -> Mapping[str, frozenset[Key]]:
        """What is known to be theirs, by where the closure keeps it."""
        return self.closure.keys

    def of(self, closure: Closure) -> Selector:
        """Return the selector of another closure; lists of keys that are the same stay made."""
        lists = {
            (at, in_words): keys
            for (at, in_words), keys in self._lists.items()
            if closure.keys.get(at) is self.keys.get(at)
        }
        return Selector(self.mapped, self.schema, closure, self.typeless, lists, self._named)

    def table(self, collection: Collection) -> sa.TableClause:
        """Return a collection as SQL names it, made once."""
        return self._of(collection)[0]

    def field(self, collection: Collection, name: str) -> sa.ColumnElement[object]:
        """Return a field of a collection as SQL names it, made once."""
        source, fields = self._of(collection)
        if name not in fields:
            fields[name] = field_of(source, name, self.column(collection, name))
        return fields[name]

    def _of(
        self, collection: Collection
    ) -> tuple[sa.TableClause, dict[str, sa.ColumnElement[object]]]:
        if collection.name not in self._named:
            shape = self.schema.tables.get(collection.name)
            alone = bool(shape and shape.heirs and not unmapped_heirs(self.mapped, shape))
            self._named[collection.name] = (table(collection, shape, alone=alone), {})
        return self._named[collection.name]

    def fields(
        self, collection: Collection, names: Iterable[str]
    ) -> list[sa.ColumnElement[object]]:
        """Return fields of a collection as SQL names them."""
        return [self.field(collection, name) for name in names]

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
        return self._once((collection.name, bond), lambda: self._led(collection, bond))

    def _once(self, at: tuple[object, ...], made: Callable[[], Truth]) -> Truth:
        """Make a condition that is asked for again and again once."""
        if at not in self._made:
            self._made[at] = made()
        return self._made[at]

    def _led(self, collection: Collection, bond: Bond) -> Truth:
        ways = [way for way in collection.ways if way.bond is bond]
        if bond is Bond.ABOUT and collection.person:
            return self._of_people(collection, ways)
        conditions = [self.way(collection, way) for way in ways]
        if bond is Bond.ABOUT:
            conditions.extend(self.frozen(collection))
        if bond is Bond.SHARED:
            conditions.extend(self.parts_of_halves(collection))
        return sa.or_(sa.false(), *conditions)

    def _of_people(self, collection: Collection, ways: list[Way]) -> Truth:
        """Rows of people that are the person's; what an index can serve is said apart."""
        links = [way for way in ways if isinstance(way, Follow)]
        sure = [*self.frozen(collection), *(self.way(collection, way) for way in links)]
        near = sa.or_(sa.false(), *sure, *people.matching(self, collection))
        return sa.and_(near, sa.or_(sa.false(), *sure, people.bearing(self, collection)))

    def parts_of_halves(self, collection: Collection) -> Iterator[Truth]:
        """Rows that hang on rows of two people are of two people, whatever their own way says."""
        for way in collection.ways:
            if not isinstance(way, Follow) or way.bond is Bond.MENTIONS:
                continue
            target, at = self.mapped.collection(way.to), halves(way.to)
            if self.keys.get(at) and target and way.onto == target.key:
                yield self._following(collection, way, target, self._listed(at))

    def way(self, collection: Collection, way: Way) -> Truth:
        """Rows that this one way leads to."""
        return self._once((collection.name, way), lambda: self._by(collection, way))

    def _by(self, collection: Collection, way: Way) -> Truth:
        if isinstance(way, Match):
            return self.match(collection, way, self.closure.identities.get(way.identity, ()))
        target = self.mapped.collection(way.to)
        at = way.to if target and way.onto == target.key else aimed(way.to, way.onto)
        keys = self.keys.get(at, frozenset())
        if not keys:
            return sa.false()
        in_words = target is not None and self._numbers_in_words(collection, way, target)
        return self._following(collection, way, target, self._listed(at, in_words=in_words))

    def _following(
        self, collection: Collection, way: Follow, target: Collection | None, listed_: Listed
    ) -> Truth:
        """Rows whose link leads to one of these keys, as what it points at is compared."""
        columns = self.fields(collection, way.columns)
        found = in_keys(columns, listed_)
        if target is None or not self._looser(collection, way, target):
            return found
        # What a column that disregards case is led to, is not all that its link leads to.
        words = [cast("sa.ColumnElement[object]", Spelled(each)) for each in columns]
        return sa.and_(found, in_keys(words, listed_))

    def _looser(self, collection: Collection, way: Follow, target: Collection) -> bool:
        """Say whether a link is compared with less regard to letters than what it points at.

        Where both disregard some, and not by the same rule, only the same letters lead.
        """
        pairs = [
            (self.column(collection, name), self.column(target, onto))
            for name, onto in zip(way.columns, way.onto, strict=True)
        ]
        if self.typeless:
            return any(a and a.type is Type.TEXT for a, _ in pairs)
        return any(a and a.loosely and a.loosely != (b.loosely if b else "") for a, b in pairs)

    def elsewhere(self, collection: Collection, way: Way) -> Truth:
        """Rows in which this way leads to somebody, and not to this person."""
        columns = self.fields(collection, way.columns)
        kind, stored = (way.identity, way.stored) if isinstance(way, Match) else (None, None)
        leads = [filled(column, kind, stored) for column in columns]
        return sa.and_(*leads, self.way(collection, way).is_not(sa.true()))

    def frozen(self, collection: Collection) -> Iterator[Truth]:
        """Rows whose key was found to be the person's."""
        if self.keys.get(collection.name):
            yield self.among(collection, collection.key, collection.name)

    def among(self, collection: Collection, columns: tuple[str, ...], at: str) -> Truth:
        """Rows whose columns hold one of the keys that the closure keeps at a name."""
        return in_keys(self.fields(collection, columns), self._listed(at))

    def _listed(self, at: str, *, in_words: bool = False) -> Listed:
        """Return keys as a parameter, made once for all the statements that this selector makes."""
        if (at, in_words) not in self._lists:
            keys = self.keys.get(at, frozenset())
            if in_words and self.typeless:
                keys |= {tuple(spelled(p) if isinstance(p, int) else p for p in k) for k in keys}
            self._lists[at, in_words] = listed(keys)
        return self._lists[at, in_words]

    def match(self, collection: Collection, way: Match, values: Iterable[str]) -> Truth:
        """Rows that hold one of these identities, however they spell it."""
        wanted = sorted(spellings(way.identity, values, way.stored))
        if not wanted:
            return sa.false()
        at = (collection.name, way, *wanted)
        return self._once(at, lambda: self._bearing(collection, way, wanted))

    def _bearing(self, collection: Collection, way: Match, wanted: list[str]) -> Truth:
        column, kind = self.field(collection, way.column), base(way.identity)
        known = self.column(collection, way.column)
        match self._type(collection, way.column):
            case Type.NUMBER | Type.DATE if known and (known.type, self.typeless) != _WORDS:
                return self._measured(known, column, wanted)
            case Type.BYTES:
                words = wanted if self.typeless else [each.encode() for each in wanted]
                return sa.or_(column.in_(octets(wanted)), column.in_(words))
            case Type.OTHER:
                return self._other(known, column, kind, wanted)
            case _ if way.exact:
                return self._as_written(collection, way, wanted)
            case _ if kind == "phone" or (kind == "email" and not "".join(wanted).isascii()):
                return normal(kind, column).in_(wanted)
            case _:
                return self._spelled(collection, way, wanted)

    def _measured(
        self, known: Column, column: sa.ColumnElement[object], wanted: list[str]
    ) -> Truth:
        """Rows that hold one of these figures or days: a server stops at what is none.

        A boolean, a time or an instant is compared as it is written.
        """
        if self.typeless or counts(known):
            return column.in_(numbers(wanted, "" if self.typeless else known.declared))
        if known.declared == "date":
            return column.in_(days(wanted))
        return Spelled(column).in_(wanted)

    def _other(
        self, known: Column | None, column: sa.ColumnElement[object], kind: str, wanted: list[str]
    ) -> Truth:
        """Rows that hold one of these values in a column of a type of its own.

        An array holds it if an element does.
        """
        if known and known.declared.endswith("[]"):
            every, part = elements(column, known)
            held = normal(kind, part).in_(wanted)
            return sa.exists(sa.select(sa.literal_column("1")).select_from(every).where(held))
        if known and known.declared == "uuid":
            return column.in_(uuids(wanted))
        if known and known.declared == "inet":
            return column.in_(addresses(wanted))
        return Spelled(column).in_(wanted)

    def _as_written(self, collection: Collection, way: Match, wanted: list[str]) -> Truth:
        """Rows that hold an identity in one of few spellings, to the letter."""
        column = self.field(collection, way.column)
        if self.typeless:
            return sa.or_(column.in_(wanted), column.in_(numbers(wanted)))
        found = column.in_(wanted)
        if way.stored and way.stored.how is not How.NORMALISED:
            return found  # figures and hexadecimal digits: the same ones in either case
        return self._to_the_letter(collection, way, found, wanted)

    def _to_the_letter(
        self, collection: Collection, way: Match, found: Truth, wanted: list[str]
    ) -> Truth:
        """Rows found by a comparison that may be a loose one, without those of other letters."""
        known = self.column(collection, way.column)
        if known is None or not known.loosely:
            return found
        column = self.field(collection, way.column)
        return sa.and_(found, normal(way.identity, column).in_(wanted))

    def _spelled(self, collection: Collection, way: Match, wanted: list[str]) -> Truth:
        """Rows that hold an identity, also between spaces: in a form that an index can serve.

        A column without a type tells 42 and `42` apart, and a person does not.
        """
        column, kind = self.field(collection, way.column), base(way.identity)
        known = self.column(collection, way.column)
        email = kind == "email"
        lowered = email and not (known and known.folds)
        written: sa.ColumnElement[object] = sa.func.lower(column) if lowered else column
        accents = {unicodedata.normalize("NFD", each) for each in wanted}
        exact = [written.in_(sorted({*wanted, *accents}))]
        if self.typeless and not email and (figures := numbers(wanted)):
            exact.append(column.in_(figures))
        form = normal(kind, column)
        ahead = sa.and_(written < _AFTER_SPACES, form.in_(wanted))
        behind = (
            sa.and_(written > each, written < each + _AFTER_SPACES, form == each) for each in wanted
        )
        found = self._to_the_letter(collection, way, sa.or_(*exact), wanted)
        return sa.or_(found, ahead, *behind)

    def _numbers_in_words(self, collection: Collection, way: Follow, target: Collection) -> bool:
        """Say whether a column that need not hold numbers points at one that does.

        SQLite tells 7 and `7` apart in a column without a type; as a link they are the same.
        """
        pairs = zip(way.columns, way.onto, strict=True)
        kinds = [(self._type(collection, a), self._type(target, b)) for a, b in pairs]
        return any(a is not Type.NUMBER and b is Type.NUMBER for a, b in kinds)

    def column(self, collection: Collection, name: str) -> Column | None:
        """Return a column as the catalogue describes it."""
        shape = self.schema.tables.get(collection.name)
        return shape.column(name) if shape else None

    def _type(self, collection: Collection, name: str) -> Type:
        column = self.column(collection, name)
        return column.type if column else Type.OTHER
