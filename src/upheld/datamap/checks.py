"""Checks of the clauses about what is held where; pure over what was seen."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from upheld.datamap import pointing, tagging
from upheld.datamap.naming import held
from upheld.datamap.ours import complete, places, theirs
from upheld.model import Finding, Judgement, Type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from upheld.model import Clause, Schema, Seen, StoreMap


def fields_classified(clause: Clause, seen: Seen) -> Finding:
    """Every field of every store has a category or is marked as not personal."""
    del clause
    return complete(seen, [w for m in seen.maps.values() for w in _unclassified(m, seen)])


def categories_listed(clause: Clause, seen: Seen) -> Finding:
    """No field holds personal data that no category of the policy names."""
    del clause
    gaps = [
        f"{name} is `unlisted`" for name, _, place in places(seen) if place.category == "unlisted"
    ]
    return complete(seen, gaps)


def notice_covers(clause: Clause, seen: Seen) -> Finding:
    """The policy names each category (and why) and source of the map, and each right in use."""
    del clause
    policy = seen.policy
    gaps = [
        f"{name}: the policy does not name {wrong}"
        for name, _, place in places(seen)
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
    return complete(seen, gaps, "by the map; what is done with data is not recorded yet")


def partners_apart(clause: Clause, seen: Seen) -> Finding:
    """Data that partners collected for themselves is in our stores and not in our use."""
    del clause
    apart = [
        (f"{m.name}.{c.name}", c) for m in seen.maps.values() for c in m.collections if theirs(c)
    ]
    if not apart:
        return Finding(Judgement.NOT_EXERCISED, ("no store holds data of a partner's own",))
    used = [
        f"{name} is a partner's own, and people are found by it; take `people` out"
        for name, each in apart
        if each.ways
    ]
    return complete(seen, used)


CHECKS = {
    **pointing.CHECKS,
    **tagging.CHECKS,
    "partners-apart": partners_apart,
    "fields-classified": fields_classified,
    "categories-listed": categories_listed,
    "notice-covers": notice_covers,
}


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
        elif collection.personal and not theirs(collection):
            covered = {column.name for p in collection.places if (column := held(table, p.name))}
            for column in table.columns:
                if column.name not in covered:
                    text = "text field " if column.type is Type.TEXT else ""
                    yield f"{mapped.name}.{name}: {text}`{column.name}` is not in the map"
    for guess in mapped.guesses:
        if not _is_theirs(mapped, guess):
            yield f"{mapped.name}: guess not decided at {guess}"


def _is_theirs(mapped: StoreMap, guess: str) -> bool:
    """Say whether a guess, `stores/crm.yaml:14 is: about?`, stands in a collection of a partner."""
    line = int(guess.partition(" ")[0].rpartition(":")[2])
    ordered = sorted(mapped.collections, key=lambda each: each.line)
    above = list(takewhile(lambda each: each.line <= line, ordered))
    return bool(above) and theirs(above[-1])
