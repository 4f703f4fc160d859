"""Closes a request without doing what was asked, for a reason that has words for the person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upheld.acts.answer.letter import write_closing
from upheld.acts.answer.open import start
from upheld.acts.finding import find
from upheld.acts.known import drop
from upheld.acts.officers import officer_key
from upheld.desk.codes import CODES
from upheld.errors import BadInput, Refused, did_you_mean, quoted
from upheld.evidence import ssh
from upheld.evidence.views import goes_by
from upheld.model import State

if TYPE_CHECKING:
    from pathlib import Path

    from upheld.acts.company import Company
    from upheld.model import Request

NAMESPACE = "upheld-close"


def close(company: Company, id: str, because: str, key: Path) -> Request:
    """Close a request by a code of `upheld.desk.codes`, signed by an officer.

    That nothing is held about a person is only said after every store was searched.

    Raises:
        BadInput: there is no such code.
        Refused: the request is closed already, was carried out in part, or rows were found.
        NotSigned: the key is no officer's.
    """
    request = company.request(id)
    if because not in CODES:
        raise BadInput(f"there is no code{quoted(because)}{did_you_mean(because, CODES)}")
    if request.state is State.CLOSED:
        raise Refused(f"{id} is closed already ({request.outcome})")
    if request.steps:
        raise Refused(f"{id} is being carried out; finish it with `upheld request apply {id}`")
    if because == "no_data":
        _require_nothing(company, request)
    signature = ssh.sign(f"{id}\n{because}".encode(), key, namespace=NAMESPACE)
    officer = ssh.signer(signature, namespace=NAMESPACE)
    officer_key(company, officer)
    letter = write_closing(company, request, because)
    closed = {"request": id, "outcome": because, "officer": officer, "signature": signature}
    alone = len(company.requests_of(request.person)) == 1
    with company.home.writing() as home:
        home.append(
            "request.answered",
            {
                "request": id,
                "answer": letter,
                "rows": 0,
                "counted_rows": 0,
                "listed": ["confirmation"] if because == "no_data" else [],
            },
        )
        home.append("request.closed", closed)
        home.destroy(id)
        if alone:
            home.forget(request.person)
            drop(home, goes_by(home.state, request.person))
        now = company.written(home, id)
    company.remove_copy(id)
    return now


def _require_nothing(company: Company, request: Request) -> None:
    _, found = find(company, start(company, request)[0])
    if rows := sum(number for store in found.values() for number in store.values()):
        raise Refused(
            f"{rows} rows were found for {request.id}; answer it with `upheld request plan "
            f"{request.id}`"
        )
