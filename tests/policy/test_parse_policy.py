"""`policy.yaml` read into a policy, and everything that can be wrong in one."""

from __future__ import annotations

from datetime import date
from hashlib import sha256

import pytest

from upheld.errors import BadFile
from upheld.model import Clause, Declared, Force, Kind, Policy, Regime, Right, Schedule
from upheld.policy.parse import parse_policy

CHECKS = ("access-answered", "erasure-complete", "kept-within-schedule", "roll-up")

POLICY = """\
title: Privacy notice
company: Acme Calibration Ltd.
contact: privacy@acme.example
revised: 2026-11-01
categories:
  contact: {purposes: [support], sources: [direct-forms], recipients: [service_provider]}
  financial: {purposes: support}
purposes: {support: To help you}
recipients: {service_provider: Companies that work for us}
clauses:
  - id: right.access
    answer: access
    check: access-answered
    text: You can ask what we hold.
  - id: gdpr.erase
    answer: [erase]
    regimes: [gdpr, uk-gdpr]
    check: erasure-complete
    text: We erase it.
  - id: retain.legal-tax
    keep: [financial, contact]
    ground: legal-tax
    for: 10 years
    from: end of year
    check: kept-within-schedule
    text: Invoices stay.
  - {id: scope.commitment, guard: all, force: condition, check: roll-up, text: We answer for it.}
"""


def policy(text: str = POLICY) -> Policy:
    return parse_policy(text, "policy.yaml", CHECKS)


def refusal(text: str) -> BadFile:
    with pytest.raises(BadFile) as refused:
        policy(text)
    return refused.value


def test_a_policy_is_read_as_it_was_written() -> None:
    read = policy()
    assert read.revised == date(2026, 11, 1)
    assert read.digest == sha256(POLICY.encode()).hexdigest()
    assert read.categories == {
        "contact": Declared(("support",), ("direct-forms",), ("service_provider",)),
        "financial": Declared(("support",), (), ()),
    }
    assert read.purposes == {"support": "To help you"}
    assert read.recipients == {"service_provider": "Companies that work for us"}
    assert [clause.id for clause in read.clauses] == [
        "right.access",
        "gdpr.erase",
        "retain.legal-tax",
        "scope.commitment",
    ]


def test_a_clause_holds_its_rule_its_words_and_its_line() -> None:
    assert policy().clause("retain.legal-tax") == Clause(
        id="retain.legal-tax",
        kind=Kind.KEEP,
        what=("financial", "contact"),
        force=Force.PERMISSION,
        text="Invoices stay.",
        check="kept-within-schedule",
        line=20,
        ground="legal-tax",
        schedule=Schedule(years=10, from_year_end=True),
    )


def test_the_force_follows_the_kind_unless_it_is_said() -> None:
    assert [clause.force for clause in policy().clauses] == [
        Force.PROMISE,
        Force.PROMISE,
        Force.PERMISSION,
        Force.CONDITION,
    ]


def test_a_regime_narrows_whom_a_right_belongs_to() -> None:
    read = policy()
    assert [each.id for each in read.answering(Right.ERASE, Regime.UK_GDPR)] == ["gdpr.erase"]
    assert read.answering(Right.ERASE, Regime.CCPA) == ()


def test_one_changed_byte_is_another_version() -> None:
    assert policy().digest != policy(POLICY.replace("\n", "\r\n")).digest


