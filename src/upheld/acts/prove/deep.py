"""Looks back deep: every text of every store, for all who were erased; reopens what it finds."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from upheld.acts.prove.searched import RUN, SEARCHED, searched
from upheld.acts.prove.seeing import watched
from upheld.acts.prove.wanted import Wanted
from upheld.errors import Refused, StoreFailed
from upheld.model import State
from upheld.model.searching import Whose

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import TypeAlias

    from upheld.acts.company import Company
    from upheld.model import Json, Request
    from upheld.model.searching import Hit

    _Places: TypeAlias = defaultdict[int, Counter[str]]


@dataclass(frozen=True, slots=True)
class Deep:
    """What a deep look-back saw: rows by request and place; why a store was not seen whole.

    `identities` is how many were searched for, `left_out` how many tell nobody apart in a text or
    are the telephone of somebody else's request; `pending` holds rows that an erasure which is
    still open takes, `kept` counts rows in which an erasure left one. `unseen` says, by store, of
    what a search does not read how much there is.
    """

    requests: int
    identities: int
    left_out: int
    found: Mapping[str, Mapping[str, int]]
    pending: Mapping[str, Mapping[str, int]]
    kept: int
    blind: Mapping[str, str]
    unseen: Mapping[str, Mapping[str, int]]


def look_deep(company: Company) -> Deep:
    """Search all stores once for everybody whose erasure is watched; record and reopen.

    A place is `store.collection.field`. What is found stays on the board until a later search no
    longer finds it.
    """
    wanted = Wanted.of(company)
    hits, unseen = _Hits(wanted), {}
    for name, store in company.stores.items():
        try:
            for hit in store.search(wanted.needles, partial(wanted.step, name)):
                hits.add(name, hit)
            unseen[name] = store.unsearched()
        except (StoreFailed, Refused) as failed:
            hits.blind[name] = str(failed)
    seen = Deep(
        requests=len(wanted.looked),
        identities=wanted.number,
        left_out=wanted.left_out,
        found=hits.found(),
        pending=hits.pending(),
        kept=hits.kept,
        blind=hits.blind,
        unseen={name: dict(each) for name, each in unseen.items() if each},
    )
    _note(company, wanted.looked, seen)
    return seen


@dataclass(slots=True)
class _Hits:
    """What was found so far, and by whom else an identity turned out to be borne."""

    wanted: Wanted
    blind: dict[str, str] = field(default_factory=dict)
    kept: int = 0
    _found: _Places = field(default_factory=lambda: defaultdict(Counter))
    _pending: _Places = field(default_factory=lambda: defaultdict(Counter))
    _borne: set[tuple[str, str]] = field(default_factory=set)

    def add(self, store: str, hit: Hit) -> None:
        """Count a hit by whose it is; a row that is late is counted by looking back."""
        if self.wanted.needles[hit.needle].coming:
            return  # its rows are counted as what they are to who was erased
        place = f"{store}.{hit.collection}.{hit.field}"
        match hit.whose:
            case Whose.FOUND:
                self._found[hit.needle][place] += hit.rows
            case Whose.PENDING:
                self._pending[hit.needle][place] += hit.rows
            case Whose.KEPT:
                self.kept += hit.rows
            case Whose.BORNE:
                self._borne.add(self.wanted.identities[hit.needle])
            case Whose.LATE:
                pass

    def found(self) -> dict[str, dict[str, int]]:
        """Return rows by request and place, but for what somebody living is known by."""
        borne = self._borne
        return self._by_request(
            {n: at for n, at in self._found.items() if self.wanted.identities[n] not in borne}
        )

    def pending(self) -> dict[str, dict[str, int]]:
        """Return rows by request and place that an erasure still takes."""
        return self._by_request(self._pending)

    def _by_request(self, places: Mapping[int, Counter[str]]) -> dict[str, dict[str, int]]:
        found: dict[str, Counter[str]] = defaultdict(Counter)
        for number, rows in places.items():
            found[self.wanted.looked[self.wanted.needles[number].person].id] |= rows
        return {id: dict(sorted(each.items())) for id, each in sorted(found.items())}


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
                "pending": {id: dict(places) for id, places in seen.pending.items()},
                "kept": seen.kept,
                "unseen": {name: dict(each) for name, each in seen.unseen.items()},
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
