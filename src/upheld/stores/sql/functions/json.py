"""Values inside columns of JSON, and elements of arrays, as places of their own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from upheld.model import Column, Type
from upheld.stores.sql.functions.keys import Stored, described

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy.sql.compiler import SQLCompiler

_PLAIN_JSON = "json"


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


def rewritten(
    column: sa.ColumnElement[object], values: Mapping[tuple[str, ...], sa.ColumnElement[object]]
) -> Rewritten:
    """Return a column of JSON in which paths that lead somewhere lead to these values."""
    parts = [
        part
        for path, value in values.items()
        for part in (sa.literal_column("'" + json.dumps(path).replace("'", "''") + "'"), value)
    ]
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


def _parts(said: str) -> list[str]:
    """Return the path that a text of SQL holds."""
    path: list[str] = json.loads(said[1:-1].replace("''", "'"))
    return path


def _dollar(said: str) -> str:
    """Return a path as SQLite and MariaDB write it."""
    steps = "".join("." + json.dumps(each, ensure_ascii=False) for each in _parts(said))
    return "'$" + steps.replace("'", "''").replace("%", "%%") + "'"


def _curly(said: str) -> str:
    """Return a path as PostgreSQL writes it."""
    steps = ",".join(json.dumps(each, ensure_ascii=False) for each in _parts(said))
    return "'{" + steps.replace("'", "''").replace("%", "%%") + "}'"


@compiles(Within, "sqlite")
def _within_sqlite(element: Within, compiler: SQLCompiler, **options: object) -> str:
    column, path = (compiler.process(each, **options) for each in element.clauses)
    step = _dollar(path).replace("%%", "%")
    return f"CASE WHEN json_valid({column}) THEN json_extract({column}, {step}) END"


@compiles(Within, "postgresql")
def _within_postgres(element: Within, compiler: SQLCompiler, **options: object) -> str:
    column, path = (compiler.process(each, **options) for each in element.clauses)
    return f"({column} #>> {_curly(path)})"


@compiles(Within, "mysql", "mariadb")
def _within_mariadb(element: Within, compiler: SQLCompiler, **options: object) -> str:
    column, path = (compiler.process(each, **options) for each in element.clauses)
    return f"JSON_VALUE({column}, {_dollar(path)})"


def _prefixes(said: str) -> list[str]:
    """Return a path of each length, as SQLite and MariaDB write it."""
    path = _parts(said)
    texts = (json.dumps(path[: at + 1]).replace("'", "''") for at in range(len(path)))
    return [_dollar(f"'{each}'") for each in texts]


@compiles(Doubled, "sqlite")
def _doubled_sqlite(element: Doubled, compiler: SQLCompiler, **options: object) -> str:
    column, path = (compiler.process(each, **options) for each in element.clauses)
    steps = [each.replace("%%", "%") for each in _prefixes(path)]
    again = (f"json_type(json_remove({column}, {step}), {step}) IS NOT NULL" for step in steps)
    return f"CASE WHEN json_valid({column}) THEN {' OR '.join(again)} END"


@compiles(Doubled, "postgresql")
def _doubled_postgres(element: Doubled, compiler: SQLCompiler, **options: object) -> str:
    del element, compiler, options
    return "false"


@compiles(Doubled, "mysql", "mariadb")
def _doubled_mariadb(element: Doubled, compiler: SQLCompiler, **options: object) -> str:
    column, path = (compiler.process(each, **options) for each in element.clauses)
    steps = _prefixes(path)
    again = (f"JSON_EXISTS(JSON_REMOVE({column}, {step}), {step})" for step in steps)
    return f"({' OR '.join(again)})"


def _pairs(parts: Iterable[str]) -> list[tuple[str, str]]:
    every = iter(parts)
    return list(zip(every, every, strict=True))


@compiles(Rewritten, "sqlite")
def _rewritten_sqlite(element: Rewritten, compiler: SQLCompiler, **options: object) -> str:
    column, *parts = (compiler.process(each, **options) for each in element.clauses)
    said = ", ".join(f"{_dollar(p).replace('%%', '%')}, {value}" for p, value in _pairs(parts))
    return f"CASE WHEN json_valid({column}) THEN json_replace({column}, {said}) ELSE {column} END"


@compiles(Rewritten, "postgresql")
def _rewritten_postgres(element: Rewritten, compiler: SQLCompiler, **options: object) -> str:
    holder, *_ = element.clauses
    column, *parts = (compiler.process(each, **options) for each in element.clauses)
    said = whole = f"CAST({column} AS jsonb)"
    for path, value in _pairs(parts):
        new, at = f"coalesce(to_jsonb(CAST({value} AS text)), 'null')", f"{_curly(path)}::text[]"
        # A step that no list and no figure has is an error; an empty path changes nothing.
        at = f"CASE WHEN {column} #> {at} IS NULL THEN '{{}}' ELSE {at} END"
        said = f"jsonb_set({said}, {at}, {new}, false)"
    kind = f"jsonb_typeof({whole})"
    said = f"CASE WHEN {kind} IN ('object', 'array') THEN {said} ELSE {whole} END"
    known = described(holder)
    return f"CAST({said} AS json)" if known and known.declared == _PLAIN_JSON else said


@compiles(Rewritten, "mysql", "mariadb")
def _rewritten_mariadb(element: Rewritten, compiler: SQLCompiler, **options: object) -> str:
    column, *parts = (compiler.process(each, **options) for each in element.clauses)
    said = ", ".join(f"{_dollar(path)}, {value}" for path, value in _pairs(parts))
    return f"JSON_REPLACE({column}, {said})"
