"""Sees what triggers delete of mapped tables beside what a plan says: nobody signed for that."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from upheld.model import Outcome
from upheld.stores.sql.erasing.eraser import tallied

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import sqlalchemy as sa

    from upheld.model import Counted
    from upheld.stores.sql.databases import Database
    from upheld.stores.sql.erasing.eraser import Eraser


def watched(
    connection: sa.Connection, database: Database, erasers: Sequence[Eraser]
) -> Callable[[Sequence[Counted]], Iterator[str]]:
    """Look at the tables before a step is carried out; return what says of which too much went.

    That is asked only where a trigger may fire. A table of no person's rows is nobody's concern.
    """
    if not any(map(_fires, erasers)):
        return lambda _: iter(())
    selector = erasers[0].selector
    tables = {each.name: selector.table(each) for each in selector.mapped.collections if each.ways}
    planned = _gone(tallied(connection, [t for each in erasers for t in each.foreseen()]))
    gone = database.watched(connection, tables)

    def beyond(done: Sequence[Counted]) -> Iterator[str]:
        said = _gone(done)
        for name, rows in gone(said.total()).items():
            more = rows - max(planned[name], said[name])
            if more > 0:
                yield (
                    f"a trigger would delete {more:,} rows of `{selector.mapped.name}.{name}` "
                    "that are not in the plan; change the trigger, then plan again"
                )

    return beyond


def _fires(eraser: Eraser) -> bool:
    """Say whether a trigger may fire: one is there, or this role is not shown whether."""
    schema = eraser.selector.schema
    return "triggers" in schema.beside or bool(schema.tables[eraser.collection.name].triggers)


def _gone(counted: Iterable[Counted]) -> Counter[str]:
    rows: Counter[str] = Counter()
    for each in counted:
        if each.outcome is Outcome.GONE:
            rows[each.collection] += each.rows
    return rows
