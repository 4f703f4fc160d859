"""The home on SQLite keeps the contract of homes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.evidence.door import SqlDoor
from upheld.conformance.home import HomeContract


class TestSqlHome(HomeContract):
    """The contract, on a file."""

    @pytest.fixture
    def door(self, tmp_path: Path) -> SqlDoor:
        """Give the door of a new home."""
        return SqlDoor(tmp_path)
