"""Says what a database holds beside its tables: what a search reads of it, and what it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upheld.model import Column, Table, Type
from upheld.stores.sql.catalogue.gathered import called

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import sqlalchemy as sa

    from upheld.model import Schema

HISTORY = "that keeps what its rows were"
"""What the catalogue says of a table with system versioning, of whatever engine."""

_ELSEWHERE = "a foreign table"
_LARGE = "large objects"

_MATERIALISED = """
SELECT n.nspname, c.relname, pg_table_is_visible(c.oid),
    array_agg(a.attname::text ORDER BY a.attnum)
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.oid >= 16384 AND c.relkind = 'm' AND c.relispopulated
GROUP BY c.oid, n.nspname, c.relname ORDER BY c.oid
"""
_COUNTED = "SELECT count(*) FROM pg_largeobject_metadata"
_ANALYSED = "SELECT count(*) FROM sqlite_master WHERE name = 'sqlite_stat4'"
_SAMPLED = "SELECT count(*) FROM sqlite_stat4"


def materialised(connection: sa.Connection) -> Iterator[Table]:
    """Yield the materialised views that are filled, as tables whose every column may be text."""
    if connection.dialect.name != "postgresql":
        return
    for space, name, visible, names in connection.exec_driver_sql(_MATERIALISED):
        columns = tuple(Column(each, Type.OTHER, nullable=True) for each in names)
        yield Table(called(name, None if visible else space), columns, (), (), (), (), (), ())


def unsearched(connection: sa.Connection, schema: Schema) -> Mapping[str, int]:
    """Return how much a database holds that no search reads, by what it is."""
    found = {
        f"the foreign table `{name}`": 1
        for name, what in schema.beside.items()
        if what == _ELSEWHERE
    }
    if _LARGE in schema.beside:
        found[_LARGE] = int(connection.exec_driver_sql(_COUNTED).scalar_one())
    if connection.dialect.name == "sqlite" and connection.exec_driver_sql(_ANALYSED).scalar_one():
        sampled = int(connection.exec_driver_sql(_SAMPLED).scalar_one())
        found.update({"values that `ANALYZE` took from indexes": sampled} if sampled else {})
    return found
