"""Checks of the clauses about where data is; pure over what was seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upheld.model import Finding, Judgement, Type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from upheld.model import Clause, Schema, Seen, StoreMap

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


CHECKS = {
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
