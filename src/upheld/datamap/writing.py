"""Writes a drafted map as the YAML that people review."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from upheld.model import Act, Collection, Match, Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from upheld.model import Way

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*")
_PLAIN_URL = re.compile(r"[A-Za-z][A-Za-z0-9_+.:/@%=&~-]*[A-Za-z0-9_/]")
_ODD = re.compile(
    '[\x00-\x1f"\\\\\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]'
)

_HEADER = """\
# Where `{name}` holds personal data, drafted from its catalogue for a person to review.
#
# A word that ends in `?` is a guess. Decide on each and take its `?` away; when all the rest is
# right, `upheld map accept` takes away what is left. Until then a guessed row is nobody's.
#
#   is: about        the row is the person's       category: none      not personal
#   is: mentions     it is not, but names them     category: unlisted  personal, and no word fits
#   is: shared       it is somebody else's, too    erase: row          the row goes (or: fields)
"""


@dataclass(frozen=True, slots=True)
class Field:
    """A drafted field: `sure` is no guess; not `known` is a name that says nothing.

    Of JSON the `path` says how a part of it is named.
    """

    place: Place
    sure: bool = False
    known: bool = True
    path: str = ""


@dataclass(frozen=True, slots=True)
class Drafted:
    """A drafted collection; `keyed` if the catalogue has a primary key."""

    collection: Collection
    fields: tuple[Field, ...]
    keyed: bool = True
    remark: str = ""


def map_text(
    name: str, url: str, drafted: Iterable[Drafted], beside: Mapping[str, str] | None = None
) -> str:
    """Return the text of a map: a header for the reviewer, every collection, what lies beside."""
    lines = [_HEADER.format(name=name), "kind: sql", f"url: {_url(url)}"]
    blocks = [line for each in drafted for line in _block(each)]
    lines += ["collections:", *blocks] if blocks else ["collections: {}"]
    return "\n".join([*lines, *_beside(beside or {})]) + "\n"


def _beside(found: Mapping[str, str]) -> Iterator[str]:
    if found:
        yield ""
        yield "# What else there is to know of; `upheld map check` says what to do about it:"
        yield from (f"#   {_ODD.sub('?', name)}: {what}" for name, what in sorted(found.items()))


def _block(drafted: Drafted) -> Iterator[str]:
    collection = drafted.collection
    if not collection.personal:
        remark = f"  # {_ODD.sub('?', drafted.remark)}" if drafted.remark else ""
        yield f"  {_word(collection.name)}: not personal?{remark}"
        return
    yield f"  {_word(collection.name)}:"
    unkeyed = "" if drafted.keyed else "  # no primary key in the catalogue: what tells rows apart?"
    yield f"    key: {_words(collection.key)}{unkeyed}"
    if collection.person:
        yield "    person: yes"
    yield from _people(collection)
    if not collection.delete:
        yield "    erase: fields  # rows that stay point here"
    if collection.keep:
        since, within = collection.keep.since, collection.keep.within
        dated = f"from: {_word(since)}" if since else f"with: {_word(within or '')}"
        yield f"    keep: {{under: {collection.keep.clause}?, {dated}}}"
    yield "    fields:" if drafted.fields else "    fields: {}"
    yield from (f"      {_field(field, collection)}" for field in drafted.fields)


def _people(collection: Collection) -> Iterator[str]:
    if not collection.ways:
        yield "    people: []  # no way to a person found: add one, or say `not personal`"
        return
    yield "    people:"
    yield from (f"      - {_way(way)}" for way in collection.ways)


def _way(way: Way) -> str:
    if isinstance(way, Match):
        identity = _word(way.identity)
        return f"{{match: {_word(way.column)}, identity: {identity}, is: {way.bond}?}}"
    onto = f", onto: {_words(way.onto)}" if way.onto else ""
    return f"{{follow: {_words(way.columns)}, to: {_word(way.to)}{onto}, is: {way.bond}?}}"


def _field(field: Field, collection: Collection) -> str:
    place = field.place
    category = (place.category or "none") + ("" if field.sure else "?")
    more = "".join(_details(place, collection))
    value = f"{{category: {category}{more}}}" if more else category
    return f"{_word(place.name)}: {value}{_comment(field)}"


def _comment(field: Field) -> str:
    if field.place.category is None:
        return ""
    if field.path:
        return f"  # or say it of paths in it, like {_word(field.path)}"
    return "" if field.known else "  # its name says nothing"


def _details(place: Place, collection: Collection) -> Iterator[str]:
    if place.identity:
        yield f", identity: {_word(place.identity)}"
    if place.act is not _default(place, collection):
        yield f", erase: {place.act}"
    if place.secret:
        yield ", secret: yes"
    if place.of:
        yield f", of: {_words(place.of)}"


def _default(place: Place, collection: Collection) -> Act:
    if place.category is None:
        return Act.LEAVE
    return Act.RETAIN if collection.keep else Act.BLANK


def _words(words: tuple[str, ...]) -> str:
    return _word(words[0]) if len(words) == 1 else f"[{', '.join(map(_word, words))}]"


def _word(word: str) -> str:
    return word if _PLAIN.fullmatch(word) else _quoted(word)


def _url(url: str) -> str:
    return url if _PLAIN_URL.fullmatch(url) else _quoted(url)


def _quoted(word: str) -> str:
    return '"' + _ODD.sub(lambda odd: f"\\u{ord(odd.group()):04x}", word) + '"'
