"""Finds a person in every store, freezes what was found, and plans what will be done."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING

from upheld.acts.answer.open import started
from upheld.acts.finding import find
from upheld.acts.known import GIVEN
from upheld.datamap.closure import Frozen, from_bytes, to_bytes
from upheld.datamap.document import FORMAT, Plan, StorePlan, from_document, step, to_document
from upheld.datamap.limits import bounded
from upheld.datamap.plan import answering, erasures
from upheld.errors import HomeFailed, Refused, Stale, WouldFail
from upheld.model import Counted, Outcome, Right
from upheld.model.erasing import Limits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from upheld.acts.company import Company
    from upheld.model import Bond, Json, Request

_LIMITS = Limits()
_CLOSURE, _SECRET = "closure", "secret"


def plan(company: Company, id: str, limits: Limits = _LIMITS) -> Plan:
    """Find, pre-flight and freeze; nothing is written to any store.

    What is above the limits is in the plan, in words, and two officers must sign it.

    Raises:
        Refused: the map has open guesses, or nobody matches the identities.
        WouldFail: pre-flight names what stands in the way.
        Stale: somebody else is at work on the request.
    """
    with company.home.holding(id):
        return _planned(company, id, limits)


def _planned(company: Company, id: str, limits: Limits) -> Plan:
    request = company.request(id)
    if request.outcome is not None and request.right is Right.ACCESS:
        raise Refused(f"{id} is closed; open a new request")
    _require_reviewed(company)
    clauses = answering(company.policy, request.right, request.regime)
    if not clauses:
        raise Refused(
            f"the policy promises nobody under `{request.regime}` the right to {request.right}"
        )
    sealed = company.home.unsealed(id, (GIVEN, _CLOSURE, _SECRET))
    begun, also = _start(company, request, sealed)
    draft = replace(_draft(company, request, clauses, limits), also=also)
    if request.right is Right.ACCESS:
        _require_readable(company, draft, begun)
    frozen, found = find(company, begun, count=request.right is Right.ACCESS)
    if request.plan is None and not any(found.values()) and not _by_hand(company):
        raise Refused(
            f"no store knows the identities of {id}; check them with the person, "
            f"or answer with `upheld request close {id} --because no_data --key FILE`"
        )
    secret = sealed.get(_SECRET) or secrets.token_bytes(32)
    made = _made(company, draft, frozen, secret=secret, found=found)
    document = to_document(made)
    with company.home.writing() as home:
        home.seal(id, _CLOSURE, to_bytes(frozen))
        home.seal(id, _SECRET, secret)
        for text in company.texts.values():
            home.keep(text)
        digest = home.keep(document)
        about: dict[str, Json] = {"plan": digest, "rows": made.rows, "signatures": made.signatures}
        home.append("request.planned", {"request": id, **about})
    return made


def planned(company: Company, request: Request) -> tuple[Plan, bytes]:
    """Return a request's plan and the very bytes that are signed.

    Raises:
        Refused: there is no plan yet.
    """
    if request.plan is None:
        raise Refused(f"{request.id} has no plan yet; run `upheld request plan {request.id}`")
    document = company.home.document(request.plan)
    if document is None:
        raise HomeFailed(f"home has lost the plan of {request.id}; plan again")
    return from_document(document), document


def statements(company: Company, id: str) -> Mapping[str, tuple[str, ...]]:
    """Return what applying a plan would say to each store as it stands now, without any value.

    Stores are asked anew, and officers do not sign it: they sign what becomes of which rows, and
    every store is held to that. Which words bring it about is the program's and the database's
    matter; the plan stays the same bytes when either is replaced by a newer one.

    Raises:
        Refused: there is no plan, or its key was destroyed.
        Stale: a store of the plan is no longer there.
    """
    request = company.request(id)
    made, _ = planned(company, request)
    if made.right is not Right.ERASE:
        return {}
    closure, secret = frozen(company, request)
    said: dict[str, tuple[str, ...]] = {}
    for part in made.stores:
        if part.store not in company.stores:
            raise Stale(f"store `{part.store}` is no longer there; run `upheld request plan {id}`")
        this = step(made, part.store, closure, secret)
        said[part.store] = company.stores[part.store].statements(this)
    return said


def frozen(company: Company, request: Request) -> tuple[Frozen, bytes]:
    """Return the frozen closure of a request, and the secret its replacements are derived from.

    Raises:
        Refused: the request's key was destroyed, so nothing can be found from it any more.
    """
    sealed = company.home.unsealed(request.id, (_CLOSURE, _SECRET))
    if len(sealed) < 2:  # noqa: PLR2004 (one or both are gone)
        raise Refused(f"what {request.id} froze is gone with its key; open a new request")
    return from_bytes(sealed[_CLOSURE]), sealed[_SECRET]


def _start(
    company: Company, request: Request, sealed: Mapping[str, bytes]
) -> tuple[Frozen, tuple[str, ...]]:
    """Return what finding begins with, and the kinds in it that this request did not present."""
    begun, also = started(company, request, sealed.get(GIVEN))
    closure = sealed.get(_CLOSURE)
    return (from_bytes(closure) if closure else begun), also


def _require_reviewed(company: Company) -> None:
    for mapped in company.maps.values():
        if mapped.guesses:
            raise Refused(
                f"{mapped.file} still holds {len(mapped.guesses)} guesses, the first at "
                f"{mapped.guesses[0]}; decide each, then `upheld map accept {mapped.name}`"
            )


def _by_hand(company: Company) -> bool:
    return any(mapped.tasks for mapped in company.maps.values())


def _draft(company: Company, request: Request, clauses: tuple[str, ...], limits: Limits) -> Plan:
    return Plan(
        format=FORMAT,
        request=request.id,
        right=request.right,
        regime=request.regime,
        clauses=clauses,
        policy=company.policy.digest,
        made=company.today,
        stores=tuple(_bare(company, request, name, clauses) for name in company.stores),
        limits=limits,
    )


def _made(
    company: Company,
    draft: Plan,
    closure: Frozen,
    *,
    secret: bytes,
    found: Mapping[str, Mapping[tuple[str, Bond], int]],
) -> Plan:
    """Return the draft with what stores say that would become of rows."""
    if draft.right is Right.ACCESS:
        parts = [_counted(part, found.get(part.store, {})) for part in draft.stores]
        return replace(draft, stores=tuple(parts))
    refused: list[str] = []
    parts = []
    sizes: dict[str, Mapping[str, int]] = {}
    for part in draft.stores:
        preview = company.stores[part.store].preview(step(draft, part.store, closure, secret))
        refused.extend(preview.refusals)
        sizes[part.store] = preview.sizes
        parts.append(replace(part, counted=preview.counted, notes=preview.notes))
    if refused:
        raise WouldFail(f"{draft.request} would fail and nothing was written: {'; '.join(refused)}")
    return bounded(replace(draft, stores=tuple(parts)), sizes)


def _require_readable(company: Company, draft: Plan, begun: Frozen) -> None:
    """Refuse a copy before anybody signs it, if a store would not let all of it be read.

    Raises:
        WouldFail: a store does not let its role read a column of the map.
    """
    hidden = [
        words
        for name, store in company.stores.items()
        if draft.right not in store.gaps
        for words in store.preview(step(draft, name, begun, b"")).refusals
    ]
    if hidden:
        raise WouldFail(f"{draft.request} would fail and nothing was written: {'; '.join(hidden)}")


def _bare(company: Company, request: Request, name: str, clauses: tuple[str, ...]) -> StorePlan:
    mapped, schema = company.maps[name], company.stores[name].schema()
    what = (
        erasures(
            company.policy,
            mapped,
            schema,
            clauses=clauses,
            today=company.today,
            zone=company.zone.key,
        )
        if request.right is Right.ERASE
        else ()
    )
    due = min(company.today + mapped.within, request.due)
    tasks = tuple(task.text for task in mapped.tasks if task.right is request.right)
    return StorePlan(name, mapped.digest, schema.digest, what, (), (), due, tasks)


def _counted(part: StorePlan, found: Mapping[tuple[str, Bond], int]) -> StorePlan:
    counted = tuple(
        Counted(collection, bond, Outcome.FOUND, rows) for (collection, bond), rows in found.items()
    )
    return replace(part, counted=counted, notes=tuple(f"by hand: {t}" for t in part.tasks))
