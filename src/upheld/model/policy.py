"""The nouns of a policy: clauses, and what they declare."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum

from upheld.model.rules import Fact, Rule


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


class Action(StrEnum):
    """What is done with data; what a *may* or a *never* is about."""

    COLLECT = "collect"
    USE = "use"
    SHARE = "share"
    KEEP = "keep"
    TRANSFER = "transfer"
    AGGREGATE = "aggregate"
    DELETE = "delete"


class Force(StrEnum):
    """How binding a clause is on the company; the headline counts the first three."""

    PROMISE = "promise"
    CONDITION = "condition"
    EXCEPTION = "exception"
    PERMISSION = "permission"
    DEFINITION = "definition"
    DISCLAIMER = "disclaimer"


class Right(StrEnum):
    """A right that a request can be opened for."""

    ACCESS = "access"
    ERASE = "erase"


class Regime(StrEnum):
    """The law a request is made under; `none` is the house rule."""

    GDPR = "gdpr"
    UK_GDPR = "uk-gdpr"
    CCPA = "ccpa"
    NONE = "none"


class Profile(StrEnum):
    """Which reading of the policy holds: as published, or today's law at its strictest."""

    SEED = "seed"
    STRICT = "strict"


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long a ground keeps data, from a row's date or from the end of that year.

    A term in months ends on the day of the same number, or on the month's last (Reg. 1182/71).
    """

    years: int = 0
    from_year_end: bool = False
    months: int = 0
    days: int = 0

    @property
    def term(self) -> str:
        """The term in words: `10 years`."""
        units = (("year", self.years), ("month", self.months), ("day", self.days))
        return " ".join(f"{n} {unit}{'' if n == 1 else 's'}" for unit, n in units if n)

    def oldest_kept(self, today: date) -> date:
        """Return the earliest row date that is still kept on `today`."""
        if self.from_year_end:
            year = today.year - self.years - self.months // 12 - self.days // 365 - 2
            while self.until(date(year, 1, 1)) < today:
                year += 1
            return date(year, 1, 1)
        day = _moved(today - timedelta(days=self.days + 3), -12 * self.years - self.months)
        while self.until(day) < today:
            day += timedelta(days=1)
        return day

    def until(self, since: date) -> date:
        """Return the last day a row dated `since` is kept."""
        start = date(since.year, 12, 31) if self.from_year_end else since
        return _moved(start, 12 * self.years + self.months) + timedelta(days=self.days)


def _moved(day: date, months: int) -> date:
    """Return a day moved by months; where the month has no such day, its last."""
    count = day.year * 12 + day.month - 1 + months
    year, month = divmod(count, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


@dataclass(frozen=True, slots=True)
class Scope:
    """What a clause reaches; an empty tuple means all."""

    categories: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Clause:
    """One atomic sentence of a policy, with the rule it states and the check that tests it.

    `when` must be true and `unless` must not be, for a *may* to permit or a *never* to forbid. A
    *never* that is `closed` forbids also where nobody knows. `then` is what an allowed act must
    still do; `contents` is what an answer holds; `limits` are clauses that a disclaimer takes back
    from.
    """

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
    scope: Scope = Scope()
    when: Rule | None = None
    unless: Rule | None = None
    closed: bool = False
    then: tuple[str, ...] = ()
    contents: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    link: str | None = None

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
class Basing:
    """Why a purpose is lawful: its bases (GDPR 6(1)), the interest, the law that obliges."""

    bases: tuple[str, ...] = ()
    interest: str | None = None
    law: str | None = None
    automated: bool = False


@dataclass(frozen=True, slots=True)
class Entity:
    """A legal person the policy speaks for, and on which days."""

    name: str
    country: str
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """A version of the policy, read under one profile; a digest of its bytes names it.

    `said` is the SHA-256 of all that it says but for its date: a comment or a line moved is no
    other text.

    `reach` says how the company is reached, by channel; `facts` are those a condition may ask
    about, the shipped and the company's own; `lines` where each purpose, category and
    recipient is declared, by `purposes.support`.
    """

    title: str
    company: str
    contact: str
    revised: date
    categories: Mapping[str, Declared]
    purposes: Mapping[str, str]
    recipients: Mapping[str, str]
    clauses: tuple[Clause, ...]
    digest: str
    basing: Mapping[str, Basing] = field(default_factory=dict)
    entities: tuple[Entity, ...] = ()
    reach: Mapping[str, str] = field(default_factory=dict)
    sections: Mapping[str, str] = field(default_factory=dict)
    external: tuple[str, ...] = ()
    said: str = ""
    facts: Mapping[str, Fact] = field(default_factory=dict, repr=False)
    lines: Mapping[str, int] = field(default_factory=dict, repr=False)
    profile: Profile = Profile.SEED
    profiles: Mapping[Profile, tuple[Clause, ...]] = field(default_factory=dict, repr=False)

    def under(self, profile: Profile) -> Policy:
        """Return the same version, read under another profile."""
        clauses = self.profiles.get(profile, self.clauses)
        return replace(self, clauses=clauses, profile=profile)

    def clause(self, id: str) -> Clause | None:
        """Return the clause with this id, if the version has it."""
        return next((clause for clause in self.clauses if clause.id == id), None)

    @property
    def rules(self) -> Mapping[str, Rule | None]:
        """What each clause says in its `when`, for those that point at it."""
        return {clause.id: clause.when for clause in self.clauses}

    def answering(self, right: Right, regime: Regime) -> tuple[Clause, ...]:
        """Return the clauses that promise this right to a person under this regime."""
        return tuple(
            clause
            for clause in self.clauses
            if clause.kind is Kind.ANSWER and right in clause.what and regime in clause.regimes
        )
