"""Where each request stands, folded from the log; pure."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, cast

from pydantic import TypeAdapter, ValidationError

from upheld.errors import HomeFailed
from upheld.model import (
    Attestation,
    Bond,
    Counted,
    Outcome,
    Regime,
    Request,
    Right,
    State,
    StepState,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from upheld.model import Entry, Json

_REQUEST = TypeAdapter(Request)
VIEW = "requests"
OF_PERSON = "requests-of"


def to_state(request: Request) -> str:
    """Return a request as the view keeps it."""
    return _REQUEST.dump_json(request).decode()


def from_state(state: str) -> Request:
    """Return the request that `to_state` wrote."""
    try:
        return _REQUEST.validate_json(state)
    except ValidationError:  # its words would quote the state
        raise HomeFailed("a view of home is damaged; run `upheld verify` on home") from None


class RequestFold:
    """The view of requests: every entry that names one moves it."""

    name = VIEW

    def key(self, entry: Entry) -> str | None:
        """Return the request an entry is about."""
        request = entry.body.get("request")
        return request if isinstance(request, str) else None

    def step(self, state: str | None, index: int, entry: Entry) -> str:
        """Return the request after an entry."""
        if state is None:
            return to_state(replace(_opened(entry), entries=(index,)))
        request = from_state(state)
        moved = _moved(request, entry)
        return to_state(replace(moved, entries=(*request.entries, index)))


class OfPersonFold:
    """The view of whose requests are whose: by ordinal, in the order they were opened.

    Among them stand the ordinals of people who were joined to this one, as numbers.
    """

    name = OF_PERSON

    def key(self, entry: Entry) -> str | None:
        """Return the person who opened a request, or to whom another one was joined."""
        kinds = {"request.opened", "person.joined"}
        return str(entry.body["person"]) if entry.kind in kinds else None

    def step(self, state: str | None, index: int, entry: Entry) -> str:
        """Return the person's requests after an entry."""
        del index
        more = entry.body["request" if entry.kind == "request.opened" else "joined"]
        return json.dumps([*json.loads(state or "[]"), more])


def _opened(entry: Entry) -> Request:
    body = entry.body
    return Request(
        id=_text(body, "request"),
        right=Right(_text(body, "right")),
        regime=Regime(_text(body, "regime")),
        person=_number(body, "person"),
        received=datetime.fromisoformat(_text(body, "received")),
        due=date.fromisoformat(_text(body, "due")),
        rule=_text(body, "rule"),
        state=State.OPEN,
    )


def _moved(request: Request, entry: Entry) -> Request:  # noqa: PLR0911 (one line per kind of entry)
    body = entry.body
    match entry.kind:
        case "request.planned":
            plan, needed = _text(body, "plan"), cast("int", body.get("signatures", 1))
            return replace(_unsigned(request, State.PLANNED, plan), needed=needed)
        case "request.outdated":
            return _unsigned(request, State.OPEN, None)
        case "request.signed":
            return _signed(request, body)
        case "request.looked-back":
            return _looked_back(request, body)
        case "request.answered":
            return replace(
                request,
                state=State.ANSWERED,
                answer=_text(body, "answer"),
                answers=request.answers + 1,
                rows=_number(body, "rows"),
                counted_rows=_number(body, "counted_rows"),
                listed=_listed(body),
                answered=request.answered or entry.at,
            )
        case "request.closed":
            answered = request.answered or entry.at
            outcome = _text(body, "outcome")
            return replace(request, state=State.CLOSED, outcome=outcome, answered=answered)
        case "request.released":
            return replace(request, state=State.CLOSED, released=entry.at)
        case "request.reopened":
            return replace(request, state=State.REOPENED, breaches=request.breaches + 1)
        case _ if entry.kind.startswith("step."):
            return _stepped(request, entry)
        case _:
            return request


def _unsigned(request: Request, state: State, plan: str | None) -> Request:
    return replace(request, state=state, plan=plan, signatures={})


def _signed(request: Request, body: Mapping[str, Json]) -> Request:
    """Add an officer's signature; it is signed once there are as many as its plan needs."""
    added = {_text(body, "officer"): _text(body, "signature")}
    signatures = {**request.signatures, **added}
    state = State.SIGNED if len(signatures) >= request.needed else request.state
    return replace(request, state=state, signatures=signatures)


def _listed(body: Mapping[str, Json]) -> tuple[str, ...] | None:
    """Return what an answer lists; None of one that was given before that was recorded."""
    listed = cast("Sequence[str] | None", body.get("listed"))
    return None if listed is None else tuple(listed)