WRONG = {
    "an unknown key of a clause": ("answer: access", "answr: access", 12, "did you mean `answer`"),
    "an unknown key of the policy": ("company:", "compny:", 2, "did you mean `company`"),
    "a missing key": ("    check: access-answered\n", "", 11, "`check` is missing"),
    "an unknown check": ("check: roll-up", "check: rollup", 27, "did you mean `roll-up`"),
    "an unknown right": ("answer: access", "answer: acess", 12, "did you mean `access`"),
    "an unknown category": ("  financial:", "  finacial:", 7, "did you mean `financial`"),
    "a category for maps": ("  financial:", "  unlisted:", 7, "is for the map"),
    "an unknown purpose": ("{support:", "{suport:", 6, "declares"),
    "an unknown source": ("direct-forms", "direct-form", 6, "did you mean `direct-forms`"),
    "an undeclared recipient": (
        "recipients: [service_",
        "recipients: [court, service_",
        6,
        "court",
    ),
    "an undeclared kept category": ("keep: [financial,", "keep: [location,", 21, "`location`"),
    "an unknown regime": ("[gdpr, uk-gdpr]", "[gdpr, uk_gdpr]", 17, "did you mean `uk-gdpr`"),
    "no regime": ("[gdpr, uk-gdpr]", "[]", 17, "`regimes` is empty"),
    "a date that is none": ("2026-11-01", "2026-02-30", 4, "`2026-02-30`"),
    "a date in another order": ("2026-11-01", "01.11.2026", 4, "like `2026-11-01`"),
    "a term in words": ("10 years", "ten years", 23, "like `10 years`"),
    "a start nobody knows": ("end of year", "end of yaer", 24, "did you mean `end of year`"),
    "a keep without ground": ("    ground: legal-tax\n", "", 20, "`ground` is missing"),
    "a term without keep": ("answer: access", "answer: access\n    for: 1 year", 13, "`keep`"),
    "a clause of two kinds": ("answer: access", "answer: access\n    tell: x", 11, "`tell`"),
    "a clause of no kind": ("    answer: access\n", "", 11, "has none"),
    "a kind about nothing": ("answer: [erase]", "answer: []", 16, "`answer` is empty"),
    "a repeated id": ("id: gdpr.erase", "id: right.access", 15, "id of an earlier clause"),
    "an id of no section": ("id: gdpr.erase", "id: erase", 15, "`section.name`"),
    "a text without words": ("text: We erase it.", "text: ' '", 19, "`text` is empty"),
    "a text that is a list": ("text: We erase it.", "text: [We]", 19, "must be words"),
    "an unknown force": ("force: condition", "force: conditon", 27, "did you mean `condition`"),
    "a force of another kind": ("force: condition", "force: disclaimer", 27, "cannot have"),
    "no clauses": (POLICY[POLICY.index("clauses:") :], "clauses: []", 10, "`clauses` is empty"),
    "clauses that are no list": (POLICY[POLICY.index("clauses:") :], "clauses: x", 10, "a list"),
    "a category that is no group": ("{purposes: support}", "support", 7, "a group of"),
}


@pytest.mark.parametrize(("old", "new", "line", "words"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_said_with_its_line_and_a_next_step(
    old: str, new: str, line: int, words: str
) -> None:
    assert old in POLICY
    refused = refusal(POLICY.replace(old, new, 1))
    assert (refused.place, refused.status) == (f"policy.yaml:{line}", 2)
    assert words in refused.wrong


def test_an_empty_file_is_said_to_be_empty() -> None:
    assert "the file is empty" in str(refusal(""))
    assert "the file is empty" in str(refusal("# only a comment\n"))


def test_all_errors_are_counted_and_the_first_line_comes_first() -> None:
    wrong = POLICY.replace("10 years", "ten years").replace("answer: access", "answer: acess")
    assert str(refusal(wrong)).startswith("policy.yaml:12: `acess`")
    assert str(refusal(wrong)).endswith("(and 1 more)")


def test_a_word_of_ten_kilobytes_does_not_fill_the_message() -> None:
    refused = refusal(POLICY.replace("id: gdpr.erase", f"id: {'x' * 10_000}"))
    assert len(str(refused)) < 200


def test_a_clause_keeps_text_from_right_to_left() -> None:
    words = "\u0646\u062d\u0646 \u0646\u0645\u062d\u0648"
    assert policy(POLICY.replace("We erase it.", words)).clauses[1].text == words
