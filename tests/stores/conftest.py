"""Lets assertions of the shipped contracts explain themselves."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("upheld.conformance", "tests.stores.shop")
