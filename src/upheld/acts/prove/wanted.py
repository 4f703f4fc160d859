"""Says who is searched for in a deep look-back: erased people, and whom an erasure still awaits."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from upheld.acts.answer.open import start
from upheld.acts.prove.seeing import watched
from upheld.datamap.closure import Frozen, from_bytes, starting
from upheld.datamap.document import from_document, step
from upheld.datamap.plan import answering, erasures
from upheld.datamap.telling import telling
from upheld.errors import BadFile, HomeFailed, Refused
from upheld.identity import base, spoken
from upheld.model import Right, State, Step
from upheld.model.searching import Needle

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeAlias

    from upheld.acts.company import Company
    from upheld.model import Erasure, Request

    Identity: TypeAlias = tuple[str, str]


@dataclass(slots=True)
class Wanted:
    """Who is searched for: requests by a number, and the identities of each.

    After the requests that are looked back on come the erasures that are still to be carried out.
    `identities` holds what each needle spells, in normal form.
    """

    company: Company
    looked: Sequence[Request]
    coming: Sequence[Request]
    needles: list[Needle] = field(default_factory=list)
    identities: list[Identity] = field(default_factory=list)
    left_out: int = 0

    @classmethod
    def of(cls, company: Company) -> Wanted:
        """Gather the identities that tell an erased person in any text."""
        requests = company.requests()
        looked = [r for r in requests if watched(r) and r.state is not State.EXECUTING]
        coming = [r for r in requests if _still_erases(r) and r not in looked]
        wanted, living = cls(company, looked, coming), _of_open_requests(company, requests)
        for person, request in enumerate(looked):
            wanted._add(person, request, living)
        wanted._await()
        return wanted

    @property
    def number(self) -> int:
        """How many identities of erased people are searched for, however they are spelled."""
        searched = zip(self.needles, self.identities, strict=True)
        return len({(each.person, identity) for each, identity in searched if not each.coming})

    def step(self, store: str, person: int) -> Step:
        """Return what was done in a store for a person, by their number, or is still to be done.

        Raises:
            Refused: home has lost what it was done by.
        """
        if person >= len(self.looked):
            return self._to_come(store, self.coming[person - len(self.looked)])
        request, home = self.looked[person], self.company.home
        closure, document = _closure(self.company, request), home.document(request.carried or "")
        secret = home.unseal(request.id, "secret")
        if closure is None or document is None or secret is None:
            raise Refused(f"what {request.id} froze is gone; nobody can say which rows are kept")
        plan = from_document(document)
        if store in {part.store for part in plan.stores}:
            return step(plan, store, closure, secret)
        return self._step(store, request, closure, ())

    def _to_come(self, store: str, request: Request) -> Step:
        """Return what an erasure will do in a store: as planned, or as a plan made now would."""
        closure = _closure(self.company, request) or _begun(self.company, request)
        document = self.company.home.document(request.plan or "")
        if document is None:
            return self._step(store, request, closure, self._planned_now(store, request))
        parts = {part.store: part.erasures for part in from_document(document).stores}
        return self._step(store, request, closure, parts.get(store, ()))

    def _planned_now(self, store: str, request: Request) -> tuple[Erasure, ...]:
        company = self.company
        clauses = answering(company.policy, request.right, request.regime)
        schema, today = company.stores[store].schema(), company.today
        mapped, zone = company.maps[store], company.zone.key
        try:
            return erasures(company.policy, mapped, schema, clauses=clauses, today=today, zone=zone)
        except BadFile:  # whoever plans it is told why
            return ()

    def _step(
        self, store: str, request: Request, closure: Frozen, what: tuple[Erasure, ...]
    ) -> Step:
        secret = self.company.home.unseal(request.id, "secret") or b""
        id = f"{request.id}/{store}"
        return Step(id, Right.ERASE, closure.of(store), what, secret, self.company.today)

    def _add(self, person: int, request: Request, living: Sequence[frozenset[Identity]]) -> None:
        closure = _closure(self.company, request)
        known = closure.identities if closure else {}
        every = {(base(kind), value) for kind, values in known.items() for value in values}
        theirs = _of_households(every, living)
        forms = frozenset(form for each in self.company.maps.values() for form in each.forms)
        for kind, values in known.items():
            for value in sorted(values):
                identity = base(kind), value
                spelled = sorted(spoken({kind: frozenset({value})}, forms)[kind])
                striking = [each for each in spelled if telling(kind, each)]
                if not telling(kind, value) or identity in theirs:
                    self.left_out += base(kind) != "name"
                    continue
                self.needles.extend(Needle(person, kind, each) for each in striking)
                self.identities.extend(identity for _ in striking)

    def _await(self) -> None:
        """Search for the same identities on behalf of erasures that are still to come."""
        spelled = {(n.kind, n.value): i for n, i in zip(self.needles, self.identities, strict=True)}
        for person, request in enumerate(self.coming, len(self.looked)):
            bearing = _identities(self.company, request)
            for (kind, value), identity in spelled.items():
                if identity in bearing:
                    self.needles.append(Needle(person, kind, value, coming=True))
                    self.identities.append(identity)


def _still_erases(request: Request) -> bool:
    return request.right is Right.ERASE and request.state is not State.CLOSED


def _closure(company: Company, request: Request) -> Frozen | None:
    """Return what a request froze, unless its key is gone: then looking back says so."""
    sealed = company.home.unseal(request.id, "closure")
    return from_bytes(sealed) if sealed else None


def _of_households(
    theirs: set[Identity], living: Sequence[frozenset[Identity]]
) -> frozenset[Identity]:
    """Return telephones that an erased person shares with somebody who has a request open.

    Somebody else they are who shares nothing but these, and bears something of their own. Whoever
    shares more has come back.
    """
    shared = [(theirs & each, each - theirs) for each in living]
    return frozenset(
        identity
        for same, own in shared
        if own and all(kind == "phone" for kind, _ in same)
        for identity in same
    )


def _of_open_requests(
    company: Company, requests: Sequence[Request]
) -> tuple[frozenset[Identity], ...]:
    """Return, by request, the identities of people whose request is open and has erased nothing."""
    return tuple(
        _identities(company, request)
        for request in requests
        if request.state is not State.CLOSED and request.carried is None
    )


def _identities(company: Company, request: Request) -> frozenset[Identity]:
    closure, begun = _closure(company, request), _begun(company, request)
    every = [*begun.identities.items(), *(closure.identities.items() if closure else ())]
    return frozenset((base(kind), value) for kind, values in every for value in values)


def _begun(company: Company, request: Request) -> Frozen:
    """Return what finding begins with; nothing where home has lost it: whoever plans is told."""
    try:
        return start(company, request)[0]
    except (HomeFailed, Refused):
        return starting({})
