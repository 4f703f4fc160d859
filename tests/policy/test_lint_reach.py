"""What a scope says meets what a condition says; and the days and sums on which things turn."""

from __future__ import annotations

from datetime import date

import pytest

from tests.policy.test_lint import BUILT, CASES, TODAY, policy
from tests.policy.test_lint_edges import BASE, clause, rules, said
from upheld.model import Document
from upheld.policy.linting import Context, lint

TWO = BASE.replace(
    "purposes:\n  support:", "purposes:\n  security: {says: Safe, basis: contract}\n  support:"
).replace("[support]", "[support, security]")


def against(may: str, *nevers: str) -> list[str]:
    clauses = [clause(f"rule.never-{i}", each) for i, each in enumerate(nevers)]
    head = TWO.replace("sections:", "recipients: {court: Courts}\nsections:")
    found = said(clause("rule.may", may), *clauses, head=head)
    return [message for rule, message in found if rule == "contradiction"]


@pytest.mark.parametrize(
    ("may", "never", "contradict"),
    [
        ("may: use\n    purposes: support", "never: use\n    when: purpose is support", True),
        (
            "may: use\n    purposes: [support, security]",
            "never: use\n    when: purpose is support",
            False,
        ),
        (
            "may: use\n    purposes: [support, security]",
            "never: use\n    when: purpose in [support, security]",
            True,
        ),
        ("may: use\n    purposes: support", "never: use\n    unless: purpose is support", False),
        ("may: use\n    purposes: support", "never: use\n    unless: purpose is security", True),
        ("may: use\n    categories: contact", "never: use\n    when: category is contact", True),
        ("may: use\n    categories: contact", "never: use\n    when: category is location", False),
        (
            "keep: contact\n    ground: claims\n    when: need",
            "never: keep\n    when: category is contact",
            True,
        ),
        ("may: share\n    recipients: court", "never: share\n    when: recipient is court", True),
        ("may: share", "never: share\n    when: recipient is court", False),
        ("may: use", "never: use\n    when: action in [use, share]", True),
        ("may: use", "never: [use, share]\n    when: action is share", False),
        ("may: [use, share]", "never: [use, share]\n    when: action is share", True),
        (
            "may: [use, share]\n    when: action is use",
            "never: [use, share]\n    when: action is share",
            False,
        ),
        (
            "keep: contact\n    ground: claims\n    when: need",
            "never: keep\n    when: action is keep",
            True,
        ),
        (
            "may: use\n    purposes: support\n    when: contract",
            "never: use\n    when: purpose is support and contract",
            True,
        ),
        (
            "may: use\n    purposes: support",
            "never: use\n    when: purpose is support and contract",
            False,
        ),
    ],
)
def test_a_scope_settles_what_a_condition_asks(may: str, never: str, *, contradict: bool) -> None:
    assert bool(against(may, never)) is contradict


def test_a_condition_outside_the_reach_of_its_clause_is_in_vain() -> None:
    found = rules(clause("rule.may", "may: use", "purposes: support", "when: purpose is security"))
    assert "dead-condition" in found


@pytest.mark.parametrize(
    ("may", "nevers", "contradict"),
    [
        ("may: use", ("when: contract or contract is unknown", "unless: contract"), True),
        ("may: use", ("unless: not contract", "unless: contract"), True),
        ("may: use", ("when: contract", "unless: contract"), True),
        ("may: use", ("when: contract", "when: gpc"), False),
        ("may: use", ("when: contract", "when: not contract"), False),
        ("may: use\n    when: contract is known", ("when: contract", "when: not contract"), True),
        ("may: use", ("when: age < 13", "when: age >= 13 and age < 18", "unless: age < 18"), True),
        ("may: use", ("when: age < 13", "when: age > 13 and age < 18", "unless: age < 18"), False),
        ("may: use", ("when: gpc", "when: not gpc and contract", "unless: contract"), True),
        ("may: use", ("when: dnt", "when: gpc", "when: not gpc"), True),
    ],
)
def test_prohibitions_that_together_cover_a_permission_contradict_it(
    may: str, nevers: tuple[str, ...], *, contradict: bool
) -> None:
    assert bool(against(may, *(f"never: use\n    {each}" for each in nevers))) is contradict


def test_those_that_together_forbid_are_all_named() -> None:
    (message,) = against(
        "may: use", "never: use\n    when: contract", "never: use\n    unless: contract"
    )
    assert "`rule.never-0`, `rule.never-1` together always forbid" in message


def test_prohibitions_that_reach_less_than_a_permission_do_not_cover_it() -> None:
    nevers = ("never: use\n    categories: contact\n    when: contract",)
    assert against("may: use", *nevers, "never: use\n    unless: contract") == []


@pytest.mark.parametrize(
    ("lines", "ambiguous"),
    [
        (("when: purpose is sale", "unless: consented"), True),
        (("when: recipient is buyer", "unless: consented"), True),
        (("when: purpose in [sale, support] or gpc", "unless: consented"), True),
        (("purposes: sale", "unless: consented"), True),
        (("when: purpose is sale",), False),
        (("when: purpose is support", "unless: consented"), False),
        (("when: not purpose is sale", "unless: consented"), False),
    ],
)
def test_sale_is_found_in_what_a_prohibition_reaches(
    lines: tuple[str, ...], *, ambiguous: bool
) -> None:
    found = rules(clause("rule.never", "never: share", *lines))
    assert ("sale-exception-ambiguous" in found) is ambiguous


