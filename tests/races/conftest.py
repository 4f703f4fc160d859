"""Fixtures of the races."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.races.village import URL, Village, settled

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(params=["postgres_url", "mariadb_url"], ids=["postgresql", "mariadb"])
def village(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Village]:
    """Give a company whose shop is on a server, once on each kind of server."""
    url: str = request.getfixturevalue(request.param)
    monkeypatch.setenv(URL, url)
    made = settled(tmp_path / "village", url)
    with made.others:
        yield made
