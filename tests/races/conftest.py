"""Fixtures of the races."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests import servers
from tests.conftest import asked
from tests.races.village import URL, Village, settled
from upheld.model import Dialect

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def quiet_mariadb() -> Iterator[servers.Server]:
    """Give a MariaDB of our own: whoever writes to one may write to any database of it."""
    with ExitStack() as stack:
        yield asked(Dialect.MARIADB, lambda: stack.enter_context(servers.private_mariadb()))


@pytest.fixture
def quiet_mariadb_url(quiet_mariadb: servers.Server) -> Iterator[str]:
    """Give a fresh, empty database of that MariaDB."""
    with quiet_mariadb.database() as url:
        yield url


@pytest.fixture(params=["postgres_url", "quiet_mariadb_url"], ids=["postgresql", "mariadb"])
def village(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Village]:
    """Give a company whose shop is on a server, once on each kind of server."""
    url: str = request.getfixturevalue(request.param)
    monkeypatch.setenv(URL, url)
    made = settled(tmp_path / "village", url)
    with made.others:
        yield made
