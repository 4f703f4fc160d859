"""The reference policy, judged by the specification on the shared cases, under both profiles."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib import resources
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.spec.cases import ask_of
from tests.spec.meaning import decide
from upheld.acts.prove import CHECKS
from upheld.model import Profile
from upheld.policy.parse import parse_policy

if TYPE_CHECKING:
    from tests.spec.cases import Case

SHARED = Path(__file__).parents[3] / "shared" / "vectors" / "decisions.json"
REFERENCE = resources.files("upheld") / "examples" / "reference"
TEXT = (REFERENCE / "policy.yaml").read_text("utf-8")
POLICIES = {each: parse_policy(TEXT, "policy.yaml", CHECKS, each) for each in Profile}
THEIRS: list[Case] = json.loads(SHARED.read_text("utf-8"))["cases"] if SHARED.exists() else []
OWN: list[Case] = yaml.safe_load((REFERENCE / "tests" / "decisions.yaml").read_text("utf-8"))[
    "cases"
]
CASES = [each for each in (*THEIRS, *OWN) if not each.get("judgement")]


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["id"]))
def test_the_policy_as_published_decides_as_expected_and_says_why(case: Case) -> None:
    answer = decide(POLICIES[Profile.SEED], ask_of(case))
    assert answer.allowed is (case["expected"] == "allow"), answer.because
    assert set(answer.because) & set(case["clauses"]), answer.because  # type: ignore[arg-type]
    assert len(answer.because) <= 12, answer.because


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["id"]))
def test_the_strict_profile_decides_as_expected(case: Case) -> None:
    answer = decide(POLICIES[Profile.STRICT], ask_of(case))
    assert answer.allowed is (case["expected_strict"] == "allow"), answer.because
    assert len(answer.because) <= 12, answer.because


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("profile", Profile)
def test_shuffling_the_clauses_changes_no_answer(profile: Profile, seed: int) -> None:
    policy = POLICIES[profile]
    clauses = list(policy.clauses)
    Random(seed).shuffle(clauses)  # noqa: S311 (any order will do)
    shuffled = replace(policy, clauses=tuple(clauses))
    for case in CASES:
        ask = ask_of(case)
        assert decide(shuffled, ask) == decide(policy, ask), case["id"]
