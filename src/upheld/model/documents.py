"""A document that somebody attests something with: what it is about, and until when it holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Registered:
    """What the log witnessed of a document first: when, and with which dates."""

    at: datetime
    dated: date
    review: date


@dataclass(frozen=True, slots=True)
class Document:
    """An entry of `documents.yaml`; `intact` says whether the file is there with this hash.

    `kind` is a word of the vocabulary `documents`; `about` is what it attests, as
    `purpose/support`, `store/crm encrypted-at-rest` or `version/2026-11-01`. `registered` is what
    the log has of it. None of both: not looked at.
    """

    kind: str
    about: str
    file: str
    sha256: str
    dated: date
    review: date
    line: int
    intact: bool | None = None
    registered: Registered | None = None

    @property
    def redated(self) -> bool:
        """Whether its dates are others than those the log witnessed first."""
        first = self.registered
        return first is not None and (first.dated, first.review) != (self.dated, self.review)

    def holds(self, today: date) -> bool:
        """Say whether it is what was registered and its review is not overdue."""
        as_registered = self.intact is not False and not self.redated
        return as_registered and self.dated <= today <= self.review
