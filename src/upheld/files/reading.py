"""Reads YAML text as plain data, with the line of everything that was written.

Nothing here touches a disk. Scalars stay as they were written (`no` is a word until a form wants a
yes or a no), so a date, a country or an id never changes its meaning on the way in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import yaml

from upheld.errors import BadFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Path: TypeAlias = tuple[str | int, ...]
Plain: TypeAlias = "str | list[Plain] | dict[str, Plain]"
Trouble: TypeAlias = tuple[Path, str]

_LONGEST = 4_000_000
_DEEPEST = 20
_SHOWN = 60
_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_ENDS = yaml.MappingEndEvent | yaml.SequenceEndEvent
_ODD = re.compile(
    "[^\t\n\r -~\x85\xa0-\u2029\u202f-\u2065\u206a-\ud7ff\ue000-\ufefe\uff00-\ufffd"
    "\U00010000-\U0010ffff]"
)
"""What YAML does not print, what turns the direction of words, and the byte order mark.

Written as an escape between double quotes it is plain to see, and the name of a table may need it.
"""
_HALF = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Written:
    """What a file says: plain data, and for each path its line and where a plain `?` ends it."""

    name: str
    data: Plain
    lines: Mapping[Path, int]
    marks: Mapping[Path, int]

    def place(self, path: Path) -> str:
        """Return `file:line` of a path, or of the nearest thing around it that was written."""
        while path and path not in self.lines:
            path = path[:-1]
        return f"{self.name}:{self.lines.get(path, 1)}"

    def refuse(self, troubles: Iterable[Trouble]) -> None:
        """Raise `BadFile` for the first trouble by line, saying how many more there are."""
        found = sorted(troubles, key=lambda trouble: self._line(trouble[0]))
        if found:
            path, wrong = found[0]
            more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
            raise BadFile(self.place(path), wrong + more)

    def _line(self, path: Path) -> int:
        return int(self.place(path).rpartition(":")[2])


def written(text: str, name: str) -> Written:
    """Return what a YAML text says, or raise `BadFile` with the line in plain words."""
    _refuse_odd_text(text, name)
    return _quickly(text, name) or _carefully(text, name)


def decoded(raw: bytes, name: str) -> str:
    """Return the text of a file's bytes, newlines untouched, or raise `BadFile`."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        before = wrong.object[: wrong.start].decode(errors="replace")
        line = _line_at(before, len(before))
        raise BadFile(f"{name}:{line}", "this is not UTF-8 text; save it as UTF-8") from None


def shown(word: str) -> str:
    """Return what a person wrote in backticks, cut so that a message stays a line."""
    line = " ".join(word.split())
    return f"`{line[:_SHOWN]}…`" if len(line) > _SHOWN else f"`{line}`"


def _quickly(text: str, name: str) -> Written | None:
    """Return what libyaml reads, or None where the careful way must look.

    Every refusal is the careful way's, so that its words and its line are always the same.
    """
    if not yaml.__with_libyaml__ or "\t" in text:
        return None
    try:
        paper = _Reading(_quick_events(text), name).document()
    except (yaml.YAMLError, BadFile, _Doubt):
        return None
    return paper if paper.data else None


class _Doubt(Exception):
    """The careful way may read this otherwise."""


_BLOCKS = frozenset("|>")
_HEAD_AND_HASH = re.compile(r"[|>][-+0-9]*#")


def _quick_events(text: str) -> Iterator[yaml.Event]:
    """Yield libyaml's events, up to one that libyaml may read otherwise than `_Loader`.

    Fuzzing found all there are: tabs, a `?` inside a word between brackets, a `#` that touches the
    head of a block, and the line of an empty document.
    """
    parser = yaml.CSafeLoader(text)
    brackets = 0
    while (event := parser.get_event()) is not None:
        if isinstance(event, yaml.ScalarEvent):
            if brackets and not event.style and _asks_inside(event.value):
                raise _Doubt
            if event.style in _BLOCKS and _HEAD_AND_HASH.match(text, _start(event)):
                raise _Doubt
        elif isinstance(event, yaml.CollectionStartEvent):
            brackets += 1 if brackets or event.flow_style else 0
        elif isinstance(event, yaml.CollectionEndEvent):
            brackets -= 1 if brackets else 0
        yield event


