"""What passes for an identity in a text, and what does not."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upheld.model.searching import Needle
from upheld.stores.sql.sieve import Sieve

UUID = "3f2a9c1e-0b7d-4e55-9a10-c0ffee123456"


def _stands(kind: str, value: str, text: str | bytes) -> bool:
    octets = text.encode() if isinstance(text, str) else text
    return bool(list(Sieve([Needle(0, kind, value)]).find([b"", octets, b"other"])))


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("email", "jo@x.com", "jo@x.com"),
        ("email", "jo@x.com", "Write to <JO@X.Com>."),
        ("email", "jo@x.com", "'jo@x.com'"),
        ("email", "jo@x.com", r'{"a": "Hi,\njo@x.com\tand"}'),
        ("email", "jo@x.com", r'{"a": "jo\u0040x.com"}'),
        ("email", "o'brien+k@x.com", r'{"a": "o\u0027brien\u002bk@x.com"}'),
        ("email", "jo@x.com", "GET /?q=jo%40x.com HTTP/1.1"),
        ("email", "jo+k@x.com", "GET /?q=jo%2Bk%40x.com HTTP/1.1"),
        ("email", "jo@x.com", "jo@x.com".encode("utf-16-le")),
        ("email", "jo@x.com", b"\xff\x00\xfejo@x.com\xff"),
        ("email", "zoë@münchen.de", "ZOË@MÜNCHEN.DE"),
        ("email", "zoë@münchen.de", "zoe\u0308@mu\u0308nchen.de"),
        ("phone", "442079460000", "+44 (20) 7946-0000"),
        ("phone", "442079460000", "t=44.2079/46\u20110000;"),
        ("phone", "442079460000", "on 2026-07-01 442079460000"),
        ("account", "C-000042", "/of/C-000042?x"),
        ("account", "cus_Nffr7FeUfNV2H", '"cus_Nffr7FeUfNV2H"'),
        ("account", UUID, f"[{UUID.upper()}]"),
        ("account", "1234-5678-9012", "no. 1234-5678-9012"),
        ("account", "ab1", "of ab1"),
    ],
)
def test_an_identity_is_seen_however_it_is_written(
    kind: str, value: str, text: str | bytes
) -> None:
    assert _stands(kind, value, text)


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("email", "jo@x.com", "bojo@x.com.au"),
        ("email", "jo@x.com", "jo@x.com.au"),
        ("email", "jo@x.com", "jo@x.community"),
        ("email", "jo@x.com", "bo.jo@x.com"),
        ("email", "jo@x.com", "bo+jo@x.com"),
        ("email", "jo@x.com", "jo @x.com"),
        ("phone", "442079460000", "4420794600001"),
        ("phone", "442079460000", "1442079460000"),
        ("phone", "442079460000", "44,2079,460000"),
        ("account", "C-000042", "ABC-000042"),
        ("account", "C-000042", "C-0000421"),
        ("account", "C-000042", "c-000042"),
    ],
)
def test_what_only_resembles_an_identity_is_none(kind: str, value: str, text: str) -> None:
    assert not _stands(kind, value, text)


def test_an_identity_does_not_reach_from_one_value_into_the_next() -> None:
    sieve = Sieve([Needle(0, "email", "jo@x.com"), Needle(1, "phone", "442079460000")])
    assert list(sieve.find([b"jo@", b"x.com", b"4420794", b"60000", b"jo", b"@x.com"])) == []


_WORDS = st.sampled_from(
    ["jo", "@", "x.com", ".", "-", "+", " ", "\\n", "\0", "44", "2079460000", "(", "C-", "000042"]
)
_NEEDLES = [
    Needle(0, "email", "jo@x.com"),
    Needle(1, "email", "44@x.com"),
    Needle(2, "phone", "442079460000"),
    Needle(3, "account", "C-000042"),
]
_PLAIN = [
    re.compile(r"(?<![\w.+-])jo@x\.com(?!\.?[\w-])"),
    re.compile(r"(?<![\w.+-])44@x\.com(?!\.?[\w-])"),
    re.compile(r"(?<!\d)" + r"[\s()./-]*".join("442079460000") + r"(?!\d)"),
    re.compile(r"(?<!\w)C-000042(?!\w)"),
]


@given(st.lists(st.lists(_WORDS, max_size=12).map("".join), max_size=40))
def test_what_is_looked_at_first_passes_over_nothing(texts: list[str]) -> None:
    """The slow way is the pattern of each identity on each text, with nothing in between."""
    found = {
        (at, number)
        for at, numbers in Sieve(_NEEDLES).find([text.encode() for text in texts])
        for number in numbers
    }
    forms = [text.replace("\\n", "\n") for text in texts]
    assert found == {
        (at, number)
        for at, text in enumerate(forms)
        for number, pattern in enumerate(_PLAIN)
        if pattern.search(text) or pattern.search(text.replace("\0", ""))
    }
