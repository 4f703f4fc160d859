"""Says what Upheld needs of a database by the map, and compares it with what a login holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from upheld.model import STEPS, Act, Bond, Dialect, Follow, Probe, Safeguard
from upheld.stores.sql.columns import holder
from upheld.stores.sql.erasing.holding import rippling
from upheld.stores.sql.fitting import whole

if TYPE_CHECKING:
    from collections.abc import Collection as Many
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from upheld.model import Collection, Reference, Schema, StoreMap, Way

_UNTOUCHED = frozenset({Act.LEAVE, Act.RETAIN})
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Need:
    """What Upheld needs of one collection beside SELECT: UPDATE of columns, DELETE."""

    collection: str
    update: tuple[str, ...]
    delete: bool


class Held(NamedTuple):
    """A privilege that a login has or can take up; `table` None: on more than one table."""

    privilege: str
    table: str | None
    column: str | None = None
    owned: bool = False


RECORDING = (Held("SELECT", STEPS), Held("INSERT", STEPS), Held("UPDATE", STEPS))
"""What recording needs, where the owner made the table of steps: to read it, and to add to it."""


@dataclass(frozen=True, slots=True)
class Rights:
    """What a login may do, also by a role it can take up.

    `wider` is what Upheld never needs; `lacking` what it needs beyond tables, and the login has
    not; `besides` says of what is needed, and shows more than the map names, what that is. With
    `searches`, its owner let it read every table, for deep look-backs.
    """

    held: tuple[Held, ...]
    wider: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()
    besides: tuple[str, ...] = ()
    searches: bool = False


def needs(mapped: StoreMap, schema: Schema | None = None) -> tuple[Need, ...]:
    """Return what an erasure can come to do, whatever the policy says.

    Every mapped collection is read, also one that is not personal: its rows may point at rows that
    go. What `upheld.datamap.plan` can plan is within this, and this has nothing that it cannot.
    Only a catalogue tells which foreign keys must be emptied first, since they run in a circle.
    """
    going = frozenset(each.name for each in mapped.collections if _deleted(each))
    schema = whole(mapped, schema) if schema else None
    return tuple(
        Need(
            each.name,
            tuple(
                dict.fromkeys((*map(holder, _updated(each)), *_loosened(each.name, going, schema)))
                or _locked(each, going, schema)
            ),
            each.name in going,
        )
        for each in mapped.collections
    )


def compared(mapped: StoreMap, rights: Rights, schema: Schema | None = None) -> Probe:
    """Compare what a login holds with what the map needs.

    More than is needed breaks least privilege. Less does not; it is said, since Upheld will fail.
    """
    needed = {need.collection: need for need in needs(mapped, schema)}
    much = list(dict.fromkeys(rights.wider))
    ours = () if schema and STEPS in schema.tables else RECORDING
    held = (each for each in rights.held if each not in ours)
    much += _by_table(each for each in held if not _needed(each, needed, rights))
    little = _by_table(
        each for need in needed.values() for each in _wanted(need) if not _has(each, rights.held)
    )
    if schema and schema.records:
        little += _by_table(each for each in RECORDING if not _has(each, rights.held))
    little += rights.lacking
    told = f"`upheld grants {mapped.name}`"
    if much:
        remedy = f"revoke that, or log in by a role that {told} makes"
        words = f"it may do more than the map needs: {_listed(much)}; {remedy}"
        return Probe(Safeguard.LEAST_PRIVILEGE, held=False, words=words)
    besides = "".join(f"; {each}" for each in (*rights.besides, *_reads_all(rights)))
    short = f"; for an erasure it lacks {_listed(little)}, see {told}" if little else ""
    words = f"it may do no more than Upheld needs{besides}{short}"
    return Probe(Safeguard.LEAST_PRIVILEGE, held=True, words=words)


def _reads_all(rights: Rights) -> Iterator[str]:
    if rights.searches:
        yield "it reads every table, mapped or not, which a deep look-back alone needs"


def _needed(held: Held, needed: Mapping[str, Need], rights: Rights) -> bool:
    if held.owned or held.table is None:  # both are said elsewhere
        return True
    need = needed.get(held.table)
    if need is None:
        return held.privilege == "SELECT" and rights.searches
    match held.privilege:
        case "SELECT":
            return True
        case "UPDATE":
            return held.column in need.update
        case "DELETE":
            return need.delete
        case _:
            return False


def _wanted(need: Need) -> Iterator[Held]:
    yield Held("SELECT", need.collection)
    yield from (Held("UPDATE", need.collection, column) for column in need.update)
    if need.delete:
        yield Held("DELETE", need.collection)


def _has(wanted: Held, held: Iterable[Held]) -> bool:
    """Say whether something held covers what is wanted; SELECT of some columns is taken for it."""
    return any(
        each.privilege in {wanted.privilege, "ALL PRIVILEGES"}
        and each.table in {wanted.table, None}
        and (each.column in {wanted.column, None} or wanted.column is None)
        for each in held
    )


def _by_table(held: Iterable[Held]) -> list[str]:
    tables: dict[str, list[str]] = {}
    for each in held:
        part = f" (`{each.column}`)" if each.column else ""
        tables.setdefault(each.table or "", []).append(f"{each.privilege}{part}")
    return [f"{', '.join(privileges)} on `{table}`" for table, privileges in tables.items()]


def _listed(words: Sequence[str]) -> str:
    more = f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else ""
    return "; ".join(words[:_SHOWN]) + more


def _loosened(name: str, going: Many[str], schema: Schema | None) -> Iterator[str]:
    """Yield the columns that `erasing.cycles` may have to empty in rows that go."""
    shape = schema.tables.get(name) if schema and name in going else None
    if schema is None or shape is None:
        return
    for each in shape.references:
        known = [shape.column(column) for column in each.columns]
        empty = [column.name for column in known if column and column.nullable]
        if empty and _in_circle(name, each, going, schema):
            yield empty[0]


def _locked(collection: Collection, going: Many[str], schema: Schema | None) -> Iterator[str]:
    """Yield a column that is never changed: PostgreSQL locks no row of which none may be."""
    if schema is None or schema.dialect is not Dialect.POSTGRESQL or collection.name not in going:
        return
    if collection.name in rippling(schema):
        yield holder(collection.key[0])


def _in_circle(name: str, reference: Reference, going: Many[str], schema: Schema) -> bool:
    """Say whether a foreign key leads, from table to table of rows that go, to where it is."""
    if reference.to == name:
        return schema.dialect is Dialect.MARIADB or reference.on_delete == "restrict"
    reached, further = set[str](), [reference.to]
    while further:
        table = further.pop()
        if table in going and table in schema.tables and table not in reached:
            reached.add(table)
            further += [each.to for each in schema.tables[table].references]
    return name in reached


def _deleted(collection: Collection) -> bool:
    bonds = {way.bond for way in collection.ways}
    return collection.delete and bool(bonds - {Bond.MENTIONS})


def _updated(collection: Collection) -> Iterator[str]:
    """Yield the fields that an erasure can write: of a row that stays, and of somebody else's."""
    bonds = {way.bond for way in collection.ways}
    if bonds - {Bond.MENTIONS} and (collection.keep or not collection.delete):
        yield from (each.name for each in collection.places if each.act not in _UNTOUCHED)
    if bonds - {Bond.MENTIONS} and not collection.delete:
        yield from (each.name for each in collection.places if each.act is Act.RETAIN)
    for way in collection.ways:
        if way.bond is not Bond.ABOUT:
            yield from _cut(collection, way)


def _cut(collection: Collection, way: Way) -> Iterator[str]:
    """Yield the fields of a row that stays by which it leads to the person, or that are theirs."""
    if isinstance(way, Follow):
        yield from (name for name in way.columns if name not in collection.key)
    for place in collection.places:
        if place.name in collection.key or (place.name in way.columns and isinstance(way, Follow)):
            continue
        theirs = place.name in way.columns or (place.of and set(place.of) <= set(way.columns))
        if theirs or (place.act is Act.REDACT and not place.of):
            yield place.name
