"""Checks of the clauses about where data comes from and by which channel; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upheld.datamap.ours import SHOWN, collections, complete, places
from upheld.model import Finding, Judgement

if TYPE_CHECKING:
    from collections.abc import Callable

    from upheld.model import Clause, Collection, Place, Seen

    Field = tuple[str, Collection, Place]

_BY_FORM = frozenset({"web-form", "survey"})
"""The channels by which a form or a survey comes in."""


def channels_tagged(clause: Clause, seen: Seen) -> Finding:
    """Every collection of personal data says by which channel it comes in."""
    del clause
    every = [(f"{m.name}.{c.name}", c.channels) for m, c in collections(seen) if c.personal]
    tagged = [name for name, channels in every if channels]
    if not tagged:
        words = "no collection says by which channel it comes in; write `channels` in the map"
        return Finding(Judgement.UNPROVEN, (words,))
    bare = [f"{name} names no channel" for name, channels in every if not channels]
    return complete(seen, bare)


def channels_open(clause: Clause, seen: Seen) -> Finding:
    """What comes in by a channel nobody listed is governed all the same."""
    del clause
    unlisted = [(f"{m.name}.{c.name}", c) for m, c in collections(seen) if "unlisted" in c.channels]
    if not unlisted:
        return Finding(Judgement.NOT_EXERCISED, ("nothing comes in by a channel not listed",))
    skipped = [
        f"{name} comes in by an unlisted channel, and no way leads from it to a person"
        for name, each in unlisted
        if not each.ways or not any(place.category for place in each.places)
    ]
    return complete(seen, skipped)


def category_held(clause: Clause, seen: Seen) -> Finding:
    """Fields of the categories a clause permits to collect have their source and their channel."""
    ours = _held(seen, lambda place: place.category in clause.scope.categories)
    found = _tagged(seen, ours)
    return found if found.judgement is not Judgement.UPHELD else _channelled(seen, ours, found)


def source_tagged(clause: Clause, seen: Seen) -> Finding:
    """Fields of the sources a clause names are declared so, forms come by a form; else, all are."""
    sources = clause.scope.sources
    ours = _held(seen, lambda place: not sources or place.source in sources)
    found = _tagged(seen, ours)
    forms = [each for each in ours if sources and each[2].source == "direct-forms"]
    if found.judgement is not Judgement.UPHELD or not forms:
        return found
    return _channelled(seen, forms, found, _BY_FORM)


CHECKS = {
    "channels-tagged": channels_tagged,
    "channels-open": channels_open,
    "category-held": category_held,
    "source-tagged": source_tagged,
}


def _held(seen: Seen, wanted: Callable[[Place], bool]) -> list[Field]:
    return [each for each in places(seen) if each[2].category is not None and wanted(each[2])]


def _tagged(seen: Seen, ours: list[Field]) -> Finding:
    if not ours:
        return Finding(Judgement.NOT_EXERCISED, ("unused: no field of any store is of it",))
    declared = seen.policy.categories
    wrong = [
        f"{name}: the policy declares no source `{place.source}` for `{place.category}`"
        for name, _, place in ours
        if place.source is not None and place.category is not None and place.category in declared
        if place.source not in declared[place.category].sources
    ]
    if wrong:
        return complete(seen, wrong)
    if bare := [name for name, _, place in ours if place.source is None]:
        words = f"used, but {len(bare)} of {len(ours)} fields name no source: {_some(bare)}"
        return Finding(Judgement.UNPROVEN, (words, "to put right: write `source` in the map"))
    return Finding(Judgement.UPHELD, (f"used: {len(ours)} fields, each with its source",))


def _channelled(
    seen: Seen, ours: list[Field], found: Finding, by: frozenset[str] = frozenset()
) -> Finding:
    """Return what was found if each field comes in by a channel, and by one of these if any."""
    wrong = [
        f"{name} is from a form or a survey, and comes in by {' and '.join(each.channels)}"
        for name, each, _ in ours
        if by and each.channels and by.isdisjoint(each.channels)
    ]
    if wrong:
        return complete(seen, wrong)
    if bare := [name for name, each, _ in ours if not each.channels]:
        words = f"used, but {len(bare)} of {len(ours)} fields name no channel: {_some(bare)}"
        return Finding(Judgement.UNPROVEN, (words, "to put right: write `channels` in the map"))
    return Finding(Judgement.UPHELD, (*found.evidence, "each comes in by a channel that is named"))


def _some(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"{', '.join(names[:SHOWN])}{more}"
