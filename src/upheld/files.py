"""Reads a file that people write: YAML to a form, with the line of everything that is wrong.

Nothing here touches a disk. Scalars stay as they were written (`no` is a word until a form wants a
yes or a no), so a date, a country or an id never changes its meaning on the way in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Generic, TypeAlias, TypeVar

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from upheld.errors import BadFile, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pydantic_core import ErrorDetails

Path: TypeAlias = tuple[str | int, ...]
Plain: TypeAlias = "str | list[Plain] | dict[str, Plain]"
Trouble: TypeAlias = tuple[Path, str]

_LONGEST = 4_000_000
_DEEPEST = 20
_SHOWN = 60
_ENDS = yaml.MappingEndEvent | yaml.SequenceEndEvent
_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")
_YES = {"yes": True, "true": True, "no": False, "false": False}


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


class Form(BaseModel):
    """The shape of a file or of a part of one; pydantic lives at this edge only."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=False)
    what: ClassVar[str] = "here"

    @model_validator(mode="before")
    @classmethod
    def _only_known_keys(cls, written: Plain | Form) -> Plain | Form:
        if not isinstance(written, dict):
            return written
        known = {field.alias or name for name, field in cls.model_fields.items()}
        for key in written:
            if key not in known:
                raise _unknown_key(key, known, cls.what)
        return written


AnyForm = TypeVar("AnyForm", bound=Form)


@dataclass(frozen=True, slots=True)
class Parsed(Generic[AnyForm]):
    """A form filled in from a file, and where each part of it was written."""

    form: AnyForm
    written: Written


def parsed(text: str, name: str, form: type[AnyForm]) -> Parsed[AnyForm]:
    """Return the form that a text fills in.

    Raises:
        BadFile: the text is not YAML, or does not fit the form; with the line.
    """
    return filled(written(text, name), form)


def filled(written: Written, form: type[AnyForm]) -> Parsed[AnyForm]:
    """Return the form that what was written fills in, or raise `BadFile`."""
    if written.data == "":
        raise BadFile(written.place(()), "the file is empty; see the example that `init` writes")
    try:
        return Parsed(form.model_validate(written.data), written)
    except ValidationError as wrong:
        troubles = [_trouble(each) for each in wrong.errors(include_url=False)]
    written.refuse(troubles)
    raise AssertionError  # pragma: no cover (a validation error holds at least one)


def written(text: str, name: str) -> Written:
    """Return what a YAML text says, or raise `BadFile` with the line in plain words."""
    _refuse_odd_text(text, name)
    reading = _Reading(text, name)
    try:
        data = reading.document()
    except yaml.MarkedYAMLError as wrong:
        raise BadFile(*_not_yaml(name, wrong)) from None
    return Written(name, data, reading.lines, reading.marks)


def decoded(raw: bytes, name: str) -> str:
    """Return the text of a file's bytes, newlines untouched, or raise `BadFile`."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        line = raw.count(b"\n", 0, wrong.start) + 1
        raise BadFile(f"{name}:{line}", "this is not UTF-8 text; save it as UTF-8") from None


def shown(word: str) -> str:
    """Return what a person wrote in backticks, cut so that a message stays a line."""
    line = " ".join(word.split())
    return f"`{line[:_SHOWN]}…`" if len(line) > _SHOWN else f"`{line}`"


def unknown(word: str, known: Iterable[str], what: str) -> str:
    """Return the words for a word that is not in a closed list."""
    return f"{shown(word)} is no {what}{did_you_mean(word[:_SHOWN], known)}"


def _yes_or_no(value: object) -> object:
    if isinstance(value, str):
        if value not in _YES:
            raise ValueError(f"must be `yes` or `no`, not {shown(value)}")
        return _YES[value]
    return value


def _one_or_many(value: object) -> object:
    return [value] if isinstance(value, str) and value else value


YesNo: TypeAlias = Annotated[bool, BeforeValidator(_yes_or_no)]
Words: TypeAlias = Annotated[tuple[str, ...], BeforeValidator(_one_or_many)]


class _Loader(yaml.SafeLoader):
    """PyYAML's safe parser, which also reads a word that ends in `?` between braces (YAML 1.2)."""

    def scan_plain(self) -> yaml.ScalarToken:
        token: yaml.ScalarToken = super().scan_plain()
        if self.flow_level and self.peek() == "?" and self.index == token.end_mark.index:
            self.forward()
            end = self.get_mark()
            return yaml.ScalarToken(
                f"{token.value}?", plain=True, start_mark=token.start_mark, end_mark=end
            )
        return token


