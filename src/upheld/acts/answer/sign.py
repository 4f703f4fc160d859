"""An officer signs the very bytes of a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upheld.acts.answer.plan import planned
from upheld.acts.officers import officer_key
from upheld.desk.states import VIEW, from_state
from upheld.errors import NotSigned, Refused, Stale
from upheld.evidence import ssh
from upheld.model import State

if TYPE_CHECKING:
    from pathlib import Path

    from upheld.acts.company import Company
    from upheld.datamap.document import Plan
    from upheld.model import Request
    from upheld.ports import Writing

NAMESPACE = "upheld-plan"
_OPEN_TO_SIGN = {State.PLANNED, State.SIGNED}


def sign(company: Company, id: str, key: Path) -> Request:
    """Sign a request's plan with an officer's ssh-ed25519 key, alone or as one of two.

    Raises:
        NotSigned: the key is no officer's of this company.
        Refused: there is no plan, it was carried out already, or this key has signed it.
        Stale: it was planned anew while it was signed.
        BadInput: the key file cannot be used.
    """
    request = company.request(id)
    if request.state not in _OPEN_TO_SIGN:
        need = "has no plan yet; plan it first" if request.plan is None else "is past signing"
        raise Refused(f"{id} {need}")
    _, document = planned(company, request)
    signed = ssh.sign(document, key, namespace=NAMESPACE)
    officer = ssh.signer(signed, namespace=NAMESPACE)
    officer_key(company, officer)
    with company.home.writing() as home:
        _require_new(home, request, officer)
        home.append(
            "request.signed",
            {"request": id, "plan": request.plan, "officer": officer, "signature": signed},
        )
        return company.written(home, id)


def require_signed(company: Company, request: Request, made: Plan, document: bytes) -> None:
    """Refuse unless as many officers of today as it takes signed the very bytes of a plan.

    Raises:
        NotSigned: too few signatures, a wrong one, or of somebody who is no officer (any more).
    """
    if not request.signatures:
        raise NotSigned(f"nobody has signed the plan of {request.id}; run `upheld request sign`")
    officers: set[str] = set()
    for signature in request.signatures.values():
        officer = ssh.signer(signature, namespace=NAMESPACE)
        public = officer_key(company, officer)
        ssh.verify_signature(document, signature, public, namespace=NAMESPACE)
        officers.add(officer)
    if len(officers) < made.signatures:
        raise NotSigned(
            f"the plan of {request.id} {made.exceeds[0]}, and one officer has signed it; "
            f"let a second one run `upheld request sign {request.id}`"
        )


def _require_new(home: Writing, request: Request, officer: str) -> None:
    """Refuse a key that has signed the plan, and a plan that is no longer the one that was read."""
    state = home.state(VIEW, request.id)
    now = from_state(state) if state else request
    if now.plan != request.plan or now.state not in _OPEN_TO_SIGN:
        raise Stale(f"{request.id} was planned anew or carried out meanwhile; look at it again")
    if officer in now.signatures:
        more = "another officer must sign it, too" if now.state is State.PLANNED else "apply it"
        raise Refused(f"this key has signed the plan of {request.id}; {more}")
