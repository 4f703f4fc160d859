"""JSON Schemas of the files that people write, so that an editor can complete and check them.

A schema accepts whatever the form accepts, but for a key left without a value, and refuses what a
form can refuse by shape alone: a key that is misspelt or missing, a list where a word belongs. What
words mean is for the reader.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pydantic_core import core_schema

    from upheld.files import Form

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"


def json_schema(form: type[Form], *, title: str, id: str) -> dict[str, Json]:
    """Return the schema of a file that fills in a form, in the dialect of draft 2020-12.

    `id` is the URI by which editors know it. Keys stand as they are written, a key's description
    is that of the form's field, and what `Form.one_of` lists is a closed list of words.
    """
    shape = form.model_json_schema(schema_generator=_Shapes)
    parts = {name: _untitled(part) for name, part in shape.pop("$defs", {}).items()}
    head = {"$schema": _Shapes.schema_dialect, "$id": id, "title": title}
    return {**head, **_untitled(shape), "$defs": parts}


def _policy() -> type[Form]:
    from upheld.policy.forms import PolicyForm  # noqa: PLC0415 (keeps --help quick)

    return PolicyForm


def _store() -> type[Form]:
    from upheld.datamap.forms import StoreForm  # noqa: PLC0415

    return StoreForm


def _settings() -> type[Form]:
    from upheld.config import SettingsForm  # noqa: PLC0415

    return SettingsForm


def _documents() -> type[Form]:
    from upheld.policy.documents import DocumentsForm  # noqa: PLC0415

    return DocumentsForm


SCHEMAS: Mapping[str, Callable[[], type[Form]]] = {
    "policy": _policy,
    "store": _store,
    "settings": _settings,
    "documents": _documents,
}
"""The kinds of files there are, each with what loads its form."""

_WORD = ("string", "number", "boolean")
"""What an editor takes a word for: YAML reads `0800` as a number and `no` as a yes or a no."""


class _Shapes(GenerateJsonSchema):
    """Pydantic's schema of what may be written, without what only pydantic needs."""

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002
        return False

    def str_schema(self, schema: core_schema.StringSchema) -> JsonSchemaValue:
        return {**super().str_schema(schema), "type": list(_WORD)}

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        """Return what it is where it is written; None only stands for what is left out."""
        return self.generate_inner(schema["schema"])

    def function_before_schema(
        self, schema: core_schema.BeforeValidatorFunctionSchema
    ) -> JsonSchemaValue:
        """Return what may be written before a function has seen it.

        A function around a form reads words as its short form. It can say which words:
        `BeforeValidator(_off, json_schema_input_type=Literal["off"] | StrictForm)`.
        """
        shape = super().function_before_schema(schema)
        inner = schema["schema"]
        inner = inner["schema"] if inner["type"] == "nullable" else inner
        if (
            inner["type"] in {"model", "definition-ref"}
            and "json_schema_input_schema" not in schema
        ):
            return {"anyOf": [{"type": list(_WORD)}, shape]}
        return shape

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        shape = super().model_schema(schema)
        for key, words in _closed(schema["cls"]).items():
            shape["properties"][key] = _limited(shape["properties"][key], words)
        return shape


def _untitled(shape: JsonSchemaValue) -> JsonSchemaValue:
    return {key: value for key, value in shape.items() if key != "title"}


def _closed(form: type[Form]) -> dict[str, list[str]]:
    """Return the closed lists of a form and its parents, the form's own first."""
    lists = [vars(each).get("one_of", {}) for each in reversed(form.__mro__)]
    return {key: sorted(map(str, words())) for each in lists for key, words in each.items()}


def _limited(shape: JsonSchemaValue, words: list[str]) -> JsonSchemaValue:
    """Return a shape whose words, wherever it has them, are some of these."""
    match shape:
        case {"anyOf": list(ways)}:
            return {**shape, "anyOf": [_limited(way, words) for way in ways]}
        case {"type": "array", "items": dict(item)}:
            return {**shape, "items": _limited(item, words)}
        case {"type": "object", "additionalProperties": dict(value)}:
            keys = dict.fromkeys(words, value)
            return {**shape, "properties": keys, "additionalProperties": False}
        case {"type": list()}:
            rest = {key: value for key, value in shape.items() if key != "type"}
            return {**rest, "enum": words}
        case _:
            return shape
