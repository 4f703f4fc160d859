"""Contracts that every store and every home keeps: public test classes to subclass.

They are written for pytest, which the package itself does not need. To have their assertions
explain themselves, say `pytest.register_assert_rewrite("upheld.conformance")` in a `conftest.py`
before they are imported.
"""

from upheld.conformance.home import HomeContract
from upheld.conformance.store import Site, StoreContract
from upheld.conformance.world import World

__all__ = ["HomeContract", "Site", "StoreContract", "World"]
