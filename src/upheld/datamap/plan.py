"""Turns policy, map and catalogue into what an erasure does to each collection; pure."""

from __future__ import annotations

from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import TYPE_CHECKING

from upheld.errors import BadFile, did_you_mean
from upheld.model import Act, Bond, Change, Collection, Erasure, Follow, Hold, Kind, Place, Type

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from upheld.model import Policy, Regime, Schema, StoreMap, Table, Way
    from upheld.model.policy import Right

_NOTHING = frozenset({Act.LEAVE, Act.RETAIN})


def erasures(  # noqa: PLR0913 (what is kept is told by a day, and by where it is that day)
    policy: Policy,
    mapped: StoreMap,
    schema: Schema,
    *,
    clauses: tuple[str, ...],
    today: date,
    zone: str = "UTC",
) -> tuple[Erasure, ...]:
    """Return what to do in one store, in an order that no foreign key minds.

    `today` is a day in the company's `zone`, in which terms are counted. Links of mentions and
    shared rows are cut first, then children go before their parents.

    Raises:
        BadFile: a collection is kept under a clause that the policy does not have.
    """
    own: list[Erasure] = []
    others: list[Erasure] = []
    for collection in children_first(mapped, schema):
        shape = schema.tables.get(collection.name)
        hold = _hold(policy, mapped, collection, today)
        hold = replace(hold, zone=zone) if hold else None
        for erasure in _of(collection, shape, hold, clauses):
            (own if erasure.bond is Bond.ABOUT else others).append(erasure)
    return (*others, *own)


def answering(policy: Policy, right: Right, regime: Regime) -> tuple[str, ...]:
    """Return the ids of the clauses that promise a right, the most particular first."""
    clauses = policy.answering(right, regime)
    return tuple(c.id for c in sorted(clauses, key=lambda c: (len(c.regimes), c.id)))


def children_first(mapped: StoreMap, schema: Schema) -> list[Collection]:
    """Return the collections that hold people's rows, each before those it points at.

    A circle has no such order: in it only links count that somebody minds, to rows that go from
    rows that stay or that must point somewhere. A circle of these alone comes as it stands in the
    file, and the store puts off its foreign keys if it can.
    """
    found = (mapped.collection(name) for name in _ordered(mapped, schema))
    return [each for each in found if each is not None and each.ways]


def _ordered(mapped: StoreMap, schema: Schema) -> list[str]:
    """Return names of collections, children first; a firm circle as it stands in the file."""
    graph: dict[str, set[str]] = {each.name: set() for each in mapped.collections}
    binding: set[tuple[str, str]] = set()
    going = {each.name: each.delete for each in mapped.collections}
    place = {each.name: at for at, each in enumerate(mapped.collections)}
    for collection in mapped.collections:
        for target, must in _targets(collection, schema.tables.get(collection.name)):
            if target in graph and target != collection.name:
                graph[target].add(collection.name)
                # A row that goes can be cut loose first; one that stays is emptied in its turn.
                if going[target] and (must or not collection.delete):
                    binding.add((target, collection.name))
    while True:
        try:
            return list(TopologicalSorter(graph).static_order())
        except CycleError as circle:
            round_: list[str] = circle.args[1]
            links = {*pairwise(round_), *pairwise(reversed(round_))}
            there = {(a, b) for a, b in links if b in graph.get(a, ())}
        backwards = {(a, b) for a, b in there if place[a] < place[b]}
        for target, child in there - binding or backwards:
            graph[target].discard(child)


def _targets(collection: Collection, shape: Table | None) -> Iterator[tuple[str, bool]]:
    """Yield the collections that rows point at, and whether they must."""
    links = [(way.columns, way.to) for way in collection.ways if isinstance(way, Follow)]
    links += [(each.columns, each.to) for each in shape.references] if shape else []
    for columns, target in links:
        known = [shape.column(name) for name in columns] if shape else []
        yield target, not any(each and each.nullable for each in known)


def _hold(policy: Policy, mapped: StoreMap, collection: Collection, today: date) -> Hold | None:
    keep = collection.keep
    if keep is None:
        return None
    place = f"{mapped.file}:{collection.line}"
    clause = policy.clause(keep.clause)
    if clause is not None and clause.kind is Kind.KEEP and clause.schedule is None:
        raise BadFile(
            place,
            f"`{collection.name}` is kept under `{keep.clause}`, which has no term; "
            "give the clause `for` and `from`",
        )
    if clause is None or clause.kind is not Kind.KEEP or clause.schedule is None:
        kept = [each.id for each in policy.clauses if each.kind is Kind.KEEP]
        raise BadFile(
            place,
            f"`{collection.name}` is kept under `{keep.clause}`, which is no `keep` clause of the "
            f"policy{did_you_mean(keep.clause, kept)}",
        )
    parent = mapped.collection(keep.within) if keep.within else None
    since = parent.keep.since if parent and parent.keep else keep.since
    if since is None:
        raise BadFile(place, f"`{collection.name}` is kept, but no date says until when")
    return Hold(
        clause=clause.id,
        ground=clause.ground or clause.id,
        since=since,
        within=keep.within,
        oldest=clause.schedule.oldest_kept(today),
        schedule=clause.schedule,
    )


