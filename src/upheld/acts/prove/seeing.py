"""Sees: stores, map, requests, look-backs and documents, as they are now."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from upheld.acts.finding import with_shared
from upheld.acts.prove.filed import filed
from upheld.acts.prove.folds import DOCUMENTS, links, registered, versions
from upheld.acts.prove.searched import Searched, searched
from upheld.datamap.closure import from_bytes
from upheld.datamap.document import StorePlan, aged, from_document, step
from upheld.datamap.parse import parse_store
from upheld.errors import BadInput, Refused, StoreFailed
from upheld.model import Guards, Right, Schema, Seen, State, Version

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date
    from pathlib import Path

    from upheld.acts.company import Company
    from upheld.model import Document, Request, Step
    from upheld.ports import Store


def see(company: Company) -> Seen:
    """Return what is seen of a company's world now; every erasure is looked back on."""
    schemas, guards, unreachable = _asked(company)
    requests = company.requests()
    deep = searched(company.home)
    looked = {r.id: _deeper(company, r, deep, schemas) for r in requests if watched(r)}
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
        unsearched=deep.unseen,
        documents=looked_at(company),
        links=links(company.home),
        guards=guards,
        secrets=company.secrets,
    )


def _asked(
    company: Company,
) -> tuple[dict[str, Schema], dict[str, Guards], dict[str, str]]:
    schemas: dict[str, Schema] = {}
    guards: dict[str, Guards] = {}
    unreachable: dict[str, str] = {}
    for name, store in company.stores.items():
        try:
            schemas[name] = store.schema()
            guards[name] = store.guards()
        except StoreFailed as failed:
            unreachable[name] = str(failed)
    return schemas, guards, unreachable


def watched(request: Request) -> bool:
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
        frozen = with_shared(company, frozen)
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


def _deeper(
    company: Company, request: Request, deep: Searched, schemas: Mapping[str, Schema]
) -> _Found | str:
    """Return what is left of an erased person, also where every text was searched for them."""
    found = _look_back(company, request)
    places = deep.found.get(request.id, {})
    if isinstance(found, str):
        return found
    found.late.update({_put_right(company, at, schemas): rows for at, rows in places.items()})
    since = request.answered is not None and deep.at is not None and request.answered <= deep.at
    if not found.late and since and deep.blind:
        why = "; ".join(deep.blind.values())
        return f"the last deep look-back did not see it all, run `upheld check --deep` again: {why}"
    return found


_NO_SCHEMA = Schema({}, "")
_HISTORY = "that keeps what its rows were"


def _put_right(company: Company, place: str, schemas: Mapping[str, Schema]) -> str:
    """Return a place with what an officer can do about it."""
    store, _, rest = place.partition(".")
    mapped, (name, _, field) = company.maps.get(store), rest.rpartition(".")
    beside = schemas.get(store, _NO_SCHEMA).beside.get(name, "")
    if beside == "a materialised view":
        return f"{place} (a materialised view; refresh it)"
    if _HISTORY in beside:
        return f"{place} (if no row has it any more, run `DELETE HISTORY FROM {name}`)"
    for collection in mapped.collections if mapped else ():
        if name == collection.name and not collection.personal:
            return f"{place} (mapped as not personal; map it as what it is)"
        links = {column for way in collection.ways for column in way.columns}
        if name == collection.name and (collection.place(field) or field in links):
            return f"{place} (no way of the map leads from there to them; add one, then plan again)"
    return f"{place} (not mapped; map it in stores/{store}.yaml, then plan again)"


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
    left = store.look_back(this, ())
    older = aged(this, today)
    clauses = {each.collection: each.hold.clause for each in this.erasures if each.hold}
    spent = store.look_back(older, ()).late if older else {}
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


def looked_at(company: Company) -> tuple[Document, ...]:
    """Return the registered documents, each compared with its file and with the log."""
    return tuple(
        replace(
            each,
            intact=_is_intact(company.folder, each),
            registered=registered(company.home.state(DOCUMENTS, each.sha256), each),
        )
        for each in company.documents
    )


def _is_intact(folder: Path, document: Document) -> bool:
    try:
        return filed(folder, folder / document.file)[1] == document.sha256
    except BadInput:
        return False


def _digest(path: Path) -> str | None:
    """Return the SHA-256 of a file, or None where there is none that can be read."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return None


def _versions(company: Company) -> tuple[Version, ...]:
    """Return the versions home has seen, and of each whether its text is kept as it was."""
    found = []
    for each in versions(company.home):
        text = company.home.document(each.digest)
        before = text is None and each.said == each.digest
        kept = text is not None and hashlib.sha256(text).hexdigest() == each.digest
        found.append(replace(each, kept=None if before else kept))
    return tuple(found)


def _copies(company: Company, requests: Iterable[Request]) -> dict[str, bool]:
    """Say of each copy that is still in `answers/` whether it is the one recorded."""
    found: dict[str, bool] = {}
    for request in requests:
        path = company.answers / f"{request.id}.zip"
        if request.right is Right.ACCESS and request.answer and path.is_file():
            found[request.id] = _digest(path) == request.answer
    return found
