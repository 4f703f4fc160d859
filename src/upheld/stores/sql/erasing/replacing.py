"""Says in SQL what stands in the place of a value that was erased where one must stand; pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

import sqlalchemy as sa

from upheld.model import Type
from upheld.stores.sql.functions import AT, REPLACED, Digest, Octets, Whole, digest, whole
from upheld.stores.sql.functions.keys import AsStored

if TYPE_CHECKING:
    from collections.abc import Iterable

    from upheld.model import Column

_EMAIL_LENGTH = 46
_TEXT_LENGTH = 39
_BITS = {"tinyint": 7, "smallint": 15, "mediumint": 23, "int": 31, "integer": 31}
_BITS |= {"float": 24, "real": 24}
_DIGITS = re.compile(r"(numeric|decimal|float|double)\((\d+)(?:,(\d+))?\)")
_OCTETS = re.compile(r"(?:var)?binary\((\d+)\)")
_UUID = (("-", 9, 4), ("-4", 14, 3), ("-8", 18, 3), ("-", 21, 12))
"""Parts of a digest with what stands before: of version 4, and of the variant of RFC 9562."""


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
) -> Whole | Octets | AsStored | sa.ColumnElement[str]:
    length = column.length if column else None
    match column.type if column else Type.TEXT:
        case Type.NUMBER:
            return whole(made, _bits(column.declared if column else ""))
        case Type.BYTES:
            room = _OCTETS.fullmatch(column.declared) if column else None
            return sa.func.substr(Octets(made), 1, int(room[1])) if room else Octets(made)
        case Type.OTHER if column and column.declared == "uuid":
            first = sa.func.substr(made, 1, 8)
            rest = ((before, sa.func.substr(made, at, long)) for before, at, long in _UUID)
            return AsStored(_joined(first, *(part for pair in rest for part in pair)), column)
        case _ if email and (length is None or length >= _EMAIL_LENGTH):
            return _joined(REPLACED, sa.func.substr(made, 1, 24), AT)
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
    most = _BITS.get(declared.partition("(")[0].partition(" ")[0], 48)
    if found := _DIGITS.match(declared):
        whole_digits = int(found[2]) - int(found[3] or 0)
        return min(int(whole_digits * 3.3), most)
    return most
