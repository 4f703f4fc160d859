"""Says of a step what a reviewer should know before it is carried out."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from upheld.model import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import sqlalchemy as sa
    from sqlalchemy.engine.default import DefaultDialect

    from upheld.model import Counted
    from upheld.stores.sql.erasing import Eraser
    from upheld.stores.sql.rows import Selector

_FOLLOWS = {
    "cascade": "deletes rows of",
    "set null": "empties a link in",
    "set default": "resets a link in",
}


def notes(store: str, erasers: Sequence[Eraser]) -> Iterator[str]:
    """Yield what the database does by itself when rows of a collection are changed or go."""
    touched = {each.collection.name: each for each in erasers}
    going = {each.collection.name for each in erasers if each.erasure.delete}
    for name, eraser in touched.items():
        schema = eraser.selector.schema
        for trigger in schema.tables[name].triggers:
            yield f"`{store}.{name}` has the trigger `{trigger}`"
        for other in schema.tables.values() if name in going else ():
            for reference in other.references:
                if reference.to == name and reference.on_delete in _FOLLOWS:
                    follows = _FOLLOWS[reference.on_delete]
                    yield (
                        f"deleting rows of `{store}.{name}` {follows} `{store}.{other.name}` "
                        f"(ON DELETE {reference.on_delete.upper()})"
                    )


def said(dialect: DefaultDialect, erasers: Iterable[Eraser]) -> Iterator[str]:
    """Yield what would be said to the database, in order, with names in the place of values."""
    plain = type(dialect)(paramstyle="named")
    for eraser in erasers:
        for statement in eraser.statements():
            yield str(statement.compile(dialect=plain, compile_kwargs={"render_postcompile": True}))


def erased(counted: Iterable[Counted], selector: Selector) -> Mapping[sa.TableClause, int]:
    """Return how many rows of each collection would be changed or go."""
    rows: Counter[str] = Counter()
    for each in counted:
        if each.outcome is not Outcome.RETAINED:
            rows[each.collection] += each.rows
    found = ((selector.mapped.collection(name), number) for name, number in rows.items())
    return {selector.table(collection): number for collection, number in found if collection}
