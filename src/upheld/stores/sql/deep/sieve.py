"""Tells which of many identities stand in octets of text, in one pass over them; pure.

What is looked at first is cheap and passes over almost all text, whatever the number of people:
the letters around an `@`, runs of digits, the digits and capitals of a word. Only where it stops
is it asked what stands around. Many values are looked through together, and which one holds what
was found is counted.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from itertools import accumulate
from typing import TYPE_CHECKING

from upheld.identity import base
from upheld.stores.sql.deep.escapes import BETWEEN, forms

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from upheld.model.searching import Needle

_NEAR = (6, 4)
"""Octets looked at before and after an `@`."""

_AROUND = 64
"""Octets in which what stands before or after an identity is read: a label of a domain has 63."""

_STRIKING = 4
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_WORD = re.compile(rb"[A-Za-z0-9_\x80-\xff]+")
_DASHES = "\u2010-\u2015"

_LINES = "_-"
"""Signs that join words, in addresses and around them."""

_DNS = "xn--"
"""Begins a word of a domain whose letters are written as DNS has them."""

_WORD_BEFORE_DOT = re.compile(r"[\w+-]\.$")
"""What a dot joins with what follows it, in an address."""

_LONGER = re.compile(r"[^\W_]|\.[^\W_]|-[\w-]*\.[^\W_]")
"""What makes another domain of one that it follows."""

_LONGER_HOST = re.compile(r"\.?[\w-]")
"""The same of a domain of one word."""

_LOOSE = b" ()./-\t\n\r\v\f" + bytes(range(0x80, 0x100))
"""What may stand between the digits of a telephone number, and parts of such letters."""

_TRUNK = b"(0)"
"""What is dialled within a country only: `+44 (0)20 7946 0000` is `+44 20 7946 0000`."""

_NUMBER = re.compile(rf"\d+(?:[\s()./{_DASHES}-]*\d+)*")
_GROUP = re.compile(r"\d+")

_FADED = bytes(range(ord("a"), ord("z") + 1)) + bytes(range(0x80, 0x100))
"""What is passed over in a word."""


def _only(kept: bytes) -> bytes:
    """Return a table that turns all other octets into spaces."""
    return bytes(octet if octet in kept else ord(" ") for octet in range(256))


_DIGITS = _only(b"0123456789" + BETWEEN)
_SIGNS = _only(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_")


class Sieve:
    """Identities that are looked for together; each is named by its place in the list."""

    def __init__(self, needles: Sequence[Needle]) -> None:
        """Sort the identities by what is looked at first; one that two people have is one."""
        numbers: dict[tuple[str, str], list[int]] = defaultdict(list)
        for number, each in enumerate(needles):
            numbers[base(each.kind), each.value].append(number)
        self._numbers = list(numbers.values())
        self._addresses = _Addresses()
        self._telephones = _Telephones(value for kind, value in numbers if kind == "phone")
        self._accounts = _Accounts()
        for at, (kind, value) in enumerate(numbers):
            match kind:
                case "email":
                    self._addresses.add(value, at)
                case "phone":
                    self._telephones.add(value, at)
                case _:
                    self._accounts.add(value, at)

    def find(self, values: Sequence[bytes]) -> Iterator[tuple[int, Sequence[int]]]:
        """Yield the place of each value that holds an identity, with the needles that it holds."""
        octets = BETWEEN.join(values)
        if octets.count(BETWEEN) >= max(len(values), 1):
            octets = BETWEEN.join(each.replace(BETWEEN, b" ") for each in values)
        found: set[tuple[int, int]] = set()
        for form in forms(octets):
            found.update(self._addresses.find(form))
            found.update(self._telephones.find(form))
            found.update(self._accounts.find(form))
        for at, identity in sorted(found):
            yield at, self._numbers[identity]


class _Addresses:
    """Addresses, by the letters around their `@`."""

    def __init__(self) -> None:
        self._known: dict[tuple[bytes, bytes], list[tuple[bytes, str, int]]] = defaultdict(list)
        self._patterns: dict[tuple[int, int], re.Pattern[bytes]] = {}

    def add(self, value: str, number: int) -> None:
        for spelling in _spelled(value):
            at = spelling.rindex(b"@")
            ahead, behind = spelling[max(0, at - _NEAR[0]) : at], spelling[at + 1 :][: _NEAR[1]]
            self._known[ahead, behind].append((spelling, value, number))
            widths = len(ahead), len(behind)
            self._patterns.setdefault(widths, _beside(*widths))

    def find(self, form: bytes) -> Iterator[tuple[int, int]]:
        """Yield the place of each value in which an address stands, and the address."""
        if not self._known or b"@" not in form:
            return
        text = form.lower()
        for pattern in self._patterns.values():
            if self._known.keys().isdisjoint(pattern.findall(text)):
                continue
            for near in pattern.finditer(text):
                for spelling, value, number in self._known.get((near[1], near[2]), ()):
                    at = near.start() - spelling.rindex(b"@")
                    if not text.startswith(spelling, at):
                        continue
                    if _stands_alone(value, text, at, at + len(spelling)):
                        yield text.count(BETWEEN, 0, at), number


class _Telephones:
    """Telephone numbers, by as many first digits as the shortest of them has."""

    def __init__(self, values: Iterable[str]) -> None:
        self._known: dict[bytes, list[tuple[bytes, int]]] = defaultdict(list)
        self._size = min(map(len, values), default=0)

    def add(self, value: str, number: int) -> None:
        self._known[value[: self._size].encode()].append((value.encode(), number))

    def find(self, form: bytes) -> Iterator[tuple[int, int]]:
        """Yield the place of each value in which a number stands, and the number."""
        if not self._known:
            return
        yield from self._dialled(form)
        if _TRUNK in form:
            yield from self._dialled(form.replace(_TRUNK, b" "))

    def _dialled(self, form: bytes) -> Iterator[tuple[int, int]]:
        known, size = self._known, self._size
        digits = form.translate(_DIGITS, _LOOSE)
        starts = {
            run[at : at + size]
            for run in digits.replace(BETWEEN, b" ").split()
            if len(run) >= size
            for at in range(len(run) - size + 1)
        }
        values: list[bytes] = []
        for start in known.keys() & starts:
            for number, identity in known[start]:
                for at in dict.fromkeys(digits.count(BETWEEN, 0, o) for o in _all(number, digits)):
                    values = values or form.split(BETWEEN)
                    if _is_dialled(number.decode(), values[at]):
                        yield at, identity


class _Accounts:
    """Numbers of accounts and the like, by the digits and capitals of their most striking word."""

    def __init__(self) -> None:
        self._known: dict[bytes, list[tuple[bytes, int]]] = defaultdict(list)
        self._plain: list[tuple[bytes, int]] = []

    def add(self, value: str, number: int) -> None:
        cases = (value, value.upper(), value.lower()) if _UUID.fullmatch(value) else (value,)
        for spelling in dict.fromkeys(each.encode() for each in cases):
            words = (each.translate(None, _FADED) for each in _WORD.findall(spelling))
            striking = max(words, key=len, default=b"")
            if len(striking) >= _STRIKING:
                self._known[striking].append((spelling, number))
            else:
                self._plain.append((spelling, number))

    def find(self, form: bytes) -> Iterator[tuple[int, int]]:
        """Yield the place of each value in which one stands, and which it is."""
        wanted = self._plain
        if self._known:
            words = self._known.keys() & form.translate(_SIGNS, _FADED).split()
            wanted = [*wanted, *(each for word in words for each in self._known[word])]
        for spelling, number in wanted:
            for at in _all(spelling, form):
                if _is_a_word(form, at, spelling):
                    yield form.count(BETWEEN, 0, at), number


def _beside(ahead: int, behind: int) -> re.Pattern[bytes]:
    """Return what takes so many octets from before and after each `@`."""
    return re.compile(rb"@(?<=(.{%d})@)(?=(.{%d}))" % (ahead, behind), re.DOTALL)


def _spelled(value: str) -> Iterable[bytes]:
    """Return an address in octets as it stands in a text of which ASCII is in small letters.

    Also without the NUL of UTF-16, as the text is looked through in which one stands: that is how
    Latin-1 has it, too. A domain may be written as DNS has it.
    """
    if value.isascii() and _DNS not in value:
        return (value.lower().encode(),)
    named = (value, *_in_dns(value))
    cases = [case for each in named for case in (each, each.upper(), each.lower())]
    said = [unicodedata.normalize(form, each) for form in ("NFC", "NFD") for each in cases]
    plain = [each.encode() for each in said]
    wide = [each.encode(how) for how in ("utf-16-le", "utf-16-be") for each in said]
    narrow = (each.replace(b"\0", b"").replace(BETWEEN, b" ") for each in wide)
    return dict.fromkeys(each.lower() for each in (*plain, *narrow))


def _in_dns(value: str) -> Iterator[str]:
    """Yield an address with its domain put into the letters of DNS, or out of them (IDNA 2003)."""
    local, _, domain = value.rpartition("@")
    octets = domain.encode("ascii", "ignore")
    try:
        other = octets.decode("idna") if _DNS in domain else domain.encode("idna").decode()
    except UnicodeError:  # DNS has no such domain
        return
    yield f"{local}@{other}"


def _all(part: bytes, text: bytes) -> Iterator[int]:
    """Yield each place at which a part stands in a text."""
    at = text.find(part)
    while at >= 0:
        yield at
        at = text.find(part, at + 1)


def _ahead(text: bytes, at: int) -> str:
    return text[max(0, at - _AROUND) : at].decode("utf-8", "surrogateescape")


def _behind(text: bytes, at: int) -> str:
    return text[at : at + _AROUND].decode("utf-8", "surrogateescape")


def _joins(letter: str, own: str) -> bool:
    """Say whether a letter beside an identity goes on with the word that the identity begins.

    Where letters have no capitals, words are often written together: such a letter joins its like.
    """
    caseless = unicodedata.category(letter) == "Lo" != unicodedata.category(own)
    return letter.isalnum() and not caseless


def _is_a_word(text: bytes, at: int, account: bytes) -> bool:
    """Say whether the number of an account is no part of a longer word."""
    own, ahead, behind = account.decode(), _ahead(text, at), _behind(text, at + len(account))
    beside = ((ahead[-1:], own[0]), (behind[:1], own[-1]))
    return not any(each == "_" or (each and _joins(each, edge)) for each, edge in beside)


def _stands_alone(own: str, text: bytes, at: int, end: int) -> bool:
    """Say whether an address is no part of a longer one.

    `mary_ada@…` and `mary-ada@…` are addresses of their own. Lines that follow no letter make none:
    `-ada@…`, `_ada@…`. Nor do those that stand on both sides: `contact_ada@example.com_2`. Nor does
    a dot that ends no word: `...ada@…`. No domain goes on with `_`, nor with `-` where no dot comes
    after it.
    """
    ahead, behind = _ahead(text, at), _behind(text, end)
    longer = _LONGER if "." in own.rpartition("@")[2] else _LONGER_HOST
    if longer.match(behind) and not (behind[0].isalnum() and not _joins(behind[0], own[-1])):
        return False
    if ahead and ahead[-1] in _LINES and behind.startswith(ahead[-1]):
        return True
    before = ahead.rstrip(_LINES)
    if before.endswith("."):
        return not _WORD_BEFORE_DOT.search(before)
    return not (before and (before[-1] == "+" or _joins(before[-1], own[0])))


def _is_dialled(number: str, octets: bytes) -> bool:
    """Say whether whole groups of digits, one after the other, are a number, or `00` and it."""
    for run in _NUMBER.findall(octets.decode("utf-8", "surrogateescape")):
        groups = _GROUP.findall(run)
        edges = {0, *accumulate(map(len, groups))}
        digits = "".join(groups)
        at = digits.find(number)
        while at >= 0:
            begins = at in edges or (digits[:at].endswith("00") and at - 2 in edges)
            if begins and at + len(number) in edges:
                return True
            at = digits.find(number, at + 1)
    return False
