"""The reference policy: every clause of the register, in words of our own, and fit to be read."""

from __future__ import annotations

import re
from collections import Counter
from hashlib import sha256
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.spec.meaning import Ask, decide
from upheld.acts.prove import CHECKS
from upheld.data import capabilities, vocabularies
from upheld.model import Action, Clause, Force, Kind, Policy, Profile, Regime, Right, points_of
from upheld.policy.parse import parse_policy

if TYPE_CHECKING:
    from upheld.policy.logic import Said

FOLDER = resources.files("upheld") / "examples" / "reference"
TEXT = (FOLDER / "policy.yaml").read_text("utf-8")
SEED = parse_policy(TEXT, "policy.yaml", CHECKS)
STRICT = SEED.under(Profile.STRICT)
REGISTER = Path(__file__).parents[2].parent / "shared" / "reference" / "clauses.yaml"

# LAW §5, by topic: the clauses that the strict profile reads otherwise.
STRICTER = {
    "partner sharing": {
        "share.marketing-partners",
        "share.business-partners",
        "share.event-coordinator-badges",
    },
    "cookies": {"limit.cookies-purposes"},
    "marketing e-mail": {"basis.legitimate-interest"},
    "client audit": {"share.client-audit"},
    "objection, for everybody": {"gdpr.object-stop"},
    "restriction, for everybody": {"gdpr.restrict-limited-use"},
    "history": {"retain.active-user", "retain.transaction-history", "retain.employer-history"},
    "internal use": {"ccpa.exc-internal", "right.respect"},
    "transfer": {"transfer.store-local", "transfer.eea-adequate"},
    "orders of third countries": {"share.legal-process", "share.law-enforcement"},
    "new purpose": {"use.new-purpose-consent"},
    "notice, for everybody": {"ccpa.notice-timing"},
}

each_clause = pytest.mark.parametrize("clause", SEED.clauses, ids=lambda clause: clause.id)
beside = pytest.mark.skipif(not REGISTER.exists(), reason="the register is not beside the project")


def register() -> list[dict[str, str]]:
    found: list[dict[str, str]] = yaml.safe_load(REGISTER.read_text("utf-8"))
    return found


def runs(words: str) -> set[tuple[str, ...]]:
    """Return every five words that follow each other."""
    each = re.findall(r"[a-z0-9']+", words.lower())
    return {tuple(each[start : start + 5]) for start in range(len(each) - 4)}


def test_there_are_177_clauses_each_as_binding_as_it_was() -> None:
    assert Counter(clause.force for clause in SEED.clauses) == {
        Force.PROMISE: 60,
        Force.PERMISSION: 76,
        Force.CONDITION: 12,
        Force.EXCEPTION: 9,
        Force.DEFINITION: 11,
        Force.DISCLAIMER: 9,
    }


def test_the_ids_are_those_of_the_register_in_its_order() -> None:
    ids = "\n".join(clause.id for clause in SEED.clauses)
    assert sha256(ids.encode()).hexdigest() == (
        "4d71a0973ef1b2e2c049effcf4e972062decef2ad4f9d21bb0b3be850e91b0a4"
    )


@beside
def test_ids_and_forces_are_the_register_s() -> None:
    assert [(clause.id, clause.force) for clause in SEED.clauses] == [
        (each["id"], each["kind"]) for each in register()
    ]


@beside
def test_no_five_words_in_a_row_are_the_register_s() -> None:
    theirs = {run for each in register() for run in runs(f"{each['paraphrase']} | {each['check']}")}
    shipped = {
        **{clause.id: clause.text for clause in SEED.clauses},
        **SEED.purposes,
        **SEED.recipients,
        **SEED.sections,
        **{name: words for each in capabilities() for name, words in each.checks.items()},
    }
    assert {
        name: runs(words) & theirs for name, words in shipped.items() if runs(words) & theirs
    } == {}


@each_clause
def test_a_text_is_one_to_three_sentences(clause: Clause) -> None:
    assert clause.text.endswith(".")
    sentences = re.findall(r"[.?!](?= [A-Z]|$)", clause.text.replace("Inc. and", "Inc and"))
    assert 1 <= len(sentences) <= 3
    assert not re.search(r"\b(?:data subject|processing|pursuant|hereby|shall)\b", clause.text)


