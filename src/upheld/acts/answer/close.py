"""Closes a request without doing what was asked, for a reason that has words for the person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upheld.acts.answer.letter import write_closing
from upheld.desk.codes import CODES
from upheld.errors import BadInput, Refused, did_you_mean
from upheld.model import State

if TYPE_CHECKING:
    from upheld.acts.company import Company
    from upheld.model import Request


def close(company: Company, id: str, because: str) -> Request:
    """Close a request by a code of `upheld.desk.codes`.

    Raises:
        BadInput: there is no such code.
        Refused: the request is closed already, or was carried out in part.
    """
    request = company.request(id)
    if because not in CODES:
        raise BadInput(f"no code `{because[:40]}`{did_you_mean(because, CODES)}")
    if request.state is State.CLOSED:
        raise Refused(f"{id} is closed already ({request.outcome})")
    if request.steps:
        raise Refused(f"{id} is being carried out; finish it with `upheld request apply {id}`")
    letter = write_closing(company, request, because)
    with company.home.writing() as home:
        home.append(
            "request.answered", {"request": id, "answer": letter, "rows": 0, "counted_rows": 0}
        )
        home.append("request.closed", {"request": id, "outcome": because})
        home.destroy(id)
    return company.request(id)
