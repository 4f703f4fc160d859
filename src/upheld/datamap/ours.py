"""What of the map our promises are about, and the finding over it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upheld.model import Finding, Judgement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from upheld.model import Collection, Place, Seen, StoreMap

SHOWN = 10
"""Gaps that a finding names; of the rest it says how many."""


def collections(seen: Seen) -> Iterator[tuple[StoreMap, Collection]]:
    """Yield every collection of every store, but for those that are a partner's own."""
    for mapped in seen.maps.values():
        for collection in mapped.collections:
            if not theirs(collection):
                yield mapped, collection


def places(seen: Seen) -> Iterator[tuple[str, Collection, Place]]:
    """Yield every field of ours as `store.collection.field`, with its collection."""
    for mapped, collection in collections(seen):
        for place in collection.places:
            yield f"{mapped.name}.{collection.name}.{place.name}", collection, place


def theirs(collection: Collection) -> bool:
    """Say whether a collection holds what partners collected for themselves."""
    return collection.controller == "partner"


def complete(seen: Seen, gaps: list[str], *said: str) -> Finding:
    """Return broken by the gaps; without any, upheld if every store was looked at."""
    if gaps:
        more = (f"and {len(gaps) - SHOWN} more",) if len(gaps) > SHOWN else ()
        return Finding(Judgement.BROKEN, (*gaps[:SHOWN], *more))
    if seen.unreachable:
        return Finding(Judgement.UNPROVEN, tuple(seen.unreachable.values()))
    if not seen.maps:
        words = "no store is mapped; run `upheld map new URL --name NAME`"
        return Finding(Judgement.UNPROVEN, (words,))
    fields = sum(1 for _ in places(seen))
    apart = sum(theirs(each) for mapped in seen.maps.values() for each in mapped.collections)
    left_out = (f"left out as a partner's own: {apart} collections",) if apart else ()
    words = f"{fields} fields in {len(seen.maps)} stores"
    return Finding(Judgement.UPHELD, (words, *said, *left_out))
