"""Carries out a signed plan: intent, act, receipt; then looks back, and answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upheld.acts.answer.copy import write_copy
from upheld.acts.answer.letter import write_letter
from upheld.acts.answer.plan import frozen, planned
from upheld.acts.answer.sign import require_signed
from upheld.datamap.document import Plan, step
from upheld.errors import Refused, Stale
from upheld.model import Declined, Done, Outcome, Pending, Right, State

if TYPE_CHECKING:
    from collections.abc import Mapping

    from upheld.acts.company import Company
    from upheld.datamap.closure import Frozen
    from upheld.model import Counted, Json, Request, Step

_ROUNDS = 3
"""How often rows that arrive while an erasure runs are gone after before it is left reopened."""


def apply(company: Company, id: str) -> Request:
    """Carry out a signed plan as far as it goes now; running it again is harmless.

    Raises:
        NotSigned: no officer's valid signature.
        Stale: policy, map or catalogue is no longer what was signed.
        Refused: a store declined, and undid its part.
    """
    request = company.request(id)
    if request.state is State.CLOSED:
        return request
    plan, document = planned(company, request)
    require_signed(company, request, document)
    _require_current(company, plan)
    closure, secret = frozen(company, request)
    if request.right is Right.ACCESS:
        return _copied(company, request, plan, closure, secret)
    _require_no_copy_owed(company, request)
    for round_ in range(_ROUNDS):
        done = _receipts(request) if round_ == 0 and request.state is State.EXECUTING else set()
        if not _carried_out(company, plan, closure, secret, done=done):
            return company.request(id)
        late = look_back(company, plan, closure, secret)
        if not late:
            return _answered(company, plan)
        with company.home.writing() as home:
            home.append("request.looked-back", {"request": id, "clean": False, "late": late})
    with company.home.writing() as home:
        home.append("request.reopened", {"request": id, "cause": "rows keep arriving"})
    return company.request(id)


def look_back(company: Company, plan: Plan, closure: Frozen, secret: bytes) -> Mapping[str, int]:
    """Find again from the frozen closure; return rows that should not be there, by `store.name`."""
    return {
        f"{part.store}.{collection}": rows
        for part in plan.stores
        for collection, rows in company.stores[part.store]
        .look_back(step(plan, part.store, closure, secret))
        .items()
    }


def became(request: Request, plan: Plan) -> Mapping[str, tuple[Counted, ...]]:
    """Return what became of rows, by store: as receipts say, or as planned if a repeat found it."""
    return {
        part.store: _most(part.counted, request.steps[f"{request.id}/{part.store}"].counted or ())
        for part in plan.stores
    }


def _most(planned: tuple[Counted, ...], done: tuple[Counted, ...]) -> tuple[Counted, ...]:
    best: dict[tuple[str, str, str], Counted] = {}
    for each in (*planned, *done):
        key = (each.collection, each.bond, each.outcome)
        if key not in best or each.rows >= best[key].rows:
            best[key] = each
    return tuple(best.values())


def _require_current(company: Company, plan: Plan) -> None:
    again = f"run `upheld request plan {plan.request}` and sign again"
    if company.policy.digest != plan.policy:
        raise Stale(f"the policy was edited after {plan.request} was planned; {again}")
    if {part.store for part in plan.stores} != set(company.stores):
        raise Stale(f"stores were added or removed after {plan.request} was planned; {again}")
    for part in plan.stores:
        if company.maps[part.store].digest != part.map:
            raise Stale(f"stores/{part.store}.yaml was edited after the plan; {again}")
        if company.stores[part.store].schema().digest != part.schema:
            raise Stale(
                f"the tables of `{part.store}` changed after the plan; "
                f"run `upheld map check {part.store}`, then {again}"
            )


def _receipts(request: Request) -> set[str]:
    return {name for name, each in request.steps.items() if each.counted is not None}


def _carried_out(
    company: Company, plan: Plan, closure: Frozen, secret: bytes, *, done: set[str]
) -> bool:
    """Run every step but those done; say whether each has a receipt now."""
    pending = False
    for part in plan.stores:
        this = step(plan, part.store, closure, secret)
        if this.id in done:
            continue
        outcome = _stepped(company, plan, this, part.store)
        if isinstance(outcome, Declined):
            raise Refused(outcome.why)
        pending = pending or isinstance(outcome, Pending)
    return not pending


def _stepped(company: Company, plan: Plan, this: Step, store: str) -> Done | Pending | Declined:
    """Intent, act, receipt. An intent without a receipt is unknown: act again, it is repeatable."""
    request = company.request(plan.request)
    before = request.steps.get(this.id)
    attempt = before.attempt + 1 if before else 1
    about: dict[str, Json] = {
        "request": request.id,
        "step": this.id,
        "attempt": attempt,
        "fence": attempt,
    }
    with company.home.writing() as home:
        home.append("step.intended", {**about, "plan": request.plan})
    outcome = company.stores[store].act(this)
    with company.home.writing() as home:
        match outcome:
            case Done():
                counted = [_row(each) for each in outcome.counted]
                home.append("step.receipt", {**about, "counted": counted})
            case Pending():
                due = outcome.due.isoformat()
                home.append("step.pending", {**about, "token": outcome.token, "due": due})
            case Declined():
                home.append("step.declined", {**about, "why": outcome.why})
    return outcome


def _row(counted: Counted) -> list[str | int | None]:
    return [
        counted.collection,
        counted.bond.value,
        counted.outcome.value,
        counted.rows,
        counted.clause,
        counted.until.isoformat() if counted.until else None,
    ]


def _answered(company: Company, plan: Plan) -> Request:
    request = company.request(plan.request)
    result = became(request, plan)
    digest = write_letter(company, request, plan, result)
    kept = any(c.outcome is Outcome.RETAINED for counted in result.values() for c in counted)
    rows = sum(each.rows for counted in result.values() for each in counted)
    with company.home.writing() as home:
        home.append("request.looked-back", {"request": request.id, "clean": True, "late": {}})
        home.append(
            "request.answered",
            {"request": request.id, "answer": digest, "rows": rows, "counted_rows": rows},
        )
        outcome = "partial" if kept else "full"
        home.append("request.closed", {"request": request.id, "outcome": outcome})
        home.forget(request.person)
    _remove_copies(company, request)
    return company.request(request.id)


def _require_no_copy_owed(company: Company, request: Request) -> None:
    """Refuse to erase what the same person still waits for a copy of (LAW §6)."""
    for other in company.requests_of(request.person):
        if other.right is Right.ACCESS and other.state is not State.CLOSED:
            raise Refused(f"{other.id}, for a copy of the same data, is open; answer it first")


def _remove_copies(company: Company, erased: Request) -> None:
    """Remove the copies the person was handed earlier: they hold what was just erased."""
    for request in company.requests_of(erased.person):
        if request.right is Right.ACCESS:
            (company.answers / f"{request.id}.zip").unlink(missing_ok=True)


def _copied(
    company: Company, request: Request, plan: Plan, closure: Frozen, secret: bytes
) -> Request:
    by_hand = [part for part in plan.stores if company.maps[part.store].tasks]
    for part in by_hand:
        outcome = _stepped(company, plan, step(plan, part.store, closure, secret), part.store)
        if isinstance(outcome, Declined):
            raise Refused(outcome.why)
        if isinstance(outcome, Pending):
            return company.request(request.id)
    copy = write_copy(company, request, plan, closure)
    with company.home.writing() as home:
        home.append(
            "request.answered",
            {
                "request": request.id,
                "answer": copy.digest,
                "rows": copy.rows,
                "counted_rows": copy.counted_rows,
            },
        )
        home.append("request.closed", {"request": request.id, "outcome": "full"})
        home.destroy(request.id)
    return company.request(request.id)
