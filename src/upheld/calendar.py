"""Date arithmetic of legal periods; pure."""

from __future__ import annotations

import calendar
from datetime import date, timedelta

_SATURDAY = 5


def months_later(start: date, months: int) -> date:
    """Return the same day number so many months later, or the last day of a shorter month.

    Source: Regulation 1182/71 Art. 3(2)(c).

    >>> months_later(date(2026, 8, 31), 1)
    datetime.date(2026, 9, 30)
    """
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(start.day, last))


def rolled(day: date) -> date:
    """Return the day itself, or the Monday after a weekend (Regulation 1182/71 Art. 3(4)).

    Public holidays are not counted yet: the date can be early by them, never late.

    >>> rolled(date(2026, 11, 28))
    datetime.date(2026, 11, 30)
    """
    while day.weekday() >= _SATURDAY:
        day += timedelta(days=1)
    return day
