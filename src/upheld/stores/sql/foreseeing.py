"""Says of a step what a reviewer should know before it is carried out, and what it cannot read."""

from __future__ import annotations

from collections import Counter
from itertools import count
from typing import TYPE_CHECKING

from sqlalchemy.sql import visitors

from upheld.model import Outcome
from upheld.stores.sql.columns import holder, mapped
from upheld.stores.sql.deep.beyond import HISTORY
from upheld.stores.sql.erasing.preflight import rehearsal_needed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import sqlalchemy as sa
    from sqlalchemy.engine.default import DefaultDialect

    from upheld.model import Counted
    from upheld.stores.sql.databases import Database
    from upheld.stores.sql.erasing.eraser import Eraser
    from upheld.stores.sql.finding.rows import Selector

_FOLLOWS = {
    "cascade": "deletes rows of",
    "set null": "empties a link in",
    "set default": "resets a link in",
}


def notes(store: str, erasers: Sequence[Eraser]) -> Iterator[str]:
    """Yield what the database does by itself when rows of a collection are changed or go.

    Also that a step was rehearsed: others had to wait for its locks, and what a trigger does
    outside of the database is not undone. And where the database keeps what its rows were.
    """
    for each in erasers[:1]:
        if rehearsal_needed(each.selector.mapped, each.selector.schema, each.step):
            yield (
                f"`{store}` rehearsed this in a transaction that was undone; meanwhile it locked "
                "the rows that go or change, and their triggers fired"
            )
    touched = {each.collection.name: each for each in erasers}
    going = {each.collection.name for each in erasers if each.erasure.delete}
    for name, eraser in touched.items():
        schema = eraser.selector.schema
        for trigger in schema.tables[name].triggers:
            yield f"`{store}.{name}` has the trigger `{trigger}`"
        if HISTORY in schema.beside.get(name, ""):
            yield (
                f"`{store}.{name}` is a table {HISTORY}: it keeps what was erased until "
                f"`DELETE HISTORY FROM {name}`; do so after this erasure"
            )
        for other in schema.tables.values() if name in going else ():
            for reference in other.references:
                if reference.to == name and reference.on_delete in _FOLLOWS:
                    follows = _FOLLOWS[reference.on_delete]
                    yield (
                        f"deleting rows of `{store}.{name}` {follows} `{store}.{other.name}` "
                        f"(ON DELETE {reference.on_delete.upper()})"
                    )


def unread(connection: sa.Connection, database: Database, selector: Selector) -> Iterator[str]:
    """Say of which mapped columns the role may not read what they hold, so that a copy lacks it."""
    named = {
        selector.table(each): tuple(dict.fromkeys(map(holder, mapped(each))))
        for each in selector.mapped.collections
        if each.ways
    }
    hidden = database.unread(connection, named)
    for collection in selector.mapped.collections:
        if columns := hidden.get(selector.table(collection), ()) if collection.ways else ():
            yield (
                f"store `{selector.mapped.name}` does not let this role read "
                f"{', '.join(f'`{each}`' for each in columns)} of `{collection.name}`; run "
                "`upheld grants` and let its owner run what that prints"
            )


def said(dialect: DefaultDialect, erasers: Iterable[Eraser]) -> Iterator[str]:
    """Yield what would be said to the database, in order, with names in the place of values."""
    plain = type(dialect)(paramstyle="named")
    for eraser in erasers:
        for statement in map(_numbered, eraser.statements()):
            yield str(statement.compile(dialect=plain, compile_kwargs={"render_postcompile": True}))


def _numbered(statement: sa.Delete | sa.Update) -> sa.Delete | sa.Update:
    """Return a statement with `:p1` and so on for values: names of columns may hold anything."""
    numbers = count(1)

    def numbered(value: sa.BindParameter[object]) -> None:
        value.key, value.unique = f"p{next(numbers)}", False

    return visitors.cloned_traverse(statement, {}, {"bindparam": numbered})


def erased(counted: Iterable[Counted], selector: Selector) -> Mapping[sa.TableClause, int]:
    """Return how many rows of each collection would be changed or go."""
    rows: Counter[str] = Counter()
    for each in counted:
        if each.outcome is not Outcome.RETAINED:
            rows[each.collection] += each.rows
    found = ((selector.mapped.collection(name), number) for name, number in rows.items())
    return {selector.table(collection): number for collection, number in found if collection}