def _looked_back(request: Request, body: Mapping[str, Json]) -> Request:
    late = cast("Mapping[str, int]", body["late"])
    waiting = cast("Mapping[str, Sequence[str]]", body.get("open") or {})
    still = {store: tuple(names) for store, names in waiting.items()}
    return replace(request, clean=bool(body["clean"]), late=dict(late), open=still)


def _stepped(request: Request, entry: Entry) -> Request:
    body, name = entry.body, _text(entry.body, "step")
    before = request.steps.get(name, StepState("", 0, 0, None, None, None, None))
    match entry.kind:
        case "step.intended":
            attempt, fence = _number(body, "attempt"), _number(body, "fence")
            plan = _text(body, "plan")
            if before.plan != plan and unended(before):
                request = _doubted(request, before.plan, name)
            after = replace(
                before,
                plan=plan,
                attempt=attempt,
                fence=fence,
                counted=None,
                recording=bool(body.get("records")),
                unknown=unended(before) if before.plan == plan else (),
                declined=None,
            )
        case "step.receipt":
            said = cast("int", body.get("statements") or 0)
            sql = cast("str | None", body.get("sql")) or before.sql
            after = replace(
                before,
                counted=_counted(body),
                statements=said or before.statements,
                sql=sql,
                recording=None,
                unknown=(),
            )
            request = _receipted(request, name, after, unsure="unknown" in body)
        case "step.pending":
            due = date.fromisoformat(_text(body, "due"))
            after = replace(before, token=_text(body, "token"), due=due, recording=None)
        case "step.attested":
            after = replace(before, attested=_attestation(before, entry))
        case "step.declined":
            after = replace(before, recording=None, declined=_text(body, "why"))
        case _:
            after = before
    request = replace(request, steps={**request.steps, name: after})
    declined = entry.kind == "step.declined"
    return replace(request, state=_declined(request, name) if declined else State.EXECUTING)


def _declined(request: Request, step: str) -> State:
    """Return where a request stands once a step was declined, and undone: as if it had not begun.

    What other stores have done or begun stands. If this step was done before, rows came again.
    """
    done = request.receipts.get(request.plan or "", {})
    if step in done:
        return State.REOPENED
    now = [each for each in request.steps.values() if each.plan == request.plan]
    begun = done or any(each.token or unended(each) for each in now)
    return State.EXECUTING if begun else State.SIGNED


def unended(step: StepState) -> tuple[tuple[int, bool], ...]:
    """Return the attempts under a step's plan that began and never ended, the last one among them.

    Of each it is said whether the store keeps a record of what it did.
    """
    last = () if step.recording is None else ((step.fence, step.recording),)
    return (*step.unknown, *last)


def _receipted(request: Request, name: str, step: StepState, *, unsure: bool) -> Request:
    """Add a receipt to what earlier receipts of the same plan say of the same step."""
    earlier = request.receipts.get(step.plan, {})
    whole = added(earlier.get(name, ()), step.counted or ())
    receipts = {**request.receipts, step.plan: {**earlier, name: whole}}
    request = replace(request, carried=step.plan, receipts=receipts)
    return _doubted(request, step.plan, name) if unsure else request


def _doubted(request: Request, plan: str, step: str) -> Request:
    """Note that an attempt may have done more than any receipt says."""
    names = {*request.unsure.get(plan, ()), step}
    return replace(request, unsure={**request.unsure, plan: tuple(sorted(names))})


def added(before: Iterable[Counted], more: Iterable[Counted]) -> tuple[Counted, ...]:
    """Return counts put together: what went adds up, what is kept is as was said last."""
    whole: dict[tuple[str, Bond, Outcome], Counted] = {}
    for each in (*before, *more):
        key = (each.collection, each.bond, each.outcome)
        kept = each.outcome is Outcome.RETAINED
        rows = each.rows if kept or key not in whole else whole[key].rows + each.rows
        whole[key] = replace(each, rows=rows)
    return tuple(whole.values())


def _attestation(before: StepState, entry: Entry) -> Attestation:
    body = entry.body
    return Attestation(before.token or "", _text(body, "officer"), _text(body, "file"), entry.at)


def _counted(body: Mapping[str, Json]) -> tuple[Counted, ...]:
    rows = cast("Sequence[tuple[str, str, str, int, str | None, str | None]]", body["counted"])
    return tuple(
        Counted(
            collection,
            Bond(bond),
            Outcome(outcome),
            number,
            clause,
            date.fromisoformat(until) if until else None,
        )
        for collection, bond, outcome, number, clause, until in rows
    )


def _text(body: Mapping[str, Json], name: str) -> str:
    return cast("str", body[name])


def _number(body: Mapping[str, Json], name: str) -> int:
    return cast("int", body[name])
