"""Searches all that a database holds, mapped or not, for people who were erased."""

from upheld.stores.sql.deep.beyond import unsearched
from upheld.stores.sql.deep.searching import Search
from upheld.stores.sql.deep.sieve import Sieve
from upheld.stores.sql.deep.whose import Judge

__all__ = ["Judge", "Search", "Sieve", "unsearched"]
