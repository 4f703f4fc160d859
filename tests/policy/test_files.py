"""The files that people write: what is wrong with them, at which line, in plain words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upheld.errors import BadFile
from upheld.files import decoded, written

BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n"

MALFORMED = {
    "a tab as indentation": ("a:\n\tb: c\n", 2, "tab"),
    "a colon inside words": ("a: b\ntext: this: that\n", 2, "colon"),
    "a quote never closed": ("a: b\nc: 'it\nd: e\n", 2, "never closed"),
    "a bracket never closed": ("a: b\nc: [x, y\n", 2, "not closed"),
    "an indentation that fits nothing": ("a:\n    b: c\n  d: e\n", 3, "line up"),
    "a dash beside a key": ("a: - b\n", 1, "dash"),
    "a sign of YAML's own": ("a: b\nc: @home\n", 2, "quote"),
    "an alias": ("a: b\nc: *a\n", 2, "anchors and aliases"),
    "an anchor": ("a: &here b\n", 1, "anchors and aliases"),
    "a bomb of aliases": (BOMB, 1, "anchors and aliases"),
    "a tag that builds objects": ("a: !!python/object:os.system x\n", 1, "tags"),
    "a key given twice": ("a: b\nc: d\na: e\n", 3, "already given in line 1"),
    "a key that is a list": ("a: b\n[c, d]: e\n", 2, "key must be a word"),
    "an empty key": ("a: b\n'': e\n", 2, "key must be a word"),
    "a second document": ("a: b\n---\nc: d\n", 2, "second document"),
    "a question inside brackets": ("a: b\nc: [why ?not]\n", 2, "quote the text"),
    "brackets without end": ("[" * 5000, 1, "nested too deeply"),
    "a NUL": ("a: b\nc: d\x00\n", 2, "U+0000"),
    "words turned around": ("a: b\nc: x\u202ey\n", 2, "U+202E"),
    "an unknown escape": ('a: "\\q"\n', 1, "backslash"),
}


@pytest.mark.parametrize(("text", "line", "words"), MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_file_is_refused_at_its_line_in_plain_words(
    text: str, line: int, words: str
) -> None:
    with pytest.raises(BadFile) as refused:
        written(text, "policy.yaml")
    assert refused.value.place == f"policy.yaml:{line}"
    assert words in refused.value.wrong
    assert refused.value.wrong == refused.value.wrong.strip(".")


def test_the_first_key_given_twice_does_not_win() -> None:
    with pytest.raises(BadFile, match="keep one"):
        written("a: {b: c, b: d}", "policy.yaml")


def test_newlines_of_three_kinds_count_as_one_line_each() -> None:
    paper = written("a: 1\r\nb: 2\rc: 3\nd: 4", "policy.yaml")
    assert [paper.lines[key,] for key in "abcd"] == [1, 2, 3, 4]


def test_words_stay_as_they_were_written() -> None:
    text = "a: no\nb: NULL\nc: 2026-11-01\nd: 012\ne: 1e3\nf: ~\ng: on"
    assert written(text, "policy.yaml").data == {
        "a": "no",
        "b": "NULL",
        "c": "2026-11-01",
        "d": "012",
        "e": "1e3",
        "f": "~",
        "g": "on",
    }


def test_text_from_right_to_left_is_read_as_it_is() -> None:
    words = "\u0645\u0631\u062d\u0628\u0627 \u05e9\u05dc\u05d5\u05dd"
    assert written(f"text: {words}", "policy.yaml").data == {"text": words}


def test_a_scalar_of_ten_kilobytes_is_read_whole() -> None:
    assert written(f"text: {'x' * 10_000}", "policy.yaml").data == {"text": "x" * 10_000}


def test_a_file_as_large_as_a_dump_is_refused() -> None:
    with pytest.raises(BadFile, match="split it"):
        written("#" * 4_000_001, "policy.yaml")


def test_a_question_mark_is_read_between_braces() -> None:
    paper = written("a: {is: about?, to: [x?, y]}\nb: about?\nc: 'about?'", "stores/crm.yaml")
    assert paper.data == {
        "a": {"is": "about?", "to": ["x?", "y"]},
        "b": "about?",
        "c": "about?",
    }
    assert set(paper.marks) == {("a", "is"), ("a", "to", 0), ("b",)}


def test_bytes_that_are_no_text_are_refused_at_their_line() -> None:
    with pytest.raises(BadFile, match="UTF-8") as refused:
        decoded(b"a: b\nc: \xff\n", "policy.yaml")
    assert refused.value.place == "policy.yaml:2"


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    assert decoded(b"\xef\xbb\xbfa: b\r\n", "policy.yaml") == "a: b\r\n"


@given(st.text(alphabet=st.sampled_from("ab:-?[]{},&*!|>'\"%@`#\t\n\r \\\u202e\x00é"), max_size=60))
def test_whatever_is_written_is_read_or_refused_at_one_of_its_lines(text: str) -> None:
    try:
        written(text, "policy.yaml")
    except BadFile as refused:
        name, _, line = refused.place.rpartition(":")
        assert name == "policy.yaml"
        assert 1 <= int(line) <= len(text.splitlines()) + 1