class _Reading:
    """One pass over the events of a YAML text, building plain data and remembering lines."""

    def __init__(self, text: str, name: str) -> None:
        self.name = name
        self.events: Iterator[yaml.Event] = yaml.parse(text, Loader=_Loader)
        self.lines: dict[Path, int] = {}
        self.marks: dict[Path, int] = {}

    def document(self) -> Plain:
        next(self.events)
        if isinstance(next(self.events), yaml.StreamEndEvent):
            return ""
        data = self._node(next(self.events), ())
        next(self.events)
        if not isinstance(after := next(self.events), yaml.StreamEndEvent):
            raise self._wrong(after, "a second document begins here; write one file for each")
        return data

    def _node(self, event: yaml.Event, path: Path) -> Plain:
        self.lines.setdefault(path, _line(event))
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
        value: str = event.value
        if event.style is None and len(value) > 1 and value.endswith("?"):
            self.marks[path] = event.end_mark.index - 1 if event.end_mark else 0
        return value

    def _list(self, path: Path) -> Plain:
        items: list[Plain] = []
        while not isinstance(event := next(self.events), _ENDS):
            items.append(self._node(event, (*path, len(items))))
        return items

    def _mapping(self, path: Path) -> Plain:
        items: dict[str, Plain] = {}
        while not isinstance(event := next(self.events), _ENDS):
            key = self._key(event, path)
            if key in items:
                first = self.lines[*path, key]
                raise self._wrong(event, f"{shown(key)} is already given in line {first}; keep one")
            self.lines[*path, key] = _line(event)
            items[key] = self._node(next(self.events), (*path, key))
        return items

    def _key(self, event: yaml.Event, path: Path) -> str:
        self._refuse_clever(event, path)
        if not isinstance(event, yaml.ScalarEvent) or not event.value:
            raise self._wrong(event, "a key must be a word; check the brackets and colons")
        key: str = event.value
        return key

    def _wrong(self, event: yaml.Event, words: str) -> BadFile:
        return BadFile(f"{self.name}:{_line(event)}", words)


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _refuse_odd_text(text: str, name: str) -> None:
    if len(text) > _LONGEST:
        raise BadFile(f"{name}:1", "the file is over 4 million characters; split it")
    odd = yaml.reader.Reader.NON_PRINTABLE.search(text) or _TURNS.search(text)
    if odd:
        line = text.count("\n", 0, odd.start()) + 1
        wrong = f"an invisible character (U+{ord(odd.group()):04X}) stands here; remove it"
        raise BadFile(f"{name}:{line}", wrong)


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
)


def _not_yaml(name: str, wrong: yaml.MarkedYAMLError) -> tuple[str, str]:
    problem = wrong.problem or ""
    words = next(
        (ours for theirs, ours in _WORDS if theirs in problem),
        f"this is not YAML ({problem}); check it",
    )
    opened = "never closed" in words or "not closed" in words
    mark = (wrong.context_mark if opened else None) or wrong.problem_mark
    return f"{name}:{mark.line + 1 if mark else 1}", words


def _unknown_key(key: str, known: Iterable[str], what: str) -> PydanticCustomError:
    words = f"{shown(key)} is not a key of {what}{did_you_mean(key[:_SHOWN], known)}"
    return PydanticCustomError("unknown_key", "{words}", {"words": words, "key": key})


def _trouble(error: ErrorDetails) -> Trouble:
    path = error["loc"]
    key = _named(path)
    context = error.get("ctx", {})
    match error["type"]:
        case "unknown_key":
            return (*path, context["key"]), context["words"]
        case "value_error":
            return path, f"{key} {context['error']}"
        case "missing":
            return path[:-1], f"{key} is missing{_of(path)}; add it"
        case kind:
            return path, f"{key} {_SHAPES.get(kind, error['msg'].lower())}{_empty(error)}"


def _named(path: Path) -> str:
    match path:
        case (*_, str(outer), int(index)):
            return f"item {index + 1} of {shown(outer)}"
        case (*_, last):
            return shown(str(last))
        case _:
            return "the file"


_SHAPES = {
    "string_type": "must be words, not a list or a group of keys",
    "tuple_type": "must be a word or a list of words",
    "list_type": "must be a list",
    "dict_type": "must be a group of `key: value`",
    "model_type": "must be a group of `key: value`",
    "model_attributes_type": "must be a group of `key: value`",
    "bool_type": "must be `yes` or `no`",
}


def _of(path: Path) -> str:
    return f" in {shown(str(path[-2]))}" if len(path) > 1 and isinstance(path[-2], str) else ""


def _empty(error: ErrorDetails) -> str:
    return ", and is empty" if error["input"] == "" else ""
