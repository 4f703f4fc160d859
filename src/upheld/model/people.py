"""The nouns of who is who: what is known of a person, and who may be the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from upheld.model.places import Bond
from upheld.model.values import Key


class Sign(StrEnum):
    """Why two rows may be one person's: too little to act on, enough to ask them."""

    TELEPHONE = "the same telephone"
    BORN = "the same name and date of birth"
    TAGGED = "the same e-mail address but for dots or a tag"
    SWAPPED = "the same e-mail address but for two letters swapped"


@dataclass(frozen=True, slots=True)
class Traits:
    """What a person's rows bear by which others may be theirs: in memory only.

    `telephones` as they are written; `births` are names in normal form, each with an ISO date.
    """

    telephones: frozenset[str] = field(default=frozenset(), repr=False)
    births: frozenset[tuple[str, str]] = field(default=frozenset(), repr=False)

    def joined(self, others: Traits) -> Traits:
        """Return these and others."""
        return Traits(self.telephones | others.telephones, self.births | others.births)


@dataclass(frozen=True, slots=True)
class Alike:
    """Rows of a collection of people with one sign; `more` are there than the ones named."""

    collection: str
    sign: Sign
    keys: tuple[Key, ...] = field(repr=False)
    more: bool


@dataclass(frozen=True, slots=True)
class Proposal:
    """A row that may be the person's, under a reference that says nothing of whose it is.

    `row` is None where more rows bear a sign than anybody could ask about.
    """

    store: str
    collection: str
    row: str | None
    signs: tuple[Sign, ...]


@dataclass(frozen=True, slots=True)
class Dossier:
    """What is known of whoever bears some identities, and no value of it.

    `people` are the ordinals that home has for them, more than one where it took one for two;
    `kinds` says what kinds of identity they are known by, `rows` how many rows there are by store,
    then by collection and bond.
    """

    people: tuple[int, ...]
    requests: tuple[str, ...]
    kinds: tuple[str, ...]
    rows: Mapping[str, Mapping[tuple[str, Bond], int]]
    proposals: tuple[Proposal, ...]
