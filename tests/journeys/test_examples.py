"""Every policy that ships makes a folder that works, and the reference lists all its clauses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.journeys.town import Town, TownClock, main_quietly
from upheld.acts.prove import AWAITED, BUILT, CHECKS
from upheld.cli.folder import Example
from upheld.data import capabilities
from upheld.model import Profile
from upheld.policy.parse import parse_policy

if TYPE_CHECKING:
    from pathlib import Path


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
