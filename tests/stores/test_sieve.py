"""What passes for an identity in a text, and what does not."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upheld.model.searching import Needle
from upheld.stores.sql.deep.sieve import Sieve

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
        ("email", "jo@x.com", "-jo@x.com-"),
        ("email", "jo@x.com", "_jo@x.com_"),
        ("email", "jo@x.com", "--jo@x.com"),
        ("email", "jo@x.com", "contact_jo@x.com_2"),
        ("email", "jo@x.com", "contact-jo@x.com-2"),
        ("email", "jo@x.com", "请写信到jo@x.com的邮箱"),
        ("email", "jo@x.com", "לjo@x.com"),
        ("email", "jo@x.com", "jo@x.com_2.pdf"),
        ("email", "jo@x.com", "jo@x.com-2"),
        ("email", "jo@x.com", r'{"a": ["{\"\\x6a6f40782e636f6d\"}"]}'),
        ("email", "ł.жо@x.com", json.dumps({"a": "Ł.ЖО@x.com"})),
        ("email", "\U0001f600jo@x.com", json.dumps("\n\U0001f600jo@x.com")),
        ("email", "\U0001f600jo@x.com", r"\uD83D\uDE00jo@x.com"),
        ("email", "jo@x.com", r"\u4e0ajo@x.com\ud83d"),
        ("email", "jo@x.com", "Mail...jo@x.com"),
        ("email", "jo@x.com", ".jo@x.com"),
        ("email", "jo@x.com", "(._jo@x.com)"),
        ("email", "zoë@münchen.de", "<zoë@münchen.de>".encode("utf-16")),
        ("email", "zoë@münchen.de", "ZOË@MÜNCHEN.DE".encode("utf-16-be")),
        ("email", "łuk.ζ@münchen.de", "an łuk.ζ@münchen.de.".encode("utf-16-le")),
        ("email", "łuk.ζ@münchen.de", "an łuk.ζ@münchen.de.".encode("utf-16-be")),
        ("email", "zoë@münchen.de", "an zoë@münchen.de.".encode("latin-1")),
        ("email", "zoë@münchen.de", "?q=zo%EB%40m%FCnchen.de"),
        ("email", "zoë@münchen.de", "zoë@xn--mnchen-3ya.de"),
        ("email", "zoë@xn--mnchen-3ya.de", "zoë@münchen.de"),
        ("email", "jo@xn--mnchen-3ya.de", "jo@MÜNCHEN.de"),
        ("email", "jo@xn--\u00fc.de", "jo@xn--\u00fc.de"),
        ("email", "jo@xn--zzzzzzzz99.de", "jo@xn--zzzzzzzz99.de"),
        ("email", "jo@.\u00fc.de", "jo@.\u00fc.de"),
        ("email", "jo@münchen.de", "jo@XN--MNCHEN-3YA.de"),
        ("email", "zoë@münchen.de", "ZOË@MÜNCHEN.DE"),
        ("email", "zoë@münchen.de", "zoe\u0308@mu\u0308nchen.de"),
        ("email", "jo@x.com", "GET /?mail%3Djo%40x.com"),
        ("email", "jo@x.com", "GET /?mail%3Djo@x.com"),
        ("email", "jo@x.com", "%3Cjo%40x.com%3E"),
        ("email", "jo@x.com", "%0Ajo@x.com"),
        ("email", "jo@x.com", "/go?to=%2Fin%3Fq%3Djo%2540x.com"),
        ("email", "jo@x.com", "%25253Djo%252540x.com"),
        ("email", "zoë@münchen.de", "q=zo%C3%AB%40m%c3%bcnchen.de"),
        ("email", "zoë@münchen.de", "zo%C3%AB@m%C3%BCnchen.de"),
        ("email", "jo@x.com", "/?q=mails+from+jo%40x.com"),
        ("email", "jo+k@x.com", "/bo/jo+k%40x.com"),
        ("email", "jo@x.com", "line%1Fjo%40x.com"),
        ("email", "ada@x.com", "LIKE '%ada@x.com%'"),
        ("email", "jo@x.com", "jo&#64;x.com"),
        ("email", "jo@x.com", "&#106;&#x6F;&#x00040;x&#46;com"),
        ("email", "jo+k@x.com", "<b>jo&plus;k&commat;x&period;com</b>"),
        ("email", "zoë@münchen.de", "zo&euml;@m&uuml;nchen.de"),
        ("email", "jo@x.com", "&amp;lt;jo&amp;amp;#64;x.com"),
        ("email", "jo@x.com", '<a href="/?a=1&amp;to=jo%40x.com">'),
        ("email", "jo@x.com", json.dumps(json.dumps("ł jo@x.com").replace("@", r"@"))),
        ("email", "jo@x.com", r'{"a": "\fjo@x.com"}'),
        ("email", "jo@x.com", r'{"a": "\bjo@x.com"}'),
        ("email", "bob@x.com", r"WORK\bob@x.com"),
        ("account", "C-000042", r'{"a": "\fC-000042"}'),
        ("email", "jo@x.com", "%%34%30 jo%40x.com"),
        ("email", "jo@x.com", "=?utf-8?Q?jo=40x.com?="),
        ("email", "jo@x.com", "=3Cjo@x.com=3E"),
        ("email", "jo@x.com", r'{"raw": "jo@x=\r\n.com"}'),
        ("email", "jo@x.com", "a line of 76 with jo@x=\n.com"),
        ("email", "jo@x.com", "a line of 76 with jo@=\r\nx.com"),
        ("email", "jo@x.com", "/?mail=3Djo@x.com"),
        ("email", "zoë@münchen.de", "zo=C3=AB=40m=C3=BCnchen.de"),
        ("phone", "442079460000", "tel=%2B442079460000&x"),
        ("phone", "442079460000", "tel=%2B44+20+7946+0000&x"),
        ("phone", "442079460000", "%20442079460000%20"),
        ("phone", "442079460000", "call%3A44%2020%207946%200000"),
        ("phone", "442079460000", "LIKE '%442079460000%'"),
        ("phone", "442079460000", "tel=442079460000&at=40"),
        ("phone", "442079460000", "+44&nbsp;20&nbsp;7946&nbsp;0000"),
        ("account", "C-000042", "/?of%3DC-000042"),
        ("phone", "442079460000", "+44 (20) 7946-0000"),
        ("phone", "442079460000", "+44 (0)20 7946 0000"),
        ("phone", "442079460000", "(+44)(0) 20 7946-0000"),
        ("phone", "442079460000", "+44\u00a0(0)\u00a020\u00a07946 0000"),
        ("phone", "442079460000", "0044 (0) 20 7946 0000"),
        ("phone", "442079460000", "00442079460000"),
        ("phone", "442079460000", "00 44 20 7946 0000"),
        ("phone", "442079460000", "tel=%2B44+%280%29+20+7946+0000"),
        ("phone", "4402079460000", "+44 (0)20 7946 0000"),
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
        ("email", "jo@x.com", "...bo.jo@x.com"),
        ("email", "jo@x.com", "bo-.jo@x.com"),
        ("email", "jo@x.com", "bo._jo@x.com"),
        ("email", "zoë@münchen.de", "bozoë@münchen.de".encode("utf-16-le")),
        ("email", "zoë@münchen.de", "zoë@münchen.dev".encode("utf-16-be")),
        ("email", "zoë@münchen.de", "bo.zoë@xn--mnchen-3ya.de"),
        ("email", "jo@x.com", "'+jo@x.com"),
        ("email", "jo@x.com", "jo @x.com"),
        ("email", "jo@x.com", "mary_jo@x.com"),
        ("email", "jo@x.com", "mary-jo@x.com"),
        ("email", "jo@x.com", "mary-jo@x.com_2"),
        ("email", "jo@x.com", "bo-jo@x.com-club.org"),
        ("email", "jo@x.com", "jo@x.com-club.org"),
        ("email", "jo@x.com", "žjo@x.com"),
        ("email", "用户@例子.公司", "新用户@例子.公司"),
        ("email", "用户@例子.公司", "用户@例子.公司名"),
        ("email", "jo@box", "jo@box-2"),
        ("email", "жо@x.com", json.dumps("вжо@x.com")),
        ("email", "jo@x.com", "bo%6A%6F%40x.com"),
        ("email", "jo@x.com", "bojo%40x.com"),
        ("email", "jo@x.com", "jo%40x.com%2Eau"),
        ("email", "jo@x.com", "bo&#46;jo&#64;x.com"),
        ("email", "jo@x.com", "jo=40x=2Ecom=2Eau"),
        ("phone", "442079460000", "4420794600001"),
        ("phone", "442079460000", "1442079460000"),
        ("phone", "442079460000", "+144 (0)20 7946 0000"),
        ("phone", "442079460000", "+44 (0)20 7946 00001"),
        ("phone", "442079460000", "+44 0 20 7946 0000"),
        ("phone", "442079460000", "+44 (1)20 7946 0000"),
        ("phone", "442079460000", "100442079460000"),
        ("phone", "442079460000", "000442079460000"),
        ("phone", "442079460000", "44,2079,460000"),
        ("account", "C-000042", "ABC-000042"),
        ("account", "C-000042", "C-0000421"),
        ("account", "C-000042", "c-000042"),
    ],
)
def test_what_only_resembles_an_identity_is_none(kind: str, value: str, text: str | bytes) -> None:
    assert not _stands(kind, value, text)


def test_an_identity_does_not_reach_from_one_value_into_the_next() -> None:
    sieve = Sieve([Needle(0, "email", "jo@x.com"), Needle(1, "phone", "442079460000")])
    assert list(sieve.find([b"jo@", b"x.com", b"4420794", b"60000", b"jo", b"@x.com"])) == []
    assert list(sieve.find([rb"jo\u001f", b"@x.com", b"jo@x.com"])) == [(2, [0])]
    assert list(sieve.find([b"jo%1F", b"@x.com%251f", b"&#31;", b"x", b"jo%40x.com"])) == [(4, [0])]
    assert list(sieve.find([b"jo=", b"@x.com", b"jo=1F=40x.com", b"bo"])) == []
    many = [b"", b"jo%40x.com", b"", b"x", b"jo&#64;x.com", b"44%3D442079460000", b"a%20b", b""]
    assert list(sieve.find(many)) == [(1, [0]), (4, [0]), (5, [1])]


def test_values_that_hold_what_stands_between_values_are_told_apart() -> None:
    sieve = Sieve([Needle(0, "email", "jo@x.com"), Needle(1, "phone", "442079460000")])
    values = [b"\x1f\x1f", b"a\x1fjo@x.com\x1f", b"4420\x1f79460000"]
    assert list(sieve.find(values)) == [(1, [0]), (2, [1])]


_WORDS = st.sampled_from(
    [
        *("jo", "@", "x.com", ".", "-", "_", "+", " ", "\\n", "\0", "\x1f"),
        *("44", "2079460000", "(", "C-", "000042"),
    ]
)
_NEEDLES = [
    Needle(0, "email", "jo@x.com"),
    Needle(1, "email", "44@x.com"),
    Needle(2, "phone", "442079460000"),
    Needle(3, "account", "C-000042"),
]


def _address(value: str) -> re.Pattern[str]:
    apart = r"(?:(?<![\w+-])(?<![\w+-]\.)[_-]*|(?<=([_-])))"
    behind = r"(?(1)(?=\1))(?![^\W_]|\.[^\W_]|-[\w-]*\.[^\W_])"
    return re.compile(apart + re.escape(value) + behind)


_PLAIN = [
    _address("jo@x.com"),
    _address("44@x.com"),
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
