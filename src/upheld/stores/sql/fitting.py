"""Says whether a map still fits the catalogue it speaks of, before anything is asked; pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from upheld.errors import Refused, Stale
from upheld.model import Dialect, Follow, Type, inexact, name_parts
from upheld.stores.sql.columns import holder, mapped

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from upheld.model import Collection, Reference, Schema, StoreMap, Table


def require_fitting(store: StoreMap, schema: Schema) -> None:
    """Refuse to work by a map with what the database has not, or does not show.

    Raises:
        Stale: the catalogue has lost a table or a column of the map.
        Refused: rows are hidden, or cannot be told apart.
    """
    for collection in store.collections:
        if collection.ways:
            shape = schema.tables.get(collection.name)
            if shape is None:
                _require_looked_for(store, collection, schema)
            _require_there(store, collection, shape)
            if shape:
                _require_told_apart(store, collection, shape)
                _require_exact(store, collection, shape, schema.dialect)
                _require_json(store, collection, shape, schema.dialect)


def unmapped_heirs(store: StoreMap, shape: Table) -> list[str]:
    """Name the tables that inherit from one, and in which the map finds nobody."""
    known = {each.name for each in store.collections if each.ways}
    return [name for name in shape.heirs if name not in known]


def whole(store: StoreMap, schema: Schema) -> Schema:
    """Return the catalogue as the map sees it: what is of heirs that nobody mapped is the table's.

    Their rows are its rows, so that their triggers fire for it, and what points at them points at
    it. What points at a column that only an heir has still points at that one. Checks and indexes
    of heirs stay theirs: these say it aloud where they are hurt.
    """
    above: dict[str, list[str]] = {}
    for shape in schema.tables.values() if any(t.heirs for t in schema.tables.values()) else ():
        found = store.collection(shape.name)
        for heir in unmapped_heirs(store, shape) if found and found.ways else ():
            above.setdefault(heir, []).append(shape.name)
    if not above:
        return schema
    tables = dict(schema.tables)
    for name, shape in schema.tables.items():
        pointing = (each for link in shape.references for each in _aimed(schema, above, link))
        tables[name] = replace(shape, references=tuple(pointing))
    for heir, names in above.items():
        for name in names:
            fired = (*tables[name].triggers, *schema.tables[heir].triggers)
            tables[name] = replace(tables[name], triggers=tuple(dict.fromkeys(fired)))
    return replace(schema, tables=tables)


def _aimed(
    schema: Schema, above: Mapping[str, list[str]], reference: Reference
) -> Iterator[Reference]:
    """Yield what a foreign key says of the tables that the map knows."""
    for name in above.get(reference.to, [reference.to]):
        there = all(schema.tables[name].column(each) for each in reference.onto)
        yield replace(reference, to=name) if there else reference


def _require_looked_for(store: StoreMap, collection: Collection, schema: Schema) -> None:
    """Refuse where a table of that name is only in a schema that the role does not look in."""
    parts = name_parts(collection.name)
    hidden = [each for each in schema.tables if name_parts(each)[1:] == parts]
    if hidden:
        raise Stale(
            f"`{store.name}.{collection.name}` is not where this role looks, and `{hidden[0]}` is "
            "there: if that is it, the role lacks USAGE on its schema; run `upheld grants` and let "
            "its owner run what that prints, or give its whole name in the map"
        )


def _require_there(store: StoreMap, collection: Collection, shape: Table | None) -> None:
    missing = [name for name in mapped(collection) if not shape or not shape.column(name)]
    if missing:
        raise Stale(
            f"`{store.name}.{collection.name}` has lost `{missing[0]}` since it was mapped; "
            f"run `upheld map check {store.name}`"
        )


def _require_told_apart(store: StoreMap, collection: Collection, shape: Table) -> None:
    where = f"`{store.name}.{collection.name}`"
    keyed = [shape.column(name) for name in collection.key]
    if any(each and each.declared.endswith("[]") for each in keyed):
        raise Refused(f"the key of {where} is an array; name another in the map")
    if shape.hidden:
        raise Refused(
            f"row-level security hides rows of {where} from this "
            "role; let its owner give the role BYPASSRLS, or a policy that shows it all"
        )
    left = unmapped_heirs(store, shape)
    if left and len(left) < len(shape.heirs):
        raise Refused(
            f"`{store.name}.{left[0]}` inherits from {where} as others do that are mapped, and "
            "nobody is found in it; map it, too, so that each row is a row of one table"
        )


def _require_exact(
    store: StoreMap, collection: Collection, shape: Table, dialect: Dialect | None
) -> None:
    """Refuse to find rows by what is no longer the same once it was read.

    Raises:
        Refused: a column that rows are named or pointed at by is of such a type.
    """
    aimed = [
        name
        for each in store.collections
        for way in each.ways
        if isinstance(way, Follow) and way.to == collection.name
        for name in way.onto
    ]
    for name in dict.fromkeys([*collection.key, *aimed]):
        column = shape.column(name)
        if column and inexact(column, dialect):
            raise Refused(
                f"`{store.name}.{collection.name}.{name}` is of type {column.declared}, whose "
                "values are not found again by what is read of them; name another key in the map, "
                "and links to that"
            )


def _require_json(
    store: StoreMap, collection: Collection, shape: Table, dialect: Dialect | None
) -> None:
    """Refuse a path in a text of PostgreSQL, which goes no way in it.

    Raises:
        Refused: the column of a path in the map is of no type of JSON.
    """
    for name in mapped(collection) if dialect is Dialect.POSTGRESQL else ():
        column, within = shape.column(name), shape.column(holder(name))
        if column and column.path and within and within.type is Type.TEXT:
            raise Refused(
                f"`{store.name}.{collection.name}.{name}` is a path in a column of type "
                f"{within.declared}; make the column jsonb, or name it itself in the map"
            )
