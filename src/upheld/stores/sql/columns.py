"""Names tables and columns as SQL takes any name, and says what a filled one is; pure."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import sqlalchemy as sa

from upheld.identity import base
from upheld.stores.sql.functions import REPLACED, Normal

if TYPE_CHECKING:
    from upheld.model import Collection

Truth = sa.ColumnElement[bool]


@cache
def table(collection: Collection) -> sa.TableClause:
    """Return a collection as SQL names it, every name quoted and every value left as stored."""
    names = dict.fromkeys([*collection.key, *(place.name for place in collection.places)])
    for way in collection.ways:
        names.update(dict.fromkeys(way.columns))
    if collection.keep and collection.keep.since:
        names[collection.keep.since] = None
    return sa.table(sa.quoted_name(collection.name, quote=True), *map(named, names))


def named(name: str) -> sa.ColumnClause[object]:
    """Return a column by its name alone."""
    return sa.column(sa.quoted_name(name, quote=True))


def filled(column: sa.ColumnElement[object], identity: str | None = None) -> Truth:
    """Rows in which a column says something; of an identity, one that leads to somebody.

    No e-mail and no telephone is a word like `n/a`, nor what an erasure put in the place of one.
    """
    some = sa.and_(column.is_not(None), column != "")
    if identity is None:
        return some
    if base(identity) in {"email", "phone"}:
        some = Normal(sa.literal(base(identity)), column).is_not(None)
    return sa.and_(some, sa.func.substr(column, 1, len(REPLACED)) != REPLACED)
