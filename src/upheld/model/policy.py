"""The nouns of a policy: clauses, and what they declare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Kind(StrEnum):
    """What a clause does; the last two decide only where another clause points at them."""

    MAY = "may"
    NEVER = "never"
    KEEP = "keep"
    ANSWER = "answer"
    TELL = "tell"
    GUARD = "guard"
    DEFINITION = "definition"
    DISCLAIMER = "disclaimer"


class Force(StrEnum):
    """How binding a clause is on the company; the headline counts the first three."""

    PROMISE = "promise"
    CONDITION = "condition"
    EXCEPTION = "exception"
    PERMISSION = "permission"
    DEFINITION = "definition"
    DISCLAIMER = "disclaimer"


class Right(StrEnum):
    """A right a person can use."""

    ACCESS = "access"
    ERASE = "erase"


class Regime(StrEnum):
    """The law a request is made under; `none` is the house rule."""

    GDPR = "gdpr"
    UK_GDPR = "uk-gdpr"
    CCPA = "ccpa"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long a ground keeps data: `years` from a row's date, or from the end of that year."""

    years: int
    from_year_end: bool

    def oldest_kept(self, today: date) -> date:
        """Return the earliest row date that is still kept on `today`."""
        if self.from_year_end:
            return date(today.year - self.years, 1, 1)
        try:
            return today.replace(year=today.year - self.years)
        except ValueError:  # 29 February: the anniversary is clamped to the 28th
            return date(today.year - self.years, 2, 28)

    def until(self, since: date) -> date:
        """Return the last day a row dated `since` is kept."""
        if self.from_year_end:
            return date(since.year + self.years, 12, 31)
        try:
            return since.replace(year=since.year + self.years)
        except ValueError:
            return date(since.year + self.years, 2, 28)


@dataclass(frozen=True, slots=True)
class Clause:
    """One atomic sentence of a policy, with the rule it states and the check that tests it."""

    id: str
    kind: Kind
    what: tuple[str, ...]
    force: Force
    text: str
    check: str
    line: int
    regimes: frozenset[Regime] = frozenset(Regime)
    ground: str | None = None
    schedule: Schedule | None = None

    @property
    def group(self) -> str:
        """The section a clause belongs to: what stands before the first dot of its id."""
        return self.id.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Declared:
    """What the policy declares about one category: why it is held, from where, who receives it."""

    purposes: tuple[str, ...]
    sources: tuple[str, ...]
    recipients: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """A version of the policy: clauses in the order of the file, and a digest of its bytes."""

    title: str
    company: str
    contact: str
    revised: date
    categories: Mapping[str, Declared]
    purposes: Mapping[str, str]
    recipients: Mapping[str, str]
    clauses: tuple[Clause, ...]
    digest: str

    def clause(self, id: str) -> Clause | None:
        """Return the clause with this id, if the version has it."""
        return next((clause for clause in self.clauses if clause.id == id), None)

    def answering(self, right: Right, regime: Regime) -> tuple[Clause, ...]:
        """Return the clauses that promise this right to a person under this regime."""
        return tuple(
            clause
            for clause in self.clauses
            if clause.kind is Kind.ANSWER and right in clause.what and regime in clause.regimes
        )
