"""Which look-ups of a map have no index, and the statement that makes one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from upheld.datamap.naming import held
from upheld.model import Dialect, Match, name_parts

if TYPE_CHECKING:
    from upheld.model import Table, Way

_NO_WORD = re.compile(r"\W+")
_CAST = re.compile(r"::(?:character varying|text|bpchar|citext)")
_MARKS = re.compile(r"[\s\"`\[\]]")
_EMAIL, _PHONE = "email", "phone"


def advice(table: Table, way: Way, dialect: Dialect | None) -> str | None:
    """Return what makes the look-up of a way quick, or nothing where an index serves it.

    A telephone is found by its digits, for which no index on the column as it is written will do.
    """
    if any(_in_json(table, name) for name in way.columns):
        return "give what is in JSON a column of its own, with an index, if there are many rows"
    kind = way.identity.partition(":")[0] if isinstance(way, Match) else ""
    as_written = isinstance(way, Match) and not way.exact
    if as_written and kind == _PHONE:
        return "say `stored: normalised` if it holds digits only, and index it"
    lowered = as_written and kind == _EMAIL and not _folds(table, way)
    quoted = [_quoted(each, dialect) for each in way.columns]
    wanted = [f"lower({each})" for each in quoted] if lowered else quoted
    if any(_leads(index, wanted) for index in table.indexes):
        return None
    if lowered and dialect is Dialect.MARIADB:
        return "give it a collation that ends in `_ci`, or say `stored: normalised`; then index it"
    statement = _create(table.name, way.columns, wanted, dialect)
    return f"run {statement}" if "`" in statement else f"run `{statement}`"


def _in_json(table: Table, name: str) -> bool:
    column = held(table, name)
    return column is not None and column.name != name


def _folds(table: Table, way: Way) -> bool:
    columns = [table.column(name) for name in way.columns]
    return all(column is not None and column.folds for column in columns)


def _leads(index: tuple[str, ...], wanted: list[str]) -> bool:
    """Say whether an index begins with these columns, in any order."""
    first = {_bare(each) for each in index[: len(wanted)]}
    return first == {_bare(each) for each in wanted}


def _bare(expression: str) -> str:
    return _MARKS.sub("", _CAST.sub("", expression)).casefold()


def _create(
    table: str, columns: tuple[str, ...], wanted: list[str], dialect: Dialect | None
) -> str:
    named = name_parts(table)
    called = "_".join(("ix", *(_NO_WORD.sub("_", each) for each in (named[-1], *columns))))
    where = ".".join(_quoted(part, dialect) for part in named)
    return f"CREATE INDEX {_quoted(called, dialect)} ON {where} ({', '.join(wanted)})"


def _quoted(name: str, dialect: Dialect | None) -> str:
    mark = "`" if dialect is Dialect.MARIADB else '"'
    return f"{mark}{name.replace(mark, mark * 2)}{mark}"
