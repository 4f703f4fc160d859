"""The home keeps the contract of homes on every database it can stand on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.evidence.door import SqlDoor, UrlDoor
from upheld.conformance.home import HomeContract


class TestSqlHome(HomeContract):
    """The contract, on a file and on a server."""

    @pytest.fixture(params=["sqlite", "postgresql"])
    def door(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[UrlDoor]:
        """Give the door of a new home."""
        on_file = request.param == "sqlite"
        door = SqlDoor(tmp_path) if on_file else UrlDoor(request.getfixturevalue("postgres_url"))
        with closing(door):
            yield door
