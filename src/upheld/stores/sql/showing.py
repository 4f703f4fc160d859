"""What a person is shown of a row: all of their own, their part of a shared one, or a link."""

from __future__ import annotations

import json
from math import isfinite
from typing import TYPE_CHECKING

import sqlalchemy as sa

from upheld.model import Bond

if TYPE_CHECKING:
    from upheld.model import Collection
    from upheld.stores.sql.finding.rows import Selector


def part(
    selector: Selector, collection: Collection, bond: Bond, name: str
) -> sa.ColumnElement[object]:
    """A field as it is shown: of a shared row, only where its part of the row is the person's."""
    column = selector.field(collection, name)
    place = collection.place(name)
    shared = [way for way in collection.ways if way.bond is Bond.SHARED]
    whose = [way for way in shared if name in way.columns or (place and place.of == way.columns)]
    if bond is not Bond.SHARED or not whose or name in collection.key:
        return column
    mine = sa.or_(*(selector.way(collection, way) for way in whose))
    return sa.case((mine, column), else_=sa.null()).label(sa.quoted_name(name, quote=True))


def plain(value: object) -> object:
    """Return an array as JSON: all else comes plain from the driver."""
    if not isinstance(value, list):
        return value
    return json.dumps(_strict(value), ensure_ascii=False, default=_said)


def _strict(value: object) -> object:
    """Return elements as JSON has them: it has no numbers that are none."""
    if isinstance(value, list):
        return [_strict(each) for each in value]
    return str(value) if isinstance(value, float) and not isfinite(value) else value


def _said(value: object) -> str:
    return f"hex:{value.hex()}" if isinstance(value, bytes) else str(value)


def shown(collection: Collection, bond: Bond) -> tuple[str, ...]:
    """What a person sees: all of their own row, their part of a shared one, a mention's link."""
    ways = [way for way in collection.ways if way.bond is bond]
    links = [name for way in ways for name in way.columns]
    if bond is Bond.MENTIONS:
        return tuple(dict.fromkeys([*collection.key, *links]))
    names = [place.name for place in collection.places]
    return tuple(dict.fromkeys([*collection.key, *names, *links]))
