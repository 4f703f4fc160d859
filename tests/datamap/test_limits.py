"""What of a plan is more than one officer may sign alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from upheld.datamap.document import FORMAT, Plan, StorePlan, from_document, to_document
from upheld.datamap.limits import bounded, exceeding, still_covered
from upheld.model import Bond, Closure, Counted, Erasure, Outcome, Regime, Right, Step
from upheld.model.erasing import Limits

TODAY = date(2026, 7, 1)


def _plan(*counted: Counted, limits: Limits | None = None, store: str = "crm") -> Plan:
    part = StorePlan(store, "ab", "cd", (), counted, (), TODAY)
    return Plan(FORMAT, "R-1", Right.ERASE, Regime.GDPR, (), "ef", TODAY, (part,), limits)


def _rows(
    rows: int,
    collection: str = "orders",
    outcome: Outcome = Outcome.GONE,
    bond: Bond = Bond.ABOUT,
) -> Counted:
    return Counted(collection, bond, outcome, rows)


def test_a_share_above_the_limit_is_said_with_both_numbers() -> None:
    plan = _plan(_rows(400), limits=Limits(rows=10_000))
    assert exceeding(plan, {"crm": {"orders": 1_290}}) == (
        "touches 32 % of `crm.orders` (400 of about 1,290 rows), more than 10 %",
    )


@pytest.mark.parametrize("more", [4_000, 4_001])
def test_rows_in_all_stores_together_are_limited(more: int) -> None:
    parts = (
        *_plan(_rows(6_000), store="crm").stores,
        *_plan(_rows(more), store="web").stores,
    )
    plan = Plan(FORMAT, "R-1", Right.ERASE, Regime.GDPR, (), "ef", TODAY, parts, Limits())
    above = ("touches 10,001 rows in all, more than 10,000",)
    assert exceeding(plan, {}) == (above if more > 4_000 else ())


@pytest.mark.parametrize(
    ("rows", "size", "above"),
    [
        (100, 1_000, False),
        (101, 1_000, True),
        (999, 999, False),
        (1_000, 1_000, True),
        (1_000, 0, True),  # an estimate of before the rows came
        (500, 10_000, False),
    ],
)
def test_a_share_counts_from_the_very_limit_on_and_of_tables_that_are_not_small(
    rows: int, size: int, *, above: bool
) -> None:
    plan = _plan(_rows(rows), limits=Limits(rows=10_000))
    assert bool(exceeding(plan, {"crm": {"orders": size}})) is above


def test_of_a_collection_whose_size_nobody_knows_no_share_is_told() -> None:
    assert exceeding(_plan(_rows(9_000), limits=Limits()), {"web": {"orders": 9_000}}) == ()


def test_the_bonds_and_outcomes_of_a_collection_count_together() -> None:
    counted = (_rows(60), _rows(60, outcome=Outcome.BLANKED, bond=Bond.MENTIONS))
    assert len(exceeding(_plan(*counted, limits=Limits()), {"crm": {"orders": 1_000}})) == 1


@pytest.mark.parametrize("outcome", [Outcome.RETAINED, Outcome.FOUND])
def test_what_is_kept_or_only_looked_at_counts_for_nothing(outcome: Outcome) -> None:
    plan = _plan(_rows(50_000, outcome=outcome), limits=Limits())
    assert exceeding(plan, {"crm": {"orders": 50_000}}) == ()


def test_a_plan_of_before_there_were_limits_is_read_and_one_officer_signs_it() -> None:
    text = to_document(_plan(_rows(1))).decode()
    old = text.replace(',"limits":null', "").replace('"exceeds":[],', "")
    assert "limits" not in old
    assert "exceeds" not in old
    assert from_document(old.encode()).signatures == 1


def _ceilings(plan: Plan, sizes: dict[str, dict[str, int]]) -> list[int | None]:
    erasures = tuple(
        Erasure(each.collection, each.bond, True, (), None, ())  # noqa: FBT003 (it deletes)
        for part in plan.stores
        for each in part.counted
    )
    part = replace(plan.stores[0], erasures=erasures)
    made = bounded(replace(plan, stores=(part,)), sizes)
    return [each.ceiling for each in made.stores[0].erasures]


@pytest.mark.parametrize(
    ("rows", "limits", "size", "ceiling"),
    [
        (7, Limits(), 100, 32),
        (400, Limits(), 100_000, 440),
        (9_990, Limits(), 1_000_000, 10_000),
        (95, Limits(), 1_000, 100),
        (101, Limits(), 1_000, 126),  # two officers sign
        (9_990, Limits(rows=10), 1_000_000, 10_989),
    ],
)
def test_growth_stays_below_what_its_signatures_cover(
    rows: int, limits: Limits, size: int, ceiling: int
) -> None:
    plan = _plan(_rows(rows), limits=limits)
    assert _ceilings(plan, {"crm": {"orders": size}}) == [ceiling]


def test_the_ceilings_of_one_collection_share_what_may_still_be_signed() -> None:
    plan = _plan(_rows(40), _rows(51, bond=Bond.MENTIONS), limits=Limits())
    assert _ceilings(plan, {"crm": {"orders": 1_000}}) == [44, 55]


def test_what_was_done_before_is_taken_from_what_is_covered() -> None:
    plan = _plan(_rows(7), limits=Limits(rows=20))
    erasure = Erasure("orders", Bond.ABOUT, True, (), None, (), ceiling=18)  # noqa: FBT003 (it deletes)
    step = Step("R-1/crm", Right.ERASE, Closure({}, {}), (erasure,), b"", TODAY)
    done = {"R-1/crm": (_rows(7), _rows(3, outcome=Outcome.RETAINED)), "R-1/web": (_rows(4),)}
    again = still_covered(step, plan, done)
    assert (again.ceiling, again.erasures[0].ceiling) == (9, 11)
    two = replace(plan, exceeds=("touches more",))
    assert still_covered(step, two, done).ceiling is None
