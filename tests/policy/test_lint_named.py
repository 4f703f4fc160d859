"""Which clauses a remark names, and which look alike and are none of its business."""

from __future__ import annotations

from datetime import date

import pytest

from tests.policy.test_lint import BUILT, CASES, TODAY, policy, remarks
from tests.policy.test_lint_edges import BASE, about, clause, rules, said
from upheld.model import Document
from upheld.policy.linting import Context, lint


def worded(id: str, kind: str, text: str, *more: str) -> str:
    return clause(id, kind, *more).replace(f"text: {id}.", f"text: {text}")


def named(*clauses: str) -> tuple[str, ...]:
    (only,) = remarks(BASE + "".join(clauses))
    return only.clauses


def test_what_only_forbids_sharing_says_nothing_of_other_countries() -> None:
    may = clause("rule.us", "may: transfer", "when: dest is US")
    assert rules(may, clause("rule.share", "never: share", "when: tool is SCC")) == []
    assert named(may, clause("rule.move", "never: transfer", "unless: tool is SCC")) == (
        "rule.us",
        "rule.move",
    )


def test_history_is_held_against_what_disposes_and_nothing_else() -> None:
    kept = clause("rule.history", "keep: contact", "ground: transaction-history")
    use = clause("rule.use", "never: use", "when: need is no")
    end = clause("rule.end", "never: keep", "when: need is no")
    assert named(kept, use) == ("rule.history",)
    assert named(kept, end) == ("rule.history", "rule.end")


@pytest.mark.parametrize(
    ("kind", "when"), [("never: share", "objected"), ("never: use", "opted_out")]
)
def test_only_a_use_that_ends_with_an_objection_heeds_it(kind: str, when: str) -> None:
    right = clause("rule.object", "answer: object")
    assert rules(right, clause("rule.stop", kind, f"when: {when}")) == ["objection-incomplete"]


@pytest.mark.parametrize(
    ("scope", "found"),
    [
        ("purposes: contact-other-products", []),
        ("purposes: [contact-other-products, support]", ["objection-incomplete"]),
    ],
)
def test_marketing_is_heeded_where_all_that_is_meant_is_marketing(
    scope: str, found: list[str]
) -> None:
    right = clause("rule.object", "answer: object")
    stop = worded(
        "rule.stop", "never: use", "Not for a claim.", "when: objected", "unless: contract"
    )
    ads = worded("rule.ads", "never: use", "Never.", "when: objected", "unless: gpc", scope)
    assert rules(right, stop, ads) == found


def test_what_outweighs_is_said_by_what_can_be_outweighed() -> None:
    right = clause("rule.object", "answer: object")
    stop = clause("rule.stop", "never: use", "when: objected", "unless: contract")
    ads = worded(
        "rule.ads", "never: use", "No claims of ours.", "when: objected and purpose.marketing"
    )
    assert rules(right, stop, ads) == ["objection-incomplete"]


def test_a_ground_that_ended_is_said_with_what_came_after() -> None:
    text = (CASES / "repealed-ground" / "bad.yaml").read_text("utf-8")
    assert "ended on 2022-12-31 (from 2023-01-01 " in about("repealed-ground", remarks(text))


def test_the_clauses_on_the_telephone_are_named_with_its_number() -> None:
    text = (CASES / "phone-not-toll-free" / "bad.yaml").read_text("utf-8")
    text += clause("rule.call", "answer: access", "channels: telephone")
    text += clause("rule.write", "answer: access", "channels: post")
    (only,) = remarks(text)
    assert only.clauses == ("rule.call",)
    assert len(only.lines) == 2


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("never: use", "We do not sell it, except to some."),
        ("never: share", "We lend it to nobody, except to some."),
        ("never: share", "We do not sell it."),
    ],
)
def test_only_a_sale_that_is_forbidden_with_an_exception_is_ambiguous(kind: str, text: str) -> None:
    assert rules(worded("rule.sale", kind, text)) == []


def test_partners_who_are_explained_by_the_policy_are_named_with_the_sale() -> None:
    head = BASE.replace("sections:", "recipients: {marketing_partner: Partners}\nsections:")
    found = remarks(
        head
        + worded("rule.sale", "never: share", "We do not sell it, except to some.")
        + worded("rule.as", "definition: as", "As described in this page.", "when: gpc")
        + worded("rule.other", "definition: other", "As described in this page, too.", "when: gpc")
        + worded(
            "rule.partners",
            "may: share",
            "Partners get it.",
            "recipients: marketing_partner",
            "when: rule.as",
        )
        + worded("rule.us", "may: use", "We use it as described here.", "when: rule.other")
    )
    (ambiguous,) = [each for each in found if each.rule == "sale-exception-ambiguous"]
    assert ambiguous.clauses == ("rule.sale", "rule.as")
    assert "explained by the policy itself in `rule.as`" in ambiguous.message


