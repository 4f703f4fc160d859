"""The condition language: every sentence of its grammar is read, and told back as it was."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.spec.relations import Relation, possible, relation
from upheld.data import facts
from upheld.model import Among, Compared, Every, FactType, Known, Not, Order, Points, Says, Some
from upheld.policy.conditions import BadCondition, grammar, parse_condition, said
from upheld.policy.logic import value, worlds
from upheld.policy.opening import Opening

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from upheld.model import Fact, Rule

FACTS = facts()
CLAUSES = {"gdpr.applies": Among("region", frozenset({"EEA", "UK"})), "open.always": None}
ORDERS = st.sampled_from(list(Order))
OF = {each: [f for f in FACTS.values() if f.type is each] for each in FactType}


def read(text: str) -> Rule:
    return parse_condition(text, FACTS, CLAUSES)


def opened(rule: Rule) -> Rule:
    """Return a condition that points at nothing any more."""
    found = Opening(CLAUSES).of(rule)
    assert found is not None
    return found


def refusal(text: str) -> str | None:
    """Return what is wrong with a text, or None: it can be read."""
    with suppress(BadCondition):
        read(text)
        return None
    with pytest.raises(BadCondition) as refused:
        read(text)
    return str(refused.value)


@st.composite
def claims(draw: st.DrawFn) -> Rule:
    fact: Fact = draw(st.sampled_from(list(FACTS.values())))
    if draw(st.integers(0, 5)) == 0:
        others: list[Rule] = [Known(fact.name), *map(Points, CLAUSES)]
        return draw(st.sampled_from(others))
    match fact.type:
        case FactType.YES_NO:
            return Says(fact.name)
        case FactType.WORD:
            words = sorted(fact.words or {"DE", "US"})
            some = draw(st.sets(st.sampled_from(words), min_size=1, max_size=3))
            other = draw(st.sampled_from(OF[FactType.WORDS])).name
            return Among(fact.name, frozenset(some) if draw(st.booleans()) else other)
        case FactType.WORDS:
            return Known(fact.name)
        case FactType.NUMBER:
            return Compared(fact.name, draw(ORDERS), draw(_values(fact.type, st.integers(0, 200))))
        case FactType.DATE:
            days = st.dates(date(1990, 1, 1), date(2090, 1, 1))
            return Compared(fact.name, draw(ORDERS), draw(_values(fact.type, days)))


def _values(
    type_: FactType, values: SearchStrategy[int] | SearchStrategy[date]
) -> SearchStrategy[int | date | str]:
    """Return values of a type, and names of facts that have such."""
    return st.one_of(values, st.sampled_from([each.name for each in OF[type_]]))


def _joined(inner: SearchStrategy[Rule]) -> SearchStrategy[Rule]:
    many = st.lists(inner, min_size=2, max_size=3)
    return st.one_of(inner.map(Not), many.map(_every), many.map(_some))


def _every(rules: list[Rule]) -> Rule:
    return Every(tuple(e for r in rules for e in (r.of if isinstance(r, Every) else (r,))))


def _some(rules: list[Rule]) -> Rule:
    return Some(tuple(e for r in rules for e in (r.of if isinstance(r, Some) else (r,))))


RULES = st.recursive(claims(), _joined, max_leaves=6)


@given(RULES)
def test_a_tree_told_in_words_is_read_back_as_the_same_tree(rule: Rule) -> None:
    assert read(said(rule)) == rule


@given(RULES, st.data())
def test_a_sentence_with_a_word_taken_out_is_read_or_refused_but_never_fails(
    rule: Rule, data: st.DataObject
) -> None:
    words = said(rule).split()
    at = data.draw(st.integers(0, len(words) - 1))
    refused = refusal(" ".join(words[:at] + words[at + 1 :]))
    assert refused is None or "cannot be read" in refused


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    assert len(refusal(text) or "") < 400


def test_every_word_the_grammar_names_is_understood() -> None:
    quoted = set(re.findall(r'"([a-z]+)"', grammar())) - {"when"}
    sentence = (
        "not (contract is known and age is unknown or opted_out is yes) "
        "and dnt is not no and region in [EEA, UK] and region not in [US-CA]"
    )
    assert quoted == {"or", "and", "not", "is", "in", "known", "unknown", "yes", "no"}
    assert quoted <= set(re.findall(r"[a-z]+", sentence))
    assert read(said(read(sentence))) == read(sentence)


WRONG = {
    "a fact nobody knows": ("regoin is EEA", "at `regoin`, character 1", "did you mean `region`"),
    "a value nobody knows": ("region is EEU", "at `EEU`, character 11", "did you mean `EEA`"),
    "a word that says nothing alone": ("region", "at `region`, character 1", "what it `is`"),
    "a bracket left open": ("(contract or dnt", "at its end", "close it with `)`"),
    "a list left open": ("region in [EEA, UK", "at its end", "close it with `]`"),
    "a word too many": ("contract dnt", "at `dnt`, character 10", "`and`, `or` or the end"),
    "an order of words": ("region > EEA", "at `EEA`", "only numbers and dates"),
    "a date for a number": ("age < 2020-01-01", "at `2020-01-01`", "compare it with one"),
    "a day that is none": ("now < 2020-02-30", "at `2020-02-30`", "is no date"),
    "nothing": ("", "at its end", "must stand here"),
    "a sign from elsewhere": ("contract && dnt", "at `&`, character 10", "must follow here"),
    "`in` of a yes or no": ("contract in [yes]", "at `[`", "`in` is for words"),
    "several words that are one": ("scope_categories is contact", "at `contact`", "… in scope"),
    "`not` without `in`": ("region not EEA", "at `EEA`", "`in` must follow"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_named_with_its_place_and_what_to_do(case: str) -> None:
    text, place, advice = WRONG[case]
    with pytest.raises(BadCondition) as refused:
        read(text)
    assert place in str(refused.value)
    assert advice in str(refused.value)


def test_a_condition_nested_or_long_beyond_reading_is_refused() -> None:
    with pytest.raises(BadCondition, match="nested too deeply"):
        read("(" * 900 + "contract" + ")" * 900)
    with pytest.raises(BadCondition, match="over 2000 characters"):
        read(" or ".join(["contract"] * 1_000))


KLEENE: dict[str, list[list[bool | None]]] = {
    "contract and dnt": [[True, False, None], [False, False, False], [None, False, None]],
    "contract or dnt": [[True, True, True], [True, False, None], [True, None, None]],
}


@pytest.mark.parametrize("text", KLEENE)
def test_the_connectives_have_kleenes_tables(text: str) -> None:
    values = (True, False, None)
    for row, left in enumerate(values):
        for column, right in enumerate(values):
            world = {"contract": left, "dnt": right}
            known = {name: each for name, each in world.items() if each is not None}
            assert value(read(text), known, {}) is KLEENE[text][row][column]
    assert value(read("not contract"), {}, {}) is None
    assert value(read("contract is known"), {}, {}) is False


@given(RULES)
def test_more_knowledge_never_takes_back_what_was_certain(rule: Rule) -> None:
    """Kleene's logic is monotone but for `known`, which speaks of knowledge itself."""
    whole = opened(rule)
    if "known" in said(whole):
        return
    every = worlds((whole,), FACTS)
    for world in islice(() if every is None else every, 200):
        before = value(whole, world, {})
        for name in list(world):
            less = {key: each for key, each in world.items() if key != name}
            if value(whole, less, {}) is not None:
                assert value(whole, less, {}) is before


