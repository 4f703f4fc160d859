"""Says what of a plan is more than one officer may sign alone; pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from upheld.model import Outcome
from upheld.model.erasing import Limits

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from upheld.datamap.document import Plan, StorePlan


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
    for each in part.counted:
        if each.outcome not in {Outcome.RETAINED, Outcome.FOUND}:
            rows[each.collection] += each.rows
    return rows