def _start(event: yaml.Event) -> int:
    return event.start_mark.index if event.start_mark else 0


def _asks_inside(word: str) -> bool:
    """Return whether a `?` stands anywhere but at the end of a word."""
    at = word.find("?")
    return at >= 0 and (at < len(word) - 1 or word[-2:-1] in {"", " ", "\n"})


def _carefully(text: str, name: str) -> Written:
    loader = _Loader(text)
    try:
        return _Reading(iter(loader.get_event, None), name).document()
    except yaml.MarkedYAMLError as wrong:
        raise BadFile(*_not_yaml(name, wrong, loader)) from None
    except (ValueError, OverflowError):
        words = "a number is too large here; check what follows the backslash or the percent sign"
        raise BadFile(f"{name}:{loader.line + 1}", words) from None


class _Loader(yaml.SafeLoader):
    """PyYAML's safe parser, which also reads a word that ends in `?` between braces (YAML 1.2).

    `quote` is the last quoted text of several lines, as the lines it begins and ends in.
    """

    quote = (0, 0)

    def scan_plain(self) -> yaml.ScalarToken:
        token: yaml.ScalarToken = super().scan_plain()
        if self.flow_level and self.peek() == "?" and self.index == token.end_mark.index:
            self.forward()
            end = self.get_mark()
            return yaml.ScalarToken(
                f"{token.value}?", plain=True, start_mark=token.start_mark, end_mark=end
            )
        return token

    def scan_flow_scalar(self, style: str) -> yaml.ScalarToken:
        token: yaml.ScalarToken = super().scan_flow_scalar(style)
        if token.start_mark.line < token.end_mark.line:
            self.quote = (token.start_mark.line + 1, token.end_mark.line + 1)
        return token


class _Reading:
    """One pass over the events of a YAML text, building plain data and remembering lines."""

    def __init__(self, events: Iterator[yaml.Event], name: str) -> None:
        self.name = name
        self.events = events
        self.lines: dict[Path, int] = {}
        self.marks: dict[Path, int] = {}

    def document(self) -> Written:
        data: Plain = ""
        next(self.events)
        if not isinstance(next(self.events), yaml.StreamEndEvent):
            event = next(self.events)
            self.lines[()] = _line(event)
            data = self._node(event, ())
            next(self.events)
            if not isinstance(after := next(self.events), yaml.StreamEndEvent):
                wrong = "a second document begins here; write one file for each"
                raise self._wrong(after, wrong)
        return Written(self.name, data, self.lines, self.marks)

    def _node(self, event: yaml.Event, path: Path) -> Plain:
        self._refuse_clever(event, path)
        match event:
            case yaml.ScalarEvent():
                return self._scalar(event, path)
            case yaml.SequenceStartEvent():
                return self._list(path)
            case _:
                return self._mapping(path)

    def _refuse_clever(self, event: yaml.Event, path: Path) -> None:
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise self._wrong(event, "anchors and aliases are not read here; write the value out")
        if getattr(event, "tag", None):
            raise self._wrong(event, "tags (`!`) are not read here; put the value in quotes")
        if len(path) > _DEEPEST:
            raise self._wrong(event, "this is nested too deeply; check the brackets")

    def _scalar(self, event: yaml.ScalarEvent, path: Path) -> str:
        value = self._word(event)
        if value.endswith("?") and not event.style and len(value) > 1:
            self.marks[path] = event.end_mark.index - 1 if event.end_mark else 0
        return value

    def _list(self, path: Path) -> Plain:
        items: list[Plain] = []
        for event in self.events:
            if isinstance(event, _ENDS):
                break
            inner = (*path, len(items))
            self.lines[inner] = _line(event)
            items.append(self._node(event, inner))
        return items

    def _mapping(self, path: Path) -> Plain:
        items: dict[str, Plain] = {}
        for event in self.events:
            if isinstance(event, _ENDS):
                break
            key = self._key(event, path)
            inner = (*path, key)
            if key in items:
                words = f"{shown(key)} is already given in line {self.lines[inner]}; keep one"
                raise self._wrong(event, words)
            self.lines[inner] = _line(event)
            items[key] = self._node(next(self.events), inner)
        return items

    def _key(self, event: yaml.Event, path: Path) -> str:
        self._refuse_clever(event, path)
        if not isinstance(event, yaml.ScalarEvent) or not event.value:
            raise self._wrong(event, "a key must be a word; check the brackets and colons")
        return self._word(event)

    def _word(self, event: yaml.ScalarEvent) -> str:
        value: str = event.value
        if event.style == '"' and _HALF.search(value):
            raise self._wrong(event, "an escape here is half a character; write it out as it is")
        return value

    def _wrong(self, event: yaml.Event, words: str) -> BadFile:
        return BadFile(f"{self.name}:{_line(event)}", words)


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _refuse_odd_text(text: str, name: str) -> None:
    if len(text) > _LONGEST:
        raise BadFile(f"{name}:1", "the file is over 4 million characters; split it")
    if odd := _ODD.search(text):
        wrong = f"an invisible character (U+{ord(odd.group()):04X}) stands here; remove it"
        raise BadFile(f"{name}:{_line_at(text, odd.start())}", wrong)


