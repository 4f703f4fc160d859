"""The way into the homes of the tests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from upheld.evidence.home import SqlHome
from upheld.evidence.keys import Keys
from upheld.ports import Clock, Fold

ORIGIN = "acme.example/privacy"
KEYS = Keys(b"h" * 32, b"w" * 32, b"l" * 32)


class SqlDoor:
    """Opens the home of one folder."""

    def __init__(self, folder: Path, keys: Keys = KEYS, origin: str = ORIGIN) -> None:
        """Choose a folder and who opens."""
        self.file = folder / "home.sqlite"
        self.keys = keys
        self.origin = origin

    @property
    def url(self) -> str:
        """The address of the home."""
        return f"sqlite:///{self.file}"

    def __call__(self, clock: Clock, folds: Sequence[Fold]) -> SqlHome:
        """Open the home, or make it."""
        way = SqlHome.open if self.file.exists() else SqlHome.create
        return way(self.url, self.keys, origin=self.origin, clock=clock, folds=folds)