def test_a_sale_forbidden_and_partners_let_in_by_the_policy_itself_is_a_circle() -> None:
    partner = "  - id: rule.partner\n    may: share\n    recipients: marketing_partner\n"
    partner += "    check: fields-classified\n    text: Partners get data as described here.\n"
    never = clause("rule.never", "never: share", "when: purpose is sale")
    head = BASE.replace("sections:", "recipients: {marketing_partner: Partners}\nsections:")
    assert "sale-exception-ambiguous" in rules(never, partner, head=head)
    plain = partner.replace(" as described here", "")
    assert "sale-exception-ambiguous" not in rules(never, plain, head=head)


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("silence-as-consent", "Your ongoing use of the service constitutes assent."),
        ("silence-as-consent", "By continuing you accept what is new."),
        ("silence-as-consent", "If you remain a user, that amounts to agreement."),
        ("best-effort-promise", "We make a good-faith effort to answer."),
        ("best-effort-promise", "We are striving to answer."),
        ("best-effort-promise", "We endeavor to answer."),
        ("best-effort-promise", "We use reasonable efforts to answer."),
    ],
)
def test_more_turns_of_phrase_are_known(rule: str, text: str) -> None:
    words = (
        f"  - id: rule.words\n    answer: access\n    check: fields-classified\n    text: {text}\n"
    )
    assert rule in rules(words)


@pytest.mark.parametrize(
    "text", ["We have discretion to purge it.", "We may remove it.", "We may purge what is old."]
)
def test_more_ways_to_dispose_at_will_are_known(text: str) -> None:
    weak = "  - id: rule.weak\n    never: keep\n    unless: need\n"
    weak += f"    check: fields-classified\n    text: {text}\n"
    firm = clause("rule.firm", "answer: erase")
    assert "strength-differs" in rules(weak, firm)
    assert "strength-differs" not in rules(weak.replace(text, "We purge it."), firm)


@pytest.mark.parametrize(
    ("when", "ends"),
    [
        ("need", True),
        ("not need", True),
        ("contract or region is EEA", True),
        ("region is EEA or contract is unknown", False),
        ("region is EEA", False),
        ("contract is known", False),
        ("contract or not contract", False),
        ("region is EEA and need", True),
        ("region is EEA or (contract and contract is unknown)", False),
        ("store is backup", True),
        ("years_since_active < 3", True),
        ("years_since_active < 3 or years_since_active >= 3", False),
        ("excepted.open", True),
        ("deal.state in [potential, active]", True),
    ],
)
def test_what_is_kept_ends_only_by_a_change_of_something(when: str, *, ends: bool) -> None:
    found = rules(clause("rule.keep", "keep: contact", "ground: claims", f"when: {when}"))
    assert ("keep-without-end" not in found) is ends


def test_what_is_kept_may_end_by_its_unless() -> None:
    kept = ("keep: contact", "ground: claims", "when: region is EEA", "unless: withdrawn")
    assert "keep-without-end" not in rules(clause("rule.keep", *kept))


@pytest.mark.parametrize(
    ("review", "overdue"), [(date(2026, 11, 25), False), (date(2026, 11, 24), True)]
)
def test_a_balancing_test_holds_on_the_day_of_its_review(review: date, *, overdue: bool) -> None:
    test = Document(
        "balancing-test", "purpose/support", "t.md", "0" * 64, date(2026, 1, 1), review, 1, None
    )
    text = (CASES / "balancing-test-missing" / "good.yaml").read_text("utf-8")
    found = lint(policy(text), Context(TODAY, (test,), links={}, built=BUILT))
    assert ("balancing-test-overdue" in {each.rule for each in found}) is overdue


def test_a_test_that_is_dated_ahead_is_not_called_overdue_on_its_review_day() -> None:
    test = Document(
        "balancing-test", "purpose/support", "t.md", "0" * 64, date(2026, 12, 1), TODAY, 1, None
    )
    text = (CASES / "balancing-test-missing" / "good.yaml").read_text("utf-8")
    found = lint(policy(text), Context(TODAY, (test,), links={}, built=BUILT))
    (message,) = [each.message for each in found if each.rule == "balancing-test-overdue"]
    assert "a day to come" in message


@pytest.mark.parametrize(
    ("revised", "rule"),
    [
        ("2025-11-24", ["older-than-a-year"]),
        ("2025-11-25", []),
        ("2026-11-25", []),
        ("2026-11-26", ["date-in-the-future"]),
    ],
)
def test_a_policy_is_of_age_from_today_to_its_anniversary(revised: str, rule: list[str]) -> None:
    assert rules(head=BASE.replace("revised: 2026-11-01", f"revised: {revised}")) == rule


def test_the_purse_holds_more_than_a_thousand_worlds() -> None:
    own = "".join(f"  n{each}: {{says: a number, type: number}}\n" for each in range(5))
    head = BASE.replace("sections:", f"facts:\n{own}sections:")
    ring = " and ".join(f"n{each} < n{(each + 1) % 5}" for each in range(5))
    assert 4**5 > 1_000
    assert rules(clause("rule.may", "may: use", f"when: {ring}"), head=head) == ["dead-condition"]
