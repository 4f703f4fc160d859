"""Conditions as sets of cases, held to the slow meaning of a condition."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.policy.rules import rules
from tests.spec.relations import Relation, relation
from upheld.data import facts
from upheld.model import FactType, Points, Rule
from upheld.policy.conditions import parse_condition
from upheld.policy.diff.cases import MOST_CASES, Cases, Condition
from upheld.policy.diff.where import regions_in, where
from upheld.policy.logic import MOST_WORLDS, value

if TYPE_CHECKING:
    from upheld.policy.logic import Said

RELATIONS = {
    (False, False): Relation.SAME,
    (False, True): Relation.WIDER,
    (True, False): Relation.NARROWER,
    (True, True): Relation.OTHER,
}


def cases_of(*rules: Rule) -> Cases:
    found = Cases.of((Condition(rule) for rule in rules), facts())
    assert found is not None
    return found


def world(cases: Cases, at: int) -> dict[str, Said]:
    """Return what is said of each fact in one case."""
    found: dict[str, Said] = {}
    for name, choices in cases.choices.items():
        at, mine = divmod(at, len(choices))
        said = choices[mine]
        if said is not None:
            dated = cases.facts[name].type is FactType.DATE
            found[name] = date.fromordinal(said) if dated and isinstance(said, int) else said
    return found


@given(rules, st.data())
def test_a_rule_is_true_in_the_cases_in_which_its_meaning_is(
    rule: Rule, data: st.DataObject
) -> None:
    cases = cases_of(rule)
    true, false = cases.true_false(rule)
    at = data.draw(st.integers(0, cases.size - 1))
    expected = value(rule, world(cases, at), {})
    assert (bool(true >> at & 1), bool(false >> at & 1)) == (expected is True, expected is False)


@given(rules, rules)
def test_two_rules_stand_to_each_other_as_the_slow_judge_says(one: Rule, other: Rule) -> None:
    cases = cases_of(one, other)
    assume(cases.size <= MOST_WORLDS // 50)
    was, now = (cases.holding(Condition(rule)) for rule in (one, other))
    found = RELATIONS[bool(was & ~now), bool(now & ~was)]
    assert found is relation(one, other, facts())


@given(rules, rules, st.booleans(), st.data())
def test_a_clause_holds_as_the_specification_says(
    when: Rule,
    unless: Rule,
    closed: bool,  # noqa: FBT001 (hypothesis draws it)
    data: st.DataObject,
) -> None:
    condition = Condition(when, unless, closed)
    cases = Cases.of([condition], facts())
    assert cases is not None
    at = data.draw(st.integers(0, cases.size - 1))
    here = world(cases, at)
    called = value(when, here, {})
    expected = (called is True or (called is None and closed)) and value(
        unless, here, {}
    ) is not True
    assert bool(cases.holding(condition) >> at & 1) is expected


def said(text: str) -> str | None:
    rule = parse_condition(text, facts(), ())
    cases = cases_of(rule)
    return where(cases, cases.holding(Condition(rule)))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("consented", "where `consented` is yes"),
        ("not contract", "where `contract` is no"),
        ("contract is unknown", "where `contract` is unknown"),
        ("region in [EEA, UK]", "where `region` is EEA or UK"),
        ("region not in [EEA, UK]", "where `region` is not EEA or UK but known"),
        ("region is not EEA or region is unknown", "where `region` is not EEA"),
        ("region is known", "where `region` is known"),
        ("age >= 16", "where `age` is at least 16"),
        ("age < 16", "where `age` is at most 15"),
        ("age is 16", "where `age` is 16"),
        ("age >= 13 and age < 16", "where `age` is 13 to 15"),
        ("age is known", "where `age` is known"),
        ("age < 13 or age >= 16", "where `age` is at most 12 or at least 16"),
        ("consent_at >= 2026-01-01", "where `consent_at` is at least 2026-01-01"),
        ("consented or objected", "where `consented` is yes, or where `objected` is yes"),
        ("consented and age is unknown", "where `age` is unknown and `consented` is yes"),
        ("consent_at > optout_at", None),
        ("category in scope_categories", None),
    ],
)
def test_cases_are_said_in_words(text: str, words: str | None) -> None:
    assert said(text) == words


def test_of_many_cases_some_are_said_as_an_example() -> None:
    words = said("consented or objected or restricted or gpc")
    assert words is not None
    assert words.startswith("for example where")


def test_nothing_is_said_of_no_case() -> None:
    rule = parse_condition("consented and not consented", facts(), ())
    cases = cases_of(rule)
    assert where(cases, cases.holding(Condition(rule))) is None


@pytest.mark.parametrize(
    ("text", "regions"),
    [
        ("region in [EEA, UK]", {"EEA", "UK"}),
        ("region not in [EEA, UK]", {"CH", "US-CA", "US-other", "other"}),
        ("consented", {"EEA", "UK", "CH", "US-CA", "US-other", "other"}),
        ("region is EEA and consented", {"EEA"}),
    ],
)
def test_people_are_where_a_condition_can_hold(text: str, regions: set[str]) -> None:
    rule = parse_condition(text, facts(), ())
    cases = cases_of(rule)
    assert regions_in(cases, cases.holding(Condition(rule))) == regions


def test_more_cases_than_can_be_counted_are_not_compared() -> None:
    names = [name for name, fact in facts().items() if fact.type is FactType.YES_NO][:21]
    rule = parse_condition(" or ".join(names), facts(), ())
    assert 2 ** len(names) > MOST_CASES
    assert Cases.of([Condition(rule)], facts()) is None


def test_what_still_points_elsewhere_is_refused() -> None:
    with pytest.raises(ValueError, match="still pointed at"):
        cases_of(Points("def.x")).true_false(Points("def.x"))
