"""Finds a person in every store, freezes what was found, and plans what will be done."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING

from upheld.acts.answer.open import given
from upheld.datamap.closure import Frozen, from_bytes, starting, to_bytes
from upheld.datamap.document import FORMAT, Plan, StorePlan, from_document, step, to_document
from upheld.datamap.plan import answering, erasures
from upheld.errors import HomeFailed, Refused, WouldFail
from upheld.model import Counted, Erasure, Outcome, Right

if TYPE_CHECKING:
    from collections.abc import Mapping

    from upheld.acts.company import Company
    from upheld.model import Bond, Request

_ROOM = 25
"""Rows that may join a collection between plan and apply, or a tenth of it if that is more."""


def plan(company: Company, id: str) -> Plan:
    """Find, pre-flight and freeze; nothing is written to any store.

    Raises:
        Refused: the map has open guesses, or nobody matches the identities.
        WouldFail: pre-flight names what stands in the way.
    """
    request = company.request(id)
    if request.outcome is not None and request.right is Right.ACCESS:
        raise Refused(f"{id} is closed; open a new request")
    _require_reviewed(company)
    clauses = answering(company.policy, request.right, request.regime)
    if not clauses:
        raise Refused(
            f"the policy promises nobody under `{request.regime}` the right to {request.right}"
        )
    frozen, found = find(company, _start(company, request))
    if request.plan is None and not any(found.values()) and not _by_hand(company):
        raise Refused(
            f"no store knows the identities of {id}; check them with the person, "
            f"or answer with `upheld request close {id} --because no_data --key FILE`"
        )
    secret = company.home.unseal(id, "secret") or secrets.token_bytes(32)
    made = _made(company, request, clauses, frozen, secret=secret, found=found)
    document = to_document(made)
    with company.home.writing() as home:
        home.seal(id, "closure", to_bytes(frozen))
        home.seal(id, "secret", secret)
        for text in company.texts.values():
            home.keep(text)
        digest = home.keep(document)
        home.append("request.planned", {"request": id, "plan": digest, "rows": made.rows})
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


def frozen(company: Company, request: Request) -> tuple[Frozen, bytes]:
    """Return the frozen closure of a request, and the secret its replacements are derived from.

    Raises:
        Refused: the request's key was destroyed, so nothing can be found from it any more.
    """
    closure = company.home.unseal(request.id, "closure")
    secret = company.home.unseal(request.id, "secret")
    if closure is None or secret is None:
        raise Refused(f"what {request.id} froze is gone with its key; open a new request")
    return from_bytes(closure), secret


def find(
    company: Company, start: Frozen
) -> tuple[Frozen, Mapping[str, Mapping[tuple[str, Bond], int]]]:
    """Ask every store until none knows more: identities travel from store to store."""
    closure, rows = start, {}
    asked: dict[str, Frozen] = {}
    while waiting := [
        name
        for name in company.stores
        if name not in asked or asked[name].identities != closure.identities
    ]:
        name = waiting[0]
        found = company.stores[name].find(closure.of(name))
        closure = closure.joined(name, found.closure)
        asked[name], rows[name] = closure, found.rows
    return closure, rows


def _start(company: Company, request: Request) -> Frozen:
    closure = company.home.unseal(request.id, "closure")
    return from_bytes(closure) if closure else starting(given(company, request))


def _require_reviewed(company: Company) -> None:
    for mapped in company.maps.values():
        if mapped.guesses:
            raise Refused(
                f"{mapped.file} still holds {len(mapped.guesses)} guesses, the first at "
                f"{mapped.guesses[0]}; decide each, then `upheld map accept {mapped.name}`"
            )


def _by_hand(company: Company) -> bool:
    return any(mapped.tasks for mapped in company.maps.values())


def _made(  # noqa: PLR0913 (all that a plan freezes)
    company: Company,
    request: Request,
    clauses: tuple[str, ...],
    closure: Frozen,
    *,
    secret: bytes,
    found: Mapping[str, Mapping[tuple[str, Bond], int]],
) -> Plan:
    draft = Plan(
        format=FORMAT,
        request=request.id,
        right=request.right,
        regime=request.regime,
        clauses=clauses,
        policy=company.policy.digest,
        made=company.today,
        stores=tuple(_bare(company, request, name, clauses) for name in company.stores),
    )
    if request.right is Right.ACCESS:
        parts = [_counted(part, found.get(part.store, {})) for part in draft.stores]
        return replace(draft, stores=tuple(parts))
    refused: list[str] = []
    parts = []
    for part in draft.stores:
        preview = company.stores[part.store].preview(step(draft, part.store, closure, secret))
        refused.extend(preview.refusals)
        parts.append(_bounded(part, preview.counted, preview.notes))
    if refused:
        raise WouldFail(f"{request.id} would fail and nothing was written: " + "; ".join(refused))
    return replace(draft, stores=tuple(parts))


def _bare(company: Company, request: Request, name: str, clauses: tuple[str, ...]) -> StorePlan:
    mapped, schema = company.maps[name], company.stores[name].schema()
    what = (
        erasures(company.policy, mapped, schema, clauses=clauses, today=company.today)
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


def _bounded(part: StorePlan, counted: tuple[Counted, ...], notes: tuple[str, ...]) -> StorePlan:
    bounded = tuple(_ceiled(erasure, counted) for erasure in part.erasures)
    return replace(part, erasures=bounded, counted=counted, notes=notes)


def _ceiled(erasure: Erasure, counted: tuple[Counted, ...]) -> Erasure:
    rows = sum(
        each.rows
        for each in counted
        if (each.collection, each.bond) == (erasure.collection, erasure.bond)
        and each.outcome is not Outcome.RETAINED
    )
    return replace(erasure, ceiling=rows + max(_ROOM, rows // 10))
