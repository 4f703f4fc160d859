"""The nouns of what the linter says: a remark, the place it is about, how much it weighs."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from upheld.model import Document


class Severity(StrEnum):
    """How much a remark weighs: an error is wrong in itself, a warning wants a decision."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    def reaches(self, other: Severity) -> bool:
        """Say whether it weighs as much as another, or more."""
        order = tuple(Severity)
        return order.index(self) <= order.index(other)


@dataclass(frozen=True, slots=True)
class Context:
    """What is known beside the policy.

    `links` says of each link what was wrong when it was asked, None where it answered; None in its
    place: nobody asked. `built` are the checks that this version can carry out.
    """

    today: date
    documents: tuple[Document, ...] = ()
    links: Mapping[str, str | None] | None = None
    built: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Spot:
    """One place where a concern holds: what was found, in which clauses, and in which lines.

    `about` names it from one version to the next; the first line is where it is shown.
    """

    message: str
    clauses: tuple[str, ...]
    lines: tuple[int, ...]
    about: str


@dataclass(frozen=True, slots=True)
class Remark:
    """What a rule found in a policy, with the clauses named and the default taken."""

    rule: str
    severity: Severity
    message: str
    default: str
    law: str
    lines: tuple[int, ...]
    about: str
    clauses: tuple[str, ...] = field(default=())

    @property
    def line(self) -> int:
        """Where it is shown."""
        return self.lines[0]
