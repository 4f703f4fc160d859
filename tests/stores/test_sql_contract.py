from __future__ import annotations

from pathlib import Path

import pytest

from tests.stores.sites import SqlSite
from upheld.conformance import StoreContract, World


class TestSqlStore(StoreContract):
    @pytest.fixture(params=["delete", "persist", "wal"])
    def site(self, world: World, tmp_path: Path, request: pytest.FixtureRequest) -> SqlSite:
        return SqlSite(world, tmp_path, request.param)
