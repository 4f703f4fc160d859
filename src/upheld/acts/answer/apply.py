"""Carries out a signed plan, looks back, and answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upheld.acts.answer.copy import write_copy
from upheld.acts.answer.letter import write_letter
from upheld.acts.answer.plan import frozen, planned
from upheld.acts.answer.sign import require_signed
from upheld.acts.answer.stepping import carry_out, require_mine
from upheld.datamap.document import Plan, from_document, step
from upheld.desk.states import added
from upheld.errors import HomeFailed, Refused, Stale
from upheld.model import Declined, Outcome, Pending, Right, State

if TYPE_CHECKING:
    from collections.abc import Mapping

    from upheld.acts.company import Company
    from upheld.datamap.closure import Frozen
    from upheld.model import Bond, Counted, Request

_ROUNDS = 3
"""How often rows that arrive while an erasure runs are gone after before it is left reopened."""


def apply(company: Company, id: str) -> Request:
    """Carry out a signed plan as far as it goes now; running it again is harmless.

    Raises:
        NotSigned: no officer's valid signature.
        Stale: policy, map or catalogue is no longer what was signed, or another apply was quicker.
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
    return _erased(company, request, plan, closure, secret)


def _erased(
    company: Company, request: Request, plan: Plan, closure: Frozen, secret: bytes
) -> Request:
    _require_no_copy_owed(company, request)
    fences = _receipts(request)
    for _ in range(_ROUNDS):
        if not _carried_out(company, request, plan, closure, secret, fences):
            return company.request(request.id)
        late = _late(company, plan, closure, secret)
        if not late:
            return _answered(company, request, fences)
        with company.home.writing() as home:
            require_mine(home, request, fences)
            home.append(
                "request.looked-back",
                {"request": request.id, "clean": False, "late": dict(late)},
            )
        fences = {}
    with company.home.writing() as home:
        home.append("request.reopened", {"request": request.id, "cause": "rows keep arriving"})
    return company.request(request.id)


def _receipts(request: Request) -> dict[str, int]:
    """Return the fences of steps done before a wait or a crash; none is done in a new round."""
    if request.state is not State.EXECUTING:
        return {}
    return {
        name: each.fence
        for name, each in request.steps.items()
        if each.counted is not None and each.plan == request.plan
    }


def _carried_out(  # noqa: PLR0913, PLR0917 (a request, its plan, and what both froze)
    company: Company,
    request: Request,
    plan: Plan,
    closure: Frozen,
    secret: bytes,
    fences: dict[str, int],
) -> bool:
    """Run every step that has no fence yet, and give it one; say whether all have receipts."""
    pending = False
    for part in plan.stores:
        this = step(plan, part.store, closure, secret)
        if this.id in fences:
            continue
        outcome, fence = carry_out(company, request, this, part.store)
        if isinstance(outcome, Declined):
            raise Refused(outcome.why)
        fences[this.id] = fence
        pending = pending or isinstance(outcome, Pending)
    return not pending


def _late(company: Company, plan: Plan, closure: Frozen, secret: bytes) -> Mapping[str, int]:
    """Find again from the frozen closure; return rows that should not be there, by `store.name`."""
    return {
        f"{part.store}.{collection}": rows
        for part in plan.stores
        for collection, rows in company.stores[part.store]
        .look_back(step(plan, part.store, closure, secret))
        .late.items()
    }


def became(company: Company, request: Request) -> Mapping[str, tuple[Counted, ...]]:
    """Return what became of rows, by store, over all plans that were carried out.

    What went is as the receipts say, or as planned where a crash left a repeat to find it done;
    what is kept is as the last plan says.
    """
    whole: dict[str, tuple[Counted, ...]] = {}
    for digest, steps in request.receipts.items():
        document = company.home.document(digest)
        if document is None:
            raise HomeFailed(f"home has lost a plan of {request.id}; restore it from a backup")
        last = digest == request.carried
        for part in from_document(document).stores:
            if (done := steps.get(f"{request.id}/{part.store}")) is not None:
                counted = _most(part.counted, done, last=last)
                whole[part.store] = added(whole.get(part.store, ()), counted)
    return whole


def _most(
    planned: tuple[Counted, ...], done: tuple[Counted, ...], *, last: bool
) -> tuple[Counted, ...]:
    best: dict[tuple[str, Bond, Outcome], Counted] = {}
    kept = [each for each in done if each.outcome is Outcome.RETAINED and last]
    for each in (*planned, *done):
        key = (each.collection, each.bond, each.outcome)
        known = best.get(key)
        if each.outcome is not Outcome.RETAINED and (known is None or each.rows > known.rows):
            best[key] = each
    return (*kept, *best.values())


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


def _answered(company: Company, request: Request, fences: Mapping[str, int]) -> Request:
    executed = company.request(request.id)
    result = became(company, executed)
    digest = write_letter(company, executed, result)
    counted = [each for counts in result.values() for each in counts]
    kept = any(each.outcome is Outcome.RETAINED for each in counted)
    rows = sum(each.rows for each in counted)
    with company.home.writing() as home:
        require_mine(home, request, fences)
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
            company.remove_copy(request.id)


def _copied(
    company: Company, request: Request, plan: Plan, closure: Frozen, secret: bytes
) -> Request:
    for part in plan.stores:
        if part.tasks:
            this = step(plan, part.store, closure, secret)
            outcome, _ = carry_out(company, request, this, part.store)
            if isinstance(outcome, Declined):
                raise Refused(outcome.why)
            if isinstance(outcome, Pending):
                return company.request(request.id)
    copy = write_copy(company, request, plan, closure)
    with company.home.writing() as home:
        require_mine(home, request, {})
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
