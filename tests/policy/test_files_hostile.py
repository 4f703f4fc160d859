"""What nobody should write, and what an attacker would: refused at its line, in a short message."""

from __future__ import annotations

import pytest
import yaml
from pydantic import Field

from upheld.errors import BadFile
from upheld.files import Form, Words, YesNo, decoded, parsed, shown, written

ALIASES = "anchors and aliases are not read here; write the value out"
INDENT = "a tab stands where spaces belong; indent with spaces"
DEEP = "this is nested too deeply; check the brackets"
BACKSLASH = "a backslash between double quotes means something else here; use single quotes"
NUMBER = "a number is too large here; check what follows the backslash or the percent sign"
TAG = "tags (`!`) are not read here; put the value in quotes"
BESIDE = "nothing may stand beside `|` or `>`; begin the text in the next line"
OPEN = "a quote is opened here and never closed; close it"
CUT = "x" * 60
LONG = "x" * 10_000


def invisible(code: str) -> str:
    return f"an invisible character (U+{code}) stands here; remove it"


def given_in(line: int) -> str:
    return f"`b` is already given in line {line}; keep one"


REFUSED = {
    "a bomb": ("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n", 1, ALIASES),
    "a bomb whose fuse is below": ("a: b\nc:\n  - d\n  - &e f\n", 4, ALIASES),
    "a group that merges another": ("a: {b: c}\nd:\n  <<: *a\n", 3, ALIASES),
    "an alias as a key": ("a: b\n*a : c\n", 2, ALIASES),
    "an anchor of a key": ("a: b\n&c d: e\n", 2, ALIASES),
    "a tag nobody declared": (f"a: b\nc: !{LONG}!y z\n", 2, TAG),
    "a tag that runs code": ("a: b\nc: !!python/object/apply:os.system [ls]\n", 2, TAG),
    "a key given twice": ("a:\n  b: c\n  d: e\n  b: f\n", 4, given_in(2)),
    "a key given twice in one line": ("a: {b: c, b: d}\n", 1, given_in(1)),
    "a key given twice in two spellings": ("b: c\n'b': d\n\"\\x62\": e\n", 2, given_in(1)),
    "a long key given twice": (
        f"? {LONG}\n: a\n? {LONG}\n: b\n",
        3,
        f"`{CUT}…` is already given in line 1; keep one",
    ),
    "a tab before a key": ("a:\n\tb: c\n", 2, INDENT),
    "a tab after a colon": ("a: b\nc:\td\n", 2, INDENT),
    "a tab after a value": ("a: b\nc: [d]\t\n", 2, INDENT),
    "an override of the direction": ("a: b\r\nc: d\u202ee\r\n", 2, invisible("202E")),
    "an isolate of the direction": ("a: b\rc: d\u2067e\u2069\r", 2, invisible("2067")),
    "an override in a comment": ("a: b # \u202d\n", 1, invisible("202D")),
    "an override after every newline": ("a\n\r\n\r\x85\u2028\u2029\u202e", 7, invisible("202E")),
    "a second byte order mark": ("a: b\n\ufeffc: d\n", 2, invisible("FEFF")),
    "a NUL": ("a: b\nc: d\x00\n", 2, invisible("0000")),
    "an escape of a terminal": ("a: b\nc: \x1b[2J\n", 2, invisible("001B")),
    "half a character": ("a: b\nc: d\ud800\n", 2, invisible("D800")),
    "half a character as an escape": (
        'a: b\nc: "\\ud83d\\ude00"\n',
        2,
        "an escape here is half a character; write it out as it is",
    ),
    "a character beyond the last": ('a: b\nc: "\n\\UFFFFFFFF"\n', 3, NUMBER),
    "a version of five thousand digits": (f"# a\n%YAML 1.{'1' * 5_000}\n---\na: b\n", 2, NUMBER),
    "an escape of letters": ('a: b\nc: "\\xzz"\n', 2, BACKSLASH),
    "brackets without end": ("a: b\nc: " + "[" * 50_000, 2, DEEP),
    "braces without end": ("a: b\nc: " + "{d: " * 50_000, 2, DEEP),
    "dashes without end": ("a: b\nc:\n  " + "- " * 50_000, 3, DEEP),
    "keys without end": (
        "\n".join(" " * depth + "a:" for depth in range(50)),
        22,
        "this is nested too deeply; check the brackets",
    ),
    "a quote never closed": ("a: b\nc: 'it\n" + "d: e\n" * 5_000, 2, OPEN),
    "a quote closed far below": (
        "a: b\nc: 'it\n" + "d: e\n" * 5_000 + "f: don't stop\n" + "g: h\n" * 10,
        2,
        "a quote opened here is closed in line 5003, where more follows; close it",
    ),
    "a double quote closed far below": (
        'a: b\nc: "it\n' + "d: e\n" * 5_000 + 'f: the "end"\n',
        2,
        "a quote opened here is closed in line 5003, where more follows; close it",
    ),
    "a quote closed above, and another never": ("a: ['b\n  c', 'e", 2, OPEN),
    "two documents": (
        "a: b\n---\nc: d\n",
        2,
        "a second document begins here; write one file for each",
    ),
    "a document after the end of another": (
        "a: b\n...\nc: d\n",
        3,
        "the text should end here; check the indentation and brackets",
    ),
    "words before a document": (
        "'a' 'b'\n",
        1,
        "the text should end here; check the indentation and brackets",
    ),
    "words beside the head of a block": ("a: b\nc: > d\n  e\n", 2, BESIDE),
    "a sign beside the head of a block": ("a: b\nc: |- d\n  e\n", 2, BESIDE),
    "a key of ten thousand letters": (
        f"a: b\n{LONG}: c\n",
        2,
        "a colon is missing after this; write `key: value`",
    ),
    "a line of four megabytes": (
        "#" * 4_000_001,
        1,
        "the file is over 4 million characters; split it",
    ),
}


