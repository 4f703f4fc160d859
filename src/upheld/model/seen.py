"""What was seen of the world when the board was drawn: all that a check of a clause may use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from enum import StrEnum

from upheld.model.documents import Document
from upheld.model.guards import Guards
from upheld.model.places import StoreMap
from upheld.model.policy import Policy
from upheld.model.requests import Request, Verdict
from upheld.model.rows import Schema


class Judgement(StrEnum):
    """What can be true of a clause; `attested` is upheld by a person's word and a file alone."""

    UPHELD = "upheld"
    ATTESTED = "upheld (attested)"
    BROKEN = "broken"
    UNPROVEN = "unproven"
    NOT_EXERCISED = "not-exercised"
    OUT_OF_SCOPE = "out-of-scope"


@dataclass(frozen=True, slots=True)
class Finding:
    """A judgement and the evidence for it, in words."""

    judgement: Judgement
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Version:
    """A version of the policy as the log first saw it.

    `said` is the digest of what it says, its date left out; `kept` says whether its text still is
    there, None of a version that was noted before texts were kept.
    """

    seen: datetime
    digest: str
    revised: date
    purposes: tuple[str, ...] = ()
    said: str = ""
    kept: bool | None = None


@dataclass(frozen=True, slots=True)
class LinkSeen:
    """When a link was asked last, and what was wrong; None: it answered."""

    at: datetime
    wrong: str | None


@dataclass(frozen=True, slots=True)
class Seen:
    """Policy, map, stores, requests and probes at one instant.

    Of erasures looked back on: `late` holds rows that should not be there, `spent` rows whose
    ground has ended, by place and clause, `kept` rows that a ground keeps and that are there;
    `blind` holds why a look-back could not be done, `unsearched` by store of what the last deep
    look-back did not read how much there was. `copies` says whether an answer that is still
    here has the digest that was recorded. `guards` holds what each store says of its safeguards,
    `secrets` where a file of the company holds one.
    """

    at: datetime
    zone: tzinfo
    policy: Policy
    versions: tuple[Version, ...]
    maps: Mapping[str, StoreMap]
    schemas: Mapping[str, Schema]
    unreachable: Mapping[str, str]
    requests: tuple[Request, ...]
    late: Mapping[str, Mapping[str, int]]
    spent: Mapping[str, Mapping[tuple[str, str], int]]
    kept: Mapping[str, Mapping[str, int]]
    blind: Mapping[str, str]
    copies: Mapping[str, bool]
    unsearched: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    documents: tuple[Document, ...] = ()
    links: Mapping[str, LinkSeen] = field(default_factory=dict)
    guards: Mapping[str, Guards] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    verdicts: tuple[Verdict, ...] = field(default=())

    @property
    def today(self) -> date:
        """The civil date where the desk is."""
        return self.day(self.at)

    def day(self, instant: datetime) -> date:
        """Return the civil date of an instant where the desk is."""
        return instant.astimezone(self.zone).date()
