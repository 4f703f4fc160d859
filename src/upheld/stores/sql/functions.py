"""What SQL does not say alike everywhere: sets of keys, derived values, redaction, normal forms.

Each is a construct of SQLAlchemy with one compilation per dialect; a new dialect adds its own.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import math
import re
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import TYPE_CHECKING, cast

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from upheld.errors import BadIdentity
from upheld.identity import base, normalise

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping

    from sqlalchemy.sql.compiler import SQLCompiler

    from upheld.model import Key, Scalar

ERASED = "[erased]"
REPLACED = "erased-"
"""What every replacement of a text begins with."""

_SHORTEST_NEEDLE = 2
_LARGEST = 2**63 - 1
_ISO_DATE = "'[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]*'"


class Derived(FunctionElement[object]):
    """A value in place of another: HMAC-SHA256 of the step's secret, the field and the row's key.

    Arguments: secret, form (`email`, `number`, `bytes` or `text:LENGTH`), field, key columns.
    A repeat writes the same bytes; without the secret nobody can tell whose it was.
    """

    inherit_cache = True


class Redacted(FunctionElement[object]):
    """A text without the person's identifiers. Arguments: text, needles (JSON)."""

    inherit_cache = True


class YearStart(FunctionElement[object]):
    """The first of January of a date's year, at midnight if it has a time. Argument: the date.

    What is no date becomes NULL: nobody can tell which part of it says how much.
    """

    inherit_cache = True


class Dated(FunctionElement[bool]):
    """Whether a value is a date, as in 2026-07-01 with or without a time. Argument: the value."""

    type = sa.Boolean()
    inherit_cache = True


class Normal(FunctionElement[str]):
    """The form a stored identity is compared in. Arguments: kind, column."""

    inherit_cache = True


class Among(FunctionElement[bool]):
    """Whether columns hold one of a list of keys. Arguments: the keys (JSON), the columns."""

    type = sa.Boolean()
    inherit_cache = True

    def self_group(self, against: object = None) -> Among:
        """Return it as it is: `… = 1` around it would hide the column from its index."""
        del against
        return self


class AmongWrapped(Among):
    """The same of keys that JSON cannot say, and that are wrapped in it."""

    inherit_cache = True


@compiles(Derived, "sqlite")
def _derived(element: Derived, compiler: SQLCompiler, **options: object) -> str:
    secret, form, name, *key = element.clauses
    arguments = [compiler.process(each, **options) for each in (secret, form, name)]
    row = ", ".join(f"quote({compiler.process(each, **options)})" for each in key)
    return f"upheld_derived({', '.join(arguments)}, json_array({row}))"


@compiles(Redacted, "sqlite")
def _redacted(element: Redacted, compiler: SQLCompiler, **options: object) -> str:
    text, patterns = (compiler.process(each, **options) for each in element.clauses)
    done = f"upheld_redacted({_readable(text)}, typeof({text}), {patterns})"
    return f"CASE typeof({text}) WHEN 'text' THEN CAST({done} AS TEXT) ELSE {done} END"


def _readable(column: str) -> str:
    """Hand a function the bytes of a text: the driver stops at a text that is no UTF-8."""
    return f"CASE typeof({column}) WHEN 'text' THEN CAST({column} AS BLOB) ELSE {column} END"


@compiles(YearStart, "sqlite")
def _year_start(element: YearStart, compiler: SQLCompiler, **options: object) -> str:
    day = compiler.process(element.clauses, **options)
    midnight = f"CASE WHEN length({day}) > 10 THEN ' 00:00:00' ELSE '' END"
    coarse = f"substr({day}, 1, 4) || '-01-01' || {midnight}"
    return f"CASE WHEN {day} GLOB {_ISO_DATE} THEN {coarse} WHEN {day} = '' THEN '' END"


@compiles(Dated, "sqlite")
def _dated(element: Dated, compiler: SQLCompiler, **options: object) -> str:
    return f"({compiler.process(element.clauses, **options)} GLOB {_ISO_DATE})"


@compiles(Normal, "sqlite")
def _normal(element: Normal, compiler: SQLCompiler, **options: object) -> str:
    kind, column = (compiler.process(each, **options) for each in element.clauses)
    return f"upheld_normal({kind}, {_readable(column)}, typeof({column}))"


@compiles(Among, "sqlite")
def _among(element: Among, compiler: SQLCompiler, **options: object) -> str:
    keys, *columns = (compiler.process(each, **options) for each in element.clauses)
    whole = len(columns) == 1
    parts = [
        "k.value" if whole else f"json_extract(k.value, '$[{n}]')" for n in range(len(columns))
    ]
    if isinstance(element, AmongWrapped):
        parts = [f"upheld_unwrapped({part})" for part in parts]
    held = columns[0] if whole else f"({', '.join(columns)})"
    return f"({held} IN (SELECT {', '.join(parts)} FROM json_each({keys}) AS k))"  # noqa: S608 (of quoted names and parameters)


@dataclass(frozen=True, slots=True)
class Listed:
    """Keys as one parameter, whatever their number; `wrapped` ones are not as JSON has them."""

    words: str = field(repr=False)
    wrapped: bool


def listed(keys: Iterable[Key]) -> Listed:
    """Return keys as a parameter; those of one part as a flat list."""
    parts: list[tuple[Scalar, ...]] = list(zip(*keys, strict=True))
    wrapped = not all(map(_json_keeps, parts))
    if wrapped:
        parts = [tuple(map(_wrapped, part)) for part in parts]
    rows = parts[0] if len(parts) == 1 else list(zip(*parts, strict=True))
    return Listed(json.dumps(rows), wrapped)


