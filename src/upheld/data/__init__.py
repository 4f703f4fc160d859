"""Dated facts and closed vocabularies: data files that ship with the package, and their readers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Vocabularies:
    """The closed words of policies and maps, each with what it means in one line.

    >>> vocabularies().categories["employment"]
    'Where a person works and as what'
    """

    categories: Mapping[str, str]
    sources: Mapping[str, str]
    purposes: Mapping[str, str]
    recipients: Mapping[str, str]
    identities: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Hint:
    """What a column may hold if its name and type fit; see `hints.yaml`."""

    looks: str
    category: str
    identity: str | None = None
    erase: str | None = None
    secret: bool = False
    types: tuple[str, ...] = ("text",)
    where: str = "any"
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Hints:
    """What names suggest when a map is drafted: of columns, of tables, of links between them."""

    columns: tuple[Hint, ...]
    tables: Mapping[str, frozenset[str]]
    links: Mapping[str, frozenset[str]]


@cache
def hints() -> Hints:
    """Return the hints this version ships; the first that fits a column decides."""
    found = yaml.safe_load(_text("hints.yaml"))
    return Hints(
        columns=tuple(Hint(**{**each, **_types(each)}) for each in found["columns"]),
        tables={name: frozenset(words) for name, words in found["tables"].items()},
        links={name: frozenset(words) for name, words in found["links"].items()},
    )


def _types(hint: dict[str, list[str]]) -> dict[str, tuple[str, ...]]:
    return {"types": tuple(hint["types"])} if "types" in hint else {}


def _text(name: str) -> str:
    return resources.files(__name__).joinpath(name).read_text("utf-8")


@cache
def vocabularies() -> Vocabularies:
    """Return the vocabularies this version ships."""
    words: dict[str, dict[str, dict[str, str]]] = yaml.safe_load(_text("vocabularies.yaml"))
    return Vocabularies(
        **{
            name: {word: entry["says"] for word, entry in each.items()}
            for name, each in words.items()
        }
    )
