"""The shape of a file that people write: what fits it, and what is wrong in plain words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Annotated, ClassVar, Generic, Literal, TypeAlias, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from upheld.errors import BadFile, did_you_mean
from upheld.files.reading import Path, Plain, Trouble, Written, shown, written

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_NAMED = 60
_YES = {"yes": True, "true": True, "no": False, "false": False}


OneOf: TypeAlias = Mapping[str, Callable[[], Iterable[str]]]
"""For a key as it is written, what returns the closed list of words it may have."""


class Form(BaseModel):
    """The shape of a file or of a part of one; pydantic lives at this edge only.

    `what` names it in a message. `one_of` lists the words a key may have (of a group: the keys it
    may have), for editors:
    `one_of = {"force": lambda: Force, "regimes": lambda: Regime}`; a form has its parent's too.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=False)
    what: ClassVar[str] = "here"
    one_of: ClassVar[OneOf] = {}

    @model_validator(mode="before")
    @classmethod
    def _only_known_keys(cls, written: Plain | Form) -> Plain | Form:
        if not isinstance(written, dict):
            return written
        known = _keys(cls)
        for key in written:
            if key not in known:
                raise _unknown_key(key, known, cls.what)
        return written


@cache
def _keys(form: type[Form]) -> frozenset[str]:
    return frozenset(field.alias or name for name, field in form.model_fields.items())


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
        raise BadFile(f"{written.name}:1", "the file is empty; see the example that `init` writes")
    try:
        return Parsed(form.model_validate(written.data), written)
    except ValidationError as wrong:
        troubles = [_trouble(each) for each in wrong.errors(include_url=False)]
    written.refuse(troubles)
    raise AssertionError  # pragma: no cover (a validation error holds at least one)


def unknown(word: str, known: Iterable[str], what: str) -> str:
    """Return the words for a word that is not in a closed list."""
    return f"{shown(word)} is no {what}{did_you_mean(word[:_NAMED], known)}"


def _yes_or_no(value: object) -> object:
    if isinstance(value, str):
        if value not in _YES:
            raise ValueError(f"must be `yes` or `no`, not {shown(value)}")
        return _YES[value]
    return value


def _one_or_many(value: object) -> object:
    return [value] if isinstance(value, str) and value else value


YesNo: TypeAlias = Annotated[
    bool,
    BeforeValidator(
        _yes_or_no, json_schema_input_type=Literal["yes", "no", "true", "false", True, False]
    ),
]
Words: TypeAlias = Annotated[
    tuple[str, ...], BeforeValidator(_one_or_many, json_schema_input_type=str | list[str])
]


def _unknown_key(key: str, known: Iterable[str], what: str) -> PydanticCustomError:
    words = f"{shown(key)} is not a key of {what}{did_you_mean(key[:_NAMED], known)}"
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
