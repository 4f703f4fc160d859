"""Says before the first write what would fail or hurt."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from upheld.model import (
    Act,
    Bond,
    Collection,
    Follow,
    Reference,
    Type,
    irreplaceable,
    unredactable,
)
from upheld.stores.sql.columns import Truth, holder
from upheld.stores.sql.finding.following import counts
from upheld.stores.sql.fitting import unmapped_heirs
from upheld.stores.sql.functions.json import Doubled, Misshapen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import sqlalchemy as sa

    from upheld.model import Change, Column, Schema, Step, StoreMap, Table
    from upheld.stores.sql.erasing.eraser import Eraser
    from upheld.stores.sql.finding.rows import Selector

_SHORTEST_UNIQUE = 24
_STRUCTURED = frozenset({"json", "jsonb"})


@dataclass(frozen=True, slots=True)
class Objection:
    """What stands against a step if any of these rows are there; `words` says it of how many."""

    collection: Collection
    rows: Truth
    words: Callable[[int], str]


def however_many(words: str) -> Callable[[int], str]:
    """Return words that say nothing of how many rows there are."""
    return lambda _: words


def standing(
    connection: sa.Connection, selector: Selector, objections: Iterable[str | Objection]
) -> Iterator[str]:
    """Yield in words what does stand against a step; all rows are counted in one statement."""
    every = list(objections)
    asked = [(each.collection, each.rows) for each in every if isinstance(each, Objection)]
    found = iter(counts(connection, selector, asked))
    for each in every:
        if isinstance(each, str):
            yield each
        elif rows := next(found):
            yield each.words(rows)


def refusals(schema: Schema, erasers: Sequence[Eraser]) -> Iterator[str | Objection]:
    """Yield what would refuse a step: constraints in the catalogue, and other people's rows."""
    for eraser in erasers:
        shape = schema.tables[eraser.collection.name]
        yield from _fields(schema, shape, eraser)
        yield from _people(eraser)
        yield from _dates(shape, eraser)


def impossible(schema: Schema, erasers: Sequence[Eraser]) -> list[str]:
    """Say what cannot be asked of any row: a field is compared with nothing it does not take."""
    every = (_fields(schema, schema.tables[each.collection.name], each) for each in erasers)
    return [each for fields in every for each in fields if isinstance(each, str)]


def rehearsal_needed(mapped: StoreMap, schema: Schema, step: Step) -> bool:
    """Say whether the catalogue alone cannot tell that a step will pass."""
    if "triggers" in schema.beside:  # that this role is not shown
        return True
    for erasure in step.erasures:
        shape = schema.tables[erasure.collection]
        collection = mapped.collection(erasure.collection)
        if shape.checks or shape.triggers or unmapped_heirs(mapped, shape):
            return True
        if any(_may_grow(shape, each) or _may_clash(shape, each) for each in erasure.changes):
            return True
        if erasure.delete and collection and list(inbound(mapped, schema, step, collection)):
            return True
    return False


def _may_grow(shape: Table, change: Change) -> bool:
    """Say whether a text may be longer without the names in it than its column holds."""
    column = shape.column(change.field)
    return change.act is Act.REDACT and column is not None and column.length is not None


def _may_clash(shape: Table, change: Change) -> bool:
    """Say whether a change may make two rows alike to a unique index.

    A replacement is like no other, and NULL neither, as long as it is minded whole; a number has
    only so many digits, and what is made coarser or redacted becomes like others.
    """
    column = shape.column(change.field)
    unique = {*shape.partly, *(name for each in shape.unique for name in each)}
    computed = {each.name for each in shape.columns if each.generated} - {*shape.key}
    if computed & unique or holder(change.field) in shape.partly:
        return True
    number = column is not None and column.type is Type.NUMBER
    whole = change.act is Act.BLANK or (change.act is Act.REPLACE and not number)
    return change.field in unique and not whole


def inbound(
    mapped: StoreMap, schema: Schema, step: Step, going: Collection
) -> Iterator[tuple[Collection, Reference]]:
    """Yield foreign keys from rows that may stay and point at rows that go.

    A collection that is itself deleted whole along this very foreign key cannot be left behind.
    """
    for name, shape in schema.tables.items():
        for reference in shape.references:
            if reference.to == going.name and not _goes_too(mapped, step, name, reference):
                yield _pointing(shape, reference), reference


def _goes_too(mapped: StoreMap, step: Step, name: str, reference: Reference) -> bool:
    child, parent = mapped.collection(name), mapped.collection(reference.to)
    whole = any(
        erasure.collection == name and erasure.delete and not erasure.hold
        for erasure in step.erasures
        if erasure.bond is Bond.ABOUT
    )
    along = child is not None and any(
        isinstance(way, Follow) and way.columns == reference.columns and way.bond is Bond.ABOUT
        for way in child.ways
    )
    own = parent is not None and all(way.bond is not Bond.SHARED for way in parent.ways)
    return whole and along and own and name != reference.to


def _pointing(shape: Table, reference: Reference) -> Collection:
    return Collection(
        name=shape.name,
        key=shape.key or reference.columns,
        ways=(Follow(reference.columns, reference.to, reference.onto, Bond.MENTIONS),),
        places=(),
        delete=False,
        keep=None,
        person=False,
        personal=False,
        line=0,
    )


