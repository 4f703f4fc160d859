"""The nouns of a deep look-back: what is searched for in any text, and what was found."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Whose(StrEnum):
    """Whose a text is in which an erased person's identity stands.

    `found` is a lapse, unless somebody living is known by the same identity. `kept` the erasure
    left, under a ground or because the map says so. `pending` is what an erasure that is still to
    be carried out takes. `late` is what looking back counts by itself.
    `borne` is the row of somebody else who is known by this very identity, as two are by the
    telephone of a household.
    """

    FOUND = "found"
    KEPT = "kept"
    PENDING = "pending"
    LATE = "late"
    BORNE = "borne"


@dataclass(frozen=True, slots=True)
class Needle:
    """An identity that is searched for, normalised; `person` is a number that stands for whose.

    Their erasure may be still `coming`: then what it takes is no lapse of an earlier one.
    """

    person: int
    kind: str
    value: str = field(repr=False)
    coming: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """Rows of one field that hold one needle, which is named by its place in the list; no value."""

    needle: int
    collection: str
    field: str
    rows: int
    whose: Whose
