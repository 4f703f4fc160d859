"""Says which rows are locked before it is read what hangs on them, so that no more can join it.

Where a row goes, a foreign key may take rows along that were written a moment ago, or empty their
link, and nobody has seen them. And a row of two people may be losing both of them at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from upheld.model import Bond
from upheld.stores.sql.columns import chosen
from upheld.stores.sql.erasing.cascades import SILENT

if TYPE_CHECKING:
    from collections.abc import Collection as Many
    from collections.abc import Iterator, Sequence

    import sqlalchemy as sa

    from upheld.model import Schema, Step
    from upheld.stores.sql.erasing.eraser import Eraser


def rippling(schema: Schema) -> frozenset[str]:
    """Name the tables of which a row that goes changes or takes along others without a word."""
    return frozenset(
        reference.to
        for shape in schema.tables.values()
        for reference in shape.references
        if reference.on_delete in SILENT
    )


def held(schema: Schema, step: Step) -> frozenset[str]:
    """Name the collections of which a step locks the rows first."""
    silent = rippling(schema)
    return frozenset(
        each.collection
        for each in step.erasures
        if each.bond is Bond.SHARED or (each.delete and each.collection in silent)
    )


def rows(erasers: Sequence[Eraser], names: Many[str]) -> Iterator[sa.Select[tuple[object, ...]]]:
    """Select what is to be locked of collections, in the order of keys: so nobody waits crosswise.

    Rows that other rows point at come after these, in the order in which the step takes them.
    """
    done = set[tuple[str, bool]]()
    for each in erasers:
        collection, both = each.collection, each.erasure.bond is Bond.SHARED
        if collection.name not in names or not (both or each.erasure.delete):
            continue
        if (collection.name, both) not in done:
            done.add((collection.name, both))
            where = each.selector.ways(collection, Bond.SHARED) if both else each.going()
            key = each.selector.fields(collection, collection.key)
            yield chosen(key).where(where).order_by(*key)
