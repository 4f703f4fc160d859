"""Dated facts and closed vocabularies: data files that ship with the package, and their readers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, TypeAlias

import yaml

from upheld.model.rules import Fact, FactType

if TYPE_CHECKING:
    from collections.abc import Mapping

Entry: TypeAlias = "dict[str, str | bool | date | list[str]]"


@dataclass(frozen=True, slots=True)
class Vocabularies:
    """The closed words of policies and maps, each with what it means in one line.

    `entries` has all that is known of each word: its equivalents in W3C DPV and fideslang, and what
    is true of it (`class`, `until` …).

    >>> vocabularies().categories["employment"]
    'Where a person works and as what'
    """

    entries: Mapping[str, Mapping[str, Entry]]
    categories: Mapping[str, str]
    sources: Mapping[str, str]
    purposes: Mapping[str, str]
    recipients: Mapping[str, str]
    identities: Mapping[str, str]

    def words(self, name: str) -> frozenset[str]:
        """Return the words of one vocabulary."""
        return frozenset(self.entries[name])

    def those(self, name: str, **having: str | bool) -> frozenset[str]:
        """Return the words of which something is true: `those("purposes", essential=True)`."""
        return frozenset(
            word
            for word, entry in self.entries[name].items()
            if all(entry.get(key) == value for key, value in having.items())
        )


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


def read(name: str) -> object:
    """Return what a data file of this package says, as plain data."""
    return yaml.load(_text(name), Loader=_LOADER)  # noqa: S506 (a safe loader, ours and packaged)


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@cache
def vocabularies() -> Vocabularies:
    """Return the vocabularies this version ships."""
    entries: dict[str, dict[str, Entry]] = {}
    for name in ("duties.yaml", "vocabularies.yaml"):
        entries.update(read(name))  # type: ignore[call-overload]
    said = {
        name: {word: str(entry["says"]) for word, entry in each.items()}
        for name, each in entries.items()
    }
    return Vocabularies(
        entries=entries,
        categories=said["categories"],
        sources=said["sources"],
        purposes=said["purposes"],
        recipients=said["recipients"],
        identities=said["identities"],
    )


@dataclass(frozen=True, slots=True)
class Capability:
    """Something that checks need in order to see, and what each of them would see by it."""

    name: str
    says: str
    brings: str
    checks: Mapping[str, str]


@cache
def capabilities() -> tuple[Capability, ...]:
    """Return the capabilities that this version does not have, or not whole."""
    found: dict[str, dict[str, str | dict[str, str]]] = read("capabilities.yaml")  # type: ignore[assignment]
    return tuple(
        Capability(
            name=name,
            says=str(each["says"]),
            brings=str(each["brings"]),
            checks=each["checks"] if isinstance(each["checks"], dict) else {},
        )
        for name, each in found.items()
    )


@cache
def facts() -> Mapping[str, Fact]:
    """Return every fact a condition may ask about, by name.

    >>> facts()["region"].type
    <FactType.WORD: 'word'>
    """
    found: dict[str, dict[str, dict[str, str | list[str] | bool]]] = read("facts.yaml")  # type: ignore[assignment]
    return {
        name: Fact(
            name=name,
            says=str(each["says"]),
            of=group,
            type=FactType(str(each["type"])),
            words=_words(each.get("words")),
            closed="absent" in each,
        )
        for group, every in found.items()
        for name, each in every.items()
    }


def _words(of: str | list[str] | bool | None) -> frozenset[str] | None:  # noqa: FBT001
    if isinstance(of, str):
        return vocabularies().words(of)
    return frozenset(of) if isinstance(of, list) else None


@cache
def retired_links() -> Mapping[str, str]:
    """Return links that must not be published any more (host and path), and why."""
    found: dict[str, list[dict[str, str]]] = read("authorities.yaml")  # type: ignore[assignment]
    return {f"{each['host']}{each['path']}": each["because"] for each in found["retired"]}


@cache
def authorities() -> frozenset[str]:
    """Return the sites of the authorities that people may complain to, as hosts without `www.`.

    >>> "ico.org.uk" in authorities()
    True
    """
    found: dict[str, list[dict[str, str]]] = read("authorities.yaml")  # type: ignore[assignment]
    hosts = (each["link"].split("/")[2] for each in found["authorities"])
    return frozenset(host.removeprefix("www.") for host in hosts)
