"""Writes the letters that answer a person: what became of their data, or why nothing did."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from upheld.acts.answer.handing import handing
from upheld.datamap.plan import answering
from upheld.desk.letters import closing_page, erasure_page, letter_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from upheld.acts.company import Company
    from upheld.model import Counted, Request


def write_letter(
    company: Company,
    request: Request,
    became: Mapping[str, tuple[Counted, ...]],
    doubted: tuple[str, ...],
) -> str:
    """Write the letter and return its SHA-256: per category what went, what stays, why.

    Of `doubted` stores it says that the numbers are those of the plan.
    """
    page = erasure_page(
        company.policy,
        request,
        answering(company.policy, request.right, request.regime),
        [
            (company.maps[store], counted)
            for store, counted in became.items()
            if store in company.maps
        ],
        doubted=doubted,
        made=company.today,
        checkpoint=company.home.checkpoint(),
    )
    return _handed(company, request, page)


def write_closing(company: Company, request: Request, because: str) -> str:
    """Write the letter and return its SHA-256: why what was asked is not done."""
    page = closing_page(
        company.policy,
        request,
        because,
        made=company.today,
        checkpoint=company.home.checkpoint(),
    )
    return _handed(company, request, page)


def _handed(company: Company, request: Request, page: str) -> str:
    written = page.encode()
    with handing(company.answers / letter_name(request.id, request.answers + 1)) as stream:
        stream.write(written)
    return hashlib.sha256(written).hexdigest()
