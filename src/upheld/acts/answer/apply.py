"""Carries out a signed plan, looks back, and answers."""

from __future__ import annotations

from functools import partial
from time import sleep
from typing import TYPE_CHECKING

from upheld.acts.answer.copy import write_copy
from upheld.acts.answer.letter import write_letter
from upheld.acts.answer.patience import patiently
from upheld.acts.answer.plan import frozen, planned
from upheld.acts.answer.sign import require_signed
from upheld.acts.answer.stepping import carry_out, require_mine
from upheld.acts.finding import require_undoubted, with_shared
from upheld.acts.known import drop
from upheld.datamap.document import Plan, from_document, step
from upheld.datamap.limits import over, still_covered
from upheld.desk.states import added
from upheld.errors import HomeFailed, Refused, Stale
from upheld.evidence.views import goes_by
from upheld.model import Declined, Outcome, Pending, Right, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from upheld.acts.company import Company
    from upheld.datamap.closure import Frozen
    from upheld.model import Bond, Counted, Json, Left, Request

_MOMENTS = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
"""Seconds between looks at transactions that are open; who holds one longer is not waited for."""

_ROUNDS = 3
"""How often rows that arrive while an erasure runs are gone after before it is left reopened."""


def apply(company: Company, id: str) -> Request:
    """Carry out a signed plan as far as it goes now; running it again is harmless.

    A store that is busy is tried again for a minute, with nothing held in between.

    Raises:
        NotSigned: no officer's valid signature.
        Stale: policy, map or catalogue is no longer what was signed, or another apply is at work.
        Refused: a store declined, and undid its part.
        StoreBusy: a store was busy to the end.
    """
    with company.home.holding(id):
        return _applied(company, id)


def _applied(company: Company, id: str) -> Request:
    request = company.request(id)
    if request.state is State.CLOSED:
        return request
    plan, document = planned(company, request)
    require_signed(company, request, plan, document)
    _require_current(company, plan)
    closure, secret = frozen(company, request)
    if request.right is Right.ACCESS:
        return _copied(company, request, plan, closure, secret)
    return _erased(company, request, plan, closure, secret)


def _erased(
    company: Company, request: Request, plan: Plan, closure: Frozen, secret: bytes
) -> Request:
    _require_no_copy_owed(company, request)
    fences, since = _receipts(request), request.open
    closure = patiently(partial(with_shared, company, closure))
    if not fences:
        patiently(partial(require_undoubted, company, closure))
        _require_nobody_declines(company, request, plan, closure, secret)
    for _ in range(_ROUNDS):
        request, pending = _carried_out(company, request, plan, closure, secret, fences)
        if pending:
            return request
        closure = patiently(partial(with_shared, company, closure))
        late, waiting = _looked_back(company, plan, closure, secret, since)
        if not late and not any(waiting.values()):
            _require_current(company, plan)
            return _answered(company, request, plan, fences)
        with company.home.writing() as home:
            require_mine(home, request, fences)
            seen: dict[str, Json] = {
                "late": dict(late),
                "open": {k: [*v] for k, v in waiting.items()},
            }
            home.append("request.looked-back", {"request": request.id, "clean": False, **seen})
            request = company.written(home, request.id)
        if not late:
            return request
        fences, since = {}, {}
    with company.home.writing() as home:
        home.append("request.reopened", {"request": request.id, "cause": "rows keep arriving"})
        return company.written(home, request.id)


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
) -> tuple[Request, bool]:
    """Run every step that has no fence yet, and give it one.

    Return where the request stands then, and whether some step has no receipt yet.
    """
    pending = False
    for part in plan.stores:
        this = step(plan, part.store, closure, secret)
        if this.id in fences:
            continue
        done = request.receipts.get(request.plan or "", {})
        this = still_covered(this, plan, done)
        outcome, request = carry_out(company, request, this, part)
        if isinstance(outcome, Declined):
            raise Refused("; ".join([outcome.why, *_standing(done)]))
        fences[this.id] = request.steps[this.id].fence
        pending = pending or isinstance(outcome, Pending)
    return request, pending


def _standing(done: Mapping[str, Iterable[Counted]]) -> Iterator[str]:
    """Say what was carried out before a store declined: it is not undone."""
    if stores := [f"`{id.partition('/')[2]}`" for id, counted in done.items() if any(counted)]:
        yield f"what was erased in {', '.join(stores)} before stays so; plan again for the rest"


