"""Undoes how JSON, URLs and PostgreSQL write letters and octets, and UTF-16; pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_BREAKS = (b"\\n", b"\\r", b"\\t")
_LETTER = re.compile(
    rb"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|\\u([0-9a-fA-F]{4})"
)
_OCTETS = re.compile(rb"\\x((?:[0-9a-f]{2})+)")


def forms(octets: bytes) -> Iterator[bytes]:
    r"""Yield a text as it reads without escapes, and as one of two octets a letter.

    UTF-16 is UTF-8 with a NUL beside every letter of ASCII. Octets in an array or a row of
    PostgreSQL are written `\x` and their hex digits.
    """
    if b"\\" in octets:
        for each in _BREAKS:
            octets = octets.replace(each, b"\n")
        octets = _OCTETS.sub(_octets, _LETTER.sub(_letter, octets))
    if b"%40" in octets:
        octets = octets.replace(b"%40", b"@").replace(b"%2B", b"+").replace(b"%2b", b"+")
    yield octets
    if b"\0" in octets:
        yield octets.replace(b"\0", b"")


def _letter(escape: re.Match[bytes]) -> bytes:
    high, low, single = escape.groups()
    codes = [single] if single else [high, low]
    octets = b"".join(int(code, 16).to_bytes(2, "big") for code in codes)
    return _plain(octets.decode("utf-16-be", "replace").encode())


def _octets(escape: re.Match[bytes]) -> bytes:
    return b" " + _plain(bytes.fromhex(escape[1].decode())) + b" "


def _plain(octets: bytes) -> bytes:
    """Return octets without those that may stand between values, or break off a text."""
    return octets if octets >= b" " and b"\x1f" not in octets else octets.translate(_SPACED)


_SPACED = bytes(octet if octet >= ord(" ") or not octet else ord(" ") for octet in range(256))
