"""What SQL does not say alike everywhere: sets of keys, derived values, redaction, normal forms.

Each is a construct of SQLAlchemy with one compilation per dialect; a new dialect adds its own.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias, cast

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from upheld.errors import BadIdentity
from upheld.identity import base, normalise

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy.sql.compiler import SQLCompiler

    from upheld.model import Key

ERASED = "[erased]"
_SHORTEST_NEEDLE = 2

_Stored: TypeAlias = str | int | float | bytes | None


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
    """The first of January of a date's year, at midnight if it has a time. Argument: the date."""

    inherit_cache = True


class Normal(FunctionElement[str]):
    """The form a stored identity is compared in. Arguments: kind, column."""

    inherit_cache = True


@compiles(Derived, "sqlite")
def _derived(element: Derived, compiler: SQLCompiler, **options: object) -> str:
    secret, form, name, *key = element.clauses
    arguments = [compiler.process(each, **options) for each in (secret, form, name)]
    row = ", ".join(compiler.process(each, **options) for each in key)
    return f"upheld_derived({', '.join(arguments)}, json_array({row}))"


@compiles(Redacted, "sqlite")
def _redacted(element: Redacted, compiler: SQLCompiler, **options: object) -> str:
    return f"upheld_redacted({compiler.process(element.clauses, **options)})"


@compiles(YearStart, "sqlite")
def _year_start(element: YearStart, compiler: SQLCompiler, **options: object) -> str:
    day = compiler.process(element.clauses, **options)
    midnight = f"CASE WHEN length({day}) > 10 THEN ' 00:00:00' ELSE '' END"
    return f"substr({day}, 1, 4) || '-01-01' || {midnight}"


@compiles(Normal, "sqlite")
def _normal(element: Normal, compiler: SQLCompiler, **options: object) -> str:
    return f"upheld_normal({compiler.process(element.clauses, **options)})"


def in_keys(
    columns: Sequence[sa.ColumnElement[object]], keys: Iterable[Key]
) -> sa.ColumnElement[bool]:
    """Say that columns hold one of these keys: one parameter whatever their number."""
    each = sa.func.json_each(json.dumps([list(key) for key in keys])).table_valued("value")
    parts = [sa.func.json_extract(each.c.value, f"$[{n}]") for n in range(len(columns))]
    if len(columns) == 1:
        return columns[0].in_(sa.select(parts[0]))
    return sa.tuple_(*columns).in_(sa.select(*parts))


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
            return rf"(?<![\w.+-]){re.escape(value)}(?![\w-])"
        case "phone":
            return r"\+?(?<!\d)" + r"[\s()./-]*".join(value) + r"(?!\d)"
        case "name":
            return r"(?<!\w)" + r"\s+".join(map(re.escape, value.split())) + r"(?!\w)"
        case _:
            return None


def install(connection: sqlite3.Connection) -> None:
    """Give a SQLite connection the functions that its dialect of these constructs calls."""
    connection.create_function("upheld_derived", 4, _derive, deterministic=True)
    connection.create_function("upheld_redacted", 2, _redact, deterministic=True)
    connection.create_function("upheld_normal", 2, _normalise, deterministic=True)


def _derive(secret: bytes, form: str, name: str, row: str) -> str | int | bytes:
    digest = hmac.digest(secret, f"{name}\x00{row}".encode(), hashlib.sha256)
    kind, _, length = form.partition(":")
    match kind:
        case "email":
            return f"erased-{digest.hex()[:24]}@erased.invalid"
        case "number":
            return int.from_bytes(digest[:6])
        case "bytes":
            return digest
        case _:
            return f"erased-{digest.hex()[:32]}"[: int(length)]


def _redact(text: _Stored, patterns: str) -> _Stored:
    return _compiled(patterns).sub(ERASED, text) if isinstance(text, str) else text


@lru_cache(maxsize=64)
def _compiled(patterns: str) -> re.Pattern[str]:
    found = cast("list[str]", json.loads(patterns))
    return re.compile("|".join(found) or r"(?!)", re.IGNORECASE)


def _normalise(kind: str, value: object) -> str | None:
    try:
        return normalise(kind, str(value)) if value is not None else None
    except BadIdentity:
        return None