def _require_nobody_declines(
    company: Company, request: Request, plan: Plan, closure: Frozen, secret: bytes
) -> None:
    """Ask every store before the first one is written to: no database undoes what another did.

    What was rehearsed when it was planned is not rehearsed again: their rows are read.

    Raises:
        Refused: one of several stores would decline, as far as its rows tell.
        StoreBusy: one of them was busy to the end.
    """
    written_to = [part for part in plan.stores if part.erasures]
    done = dict(request.receipts.get(request.plan or "", {}))
    declined: list[str] = []
    for part in written_to if len(written_to) > 1 else ():
        this = still_covered(step(plan, part.store, closure, secret), plan, done)
        preview = patiently(partial(company.stores[part.store].preview, this, rehearse=False))
        declined.extend([*preview.refusals, *over(this, part.store, preview.counted)])
        done[this.id] = (*done.get(this.id, ()), *preview.counted)
    if declined:
        more = "more " if request.receipts else ""
        raise Refused(f"nothing {more}was written to any store: {'; '.join(declined)}")


def _looked_back(
    company: Company,
    plan: Plan,
    closure: Frozen,
    secret: bytes,
    since: Mapping[str, tuple[str, ...]],
) -> tuple[Mapping[str, int], Mapping[str, tuple[str, ...]]]:
    """Find again from the frozen closure.

    Return rows that should not be there, by `store.name`, and by store the transactions that were
    open when rows were erased and still are: what they bring is seen once they are over.
    """
    late: dict[str, int] = {}
    waiting: dict[str, tuple[str, ...]] = {}
    for part in plan.stores:
        this, store = step(plan, part.store, closure, secret), company.stores[part.store]
        left = _settled(partial(store.look_back, this), since.get(part.store))
        late.update((f"{part.store}.{name}", rows) for name, rows in left.late.items())
        waiting[part.store] = left.open
    return late, waiting


def _settled(look: Callable[[tuple[str, ...] | None], Left], since: tuple[str, ...] | None) -> Left:
    """Look back, and again for a moment while transactions of others are open: most end soon."""
    left = patiently(partial(look, since))
    for seconds in _MOMENTS:
        if not left.open or left.late:
            break
        sleep(seconds)
        left = patiently(partial(look, left.open))
    return left


def became(
    company: Company, request: Request, made: Plan | None = None
) -> Mapping[str, tuple[Counted, ...]]:
    """Return what became of rows, by store, over all plans that were carried out.

    What went is as the receipts say. Where an attempt ended without one, and the store recorded
    nothing, it is as was planned, if that is more: `doubted` names these stores. What is kept is
    as the last plan says. Who has read that one gives it as `made`.
    """
    whole: dict[str, tuple[Counted, ...]] = {}
    for digest, steps in request.receipts.items():
        last = digest == request.carried
        plan = made if made and digest == request.plan else _earlier(company, request, digest)
        for part in plan.stores:
            name = f"{request.id}/{part.store}"
            if (done := steps.get(name)) is not None:
                planned = part.counted if name in request.unsure.get(digest, ()) else ()
                counted = _most(added((), planned), done, last=last)
                whole[part.store] = added(whole.get(part.store, ()), counted)
    return whole


def _earlier(company: Company, request: Request, digest: str) -> Plan:
    document = company.home.document(digest)
    if document is None:
        raise HomeFailed(f"home has lost a plan of {request.id}; restore it from a backup")
    return from_document(document)


def doubted(request: Request) -> tuple[str, ...]:
    """Name the stores in which an attempt may have done more than anybody has recorded."""
    steps = {name for names in request.unsure.values() for name in names}
    return tuple(sorted(name.removeprefix(f"{request.id}/") for name in steps))


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
        if patiently(company.stores[part.store].schema).digest != part.schema:
            raise Stale(
                f"the tables of `{part.store}` changed after the plan; "
                f"run `upheld map check {part.store}`, then {again}"
            )


def _answered(company: Company, request: Request, plan: Plan, fences: Mapping[str, int]) -> Request:
    result = became(company, request, plan)
    _remove_copies(company, request)
    digest = write_letter(company, request, result, doubted(request))
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
        drop(home, goes_by(home.state, request.person))
        return company.written(home, request.id)


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
            outcome, request = carry_out(company, request, this, part)
            if isinstance(outcome, Declined):
                raise Refused(outcome.why)
            if isinstance(outcome, Pending):
                return request
    closure = patiently(partial(with_shared, company, closure))
    patiently(partial(require_undoubted, company, closure))
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
                "listed": list(copy.listed),
            },
        )
        home.append("request.closed", {"request": request.id, "outcome": "full"})
        home.destroy(request.id)
        return company.written(home, request.id)
