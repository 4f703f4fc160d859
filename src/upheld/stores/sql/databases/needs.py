"""What a step must be let do to a table."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

import sqlalchemy as sa

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_FRESH_SECONDS = 5.0
_ENOUGH = 20
"""A table that has so many times the rows is large enough, whatever it has."""


@dataclass(frozen=True, slots=True)
class Need:
    """Deleting rows of a table, updating columns of it, or adding rows to it; by the map's name."""

    table: sa.TableClause
    name: str
    deletes: bool
    columns: tuple[str, ...]
    adds: bool = False

    def tried(self) -> Iterator[sa.Delete | sa.Update | sa.Insert]:
        """Yield statements that do what is needed to no row at all."""
        if self.deletes:
            yield sa.delete(self.table).where(sa.false())
        if self.columns:
            same = {self.table.c[name]: self.table.c[name] for name in self.columns}
            yield sa.update(self.table).where(sa.false()).values(same)
        if self.adds:
            every = [*self.table.c]
            none = sa.select(*every).where(sa.false())
            yield sa.insert(self.table).from_select([each.name for each in every], none)

    def words(self, right: str) -> str:
        """Say which right is missing."""
        return (
            f"does not let this role {right} rows of `{self.name}`; run `upheld grants` and let "
            "its owner run what that prints"
        )


def unused(connection: sa.Connection) -> bool:
    """Say whether a connection has not been used for a while, so that it may have died."""
    now, used = monotonic(), connection.info.get("used")
    connection.info["used"] = now
    return used is None or now - float(used) > _FRESH_SECONDS


def lengths(connection: sa.Connection, tables: Mapping[str, sa.TableClause]) -> dict[str, int]:
    """Count all rows of tables in one statement."""
    if not tables:
        return {}
    every = (sa.select(sa.func.count()).select_from(each) for each in tables.values())
    found = connection.execute(sa.select(*(query.scalar_subquery() for query in every))).one()
    return dict(zip(tables, map(int, found), strict=True))


def fewer(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, int]:
    """Return by how much each is less than it was."""
    return {name: number - after[name] for name, number in before.items()}


def sized(
    connection: sa.Connection,
    tables: Mapping[sa.TableClause, int],
    estimated: Mapping[sa.TableClause, int],
) -> dict[str, int]:
    """Count as far as it matters; of a table that is larger, believe what the server estimates.

    An estimate may be of long ago: it makes no table larger than it is seen to be.
    """
    found = counted(connection, tables)
    return {
        each.name: max(found[each], estimated.get(each, 0))
        if found[each] > rows * _ENOUGH
        else found[each]
        for each, rows in tables.items()
    }


def counted(
    connection: sa.Connection, tables: Mapping[sa.TableClause, int]
) -> dict[sa.TableClause, int]:
    """Count the rows of tables as far as it matters: the price is of the rows given."""
    if not tables:
        return {}
    some = (
        sa.select(sa.func.count()).select_from(
            sa.select(sa.literal_column("1")).select_from(each).limit(rows * _ENOUGH + 1).subquery()
        )
        for each, rows in tables.items()
    )
    found = connection.execute(sa.select(*(query.scalar_subquery() for query in some))).one()
    return dict(zip(tables, map(int, found), strict=True))
