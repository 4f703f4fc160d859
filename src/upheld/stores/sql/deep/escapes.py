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
_BEFORE = b"\\", re.compile(rb"\\[bf][^\s\\]")
_MAIL = b"=", re.compile(rb"=(?:40|3[ACDE]|2[02BCDE]|5F|\r?\n|[C-F][0-9A-F]=[89AB][0-9A-F])")
"""What may hide an identity, after the sign without which there is none of it.

In a form that was sent, `+` is a space and `%2B` is a `+`. What JSON escapes with `b` or `f` is no
letter; after any other backslash it is one.
"""

_HEX = frozenset(bytes([each]) for each in b"%0123456789abcdefABCDEF")
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
        _only(octets, _BEFORE).replace(b"\\b", b"\n").replace(b"\\f", b"\n"),
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
    tried = [escape for sign, escape in escapes if sign in octets and escape.search(octets)]
    if not tried:
        return b""
    values = octets.split(BETWEEN)
    kept = [value if any(each.search(value) for each in tried) else b"" for value in values]
    return BETWEEN.join(kept)


def _plainly(octets: bytes) -> bytes:
    """Return values as they read once nothing in them is written for a URL or for HTML."""
    for _ in range(_ROUNDS):
        before = octets
        octets = _without_slashes(_of_html(_of_url(octets)))
        if octets == before:
            break
    return octets


def _of_url(octets: bytes) -> bytes:
    """Return octets without a URL's escapes: each that is met goes everywhere at once.

    It does not where that could make new ones of what stands around.
    """
    met = set(_URL[1].findall(octets)) if b"%" in octets else set()
    for each in met & {b"%1F", b"%1f"}:
        octets = octets.replace(each, b" ")
    meant = {each: unquote_to_bytes(each) for each in met}
    if not _HEX.isdisjoint(meant.values()):
        return unquote_to_bytes(octets)
    for written, octet in meant.items():
        octets = octets.replace(written, octet)
    return octets


def _of_html(octets: bytes) -> bytes:
    return _LETTERS.sub(_sign, octets) if b"&" in octets else octets


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
