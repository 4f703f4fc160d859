"""What SQL does not say alike everywhere: sets of keys, derived values, redaction, normal forms.

Each is a construct of SQLAlchemy; `sqlite`, `postgres` and `mariadb` beside this file say it in the
words of their database, and a new database adds its own file.
"""

from __future__ import annotations

import hashlib
import re
from datetime import date
from ipaddress import ip_interface
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.sql.functions import FunctionElement

from upheld.identity import base
from upheld.stores.sql.functions.needles import Needles, Patterns

if TYPE_CHECKING:
    from collections.abc import Iterable

ERASED = "[erased]"
REPLACED = "erased-"
"""What every replacement of a text begins with."""
AT = "@erased.invalid"
"""What the replacement of an address ends with, where its column has room."""
SHAPE = f"^{REPLACED}([0-9a-f]{{0,32}}|[0-9a-f]{{24}}{AT.replace('.', '[.]')})$"
"""A whole replacement, cut where its column is short; people may well begin like one."""

_LARGEST = 2**63 - 1
_WIDE = ("numeric", "decimal")
_DIGITS = 65
"""In the widest decimal of MariaDB."""

_BLOCK = 64
_WIDEST = 48


class Digest(FunctionElement[str]):
    """HMAC-SHA256 of a field's name and its row's key, in hex.

    Arguments: the outer and the inner pad of the secret (RFC 2104), the name, the key columns. A
    repeat gives the same; without the secret nobody can tell whose it was.
    """

    type = sa.String()
    inherit_cache = True


class Whole(FunctionElement[int]):
    """A number made of 48 bits of a digest, moved right. Arguments: the digest, by how many."""

    type = sa.BigInteger()
    inherit_cache = True


class Octets(FunctionElement[bytes]):
    """A digest as bytes. Argument: the digest."""

    inherit_cache = True


class Redacted(FunctionElement[object]):
    """A text without the person's identifiers. Arguments: text, needles."""

    inherit_cache = True


class YearStart(FunctionElement[object]):
    """The first of January of a date's year, at midnight if it has a time. Argument: the date.

    What is no date becomes NULL: nobody can tell which part of it says how much.
    """

    inherit_cache = True


class Dated(FunctionElement[bool]):
    """Whether a value is a date, as in 2026-07-01 with or without a time. Argument: the value."""

    type = sa.Boolean()
    inherit_cache = True


class Spelled(FunctionElement[str]):
    """A value as text, compared letter by letter whatever its column is compared by."""

    type = sa.String()
    inherit_cache = True


class Replaced(FunctionElement[bool]):
    """Whether a text is a replacement from its first letter to its last. Argument: it, spelled."""

    type = sa.Boolean()
    inherit_cache = True


class Normal(FunctionElement[str]):
    """The form a stored identity of kind `kind` is compared in. Argument: the column."""

    type = sa.String()
    inherit_cache = True
    kind = ""


class NormalEmail(Normal):
    """The form of an e-mail address."""

    inherit_cache = True
    kind = "email"


class NormalPhone(Normal):
    """The form of a telephone number."""

    inherit_cache = True
    kind = "phone"


class NormalName(Normal):
    """The form of a name."""

    inherit_cache = True
    kind = "name"


class NormalAccount(Normal):
    """The form of all else."""

    inherit_cache = True
    kind = "account"


_NORMAL = {"email": NormalEmail, "phone": NormalPhone, "name": NormalName}


def normal(kind: str, column: sa.ColumnElement[object]) -> Normal:
    """Return the form in which a column's identities of a kind are compared."""
    return _NORMAL.get(base(kind), NormalAccount)(column)


def redacted(column: sa.ColumnElement[object], sought: Needles) -> sa.ColumnElement[object]:
    """Return a text without what is sought in it."""
    if not sought.patterns:
        return column
    return Redacted(column, sa.bindparam(None, sought, type_=Patterns(), unique=True))


def digest(secret: bytes, name: str, keys: Iterable[sa.ColumnElement[object]]) -> Digest:
    """Return the digest that a field of a row is given in the place of its value."""
    if len(secret) > _BLOCK:
        secret = hashlib.sha256(secret).digest()
    padded = secret.ljust(_BLOCK, b"\0")
    outer, inner = (bytes(each ^ pad for each in padded) for pad in (0x5C, 0x36))
    return Digest(sa.literal(outer), sa.literal(inner), sa.literal(name), *keys)


def whole(made: Digest, bits: int) -> Whole:
    """Return a digest as a number of at most this many bits, 48 at the most."""
    return Whole(made, sa.literal_column(str(_WIDEST - min(bits, _WIDEST)), sa.Integer()))


def spelled(value: object) -> str:
    """Return a stored identity as a person would type it: `7` also where 7.0 is stored."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def numbers(words: Iterable[str], declared: str = "") -> list[int]:
    """Return those of the words that a column of numbers can hold; `declared` is its type.

    >>> numbers(["7", "-7", "18446744073709551615", "seven", "7.5"])
    [7, -7]
    >>> numbers(["-7", "18446744073709551615"], "bigint unsigned")
    [18446744073709551615]
    """
    least, most = _range(declared)
    found = (int(word) for word in words if _WHOLE.fullmatch(word))
    return [number for number in found if least <= number <= most]


def _range(declared: str) -> tuple[int, int]:
    if "unsigned" in declared:
        return 0, 2**64 - 1
    wide = declared.startswith(_WIDE)
    return (-(10**_DIGITS), 10**_DIGITS) if wide else (-_LARGEST - 1, _LARGEST)


def days(words: Iterable[str]) -> list[str]:
    """Return those of the words that spell a day.

    >>> days(["1990-05-17", "1990-02-30", "19900517", "ada"])
    ['1990-05-17']
    """
    return [word for word in words if _DAY.fullmatch(word) and _is_day(word)]


def _is_day(word: str) -> bool:
    try:
        date.fromisoformat(word)
    except ValueError:
        return False
    return True


def addresses(words: Iterable[str]) -> list[str]:
    """Return those of the words that spell an address of the internet, with or without its net.

    >>> addresses(["192.0.2.1", "2001:DB8::1", "192.0.2.1/32", "192.0.2", "ada"])
    ['192.0.2.1', '2001:DB8::1', '192.0.2.1/32']
    """
    return [word for word in words if _is_address(word)]


def _is_address(word: str) -> bool:
    try:
        ip_interface(word)
    except ValueError:
        return False
    net = word.partition("/")[2]
    return "%" not in word and (not net or net.isdecimal())


def octets(words: Iterable[str]) -> list[bytes]:
    """Return those of the words that spell bytes, as a UUID does."""
    bare = (word.replace("-", "") for word in words)
    return [bytes.fromhex(word) for word in bare if _HEX.fullmatch(word)]


def uuids(words: Iterable[str]) -> list[str]:
    """Return those of the words that spell a UUID."""
    return [word for word in words if _UUID.fullmatch(word)]


_WHOLE = re.compile(r"0|-?[1-9][0-9]*|0[0-9]+")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_HEX = re.compile(r"(?:[0-9a-fA-F]{2})+")
_UUID = re.compile(r"[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")
