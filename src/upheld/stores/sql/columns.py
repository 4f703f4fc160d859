"""Names tables and columns as SQL takes any name, and says what a filled one is; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles

from upheld.identity import base
from upheld.model import How, name_parts
from upheld.stores.sql.functions import Replaced, Spelled, normal
from upheld.stores.sql.functions.json import inside
from upheld.stores.sql.functions.keys import Stored

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sqlalchemy.sql.compiler import SQLCompiler

    from upheld.model import Collection, Column, Spelling, Table

Truth = sa.ColumnElement[bool]


class Alone(sa.TableClause):
    """A table without the rows of those that inherit from it."""

    inherit_cache = True


@compiles(Alone, "postgresql")
def _alone(element: Alone, compiler: SQLCompiler, **options: object) -> str:
    plain: Callable[..., str] = compiler.visit_table
    said = plain(element, **options)
    return f"ONLY {said}" if options.get("asfrom") else said


def table(collection: Collection, shape: Table | None, *, alone: bool = False) -> sa.TableClause:
    """Return a collection as SQL names it, every name quoted and every value left as stored.

    Where its heirs are mapped, too, it is `alone`: each row is a row of one collection.
    """
    known = (each.name for each in shape.columns) if shape else ()
    names = dict.fromkeys([*mapped(collection), *known])
    shapes = {name: shape.column(name) if shape else None for name in names}
    columns = [
        sa.column(sa.quoted_name(name, quote=True), Stored(column))
        for name, column in shapes.items()
        if column is None or not column.path
    ]
    *schema, name = name_parts(collection.name)
    return (Alone if alone else sa.TableClause)(
        sa.quoted_name(name, quote=True),
        *columns,
        schema=sa.quoted_name(schema[-1], quote=True) if schema else None,
    )


def field(source: sa.TableClause, name: str, known: Column | None) -> sa.ColumnElement[object]:
    """Return a field as SQL names it: a column, or what a path leads to in one of JSON."""
    if known is None or not known.path:
        return source.c[name]
    return inside(source.c[holder(name)], known)


def holder(name: str) -> str:
    """Return the column that a field is in."""
    return name.partition("$.")[0]


def chosen(columns: Iterable[sa.ColumnElement[object]]) -> sa.Select[tuple[object, ...]]:
    """Select columns, however many there are."""
    return cast("sa.Select[tuple[object, ...]]", sa.select(*columns))


def mapped(collection: Collection) -> tuple[str, ...]:
    """Return the fields that the map names in a collection."""
    names = dict.fromkeys([*collection.key, *(place.name for place in collection.places)])
    for way in collection.ways:
        names.update(dict.fromkeys(way.columns))
    if collection.keep and collection.keep.since:
        names[collection.keep.since] = None
    return tuple(names)


def named(name: str) -> sa.ColumnClause[object]:
    """Return a column by its name alone."""
    return sa.column(sa.quoted_name(name, quote=True))


def filled(
    column: sa.ColumnElement[object], identity: str | None = None, stored: Spelling | None = None
) -> Truth:
    """Rows in which a column says something; of an identity, one that leads to somebody.

    No e-mail and no telephone is a word like `n/a`, nor what an erasure put in the place of one. A
    hash shows nothing of what it is of.
    """
    words = Spelled(column)
    some = sa.and_(column.is_not(None), words != "")
    if identity is None:
        return some
    hashed = stored is not None and stored.how is How.SHA256
    if base(identity) in {"email", "phone"} and not hashed:
        some = normal(identity, column).is_not(None)
    return sa.and_(some, sa.not_(Replaced(words)))
