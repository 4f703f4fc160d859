"""Compares a map with the catalogue it speaks of: what is gone, new, unsafe or slow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from upheld.datamap.beside import beside
from upheld.datamap.fulltext import full_text, keeps_words
from upheld.datamap.indexes import advice
from upheld.datamap.kin import sound
from upheld.datamap.naming import held
from upheld.datamap.told import Drift, Severity
from upheld.identity import comparable, of_several
from upheld.model import (
    STEPS,
    Act,
    Bond,
    Dialect,
    Follow,
    Match,
    Type,
    inexact,
    irreplaceable,
    unredactable,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from upheld.model import (
        Collection,
        Column,
        Place,
        Reference,
        Schema,
        StoreMap,
        Table,
        Way,
    )

__all__ = ["Drift", "Severity", "drift"]

_HOLDS_ANYTHING = (Type.TEXT, Type.BYTES, Type.OTHER)
_SHORTEST_REPLACEMENT = 24
_UNWRITTEN = (Act.LEAVE, Act.RETAIN)
_JSON = ("json", "jsonb")
_GONE = "is in the map and not in the database"
_VEILED = "is in the map and not shown to this role: it may not read it, or it is gone"
_SHOW = "let the owner run what `upheld grants` prints; if it is gone, take it out of the map"
_NO_TEXT = (Type.NUMBER, Type.DATE, Type.BYTES)


def leading(mapped: StoreMap) -> frozenset[str]:
    """Return the kinds of identities, of those that several people may bear, that lead to rows."""
    ways = (way for each in mapped.collections for way in each.ways if way.bond is Bond.ABOUT)
    kinds = (way.identity for way in ways if isinstance(way, Match))
    return frozenset(comparable(kind) for kind in kinds if of_several(kind))


def drift(
    mapped: StoreMap, schema: Schema, others: frozenset[str] = frozenset()
) -> tuple[Drift, ...]:
    """Return all that is wrong between a map and the catalogue of its store, the worst first.

    Only names and types are compared. A manual store has no catalogue and never drifts. What is to
    be run is said in the SQL of the store. `others` are the kinds that are `leading` in others.
    """
    if mapped.kind == "manual":
        return ()
    schema = sound(schema)
    found = [*_guesses(mapped), *_unmapped(mapped, schema), *_indexes(mapped, schema)]
    found += beside(mapped, schema)
    for collection in mapped.collections:
        table = schema.tables.get(collection.name)
        if table is None:
            found.append(_gone(mapped, collection, schema))
        elif collection.personal:
            found.extend(_Compared(mapped, collection, table, schema.dialect, others).all())
    order = list(Severity)
    return tuple(sorted(found, key=lambda each: (order.index(each.severity), *_line(each.place))))


def _line(place: str) -> tuple[str, int]:
    file, _, line = place.rpartition(":")
    return file, int(line)


def _guesses(mapped: StoreMap) -> Iterator[Drift]:
    if mapped.guesses:
        place, _, said = mapped.guesses[0].partition(" ")
        count = len(mapped.guesses)
        words = (
            f"{count} guesses are left, the first is `{said}`"
            if count > 1
            else f"`{said}` is a guess"
        )
        yield Drift(
            Severity.WARNING,
            place,
            words,
            "review each and take its `?` away; until then a guessed row is nobody's",
        )


def _unmapped(mapped: StoreMap, schema: Schema) -> Iterator[Drift]:
    for name, table in schema.tables.items():
        if mapped.collection(name) is None:
            text = any(column.type in _HOLDS_ANYTHING for column in table.columns)
            yield Drift(
                Severity.BROKEN if text else Severity.WARNING,
                f"{mapped.file}:1",
                f"table `{name}` is in the database and not in the map",
                f"map it, or say `{name}: not personal`",
            )
    if STEPS in schema.tables:
        yield Drift(
            Severity.NOTE,
            f"{mapped.file}:1",
            f"`{STEPS}` is a table of another make, so no erasure is recorded there",
            "rename it if you want them recorded, then run what `upheld grants` prints",
        )


def _indexes(mapped: StoreMap, schema: Schema) -> Iterator[Drift]:
    for name in dict.fromkeys(full_text(schema).values()):
        collection = mapped.collection(name)
        yield Drift(
            Severity.WARNING,
            f"{mapped.file}:{collection.line if collection else 1}",
            f"`{name}` is a full-text index and can hold the words of rows that are erased",
            "rebuild it after each erasure of its content table, or drop it",
        )


def _gone(mapped: StoreMap, collection: Collection, schema: Schema) -> Drift:
    gone = f"table `{collection.name}` {_VEILED if schema.veiled else _GONE}"
    then = _SHOW if schema.veiled else "take it out of the map, or find out where its rows went"
    if what := schema.beside.get(collection.name):
        gone = f"`{collection.name}` is in the map and is {what}"
        then = "take it out of the map, and map the tables that hold its rows"
    return Drift(
        Severity.BROKEN if collection.personal else Severity.NOTE,
        f"{mapped.file}:{collection.line}",
        gone,
        then,
    )


@dataclass(frozen=True, slots=True)
class _Compared:
    """A mapped collection beside the table of its name."""

    mapped: StoreMap
    collection: Collection
    table: Table
    dialect: Dialect | None
    others: frozenset[str]

    def all(self) -> Iterator[Drift]:
        yield from self.hidden()
        yield from self.gone()
        yield from self.new()
        yield from self.in_part()
        yield from self.key()
        yield from self.arrays()
        yield from self.inexact()
        yield from self.nobody()
        for way in (*self.collection.ways, *self.asked()):
            yield from self.slow(way)
        for reference in self.table.references:
            yield from self.unfollowed(reference)
        for place in self.collection.places:
            column = held(self.table, place.name)
            if column is not None:
                yield from self.unlisted(place)
                yield from self.unwritable(place, column)
        yield from self.undatable()

    def hidden(self) -> Iterator[Drift]:
        if self.table.hidden:
            yield self._drift(
                Severity.BROKEN,
                f"row-level security keeps rows of `{self.collection.name}` from this role",
                "give Upheld's role BYPASSRLS; what it cannot see it cannot erase",
            )

    def gone(self) -> Iterator[Drift]:
        for name in dict.fromkeys([*self._fields(), *self._needed()]):
            if held(self.table, name) is None:
                then = "take it out of the map, or name the column that holds it now"
                veiled = self.table.veiled
                yield self._broken(name, *((_VEILED, _SHOW) if veiled else (_GONE, then)))

    def new(self) -> Iterator[Drift]:
        known = self._columns()
        for column in self.table.columns:
            if column.name in known:
                continue
            text = column.type in _HOLDS_ANYTHING
            what = "can hold words and is not in the map" if text else "is not in the map"
            then = "give it a category, or `none` if it says nothing about anybody"
            yield (self._broken if text else self._warning)(column.name, what, then)

    def in_part(self) -> Iterator[Drift]:
        """Tell columns of which the map names nothing but paths in their JSON."""
        for name in sorted(self._columns() - {*self._fields(), *self._needed()}):
            then = f"give `{name}` a category, or `none` if nothing else in it is about anybody"
            yield self._note(name, "is mapped by paths in it alone", then)

    def key(self) -> Iterator[Drift]:
        ours, theirs = set(self.collection.key), set(self.table.key)
        whole = ours == theirs or any(ours == set(unique) for unique in self.table.unique)
        if theirs and not whole:
            yield self._drift(
                Severity.BROKEN,
                f"the key of `{self.collection.name}` in the map does not tell its rows apart",
                f"write `key: [{', '.join(self.table.key)}]`, as the database has it",
            )

    def arrays(self) -> Iterator[Drift]:
        """Tell arrays by which rows would be named or linked: an array is many values, or none."""
        links = [way for way in self.collection.ways if isinstance(way, Follow)]
        linked = [name for way in links for name in way.columns]
        for name in dict.fromkeys([*self.collection.key, *linked]):
            column = held(self.table, name)
            if column is not None and column.declared.endswith("[]"):
                key = name in self.collection.key
                what = "the key of rows" if key else "a link to one row"
                then = (
                    "write another key, that is UNIQUE and NOT NULL"
                    if key
                    else "map a table with a row for each link instead"
                )
                yield self._broken(name, f"is an array and cannot be {what}", then)

    def inexact(self) -> Iterator[Drift]:
        """Tell what rows would be named or pointed at by, and are not found again by."""
        for name in dict.fromkeys([*self.collection.key, *self._aimed()]):
            column = held(self.table, name)
            if column is not None and inexact(column, self.dialect):
                words = f"is of type {column.declared} and cannot be the key of rows"
                yield self._broken(name, words, "write another key, and links to that")

    def nobody(self) -> Iterator[Drift]:
        if not self.collection.ways:
            yield self._drift(
                Severity.WARNING,
                f"`{self.collection.name}` is personal, and nobody is found in it",
                "add a way under `people`, or say `not personal`",
            )

    def asked(self) -> Iterator[Match]:
        """Yield fields of people of which it is asked who else bears what led to rows elsewhere."""
        kinds = self.others | leading(self.mapped)
        led = {name for way in self.collection.ways for name in way.columns}
        for place in self.collection.places if self.collection.person else ():
            if comparable(place.identity or "name") in kinds and place.name not in led:
                yield Match(place.name, place.identity or "", Bond.ABOUT, place.stored)

    def slow(self, way: Way) -> Iterator[Drift]:
        then = advice(self.table, way, self.dialect)
        if then is None:
            return
        names = ", ".join(way.columns)
        if then.startswith("run "):
            yield self._warning(names, "is looked up and has no index", then)
        else:
            yield self._note(names, "is compared in every row, as it is written", then)

    def unfollowed(self, reference: Reference) -> Iterator[Drift]:
        target = self.mapped.collection(reference.to)
        followed = {way.columns for way in self.collection.ways if isinstance(way, Follow)}
        if target is None or not _leading(target) or reference.columns in followed:
            return
        then = "add a way that follows it, if only `mentions`"
        words = f"points at `{reference.to}` and no way follows it"
        severe = self._warning if target.person else self._note
        yield severe(", ".join(reference.columns), words, then)

    def unlisted(self, place: Place) -> Iterator[Drift]:
        if place.category == "unlisted":
            then = "find its category, or add one to the policy"
            yield self._warning(place.name, "is personal and in no category", then)

    def unwritable(self, place: Place, column: Column) -> Iterator[Drift]:
        """Tell what an erasure cannot do to a field, as the database has it."""
        if place.name != column.name:
            yield from self.no_path(place, column)
        elif column.generated:
            if place.act not in _UNWRITTEN:
                then = "see that what it is computed from is erased, and use `erase: leave`"
                yield self._note(place.name, "is computed and never written", then)
        else:
            yield from self.impossible(place, column)
            yield from self.keeping_words(place, column)

    def no_path(self, place: Place, column: Column) -> Iterator[Drift]:
        texts = column.type is Type.TEXT and self.dialect is not Dialect.POSTGRESQL
        if column.declared not in _JSON and not texts:
            then = f"name `{column.name}` itself, or make it a column of JSON"
            yield self._broken(place.name, "is a path in what is no JSON", then)

    def keeping_words(self, place: Place, column: Column) -> Iterator[Drift]:
        if keeps_words(column) and self._stays(place) and place.act in _UNWRITTEN:
            then = "make it GENERATED ALWAYS, or use `erase: blank`"
            words = "keeps the words of other columns when these are erased"
            yield self._warning(place.name, words, then)

    def impossible(self, place: Place, column: Column) -> Iterator[Drift]:
        stays = self._stays(place)
        unique = (place.name,) in self.table.unique
        short = column.length is not None and column.length < _SHORTEST_REPLACEMENT
        match place.act, column.type:
            case Act.BLANK, _ if stays and not column.nullable:
                then = "use `erase: replace`, `anonymise` or `leave`"
                yield self._broken(place.name, "is NOT NULL and cannot be blanked", then)
            case Act.REPLACE, Type.TEXT if short and unique:
                then = "let the row go, or make the column longer"
                yield self._broken(place.name, "is UNIQUE and too short for a replacement", then)
            case Act.REPLACE, Type.TEXT if short:
                what = f"is shorter than {_SHORTEST_REPLACEMENT} characters; replacements are cut"
                yield self._note(place.name, what, "see whether what is left is good enough")
            case Act.REPLACE, Type.DATE:
                then = "use `erase: anonymise`"
                yield self._broken(place.name, "is a date and cannot be replaced by a word", then)
            case Act.REDACT | Act.REPLACE, _ if column.declared in _JSON:
                then = "use `erase: blank`, or name paths in it"
                yield self._broken(place.name, "is JSON, and no word stands in its place", then)
            case Act.REPLACE, _ if irreplaceable(column, self.dialect):
                then = "use `erase: blank` or `leave`"
                yield self._broken(place.name, "cannot be replaced by a word", then)
            case Act.REDACT, kind if kind in _NO_TEXT or unredactable(column, self.dialect):
                then = "use `erase: blank`"
                yield self._broken(place.name, "is no text and cannot be redacted", then)
            case Act.ANONYMISE, Type.NUMBER | Type.BYTES | Type.OTHER:
                then = "use `erase: blank` or `replace`"
                yield self._broken(place.name, "is no date and cannot be anonymised", then)
            case Act.ANONYMISE, Type.TEXT:
                then = "see that it holds dates like `1990-05-17`, or use `erase: blank`"
                yield self._warning(place.name, "is text and is anonymised as a date", then)
            case _:
                pass

    def undatable(self) -> Iterator[Drift]:
        since = self.collection.keep.since if self.collection.keep else None
        column = self.table.column(since) if since else None
        if column and column.type not in (Type.DATE, Type.TEXT):
            then = "name the column that says when the row began to be needed"
            yield self._broken(column.name, "dates what is kept and is no date", then)

    def _fields(self) -> list[str]:
        return [place.name for place in self.collection.places]

    def _columns(self) -> set[str]:
        """Return the columns that are spoken of, whole or by a path in their JSON."""
        found = (held(self.table, name) for name in (*self._fields(), *self._needed()))
        return {column.name for column in found if column is not None}

    def _stays(self, place: Place) -> bool:
        return not self.collection.delete or self.collection.keep is not None or bool(place.of)

    def _needed(self) -> list[str]:
        ways = [name for way in self.collection.ways for name in way.columns]
        keep = self.collection.keep
        since = [keep.since] if keep and keep.since else []
        return [*self.collection.key, *ways, *self._aimed(), *since]

    def _aimed(self) -> list[str]:
        return [
            name
            for each in self.mapped.collections
            for way in each.ways
            if isinstance(way, Follow) and way.to == self.collection.name
            for name in way.onto
        ]

    def _broken(self, column: str, words: str, then: str) -> Drift:
        return self._drift(Severity.BROKEN, self._named(column, words), then)

    def _warning(self, column: str, words: str, then: str) -> Drift:
        return self._drift(Severity.WARNING, self._named(column, words), then)

    def _note(self, column: str, words: str, then: str) -> Drift:
        return self._drift(Severity.NOTE, self._named(column, words), then)

    def _named(self, column: str, words: str) -> str:
        return f"`{self.collection.name}.{column}` {words}"

    def _drift(self, severity: Severity, words: str, then: str) -> Drift:
        return Drift(severity, f"{self.mapped.file}:{self.collection.line}", words, then)


def _leading(collection: Collection) -> bool:
    return collection.person or any(way.bond is not Bond.MENTIONS for way in collection.ways)
