"""Undoes how JSON, URLs, HTML, mail and PostgreSQL write letters and octets, and UTF-16; pure."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

BETWEEN = b"\x1f"
"""Stands between values that are looked through together; no identity holds it."""

_BREAKS = (
    (b"\\r\\n", b"\n"),
    (b"\\n", b"\n"),
    (b"\\r", b"\n"),
    (b"\\t", b"\n"),
    (b"\\\\u", b"\\u"),
)
_LETTER = re.compile(
    rb"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|\\u([0-9a-fA-F]{4})"
)
_OCTETS = re.compile(rb"\\x((?:[0-9a-f]{2})+)")

_URL = b"%", re.compile(rb"%[0-9a-fA-F]{2}")
_WORDS = b"%", re.compile(rb"\+[^\s\x1f+&%]*%40")
_FIGURES = b"%", re.compile(rb"%2[bB][0-9]+\+")
_LETTERS = re.compile(
    rb"&(?:amp;)*(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|(?!amp|lt|gt|quot|nbsp)[A-Za-z]{2,31});"
)
_HTML = b"&", _LETTERS
_MAIL = b"=", re.compile(rb"=(?:40|3[ACDE]|2[02BCDE]|5F|\r?\n|[C-F][0-9A-F]=[89AB][0-9A-F])")
"""What may hide an identity, after the sign without which there is none of it.

In a form that was sent, `+` is a space and `%2B` is a `+`.
"""

_ROUNDS = 3
"""How often a text is undone that was written so again and again."""


def forms(octets: bytes) -> Iterator[bytes]:
    r"""Yield values as they read without escapes, and as ones of two octets a letter.

    UTF-16 is UTF-8 with a NUL beside every letter of ASCII. Octets in an array or a row of
    PostgreSQL are written `\x` and their hex digits. What `%`, `&` or `=` begins may as well be
    plain text, as in `LIKE '%ada@…'` and `n=44…`: such values are read both ways.
    """
    octets = _without_slashes(octets)
    if b"&" in octets:
        octets = octets.replace(b"&nbsp;", b" ")
    others = (
        _plainly(_only(octets, _URL, _HTML)),
        _plainly(_only(octets, _WORDS, _FIGURES).replace(b"+", b" ")),
        _of_mail(_only(octets, _MAIL)),
    )
    for form in (octets, *filter(None, others)):
        yield form
        if b"\0" in form:
            yield form.replace(b"\0", b"")


def _without_slashes(octets: bytes) -> bytes:
    if b"\\" not in octets:
        return octets
    for written, meant in _BREAKS:
        octets = octets.replace(written, meant)
    return _OCTETS.sub(_octets, _LETTER.sub(_letter, octets))


def _only(octets: bytes, *escapes: tuple[bytes, re.Pattern[bytes]]) -> bytes:
    """Return the values in which an escape stands; the others are empty."""
    parts: list[bytes] = []
    at = 0
    for begin, end in sorted({place for each in escapes for place in _places(octets, *each)}):
        parts.extend((BETWEEN * octets.count(BETWEEN, at, begin), octets[begin:end]))
        at = end
    return b"".join(parts)


def _places(octets: bytes, sign: bytes, escape: re.Pattern[bytes]) -> Iterator[tuple[int, int]]:
    """Yield where each value begins and ends in which an escape stands."""
    end = 0
    while sign in octets and (found := escape.search(octets, end)):
        begin = octets.rfind(BETWEEN, end, found.start()) + 1
        end = octets.find(BETWEEN, found.end())
        end = len(octets) if end < 0 else end
        yield begin, end


def _plainly(octets: bytes) -> bytes:
    """Return values as they read once nothing in them is written for a URL or for HTML."""
    for _ in range(_ROUNDS):
        before = octets
        for each in (b"%1F", b"%1f"):
            octets = octets.replace(each, b" ")
        octets = _without_slashes(_LETTERS.sub(_sign, unquote_to_bytes(octets)))
        if octets == before:
            break
    return octets


def _of_mail(octets: bytes) -> bytes:
    """Return values as a mail shows them: quoted-printable is a URL's way with another sign."""
    for each in (b"=\r\n", b"=\n"):
        octets = octets.replace(each, b"")
    return _plainly(octets.replace(b"=", b"%"))


def _sign(escape: re.Match[bytes]) -> bytes:
    """Return the letter that HTML names; of a control character nothing."""
    return html.unescape(escape[0].replace(b"amp;", b"").decode()).encode()


def _letter(escape: re.Match[bytes]) -> bytes:
    high, low, single = escape.groups()
    codes = [single] if single else [high, low]
    octets = b"".join(int(code, 16).to_bytes(2, "big") for code in codes)
    return _plain(octets.decode("utf-16-be", "replace").encode())


def _octets(escape: re.Match[bytes]) -> bytes:
    return b" " + _plain(bytes.fromhex(escape[1].decode())) + b" "


def _plain(octets: bytes) -> bytes:
    """Return octets without those that may stand between values, or break off a text."""
    return octets if octets >= b" " and BETWEEN not in octets else octets.translate(_SPACED)


_SPACED = bytes(octet if octet >= ord(" ") or not octet else ord(" ") for octet in range(256))
