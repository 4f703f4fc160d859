"""Says in SQL what stands in the place of a value that was erased where one must stand; pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

import sqlalchemy as sa

from upheld.model import Type
from upheld.stores.sql.functions import REPLACED, Digest, Octets, Whole, digest, whole
from upheld.stores.sql.functions.keys import Stored

if TYPE_CHECKING:
    from collections.abc import Iterable

    from upheld.model import Column

_EMAIL_LENGTH = 46
_TEXT_LENGTH = 39
_BITS = {"tinyint": 7, "smallint": 15, "mediumint": 23, "int": 31, "integer": 31}
_DIGITS = re.compile(r"(?:numeric|decimal)\((\d+)(?:,(\d+))?\)")


def replacement(
    secret: bytes,
    said: str,
    keys: Iterable[sa.ColumnElement[object]],
    column: Column | None,
    *,
    email: bool,
) -> sa.ColumnElement[object]:
    """Return a value that fits the column, made of the step's secret, the field and the row's key.

    A repeat writes the same bytes; without the secret nobody can tell whose it was.
    """
    made = digest(secret, said, keys)
    return cast("sa.ColumnElement[object]", _fitting(made, column, email=email))


def _fitting(
    made: Digest, column: Column | None, *, email: bool
) -> Whole | Octets | sa.Cast[object] | sa.ColumnElement[str]:
    length = column.length if column else None
    match column.type if column else Type.TEXT:
        case Type.NUMBER:
            return whole(made, _bits(column.declared if column else ""))
        case Type.BYTES:
            return Octets(made)
        case Type.OTHER if column and column.declared == "uuid":
            return sa.cast(sa.func.substr(made, 1, 32), _as(column))
        case _ if email and (length is None or length >= _EMAIL_LENGTH):
            return _joined(REPLACED, sa.func.substr(made, 1, 24), "@erased.invalid")
        case _:
            text = _joined(REPLACED, sa.func.substr(made, 1, 32))
            short = length is not None and length < _TEXT_LENGTH
            return sa.func.substr(text, 1, length) if short else text


def _joined(*parts: str | sa.ColumnElement[str]) -> sa.ColumnElement[str]:
    first, *rest = (sa.literal(part) if isinstance(part, str) else part for part in parts)
    for part in rest:
        first = first.concat(part)
    return first


def _bits(declared: str) -> int:
    """Return how many bits of a number any value of a column has room for."""
    if found := _DIGITS.match(declared):
        whole_digits = int(found[1]) - int(found[2] or 0)
        return int(whole_digits * 3.3)
    return _BITS.get(declared.partition("(")[0].partition(" ")[0], 48)


class _As(Stored):
    """A type of the database by its own name."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return self.column.declared if self.column else "text"


def _as(column: Column) -> _As:
    return _As(column)
