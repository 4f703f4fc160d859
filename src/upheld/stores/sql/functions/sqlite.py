"""The constructs in the words of SQLite, with functions that this process lends it."""

from __future__ import annotations

import hashlib
import json
import re
from functools import lru_cache, partial
from typing import TYPE_CHECKING, cast

from sqlalchemy.ext.compiler import compiles

from upheld.errors import BadIdentity
from upheld.identity import normalise
from upheld.stores.sql.functions import (
    AT,
    ERASED,
    REPLACED,
    Dated,
    Digest,
    Normal,
    NormalAccount,
    NormalEmail,
    NormalName,
    NormalPhone,
    Octets,
    Redacted,
    Replaced,
    Spelled,
    Whole,
    YearStart,
    spelled,
)
from upheld.stores.sql.functions.keys import Among, AmongWrapped, unwrapped

if TYPE_CHECKING:
    import sqlite3

    from sqlalchemy.sql.compiler import SQLCompiler

    from upheld.model import Scalar

_ISO_DATE = "'[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]*'"


@compiles(Digest, "sqlite")
def _digest(element: Digest, compiler: SQLCompiler, **options: object) -> str:
    outer, inner, name, *key = (compiler.process(each, **options) for each in element.clauses)
    row = ", ".join(f"quote({each})" for each in key)
    return f"upheld_digest({outer}, {inner}, {name}, json_array({row}))"


@compiles(Whole, "sqlite")
def _whole(element: Whole, compiler: SQLCompiler, **options: object) -> str:
    made, by = (compiler.process(each, **options) for each in element.clauses)
    return f"upheld_whole({made}, {by})"


@compiles(Octets, "sqlite")
def _octets(element: Octets, compiler: SQLCompiler, **options: object) -> str:
    return f"upheld_octets({compiler.process(element.clauses, **options)})"


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


@compiles(Spelled, "sqlite")
def _spelled(element: Spelled, compiler: SQLCompiler, **options: object) -> str:
    return f"({compiler.process(element.clauses, **options)} COLLATE BINARY)"


@compiles(Replaced, "sqlite")
def _replaced(element: Replaced, compiler: SQLCompiler, **options: object) -> str:
    said, first = compiler.process(element.clauses, **options), len(REPLACED) + 1
    cut = f"length({said}) < {first + 32} AND substr({said}, {first}) NOT GLOB '*[^0-9a-f]*'"
    whole = f"{said} GLOB '{REPLACED}{'[0-9a-f]' * 24}{AT}'"
    return f"({said} GLOB '{REPLACED}*' AND ({cut} OR {whole}))"


def _normal(element: Normal, compiler: SQLCompiler, **options: object) -> str:
    column = compiler.process(element.clauses, **options)
    return f"upheld_normal('{element.kind}', {_readable(column)}, typeof({column}))"


for each in (NormalEmail, NormalPhone, NormalName, NormalAccount):
    compiles(each, "sqlite")(_normal)


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


def install(connection: sqlite3.Connection) -> None:
    """Give a connection the functions that these constructs call."""
    connection.create_function("upheld_digest", 4, _hmac, deterministic=True)
    connection.create_function("upheld_whole", 2, _number, deterministic=True)
    connection.create_function("upheld_octets", 1, bytes.fromhex, deterministic=True)
    (encoding,) = connection.execute("PRAGMA encoding").fetchone()
    redact, form = partial(_redact, encoding), partial(_normalise, encoding)
    connection.create_function("upheld_redacted", 3, redact, deterministic=True)
    connection.create_function("upheld_normal", 3, form, deterministic=True)
    connection.create_function("upheld_unwrapped", 1, unwrapped, deterministic=True)


def _hmac(outer: bytes, inner: bytes, name: str, row: str) -> str:
    within = hashlib.sha256(inner + f"{name}\x00{row}".encode()).digest()
    return hashlib.sha256(outer + within).hexdigest()


def _number(made: str, by: int) -> int:
    return int(made[:12], 16) >> by


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
