"""The dice of the demo: the same seed and the same day give the same rows; pure."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

_Face = TypeVar("_Face")

_DAYS = 12 * 365
"""How far back the company's records go: further than the ten years that invoices are kept."""


class Dice:
    """Chance, of which a seed decides all, and days counted back from `today`."""

    def __init__(self, seed: int, today: date) -> None:
        """Take the dice up."""
        self._chance = Random(seed)  # noqa: S311 (rows of a made-up company)
        self._days = tuple((today - timedelta(days=back)).isoformat() for back in range(_DAYS))

    def one_of(self, faces: Sequence[_Face]) -> _Face:
        """Return one of these."""
        return faces[int(self._chance.random() * len(faces))]

    def number(self, lowest: int, highest: int) -> int:
        """Return a number between two, both included."""
        return lowest + int(self._chance.random() * (highest - lowest + 1))

    def happens(self, share: float) -> bool:
        """Say yes in this share of throws."""
        return self._chance.random() < share

    def day(self) -> str:
        """Return a day of the company's history, as SQL writes it."""
        return self._days[self.number(0, _DAYS - 1)]

    def ago(self, days: int) -> str:
        """Return the day so many days ago."""
        return self._days[days]

    def token(self) -> str:
        """Return sixteen letters that nobody has twice."""
        return f"{self._chance.getrandbits(64):016x}"
