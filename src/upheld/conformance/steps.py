"""Plans the erasure of the world's person in a store, and carries it out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upheld.conformance.world import TODAY, hostile_world, policy
from upheld.datamap.plan import answering, erasures
from upheld.model import Closure, Done, Pending, Regime, Right, Step

if TYPE_CHECKING:
    from collections.abc import Mapping

    from upheld.conformance.site import Site

_SECRET = bytes(range(32))


def closure_of(given: Mapping[str, str]) -> Closure:
    """Return the closure of who presents these identities."""
    kinds = {kind: frozenset({value}) for kind, value in given.items()}
    return Closure(kinds, kinds)


def step_of(site: Site) -> Step:
    """Find the person, and plan their erasure from what was found."""
    store = site.store()
    found = store.find(closure_of(hostile_world().given))
    clauses = answering(policy(), Right.ERASE, Regime.NONE)
    what = erasures(policy(), site.mapped, store.schema(), clauses=clauses, today=TODAY)
    tasks = tuple(task.text for task in site.mapped.tasks if task.right is Right.ERASE)
    return Step("R-1/town", Right.ERASE, found.closure, what, _SECRET, TODAY, tasks)


def carried_out(site: Site, step: Step | None = None) -> Done:
    """Carry a step out to its end, with whatever somebody outside has to do for it."""
    step = step or step_of(site)
    outcome = site.store().act(step)
    if isinstance(outcome, Pending):
        site.settle(outcome, step)
        outcome = site.store().poll(outcome.token)
    assert isinstance(outcome, Done), outcome
    return outcome
