"""Fixtures of the tests of evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.evidence.door import SqlDoor, UrlDoor
from upheld.conformance.door import Hand, Tally


@pytest.fixture
def door(tmp_path: Path) -> SqlDoor:
    """Give the door of a new home."""
    return SqlDoor(tmp_path)


@pytest.fixture(params=["a file", "PostgreSQL"])
def anywhere(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[UrlDoor]:
    """Give the door of a new home, in each place in turn."""
    where = request.param == "a file"
    door = SqlDoor(tmp_path) if where else UrlDoor(request.getfixturevalue("postgres_url"))
    with closing(door) as door:
        yield door


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