def _line_at(text: str, index: int) -> int:
    return len(_BREAK.findall(text, 0, index)) + 1


_WORDS = (
    ("but got '?'", "between brackets a `?` can only end a word; quote the text"),
    ("found character '\\t'", "a tab stands where spaces belong; indent with spaces"),
    ("cannot start any token", "a value begins with a sign that YAML keeps for itself; quote it"),
    (
        "mapping values are not allowed",
        "a colon is not expected here; check the indentation, or quote the text",
    ),
    (
        "sequence entries are not allowed",
        "a dash is not expected here; begin the list on a line of its own",
    ),
    ("unexpected end of stream", "a quote is opened here and never closed; close it"),
    ("could not find expected ':'", "a colon is missing after this; write `key: value`"),
    (
        "expected <block end>",
        "this does not line up with what stands above; check the indentation and the quotes",
    ),
    ("expected ',' or", "a bracket opened here is not closed, or a comma is missing; close it"),
    ("expected the node content", "a value is missing here; write it, or close the bracket"),
    (
        "expected alphabetic",
        "anchors and aliases are not read here; quote a value that begins with `*` or `&`",
    ),
    (
        "unknown escape",
        "a backslash between double quotes means something else here; use single quotes",
    ),
    (
        "hexadecimal",
        "a backslash between double quotes means something else here; use single quotes",
    ),
    ("tag handle", "tags (`!`) are not read here; put the value in quotes"),
    ("expected '<document start>'", "the text should end here; check the indentation and brackets"),
    ("expected chomping", "nothing may stand beside `|` or `>`; begin the text in the next line"),
    (
        "expected a comment or a line break",
        "nothing may stand beside `|` or `>`; begin the text in the next line",
    ),
)


def _not_yaml(name: str, wrong: yaml.MarkedYAMLError, loader: _Loader) -> tuple[str, str]:
    problem = wrong.problem or ""
    words = next(
        (ours for theirs, ours in _WORDS if theirs in problem),
        f"this is not YAML ({problem[:_SHOWN]}); check it",
    )
    opened = "never closed" in words or "not closed" in words
    mark = (wrong.context_mark if opened else None) or wrong.problem_mark
    line = mark.line + 1 if mark else 1
    begun, ended = loader.quote
    if ended == line and not opened:
        words = f"a quote opened here is closed in line {ended}, where more follows; close it"
        line = begun
    return f"{name}:{line}", words
