"""Fixtures of the tests of evidence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.evidence.door import SqlDoor
from upheld.conformance.door import Hand, Tally


@pytest.fixture
def door(tmp_path: Path) -> SqlDoor:
    """Give the door of a new home."""
    return SqlDoor(tmp_path)


@pytest.fixture
def clock() -> Hand:
    """Give a clock to set."""
    return Hand()


@pytest.fixture
def filled(door: SqlDoor, clock: Hand) -> Callable[[int], Path]:
    """Make a home with so many entries more, close it, and return its file."""

    def fill(entries: int) -> Path:
        home = door(clock, [Tally()])
        with home.writing() as writing:
            for n in range(entries):
                writing.append("noted", {"request": f"R-{n % 7}", "n": n})
        home.close()
        return door.file

    return fill
