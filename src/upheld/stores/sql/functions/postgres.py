"""The constructs in the words of PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.ext.compiler import compiles

from upheld.model import Type
from upheld.stores.sql.functions import (
    ERASED,
    SHAPE,
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
)
from upheld.stores.sql.functions.keys import Among, AmongWrapped, described
from upheld.stores.sql.functions.misfits import counts

if TYPE_CHECKING:
    from sqlalchemy.sql.compiler import SQLCompiler

    from upheld.model import Column

_DAY = "'^[0-9]{4}-[01][0-9]-[0-3][0-9]'"
_SPACES = r"E' \t\n\r\f\v'"
_TEXTS = ("text", "character varying")
_PLAIN_TEXTS = frozenset({"text", "character varying", "bpchar", "name"})
_INTEGERS = frozenset({"smallint", "integer", "bigint"})
_STRICTLY = 'COLLATE "default"'
"""Takes no different letters for the same, as a column's own may: of those no pattern is tried."""

_DIMENSIONS = range(1, 7)
"""Of an array, as many as there can be."""

_COMPARED = frozenset({"uuid", "inet", "cidr", "macaddr", "macaddr8"})
"""Of no other type beside texts, numbers, days and bytes is a key compared as it is."""


@compiles(Digest, "postgresql")
def _digest(element: Digest, compiler: SQLCompiler, **options: object) -> str:
    outer, inner, name, *key = (compiler.process(each, **options) for each in element.clauses)
    row = ", ".join(f"CAST({each} AS text)" for each in key)
    said = f"convert_to({name}, 'UTF8') || '\\x00'::bytea"
    said += f" || convert_to(CAST(jsonb_build_array({row}) AS text), 'UTF8')"
    return f"encode(sha256({outer} || sha256({inner} || {said})), 'hex')"


@compiles(Whole, "postgresql")
def _whole(element: Whole, compiler: SQLCompiler, **options: object) -> str:
    made, by = (compiler.process(each, **options) for each in element.clauses)
    return f"(CAST(CAST('x' || substr({made}, 1, 12) AS bit(48)) AS bigint) >> {by})"


@compiles(Octets, "postgresql")
def _octets(element: Octets, compiler: SQLCompiler, **options: object) -> str:
    return f"decode({compiler.process(element.clauses, **options)}, 'hex')"


@compiles(Redacted, "postgresql")
def _redacted(element: Redacted, compiler: SQLCompiler, **options: object) -> str:
    column = described(next(iter(element.clauses)))
    text, patterns = (compiler.process(each, **options) for each in element.clauses)
    if column and column.declared.endswith("[]"):
        part = f"regexp_replace(CAST(e.part AS text) {_STRICTLY}, {patterns}, '{ERASED}', 'g')"
        shapes = " ".join(f"WHEN {n} THEN {_of_shape(text, part, n)}" for n in _DIMENSIONS)
        words = f"array_dims({text}) || '=' || CAST(CASE array_ndims({text}) {shapes} END AS text)"
        return f"coalesce(CAST({words} AS {column.declared}), {text})"
    return f"regexp_replace(CAST({text} AS text) {_STRICTLY}, {patterns}, '{ERASED}', 'g')"


def _of_shape(array: str, part: str, dimensions: int) -> str:
    """Return what makes an array anew of its parts, the last dimension first."""
    every = f"unnest({array}) WITH ORDINALITY AS e (part, at)"
    said = f"SELECT {part} AS part, e.at - 1 AS at FROM {every}"  # noqa: S608 (of quoted names and parameters)
    for n in range(dimensions, 0, -1):
        made = f"array_agg(part ORDER BY at) AS part, at / array_length({array}, {n}) AS at"
        said = f"SELECT {made} FROM ({said}) AS d{n} GROUP BY 2"  # noqa: S608 (the same)
    return f"(SELECT part FROM ({said}) AS every)"  # noqa: S608 (the same)


@compiles(YearStart, "postgresql")
def _year_start(element: YearStart, compiler: SQLCompiler, **options: object) -> str:
    (part,) = element.clauses
    column, day = described(part), compiler.process(part, **options)
    if column and column.type is Type.TEXT:
        day = _in_words(column, day)
    if column and column.type is Type.DATE:
        return f"CAST(date_trunc('year', {day}) AS {column.declared})"
    midnight = f"CASE WHEN length({day}) > 10 THEN ' 00:00:00' ELSE '' END"
    coarse = f"substr({day}, 1, 4) || '-01-01' || {midnight}"
    return f"CASE WHEN {day} ~ {_DAY} THEN {coarse} WHEN {day} = '' THEN '' END"


