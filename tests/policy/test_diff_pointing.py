"""Which way a clause moves when a definition does: never less than what the cases say."""

from __future__ import annotations

from dataclasses import replace
from importlib import resources

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.policy.rules import rules
from tests.policy.versions import POLICY, policy
from upheld.acts.prove import CHECKS
from upheld.data import facts
from upheld.model import Every, Not, Points, Policy, Profile, Rule, Says, Some
from upheld.policy.conditions import parse_condition
from upheld.policy.diff import Diff, Turn, changes
from upheld.policy.diff.cases import Cases, conditioned
from upheld.policy.diff.pointing import BOTH, Pointing
from upheld.policy.parse import parse_policy

MANY = (
    "consented or objected or restricted or gpc or dnt or withdrawn or opted_out or contract "
    "or case or event or audit or belief or approver or subpoena or instrument or treaty "
    "or asked_by or reason or attends or shared_service"
)

CLAUSE = next(each for each in policy().clauses if each.id == "share.no-sale")

pointing = st.recursive(
    st.sampled_from([Points("def.x"), Points("def.y")]) | rules,
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, min_size=1, max_size=2).map(lambda of: Every(tuple(of))),
        st.lists(inner, min_size=1, max_size=2).map(lambda of: Some(tuple(of))),
    ),
    max_leaves=3,
)


@given(pointing, st.none() | pointing, st.booleans(), rules, rules)
def test_the_ways_hold_all_that_the_cases_say(
    when: Rule,
    unless: Rule | None,
    closed: bool,  # noqa: FBT001 (hypothesis draws it)
    old: Rule,
    new: Rule,
) -> None:
    clause = replace(CLAUSE, when=when, unless=unless, closed=closed)
    before, after = {"def.x": old, "def.y": Not(Points("def.x"))}, {"def.x": new}
    after["def.y"] = Not(Points("def.x"))
    conditions = conditioned(clause, before), conditioned(clause, after)
    cases = Cases.of(conditions, facts())
    assume(cases is not None)
    assert cases is not None
    was, now = map(cases.holding, conditions)
    ways = Pointing(before, after, frozenset({"def.x"}), facts()).ways(clause)
    assert not now & ~was or True in ways
    assert not was & ~now or False in ways


UP, DOWN = frozenset({True}), frozenset({False})
X = Points("def.x")


@pytest.mark.parametrize(
    ("when", "unless", "closed", "ways"),
    [
        (X, None, False, UP),
        (Not(X), None, False, DOWN),
        (Not(Not(X)), None, False, UP),
        (None, X, False, DOWN),
        (None, Not(X), False, UP),
        (X, None, True, UP),
        (Not(X), None, True, DOWN),
        (Points("def.y"), None, False, DOWN),
        (Every((Says("gpc"), X)), None, False, UP),
        (Some((Not(X), X)), None, False, BOTH),
        (Says("gpc"), None, False, frozenset()),
    ],
)
def test_a_clause_moves_with_what_it_points_at_or_against_it(
    when: Rule | None,
    unless: Rule | None,
    closed: bool,  # noqa: FBT001 (pytest gives it)
    ways: frozenset[bool],
) -> None:
    clause = replace(CLAUSE, when=when, unless=unless, closed=closed)
    before: dict[str, Rule | None] = {"def.x": Says("consented"), "def.y": Not(X)}
    after = {**before, "def.x": Some((Says("consented"), Says("objected")))}
    assert Pointing(before, after, frozenset({"def.x"}), facts()).ways(clause) == ways


def test_what_is_there_in_one_version_only_can_move_both_ways() -> None:
    clause = replace(CLAUSE, when=Points("def.x"))
    assert Pointing({}, {"def.x": None}, frozenset(), facts()).ways(clause) == BOTH


