"""Says of each clause whether it is kept: sees, probes, checks, and records what changed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from upheld.datamap import checks as map_checks
from upheld.datamap.closure import from_bytes
from upheld.datamap.document import StorePlan, aged, from_document, step
from upheld.datamap.parse import parse_store
from upheld.desk import checks as desk_checks
from upheld.errors import BadInput, Refused, StoreFailed
from upheld.model import (
    Force,
    Judgement,
    Right,
    Schema,
    Seen,
    State,
    Verdict,
    Version,
)
from upheld.policy import checks as policy_checks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from upheld.acts.company import Company
    from upheld.model import Clause, Entry, Finding, Json, Request, Step
    from upheld.ports import Store

    Check = Callable[[Clause, Seen], Finding]

CHECKS: Mapping[str, Check] = {
    **desk_checks.CHECKS,
    **map_checks.CHECKS,
    **policy_checks.CHECKS,
}
"""Every check a clause can name, gathered from the capabilities they test."""

BOARD = "board"
VERSIONS = "versions"

_LAST = "roll-up"
"""The check that needs the verdicts of all the others."""


def note_policy(company: Company) -> None:
    """Record the version in force when home has not seen it as the latest yet."""
    versions = _versions(company)
    if not versions or versions[-1].digest != company.policy.digest:
        with company.home.writing() as home:
            body = {
                "policy": company.policy.digest,
                "revised": company.policy.revised.isoformat(),
            }
            home.append("policy.in-force", body)


def check(company: Company) -> tuple[Verdict, ...]:
    """Return a verdict for each clause, in the order of the policy.

    Every erasure is looked back on now; rows found where none should be reopen it.
    """
    note_policy(company)
    seen = _seen(company)
    _reopen(company, seen)
    _release(company, seen)
    first = {c.id: _verdict(c, seen) for c in company.policy.clauses if c.check != _LAST}
    rest = replace(seen, verdicts=tuple(first.values()))
    verdicts = tuple(first.get(c.id) or _verdict(c, rest) for c in company.policy.clauses)
    _record(company, verdicts)
    return verdicts


def _verdict(clause: Clause, seen: Seen) -> Verdict:
    found = CHECKS[clause.check](clause, seen)
    judged, evidence = found.judgement, found.evidence
    if judged is not Judgement.BROKEN and clause.force is Force.DISCLAIMER:
        judged = Judgement.OUT_OF_SCOPE
    return Verdict(clause.id, clause.kind, clause.force, judged.value, evidence, seen.at)


def _seen(company: Company) -> Seen:
    schemas, unreachable = _schemas(company)
    requests = company.requests()
    looked = {r.id: _look_back(company, r) for r in requests if _watched(r)}
    seen = {id: found for id, found in looked.items() if not isinstance(found, str)}
    return Seen(
        at=company.now(),
        zone=company.zone,
        policy=company.policy,
        versions=_versions(company),
        maps=company.maps,
        schemas=schemas,
        unreachable=unreachable,
        requests=requests,
        late={id: found.late for id, found in seen.items()},
        spent={id: found.spent for id, found in seen.items()},
        kept={id: found.kept for id, found in seen.items()},
        blind={id: found for id, found in looked.items() if isinstance(found, str)},
        copies=_copies(company, requests),
    )


def _schemas(company: Company) -> tuple[dict[str, Schema], dict[str, str]]:
    schemas: dict[str, Schema] = {}
    unreachable: dict[str, str] = {}
    for name, store in company.stores.items():
        try:
            schemas[name] = store.schema()
        except StoreFailed as failed:
            unreachable[name] = str(failed)
    return schemas, unreachable


def _watched(request: Request) -> bool:
    """Say whether somebody was erased, in whole or in part, and is still looked back on."""
    erased = request.right is Right.ERASE and request.carried is not None
    return erased and request.released is None


@dataclass(frozen=True, slots=True)
class _Found:
    """Rows of an erased person: those that should not be there, kept too long, and kept."""

    late: dict[str, int] = field(default_factory=dict)
    spent: dict[tuple[str, str], int] = field(default_factory=dict)
    kept: dict[str, int] = field(default_factory=dict)


def _look_back(company: Company, request: Request) -> _Found | str:
    """Return what is left of an erased person, or why nobody can say."""
    closure = company.home.unseal(request.id, "closure")
    secret = company.home.unseal(request.id, "secret")
    document = company.home.document(request.carried or "")
    if request.state is State.EXECUTING:
        return f"being carried out; finish it with `upheld request apply {request.id}`"
    if closure is None or secret is None or document is None:
        return "what was frozen is gone; nobody can look back on it any more"
    plan, frozen = from_document(document), from_bytes(closure)
    found = _Found()
    try:
        for part in plan.stores:
            this = step(plan, part.store, frozen, secret)
            for store in _as_planned(company, part):
                _add(found, part.store, store, this, company.today)
        for name in company.stores.keys() - {part.store for part in plan.stores}:
            rows = company.stores[name].find(frozen.of(name)).rows
            for (collection, _), number in rows.items():
                found.late[f"{name}.{collection}"] = number
    except (StoreFailed, Refused, BadInput) as failed:
        return str(failed)
    return found


def _as_planned(company: Company, part: StorePlan) -> tuple[Store, ...]:
    """Return a store as the plan's map has it, and as today's has it if that is another.

    Raises:
        Refused: home no longer has the map that was planned on.
    """
    today = company.maps.get(part.store)
    if today is not None and today.digest == part.map:
        return (company.stores[part.store],)
    text = company.home.document(part.map)
    if text is None:
        raise Refused(f"home has lost the map of `{part.store}` that was planned on")
    before = company.bind(parse_store(text.decode(), f"stores/{part.store}.yaml"))
    return (before, company.stores[part.store]) if today is not None else (before,)


def _add(found: _Found, name: str, store: Store, this: Step, today: date) -> None:
    """Add what one store has left: the most that any map of it shows."""
    left = store.look_back(this)
    older = aged(this, today)
    clauses = {each.collection: each.hold.clause for each in this.erasures if each.hold}
    spent = store.look_back(older).late if older else {}
    for collection, rows in left.late.items():
        at = f"{name}.{collection}"
        found.late[at] = max(rows, found.late.get(at, 0))
    for collection, rows in left.kept.items():
        at = f"{name}.{collection}"
        found.kept[at] = max(rows, found.kept.get(at, 0))
    for collection, rows in spent.items():
        ended = rows - left.late.get(collection, 0)
        if ended > 0 and collection in clauses:
            found.spent[f"{name}.{collection}", clauses[collection]] = ended


def _release(company: Company, seen: Seen) -> None:
    """Destroy the keys of erasures that were looked back on long enough and keep nothing."""
    for request in seen.requests:
        clean = seen.late.get(request.id) == {}
        old = request.answered and request.answered + company.watch < seen.at
        if clean and old and request.outcome == "full":
            with company.home.writing() as home:
                home.append("request.released", {"request": request.id})
                home.destroy(request.id)


def _reopen(company: Company, seen: Seen) -> None:
    for request in seen.requests:
        rows = seen.late.get(request.id)
        if rows and request.state is State.CLOSED:
            with company.home.writing() as home:
                home.append(
                    "request.looked-back",
                    {"request": request.id, "clean": False, "late": dict(rows)},
                )
                home.append("request.reopened", {"request": request.id, "cause": "late rows"})


def _versions(company: Company) -> tuple[Version, ...]:
    seen = json.loads(company.home.state(VERSIONS, VERSIONS) or "[]")
    return tuple(
        Version(datetime.fromisoformat(at), digest, date.fromisoformat(revised))
        for at, digest, revised in seen
    )


def _copies(company: Company, requests: Iterable[Request]) -> dict[str, bool]:
    """Say of each copy that is still in `answers/` whether it is the one recorded."""
    found: dict[str, bool] = {}
    for request in requests:
        path = company.answers / f"{request.id}.zip"
        if request.right is Right.ACCESS and request.answer and path.is_file():
            with path.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            found[request.id] = digest == request.answer
    return found


def _record(company: Company, verdicts: tuple[Verdict, ...]) -> None:
    """Append what the board says, when it says something new."""
    board: dict[str, Json] = {each.id: each.verdict for each in verdicts}
    before = company.home.state(BOARD, BOARD)
    if before is None or json.loads(before) != board:
        with company.home.writing() as home:
            home.append("verdicts", {"policy": company.policy.digest, "board": board})


class BoardFold:
    """The view of the board: what it said last."""

    name = BOARD

    def key(self, entry: Entry) -> str | None:
        """Return the one key of this view for an entry that holds verdicts."""
        return BOARD if entry.kind == "verdicts" else None

    def step(self, state: str | None, index: int, entry: Entry) -> str:
        """Return the board after an entry."""
        del state, index
        return json.dumps(entry.body["board"], sort_keys=True)


class VersionFold:
    """The view of policy versions, in the order home saw them."""

    name = VERSIONS

    def key(self, entry: Entry) -> str | None:
        """Return the one key of this view for an entry that names a version."""
        return VERSIONS if entry.kind == "policy.in-force" else None

    def step(self, state: str | None, index: int, entry: Entry) -> str:
        """Return the versions after an entry."""
        del index
        seen = json.loads(state or "[]")
        seen.append([entry.at.isoformat(), entry.body["policy"], entry.body["revised"]])
        return json.dumps(seen)
