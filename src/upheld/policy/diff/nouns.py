"""The nouns of a diff: what a change does, who must hear of it, what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from upheld.model import Profile


class Turn(StrEnum):
    """What a change does; but for the last three, each has its opposite beside it."""

    PERMITS = "permits"
    NO_LONGER_PERMITS = "no-longer-permits"
    FORBIDS = "forbids"
    NO_LONGER_FORBIDS = "no-longer-forbids"
    PROMISES = "promises"
    NO_LONGER_PROMISES = "no-longer-promises"
    LENGTHENS = "lengthens"
    SHORTENS = "shortens"
    TELLS = "tells"
    NO_LONGER_TELLS = "no-longer-tells"
    GUARDS = "guards"
    NO_LONGER_GUARDS = "no-longer-guards"
    DISCLAIMS = "disclaims"
    NO_LONGER_DISCLAIMS = "no-longer-disclaims"
    DEFINES = "defines"
    NO_LONGER_DEFINES = "no-longer-defines"
    DECLARES = "declares"
    NO_LONGER_DECLARES = "no-longer-declares"
    RECLASSIFIES = "reclassifies"
    RENAMES = "renames"
    REWORDS = "rewords"


class Dim(StrEnum):
    """What of a clause or of the policy a change is about."""

    WHOLE = "whole"
    WHAT = "what"
    CATEGORIES = "categories"
    PURPOSES = "purposes"
    RECIPIENTS = "recipients"
    SOURCES = "sources"
    CHANNELS = "channels"
    REGIMES = "regimes"
    CONDITION = "condition"
    TERM = "term"
    OBLIGATIONS = "obligations"
    CONTENTS = "contents"
    LIMITS = "limits"
    BASES = "bases"
    FORCE = "force"
    KIND = "kind"
    GROUND = "ground"
    CHECK = "check"
    LINK = "link"
    TEXT = "text"
    ID = "id"
    AUTOMATED = "automated"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that a change of policy does, in a sentence.

    `at` is the id of a clause, or what stands outside of clauses: `purposes.support`. `line` is
    where it stands after the change, or before it where it is gone after. `through` names the
    clauses whose conditions changed, where this one only points at them. `regions` are those of
    the people it concerns, `was` and `now` the words people read.
    """

    kind: Turn
    at: str
    line: int
    sentence: str
    about: Dim = Dim.WHOLE
    profiles: tuple[Profile, ...] = tuple(Profile)
    through: tuple[str, ...] = ()
    regions: frozenset[str] = frozenset()
    categories: tuple[str, ...] = ()
    was: str | None = None
    now: str | None = None


class Duty(StrEnum):
    """What people are owed: to be told, or to be asked for their consent."""

    TOLD = "told"
    ASKED = "asked"


@dataclass(frozen=True, slots=True)
class Audience:
    """People who must be told or asked: who, by when, why and of what, by which law.

    `about` are the purposes, recipients, clauses … it is about, `because` the places that changed.
    """

    duty: Duty
    who: str
    when: str
    why: str
    law: str
    regions: tuple[str, ...]
    categories: tuple[str, ...]
    about: tuple[str, ...]
    because: tuple[str, ...]


class Fault(StrEnum):
    """What can be wrong with a change as a whole."""

    TEXT_WITHOUT_DATE = "text-without-date"
    DATE_WITHOUT_TEXT = "date-without-text"
    DATE_BACKWARDS = "date-backwards"
    ID_RENAMED = "id-renamed"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a change, and what to do about it."""

    fault: Fault
    words: str


@dataclass(frozen=True, slots=True)
class End:
    """One of the two versions that are compared."""

    title: str
    revised: date
    digest: str
    clauses: int


@dataclass(frozen=True, slots=True)
class Diff:
    """All that lies between two versions of a policy; empty where nothing does."""

    before: End
    after: End
    changes: tuple[Change, ...]
    audiences: tuple[Audience, ...]
    problems: tuple[Problem, ...]

    def of(self, kind: Turn) -> tuple[Change, ...]:
        """Return the changes of one kind, in the order of the policy."""
        return tuple(each for each in self.changes if each.kind is kind)
