"""Every policy that ships makes a folder that works, and the reference lists all its clauses."""

from __future__ import annotations

import json
import re
from importlib import resources
from pathlib import Path

import pytest
import yaml

from tests.journeys import test_board, test_verdicts
from tests.journeys.town import Town, TownClock, main_quietly
from upheld.acts.prove import AWAITED, BUILT, CHECKS
from upheld.cli.folder import Example
from upheld.data import capabilities
from upheld.model import Profile
from upheld.policy.parse import parse_policy


def folder(tmp_path: Path, example: Example) -> Town:
    main_quietly(["init", str(tmp_path / "made"), "--example", example.value])
    return Town(tmp_path / "made", TownClock())


@pytest.mark.parametrize("example", list(Example))
def test_a_folder_begun_with_an_example_opens_and_has_a_board(
    tmp_path: Path, example: Example, capsys: pytest.CaptureFixture[str]
) -> None:
    town = folder(tmp_path, example)
    with town.open() as upheld:
        ids = [clause.id for clause in upheld.company.policy.clauses]
    status, said = town.run(capsys, "check", "--json", "--all")
    assert status in {0, 1}
    assert [row["id"] for row in json.loads(said)] == ids


@pytest.mark.parametrize("example", list(Example))
def test_an_example_is_read_under_both_profiles(tmp_path: Path, example: Example) -> None:
    text = (folder(tmp_path, example).folder / "policy.yaml").read_text("utf-8")
    for profile in Profile:
        assert parse_policy(text, "policy.yaml", CHECKS, profile).profile is profile


def test_the_board_of_the_reference_has_177_clauses_and_says_what_each_unproven_one_lacks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    town = folder(tmp_path, Example.REFERENCE)
    _, said = town.run(capsys, "check", "--json", "--all")
    board = json.loads(said)
    assert len(board) == 177
    unproven = [row for row in board if row["verdict"] == "unproven"]
    assert unproven
    for row in unproven:
        text = " ".join(row["evidence"])
        assert any(word in text for word in ("missing:", "upheld ", "write ", "unproven:")), row


def test_the_reference_runs_under_the_strict_profile(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    town = folder(tmp_path, Example.REFERENCE)
    settings = town.folder / "upheld.toml"
    settings.write_text(f'profile = "strict"\n{settings.read_text("utf-8")}', "utf-8")
    _, said = town.run(capsys, "check", "--json", "--all")
    ids = {row["id"] for row in json.loads(said)}
    assert len(ids) == 176
    assert "ccpa.exc-internal" not in ids
    town.edit("upheld.toml", 'profile = "strict"', 'profile = "strickt"')
    status, said = town.run(capsys, "check")
    assert status == 2
    assert "upheld.toml:1" in said


def test_a_check_is_either_built_or_awaited_and_every_awaited_one_is_used() -> None:
    awaited = {name for each in capabilities() for name in each.checks}
    assert not awaited & BUILT.keys(), "take what is built out of capabilities.yaml"
    assert set(CHECKS) == awaited | BUILT.keys()
    assert set(AWAITED) == awaited


@pytest.mark.parametrize(
    "clause",
    [
        *("collect.account", "collect.demographic", "collect.financial", "collect.location"),
        *("collect.third-party-contacts", "collect.tracking-tech", "source.cookies-beacons"),
        *("source.third-party-site-use", "source.third-party-events"),
        *("source.third-party-analytics", "source.direct-posts"),
        *("source.auto-web", "source.auto-network"),
    ],
)
def test_a_clause_whose_evidence_nobody_can_see_yet_awaits_it(clause: str) -> None:
    text = (resources.files("upheld") / "examples/reference/policy.yaml").read_text("utf-8")
    found = parse_policy(text, "policy.yaml", CHECKS).clause(clause)
    assert found is not None
    assert found.check in AWAITED


def test_every_check_that_is_built_has_a_test(tmp_path: Path) -> None:
    town = folder(tmp_path, Example.COMPANY)
    policy = parse_policy((town.folder / "policy.yaml").read_text("utf-8"), "policy.yaml", CHECKS)
    clauses = {clause.id: clause.check for clause in policy.clauses}
    clauses |= {each["id"]: each["check"] for each in yaml.safe_load(test_board.MORE)}
    broken = {clauses[id] for id in {*test_board.BREAK, *test_verdicts.BREAK} if id in clauses}
    files = Path(__file__).parent.parent.rglob("test_*.py")
    told = "\n".join(file.read_text("utf-8") for file in files)
    named = {
        name
        for name, check in BUILT.items()
        if re.search(rf"\b{check.__name__}\b|[\"']{name}[\"']", told)
    }
    assert set(BUILT) == broken | named, "a check has a test that sees it upheld and broken"
