from __future__ import annotations

import pytest

from tests.stores.sites import ManualSite
from upheld.conformance import StoreContract, World


class TestManualStore(StoreContract):
    @pytest.fixture
    def site(self, world: World) -> ManualSite:
        return ManualSite(world)
