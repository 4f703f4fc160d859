"""An officer signs the very bytes of a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upheld.acts.answer.plan import planned
from upheld.errors import NotSigned, Refused
from upheld.evidence import ssh
from upheld.model import State

if TYPE_CHECKING:
    from pathlib import Path

    from upheld.acts.company import Company
    from upheld.model import Request

NAMESPACE = "upheld-plan"


def sign(company: Company, id: str, key: Path) -> Request:
    """Sign a request's plan with an officer's ssh-ed25519 key.

    Raises:
        NotSigned: the key is no officer's of this company.
        Refused: there is no plan, or it was carried out already.
        BadInput: the key file cannot be used.
    """
    request = company.request(id)
    if request.state not in {State.PLANNED, State.SIGNED}:
        need = "has no plan yet; plan it first" if request.plan is None else "is past signing"
        raise Refused(f"{id} {need}")
    _, document = planned(company, request)
    signed = ssh.sign(document, key, namespace=NAMESPACE)
    officer = ssh.signer(signed, namespace=NAMESPACE)
    officer_key(company, officer)
    with company.home.writing() as home:
        home.append(
            "request.signed",
            {"request": id, "plan": request.plan, "officer": officer, "signature": signed},
        )
    return company.request(id)


def require_signed(company: Company, request: Request, document: bytes) -> None:
    """Refuse unless an officer of today signed these very bytes.

    Raises:
        NotSigned: no signature, a wrong one, or of somebody who is no officer (any more).
    """
    if request.signature is None:
        raise NotSigned(f"nobody has signed the plan of {request.id}; run `upheld request sign`")
    officer = ssh.signer(request.signature, namespace=NAMESPACE)
    public = officer_key(company, officer)
    ssh.verify_signature(document, request.signature, public, namespace=NAMESPACE)


def officer_key(company: Company, officer: str) -> str:
    """Return the public key of an officer of today by its fingerprint, or raise `NotSigned`."""
    for public in company.officers.values():
        if ssh.fingerprint(public) == officer:
            return public
    raise NotSigned(
        f"the key {officer} is no officer's; add its public half to [officers] in upheld.toml"
    )
