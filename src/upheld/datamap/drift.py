"""Compares a map with the catalogue it speaks of: what is gone, new, unsafe or slow."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from upheld.datamap.fulltext import full_text
from upheld.datamap.kin import sound
from upheld.model import Act, Bond, Follow, Match, Type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from upheld.model import Collection, Column, Place, Reference, Schema, StoreMap, Table, Way

_HOLDS_ANYTHING = (Type.TEXT, Type.BYTES, Type.OTHER)
_SHORTEST_REPLACEMENT = 24
_NO_WORD = re.compile(r"\W+")
_MARKS = re.compile(r"[\s\"`\[\]]")


class Severity(StrEnum):
    """How bad it is: the map cannot be trusted, it can be with care, or it could be better."""

    BROKEN = "broken"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Drift:
    """One thing in which a map and a catalogue disagree; `next_step` is what to do about it."""

    severity: Severity
    place: str
    words: str
    next_step: str


def drift(mapped: StoreMap, schema: Schema) -> tuple[Drift, ...]:
    """Return all that is wrong between a map and the catalogue of its store, the worst first.

    Only names and types are compared. A manual store has no catalogue and never drifts.
    """
    if mapped.kind == "manual":
        return ()
    schema = sound(schema)
    found = [*_guesses(mapped), *_unmapped(mapped, schema), *_indexes(mapped, schema)]
    for collection in mapped.collections:
        table = schema.tables.get(collection.name)
        if table is None:
            found.append(_gone(mapped, collection))
        elif collection.personal:
            found.extend(_Compared(mapped, collection, table).all())
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


def _indexes(mapped: StoreMap, schema: Schema) -> Iterator[Drift]:
    for name in dict.fromkeys(full_text(schema).values()):
        collection = mapped.collection(name)
        yield Drift(
            Severity.WARNING,
            f"{mapped.file}:{collection.line if collection else 1}",
            f"`{name}` is a full-text index and can hold the words of rows that are erased",
            "rebuild it after each erasure of its content table, or drop it",
        )


def _gone(mapped: StoreMap, collection: Collection) -> Drift:
    return Drift(
        Severity.BROKEN if collection.personal else Severity.NOTE,
        f"{mapped.file}:{collection.line}",
        f"table `{collection.name}` is in the map and not in the database",
        "take it out of the map, or find out where its rows went",
    )


@dataclass(frozen=True, slots=True)
class _Compared:
    """A mapped collection beside the table of its name."""

    mapped: StoreMap
    collection: Collection
    table: Table

    def all(self) -> Iterator[Drift]:
        yield from self.gone()
        yield from self.new()
        yield from self.key()
        yield from self.nobody()
        for way in self.collection.ways:
            yield from self.slow(way)
        for reference in self.table.references:
            yield from self.unfollowed(reference)
        for place in self.collection.places:
            column = self.table.column(place.name)
            if column is not None:
                yield from self.unlisted(place)
                yield from self.impossible(place, column)
        yield from self.undatable()

    def gone(self) -> Iterator[Drift]:
        for name in dict.fromkeys([*self._fields(), *self._needed()]):
            if self.table.column(name) is None:
                then = "take it out of the map, or name the column that holds it now"
                yield self._broken(name, "is in the map and not in the database", then)

    def new(self) -> Iterator[Drift]:
        known = {*self._fields(), *self._needed()}
        for column in self.table.columns:
            if column.name in known:
                continue
            text = column.type in _HOLDS_ANYTHING
            what = "can hold words and is not in the map" if text else "is not in the map"
            then = "give it a category, or `none` if it says nothing about anybody"
            yield (self._broken if text else self._warning)(column.name, what, then)

    def key(self) -> Iterator[Drift]:
        ours, theirs = set(self.collection.key), set(self.table.key)
        whole = ours == theirs or any(ours == set(unique) for unique in self.table.unique)
        if theirs and not whole:
            yield self._drift(
                Severity.BROKEN,
                f"the key of `{self.collection.name}` in the map does not tell its rows apart",
                f"write `key: [{', '.join(self.table.key)}]`, as the database has it",
            )

    def nobody(self) -> Iterator[Drift]:
        if not self.collection.ways:
            yield self._drift(
                Severity.WARNING,
                f"`{self.collection.name}` is personal, and nobody is found in it",
                "add a way under `people`, or say `not personal`",
            )

    def slow(self, way: Way) -> Iterator[Drift]:
        parts = tuple(map(_quoted, way.columns))
        kind = way.identity.partition(":")[0] if isinstance(way, Match) else ""
        if isinstance(way, Match) and not way.stored_normalised and kind in ("email", "phone"):
            if kind == "phone":
                then = "say `stored: normalised` if it holds digits only, and index it"
                yield self._note(way.column, "is compared in every row, as it is written", then)
                return
            parts = tuple(f"lower({each})" for each in parts)
        if not any(_leads(index, parts) for index in self.table.indexes):
            then = f"run `{_create_index(self.collection.name, way.columns, parts)}`"
            yield self._warning(", ".join(way.columns), "is looked up and has no index", then)

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

    def impossible(self, place: Place, column: Column) -> Iterator[Drift]:
        stays = not self.collection.delete or self.collection.keep is not None or bool(place.of)
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
            case Act.REDACT, Type.NUMBER | Type.DATE | Type.BYTES:
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

    def _needed(self) -> list[str]:
        ways = [name for way in self.collection.ways for name in way.columns]
        aimed = [
            name
            for each in self.mapped.collections
            for way in each.ways
            if isinstance(way, Follow) and way.to == self.collection.name
            for name in way.onto
        ]
        keep = self.collection.keep
        return [*self.collection.key, *ways, *aimed, *([keep.since] if keep and keep.since else [])]

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


def _leads(index: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    """Say whether an index begins with these columns, in any order."""
    first = {_bare(each) for each in index[: len(wanted)]}
    return first == {_bare(each) for each in wanted}


def _create_index(table: str, columns: tuple[str, ...], parts: tuple[str, ...]) -> str:
    called = "_".join(("ix", *(_NO_WORD.sub("_", each) for each in (table, *columns))))
    return f"CREATE INDEX {_quoted(called)} ON {_quoted(table)} ({', '.join(parts)})"


def _quoted(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def _bare(expression: str) -> str:
    return _MARKS.sub("", expression).casefold()


def _leading(collection: Collection) -> bool:
    return collection.person or any(way.bond is not Bond.MENTIONS for way in collection.ways)
