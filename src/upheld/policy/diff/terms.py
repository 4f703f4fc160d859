"""Compares how long data stays, over dates on which terms differ."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from upheld.model import Kind
from upheld.policy.diff.nouns import Change, Dim, Turn
from upheld.policy.diff.words import ALL, listed, term

if TYPE_CHECKING:
    from collections.abc import Iterator

    from upheld.model import Clause, Schedule

_SINCE = tuple(
    date(year, month, day)
    for year in (2023, 2024)
    for month, day in ((1, 1), (1, 31), (2, 28), (6, 30), (8, 31), (12, 31))
)
_LEAP = date(2024, 2, 29)
_LONGEST = 7_000


def lasting(old: Clause, new: Clause) -> Iterator[Change]:
    """Yield whether a *keep* clause keeps for longer or shorter than it did, and by how much."""
    if new.kind is not Kind.KEEP or old.schedule == new.schedule:
        return
    days = _differences(old.schedule, new.schedule)
    data = "any data" if new.what == (ALL,) else f"{listed(new.what)} data"
    categories = () if new.what == (ALL,) else new.what
    terms = f"{term(new.schedule)}, before {term(old.schedule)}"
    for kind, verb, found in (
        (Turn.LENGTHENS, "longer", [each for each in days if each > 0]),
        (Turn.SHORTENS, "shorter", [-each for each in days if each < 0]),
    ):
        if found:
            words = f"`{new.id}` keeps {data} {terms}: {_amount(old, new, found)} {verb}"
            yield Change(kind, new.id, new.line, words, Dim.TERM, categories=categories)


def _differences(old: Schedule | None, new: Schedule | None) -> list[float]:
    """Return by how many days the second keeps longer, for each date; infinite without an end."""
    if old is None or new is None:
        return [float("inf") if new is None else float("-inf")]
    return [_days(new, since) - _days(old, since) for since in (*_SINCE, _LEAP)]


def _days(schedule: Schedule, since: date) -> float:
    if schedule.years + schedule.months // 12 > _LONGEST or schedule.days > _LONGEST * 365:
        return schedule.years * 365.2425 + schedule.months * 30.437 + schedule.days
    return (schedule.until(since) - since).days


def _amount(old: Clause, new: Clause, days: list[float]) -> str:
    first, second = old.schedule, new.schedule
    if first is None or second is None:
        return "endlessly" if second is None else "no longer endlessly, so"
    if first.from_year_end is second.from_year_end:
        for unit in ("years", "months", "days"):
            more = abs(getattr(second, unit) - getattr(first, unit))
            others = [each for each in ("years", "months", "days") if each != unit]
            if all(getattr(first, each) == getattr(second, each) for each in others):
                return f"{more} {unit if more != 1 else unit.removesuffix('s')}"
    low, high = int(min(days)), int(max(days))
    return f"{low} days" if low == high else f"{low} to {high} days"