def _fields(schema: Schema, shape: Table, eraser: Eraser) -> Iterator[str | Objection]:
    for change in eraser.erasure.changes:
        column = shape.column(change.field)
        where = f"`{eraser.selector.mapped.name}.{shape.name}.{change.field}`"
        if column is None:
            yield f"{where} is no longer there; run `upheld map check`"
        elif words := _impossible(schema, shape, change, column) or _linked(schema, shape, change):
            yield f"{where} {words}"
        elif change.act is Act.ANONYMISE:
            rows = eraser.no_dates(change.field)
            yield Objection(eraser.collection, rows, partial(_no_date, where))
        others = eraser.erasure.changes if column and column.path else ()
        if others and not any(_covers(shape, each, change) for each in others):
            yield from _in_json(eraser, change, where)


def _in_json(eraser: Eraser, change: Change, where: str) -> Iterator[Objection]:
    for wrong, words in ((Doubled, _doubled), (Misshapen, _misshapen)):
        if (rows := eraser.in_json(change, wrong)) is not None:
            yield Objection(eraser.collection, rows, partial(words, where))


def _covers(shape: Table, other: Change, change: Change) -> bool:
    """Say whether a change takes along all that another would change in the same JSON."""
    ours, theirs = shape.column(change.field), shape.column(other.field)
    if ours is None or theirs is None or holder(change.field) != holder(other.field):
        return False
    above = len(theirs.path) < len(ours.path) and theirs.path == ours.path[: len(theirs.path)]
    return above and other.act in {Act.BLANK, Act.REPLACE} and other.on_kept >= change.on_kept


def _no_date(where: str, rows: int) -> str:
    return (
        f"{where} holds what is no date in {rows} rows and cannot be made coarser there; "
        "write dates like 1990-05-17, or use `erase: blank` in the map"
    )


def _doubled(where: str, rows: int) -> str:
    return (
        f"{where} is there twice in the JSON of {rows} rows, and only one of them would be erased; "
        "write each name once there, or use `erase: blank` for the whole column in the map"
    )


def _misshapen(where: str, rows: int) -> str:
    return (
        f"{where} cannot be reached in the JSON of {rows} rows, and would stay there: on the way "
        "is what is no object, like a list or a text, or it is no JSON that can be read; change "
        "that, or use `erase: blank` for the whole column in the map"
    )


def _impossible(schema: Schema, shape: Table, change: Change, column: Column) -> str | None:
    found = None
    match change.act:
        case Act.BLANK if not column.nullable:
            found = "is NOT NULL and would be blanked; use `erase: replace` in the map"
        case Act.REDACT if column.declared in _STRUCTURED:
            found = "is JSON and cannot be redacted as a text; map the paths in it, or blank it"
        case Act.REDACT if unredactable(column, schema.dialect):
            found = "is no text and cannot be redacted; use `erase: blank` in the map"
        case Act.REPLACE if irreplaceable(column, schema.dialect):
            found = (
                f"is of type {column.declared}, which no replacement fits; blank it, or leave it"
            )
        case Act.ANONYMISE if column.type not in {Type.DATE, Type.TEXT}:
            found = "is no date and cannot be made coarser; use `erase: blank` in the map"
        case Act.REPLACE if column.type is Type.DATE:
            found = "is a date and cannot be replaced by a word; use `erase: anonymise` in the map"
        case Act.REPLACE if _too_short(shape, change.field):
            found = (
                f"is UNIQUE and too short for a replacement of {_SHORTEST_UNIQUE} characters; "
                "use `erase: blank` or delete the row"
            )
        case _:
            pass
    return found


def _linked(schema: Schema, shape: Table, change: Change) -> str | None:
    """Say why a field cannot be changed that rows are joined by."""
    if change.act is not Act.BLANK and any(change.field in r.columns for r in shape.references):
        return "points at another row, and would point nowhere; use `erase: blank` or `leave`"
    if change.field in schema.pointed_at.get(shape.name, ()):
        return "is what other rows point at; use `erase: leave`, or delete the row"
    return None


def _too_short(shape: Table, name: str) -> bool:
    column = shape.column(name)
    length = column.length if column else None
    short = length is not None and length < _SHORTEST_UNIQUE
    return short and any(name in unique for unique in shape.unique)


def _people(eraser: Eraser) -> Iterator[Objection]:
    name = f"{eraser.selector.mapped.name}.{eraser.collection.name}"
    if (rows := eraser.shared_unsaid()) is not None:
        yield Objection(
            eraser.collection,
            rows,
            lambda number: (
                f"{number} rows of `{name}` are also about somebody else; "
                "in the map say `is: shared` or `is: mentions` for the way that leads to them"
            ),
        )


def _dates(shape: Table, eraser: Eraser) -> Iterator[str | Objection]:
    hold = eraser.erasure.hold
    if hold is None:
        return
    name = f"{eraser.selector.mapped.name}.{shape.name}"
    column = shape.column(hold.since) if hold.since and not hold.within else None
    if column and column.type not in {Type.DATE, Type.TEXT}:
        yield f"`{name}.{column.name}` is no date, so nobody can say until when a row is kept"
    elif (rows := eraser.undated()) is not None:
        yield Objection(
            eraser.collection,
            rows,
            lambda number: (
                f"{number} rows of `{name}` have no date in `{hold.since}` that can be read; "
                "write dates like 2026-07-01, then plan again"
            ),
        )
