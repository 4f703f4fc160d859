"""The nouns of the desk and the log: requests, entries, verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from upheld.model.erasing import Attestation, Counted
from upheld.model.policy import Force, Kind, Regime, Right
from upheld.model.values import Json


class State(StrEnum):
    """Where a request stands."""

    OPEN = "open"
    PLANNED = "planned"
    SIGNED = "signed"
    EXECUTING = "executing"
    ANSWERED = "answered"
    REOPENED = "reopened"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class StepState:
    """Where one step of a request stands: attempts begun, under which plan, and how it ended.

    `sql` is the digest of the statements that the store was last given, without values. Of an
    attempt that has not ended, `recording` says whether the store keeps a record. `unknown` are the
    attempts under the same plan that never ended, each with that same word. `declined` says why a
    store declined the last one.
    """

    plan: str
    attempt: int
    fence: int
    token: str | None
    due: date | None
    attested: Attestation | None
    counted: tuple[Counted, ...] | None
    statements: int = 0
    sql: str | None = None
    recording: bool | None = None
    unknown: tuple[tuple[int, bool], ...] = ()
    declined: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """A person's use of a right, folded from the log.

    `signatures` are those on its plan, by the officer's fingerprint; it is signed once there are
    `needed`. `carried` is the last plan of which a store gave a receipt; `receipts` hold, by plan
    and step, what all receipts together say; `unsure` are steps of which an attempt may have done
    more than that. `open` names, by store, the transactions that were not over when it was looked
    back last.
    """

    id: str
    right: Right
    regime: Regime
    person: int
    received: datetime
    due: date
    rule: str
    state: State
    plan: str | None = None
    signatures: Mapping[str, str] = field(default_factory=dict)
    needed: int = 1
    steps: Mapping[str, StepState] = field(default_factory=dict)
    carried: str | None = None
    receipts: Mapping[str, Mapping[str, tuple[Counted, ...]]] = field(default_factory=dict)
    unsure: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    clean: bool | None = None
    late: Mapping[str, int] = field(default_factory=dict)
    open: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    answer: str | None = None
    answers: int = 0
    rows: int = 0
    counted_rows: int = 0
    listed: tuple[str, ...] | None = None
    answered: datetime | None = None
    outcome: str | None = None
    released: datetime | None = None
    breaches: int = 0
    entries: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One fact, appended once. `body` holds no identifying value; a person is an ordinal in it."""

    at: datetime
    kind: str
    body: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is true of one clause now, and why we say so."""

    id: str
    kind: Kind
    force: Force
    verdict: str
    evidence: tuple[str, ...]
    checked_at: datetime
