"""Relational databases."""

from upheld.stores.sql.store import SqlStore

__all__ = ["SqlStore"]
