"""What lies near the cases of the rules: other ways to be wrong, and ways to be right after all."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from tests.policy.test_lint import BUILT, CASES, TODAY, policy, remarks
from upheld.model import Document
from upheld.policy.linting import Context, lint

if TYPE_CHECKING:
    from upheld.policy.linting import Remark

BASE = (CASES / "date-in-the-future" / "good.yaml").read_text("utf-8")


def clause(id: str, kind: str, *more: str) -> str:
    return "\n    ".join(
        (f"  - id: {id}", kind, "check: fields-classified", *more, f"text: {id}.\n")
    )


def said(*clauses: str, head: str = BASE) -> list[tuple[str, str]]:
    return [(each.rule, each.message) for each in remarks(head + "".join(clauses))]


def rules(*clauses: str, head: str = BASE) -> list[str]:
    return [rule for rule, _ in said(*clauses, head=head)]


def about(rule: str, found: tuple[Remark, ...]) -> str:
    (message,) = [each.message for each in found if each.rule == rule]
    return message


@pytest.mark.parametrize(
    ("may", "never", "contradict"),
    [
        ("may: [use, share]", "never: share", True),
        ("may: use", "never: share", False),
        ("may: use\n    categories: contact", "never: use\n    categories: commercial", False),
        ("may: use", "never: use\n    categories: contact", False),
        ("may: use\n    regimes: ccpa", "never: use\n    regimes: [gdpr, uk-gdpr]", False),
        ("may: use\n    regimes: ccpa", "never: use", True),
        ("may: use\n    when: contract", "never: use\n    when: contract or gpc", True),
        ("may: use\n    when: contract", "never: use\n    when: contract and gpc", False),
        ("may: use\n    when: contract", "never: use\n    unless: contract", False),
        ("may: use\n    when: contract", "never: use\n    unless: not contract", True),
        ("may: use\n    when: contract", "never: use\n    unless: gpc or not contract", False),
        ("may: use\n    unless: contract", "never: use\n    when: not contract", False),
        (
            "may: use\n    unless: contract",
            "never: use\n    when: not contract\n    unknown: forbids",
            True,
        ),
        ("may: use\n    when: age < 13", "never: use\n    when: age < 16", True),
        ("may: use\n    when: age < 16", "never: use\n    when: age < 13", False),
        ("keep: contact\n    ground: claims\n    when: case", "never: keep", True),
        (
            "keep: all\n    ground: claims\n    when: case",
            "never: keep\n    categories: contact",
            False,
        ),
        ("may: use\n    when: dunning", "never: use\n    when: dunning", True),
        ("may: use\n    when: mood is bad", "never: use\n    when: mood in [bad, good]", True),
        ("may: use\n    when: debts > 3", "never: use\n    when: debts > 2", True),
        ("may: use\n    when: debts < limit", "never: use\n    when: debts < limit", True),
        ("may: use\n    when: paid > 2026-01-01", "never: use\n    when: paid > 2025-01-01", True),
        ("may: use\n    when: category in list", "never: use\n    when: category in list", True),
        ("may: use\n    when: mood in moods", "never: use\n    when: mood in moods", True),
    ],
)
def test_only_what_is_always_forbidden_is_a_contradiction(
    may: str, never: str, *, contradict: bool
) -> None:
    own = (
        "facts:\n  dunning: {says: dunned, type: yes-no}\n"
        "  mood: {says: mood, type: word}\n  moods: {says: moods, type: words}\n"
        "  debts: {says: debts, type: number}\n  limit: {says: limit, type: number}\n"
        "  paid: {says: paid, type: date}\n  list: {says: list, type: words}\n"
    )
    found = rules(
        clause("rule.may", may),
        clause("rule.never", never),
        head=BASE.replace("sections:", f"{own}sections:"),
    )
    assert ("contradiction" in found) is contradict


def test_the_same_prohibition_twice_is_one_contradiction() -> None:
    nevers = [clause(f"rule.never-{name}", "never: use") for name in ("one", "two")]
    assert rules(clause("rule.may", "may: use"), *nevers).count("contradiction") == 1


@pytest.mark.parametrize(
    ("conditions", "words"),
    [
        ("when: contract and not contract", "nothing can make its `when` true"),
        ("unless: region is known or region is unknown", "its `unless` is always true"),
        ("when: contract\n    unless: contract or gpc", "whenever its `when` is true"),
        ("when: gpc\n    unless: contract and not contract", "the `unless` of `rule.may`"),
    ],
)
def test_a_condition_in_vain_is_said_as_it_is(conditions: str, words: str) -> None:
    ((rule, message),) = said(clause("rule.may", "may: use", conditions))
    assert rule == "dead-condition"
    assert words in message


@pytest.mark.parametrize(
    ("first", "second", "differ"),
    [
        ("for: 6 years\n    from: date", "for: 6 years\n    from: date", False),
        ("for: 6 years\n    from: date", "for: 72 months\n    from: date", False),
        ("for: 6 years\n    from: date", "for: 6 years\n    from: end of year", True),
        ("for: 6 years\n    from: date", "when: case", True),
        ("regimes: ccpa\n    when: case", "regimes: gdpr\n    for: 3 years\n    from: date", False),
    ],
)
def test_terms_differ_when_they_can_hold_together(first: str, second: str, *, differ: bool) -> None:
    kept = [
        clause(f"rule.{name}", "keep: [contact, commercial]", "ground: claims", term)
        for name, term in (("one", first), ("two", second))
    ]
    found = rules(*kept)
    assert found.count("terms-differ") == int(differ)


def test_a_category_and_a_recipient_that_nothing_uses_are_said_with_their_lines() -> None:
    head = BASE.replace("purposes:\n", "  location: {}\npurposes:\n", 1).replace(
        "sections: {", "recipients: {court: Courts}\nsections: {odd: Odd, "
    )
    found = {message for rule, message in said(head=head) if rule == "unused-word"}
    assert {message.partition(" is declared")[0] for message in found} == {
        "the category `location`",
        "the recipient `court`",
        "the heading `odd` has no clause; take it out, or give it one",
    }


def test_a_policy_without_headings_is_told_once() -> None:
    head = BASE.replace("sections: {page: This page, rule: What we do}\n", "")
    found = [message for rule, message in said(head=head) if rule == "section-without-heading"]
    assert found == ["no section has a heading; list `page`, `rule` under `sections`"]


def test_an_interest_has_to_be_stated_and_a_basis_given() -> None:
    for basis, words in (
        ("basis: legitimate-interest", "rests on an interest that is not stated"),
        ("basis: []", "has no basis"),
    ):
        head = BASE.replace("basis: contract", basis)
        found = [message for rule, message in said(head=head) if rule == "purpose-without-basis"]
        assert len(found) == 1
        assert words in found[0]


@pytest.mark.parametrize(
    ("dated", "review", "intact", "words"),
    [
        (date(2026, 1, 1), date(2026, 11, 24), None, "was to be reviewed on 2026-11-24"),
        (date(2026, 1, 1), date(2027, 1, 1), False, "is not what was registered (tests/t.md)"),
        (date(2026, 12, 1), date(2027, 1, 1), None, "is dated 2026-12-01, a day to come"),
    ],
)
def test_what_is_wrong_with_a_balancing_test_is_said(
    dated: date,
    review: date,
    *,
    intact: bool | None,
    words: str,
) -> None:
    test = Document(
        "balancing-test", "purpose/support", "tests/t.md", "0" * 64, dated, review, 1, intact
    )
    text = (CASES / "balancing-test-missing" / "good.yaml").read_text("utf-8")
    found = lint(policy(text), Context(TODAY, (test,), links={}, built=BUILT))
    assert words in about("balancing-test-overdue", found)


def test_where_no_balancing_test_is_registered_at_all_one_remark_says_so() -> None:
    text = (CASES / "balancing-test-missing" / "good.yaml").read_text("utf-8")
    text = text.replace(
        "  support: {says",
        "  security: {says: Safety, basis: legitimate-interest, interest: It}\n  support: {says",
    ).replace("[support]", "[support, security]")
    message = about("balancing-test-missing", remarks(text))
    assert message.startswith("no balancing test is registered, of `security`, `support`;")


def test_a_right_needs_an_address_of_any_kind() -> None:
    head = BASE.replace("privacy@acme.example", "our front desk")
    assert "right-nobody-can-use" in rules(head=head)
    for contact in ("+44 20 7946 0000", "www.acme.example/privacy"):
        assert "right-nobody-can-use" not in rules(
            head=BASE.replace("privacy@acme.example", contact)
        )
    reached = head.replace("sections:", "reach: {post: Our front desk}\nsections:")
    assert "right-nobody-can-use" not in rules(head=reached)


def test_a_link_in_every_message_is_a_way_out_of_them() -> None:
    way = clause("rule.may", "may: use", "then: unsubscribe_link")
    right = clause("rule.out", "answer: unsubscribe")
    assert rules(right) == ["right-nobody-can-use"]
    assert rules(right, way) == []


def test_an_end_of_the_company_s_own_is_an_end() -> None:
    head = BASE.replace("sections:", "facts:\n  ours: {says: open, type: yes-no}\nsections:")
    kept = clause("rule.keep", "keep: contact", "ground: claims", "when: ours")
    assert rules(kept, head=head) == []
    assert rules(clause("rule.keep", "keep: contact", "ground: claims")) == ["keep-without-end"]


def test_every_objection_heeded_is_more_than_the_law_asks() -> None:
    right = clause("rule.object", "answer: object")
    stop = clause("rule.stop", "never: use", "when: objected")
    assert rules(right, stop) == []
    assert rules(right) == ["objection-incomplete"]


def test_an_exception_that_is_pointed_at_names_what_outweighs() -> None:
    right = clause("rule.object", "answer: object")
    stop = clause("rule.stop", "never: use", "when: objected", "unless: rule.but")
    marketing = clause("rule.marketing", "never: use", "when: purpose.marketing and objected")
    but = "  - id: rule.but\n    definition: but\n    force: exception\n    when: case\n"
    but += "    check: fields-classified\n    text: {}\n"
    assert rules(right, stop, marketing, but.format("What a claim needs.")) == []
    ((rule, message),) = said(right, stop, marketing, but.format("What we need."))
    assert rule == "objection-incomplete"
    assert message.startswith("the right to object leaves out: what outweighs")


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        ("region in [EEA, UK]", "region is EEA", "with different regions"),
        ("region is EEA", "region is EEA", "without `UK`"),
        ("region in [EEA, UK, CH]", "region in [EEA, UK]", None),
    ],
)
def test_the_regions_of_europe_are_the_same_everywhere(
    first: str, second: str, words: str | None
) -> None:
    found = said(
        clause("rule.one", "never: share", f"when: {first}"),
        clause("rule.two", "never: transfer", f"when: {second}"),
    )
    assert [rule for rule, _ in found] == (["european-tests-differ"] if words else [])
    assert all(words in message for _, message in found if words)


def test_a_law_for_the_union_alone_leaves_the_kingdom_out() -> None:
    ((rule, message),) = said(clause("rule.one", "answer: access", "regimes: gdpr"))
    assert (rule, "without `UK`" in message) == ("european-tests-differ", True)


def test_bases_told_without_a_list_are_all_told() -> None:
    head = BASE.replace(" bases,", "")
    assert rules(head=head) == ["basis-not-published"]
    assert rules(clause("rule.bases", "tell: bases"), head=head) == []
    listed = clause("rule.bases", "tell: bases", "bases: consent")
    assert rules(listed, head=head) == ["basis-not-published"]


def test_silence_is_found_in_a_condition_too() -> None:
    deemed = clause(
        "rule.deemed", "definition: deemed", "when: deemed_acceptance_of_version is known"
    )
    assert rules(deemed) == ["silence-as-consent"]


def test_a_page_below_a_retired_one_and_one_in_the_words_are_found() -> None:
    text = "  - id: rule.list\n    tell: authorities\n    check: fields-classified\n"
    text += "    text: See https://ec.europa.eu/justice/article-29/index_en.htm for a list.\n"
    assert rules(text) == ["retired-link"]


def test_periods_are_published_by_terms_on_everything_that_is_kept() -> None:
    head = BASE.replace(" periods,", "")
    assert rules(head=head) == ["not-published"]
    kept = clause("rule.keep", "keep: contact", "ground: claims", "when: case")
    assert rules(kept, head=head) == []


def test_a_partner_s_own_campaign_by_our_means_is_found_by_its_condition() -> None:
    words = "  - id: rule.theirs\n    disclaimer: theirs\n    when: controller is partner\n"
    words += (
        "    check: fields-classified\n    text: What is taken at an event of ours is not ours.\n"
    )
    assert rules(words) == ["partners-joint-control"]


def test_empty_words_are_quoted() -> None:
    text = (CASES / "empty-words" / "bad.yaml").read_text("utf-8")
    assert "`where appropriate`" in about("empty-words", remarks(text))


def test_an_unless_that_points_at_too_much_is_left_out_and_said() -> None:
    text = (CASES / "too-many-cases" / "bad.yaml").read_text("utf-8")
    pointing = clause("rule.may", "may: use", "unless: rule.d6 and rule.d5")
    message = about("too-many-cases", remarks(text + pointing))
    assert "`rule.d6`" in message
    assert "`rule.may`" in message


def test_numbers_in_a_long_row_have_too_many_worlds() -> None:
    own = "".join(f"  n{each}: {{says: a number, type: number}}\n" for each in range(12))
    head = BASE.replace("sections:", f"facts:\n{own}sections:")
    row = " and ".join(f"n{each} < n{each + 1}" for each in range(11))
    assert rules(clause("rule.may", "may: use", f"when: {row}"), head=head) == ["too-many-cases"]
    assert rules(clause("rule.may", "may: use", "when: n1 < n2 and n2 < n3"), head=head) == []
