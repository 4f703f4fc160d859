from __future__ import annotations

from datetime import date
from importlib import resources
from pathlib import Path

import pytest

from upheld.acts.prove.registry import CHECKS
from upheld.model import Policy, Profile
from upheld.policy.documents import parse_documents
from upheld.policy.linting import CONCERNS, FIFTEEN, Context, Remark, Severity, lint, reference
from upheld.policy.parse import parse_policy

CASES = Path(__file__).parent / "lint"
TODAY = date(2026, 11, 25)
LINKS = {"https://acme.example/gone": "answers 404"}
BUILT = frozenset(CHECKS) - {"roll-up"}
EXAMPLES = resources.files("upheld") / "examples"

each_rule = pytest.mark.parametrize("rule", [each.id for each in CONCERNS])


def policy(text: str, profile: Profile = Profile.SEED) -> Policy:
    return parse_policy(text, "policy.yaml", CHECKS, profile)


def remarks(text: str) -> tuple[Remark, ...]:
    return lint(policy(text), Context(TODAY, links={}, built=BUILT))


def found(rule: str, which: str) -> tuple[Remark, ...]:
    folder = CASES / rule
    papers = folder / f"{which}-documents.yaml"
    context = Context(
        today=TODAY,
        documents=parse_documents(papers.read_text("utf-8"), papers.name)
        if papers.exists()
        else (),
        links=None if rule == "links-not-asked" else LINKS,
        built=BUILT,
    )
    return lint(policy((folder / f"{which}.yaml").read_text("utf-8")), context)


def marked(rule: str) -> int:
    lines = (CASES / rule / "bad.yaml").read_text("utf-8").splitlines()
    (line,) = [number for number, each in enumerate(lines, start=1) if "# here" in each]
    return line


@each_rule
def test_a_bad_policy_is_remarked_upon_in_one_line_and_by_one_rule(rule: str) -> None:
    assert [(each.rule, each.line) for each in found(rule, "bad")] == [(rule, marked(rule))]


@each_rule
def test_a_good_policy_is_not_remarked_upon(rule: str) -> None:
    assert found(rule, "good") == ()


@each_rule
def test_a_message_begins_small_has_no_full_stop_and_says_what_to_do(rule: str) -> None:
    (remark,) = found(rule, "bad")
    assert remark.message[0] not in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    assert not remark.message.endswith(".")
    assert "; " in remark.message
    assert remark.default


def test_every_case_is_the_case_of_a_rule() -> None:
    assert {each.name for each in CASES.iterdir()} == {each.id for each in CONCERNS}


def test_the_fifteen_have_a_law_and_a_default() -> None:
    assert len(FIFTEEN) == 15
    assert all(each.law and each.default for each in FIFTEEN)


def test_the_page_of_findings_describes_every_rule() -> None:
    page = reference()
    for each in CONCERNS:
        assert f"### {each.id}\n" in page
        assert each.says
        assert each.says.endswith(".")


@pytest.mark.parametrize("profile", list(Profile))
@pytest.mark.parametrize("example", ["blank", "company", "shop", "reference"])
def test_what_ships_has_no_error(example: str, profile: Profile) -> None:
    text = (EXAMPLES / example / "policy.yaml").read_text("utf-8")
    remarks = lint(policy(text, profile), Context(TODAY, built=frozenset(CHECKS)))
    assert [each for each in remarks if each.severity is Severity.ERROR] == []


def test_all_fifteen_are_found_in_the_policy_they_were_first_found_in() -> None:
    text = (EXAMPLES / "reference" / "policy.yaml").read_text("utf-8")
    remarks = lint(policy(text), Context(TODAY, built=frozenset(CHECKS)))
    assert {each.id for each in FIFTEEN} <= {each.rule for each in remarks}


@pytest.mark.parametrize(
    ("rule", "clause"),
    [
        ("storage-against-adequacy", "transfer.store-us"),
        ("storage-against-adequacy", "transfer.eea-adequate"),
        ("basis-not-published", "basis.legitimate-interest"),
        ("basis-not-published", "right.withdraw-consent"),
        ("sale-exception-ambiguous", "share.no-sale"),
        ("silence-as-consent", "change.deemed-consent"),
        ("silence-as-consent", "use.new-purpose-consent"),
        ("strength-differs", "retain.delete-or-anonymise"),
        ("strength-differs", "limit.children-delete"),
        ("strength-differs", "ccpa.delete"),
        ("history-without-end", "retain.transaction-history"),
        ("history-without-end", "retain.end-of-need"),
        ("objection-incomplete", "gdpr.object-exc-contract"),
        ("european-tests-differ", "gdpr.applies"),
        ("european-tests-differ", "transfer.eea-adequate"),
        ("repealed-ground", "ccpa.exc-internal"),
        ("vendor-policies-against-deletion", "share.service-providers-own-policies"),
        ("vendor-policies-against-deletion", "ccpa.delete-providers"),
        ("best-effort-promise", "limit.dnt-attempt"),
        ("best-effort-promise", "limit.dnt-no-guarantee"),
        ("partners-joint-control", "limit.partners-out-of-scope"),
        ("retired-link", "right.authority-list"),
    ],
)
def test_the_clauses_of_the_fifteen_are_named(rule: str, clause: str) -> None:
    text = (EXAMPLES / "reference" / "policy.yaml").read_text("utf-8")
    remarks = lint(policy(text), Context(TODAY, built=frozenset(CHECKS)))
    assert clause in {id for each in remarks if each.rule == rule for id in each.clauses}


