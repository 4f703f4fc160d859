"""A document that somebody attests something with: what it is about, and until when it holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Document:
    """An entry of `documents.yaml`; `intact` says whether the file is there with this hash.

    `kind` is a word of the vocabulary `documents`; `about` is what it attests, as
    `purpose/support`, `store/crm encrypted-at-rest` or `version/2026-11-01`. None: not looked at.
    """

    kind: str
    about: str
    file: str
    sha256: str
    dated: date
    review: date
    line: int
    intact: bool | None = None

    def holds(self, today: date) -> bool:
        """Say whether it is what was registered and its review is not overdue."""
        return self.intact is not False and self.dated <= today <= self.review
