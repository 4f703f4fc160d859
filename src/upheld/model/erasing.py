"""The nouns of an erasure: steps, and what became of rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from upheld.model.places import Act, Bond
from upheld.model.policy import Right, Schedule
from upheld.model.rows import Closure


class Outcome(StrEnum):
    """What became of a field: `found` is looked at, `held` waits, `refused` is not done."""

    FOUND = "found"
    GONE = "gone"
    BLANKED = "blanked"
    ANONYMISED = "anonymised"
    RETAINED = "retained"
    HELD = "held"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Change:
    """An act on one field; `on_kept`: also in rows that a ground keeps; `of`: only by that way."""

    field: str
    act: Act
    on_kept: bool = False


@dataclass(frozen=True, slots=True)
class Hold:
    """Rows still needed: dated `oldest` or later in `since`, or hanging on such of `within`.

    Which day an instant is of, the company's `zone` tells, as IANA names it.
    """

    clause: str
    ground: str
    since: str | None
    within: str | None
    oldest: date
    schedule: Schedule
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Erasure:
    """What one erasure does to the rows of one collection that have one bond with the person."""

    collection: str
    bond: Bond
    delete: bool
    changes: tuple[Change, ...]
    hold: Hold | None
    clauses: tuple[str, ...]
    ceiling: int | None = None
    way: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """What one officer may sign alone: `rows` in all, and `share` percent of a collection.

    A collection of fewer rows than `small` has no share: of five rows one is a fifth.
    """

    rows: int = 10_000
    share: int = 10
    small: int = 1_000


@dataclass(frozen=True, slots=True)
class Step:
    """The part of a plan that one store carries out, in one transaction, safe to repeat.

    `tasks` are what a person is asked to do by hand, as the plan froze them; `ceiling` is how many
    rows may be touched in all, beside the ceilings of its erasures. By the digest of the `plan` and
    the `fence` of the attempt, a store that may keep a record knows its own again.
    """

    id: str
    right: Right
    closure: Closure
    erasures: tuple[Erasure, ...]
    secret: bytes
    due: date
    tasks: tuple[str, ...] = ()
    ceiling: int | None = None
    plan: str = ""
    fence: int = 0


@dataclass(frozen=True, slots=True)
class Counted:
    """What became of the rows of one collection; `until` is the last day any of them is kept."""

    collection: str
    bond: Bond
    outcome: Outcome
    rows: int
    clause: str | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """What a step would touch, what would refuse it, and what a reviewer should know; no writes.

    `sizes` say how many rows a collection has, of those from which rows would go or be changed.
    """

    counted: tuple[Counted, ...]
    refusals: tuple[str, ...]
    notes: tuple[str, ...]
    sizes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What an attempt at a step did, as the store itself wrote down; never what is kept."""

    fence: int
    counted: tuple[Counted, ...]


@dataclass(frozen=True, slots=True)
class Done:
    """A step was carried out, or found carried out.

    `statements` are what was said to the store to do it, in its own language, without any value.
    `before` is what the store has recorded of other attempts under the same plan; None where it
    keeps no record.
    """

    counted: tuple[Counted, ...]
    statements: tuple[str, ...] = ()
    before: tuple[Recorded, ...] | None = None


@dataclass(frozen=True, slots=True)
class Pending:
    """A step waits for somebody or something else until `due`; ask again with `token`."""

    token: str
    due: date
    tasks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Declined:
    """A step was not carried out, and nothing of it is left half done."""

    why: str


@dataclass(frozen=True, slots=True)
class Left:
    """What looking back finds: rows not in their target state, and rows a ground still keeps.

    `open` names transactions of others that are not over yet and may still bring rows; clean is
    only what leaves none.
    """

    late: Mapping[str, int]
    kept: Mapping[str, int]
    open: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Attestation:
    """An officer's word that a manual step was done, with a file as evidence."""

    token: str
    officer: str
    file_digest: str
    at: datetime
