"""What the form of two conditions shows of which holds more often, never more than the cases."""

from __future__ import annotations

from importlib import resources

import pytest
from hypothesis import assume, given

from tests.policy.rules import rewritten, rules
from upheld.acts.prove import CHECKS
from upheld.data import facts
from upheld.model import Rule
from upheld.policy.diff import Turn, changes
from upheld.policy.diff.cases import Cases, Condition
from upheld.policy.diff.normal import moves, normal
from upheld.policy.parse import parse_policy

TEXT = (resources.files("upheld") / "examples" / "reference" / "policy.yaml").read_text("utf-8")
HARM = "or share.prevent-harm or share.legal-claims\n"


@given(rules, rules)
def test_the_form_never_denies_a_move_that_the_cases_show(old: Rule, new: Rule) -> None:
    conditions = Condition(old), Condition(new)
    cases = Cases.of(conditions, facts())
    assume(cases is not None)
    assert cases is not None
    was, now = map(cases.holding, conditions)
    ways = moves(old, new)
    assert not now & ~was or True in ways
    assert not was & ~now or False in ways


@given(rules)
def test_the_normal_form_means_the_same(rule: Rule) -> None:
    cases = Cases.of((Condition(rule), Condition(rewritten(rule))), facts())
    assume(cases is not None)
    assert cases is not None
    assert cases.true_false(normal(rule)) == cases.true_false(rule)


@pytest.mark.parametrize(
    ("put", "kinds"),
    [
        ("or share.legal-claims or share.prevent-harm\n", {Turn.REWORDS}),
        (HARM + "      or (share.with-consent and consideration)\n", {Turn.REWORDS}),
        (HARM + "      or consideration\n", {Turn.NO_LONGER_FORBIDS}),
        ("or share.prevent-harm\n", {Turn.FORBIDS}),
    ],
)
def test_a_list_too_long_for_cases_moves_one_way(put: str, kinds: set[Turn]) -> None:
    assert TEXT.count(HARM) == 1
    one, other = (
        parse_policy(each, "policy.yaml", CHECKS) for each in (TEXT, TEXT.replace(HARM, put))
    )
    diff = changes(one, other)
    assert {each.kind for each in diff.changes if each.at == "share.closed-list"} == kinds
