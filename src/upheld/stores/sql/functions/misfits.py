"""Says which keys a column could hold at all: a server stops at what is no value of its type."""

from __future__ import annotations

import math
import re
from datetime import date
from decimal import Decimal
from ipaddress import ip_interface
from typing import TYPE_CHECKING

from upheld.model import Column, Type

if TYPE_CHECKING:
    from upheld.model import Scalar

_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d+)?(?:[eE][+-]?\d{1,4})?|Infinity)|NaN")
_NUMBERS = frozenset(
    {
        *("smallint", "integer", "bigint", "numeric", "real", "double", "decimal", "float"),
        *("int", "tinyint", "mediumint"),
    }
)
_INTEGERS = frozenset({"smallint", "integer", "bigint", "int", "tinyint", "mediumint"})
_UNSIGNED, _SIGNED = 2**64, 2**63
"""What no column of whole numbers holds."""
_LARGEST = {"real": 37, "float": 37, "double": 307}
"""Powers of ten within which a number surely has room."""

_UUID = re.compile(r"[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")
_TIME = r"[ T](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,6})?)?(?:Z|[+-][01]\d(?::?[0-5]\d)*)?"
_DAY = re.compile(rf"-?infinity|(\d{{4,6}}-[01]\d-[0-3]\d)(?:{_TIME})?( BC)?")


def counts(column: Column) -> bool:
    """Say whether a column of a server holds numbers: a boolean, a bit, a time are none."""
    return column.type is Type.NUMBER and _word(column) in _NUMBERS


def fits(part: Scalar, column: Column | None) -> bool:
    """Say whether a column could hold this."""
    if part is None:
        return False
    if column is None:
        return True
    if counts(column):
        return not isinstance(part, str) or _is_number(part, column)
    if column.type is Type.DATE:
        return _is_day(str(part))
    if column.declared == "uuid":
        return bool(_UUID.fullmatch(str(part)))
    return column.declared != "inet" or _is_address(str(part))


def as_held(part: Scalar, column: Column | None) -> Scalar:
    """Return what fits as a column has it: a number in words, or whole."""
    if column is None:
        return part
    if column.type is Type.TEXT and isinstance(part, (int, float)):
        return str(part)
    if isinstance(part, str) and counts(column) and _word(column) in _INTEGERS:
        return int(Decimal(part))
    return part


def _word(column: Column) -> str:
    return re.split(r"[ (]", column.declared)[0]


def _is_number(part: str, column: Column) -> bool:
    if not _NUMBER.fullmatch(part):
        return False
    number = Decimal(part)
    if _word(column) in _INTEGERS:
        most = _UNSIGNED if "unsigned" in column.declared else _SIGNED
        return number.is_finite() and abs(number) < most and number == int(number)
    powers = _LARGEST.get(_word(column), math.inf)
    return not number.is_finite() or not number or abs(number.adjusted()) <= powers


def _is_day(part: str) -> bool:
    found = _DAY.fullmatch(part)
    if found is None:
        return False
    day, before = found.groups()
    if not day or before or day.index("-") > len("2026"):  # of these Python knows nothing
        return True
    try:
        date.fromisoformat(day)
    except ValueError:
        return False
    return True


def _is_address(part: str) -> bool:
    try:
        ip_interface(part)
    except ValueError:
        return False
    return True
