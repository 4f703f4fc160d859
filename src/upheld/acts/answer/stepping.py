"""Carries out one step: intent, act, receipt; and refuses whoever comes second."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from upheld.acts.answer.patience import patiently
from upheld.desk.states import VIEW, added, from_state
from upheld.errors import Stale
from upheld.model import Declined, Done, Outcome, Pending, State

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from upheld.acts.company import Company
    from upheld.datamap.document import StorePlan
    from upheld.model import Bond, Counted, Json, Request, Step, StepState
    from upheld.ports import Writing

_MAY_BEGIN = {State.SIGNED, State.EXECUTING, State.REOPENED}


def carry_out(
    company: Company, request: Request, this: Step, part: StorePlan
) -> tuple[Done | Pending | Declined, Request]:
    """Write the intent, act, and write how it ended; return that, and where the request stands.

    An intent without a receipt is unknown, never failed: a step is repeatable, so it is done again
    under a higher fence. Whoever holds a lower one may not write any more. What the store has
    recorded of such an attempt becomes its receipt; where it keeps no record, this one says so.

    Raises:
        Stale: the request was finished, planned anew or taken over by another apply.
        StoreBusy: the store was busy to the end.
    """
    return patiently(lambda: _attempted(company, request, this, part))


def _attempted(
    company: Company, request: Request, this: Step, part: StorePlan
) -> tuple[Done | Pending | Declined, Request]:
    store = company.stores[part.store]
    with company.home.writing() as home:
        now = _now(home, request.id)
        if now.state not in _MAY_BEGIN or now.plan != request.plan:
            raise Stale(_taken_over(request.id))
        before = now.steps.get(this.id)
        fence = before.fence + 1 if before else 1
        about: dict[str, Json] = {
            "request": request.id,
            "step": this.id,
            "attempt": fence,
            "fence": fence,
        }
        intent: dict[str, Json] = {"plan": request.plan, "records": store.records}
        home.append("step.intended", {**about, **intent})
    outcome = store.act(replace(this, plan=request.plan or "", fence=fence))
    with company.home.writing() as home:
        require_mine(home, request, {this.id: fence})
        if isinstance(outcome, Done):
            state = _now(home, request.id).steps[this.id]
            _receive(home, about, outcome, state, part.counted)
        else:
            home.append(*_undone(outcome, about))
        now = _now(home, request.id)
    return outcome, now


def _receive(
    home: Writing,
    about: Mapping[str, Json],
    done: Done,
    step: StepState,
    planned: tuple[Counted, ...],
) -> None:
    """Append the receipts of attempts that only the store has recorded, then the one of this."""
    records, ended = done.before or (), {fence for fence, _ in step.unknown}
    for each in records:
        if each.fence in ended:
            seen: dict[str, Json] = {"attempt": each.fence, "fence": each.fence, "observed": True}
            home.append("step.receipt", {**about, **seen, "counted": _rows(each.counted)})
    # Of attempts that come after this one a home knew that was then put back from a backup.
    lost = [each.counted for each in records if each.fence >= step.fence]
    counted = added(done.counted, (each for counts in lost for each in counts))
    told: dict[str, Json] = {}
    if done.statements:
        told["sql"] = home.keep(_told(done.statements))
        told["statements"] = len(done.statements)
    known = [each.counted for each in records if each.fence in ended]
    blind = [fence for fence, recording in step.unknown if done.before is None or not recording]
    if blind and _touched(planned) != _touched(c for each in (*known, counted) for c in each):
        told["unknown"] = [*blind]
    home.append("step.receipt", {**about, **told, "counted": _rows(counted)})


def _touched(counted: Iterable[Counted]) -> dict[tuple[str, Bond, Outcome], int]:
    """Return how many rows went or were changed: what an attempt does once and not again."""
    whole = added((), counted)
    rows = {(each.collection, each.bond, each.outcome): each.rows for each in whole if each.rows}
    return {key: number for key, number in rows.items() if key[2] is not Outcome.RETAINED}


def require_mine(home: Writing, request: Request, fences: Mapping[str, int]) -> None:
    """Refuse to write on if another apply has begun any of these steps since.

    Raises:
        Stale: it has, or finished them.
    """
    now = _now(home, request.id)
    mine = all(name in now.steps and now.steps[name].fence == f for name, f in fences.items())
    if not mine or now.plan != request.plan or now.state is State.CLOSED:
        raise Stale(_taken_over(request.id))


def _now(home: Writing, id: str) -> Request:
    state = home.state(VIEW, id)
    if state is None:
        raise Stale(_taken_over(id))
    return from_state(state)


def _taken_over(id: str) -> str:
    return f"another apply has taken {id} over; see `upheld request show {id}`"


def _undone(
    outcome: Pending | Declined, about: Mapping[str, Json]
) -> tuple[str, Mapping[str, Json]]:
    match outcome:
        case Pending():
            due = outcome.due.isoformat()
            return "step.pending", {**about, "token": outcome.token, "due": due}
        case Declined():
            return "step.declined", {**about, "why": outcome.why}


def _told(statements: Iterable[str]) -> bytes:
    """Return statements as a document to keep: they hold names and no value."""
    return "".join(f"{each};\n" for each in statements).encode()


def _rows(counted: Iterable[Counted]) -> list[Json]:
    return [
        [
            each.collection,
            each.bond.value,
            each.outcome.value,
            each.rows,
            each.clause,
            each.until.isoformat() if each.until else None,
        ]
        for each in counted
    ]