def _of(
    collection: Collection, shape: Table | None, hold: Hold | None, clauses: tuple[str, ...]
) -> Iterator[Erasure]:
    bonds = {way.bond for way in collection.ways}
    whole = tuple(_changes(collection, shape))
    yield from _parts(collection, shape, Bond.MENTIONS, clauses)
    if Bond.SHARED in bonds:
        yield Erasure(collection.name, Bond.SHARED, collection.delete, whole, hold, clauses)
        for part in _parts(collection, shape, Bond.SHARED, clauses):
            yield replace(part, hold=hold)
    if Bond.ABOUT in bonds and (whole or hold or collection.delete):
        yield Erasure(collection.name, Bond.ABOUT, collection.delete, whole, hold, clauses)


def _parts(
    collection: Collection, shape: Table | None, bond: Bond, clauses: tuple[str, ...]
) -> Iterator[Erasure]:
    """Yield what goes from rows that stay, for each way by which they lead to the person."""
    for way in collection.ways:
        if way.bond is bond and (changes := _part(collection, shape, way)):
            yield Erasure(
                collection.name,
                bond,
                delete=False,
                changes=changes,
                hold=None,
                clauses=clauses,
                way=way.columns,
            )


def _changes(collection: Collection, shape: Table | None) -> Iterator[Change]:
    """Changes to a row that is the person's own and stays, or stays for now."""
    if collection.delete and collection.keep is None:
        return
    for place in _written(collection, shape):
        if place.act not in _NOTHING:
            yield Change(place.name, place.act, on_kept=collection.keep is not None)
        elif place.act is Act.RETAIN and not collection.delete:
            yield Change(place.name, _emptying(place.name, shape))


def _part(collection: Collection, shape: Table | None, way: Way) -> tuple[Change, ...]:
    """Changes to somebody else's row: the link is cut, and what belongs to it goes."""
    kept = collection.keep is not None
    cut = frozenset(_cuttable(way, shape)) if isinstance(way, Follow) else frozenset()
    links = frozenset(way.columns) if isinstance(way, Follow) else frozenset()
    unlisted = [Place(name, None, Act.LEAVE) for name in cut if collection.place(name) is None]
    places = (*_written(collection, shape), *sorted(unlisted, key=lambda each: each.name))
    return tuple(
        Change(place.name, Act.BLANK)
        if place.name in cut
        else Change(place.name, act, on_kept=kept and act is place.act)
        for place in places
        if place.name not in collection.key
        and place.name not in links - cut
        and (act := _acted(place, shape, way)) is not None
    )


def _cuttable(way: Follow, shape: Table | None) -> list[str]:
    """Return the columns to empty so that a row no longer points at the person.

    A column that leads elsewhere too (whose branch it is, as well as whose order) stays, if it can.
    """
    shapes = [shape.column(name) for name in way.columns] if shape else []
    empty = [each.name for each in shapes if each and each.nullable]
    others = {
        name
        for reference in (shape.references if shape else ())
        if reference.columns != way.columns
        for name in reference.columns
    }
    return [name for name in empty if name not in others] or empty


def _acted(place: Place, shape: Table | None, way: Way) -> Act | None:
    """Return what happens to a field of somebody else's row; None where it stays as it is."""
    theirs = place.name in way.columns or (bool(place.of) and set(place.of) <= set(way.columns))
    if theirs:
        return place.act if place.act not in _NOTHING else _emptying(place.name, shape)
    return Act.REDACT if place.act is Act.REDACT and not place.of else None


def _written(collection: Collection, shape: Table | None) -> list[Place]:
    """Return the fields that can be written: what the database computes follows by itself."""
    computed = {each.name for each in shape.columns if each.generated} if shape else set()
    return [place for place in collection.places if place.name not in computed]


def _emptying(name: str, shape: Table | None) -> Act:
    column = shape.column(name) if shape else None
    if column is None or column.nullable:
        return Act.BLANK
    return Act.ANONYMISE if column.type is Type.DATE else Act.REPLACE
