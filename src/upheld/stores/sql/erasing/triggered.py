"""Sees what triggers do to people beside what a plan says: nobody signed for that.

They may delete rows of mapped tables, or give somebody else's row what would make it the person's.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import sqlalchemy as sa

from upheld.model import Outcome
from upheld.stores.sql.erasing.eraser import tallied
from upheld.stores.sql.finding.following import keys_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from collections.abc import Collection as Many

    from upheld.model import Counted, Key, Schema
    from upheld.stores.sql.databases import Database
    from upheld.stores.sql.erasing.eraser import Eraser

_GONE = frozenset({Outcome.GONE})
_TOUCHED = frozenset(Outcome) - {Outcome.RETAINED}


def watched(
    connection: sa.Connection, database: Database, erasers: Sequence[Eraser]
) -> Callable[[Sequence[Counted]], Iterator[str]]:
    """Look at the tables before a step is carried out; return what says of which too much went.

    That is asked only where a trigger may fire. A table of no person's rows is nobody's concern.
    """
    if not any(fires(each.selector.schema, each.collection.name) for each in erasers):
        return lambda _: iter(())
    selector = erasers[0].selector
    tables = {each.name: selector.table(each) for each in selector.mapped.collections if each.ways}
    tallies = [t for at, each in enumerate(erasers) for t in each.foreseen(erasers[:at])]
    foreseen, theirs = tallied(connection, tallies), _theirs(erasers)
    planned = _rows(foreseen, _GONE)
    gone = database.watched(connection, tables)

    def beyond(done: Sequence[Counted]) -> Iterator[str]:
        said = _rows(done, _GONE)
        for name, rows in gone(said.total()).items():
            more = None if rows is None else rows - max(planned[name], said[name])
            if more is None or more > 0:
                yield (
                    f"a trigger would delete {'all' if more is None else f'{more:,}'} rows of "
                    f"`{selector.mapped.name}.{name}` that are not in the plan; change the "
                    "trigger, then plan again"
                )
        touched, known = _rows(done, _TOUCHED), _rows(foreseen, _TOUCHED)
        for name, keys in _theirs(erasers).items():
            if touched[name] > known[name] or keys - theirs[name]:
                yield (
                    f"rows of `{selector.mapped.name}.{name}` came to bear the person's identity "
                    "while this was done; if a trigger gives it to them, change that, then plan "
                    "again"
                )

    return beyond


def fires(schema: Schema, name: str) -> bool:
    """Say whether a trigger of a table may fire: one is there, or this role is not shown any."""
    return "triggers" in schema.beside or bool(schema.tables[name].triggers)


def _theirs(erasers: Iterable[Eraser]) -> Mapping[str, frozenset[Key]]:
    """Return the keys of rows of people that are still to be changed, or to go."""
    found: dict[str, frozenset[Key]] = {}
    for each in erasers:
        if each.collection.person:
            tallies = [t.rows for t in each.foreseen() if t.outcome in _TOUCHED]
            rows = sa.or_(sa.false(), *tallies)
            keys = keys_of(each.connection, each.selector, each.collection, rows)
            found[each.collection.name] = found.get(each.collection.name, keys) | keys
    return found


def _rows(counted: Iterable[Counted], outcomes: Many[Outcome]) -> Counter[str]:
    rows: Counter[str] = Counter()
    for each in counted:
        if each.outcome in outcomes:
            rows[each.collection] += each.rows
    return rows
