"""Looks back deep: every text of every store, for all who were erased; reopens what it finds."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from upheld.acts.prove.searched import RUN, SEARCHED, searched
from upheld.acts.prove.seeing import watched
from upheld.datamap.closure import Frozen, from_bytes
from upheld.datamap.document import from_document, step
from upheld.datamap.telling import telling
from upheld.errors import Refused, StoreFailed
from upheld.identity import base
from upheld.model import Right, State, Step
from upheld.model.searching import Hit, Needle, Whose

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from upheld.acts.company import Company
    from upheld.model import Json, Request

_Identity = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Deep:
    """What a deep look-back saw: rows by request and place; why a store was not seen whole.

    `identities` is how many were searched for, `left_out` how many tell nobody apart in a text or
    are borne by somebody who is not erased; `kept` counts rows in which an erasure left one.
    """

    requests: int
    identities: int
    left_out: int
    found: Mapping[str, Mapping[str, int]]
    kept: int
    blind: Mapping[str, str]


def look_deep(company: Company) -> Deep:
    """Search all stores once for everybody whose erasure is watched; record and reopen.

    A place is `store.collection.field`. What is found stays on the board until a later search no
    longer finds it.
    """
    looked = [r for r in company.requests() if watched(r) and r.state is not State.EXECUTING]
    wanted = _Wanted.of(company, looked)
    hits = _Hits(wanted)
    for name, store in company.stores.items():
        try:
            for hit in store.search(wanted.needles, partial(wanted.step, name)):
                hits.add(name, hit)
        except (StoreFailed, Refused) as failed:
            hits.blind[name] = str(failed)
    seen = Deep(
        requests=len(looked),
        identities=len(wanted.needles),
        left_out=wanted.left_out,
        found=hits.found(),
        kept=hits.kept,
        blind=hits.blind,
    )
    _note(company, looked, seen)
    return seen


@dataclass(slots=True)
class _Wanted:
    """Who is searched for: requests by a number, and the identities of each."""

    company: Company
    requests: Sequence[Request]
    needles: list[Needle] = field(default_factory=list)
    left_out: int = 0

    @classmethod
    def of(cls, company: Company, requests: Sequence[Request]) -> _Wanted:
        """Gather the identities that tell a person in any text, and that nobody open bears."""
        wanted, living = cls(company, requests), _of_open_requests(company)
        for person, request in enumerate(requests):
            closure = wanted.closure(request)
            for kind, values in closure.identities.items() if closure else ():
                for value in sorted(values):
                    if telling(kind, value) and (base(kind), value) not in living:
                        wanted.needles.append(Needle(person, kind, value))
                    else:
                        wanted.left_out += base(kind) != "name"
        return wanted

    def closure(self, request: Request) -> Frozen | None:
        """Return what a request froze, unless its key is gone: then looking back says so."""
        sealed = self.company.home.unseal(request.id, "closure")
        return from_bytes(sealed) if sealed else None

    def step(self, store: str, person: int) -> Step:
        """Return what was done in a store for a person, by their number.

        Raises:
            Refused: home has lost what it was done by.
        """
        request, home = self.requests[person], self.company.home
        closure, document = self.closure(request), home.document(request.carried or "")
        secret = home.unseal(request.id, "secret")
        if closure is None or document is None or secret is None:
            raise Refused(f"what {request.id} froze is gone; nobody can say which rows are kept")
        plan = from_document(document)
        if store in {part.store for part in plan.stores}:
            return step(plan, store, closure, secret)
        id = f"{request.id}/{store}"
        return Step(id, Right.ERASE, closure.of(store), (), secret, self.company.today)


@dataclass(slots=True)
class _Hits:
    """What was found so far, and by whom else an identity turned out to be borne."""

    wanted: _Wanted
    blind: dict[str, str] = field(default_factory=dict)
    kept: int = 0
    _places: dict[int, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    _borne: set[_Identity] = field(default_factory=set)

    def add(self, store: str, hit: Hit) -> None:
        """Count a hit by whose it is; a row that is late is counted by looking back."""
        match hit.whose:
            case Whose.FOUND:
                self._places[hit.needle][f"{store}.{hit.collection}.{hit.field}"] += hit.rows
            case Whose.KEPT:
                self.kept += hit.rows
            case Whose.BORNE:
                self._borne.add(_identity(self.wanted.needles[hit.needle]))
            case Whose.LATE:
                pass

    def found(self) -> dict[str, dict[str, int]]:
        """Return rows by request and place, but for what somebody living is known by."""
        found: dict[str, Counter[str]] = defaultdict(Counter)
        for number, places in self._places.items():
            needle = self.wanted.needles[number]
            if _identity(needle) not in self._borne:
                request = self.wanted.requests[needle.person]
                found[request.id] |= places
        return {id: dict(sorted(places.items())) for id, places in sorted(found.items())}


def _identity(needle: Needle) -> _Identity:
    return base(needle.kind), needle.value


def _of_open_requests(company: Company) -> set[_Identity]:
    """Return the identities of people whose own request is open and has erased nothing."""
    return {
        (base(kind), value)
        for request in company.requests()
        if request.state is not State.CLOSED and request.carried is None
        for kind, values in _identities(company, request)
        for value in values
    }


def _identities(company: Company, request: Request) -> Iterator[tuple[str, Iterable[str]]]:
    given = company.home.unseal(request.id, "given")
    for kind, value in json.loads(given) if given else ():
        yield kind, (value,)
    if sealed := company.home.unseal(request.id, "closure"):
        yield from from_bytes(sealed).identities.items()


def _note(company: Company, looked: Sequence[Request], seen: Deep) -> None:
    """Record the search, and of each request what is new; what was closed is reopened.

    What was found in a store stays found for as long as the store is not seen whole again.
    """
    before = searched(company.home).found
    with company.home.writing() as home:
        home.append(
            RUN,
            {
                "requests": seen.requests,
                "identities": seen.identities,
                "left_out": seen.left_out,
                "kept": seen.kept,
                "blind": dict(seen.blind),
            },
        )
    for request in looked:
        known = before.get(request.id, {})
        unseen = {at: n for at, n in known.items() if at.partition(".")[0] in seen.blind}
        _reopen(company, request.id, known, {**unseen, **seen.found.get(request.id, {})})


def _reopen(company: Company, id: str, known: Mapping[str, int], found: Mapping[str, int]) -> None:
    """Record what was found for a request if that is new; reopen it if it was closed."""
    now = company.request(id)
    if not watched(now):
        return
    entries: list[tuple[str, Mapping[str, Json]]] = []
    if found != known:
        entries.append((SEARCHED, {"request": id, "found": dict(found)}))
    if found and now.state is State.CLOSED:
        late: dict[str, Json] = {"request": id, "clean": False, "late": dict(found)}
        entries.append(("request.looked-back", late))
        entries.append(("request.reopened", {"request": id, "cause": "deep look-back"}))
    if entries:
        with company.home.writing() as home:
            for kind, body in entries:
                home.append(kind, body)
