"""The schemas that editors use: well formed, true to the forms, and of use to whoever misspells."""

from __future__ import annotations

import json
import re
import tomllib
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import pytest
import yaml
from pydantic import BeforeValidator, Field

from tests.house.tree import SOURCE, files, named
from upheld.files import Form, Words, YesNo, written
from upheld.model import Kind
from upheld.schemas import SCHEMAS, json_schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from upheld.schemas import Json

DRAFT = "draft/2020-12/schema"
TYPES = {
    "string": str,
    "number": int | float,
    "integer": int,
    "boolean": bool,
    "array": list,
    "object": dict,
}
# What our schemas say of a value; whoever makes them say more teaches `fits` to understand it.
WORDS = {"type", "enum", "const", "anyOf", "$ref", "minimum", "maximum"}
PARTS = {"properties", "additionalProperties", "required", "items"}
NOTES = {"$schema", "$id", "$defs", "title", "description", "format"}

EXAMPLES = {
    "policy": [each for each in files() if SOURCE in each.parents and each.name == "policy.yaml"],
    "store": [each for each in files() if SOURCE in each.parents and each.parent.name == "stores"],
    "settings": [each for each in files() if SOURCE in each.parents and each.name == "upheld.toml"],
    "documents": [each for each in files() if each.name == "documents.yaml"],
}
WRITTEN = [
    pytest.param(kind, path, id=named(path))
    for kind, paths in EXAMPLES.items()
    for path in paths
    if path.suffix in {".yaml", ".toml"}
]

each_kind = pytest.mark.parametrize("kind", SCHEMAS)
each_example = pytest.mark.parametrize(("kind", "path"), WRITTEN)


def schema_of(kind: str) -> dict[str, Json]:
    return json_schema(SCHEMAS[kind](), title=kind, id=f"https://example.com/{kind}.json")


def group(value: Json) -> dict[str, Json]:
    assert isinstance(value, dict), value
    return value


def row(value: Json) -> list[Json]:
    assert isinstance(value, list), value
    return value


def within(schema: Json) -> Iterator[dict[str, Json]]:
    """Yield a schema and every schema in it."""
    here = group(schema)
    yield here
    inner = [
        *group(here.get("$defs", {})).values(),
        *group(here.get("properties", {})).values(),
        *row(here.get("anyOf", [])),
        *(
            here[key]
            for key in ("items", "additionalProperties")
            if isinstance(here.get(key), dict)
        ),
    ]
    for each in inner:
        yield from within(each)


def misfits(value: Json, schema: Json, root: dict[str, Json], at: str = "it") -> list[str]:
    """Return where a value does not fit a schema, by the rules of the draft that we use."""
    here = group(schema)
    found: list[str] = []
    if isinstance(ref := here.get("$ref"), str):
        part = group(root["$defs"])[ref.removeprefix("#/$defs/")]
        found += misfits(value, part, root, at)
    if "type" in here and not any(is_a(value, kind) for kind in either(here["type"])):
        found.append(f"{at} is no {here['type']}")
    if "enum" in here and not any(same(value, each) for each in row(here["enum"])):
        found.append(f"{at} is none of {here['enum']}")
    if "const" in here and not same(value, here["const"]):
        found.append(f"{at} is not {here['const']}")
    if "anyOf" in here and all(misfits(value, each, root, at) for each in row(here["anyOf"])):
        found.append(f"{at} fits in no way")
    if isinstance(value, int | float) and not isinstance(value, bool):
        low, high = here.get("minimum", value), here.get("maximum", value)
        assert isinstance(low, int | float)
        assert isinstance(high, int | float)
        found += [] if low <= value <= high else [f"{at} is not from {low} to {high}"]
    return found + parts_of(value, here, root, at)


def parts_of(value: Json, here: dict[str, Json], root: dict[str, Json], at: str) -> list[str]:
    found: list[str] = []
    if isinstance(value, list) and "items" in here:
        for index, each in enumerate(value):
            found += misfits(each, here["items"], root, f"{at}[{index}]")
    if isinstance(value, dict):
        known = group(here.get("properties", {}))
        rest = here.get("additionalProperties", {})
        found += [f"{at}.{key} is missing" for key in either(here.get("required", []))]
        found = [each for each in found if each.split()[0].rpartition(".")[2] not in value]
        for key, each in value.items():
            if key in known or isinstance(rest, dict):
                found += misfits(each, known.get(key, rest), root, f"{at}.{key}")
            else:
                found.append(f"{at}.{key} is unknown")
    return found