def test_what_strict_puts_right_is_not_remarked_upon_there() -> None:
    text = (CASES / "repealed-ground" / "bad.yaml").read_text("utf-8")
    strict = policy(f"{text}    strict: off\n", Profile.STRICT)
    assert lint(strict, Context(TODAY, links={}, built=BUILT)) == ()


def test_a_ground_counts_on_its_last_day() -> None:
    text = (CASES / "repealed-ground" / "bad.yaml").read_text("utf-8")
    text = text.replace("revised: 2026-11-01", "revised: 2022-11-01")
    before = lint(policy(text), Context(date(2022, 12, 31), links={}, built=BUILT))
    after = lint(policy(text), Context(date(2023, 1, 1), links={}, built=BUILT))
    assert [each.rule for each in before] == []
    assert [each.rule for each in after] == ["repealed-ground"]


def test_a_topic_is_not_missed_before_its_law() -> None:
    text = (CASES / "not-published" / "good.yaml").read_text("utf-8")
    text = text.replace("answer: [correct, limit]", "answer: [access]")
    text = text.replace("revised: 2026-11-01", "revised: 2022-11-01")
    before = lint(policy(text), Context(date(2022, 12, 31), links={}, built=BUILT))
    (after,) = lint(policy(text), Context(date(2023, 1, 1), links={}, built=BUILT))
    assert before == ()
    assert "correction for Californians" in after.message


def test_a_policy_that_names_one_law_is_not_held_to_another() -> None:
    text = (CASES / "not-published" / "good.yaml").read_text("utf-8")
    text = text.replace("answer: [correct, limit]", "answer: access\n    regimes: [gdpr, uk-gdpr]")
    assert remarks(text) == ()


@pytest.mark.parametrize("number", ["1-888-555-0123", "(877) 555 0123", "0018005550123"])
def test_a_number_that_costs_nothing_is_free_however_it_is_written(number: str) -> None:
    text = (CASES / "phone-not-toll-free" / "good.yaml").read_text("utf-8")
    assert remarks(text.replace("+1 (800) 555-0123", number)) == ()


@pytest.mark.parametrize("number", ["+44 800 555 0123", "0800 5550123", "800", "no number"])
def test_a_number_that_is_free_elsewhere_is_not_free_in_california(number: str) -> None:
    text = (CASES / "phone-not-toll-free" / "good.yaml").read_text("utf-8")
    found = remarks(text.replace("+1 (800) 555-0123", number))
    assert [each.rule for each in found] == ["phone-not-toll-free"]


@pytest.mark.parametrize(
    "words",
    ["You may delete your posts yourself.", "People may remove it.", "We must delete it."],
)
def test_what_people_may_delete_binds_nobody_less(words: str) -> None:
    text = (CASES / "strength-differs" / "good.yaml").read_text("utf-8")
    assert remarks(text.replace("What nobody needs we delete or make anonymous.", words)) == ()


def test_a_second_balancing_test_takes_the_place_of_an_older_one() -> None:
    old = (CASES / "balancing-test-overdue" / "bad-documents.yaml").read_text("utf-8")
    new = (CASES / "balancing-test-overdue" / "good-documents.yaml").read_text("utf-8")
    both = parse_documents(old + new.removeprefix("documents:\n"), "documents.yaml")
    text = (CASES / "balancing-test-overdue" / "good.yaml").read_text("utf-8")
    assert lint(policy(text), Context(TODAY, both, links={}, built=BUILT)) == ()


def test_the_gravest_comes_first_and_then_the_order_of_the_lines() -> None:
    text = (EXAMPLES / "reference" / "policy.yaml").read_text("utf-8")
    found = lint(policy(text), Context(TODAY))
    order = [(list(Severity).index(each.severity), each.line) for each in found]
    assert order == sorted(order)


def test_clauses_in_another_order_are_remarked_upon_alike() -> None:
    for rule in ("contradiction", "silence-as-consent", "history-without-end"):
        text = (CASES / rule / "bad.yaml").read_text("utf-8")
        head, _, clauses = text.partition("clauses:\n")
        parts = [f"  - id{each}" for each in clauses.split("  - id")[1:]]
        turned = f"{head}clauses:\n{''.join(reversed(parts))}"
        assert [each.message for each in remarks(turned)] == [
            each.message for each in remarks(text)
        ]
