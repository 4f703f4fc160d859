"""Tells which of many identities stand in octets of text, in one pass over them; pure.

What is looked at first is cheap and passes over almost all text, whatever the number of people:
the letters around an `@`, runs of digits, the digits and capitals of a word. What it stops at is
narrowed down to single values, and there the pattern of one identity decides.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING

from upheld.identity import base

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from upheld.model.searching import Needle

BETWEEN = b"\x1f"
"""Stands between values that are looked through together; no identity holds it."""

_NEAR = 4
"""Octets looked at on either side of an `@`."""

_PARTS = 16
_STRIKING = 4
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_ESCAPED = re.compile(rb"\\u00([2-9a-fA-F][0-9a-fA-F])")
_BREAKS = (b"\\n", b"\\r", b"\\t")
_WORD = re.compile(rb"[A-Za-z0-9_\x80-\xff]+")
_DASHES = "\u2010-\u2015"

_LOOSE = b" ()./-\t\n\r\v\f" + bytes(range(0x80, 0x100))
"""What may stand between the digits of a telephone number, and parts of such letters."""

_FADED = bytes(range(ord("a"), ord("z") + 1)) + bytes(range(0x80, 0x100))
"""What is passed over in a word."""


def _only(kept: bytes) -> bytes:
    """Return a table that turns all other octets into spaces."""
    return bytes(octet if octet in kept else ord(" ") for octet in range(256))


_DIGITS = _only(b"0123456789")
_SIGNS = _only(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_")


class Sieve:
    """Identities that are looked for together; each is named by its place in the list."""

    def __init__(self, needles: Sequence[Needle]) -> None:
        """Sort the identities by what is looked at first; one that two people have is one."""
        numbers: dict[tuple[str, str], list[int]] = defaultdict(list)
        for number, each in enumerate(needles):
            numbers[base(each.kind), each.value].append(number)
        self._sought = list(numbers)
        self._numbers = list(numbers.values())
        self._addresses: dict[bytes, list[tuple[int, bytes, int]]] = defaultdict(list)
        self._telephones: dict[bytes, list[tuple[bytes, int]]] = defaultdict(list)
        phones = (len(value) for kind, value in self._sought if kind == "phone")
        self._shortest = min(phones, default=0)
        self._words: dict[bytes, list[tuple[bytes, int]]] = defaultdict(list)
        self._plain: list[tuple[bytes, int]] = []
        for at, (kind, value) in enumerate(self._sought):
            self._add(at, kind, value)
        self._widths = sorted({_widths(key) for key in self._addresses})
        self._striking = frozenset(self._words)

    def find(self, values: Sequence[bytes]) -> Iterator[tuple[int, Sequence[int]]]:
        """Yield the place of each value that holds an identity, with the needles that it holds."""
        yield from self._narrowed(values, 0, len(values))

    def _narrowed(
        self, values: Sequence[bytes], first: int, last: int
    ) -> Iterator[tuple[int, Sequence[int]]]:
        suspects = self._suspects(BETWEEN.join(values[first:last]))
        if not suspects:
            return
        if last - first > 1:
            step = -(-(last - first) // _PARTS)
            for at in range(first, last, step):
                yield from self._narrowed(values, at, min(at + step, last))
            return
        texts = [form.decode("utf-8", "surrogateescape") for form in _forms(values[first])]
        for suspect in sorted(suspects):
            pattern = _pattern(*self._sought[suspect])
            if any(map(pattern.search, texts)):
                yield first, self._numbers[suspect]

    def _suspects(self, octets: bytes) -> set[int]:
        """Return what may stand in a text; nothing that stands there is left out."""
        found: set[int] = set()
        for form in _forms(octets):
            if self._addresses:
                found.update(self._addressed(form.lower()))
            if self._telephones:
                found.update(self._telephoned(form))
            if self._words:
                found.update(self._worded(form))
            found.update(number for spelling, number in self._plain if spelling in form)
        return found

    def _addressed(self, text: bytes) -> Iterator[int]:
        known, widths = self._addresses, self._widths
        at = text.find(b"@")
        while at >= 0:
            for ahead, behind in widths:
                for back, spelling, number in known.get(text[at - ahead : at + behind], ()):
                    if text.startswith(spelling, at - back):
                        yield number
            at = text.find(b"@", at + 1)

    def _telephoned(self, text: bytes) -> Iterator[int]:
        known, size = self._telephones, self._shortest
        runs = [
            (run, at)
            for run in text.translate(_DIGITS, _LOOSE).split()
            if len(run) >= size
            for at in range(len(run) - size + 1)
            if run[at : at + size] in known
        ]
        for run, at in runs:
            for digits, number in known[run[at : at + size]]:
                if run.startswith(digits, at):
                    yield number

    def _worded(self, text: bytes) -> Iterator[int]:
        for word in self._striking.intersection(text.translate(_SIGNS, _FADED).split()):
            for spelling, number in self._words[word]:
                if spelling in text:
                    yield number

    def _add(self, number: int, kind: str, value: str) -> None:
        match kind:
            case "email":
                for spelling in _addresses(value):
                    at = spelling.rindex(b"@")
                    key = spelling[max(0, at - _NEAR) : at + 1 + _NEAR]
                    self._addresses[key].append((at, spelling, number))
            case "phone":
                digits = value.encode()
                self._telephones[digits[: self._shortest]].append((digits, number))
            case _:
                for spelling in _accounts(value):
                    self._add_word(spelling, number)

    def _add_word(self, spelling: bytes, number: int) -> None:
        words = (each.translate(None, _FADED) for each in _WORD.findall(spelling))
        striking = max(words, key=len, default=b"")
        if len(striking) >= _STRIKING:
            self._words[striking].append((spelling, number))
        else:
            self._plain.append((spelling, number))


def _widths(key: bytes) -> tuple[int, int]:
    ahead = key.rindex(b"@")
    return ahead, len(key) - ahead


def _forms(octets: bytes) -> Iterator[bytes]:
    """Yield a text as it reads without the escapes of JSON and URLs, and as one of two octets each.

    UTF-16 is UTF-8 with a NUL beside every letter of ASCII.
    """
    if b"\\" in octets:
        for each in _BREAKS:
            octets = octets.replace(each, b"\n")
        octets = _ESCAPED.sub(_unescaped, octets)
    if b"%40" in octets:
        octets = octets.replace(b"%40", b"@").replace(b"%2B", b"+").replace(b"%2b", b"+")
    yield octets
    if b"\0" in octets:
        yield octets.replace(b"\0", b"")


def _unescaped(escape: re.Match[bytes]) -> bytes:
    return chr(int(escape[1], 16)).encode()


def _addresses(value: str) -> Iterable[bytes]:
    """Return an address in octets as it stands in a text of which ASCII is in small letters."""
    cases = (value, value.upper(), value.lower())
    forms = [unicodedata.normalize(form, each) for form in ("NFC", "NFD") for each in cases]
    return dict.fromkeys(each.encode().lower() for each in forms)


def _accounts(value: str) -> Iterable[bytes]:
    cases = (value, value.upper(), value.lower()) if _UUID.fullmatch(value) else (value,)
    return dict.fromkeys(each.encode() for each in cases)


@lru_cache(maxsize=4096)
def _pattern(kind: str, value: str) -> re.Pattern[str]:
    """Return what an identity looks like in a text, and what may not stand around it."""
    match kind:
        case "email":
            letters = "".join(map(_letter, value))
            return re.compile(rf"(?<![\w.+-]){letters}(?!\.?[\w-])", re.IGNORECASE)
        case "phone":
            return re.compile(r"(?<!\d)" + rf"[\s()./{_DASHES}-]*".join(value) + r"(?!\d)")
        case _:
            case = re.IGNORECASE if _UUID.fullmatch(value) else 0
            return re.compile(rf"(?<!\w){re.escape(value)}(?!\w)", case)


def _letter(letter: str) -> str:
    parted = unicodedata.normalize("NFD", letter)
    if parted == letter:
        return re.escape(letter)
    return f"(?:{re.escape(letter)}|{re.escape(parted)})"
