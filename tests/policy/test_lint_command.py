from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest
import typer
from typer.testing import CliRunner

from tests.policy.test_lint import CASES, EXAMPLES
from upheld.cli.lint import policy_check
from upheld.errors import BadFile, BadInput

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result

app = typer.Typer()
app.command()(policy_check)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "policy.yaml").write_text((EXAMPLES / "shop" / "policy.yaml").read_text("utf-8"))
    return tmp_path


def put(folder: Path, rule: str, which: str = "bad") -> None:
    shutil.copy(CASES / rule / f"{which}.yaml", folder / "policy.yaml")


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def test_a_policy_is_checked_in_its_folder_and_shown_by_severity(folder: Path) -> None:
    put(folder, "contradiction")
    found = run("--dir", folder, "--offline")
    assert found.exit_code == 1
    assert found.output.splitlines()[:2] == ["errors: 1", "  policy.yaml:21 contradiction"]
    assert "until somebody decides: the `never` wins" in found.output
    assert found.output.splitlines()[-1].startswith("policy.yaml: errors: 1, ")


def test_a_file_is_checked_wherever_it_lies(folder: Path) -> None:
    put(folder, "contradiction")
    other = folder / "draft.yaml"
    (folder / "policy.yaml").rename(other)
    (first, *_) = json.loads(run(other, "--offline", "--json").output)
    assert first["place"] == "draft.yaml:21"


def test_sarif_names_the_file_as_seen_from_here(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    (folder / "our notice").mkdir()
    (folder / "policy.yaml").rename(folder / "our notice" / "policy.yaml")
    log = json.loads(run("--dir", "our notice", "--offline", "--sarif").output)
    (result, *_) = log["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place == {"uri": "our%20notice/policy.yaml"}


@pytest.mark.parametrize(
    ("rule", "fail_on", "status"),
    [
        ("contradiction", "error", 1),
        ("contradiction", "warning", 1),
        ("contradiction", "never", 0),
        ("repealed-ground", "error", 0),
        ("repealed-ground", "warning", 1),
    ],
)
def test_what_fails_is_chosen(folder: Path, rule: str, fail_on: str, status: int) -> None:
    put(folder, rule)
    assert run("--dir", folder, "--offline", "--fail-on", fail_on).exit_code == status


def test_the_profile_is_as_typed_or_as_set_or_seed(folder: Path) -> None:
    put(folder, "repealed-ground")
    with (folder / "policy.yaml").open("a") as file:
        file.write("    strict: off\n")
    ours = ("--dir", folder, "--offline", "--fail-on", "warning")
    assert "repealed-ground" in run(*ours).output
    assert "repealed-ground" not in run(*ours, "--profile", "strict").output
    settings = 'home = "sqlite:///home"\norigin = "acme.example"\nprofile = "strict"\n[keys]\n'
    (folder / "upheld.toml").write_text(settings)
    assert "repealed-ground" not in run(*ours).output
    assert "repealed-ground" in run(*ours, "--profile", "seed").output


def test_documents_beside_the_policy_count_and_are_compared_with_their_files(folder: Path) -> None:
    put(folder, "balancing-test-overdue")
    ours = ("--dir", folder, "--offline")
    assert "balancing-test-missing" in run(*ours).output
    good = CASES / "balancing-test-overdue" / "good-documents.yaml"
    shutil.copy(good, folder / "documents.yaml")
    assert "is not what was registered" in run(*ours).output
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    text = good.read_text("utf-8").replace("0" * 64, empty).replace("2026-11-25", "2999-01-01")
    (folder / "documents.yaml").write_text(text)
    (folder / "tests").mkdir()
    (folder / "tests" / "support.md").write_bytes(b"")
    assert "balancing-test" not in run(*ours).output


def test_links_are_asked_unless_offline(folder: Path) -> None:
    put(folder, "links-not-asked")
    path = folder / "policy.yaml"
    path.write_text(path.read_text().replace("https://acme.example/there", "http://127.0.0.1:9/"))
    assert "link-does-not-answer" in run("--dir", folder).output
    offline = run("--dir", folder, "--offline").output
    assert "link-does-not-answer" not in offline
    assert "links-not-asked" in offline


def test_a_wrong_file_is_refused_with_its_line(folder: Path) -> None:
    path = folder / "policy.yaml"
    path.write_text(path.read_text().replace("may: collect", "may: collekt"))
    refused = run("--dir", folder).exception
    assert isinstance(refused, BadFile)
    assert refused.status == 2
    assert refused.place.startswith("policy.yaml:")


def test_a_file_that_is_not_there_is_refused(folder: Path) -> None:
    refused = run(folder / "nothing.yaml").exception
    assert isinstance(refused, BadInput)
    assert "cannot be read" in str(refused)


def test_one_form_of_the_answer_is_asked_for(folder: Path) -> None:
    refused = run("--dir", folder, "--json", "--sarif").exception
    assert isinstance(refused, BadInput)
