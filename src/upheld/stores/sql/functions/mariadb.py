"""The constructs in the words of MariaDB (and of MySQL, where it has the same)."""

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

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.sql.compiler import SQLCompiler
    from sqlalchemy.sql.elements import ClauseElement

    from upheld.model import Column

    Compiled = Callable[..., str]

_NAMES = ("mysql", "mariadb")
_DAY = "'^[0-9]{4}-[01][0-9]-[0-3][0-9]'"
_TO_THE_LETTER = "COLLATE utf8mb4_nopad_bin"


def _spoken(kind: type[ClauseElement]) -> Callable[[Compiled], Compiled]:
    return compiles(kind, *_NAMES)


@_spoken(Digest)
def _digest(element: Digest, compiler: SQLCompiler, **options: object) -> str:
    outer, inner, name, *key = (compiler.process(each, **options) for each in element.clauses)
    row = ", ',', ".join(f"HEX({each})" for each in key) or "''"
    within = f"UNHEX(SHA2(CONCAT({inner}, {name}, 0x00, {row}), 256))"
    made = f"SHA2(CONCAT({outer}, {within}), 256)"
    return f"CONVERT({made} USING utf8mb4)"


@_spoken(Whole)
def _whole(element: Whole, compiler: SQLCompiler, **options: object) -> str:
    made, by = (compiler.process(each, **options) for each in element.clauses)
    return f"(CAST(CONV(SUBSTR({made}, 1, 12), 16, 10) AS UNSIGNED) >> {by})"


@_spoken(Octets)
def _octets(element: Octets, compiler: SQLCompiler, **options: object) -> str:
    return f"UNHEX({compiler.process(element.clauses, **options)})"


@_spoken(Redacted)
def _redacted(element: Redacted, compiler: SQLCompiler, **options: object) -> str:
    text, patterns = (compiler.process(each, **options) for each in element.clauses)
    whole = f"CONVERT({text} USING utf8mb4) {_TO_THE_LETTER}"
    return f"REGEXP_REPLACE({whole}, {patterns}, '{ERASED}')"


@_spoken(YearStart)
def _year_start(element: YearStart, compiler: SQLCompiler, **options: object) -> str:
    (part,) = element.clauses
    column, day = described(part), compiler.process(part, **options)
    if column and column.type is Type.DATE:
        first = f"MAKEDATE(YEAR({day}), 1)"
        return first if column.declared == "date" else f"TIMESTAMP({first})"
    midnight = f"IF(CHAR_LENGTH({day}) > 10, ' 00:00:00', '')"
    coarse = f"CONCAT(LEFT({day}, 4), '-01-01', {midnight})"
    return f"CASE WHEN {day} REGEXP {_DAY} THEN {coarse} WHEN {day} = '' THEN '' END"


@_spoken(Dated)
def _dated(element: Dated, compiler: SQLCompiler, **options: object) -> str:
    (part,) = element.clauses
    column, day = described(part), compiler.process(part, **options)
    if column and column.type is Type.DATE:
        return f"({day} IS NOT NULL AND YEAR({day}) > 0)"
    return f"({day} REGEXP {_DAY})"


@_spoken(Spelled)
def _spelled(element: Spelled, compiler: SQLCompiler, **options: object) -> str:
    (part,) = element.clauses
    return _in_words(described(part), compiler.process(part, **options))


@_spoken(Replaced)
def _replaced(element: Replaced, compiler: SQLCompiler, **options: object) -> str:
    return f"({compiler.process(element.clauses, **options)} REGEXP '{SHAPE}')"


def _in_words(column: Column | None, said: str) -> str:
    if column and column.type is Type.BYTES:
        said = f"LOWER(HEX({said}))"
    return f"CONVERT({said} USING utf8mb4) {_TO_THE_LETTER}"


def _normal(element: Normal, compiler: SQLCompiler, **options: object) -> str:
    (part,) = element.clauses
    said = _in_words(described(part), compiler.process(part, **options))
    text = f"REGEXP_REPLACE({said}, '^[[:space:]]+|[[:space:]]+$', '')"
    usable = f"CHAR_LENGTH({text}) BETWEEN 1 AND 320 AND {text} NOT REGEXP '[[:cntrl:]]'"
    match element.kind:
        case "email":
            usable = f"CHAR_LENGTH({text}) <= 320 AND {text} REGEXP {_ADDRESS}"
            form = f"LOWER({text})"
        case "phone":
            form = f"REGEXP_REPLACE({said}, '[^0-9]', '')"
            usable += f" AND CHAR_LENGTH({form}) >= 5"
        case "name":
            form = f"LOWER(REGEXP_REPLACE({text}, '[[:space:]]+', ' '))"
        case _:
            form = text
    return f"CASE WHEN {usable} THEN {form} END"


_ADDRESS = "'^[^[:cntrl:]]+@[^@[:cntrl:]]+$'"

for each in (NormalEmail, NormalPhone, NormalName, NormalAccount):
    _spoken(each)(_normal)


def _among(element: Among, compiler: SQLCompiler, **options: object) -> str:
    """Say that columns hold one of the keys, which the driver writes out as a list.

    A list is what an index serves also where rows are changed; of several columns it is the first
    that is sought.
    """
    keys, *parts = element.clauses
    said = compiler.process(keys, **options)
    columns = [compiler.process(each, **options) for each in parts]
    held = columns[0] if len(columns) == 1 else f"({', '.join(columns)})"
    return f"({held} IN {said})"


for form in (Among, AmongWrapped):
    _spoken(form)(_among)