def either(value: Json) -> list[str]:
    return [value] if isinstance(value, str) else [str(each) for each in row(value)]


def is_a(value: Json, kind: str) -> bool:
    return isinstance(value, TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))


def same(one: Json, other: Json) -> bool:
    return one == other and isinstance(one, bool) is isinstance(other, bool)


def as_read(path: Path) -> Json:
    """Return what our reader makes of a file: every scalar is words."""
    text = path.read_text(encoding="utf-8")
    data: Json
    if path.suffix == ".toml":
        data = tomllib.loads(text)
    else:
        data = json.loads(json.dumps(written(text, path.name).data))
    return data


def as_edited(path: Path) -> Json:
    """Return what an editor makes of a file: a number is a number, `no` may be false."""
    if path.suffix == ".toml":
        return as_read(path)
    text = path.read_text(encoding="utf-8")
    data: Json = json.loads(json.dumps(yaml.safe_load(text), default=str))
    return data


@each_kind
def test_a_schema_is_one_of_the_draft_and_leads_nowhere_else(kind: str) -> None:
    schema = schema_of(kind)
    assert str(schema["$schema"]).endswith(DRAFT)
    assert json.loads(json.dumps(schema)) == schema
    for each in within(schema):
        assert set(each) <= WORDS | PARTS | NOTES
        assert {*either(each.get("type", []))} <= set(TYPES)
        assert {*either(each.get("required", []))} <= {*group(each.get("properties", {}))}
        if isinstance(ref := each.get("$ref"), str):
            assert ref.removeprefix("#/$defs/") in group(schema["$defs"])


@each_kind
def test_a_schema_says_nothing_that_only_pydantic_needs(kind: str) -> None:
    schema = schema_of(kind)
    assert schema["title"] == kind
    assert [each for each in within(schema) if {"title", "default"} & set(each)] == [schema]


def test_the_schema_that_ships_also_knows_checks_ids_terms_and_that_a_clause_has_one_kind() -> None:
    shipped = json.loads((SOURCE / "data" / "schemas" / "policy.json").read_text("utf-8"))
    clause = shipped["$defs"]["ClauseForm"]
    assert {each["required"][0] for each in clause["oneOf"]} == set(Kind)
    assert "roll-up" in clause["properties"]["check"]["enum"]
    for good, bad, pattern in (
        ("right.access", "a.b.c", clause["properties"]["id"]["pattern"]),
        ("26 months", "ten years", clause["properties"]["for"]["pattern"]),
    ):
        assert re.search(pattern, good)
        assert not re.search(pattern, bad)


@each_kind
def test_every_kind_of_file_has_an_example_that_tests_its_schema(kind: str) -> None:
    assert kind in {each.values[0] for each in WRITTEN}


@each_example
@pytest.mark.parametrize("read", [as_read, as_edited])
def test_an_example_fits_its_schema(kind: str, path: Path, read: Callable[[Path], Json]) -> None:
    schema = schema_of(kind)
    assert misfits(read(path), schema, schema) == []


def groups(value: Json, *, named: frozenset[str]) -> Iterator[dict[str, Json]]:
    """Yield the groups whose keys a form knows: not those below a key of `named`, of any keys."""
    match value:
        case dict():
            yield value
            for key, each in value.items():
                if key in named and isinstance(each, dict):
                    for one in each.values():
                        yield from groups(one, named=named)
                else:
                    yield from groups(each, named=named)
        case list():
            for each in value:
                yield from groups(each, named=named)


def of_any_keys(schema: dict[str, Json]) -> frozenset[str]:
    """Return the keys whose value is a group of names that the writer chooses."""
    known = (each for part in within(schema) for each in group(part.get("properties", {})).items())
    return frozenset(
        key for key, value in known if isinstance(group(value).get("additionalProperties"), dict)
    )