def in_keys(columns: Iterable[sa.ColumnElement[object]], keys: Listed) -> sa.ColumnElement[bool]:
    """Say that columns hold one of these keys."""
    among = AmongWrapped if keys.wrapped else Among
    return among(sa.literal(keys.words), *columns)


def _json_keeps(part: tuple[Scalar, ...]) -> bool:
    """Say whether values come out of SQLite's JSON as they went in: a NUL would cut one short."""
    return set(map(type, part)) == {int} or all(map(_keeps, part))


def _keeps(value: Scalar) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return not isinstance(value, bytes) and not (isinstance(value, str) and "\0" in value)


def _wrapped(value: Scalar) -> str | None:
    match value:
        case None:
            return None
        case str():
            return "t" + value.encode().hex()
        case bytes():
            return "b" + value.hex()
        case _:
            return f"{'f' if isinstance(value, float) else 'i'}{value!r}"


def _unwrap(word: str | None) -> Scalar:
    if word is None:
        return None
    kind, value = word[0], word[1:]
    match kind:
        case "t":
            return bytes.fromhex(value).decode()
        case "b":
            return bytes.fromhex(value)
        case "f":
            return float(value)
        case _:
            return int(value)


def spelled(value: object) -> str:
    """Return a stored identity as a person would type it: `7` also where 7.0 is stored."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def numbers(words: Iterable[str]) -> list[int]:
    """Return those of the words that a column of numbers can hold."""
    found = (int(word) for word in words if word.isascii() and word.isdecimal())
    return [number for number in found if number <= _LARGEST]


def octets(words: Iterable[str]) -> list[bytes]:
    """Return those of the words that spell bytes, as a UUID does."""
    bare = (word.replace("-", "") for word in words)
    return [bytes.fromhex(word) for word in bare if _HEX.fullmatch(word)]


_HEX = re.compile(r"(?:[0-9a-fA-F]{2})+")


def needles(identities: Mapping[str, Iterable[str]]) -> str:
    """Return what a text is searched for: a JSON list of patterns, longest first."""
    patterns = {
        pattern
        for kind, values in identities.items()
        for value in values
        if (pattern := _pattern(base(kind), value))
    }
    return json.dumps(sorted(patterns, key=lambda pattern: (-len(pattern), pattern)))


def _pattern(kind: str, value: str) -> str | None:
    if len(value) < _SHORTEST_NEEDLE:
        return None
    match kind:
        case "email":
            return rf"(?<![\w.+-]){_letters(value)}(?![\w-])"
        case "phone":
            return r"\+?(?<!\d)" + r"[\s()./\u2010-\u2015-]*".join(value) + r"(?!\d)"
        case "name":
            return r"(?<!\w)" + r"\s+".join(map(_letters, value.split())) + r"(?!\w)"
        case _:
            return None


def _letters(word: str) -> str:
    """Return a pattern of a word: accents written either way, `ß` for the `ss` it folds to."""
    found = (
        f"(?:{re.escape(letter)}|{re.escape(parts)})" if parts != letter else re.escape(letter)
        for letter in word
        if (parts := unicodedata.normalize("NFD", letter))
    )
    return "".join(found).replace("ss", "(?:ss|ß|ẞ)")


def install(connection: sqlite3.Connection) -> None:
    """Give a SQLite connection the functions that its dialect of these constructs calls."""
    connection.create_function("upheld_derived", 4, _derive, deterministic=True)
    (encoding,) = connection.execute("PRAGMA encoding").fetchone()
    redact, form = partial(_redact, encoding), partial(_normalise, encoding)
    connection.create_function("upheld_redacted", 3, redact, deterministic=True)
    connection.create_function("upheld_normal", 3, form, deterministic=True)
    connection.create_function("upheld_unwrapped", 1, _unwrap, deterministic=True)


def _derive(secret: bytes, form: str, name: str, row: str) -> str | int | bytes:
    digest = hmac.digest(secret, f"{name}\x00{row}".encode(), hashlib.sha256)
    kind, _, length = form.partition(":")
    match kind:
        case "email":
            return f"{REPLACED}{digest.hex()[:24]}@erased.invalid"
        case "number":
            return int.from_bytes(digest[:6])
        case "bytes":
            return digest
        case _:
            return f"{REPLACED}{digest.hex()[:32]}"[: int(length)]


def _redact(encoding: str, value: Scalar, kind: str, patterns: str) -> Scalar:
    """Return a text redacted, as bytes in the database's encoding; all else as it came.

    A column of texts may hold texts as bytes, and those are UTF-8 if they are any.
    """
    if not isinstance(value, bytes):
        return value
    encoding = encoding if kind == "text" else "UTF-8"
    odd = "surrogateescape" if encoding == "UTF-8" else "surrogatepass"
    try:
        text = value.decode(encoding, odd)
    except UnicodeDecodeError:  # UTF-16 of half a letter
        return value
    return _compiled(patterns).sub(ERASED, text).encode(encoding, odd)


@lru_cache(maxsize=64)
def _compiled(patterns: str) -> re.Pattern[str]:
    found = cast("list[str]", json.loads(patterns))
    return re.compile("|".join(found) or r"(?!)", re.IGNORECASE)


def _normalise(encoding: str, kind: str, value: object, stored: str) -> str | None:
    try:
        if isinstance(value, bytes) and stored == "text":
            value = value.decode(encoding)
        return normalise(kind, spelled(value)) if value is not None else None
    except (BadIdentity, UnicodeDecodeError):
        return None
