"""Carries out one step: intent, act, receipt; and refuses whoever comes second."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upheld.acts.answer.patience import patiently
from upheld.desk.states import VIEW, from_state
from upheld.errors import Stale
from upheld.model import Declined, Done, Pending, State

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from upheld.acts.company import Company
    from upheld.model import Counted, Json, Request, Step
    from upheld.ports import Writing

_MAY_BEGIN = {State.SIGNED, State.EXECUTING, State.REOPENED}


def carry_out(
    company: Company, request: Request, this: Step, store: str
) -> tuple[Done | Pending | Declined, int]:
    """Write the intent, act, and write how it ended; return that, and the fence it had.

    An intent without a receipt is unknown, never failed: a step is repeatable, so it is done again
    under a higher fence. Whoever holds a lower one may not write any more.

    Raises:
        Stale: the request was finished, planned anew or taken over by another apply.
        StoreBusy: the store was busy to the end.
    """
    return patiently(lambda: _attempted(company, request, this, store))


def _attempted(
    company: Company, request: Request, this: Step, store: str
) -> tuple[Done | Pending | Declined, int]:
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
        home.append("step.intended", {**about, "plan": request.plan})
    outcome = company.stores[store].act(this)
    with company.home.writing() as home:
        require_mine(home, request, {this.id: fence})
        if isinstance(outcome, Done) and outcome.statements:
            about["sql"] = home.keep(_told(outcome.statements))
            about["statements"] = len(outcome.statements)
        home.append(*_ended(outcome, about))
    return outcome, fence


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


def _ended(
    outcome: Done | Pending | Declined, about: Mapping[str, Json]
) -> tuple[str, Mapping[str, Json]]:
    match outcome:
        case Done():
            counted = [_row(each) for each in outcome.counted]
            return "step.receipt", {**about, "counted": counted}
        case Pending():
            due = outcome.due.isoformat()
            return "step.pending", {**about, "token": outcome.token, "due": due}
        case Declined():
            return "step.declined", {**about, "why": outcome.why}


def _told(statements: Iterable[str]) -> bytes:
    """Return statements as a document to keep: they hold names and no value."""
    return "".join(f"{each};\n" for each in statements).encode()


def _row(counted: Counted) -> list[str | int | None]:
    return [
        counted.collection,
        counted.bond.value,
        counted.outcome.value,
        counted.rows,
        counted.clause,
        counted.until.isoformat() if counted.until else None,
    ]
