"""One thing in which a map and a catalogue disagree."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad it is: the map cannot be trusted, it can be with care, or it could be better."""

    BROKEN = "broken"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Drift:
    """One thing in which a map and a catalogue disagree; `next_step` is what to do about it."""

    severity: Severity
    place: str
    words: str
    next_step: str
