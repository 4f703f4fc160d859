"""A file is read the quick way where libyaml is there, and comes to the same as without it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn, TypeAlias

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from upheld.errors import BadFile
from upheld.files import written

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hypothesis.strategies import DrawFn

    from upheld.files import Path, Plain

    Read: TypeAlias = tuple[Plain, Mapping[Path, int], Mapping[Path, int]]

needs_libyaml = pytest.mark.skipif(not yaml.__with_libyaml__, reason="libyaml is missing here")

NEWLINES = ("\n", "\r\n", "\r", "\x85", "\u2028", "\u2029")
WORDS = ("a", "no", "1e3", "2026-11-01", "ünï", "\U0001f600 x", "\u05e9\u05dc", "about?", "b c")
MARKS = "ab ?:-#,'\"[]{}|>&*!%@`\\é\U0001f600"


def either(text: str) -> Read | str:
    try:
        paper = written(text, "policy.yaml")
    except BadFile as refused:
        return str(refused)
    return paper.data, paper.lines, paper.marks


def slowly(text: str) -> Read | str:
    with pytest.MonkeyPatch.context() as machine:
        machine.setattr(yaml, "__with_libyaml__", False)
        return either(text)


ODD = "?odd"


def _or_odd(word: str) -> st.SearchStrategy[str]:
    return st.text(MARKS, max_size=8) if word == ODD else st.just(word)


@st.composite
def inline(draw: DrawFn, depth: int = 2) -> str:
    """Return a value that stands in one line."""
    word = draw(st.sampled_from((*WORDS, *WORDS, ODD)).flatmap(_or_odd))
    each = inline(depth - 1) if depth else st.sampled_from(WORDS)
    match draw(st.integers(0, 5)):
        case 0:
            return "'" + word.replace("'", "''") + "'"
        case 1:
            return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'
        case 2:
            return "[" + ", ".join(draw(st.lists(each, max_size=3))) + "]"
        case 3:
            pairs = draw(st.lists(st.tuples(st.sampled_from(WORDS), each), max_size=3))
            return "{" + ", ".join(f"{key}: {value}" for key, value in pairs) + "}"
        case _:
            return word


@st.composite
def block(draw: DrawFn, depth: int = 3) -> list[str]:
    """Return the lines of a value that stands below its key or its dash."""
    lines: list[str] = draw(st.sampled_from(([], [], ["# why?"], [""])))
    keys = draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=3, unique=True))
    dash = draw(st.booleans())
    for head in ("- " if dash else f"{key}: " for key in keys):
        match draw(st.integers(0, 3)):
            case 0 if depth:
                inner = draw(block(depth - 1))
                if head == "- " and draw(st.booleans()):
                    lines += [head + inner[0], *(f"  {line}" for line in inner[1:])]
                else:
                    lines += [head.rstrip(), *(f"  {line}" for line in inner)]
            case 1:
                sign = draw(st.sampled_from(("|", ">", "|-", ">+", ">-", "|2", "> # why")))
                texts = draw(st.lists(st.text(MARKS, max_size=12), max_size=4))
                lines += [head + sign, *(f"  {text}" if text else "" for text in texts)]
            case 2:
                lines += [head + draw(inline()), *draw(st.sampled_from(([], ["  more?"], [""])))]
            case _:
                comment = draw(st.sampled_from(("", "", " # why", " # why?", "#why")))
                lines.append(head + draw(inline()) + comment)
    return lines


@st.composite
def documents(draw: DrawFn) -> str:
    head = draw(st.sampled_from(("", "", "# first\n", "---\n", "\n\n", "%YAML 1.1\n---\n")))
    text = head + "\n".join(draw(block())) + draw(st.sampled_from(("", "\n", "\n...\n")))
    return text.replace("\n", draw(st.sampled_from(NEWLINES)))


@needs_libyaml
@settings(max_examples=500)
@given(documents() | st.text(MARKS + "\t\n\r", max_size=40))
def test_both_ways_read_the_same_or_refuse_the_same(text: str) -> None:
    assert either(text) == slowly(text)


@settings(max_examples=200)
@given(documents())
def test_a_mark_is_where_the_question_mark_stands(text: str) -> None:
    read = either(text)
    if not isinstance(read, str):
        assert {text[index] for index in read[2].values()} <= {"?"}


OTHERWISE = {
    "a tab after a colon": "a:\tb",
    "a tab before a comment": "'a'\t# why",
    "a question inside a word": "{a: b?c}",
    "a question that touches no word": "[a ?]",
    "a question that begins a word": "[?a]",
    "a question that is a word": "[a, ?]",
    "a hash that touches the head of a block": "a: |#\n",
    "a hash that touches a longer head": "a: >-2#\n",
    "a mark of a document without one": "---",
    "a mark of a document and a comment": "---\n# why",
    "a directive": "%YAML 1.2\n---\na: b",
    "a version of long ago": "%YAML 1.0\n---\na: b",
    "a version to come": "%YAML 1.7\n---\na: b",
    "another YAML": "%YAML 2.0\n---\na: b",
    "a directive of nobody": "%WHY not\n---\na: b",
    "a directive for tags": "%TAG !e! tag:example.com:\n---\na: b",
}


@needs_libyaml
@pytest.mark.parametrize("text", OTHERWISE.values(), ids=OTHERWISE.keys())
def test_what_libyaml_reads_otherwise_comes_to_the_same(text: str) -> None:
    assert either(text) == slowly(text)


QUICK = {
    "lists and groups": "a: [b, {c: d}]\ne:\n  - f\n  - g: h\n",
    "guesses between braces": "a: {is: about?, to: [x?, y?]}\nb: who?\n",
    "questions in words": "z: [y?]\na: Why? Because it is so.\nb: 'Is it? [yes]'\n",
    "folded and literal text": "a: >- # why\n  b\n  c?\n\n  d\ne: |\n  f\n",
    "other newlines": "a: b\r\nc: d\re: f\x85g: h\u2028i: j\n",
    "letters of every plane": "a: \u05e9\u05dc\u05d5\u05dd\nb: {c: \U0001f600?}\n",
    "a mark of the document": "---\na: b\n...\n",
}


@needs_libyaml
@pytest.mark.parametrize("text", QUICK.values(), ids=QUICK.keys())
def test_an_ordinary_file_is_read_the_quick_way(text: str) -> None:
    expected = slowly(text)
    with pytest.MonkeyPatch.context() as machine:
        machine.setattr("upheld.files.reading._carefully", _never)
        assert either(text) == expected


@needs_libyaml
def test_a_policy_of_five_thousand_clauses_is_read_the_quick_way() -> None:
    clause = """\
  - id: section.name-{0}
    keep: [financial, contact]
    ground: legal-tax
    for: 10 years
    from: end of year
    regimes: [gdpr, uk-gdpr]
    check: kept-within-schedule
    text: >-
      Invoices stay as long as the law of taxes wants to see them?
      Then they go.
"""
    text = "clauses:\n" + "".join(clause.format(number) for number in range(5_000))
    with pytest.MonkeyPatch.context() as machine:
        machine.setattr("upheld.files.reading._carefully", _never)
        paper = written(text, "policy.yaml")
    assert len(paper.lines) == 2 + 5_000 * (1 + 8 + 4)
    assert paper.lines["clauses", 4_999, "text"] == 2 + 4_999 * 10 + 7


def test_without_libyaml_a_mark_counts_characters_and_not_bytes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = "é: \U0001f600\r\nb: {c: d?}"
    for there in (yaml.__with_libyaml__, False):
        monkeypatch.setattr(yaml, "__with_libyaml__", there)
        assert written(text, "policy.yaml").marks == {("b", "c"): text.index("?")}


def _never(text: str, name: str) -> NoReturn:
    raise AssertionError(f"the careful way read {name}: {text[:60]!r}")