def test_every_section_has_a_heading_and_every_heading_a_section() -> None:
    assert list(SEED.sections) == list(dict.fromkeys(clause.group for clause in SEED.clauses))


def test_every_purpose_and_recipient_that_is_declared_is_used_by_a_category_and_a_clause() -> None:
    clauses = [clause.scope for clause in SEED.clauses if clause.kind is Kind.MAY]
    for declared, key in ((SEED.purposes, "purposes"), (SEED.recipients, "recipients")):
        by_category = {word for each in SEED.categories.values() for word in getattr(each, key)}
        by_clause = {word for scope in clauses for word in getattr(scope, key)}
        assert by_category == set(declared)
        assert set(declared) - by_clause <= {"public"}


def test_every_category_is_declared_and_collected_but_for_figures() -> None:
    assert set(SEED.categories) == set(vocabularies().categories) - {"unlisted"}
    collecting = [clause for clause in SEED.clauses if "collect" in clause.what]
    plain = [c for c in collecting if c.kind is Kind.MAY and not c.scope.sources]
    collected = {word for clause in plain for word in clause.scope.categories}
    assert collected == set(SEED.categories) - {"aggregate"}


@pytest.mark.parametrize("category", sorted(set(SEED.categories) - {"aggregate"}))
def test_what_a_category_declares_is_permitted(category: str) -> None:
    person: dict[str, Said] = {
        "region": "EEA",
        "status": "active",
        "erasure": "none",
        "store": "live",
    }
    declared = SEED.categories[category]
    asks = [Ask(Action.USE, category, each, "self", person) for each in declared.purposes]
    facts = {**person, "asked_by": category == "third_party_contact"}
    asks += [
        Ask(Action.COLLECT, category, "person-request", "self", {**facts, "source": each})
        for each in declared.sources
    ]
    refused = [ask for ask in asks if not decide(SEED, ask).allowed]
    assert refused == []


def test_every_purpose_says_what_makes_it_lawful() -> None:
    for name in SEED.purposes:
        basing = SEED.basing[name]
        assert basing.bases, name
        assert bool(basing.interest) is ("legitimate-interest" in basing.bases), name
        assert bool(basing.law) is ("legal-obligation" in basing.bases), name


@pytest.mark.parametrize("topic", STRICTER)
def test_the_strict_profile_reads_otherwise_what_the_law_made_stricter(topic: str) -> None:
    for id in STRICTER[topic]:
        assert STRICT.clause(id) != SEED.clause(id), id


def test_it_reads_nothing_else_otherwise() -> None:
    other = {clause.id for clause in SEED.clauses if STRICT.clause(clause.id) != clause}
    assert other == set().union(*STRICTER.values())
    assert {clause.id for clause in SEED.clauses} - {c.id for c in STRICT.clauses} == {
        "ccpa.exc-internal"
    }


@pytest.mark.parametrize("policy", [SEED, STRICT], ids=list(Profile))
def test_whatever_is_pointed_at_is_there_under_both_profiles(policy: Policy) -> None:
    rules = [r for c in policy.clauses for r in (c.when, c.unless) if r is not None]
    assert {id for rule in rules for id in points_of(rule)} <= set(policy.rules)


def test_whoever_asks_under_whatever_law_is_answered() -> None:
    assert all(SEED.answering(right, regime) for right in Right for regime in Regime)


def test_every_right_is_answered_or_made_to_count() -> None:
    answered = {word for c in SEED.clauses if c.kind is Kind.ANSWER for word in c.what}
    counted = {"unsubscribe", "withdraw-consent"}  # a never: the right needs no answer, it bites
    beyond = {"opt-out", "limit"}  # the policy as published gives neither; the linter says so
    assert answered | counted | beyond == vocabularies().words("rights") | {"all"}


def test_every_check_that_is_awaited_is_named_by_a_clause() -> None:
    awaited = {name for each in capabilities() for name in each.checks}
    assert awaited <= {clause.check for clause in SEED.clauses}


def test_the_head_keeps_to_the_day_it_was_published() -> None:
    assert SEED.revised.isoformat() == "2020-01-23"
    link = SEED.clause("right.authority-list")
    assert link is not None
    assert (link.link or "").startswith("https://ec.europa.eu/justice/article-29/")
