"""Says which rows of a step the database takes along by itself, before it is their turn.

Of these it reports no number, or too low a one: they are counted beforehand. Children go before
their parents, so that this is of rows of one table, of circles, and of rows of two people, which
go before all others; no other step pays for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from upheld.stores.sql.finding.following import counts

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import sqlalchemy as sa

    from upheld.model import Reference, Schema
    from upheld.stores.sql.erasing.eraser import Eraser

SILENT = frozenset({"cascade", "set null", "set default"})
"""What a foreign key does to other rows without a word, where a row it points at goes."""


def taken_along(
    schema: Schema, erasers: Sequence[Eraser], cut: Collection[tuple[str, Reference]]
) -> Mapping[int, tuple[int, ...]]:
    """Return, of each erasure by its place, those of which it may take rows along by a cascade.

    An erasure whose rows take others of its own along is one of them; one that came before is not.
    Links that were `cut` lead to nothing.
    """
    links: dict[str, set[str]] = {}
    for name, shape in schema.tables.items():
        for each in shape.references:
            if each.on_delete == "cascade" and (name, each) not in cut:
                links.setdefault(each.to, set()).add(name)
    places = [at for at, each in enumerate(erasers) if each.erasure.delete] if links else []
    reached = {at: _reached(links, erasers[at].collection.name) for at in places}
    along = {
        at: tuple(n for n in places if n >= at and erasers[n].collection.name in reached[at])
        for at in places
    }
    return {at: taken for at, taken in along.items() if taken}


def counted(
    connection: sa.Connection, erasers: Sequence[Eraser], along: Mapping[int, tuple[int, ...]]
) -> Mapping[int, int]:
    """Count in one statement what goes by each erasure of which others may take rows along."""
    places = sorted({at for taken in along.values() for at in taken})
    if not places:
        return {}
    going = [(erasers[at].collection, erasers[at].going()) for at in places]
    found = counts(connection, erasers[places[0]].selector, going)
    return dict(zip(places, found, strict=True))


def _reached(links: Mapping[str, set[str]], start: str) -> frozenset[str]:
    """Return the tables into which a delete cascades, however far; `start` only by a circle."""
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        more = links.get(waiting.pop(), set()) - seen
        seen |= more
        waiting.extend(more)
    return frozenset(seen)
