"""The plan as a document: what officers sign, by hash and by signature; names and counts only."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Literal

import rfc8785
from pydantic import TypeAdapter

from upheld.model import Counted, Erasure, Regime, Right, Step
from upheld.model.erasing import Limits

if TYPE_CHECKING:
    from upheld.datamap.closure import Frozen

FORMAT: Literal["upheld-plan/1"] = "upheld-plan/1"


@dataclass(frozen=True, slots=True)
class StorePlan:
    """What is planned in one store; `schema` and `map` are the digests it was planned on."""

    store: str
    map: str
    schema: str
    erasures: tuple[Erasure, ...]
    counted: tuple[Counted, ...]
    notes: tuple[str, ...]
    due: date
    tasks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """All that officers sign: nothing else will be done, and no more rows than the ceilings.

    `exceeds` says in words what is more than the `limits` for one officer alone; a plan of before
    there were any has none. `also` are kinds of identity that were presented with another request,
    and that rows were found by.
    """

    format: str
    request: str
    right: Right
    regime: Regime
    clauses: tuple[str, ...]
    policy: str
    made: date
    stores: tuple[StorePlan, ...]
    limits: Limits | None = None
    exceeds: tuple[str, ...] = ()
    also: tuple[str, ...] = ()

    @property
    def signatures(self) -> int:
        """How many officers must sign."""
        return 2 if self.exceeds else 1

    @property
    def rows(self) -> int:
        """Rows the plan counts, kept ones included."""
        return sum(each.rows for store in self.stores for each in store.counted)

    def store(self, name: str) -> StorePlan:
        """Return the part for one store."""
        return next(each for each in self.stores if each.store == name)


_PLAN = TypeAdapter(Plan)


def to_document(plan: Plan) -> bytes:
    """Return the canonical JSON (RFC 8785) of a plan."""
    return rfc8785.dumps(json.loads(_PLAN.dump_json(plan)))


def from_document(document: bytes) -> Plan:
    """Return the plan that `to_document` wrote."""
    return _PLAN.validate_json(document)


def step(plan: Plan, store: str, frozen: Frozen, secret: bytes) -> Step:
    """Return the step that one store carries out under a plan."""
    part = plan.store(store)
    return Step(
        id=f"{plan.request}/{store}",
        right=plan.right,
        closure=frozen.of(store),
        erasures=part.erasures,
        secret=secret,
        due=part.due,
        tasks=part.tasks,
    )


def aged(this: Step, today: date) -> Step | None:
    """Return a step as its grounds stand today, or None where no ground has run on since."""
    erasures = tuple(
        replace(each, hold=replace(each.hold, oldest=each.hold.schedule.oldest_kept(today)))
        if each.hold
        else each
        for each in this.erasures
    )
    return None if erasures == this.erasures else replace(this, erasures=erasures)
