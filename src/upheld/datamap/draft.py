"""Drafts the map of a store from its catalogue, for a person to review."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from upheld.datamap.exposed import holds_password
from upheld.datamap.fulltext import full_text, holds_words
from upheld.datamap.kin import Kin, kin, owned, sound
from upheld.datamap.links import linked
from upheld.datamap.naming import (
    Meaning,
    Where,
    addressed,
    headed,
    is_words,
    meaning,
    named,
    singular,
    spoken,
    words,
)
from upheld.datamap.writing import Drafted, Field, map_text
from upheld.errors import BadInput
from upheld.model import Act, Bond, Collection, Column, Follow, Keep, Place, Type

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from upheld.model import Schema, Table, Way

_TAX = "retain.legal-tax"
_TELLING = frozenset({"account", "network_activity", "tracking", "demographic"})
_JSON = ("json", "jsonb")
_HOLDS_ANYTHING = (Type.TEXT, Type.BYTES, Type.OTHER)


def draft(schema: Schema, *, name: str, url: str) -> str:
    """Return the text of `stores/NAME.yaml` for a catalogue: every guess in it ends in `?`.

    The same catalogue gives the same text. It can be read back with `parse_store`.

    Raises:
        BadInput: the URL holds a password, which would stand in the file.
    """
    if holds_password(url):
        raise BadInput("that url holds a password; put it in a variable and give `env:NAME`")
    indexes = full_text(schema)
    schema = linked(sound(_without(schema, indexes)))
    family = kin(schema, name)
    keeps = _keeps(schema, family)
    standing = _standing(schema, family, keeps)
    drafted = [
        _drafted(
            table, schema, Drawing(name, family, keeps.get(table.name), table.name in standing)
        )
        for table in schema.tables.values()
    ]
    drafted += [_index(part, index) for part, index in indexes.items()]
    return map_text(name, url, sorted(drafted, key=_people_first), schema.beside)


def _without(schema: Schema, names: Mapping[str, str]) -> Schema:
    kept = {name: table for name, table in schema.tables.items() if name not in names}
    return replace(schema, tables=kept)


def _index(part: str, index: str) -> Drafted:
    """Return what is drafted of a full-text index, which holds the words of other tables."""
    collection = Collection(part, (), (), (), True, None, False, False, 0)  # noqa: FBT003
    whole = "a full-text index: erase its content table and rebuild it"
    return Drafted(collection, (), remark=whole if part == index else f"part of `{index}`")


@dataclass(frozen=True, slots=True)
class Drawing:
    """What is settled about a table before its fields are guessed."""

    store: str
    family: Kin
    keep: Keep | None
    stands: bool


def _people_first(drafted: Drafted) -> tuple[bool, bool, str]:
    return not drafted.collection.personal, not drafted.collection.person, drafted.collection.name


def _keeps(schema: Schema, family: Kin) -> dict[str, Keep]:
    """Return the collections that tax law may want kept: dated money, and the lines of it."""
    keeps = {
        name: Keep(_TAX, since, None)
        for name, table in schema.tables.items()
        if named(name, "money")
        and name not in family.people
        and _own(family.ways[name])
        and (since := _dated(table))
    }
    while lines := dict(_lines(schema, family, keeps)):
        keeps |= lines
    return keeps


def _own(ways: tuple[Way, ...]) -> bool:
    return any(way.bond is not Bond.MENTIONS for way in ways)


def _dated(table: Table) -> str | None:
    """Return the column that most likely dates a row: not when it is due, rather never empty."""
    dates = [each for each in table.columns if each.type is Type.DATE]
    dates = [each for each in dates if not {"due", "updated", "deleted"} & set(words(each.name))]
    return min(dates, key=lambda each: _vague(each, table)).name if dates else None


def _vague(column: Column, table: Table) -> tuple[bool, bool]:
    own = {*map(singular, spoken(table.name)), "issued", "paid", "booked", "posted"}
    return column.nullable, own.isdisjoint(words(column.name))


def _lines(schema: Schema, family: Kin, keeps: Mapping[str, Keep]) -> Iterator[tuple[str, Keep]]:
    for name in schema.tables:
        follows = [way for way in family.ways[name] if isinstance(way, Follow)]
        parents = [way.to for way in follows if way.to in keeps and way.bond is not Bond.MENTIONS]
        if name not in keeps and parents and (named(name, "lines") or named(name, "money")):
            yield name, Keep(_TAX, None, parents[0])


def _standing(schema: Schema, family: Kin, keeps: Mapping[str, Keep]) -> frozenset[str]:
    """Return the collections whose rows cannot be deleted, since rows that stay point at them."""
    stays = {
        name
        for name, ways in family.ways.items()
        if name in family.people or not _own(ways) or any(way.bond is Bond.SHARED for way in ways)
    }
    dated = {name for name, keep in keeps.items() if keep.since}
    standing: frozenset[str] = frozenset()
    while True:
        pointing = stays | dated | standing
        more = frozenset(
            each.to
            for name, table in schema.tables.items()
            for each in table.references
            if name in pointing or _kept_with_another(keeps.get(name), each.to)
        )
        if standing == more:
            return standing
        standing = more


def _kept_with_another(keep: Keep | None, parent: str) -> bool:
    return keep is not None and keep.within is not None and keep.within != parent


def _drafted(table: Table, schema: Schema, drawing: Drawing) -> Drafted:
    person = table.name in drawing.family.people
    ways = tuple(_short(way, schema) for way in drawing.family.ways[table.name])
    where = Where(
        people=person,
        concerned=True,
        addressed=addressed(table.columns),
        lone=not ways,
        things=not ways and headed(table.name, "things"),
    )
    fields = tuple(_field(column, table, where, drawing) for column in table.columns)
    said = any(_telling(*each) for each in zip(fields, table.columns, strict=True))
    collection = Collection(
        name=table.name,
        key=_key(table),
        ways=ways,
        places=tuple(field.place for field in fields),
        delete=not drawing.stands,
        keep=drawing.keep,
        person=person,
        personal=bool(ways) or said,
        line=0,
    )
    return Drafted(collection, fields, keyed=bool(table.key))


def _short(way: Way, schema: Schema) -> Way:
    """Return a way without the columns it points at where those are the key that goes unsaid."""
    if isinstance(way, Follow) and way.onto == _key(schema.tables[way.to]):
        return replace(way, onto=())
    return way


def _telling(field: Field, column: Column) -> bool:
    """Say whether a field makes its table personal though nothing leads from it to a person."""
    place = field.place
    if place.identity or place.secret or place.category in _TELLING:
        return True
    return place.category is not None and column.type in _HOLDS_ANYTHING


def _key(table: Table) -> tuple[str, ...]:
    """Return what tells rows apart: the primary key, a unique constraint, or else every column.

    An array is no part of it, unless there is nothing else.
    """
    arrays = {each.name for each in table.columns if each.declared.endswith("[]")}
    whole = (
        unique
        for unique in table.unique
        if all((shape := table.column(name)) and not shape.nullable for name in unique)
    )
    every = tuple(each.name for each in table.columns if each.name not in arrays)
    sure = (each for each in (table.key, *whole) if each and arrays.isdisjoint(each))
    return next(sure, every or table.key)


def _field(column: Column, table: Table, where: Where, drawing: Drawing) -> Field:
    if column.name in {name for each in table.references for name in each.columns}:
        return Field(Place(column.name, None, Act.LEAVE), sure=True)
    if column.name in table.key:
        place = _key_place(column, table, where, drawing)
        return Field(place, sure=not where.people and place.category is None)
    found = _of_words(table, where) if holds_words(column) else meaning(column, where)
    act = _act(column, found, drawing)
    identity = _whose(found.identity, column, table, drawing) if found.identity else None
    place = Place(column.name, found.category, act, None, identity, found.secret)
    place = replace(place, of=_of(column, drawing.family.ways[table.name]))
    path = f"{column.name}$.some.path" if column.declared in _JSON else ""
    return Field(place, known=found.known, path=path)


def _of_words(table: Table, where: Where) -> Meaning:
    """Return what full text is of: the text of its row, such as people write first of all."""
    texts = [meaning(each, where) for each in table.columns if each.type is Type.TEXT]
    personal = [each for each in texts if each.category and not each.secret]
    written = sorted(personal, key=lambda each: (not each.known, each.act is not Act.REDACT))
    return Meaning(written[0].category if written else None, known=bool(written))


def _key_place(column: Column, table: Table, where: Where, drawing: Drawing) -> Place:
    found = meaning(column, where)
    if where.people and len(table.key) == 1:
        kind = found.identity or "account"
        category = "account" if kind == "account" else found.category
        identity = _whose(kind, column, table, drawing)
        return Place(column.name, category, Act.LEAVE, identity=identity)
    worded = where.lone and column.type in _HOLDS_ANYTHING
    return Place(column.name, found.category if worded else None, Act.LEAVE)


def _whose(kind: str, column: Column, table: Table, drawing: Drawing) -> str:
    return owned(kind, drawing.store, table, drawing.family.people, column.name)


def _act(column: Column, found: Meaning, drawing: Drawing) -> Act:
    if found.category is None or column.generated:
        return Act.LEAVE
    if drawing.keep and not found.secret and not (drawing.stands and _fixed(column)):
        return Act.RETAIN
    return found.act or (Act.BLANK if column.nullable else _instead(column))


def _fixed(column: Column) -> bool:
    return not column.nullable and _instead(column) is Act.LEAVE


def _instead(column: Column) -> Act:
    """Return what to do with a value that cannot be left empty."""
    match column.type:
        case Type.TEXT if is_words(column):
            return Act.REPLACE
        case Type.OTHER if column.declared == "uuid":
            return Act.REPLACE
        case Type.DATE:
            return Act.ANONYMISE
        case _:
            return Act.LEAVE


def _of(column: Column, ways: tuple[Way, ...]) -> tuple[str, ...]:
    """Return the one way, of several to people, whose role this column's name begins with."""
    shared = [way.columns for way in ways if way.bond is Bond.SHARED]
    role = words(column.name)[:1]
    mine = [columns for columns in shared if words(columns[0])[:1] == role]
    return mine[0] if len(mine) == 1 else ()
