"""Lets assertions outside test files explain themselves; said before anything imports them."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("upheld.conformance", "tests.stores.shop")