@each_example
def test_an_example_with_a_misspelt_key_does_not_fit(kind: str, path: Path) -> None:
    schema, whole = schema_of(kind), as_read(path)
    spelt: set[str] = set()
    for each in groups(whole, named=of_any_keys(schema)):
        for key in sorted(set(each) - spelt):
            spelt.add(key)
            each[f"{key}x"] = each.pop(key)
            assert misfits(whole, schema, schema), f"`{key}x` for `{key}`"
            each[key] = each.pop(f"{key}x")
    assert spelt


class Shade(StrEnum):
    DARK = "dark"
    LIGHT = "light"


def _named(value: object) -> object:
    return {"name": value} if isinstance(value, str) else value


class LampForm(Form):
    """A lamp."""

    one_of: ClassVar[Mapping[str, Callable[[], Iterable[str]]]] = {
        "shade": lambda: Shade,
        "in": lambda: ["hall", "attic"],
        "bulbs": lambda: ["left", "right"],
    }

    shade: str = Field("dark", description="How dark it is.")
    rooms: Annotated[Words | None, Field(alias="in", description="Where it hangs.")] = None
    bulbs: dict[str, Annotated[int, Field(ge=0)]] = Field(default_factory=dict)
    lit: YesNo = False


class BigLampForm(LampForm):
    one_of: ClassVar[Mapping[str, Callable[[], Iterable[str]]]] = {
        "name": lambda: ["sun"],
        "lamps": lambda: ["hall", "attic"],
        "shade": lambda: [Shade.LIGHT],
    }

    name: str
    lamps: list[Annotated[LampForm, BeforeValidator(_named)]] = Field(default_factory=list)
    last: Annotated[
        LampForm | None, BeforeValidator(_named, json_schema_input_type=Literal["off"] | LampForm)
    ] = None


LAMP = json_schema(BigLampForm, title="A lamp", id="https://example.com/lamp.json")


@pytest.mark.parametrize(
    ("lamp", "wrong"),
    [
        ({}, []),
        ({"shade": "light", "in": "hall", "lit": "yes"}, []),
        ({"in": ["hall", "attic"], "lit": False, "bulbs": {"left": 3}}, []),
        ({"lamps": ["hall", {"shade": "dark"}], "last": "off"}, []),
        ({"shade": "dark"}, ["it.shade is none of ['light']"]),
        ({"in": ["hall", "attc"]}, ["it.in fits in no way"]),
        ({"in": {"hall": "x"}}, ["it.in fits in no way"]),
        ({"rooms": "hall"}, ["it.rooms is unknown"]),
        ({"bulbs": {"middle": 1}}, ["it.bulbs.middle is unknown"]),
        ({"bulbs": {"left": -1}}, ["it.bulbs.left is not from 0 to -1"]),
        ({"lit": "maybe"}, ["it.lit is none of ['yes', 'no', 'true', 'false', True, False]"]),
        ({"shade": None}, ["it.shade is none of ['light']"]),
        ({"lamps": [{"shad": "dark"}]}, ["it.lamps[0] fits in no way"]),
        ({"lamps": ["hal"]}, ["it.lamps[0] fits in no way"]),
        ({"last": "on"}, ["it.last fits in no way"]),
    ],
)
def test_a_form_says_what_may_be_written(lamp: dict[str, Json], wrong: list[str]) -> None:
    assert misfits({"name": "sun", **lamp}, LAMP, LAMP) == wrong


def test_what_a_form_needs_is_missed() -> None:
    assert misfits({}, LAMP, LAMP) == ["it.name is missing"]


def test_a_key_is_described_where_it_is_written() -> None:
    lamp = group(LAMP["properties"])
    assert group(lamp["shade"]) == {"description": "How dark it is.", "enum": ["light"]}
    assert group(lamp["in"])["description"] == "Where it hangs."


def test_a_closed_list_of_a_key_that_nobody_can_write_is_noticed() -> None:
    class OddForm(Form):
        one_of: ClassVar[Mapping[str, Callable[[], Iterable[str]]]] = {"shade": lambda: Shade}

    with pytest.raises(KeyError, match="shade"):
        json_schema(OddForm, title="odd", id="https://example.com/odd.json")
