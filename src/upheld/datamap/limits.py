"""Says how many rows the signatures of a plan cover, and what takes two of them; pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from upheld.model import Outcome
from upheld.model.erasing import Limits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from upheld.datamap.document import Plan, StorePlan
    from upheld.model import Bond, Counted, Erasure, Step

_ROOM = 25
"""Rows that may join a collection between plan and apply, or a tenth of it if that is more."""


def bounded(plan: Plan, sizes: Mapping[str, Mapping[str, int]]) -> Plan:
    """Return a plan with what exceeds its limits, and with a ceiling for each of its erasures.

    Where one officer signs alone, rows that arrive later may not lead above the limits either.
    """
    whole = replace(plan, exceeds=exceeding(plan, sizes))
    parts = (_bounded(whole, part, sizes.get(part.store, {})) for part in whole.stores)
    return replace(whole, stores=tuple(parts))


def still_covered(this: Step, plan: Plan, done: Mapping[str, Iterable[Counted]]) -> Step:
    """Return a step that touches no more rows than its signatures cover after what was done.

    `done` is what receipts under this plan say, by step: all rounds of it count.
    """
    mine = _rows(done.get(this.id, ()))
    erasures = tuple(
        each
        if each.ceiling is None
        else replace(each, ceiling=max(0, each.ceiling - mine[each.collection, each.bond]))
        for each in this.erasures
    )
    if plan.limits is None or plan.exceeds:
        return replace(this, erasures=erasures)
    whole = sum(_rows(counted).total() for counted in done.values())
    return replace(this, erasures=erasures, ceiling=max(0, plan.limits.rows - whole))


def over(this: Step, store: str, counted: Iterable[Counted]) -> Iterator[str]:
    """Say where there are more rows by now than a step may touch."""
    rows = _rows(counted)
    for each in this.erasures:
        if each.ceiling is not None and rows[each.collection, each.bond] > each.ceiling:
            yield f"more rows in `{store}.{each.collection}` than the plan allows; plan again"
    if this.ceiling is not None and rows.total() > this.ceiling:
        yield f"more rows in `{store}` than were signed for; plan again"


def _bounded(plan: Plan, part: StorePlan, sizes: Mapping[str, int]) -> StorePlan:
    rows = _rows(part.counted)
    erasures = []
    for each in part.erasures:
        mine = rows[each.collection, each.bond]
        room = max(_ROOM, mine // 10)
        if not plan.exceeds:
            room = min(room, *_alone(plan, part, each, sizes))
        erasures.append(replace(each, ceiling=mine + room))
    return replace(part, erasures=tuple(erasures))


def _alone(
    plan: Plan, part: StorePlan, erasure: Erasure, sizes: Mapping[str, int]
) -> Iterator[int]:
    """Yield how many rows more one officer may sign alone: in all, and of a collection's share."""
    limits, name = plan.limits or Limits(), erasure.collection
    yield limits.rows - sum(_touched(each).total() for each in plan.stores)
    rows = _touched(part)[name]
    size = max(rows, sizes.get(name, 0))
    if name in sizes and size >= limits.small:
        among = sum(each.collection == name for each in part.erasures)
        yield (limits.share * size // 100 - rows) // among
    else:
        yield limits.rows


def exceeding(plan: Plan, sizes: Mapping[str, Mapping[str, int]]) -> tuple[str, ...]:
    """Return what exceeds the plan's limits, in words: in all, then of single collections.

    `sizes` are the rows of collections, by store; of one that is missing no share can be told.
    """
    limits = plan.limits or Limits()
    return (*_in_all(plan, limits), *_of_collections(plan, limits, sizes))


def _in_all(plan: Plan, limits: Limits) -> Iterator[str]:
    rows = sum(_touched(part).total() for part in plan.stores)
    if rows > limits.rows:
        yield f"touches {rows:,} rows in all, more than {limits.rows:,}"


def _of_collections(
    plan: Plan, limits: Limits, sizes: Mapping[str, Mapping[str, int]]
) -> Iterator[str]:
    for part in plan.stores:
        for name, rows in _touched(part).items():
            size = max(rows, sizes.get(part.store, {}).get(name, 0))
            known = name in sizes.get(part.store, {})
            if known and size >= limits.small and rows * 100 > limits.share * size:
                yield (
                    f"touches {-(-rows * 100 // size)} % of `{part.store}.{name}` "
                    f"({rows:,} of about {size:,} rows), more than {limits.share} %"
                )


def _touched(part: StorePlan) -> Counter[str]:
    """Count rows that go or are changed, by collection."""
    rows: Counter[str] = Counter()
    for (collection, _), number in _rows(part.counted).items():
        rows[collection] += number
    return rows


def _rows(counted: Iterable[Counted]) -> Counter[tuple[str, Bond]]:
    """Count rows that go or are changed, by collection and bond."""
    rows: Counter[tuple[str, Bond]] = Counter()
    for each in counted:
        if each.outcome not in {Outcome.RETAINED, Outcome.FOUND}:
            rows[each.collection, each.bond] += each.rows
    return rows