RELATIONS = [
    ("region is EEA", "region in [EEA, UK]", Relation.WIDER),
    ("region in [EEA, UK]", "region is EEA", Relation.NARROWER),
    ("contract and dnt", "dnt and contract", Relation.SAME),
    ("not (contract or dnt)", "not contract and not dnt", Relation.SAME),
    ("age < 16", "age < 13", Relation.NARROWER),
    ("age < 16", "age <= 15", Relation.SAME),
    ("consent_at > restricted_at", "restricted_at < consent_at", Relation.SAME),
    ("contract", "dnt", Relation.OTHER),
    ("consent_at is 2026-01-01", "consent_at is optout_at", Relation.OTHER),
    ("gdpr.applies", "region in [EEA, UK]", Relation.SAME),
    ("category in scope_categories", "scope_categories is known", Relation.WIDER),
]


@pytest.mark.parametrize(("before", "after", "expected"), RELATIONS)
def test_two_conditions_are_compared_by_the_cases_in_which_they_are_true(
    before: str, after: str, expected: Relation
) -> None:
    old, new = opened(read(before)), opened(read(after))
    assert relation(old, new, FACTS) is expected


def test_a_condition_that_nothing_makes_true_is_seen() -> None:
    assert possible(read("region is EEA and region is UK"), FACTS) is False
    assert possible(read("age < 16 and age > 14"), FACTS) is True


def test_dates_that_are_compared_with_each_other_stand_in_every_order() -> None:
    every = worlds((read("consent_at > restricted_at"),), FACTS)
    assert every is not None
    orders = {
        (found > other) - (found < other)
        for world in every
        if isinstance(found := world.get("consent_at"), date)
        and isinstance(other := world.get("restricted_at"), date)
    }
    assert orders == {-1, 0, 1}
