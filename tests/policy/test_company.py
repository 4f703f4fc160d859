"""The folder that `upheld init` writes, and the words that ship with the package."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

import pytest

from upheld.data import hints, vocabularies
from upheld.errors import BadFile
from upheld.model import Force, Regime, Right, Type
from upheld.policy.parse import parse_policy

COMPANY = resources.files("upheld") / "examples" / "company"
POLICY = (COMPANY / "policy.yaml").read_text("utf-8")
CHECKS = frozenset(re.findall(r"check: (\S+)", POLICY))
REGISTER = Path(__file__).parents[2].parent / "shared" / "reference" / "clauses.yaml"

TWELVE = [
    "scope.commitment",
    "scope.notice-coverage",
    "change.last-updated",
    "def.personal-information",
    "collect.categories-open",
    "right.access",
    "right.delete",
    "gdpr.access-copy",
    "gdpr.erase",
    "ccpa.delete",
    "retain.legal-tax",
    "retain.delete-or-anonymise",
]


def test_the_example_has_the_twelve_clauses() -> None:
    policy = parse_policy(POLICY, "policy.yaml", CHECKS)
    assert [clause.id for clause in policy.clauses] == TWELVE
    assert sum(clause.force is Force.PROMISE for clause in policy.clauses) == 9


def test_whoever_asks_under_whatever_law_is_answered() -> None:
    policy = parse_policy(POLICY, "policy.yaml", CHECKS)
    assert all(policy.answering(right, regime) for right in Right for regime in Regime)


def test_the_example_declares_every_word_it_uses_and_uses_every_word_it_declares() -> None:
    policy = parse_policy(POLICY, "policy.yaml", CHECKS)
    for declared, key in ((policy.purposes, "purposes"), (policy.recipients, "recipients")):
        used = {word for each in policy.categories.values() for word in getattr(each, key)}
        assert used == set(declared)


def test_a_clause_taken_from_the_example_and_bent_is_refused() -> None:
    with pytest.raises(BadFile, match="no check"):
        parse_policy(POLICY, "policy.yaml", CHECKS - {"roll-up"})


@pytest.mark.skipif(not REGISTER.exists(), reason="the register is not beside the project")
def test_the_words_of_the_example_are_our_own() -> None:
    theirs = _runs(REGISTER.read_text("utf-8"))
    policy = parse_policy(POLICY, "policy.yaml", CHECKS)
    ours = [*(clause.text for clause in policy.clauses), *policy.purposes.values()]
    ours += [each for words in _meanings() for each in words.values()]
    assert [text for text in ours if _runs(text) & theirs] == []


def _meanings() -> list[dict[str, str]]:
    words = vocabularies()
    kinds = (words.categories, words.sources, words.purposes, words.recipients, words.identities)
    return [dict(each) for each in kinds]


def _runs(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"[a-z0-9']+", text.lower())
    return {tuple(words[start : start + 5]) for start in range(len(words) - 4)}


def test_every_word_says_what_it_means() -> None:
    assert all(says.strip() for words in _meanings() for says in words.values())


def test_every_hint_speaks_in_known_words() -> None:
    words = vocabularies()
    for hint in hints().columns:
        assert hint.category in {*words.categories, "none"}
        assert hint.identity in {*words.identities, None}
        assert set(hint.types) <= set(Type)
        assert hint.where in {"any", "concerned", "people", "addressed"}
        assert re.compile(hint.looks).groups >= 0
