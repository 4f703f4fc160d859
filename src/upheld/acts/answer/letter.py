"""Writes the letter that answers an erasure."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from upheld.desk.letters import erasure_page
from upheld.errors import HomeFailed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from upheld.acts.company import Company
    from upheld.datamap.document import Plan
    from upheld.model import Counted, Request


def write_letter(
    company: Company, request: Request, plan: Plan, became: Mapping[str, tuple[Counted, ...]]
) -> str:
    """Write `answers/ID.html` and return its SHA-256: per category what went, what stays, why."""
    page = erasure_page(
        company.policy,
        request,
        plan.clauses,
        [(company.maps[store], counted) for store, counted in became.items()],
        made=company.today,
        checkpoint=company.home.checkpoint(),
    ).encode()
    path = company.answers / f"{request.id}.html"
    part = path.with_suffix(".html.part")
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(page)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)
    except OSError as error:
        raise HomeFailed("the answer cannot be written; is the disk full?") from error
    return hashlib.sha256(page).hexdigest()
