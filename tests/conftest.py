"""Lets assertions outside test files explain themselves, and lets no slow machine fail a law."""

from __future__ import annotations

import pytest
from hypothesis import settings

pytest.register_assert_rewrite("upheld.conformance", "tests.stores.shop")

# How long an example takes says more about the machine than about the code: `make bench` measures.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