def test_silence_is_held_against_those_that_ask() -> None:
    deemed = worded(
        "rule.deemed",
        "definition: deemed",
        "By continuing you agree.",
        "when: law_requires_consent is no",
    )
    asking = clause("rule.ask", "never: use", "when: law_requires_consent and not consented")
    assert named(deemed) == ("rule.deemed",)
    assert named(deemed, asking) == ("rule.deemed", "rule.ask")


def test_the_weak_and_the_firm_are_named_apart() -> None:
    ((_, message),) = said(
        worded("rule.may", "never: keep", "We may delete it.", "when: need is no"),
        worded("rule.must", "never: keep", "We delete it.", "when: need is no and gpc"),
    )
    assert message.startswith("deleting is left to you in `rule.may` and promised in `rule.must`;")


def test_vendors_are_held_against_erasure_only() -> None:
    vendors = worded("rule.vendors", "disclaimer: vendors", "Vendors have their own policies.")
    assert rules(vendors, clause("rule.see", "answer: access")) == []
    see, forget = clause("rule.see", "answer: access"), clause("rule.forget", "answer: erase")
    assert named(vendors, see, forget) == ("rule.vendors", "rule.forget")


def test_what_takes_a_promise_to_try_back_is_named_with_it() -> None:
    text = (CASES / "best-effort-promise" / "bad.yaml").read_text("utf-8")
    (only,) = remarks(text)
    assert only.clauses == ("rule.signal", "rule.no-guarantee")
    assert "taken back in `rule.no-guarantee`" in only.message


def test_only_strangers_are_named_as_strangers() -> None:
    odd = clause(
        "rule.odd",
        "tell: recipients",
        "categories: [contact, location]",
        "purposes: [support, security]",
        "recipients: court",
    )
    ((rule, message),) = said(odd)
    assert rule == "word-not-declared"
    assert "names `location`, `security`, `court`, which" in message


def test_a_category_that_is_only_kept_is_used() -> None:
    head = BASE.replace("purposes:\n", "  location: {}\npurposes:\n", 1)
    kept = clause("rule.keep", "keep: location", "ground: claims", "when: case")
    assert rules(head=head) == ["unused-word"]
    assert rules(kept, head=head) == []


def test_only_the_empty_words_that_are_there_are_quoted() -> None:
    text = (CASES / "empty-words" / "bad.yaml").read_text("utf-8")
    message = about("empty-words", remarks(text))
    assert message.startswith("`rule.safe` says `where appropriate`, which binds nobody;")


def test_one_heading_that_is_missing_is_asked_for_by_name() -> None:
    text = (CASES / "section-without-heading" / "bad.yaml").read_text("utf-8")
    assert about("section-without-heading", remarks(text)).startswith("the section `more` has no")


def test_terms_are_said_with_where_they_begin() -> None:
    text = (CASES / "terms-differ" / "bad.yaml").read_text("utf-8")
    message = about("terms-differ", remarks(text))
    assert "(10 years from the end of the year, 6 years from the end of the year)" in message
    text = text.replace("for: 6 years\n    from: end of year", "for: 6 years\n    from: date")
    assert "6 years from the date)" in about("terms-differ", remarks(text))


def test_a_document_of_another_kind_is_no_balancing_test() -> None:
    contract = Document(
        "vendor-contract", "purpose/support", "c.md", "", date(2026, 1, 1), date(2027, 1, 1), 1
    )
    text = (CASES / "balancing-test-missing" / "good.yaml").read_text("utf-8")
    found = lint(policy(text), Context(TODAY, (contract,), links={}, built=BUILT))
    assert [each.rule for each in found] == ["balancing-test-missing"]


def test_more_than_four_clauses_are_counted_and_all_are_kept() -> None:
    kept = [clause(f"rule.c{n}", "tell: contact", "link: https://acme.example/") for n in range(6)]
    (only,) = lint(policy(BASE + "".join(kept)), Context(TODAY, built=BUILT))
    assert "in `rule.c0`, `rule.c1`, `rule.c2`, `rule.c3` and 2 more;" in only.message
    assert len(only.clauses) == len(only.lines) == 6
    assert only.about == "links"