@pytest.fixture(scope="module")
def wider() -> Diff:
    """Return what it does to the reference policy when Switzerland counts as Europe."""
    text = (resources.files("upheld") / "examples" / "reference" / "policy.yaml").read_text("utf-8")
    after = text.replace("region in [EEA, UK]", "region in [EEA, UK, CH]")
    one, other = (parse_policy(each, "policy.yaml", CHECKS) for each in (text, after))
    return changes(one, other)


def kinds(diff: Diff, at: str) -> set[Turn]:
    return {each.kind for each in diff.changes if each.at == at}


def test_a_wider_definition_forbids_more_where_too_many_facts_are_asked_about(wider: Diff) -> None:
    assert kinds(wider, "gdpr.applies") == {Turn.DEFINES}
    assert kinds(wider, "gdpr.object-stop") == {Turn.FORBIDS}
    assert kinds(wider, "share.marketing-partners") == {Turn.NO_LONGER_PERMITS}


def test_each_clause_that_points_at_it_names_the_definition(wider: Diff) -> None:
    others = [each for each in wider.changes if each.at != "gdpr.applies"]
    assert others
    assert all(each.through == ("gdpr.applies",) for each in others)
    assert all("the definition `gdpr.applies` changed" in each.sentence for each in others)


def with_many(sale: str, many: str, date: str = "2026-11-01") -> Policy:
    """Return the policy with a definition that asks about more facts than can be counted."""
    big = (
        f"  - id: def.big\n    definition: big\n    when: {many}\n    check: one\n    text: Big.\n"
    )
    text = POLICY.replace("when: consideration", f"when: {sale}").replace("2026-11-01", date)
    return policy(text + big)


def test_of_too_many_facts_those_that_mean_the_same_are_one() -> None:
    before = with_many("def.big and consideration", MANY)
    after = with_many("def.big and (consideration or shared_service)", MANY, "2026-12-01")
    (change,) = changes(before, after).changes
    assert change.kind is Turn.FORBIDS
    assert "`def.big` is" in change.sentence


def test_of_too_many_facts_in_a_definition_that_changed_the_way_is_still_said() -> None:
    before = with_many("def.big and not consideration", MANY)
    after = with_many("def.big and not consideration", f"{MANY} or consideration", "2026-12-01")
    assert kinds(changes(before, after), "share.no-sale") == {Turn.FORBIDS}
    other = MANY.replace("consented or", "consideration or")
    after = with_many("def.big and not consideration", other, "2026-12-01")
    diff = changes(before, after)
    assert kinds(diff, "share.no-sale") == {Turn.FORBIDS, Turn.NO_LONGER_FORBIDS}
    narrow = "shared_service and consented"
    before = with_many(f"def.adult and ({MANY})", narrow)
    grown = replaced(before, "age >= 16")
    assert kinds(changes(before, grown), "share.no-sale") == {Turn.FORBIDS}
    assert kinds(changes(grown, before), "share.no-sale") == {Turn.NO_LONGER_FORBIDS}


def replaced(read: Policy, adult: str) -> Policy:
    """Return a policy with another definition of adults."""
    rule = parse_condition(adult, facts(), ())
    found = tuple(
        replace(each, when=rule) if each.id == "def.adult" else each for each in read.clauses
    )
    return replace(read, clauses=found, profiles=dict.fromkeys(Profile, found), digest="0" * 64)


def test_a_condition_of_too_many_facts_that_changed_itself_is_said_both_ways() -> None:
    old = POLICY.replace("when: consideration", f"when: {MANY}")
    other = MANY.replace("consented or", "consideration or")
    new = POLICY.replace("when: consideration", f"when: {other}")
    new = new.replace("2026-11-01", "2026-12-01")
    diff = changes(policy(old), policy(new))
    assert kinds(diff, "share.no-sale") == {Turn.FORBIDS, Turn.NO_LONGER_FORBIDS}
    assert {*diff.changes[0].profiles} == {*Profile}
    assert all("before where" in each.sentence for each in diff.changes)
