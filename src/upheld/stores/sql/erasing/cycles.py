"""Cuts rows that are to go loose from one another, where no order of deleting them would do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import sqlalchemy as sa

from upheld.stores.sql.finding.following import keys_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from upheld.model import Reference, Schema
    from upheld.stores.sql.erasing.eraser import Eraser


def loops(
    schema: Schema, erasers: Sequence[Eraser], *, row_by_row: bool
) -> Iterator[tuple[Eraser, Reference]]:
    """Yield foreign keys by which rows that go point at rows that go no later than they do.

    `row_by_row`: rows of one statement must not point at one another, either.
    """
    at = {each.collection.name: n for n, each in enumerate(erasers) if each.erasure.delete}
    for place, eraser in enumerate(erasers):
        if at.get(eraser.collection.name) != place:
            continue
        for reference in schema.tables[eraser.collection.name].references:
            target = at.get(reference.to, len(erasers))
            at_once = row_by_row or reference.on_delete == "restrict"
            if target < place or (target == place and at_once):
                yield eraser, reference


def cut(eraser: Eraser, reference: Reference) -> Eraser:
    """Empty a foreign key in the rows that go; return the eraser that still knows these rows.

    One that cannot be empty stays: the database then says what it thinks of it.
    """
    collection, selector = eraser.collection, eraser.selector
    empty = emptied(eraser, reference)
    if empty is None:
        return eraser
    rows = eraser.going()
    keys = keys_of(eraser.connection, selector, collection, rows)
    if not keys:
        return eraser
    statement = sa.update(selector.table(collection)).where(rows)
    eraser.done(statement.values({eraser.column(empty): sa.null()}))
    kept = {**selector.keys, collection.name: selector.keys.get(collection.name, keys) | keys}
    return replace(eraser, selector=selector.of(replace(selector.closure, keys=kept)))


def emptied(eraser: Eraser, reference: Reference) -> str | None:
    """Return the column that is emptied to cut a link, if one of its columns can be."""
    shape = eraser.selector.schema.tables[eraser.collection.name]
    known = [shape.column(name) for name in reference.columns]
    return next((column.name for column in known if column and column.nullable), None)
