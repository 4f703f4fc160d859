"""Fixtures of the journeys."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.journeys.town import Town, build


@pytest.fixture
def town(tmp_path: Path) -> Town:
    """Return a small company, opened by nobody yet."""
    return build(tmp_path / "town")