@compiles(Dated, "postgresql")
def _dated(element: Dated, compiler: SQLCompiler, **options: object) -> str:
    (part,) = element.clauses
    column, day = described(part), compiler.process(part, **options)
    if column and column.type is Type.DATE:
        return f"isfinite({day})"
    return f"({_in_words(column, day) if column else day} ~ {_DAY})"


@compiles(Spelled, "postgresql")
def _spelled(element: Spelled, compiler: SQLCompiler, **options: object) -> str:
    (part,) = element.clauses
    return _in_words(described(part), compiler.process(part, **options))


@compiles(Replaced, "postgresql")
def _replaced(element: Replaced, compiler: SQLCompiler, **options: object) -> str:
    return f"({compiler.process(element.clauses, **options)} COLLATE \"C\" ~ '{SHAPE}')"


def _in_words(column: Column | None, said: str) -> str:
    if column and column.type is Type.TEXT and column.loosely:
        return f"({said} {_STRICTLY})"
    if column and column.type is Type.TEXT and column.declared.startswith(_TEXTS):
        return said
    if column and column.type is Type.BYTES:
        return f"encode({said}, 'hex')"
    if column and column.declared == "inet":
        return f"abbrev({said})"  # a cast to text adds `/32`, as the driver does not
    return f"CAST({said} AS text)"


def _normal(element: Normal, compiler: SQLCompiler, **options: object) -> str:
    (part,) = element.clauses
    said = _in_words(described(part), compiler.process(part, **options))
    composed = f"CASE WHEN octet_length({said}) = length({said}) THEN {said} "
    text = f"btrim({composed}ELSE normalize({said}, NFC) END, {_SPACES})"
    usable = f"length({text}) BETWEEN 1 AND 320 AND {text} !~ '[[:cntrl:]]'"
    match element.kind:
        case "email":
            usable, form = f"length({text}) <= 320 AND {text} ~ {_ADDRESS}", f"lower({text})"
        case "phone":
            form = rf"regexp_replace({said}, '\D', '', 'g')"
            usable += f" AND length({form}) >= 5"
        case "name":
            form = rf"lower(regexp_replace({text}, '\s+', ' ', 'g'))"
        case _:
            form = text
    return f"CASE WHEN {usable} THEN {form} END"


_ADDRESS = "'^[^[:cntrl:]]+@[^@[:cntrl:]]+$'"

for each in (NormalEmail, NormalPhone, NormalName, NormalAccount):
    compiles(each, "postgresql")(_normal)


def _among(element: Among, compiler: SQLCompiler, **options: object) -> str:
    keys, *parts = element.clauses
    said = compiler.process(keys, **options)
    columns = [_compared(described(each), compiler.process(each, **options)) for each in parts]
    types = [_held_as(described(each)) for each in parts]
    if len(columns) == 1:
        return f"({columns[0]} = ANY (CAST({said} AS {types[0]}[])))"
    row = ", ".join(f"CAST(k.part ->> {n} AS {kind})" for n, kind in enumerate(types))
    every = f"jsonb_array_elements(CAST({said} AS jsonb)) AS k (part)"
    return f"(({', '.join(columns)}) IN (SELECT {row} FROM {every}))"  # noqa: S608 (of quoted names and parameters)


for form in (Among, AmongWrapped):
    compiles(form, "postgresql")(_among)


def _held_as(column: Column | None) -> str:
    """Return the type that keys are compared in: the widest, without limits of length or value.

    A text of a domain is compared as a text, and an enumeration in words, for a key may be none.
    """
    if column is None or not column.declared:
        return "text"
    if column.declared in _INTEGERS:
        return "bigint"
    plain = column.declared.partition("(")[0]
    if column.type is Type.TEXT and not column.folds and plain not in _PLAIN_TEXTS:
        return "text"
    return "text" if _in_text(column) else plain if counts(column) else column.declared


def _in_text(column: Column | None) -> bool:
    return column is not None and column.type is Type.OTHER and column.declared not in _COMPARED


def _compared(column: Column | None, said: str) -> str:
    return f"CAST({said} AS text)" if _in_text(column) else said
