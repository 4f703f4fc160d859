"""When a request must be answered; pure (LAW: GDPR Art. 12(3), UK GDPR, Civ. Code 1798.130)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from upheld.calendar import months_later, rolled
from upheld.model import Regime

_CCPA_ANSWER = timedelta(days=45)


@dataclass(frozen=True, slots=True)
class Due:
    """A due date and the rule it follows."""

    on: date
    rule: str


def receipt_date(received: datetime, zone: tzinfo) -> date:
    """Return the civil date of receipt where the desk is."""
    return received.astimezone(zone).date()


def due(regime: Regime, receipt: date) -> Due:
    """Return the last day to answer.

    >>> due(Regime.CCPA, date(2026, 11, 24)).on
    datetime.date(2027, 1, 8)
    """
    match regime:
        case Regime.CCPA:
            return Due(receipt + _CCPA_ANSWER, "ccpa-45-days")
        case Regime.GDPR:
            return Due(rolled(months_later(receipt, 1)), "eu-month")
        case Regime.UK_GDPR:
            return Due(rolled(months_later(receipt, 1)), "uk-month")
        case _:
            return Due(months_later(receipt, 1), "house-month")
