"""When a request must be answered."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upheld.calendar import months_later, rolled
from upheld.desk.clocks import due, receipt_date
from upheld.model import Regime

VECTORS = Path(__file__).parents[3] / "shared" / "vectors" / "deadlines.json"
DAYS = st.dates(date(2000, 1, 1), date(2100, 1, 1))


@pytest.mark.parametrize(
    ("start", "end"),
    [
        # The first two are the examples of EDPB Guidelines 01/2022.
        (date(2026, 3, 5), date(2026, 4, 5)),
        (date(2026, 8, 31), date(2026, 9, 30)),
        (date(2027, 1, 31), date(2027, 2, 28)),
        (date(2028, 1, 31), date(2028, 2, 29)),
        (date(2026, 12, 31), date(2027, 1, 31)),
    ],
)
def test_a_month_ends_on_the_same_day_number_or_the_last_day(start: date, end: date) -> None:
    assert months_later(start, 1) == end


@given(DAYS, st.integers(0, 48))
def test_so_many_months_later_is_in_that_month_and_never_past_the_day(
    start: date, months: int
) -> None:
    end = months_later(start, months)
    assert (end.year * 12 + end.month) - (start.year * 12 + start.month) == months
    assert end.day <= start.day


@given(DAYS)
def test_a_rolled_day_is_a_working_day_at_most_two_days_on(day: date) -> None:
    assert rolled(day).weekday() < 5
    assert timedelta(0) <= rolled(day) - day <= timedelta(2)


def test_california_counts_days_and_never_rolls() -> None:
    saturday = date(2026, 11, 28)
    assert due(Regime.CCPA, saturday - timedelta(45)).on == saturday


@pytest.mark.parametrize("regime", [Regime.GDPR, Regime.UK_GDPR])
def test_europe_and_britain_roll_a_weekend_to_monday(regime: Regime) -> None:
    assert due(regime, date(2026, 10, 28)).on == date(2026, 11, 30)


def test_the_house_rule_is_a_month_without_rolling() -> None:
    assert due(Regime.NONE, date(2026, 10, 28)).on == date(2026, 11, 28)


def test_the_day_of_receipt_is_that_of_the_desk() -> None:
    instant = datetime.fromisoformat("2026-06-09T23:30:00-07:00")
    assert receipt_date(instant, ZoneInfo("Europe/Berlin")) == date(2026, 6, 10)


@pytest.mark.skipif(
    not VECTORS.is_file(), reason="the published vectors are not beside the project"
)
def test_no_due_date_is_later_than_that_of_the_vectors() -> None:
    """Public holidays are not counted yet: our date can be early by them, never late."""
    compared = 0
    for case in json.loads(VECTORS.read_text("utf-8"))["cases"]:
        plain = case["ask"] == "respond_by" and not case["events"] and case["due"]
        if not plain or case["regime"] not in set(Regime):
            continue
        received = datetime.fromisoformat(case["received_at"])
        ours = due(Regime(case["regime"]), receipt_date(received, ZoneInfo(case["tz"]))).on
        theirs = date.fromisoformat(case["due"])
        assert ours <= theirs, case["id"]
        assert theirs - ours <= timedelta(5), case["id"]
        compared += 1
    assert compared >= 5