@pytest.mark.parametrize("libyaml", [True, False])
@pytest.mark.parametrize(("text", "line", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_it_is_refused_at_its_line_with_or_without_libyaml(
    text: str, line: int, words: str, *, libyaml: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(yaml, "__with_libyaml__", libyaml and yaml.__with_libyaml__)
    with pytest.raises(BadFile) as refused:
        written(text, "policy.yaml")
    assert str(refused.value) == f"policy.yaml:{line}: {words}"


class PartForm(Form):
    what = "a part"

    name: str
    is_on: YesNo = False


class WholeForm(Form):
    what = "a whole"

    words: Words = ()
    parts: dict[str, PartForm] = Field(default_factory=dict)


MISSHAPEN = {
    "a file of only comments": (
        "# a\n\n# b\n",
        1,
        "the file is empty; see the example that `init` writes",
    ),
    "a mark of a document alone": (
        "---\n",
        1,
        "the file is empty; see the example that `init` writes",
    ),
    "a word alone": (LONG, 1, "the file must be a group of `key: value`"),
    "a list alone": ("- a\n", 1, "the file must be a group of `key: value`"),
    "a long key": (f"? {LONG}\n: a\n", 1, f"`{CUT}…` is not a key of a whole; known: parts, words"),
    "a key in Hebrew": (
        "words: a\n\u05e9\u05dc\u05d5\u05dd: b\n",
        2,
        "`\u05e9\u05dc\u05d5\u05dd` is not a key of a whole; known: parts, words",
    ),
    "a long word for a yes": (
        f"parts:\n  a:\n    name: b\n    is_on: {LONG}\n",
        4,
        f"`is_on` must be `yes` or `no`, not `{CUT}…`",
    ),
    "a long word for a group": (f"parts: {LONG}\n", 1, "`parts` must be a group of `key: value`"),
    "a group for a word": (
        f"parts:\n  a:\n    name: {{{LONG[:900]}: b}}\n",
        3,
        "`name` must be words, not a list or a group of keys",
    ),
    "a list in a list of words": (
        "words:\n  - a\n  - [b]\n",
        3,
        "item 2 of `words` must be words, not a list or a group of keys",
    ),
    "a part with a long name": (
        f"parts:\n  ? {LONG}\n  : is_on: yes\n",
        2,
        f"`name` is missing in `{CUT}…`; add it",
    ),
    "nothing where words are expected": (
        "parts: {}\nwords:\n",
        2,
        "`words` must be a word or a list of words, and is empty",
    ),
    "two things wrong": (
        "parts: {a: {nam: b}}\nword: c\n",
        2,
        "`word` is not a key of a whole; did you mean `words`?",
    ),
}


@pytest.mark.parametrize(("text", "line", "words"), MISSHAPEN.values(), ids=MISSHAPEN.keys())
def test_what_does_not_fit_is_said_at_its_line_in_a_line(text: str, line: int, words: str) -> None:
    with pytest.raises(BadFile) as refused:
        parsed(text, "policy.yaml", WholeForm)
    assert str(refused.value) == f"policy.yaml:{line}: {words}"


def test_letters_from_right_to_left_and_the_marks_they_need_are_read() -> None:
    text = (
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 \u05e9\u05dc\u05d5\u05dd\u200f abc\u200e"
    )
    assert written(f"words: {text}\n", "policy.yaml").data == {"words": text}


def test_an_override_that_is_written_as_an_escape_is_plain_to_see_and_is_read() -> None:
    assert written('words: "a\\u202eb"\n', "policy.yaml").data == {"words": "a\u202eb"}


@pytest.mark.parametrize(
    "text",
    [f"a: {'b' * 3_999_997}", f"a: '{'b ' * 1_999_997}'", "a: " + "b" * 3_000_000 + "\t"],
    ids=["one word", "words in quotes", "a tab"],
)
def test_a_line_of_four_megabytes_is_read_or_refused_in_no_time(text: str) -> None:
    try:
        assert len(str(written(text, "policy.yaml").data)) > 2_000_000
    except BadFile as refused:
        assert str(refused) == f"policy.yaml:1: {INDENT}"  # noqa: PT017 (either will do)


@pytest.mark.parametrize(("levels", "read"), [(20, True), (21, False)])
def test_twenty_levels_are_read_and_no_more(levels: int, *, read: bool) -> None:
    text = "[" * (levels + 1) + "]" * (levels + 1)
    if read:
        assert written(text, "policy.yaml").lines[(0,) * levels] == 1
    else:
        with pytest.raises(BadFile, match=DEEP.partition(";")[0]):
            written(text, "policy.yaml")


def test_four_million_characters_are_read() -> None:
    assert written("a: b\n" + "#" * 3_999_995, "policy.yaml").data == {"a": "b"}


BYTES = {
    "after two newlines": (b"a: b\n\nc: \xff\n", 3),
    "after newlines of other kinds": ("a: b\r\nc: d\re: f\x85g: ".encode() + b"\xff\n", 4),
    "after a byte order mark": (b"\xef\xbb\xbfa\n\xff", 2),
    "in a file of another encoding": ("a: b\n".encode("utf-16"), 1),
}


@pytest.mark.parametrize(("raw", "line"), BYTES.values(), ids=BYTES.keys())
def test_bytes_that_are_no_text_are_refused_at_their_line(raw: bytes, line: int) -> None:
    with pytest.raises(BadFile) as refused:
        decoded(raw, "policy.yaml")
    assert str(refused.value) == f"policy.yaml:{line}: this is not UTF-8 text; save it as UTF-8"


def test_a_file_with_two_byte_order_marks_is_refused() -> None:
    with pytest.raises(BadFile, match="FEFF"):
        written(decoded(b"\xef\xbb\xbf\xef\xbb\xbfa: b\n", "policy.yaml"), "policy.yaml")


def test_what_is_shown_of_a_word_is_a_short_line() -> None:
    assert shown(f"a\n\u2028 b\t{LONG}") == "`a b " + "x" * 56 + "…`"
