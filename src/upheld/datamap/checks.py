"""Checks of the clauses about where data is; pure over what was seen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from upheld.model import Finding, Judgement, Type

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from upheld.model import Clause, Place, Schema, Seen, StoreMap

_SHOWN = 10


def fields_classified(clause: Clause, seen: Seen) -> Finding:
    """Every field of every store has a category or is marked as not personal."""
    del clause
    return _complete(seen, [w for m in seen.maps.values() for w in _unclassified(m, seen)])


def categories_listed(clause: Clause, seen: Seen) -> Finding:
    """No field holds personal data that no category of the policy names."""
    del clause
    gaps = [
        f"{mapped.name}.{collection.name}.{place.name} is `unlisted`"
        for mapped in seen.maps.values()
        for collection in mapped.collections
        for place in collection.places
        if place.category == "unlisted"
    ]
    return _complete(seen, gaps)


def notice_covers(clause: Clause, seen: Seen) -> Finding:
    """The policy names every category, source and right that is in use, and why and for whom."""
    del clause
    policy = seen.policy
    gaps = [
        f"{mapped.name}.{collection.name}.{place.name}: the policy does not name {wrong}"
        for mapped in seen.maps.values()
        for collection in mapped.collections
        for place in collection.places
        if place.category is not None
        for wrong in _undeclared(seen, place.category, place.source)
    ]
    gaps += [
        f"category `{name}` has no purpose"
        for name, declared in policy.categories.items()
        if not declared.purposes
    ]
    gaps += [
        f"{request.id} uses the right to {request.right}, which the policy does not name"
        for request in seen.requests
        if not policy.answering(request.right, request.regime)
    ]
    return _complete(seen, gaps)


def combined_classified(clause: Clause, seen: Seen) -> Finding:
    """What points at a person only together with other data has a category as well."""
    del clause
    looked, bare = 0, []
    for mapped in seen.maps.values():
        for collection in mapped.collections:
            for place in collection.places if collection.personal else ():
                if _POINTER.search(place.name):
                    looked += 1
                    at = f"{mapped.name}.{collection.name}.{place.name}"
                    bare += [] if place.category else [at]
    said = [f"{each} can be joined to a person and is marked `none`" for each in bare]
    found = _complete(seen, said)
    if found.judgement is not Judgement.UPHELD:
        return found
    if not looked:
        return Finding(Judgement.NOT_EXERCISED, ("no field looks like a token, hash or device id",))
    return Finding(Judgement.UPHELD, (f"tokens, hashes and device ids, all classified: {looked}",))


_POINTER = re.compile(
    r"(?i)(?:^|[_\W])(hash|sha\d*|md5|token|fingerprint|cookie|session|visitor|device|imei|idfa|gaid"
    r"|mac|ip|ip_?addr(ess)?|user_?agent)(?:$|[_\W]|id)"
)


def channels_tagged(clause: Clause, seen: Seen) -> Finding:
    """Every collection of personal data says by which channel it comes in."""
    del clause
    every = [
        (f"{m.name}.{c.name}", c.channels)
        for m in seen.maps.values()
        for c in m.collections
        if c.personal
    ]
    tagged = [name for name, channels in every if channels]
    if not tagged:
        words = "no collection says by which channel it comes in; write `channels` in the map"
        return Finding(Judgement.UNPROVEN, (words,))
    bare = [f"{name} names no channel" for name, channels in every if not channels]
    return _complete(seen, bare)


def channels_open(clause: Clause, seen: Seen) -> Finding:
    """What comes in by a channel nobody listed is governed all the same."""
    del clause
    unlisted = [
        (f"{m.name}.{c.name}", c)
        for m in seen.maps.values()
        for c in m.collections
        if "unlisted" in c.channels
    ]
    if not unlisted:
        return Finding(Judgement.NOT_EXERCISED, ("nothing comes in by a channel not listed",))
    skipped = [
        f"{name} comes in by an unlisted channel, and no way leads from it to a person"
        for name, each in unlisted
        if not each.ways or not any(place.category for place in each.places)
    ]
    return _complete(seen, skipped)


def category_held(clause: Clause, seen: Seen) -> Finding:
    """Fields of the categories a clause permits to collect say where they come from."""
    return _tagged(seen, lambda place: place.category in clause.scope.categories)


def source_tagged(clause: Clause, seen: Seen) -> Finding:
    """Every field from the sources a clause names is declared so; of no source, every field is."""
    sources = clause.scope.sources
    return _tagged(seen, lambda place: not sources or place.source in sources)


def _tagged(seen: Seen, ours: Callable[[Place], bool]) -> Finding:
    places = [
        (f"{mapped.name}.{collection.name}.{place.name}", place)
        for mapped in seen.maps.values()
        for collection in mapped.collections
        for place in collection.places
        if place.category is not None and ours(place)
    ]
    if not places:
        return Finding(Judgement.NOT_EXERCISED, ("unused: no field of any store is of it",))
    declared = seen.policy.categories
    wrong = [
        f"{name}: the policy declares no source `{place.source}` for `{place.category}`"
        for name, place in places
        if place.source is not None and place.category is not None and place.category in declared
        if place.source not in declared[place.category].sources
    ]
    if wrong:
        return _complete(seen, wrong)
    bare = [name for name, place in places if place.source is None]
    if bare:
        shown = ", ".join(bare[:_SHOWN])
        more = f" and {len(bare) - _SHOWN} more" if len(bare) > _SHOWN else ""
        words = f"used, but {len(bare)} of {len(places)} fields name no source: {shown}{more}"
        return Finding(Judgement.UNPROVEN, (words, "to put right: write `source` in the map"))
    return Finding(Judgement.UPHELD, (f"used: {len(places)} fields, each with its source",))


def partners_apart(clause: Clause, seen: Seen) -> Finding:
    """Data that partners collected for themselves is in our stores and not in our use."""
    del clause
    theirs = [
        (f"{m.name}.{c.name}", c)
        for m in seen.maps.values()
        for c in m.collections
        if c.controller == "partner"
    ]
    if not theirs:
        return Finding(Judgement.NOT_EXERCISED, ("no store holds data of a partner's own",))
    used = [
        f"{name} is a partner's own, and people are found by it; take `people` out"
        for name, each in theirs
        if each.ways
    ]
    return _complete(seen, used)


CHECKS = {
    "combined-classified": combined_classified,
    "channels-tagged": channels_tagged,
    "channels-open": channels_open,
    "category-held": category_held,
    "source-tagged": source_tagged,
    "partners-apart": partners_apart,
    "fields-classified": fields_classified,
    "categories-listed": categories_listed,
    "notice-covers": notice_covers,
}


def _complete(seen: Seen, gaps: list[str]) -> Finding:
    if gaps:
        more = (f"and {len(gaps) - _SHOWN} more",) if len(gaps) > _SHOWN else ()
        return Finding(Judgement.BROKEN, (*gaps[:_SHOWN], *more))
    if seen.unreachable:
        return Finding(Judgement.UNPROVEN, tuple(seen.unreachable.values()))
    if not seen.maps:
        words = "no store is mapped; run `upheld map new URL --name NAME`"
        return Finding(Judgement.UNPROVEN, (words,))
    fields = sum(len(c.places) for m in seen.maps.values() for c in m.collections)
    return Finding(Judgement.UPHELD, (f"{fields} fields in {len(seen.maps)} stores",))


def _undeclared(seen: Seen, category: str, source: str | None) -> Iterator[str]:
    declared = seen.policy.categories.get(category)
    if declared is None:
        yield f"category `{category}`"
    elif source is not None and source not in declared.sources:
        yield f"source `{source}` of `{category}`"


def _unclassified(mapped: StoreMap, seen: Seen) -> Iterator[str]:
    schema: Schema | None = seen.schemas.get(mapped.name)
    for name, table in (schema.tables if schema else {}).items():
        collection = mapped.collection(name)
        if collection is None:
            yield f"{mapped.name}.{name} is not in the map"
        elif collection.personal:
            for column in table.columns:
                if collection.place(column.name) is None:
                    text = "text field " if column.type is Type.TEXT else ""
                    yield f"{mapped.name}.{name}: {text}`{column.name}` is not in the map"
    yield from (f"{mapped.name}: guess not decided at {guess}" for guess in mapped.guesses)
