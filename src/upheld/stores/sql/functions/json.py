"""Values inside columns of JSON, and elements of arrays, as places of their own."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, cast

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from upheld.model import Column, Type
from upheld.stores.sql.functions.keys import Stored, described

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy.sql.compiler import SQLCompiler
    from sqlalchemy.sql.elements import ClauseElement

_PLAIN_JSON = "json"
_FIGURE = re.compile(r"-?[0-9]+")


class Within(FunctionElement[object]):
    """What a path leads to, as text. Arguments: the column, the path."""

    inherit_cache = True

    def __init__(
        self, column: sa.ColumnElement[object], path: sa.ColumnElement[object], known: Column
    ) -> None:
        """Bear the type of what the path leads to."""
        super().__init__(column, path)
        self.type = Stored(known)


class Rewritten(FunctionElement[object]):
    """A column of JSON with other values where paths lead. Arguments: column, path, value …."""

    inherit_cache = True


class Doubled(FunctionElement[bool]):
    """Whether a name on the way of a path is there twice. Arguments: the column, the path.

    PostgreSQL takes the last and writes it once; others read and write the first, and leave the
    rest.
    """

    type = sa.Boolean()
    inherit_cache = True


class Misshapen(FunctionElement[bool]):
    """Whether a path cannot be gone in what a column holds. Arguments: the column, the path.

    Something that is no object stands on its way, or it is no JSON, or has what the database stops
    at. What is not there, null or empty hides nothing.
    """

    type = sa.Boolean()
    inherit_cache = True


def inside(column: sa.ColumnElement[object], known: Column) -> Within:
    """Return what the path of a field leads to in a column of JSON."""
    return Within(column, _path(known.path), known)


def rewritten(
    column: sa.ColumnElement[object], values: Mapping[tuple[str, ...], sa.ColumnElement[object]]
) -> Rewritten:
    """Return a column of JSON in which paths that lead somewhere lead to these values."""
    parts = [part for path, value in values.items() for part in (_path(path), value)]
    return Rewritten(column, *parts)


def elements(
    column: sa.ColumnElement[object], known: Column
) -> tuple[sa.TableValuedAlias, sa.ColumnElement[object]]:
    """Return the elements of an array as rows, and what each of them holds."""
    inner = Column("part", Type.TEXT, nullable=True, declared=known.declared.removesuffix("[]"))
    every = (
        sa.func.unnest(column)
        .table_valued(sa.column("part", Stored(inner)), name="every")
        .render_derived()
    )
    return every, every.c.part


def _path(path: tuple[str, ...]) -> sa.ColumnElement[object]:
    """Return a path as JSON in which no letter is more than it is: each database has its own."""
    return sa.literal_column(json.dumps(path).replace("%", r"\u0025"))


def _parts(said: str) -> list[str]:
    """Return the steps of a path."""
    path: list[str] = json.loads(said)
    return path


def _literal(compiler: SQLCompiler, text: str) -> str:
    """Return a text as SQL writes it, and the driver takes it."""
    return compiler.render_literal_value(text, sa.String())


def _dollar(compiler: SQLCompiler, steps: Iterable[str]) -> str:
    """Return a path as SQLite and MariaDB write it."""
    said = "$" + "".join("." + json.dumps(each, ensure_ascii=False) for each in steps)
    if compiler.dialect.name != "sqlite":  # MariaDB takes a `-` in front for a number to come
        said = said.replace('."-', r'."\u002d')
    return _literal(compiler, said)


def _curly(compiler: SQLCompiler, steps: Iterable[str]) -> str:
    """Return a path as PostgreSQL writes it."""
    said = ",".join(json.dumps(each, ensure_ascii=False) for each in steps)
    return _literal(compiler, "{" + said + "}")


@compiles(Within, "sqlite")
def _within_sqlite(element: Within, compiler: SQLCompiler, **options: object) -> str:
    column, path = (compiler.process(each, **options) for each in element.clauses)
    step = _dollar(compiler, _parts(path))
    return f"CASE WHEN json_valid({column}) THEN json_extract({column}, {step}) END"


@compiles(Within, "postgresql")
def _within_postgres(element: Within, compiler: SQLCompiler, **options: object) -> str:
    holder, _ = element.clauses
    column, path = (compiler.process(each, **options) for each in element.clauses)
    return f"({_readable(holder, column)} #>> {_curly(compiler, _parts(path))})"


@compiles(Within, "mysql", "mariadb")
def _within_mariadb(element: Within, compiler: SQLCompiler, **options: object) -> str:
    column, path = (compiler.process(each, **options) for each in element.clauses)
    step = _dollar(compiler, _parts(path))
    return f"coalesce(JSON_VALUE({column}, {step}), JSON_QUERY({column}, {step}))"


_UNREADABLE = (
    r"'\\u0000|\\u[dD][89abAB]..(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB]..)\\u[dD][c-fC-F]..'"
)
"""What `json` of PostgreSQL stores as it came, and stops at: NUL, and half of a letter."""

_IMMENSE = r"'[:,[]\s*-?[0-9]+(\.[0-9]+)?[eE][+-]?0*[1-9][0-9]{4,}\s*[],}]'"
"""A number that it stores, and that `jsonb` may not: in such a document nothing can be changed."""


def _is_json(column: ClauseElement) -> bool:
    known = described(cast("sa.ColumnElement[object]", column))
    return known is not None and known.declared == _PLAIN_JSON


def _spelled_out(column: str) -> str:
    r"""Return JSON of PostgreSQL as text in which every `\` begins an escape: none is escaped."""
    return rf"replace(CAST({column} AS text), '\\', '\u005c')"


def _readable(holder: ClauseElement, column: str) -> str:
    """Return a column of PostgreSQL as it can be read whatever stands in it."""
    if not _is_json(holder):
        return column
    bare = rf"CAST(regexp_replace({_spelled_out(column)}, {_UNREADABLE}, '\\ufffd', 'g') AS json)"
    some = rf"CAST({column} AS text) ~ '\\u(0000|[dD][89a-fA-F])'"
    return f"(CASE WHEN {some} THEN {bare} ELSE {column} END)"


@compiles(Doubled, "sqlite")
def _doubled_sqlite(element: Doubled, compiler: SQLCompiler, **options: object) -> str:
    """Say it also of a name that is written with escapes the second time."""
    column, said = (compiler.process(each, **options) for each in element.clauses)
    path = _parts(said)
    again = (f"{_named_so(compiler, column, path[:at], path[at])} > 1" for at in range(len(path)))
    return f"CASE WHEN json_valid({column}) THEN {' OR '.join(again)} END"


def _named_so(compiler: SQLCompiler, column: str, path: list[str], name: str) -> str:
    """Return how often SQLite finds a name in the object a path leads to, however written."""
    each = f"json_each({column}, {_dollar(compiler, path)}) AS e"
    return f"(SELECT count(*) FROM {each} WHERE e.key = {_literal(compiler, name)})"  # noqa: S608 (of quoted names and literals)


@compiles(Doubled, "postgresql")
def _doubled_postgres(element: Doubled, compiler: SQLCompiler, **options: object) -> str:
    del element, compiler, options
    return "false"


@compiles(Doubled, "mysql", "mariadb")
def _doubled_mariadb(element: Doubled, compiler: SQLCompiler, **options: object) -> str:
    column, path = (compiler.process(each, **options) for each in element.clauses)
    steps = (_dollar(compiler, each) for each in _lengths(_parts(path)))
    again = (f"JSON_EXISTS(JSON_REMOVE({column}, {step}), {step})" for step in steps)
    return f"({' OR '.join(again)})"


def _lengths(path: list[str]) -> list[list[str]]:
    """Return a path of each length."""
    return [path[: at + 1] for at in range(len(path))]


@compiles(Misshapen, "sqlite")
def _misshapen_sqlite(element: Misshapen, compiler: SQLCompiler, **options: object) -> str:
    """Say it also of a name that is written with escapes: these SQLite does not undo."""
    column, said = (compiler.process(each, **options) for each in element.clauses)
    path, odd = _parts(said), []
    for at, name in enumerate(path):
        step, after = _dollar(compiler, path[:at]), _dollar(compiler, path[: at + 1])
        kind = f"json_type({column}, {step}) NOT IN ('object', 'null')"
        odd.append(f"{kind} AND json_extract({column}, {step}) NOT IN ('[]', '')")
        there = _named_so(compiler, column, path[:at], name)
        odd.append(f"json_type({column}, {after}) IS NULL AND {there} > 0")
    return f"CASE WHEN json_valid({column}) THEN {' OR '.join(odd)} ELSE trim({column}) <> '' END"


@compiles(Misshapen, "postgresql")
def _misshapen_postgres(element: Misshapen, compiler: SQLCompiler, **options: object) -> str:
    """Say it without a cast to `jsonb`, which stops at what others have; a figure enters lists."""
    holder, _ = element.clauses
    column, said = (compiler.process(each, **options) for each in element.clauses)
    path, whole, kind = _parts(said), _readable(holder, column), "jsonb"
    odd: list[str] = []
    if _is_json(holder):
        kind, text = "json", _spelled_out(column)
        odd = [f"{text} ~ {_UNREADABLE}", f"{text} ~ {_IMMENSE}"]
    for at, name in enumerate(path):
        there = f"({whole} #> {_curly(compiler, path[:at])})"
        some = "false" if _FIGURE.fullmatch(name) else f"{kind}_array_length({there}) > 0"
        odd.append(
            f"CASE {kind}_typeof({there}) WHEN 'object' THEN false WHEN 'null' THEN false "
            f"WHEN 'array' THEN {some} WHEN 'string' THEN {there} #>> '{{}}' <> '' "
            f"ELSE {there} IS NOT NULL END"
        )
    return f"({' OR '.join(odd)})"


@compiles(Misshapen, "mysql", "mariadb")
def _misshapen_mariadb(element: Misshapen, compiler: SQLCompiler, **options: object) -> str:
    column, said = (compiler.process(each, **options) for each in element.clauses)
    path, odd = _parts(said), []
    for at in range(len(path)):
        step = _dollar(compiler, path[:at])
        many = f"JSON_QUERY({column}, {step})"
        odd.append(f"JSON_VALUE({column}, {step}) <> ''")
        odd.append(f"JSON_TYPE({many}) = 'ARRAY' AND JSON_LENGTH({many}) > 0")
    return f"CASE WHEN JSON_VALID({column}) THEN {' OR '.join(odd)} ELSE TRIM({column}) <> '' END"


def _pairs(parts: Iterable[str]) -> list[tuple[str, str]]:
    every = iter(parts)
    return list(zip(every, every, strict=True))


def _said(compiler: SQLCompiler, parts: Iterable[str]) -> str:
    """Return paths and values as SQLite and MariaDB replace them."""
    return ", ".join(f"{_dollar(compiler, _parts(p))}, {value}" for p, value in _pairs(parts))


@compiles(Rewritten, "sqlite")
def _rewritten_sqlite(element: Rewritten, compiler: SQLCompiler, **options: object) -> str:
    column, *parts = (compiler.process(each, **options) for each in element.clauses)
    said = _said(compiler, parts)
    return f"CASE WHEN json_valid({column}) THEN json_replace({column}, {said}) ELSE {column} END"


@compiles(Rewritten, "postgresql")
def _rewritten_postgres(element: Rewritten, compiler: SQLCompiler, **options: object) -> str:
    holder, *_ = element.clauses
    column, *parts = (compiler.process(each, **options) for each in element.clauses)
    said = whole = f"CAST({column} AS jsonb)"
    for path, value in _pairs(parts):
        new, at = (
            f"coalesce(to_jsonb(CAST({value} AS text)), 'null')",
            f"{_curly(compiler, _parts(path))}::text[]",
        )
        # A step that no list and no figure has is an error; an empty path changes nothing.
        at = f"CASE WHEN {column} #> {at} IS NULL THEN '{{}}' ELSE {at} END"
        said = f"jsonb_set({said}, {at}, {new}, false)"
    kind = f"jsonb_typeof({whole})"
    said = f"CASE WHEN {kind} IN ('object', 'array') THEN {said} ELSE {whole} END"
    return f"CAST({said} AS json)" if _is_json(holder) else said


@compiles(Rewritten, "mysql", "mariadb")
def _rewritten_mariadb(element: Rewritten, compiler: SQLCompiler, **options: object) -> str:
    column, *parts = (compiler.process(each, **options) for each in element.clauses)
    new = f"JSON_REPLACE({column}, {_said(compiler, parts)})"
    return f"CASE WHEN JSON_VALID({column}) THEN {new} ELSE {column} END"
