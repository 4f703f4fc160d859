"""The nouns of the map: where personal data is, and how a row concerns a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TypeAlias

from upheld.model.guards import Safeguard
from upheld.model.policy import Right


class Bond(StrEnum):
    """How a row concerns a person: theirs, naming them, or theirs and somebody else's too."""

    ABOUT = "about"
    MENTIONS = "mentions"
    SHARED = "shared"


class How(StrEnum):
    """In what form a column holds identities, where it is always the same."""

    NORMALISED = "normalised"
    E164 = "e164"
    NATIONAL = "national"
    UUID = "uuid"
    SHA256 = "sha256"


@dataclass(frozen=True, slots=True)
class Spelling:
    """How a column holds identities; `country` is whose national numbers they are.

    `upheld.identity` says what each form is.
    """

    how: How
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """A row concerns the person whose identity of this kind stands in `column`."""

    column: str
    identity: str
    bond: Bond
    stored: Spelling | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that make the row the person's."""
        return (self.column,)

    @property
    def exact(self) -> bool:
        """Whether the column holds an identity in few known spellings, to the letter."""
        return self.stored is not None and self.stored.how is not How.NATIONAL


@dataclass(frozen=True, slots=True)
class Follow:
    """A row concerns the person whose row of collection `to` it points at."""

    columns: tuple[str, ...]
    to: str
    onto: tuple[str, ...]
    bond: Bond


Way: TypeAlias = Match | Follow


class Act(StrEnum):
    """What an erasure does to one field of a row that stays."""

    BLANK = "blank"
    ANONYMISE = "anonymise"
    REPLACE = "replace"
    REDACT = "redact"
    RETAIN = "retain"
    LEAVE = "leave"


@dataclass(frozen=True, slots=True)
class Place:
    """A field of a collection of a store; `category` None is marked as not personal."""

    name: str
    category: str | None
    act: Act
    source: str | None = None
    identity: str | None = None
    secret: bool = False
    of: tuple[str, ...] = ()
    stored: Spelling | None = None


@dataclass(frozen=True, slots=True)
class Keep:
    """A collection's rows are needed under a clause: dated by `since`, or with rows of `within`."""

    clause: str
    since: str | None
    within: str | None


@dataclass(frozen=True, slots=True)
class Collection:
    """A table: how its rows concern people, and what each field is.

    `controller` is whose data it is, where it is not the company's: `customer`, `partner`, or the
    name of one of its entities; `channels` are the ways by which it comes in.
    """

    name: str
    key: tuple[str, ...]
    ways: tuple[Way, ...]
    places: tuple[Place, ...]
    delete: bool
    keep: Keep | None
    person: bool
    personal: bool
    line: int
    controller: str | None = None
    channels: tuple[str, ...] = ()

    def place(self, name: str) -> Place | None:
        """Return the field of this name, if it is mapped."""
        return next((place for place in self.places if place.name == name), None)


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to do by hand in a manual store."""

    right: Right
    text: str


@dataclass(frozen=True, slots=True)
class StoreMap:
    """The part of the map that lives in one store, as `stores/NAME.yaml` says it.

    `attested` are the safeguards that a document stands for, since the store cannot be asked.
    """

    name: str
    kind: str
    url: str
    country: str | None
    collections: tuple[Collection, ...]
    tasks: tuple[Task, ...]
    within: timedelta
    guesses: tuple[str, ...]
    file: str
    digest: str
    attested: frozenset[Safeguard] = frozenset()

    @property
    def forms(self) -> frozenset[Spelling]:
        """The forms that columns with identities are declared to be in."""
        ways = (way for each in self.collections for way in each.ways)
        found = {way.stored for way in ways if isinstance(way, Match)}
        found |= {place.stored for each in self.collections for place in each.places}
        return frozenset(each for each in found if each is not None)

    def collection(self, name: str) -> Collection | None:
        """Return the collection of this name, if it is mapped."""
        return next((each for each in self.collections if each.name == name), None)
