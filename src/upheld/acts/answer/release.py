"""Ends the watch over an erasure by an officer's word: the person came back, as somebody new."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upheld.acts.officers import officer_key
from upheld.errors import Refused
from upheld.evidence import ssh

if TYPE_CHECKING:
    from pathlib import Path

    from upheld.acts.company import Company
    from upheld.model import Request

NAMESPACE = "upheld-release"


def release(company: Company, id: str, key: Path) -> Request:
    """Stop looking back on an erasure and destroy the key to what it froze.

    Rows that bear the person's identity again are then nobody's lapse: who returns is new.

    Raises:
        Refused: nothing was erased for this request, or its watch has ended.
        NotSigned: the key is no officer's.
    """
    request = company.request(id)
    if request.answered is None or request.carried is None or request.released is not None:
        raise Refused(f"{id} is not being looked back on; see `upheld request show {id}`")
    signature = ssh.sign(id.encode(), key, namespace=NAMESPACE)
    officer = ssh.signer(signature, namespace=NAMESPACE)
    officer_key(company, officer)
    with company.home.writing() as home:
        home.append("request.released", {"request": id, "officer": officer, "signature": signature})
        home.destroy(id)
    return company.request(id)
