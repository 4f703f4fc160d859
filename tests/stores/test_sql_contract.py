from __future__ import annotations

from pathlib import Path

import pytest

from tests.stores.server_sites import ServerSite
from tests.stores.sites import SqlSite
from upheld.conformance import StoreContract, World


class TestSqlStore(StoreContract):
    @pytest.fixture(params=["delete", "persist", "wal"])
    def site(self, world: World, tmp_path: Path, request: pytest.FixtureRequest) -> SqlSite:
        return SqlSite(world, tmp_path, request.param)


class TestPostgresStore(StoreContract):
    @pytest.fixture
    def site(self, world: World, postgres_url: str) -> ServerSite:
        return ServerSite(world, postgres_url)


class TestMariaDbStore(StoreContract):
    @pytest.fixture
    def site(self, world: World, mariadb_url: str) -> ServerSite:
        return ServerSite(world, mariadb_url)
