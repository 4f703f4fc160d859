"""`upheld policy diff` and `upheld policy render`, as they are typed."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
import typer
from typer.testing import CliRunner, Result

from upheld.app import Upheld
from upheld.cli import folder, versions
from upheld.errors import BadInput

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def here(tmp_path: Path) -> Path:
    place = tmp_path / "company"
    folder.init(place)
    with Upheld.open(place) as upheld:
        upheld.check()
    return place


def typed(*words: str) -> Result:
    app = typer.Typer()
    app.command("diff")(versions.policy_diff)
    app.command("render")(versions.policy_render)
    return CliRunner().invoke(app, words, catch_exceptions=True)


def revised(place: Path) -> str:
    found = re.search(r"^revised: (\S+)", (place / "policy.yaml").read_text("utf-8"), re.MULTILINE)
    assert found is not None
    return found[1]


def edited(place: Path, *, dated: bool = True) -> Path:
    text = (place / "policy.yaml").read_text("utf-8")
    old = revised(place)
    text = text.replace("for: 10 years", "for: 6 years")
    text = text.replace(f"revised: {old}", "revised: 2035-01-01") if dated else text
    (place / "next.yaml").write_text(text, encoding="utf-8")
    return place / "next.yaml"


def test_two_files_are_compared(here: Path) -> None:
    done = typed("diff", str(here / "policy.yaml"), str(edited(here)))
    assert done.exit_code == 0, done.output
    assert "Kept for shorter (1)" in done.output
    assert "4 years shorter" in done.output


def test_a_finding_is_exit_status_1(here: Path) -> None:
    done = typed("diff", str(here / "policy.yaml"), str(edited(here, dated=False)))
    assert done.exit_code == 1
    assert "finding: the text changed and `revised` is still" in done.output


def test_a_version_is_named_by_its_date(here: Path) -> None:
    done = typed("diff", revised(here), str(edited(here)), "--dir", str(here), "--as", "json")
    assert done.exit_code == 0, done.output
    (change,) = json.loads(done.output)["changes"]
    assert change["kind"] == "shortens"
    assert change["at"] == "retain.legal-tax"


def test_a_date_that_was_never_in_force_is_refused(here: Path) -> None:
    done = typed("diff", "1999-01-01", str(edited(here)), "--dir", str(here))
    assert isinstance(done.exception, BadInput)


@pytest.mark.parametrize("named", ["2026-13-41", "no-such-file.yaml"])
def test_what_is_no_file_and_no_date_is_refused(named: str, here: Path) -> None:
    done = typed("diff", named, str(here / "policy.yaml"), "--dir", str(here))
    assert isinstance(done.exception, BadInput)
    assert named in str(done.exception)


def test_a_diff_is_written_to_a_file_as_a_page(here: Path) -> None:
    to = here / "diff.html"
    done = typed(
        "diff", str(here / "policy.yaml"), str(edited(here)), "--as", "html", "-o", str(to)
    )
    assert done.exit_code == 0, done.output
    assert 'id="retain.legal-tax"' in to.read_text("utf-8")
    assert f"{to} is written" in done.output


def test_a_file_that_cannot_be_written_is_refused(here: Path) -> None:
    policy = str(here / "policy.yaml")
    done = typed("diff", policy, policy, "-o", str(here / "nowhere" / "diff.txt"))
    assert isinstance(done.exception, BadInput)


def test_the_page_of_a_folder_is_rendered(here: Path) -> None:
    done = typed("render", "--dir", str(here))
    assert done.exit_code == 0, done.output
    assert 'id="right.access"' in done.output


def test_a_folder_renders_the_profile_it_has_settled_on(here: Path) -> None:
    settings = (here / "upheld.toml").read_text("utf-8")
    (here / "upheld.toml").write_text(f'profile = "strict"\n{settings}', encoding="utf-8")
    assert "strict profile" in typed("render", "--as", "text", "--dir", str(here)).output
    other = typed("render", "--as", "text", "--profile", "seed", "--dir", str(here))
    assert "seed profile" in other.output


def test_a_letter_is_rendered(here: Path) -> None:
    words = ("--right", "erase", "--regime", "ccpa", "--as", "json", "--dir", str(here))
    done = typed("render", "letter", *words)
    assert done.exit_code == 0, done.output
    assert json.loads(done.output)["what"] == "letter"


def test_a_notice_is_rendered_for_a_form(here: Path) -> None:
    form = here / "form.yaml"
    fields = "fields:\n  email: {category: contact, required: yes, purposes: support}\n"
    form.write_text(f"title: Ask us\nchannel: web-form\n{fields}", encoding="utf-8")
    done = typed("render", "notice", "--form", str(form), "--as", "text", "--dir", str(here))
    assert done.exit_code == 0, done.output
    assert "Contact: Email" in done.output


@pytest.mark.parametrize(("what", "option"), [("notice", "--form"), ("letter", "--right")])
def test_what_a_page_needs_is_asked_for(what: str, option: str, here: Path) -> None:
    done = typed("render", what, "--dir", str(here))
    assert isinstance(done.exception, BadInput)
    assert option in str(done.exception)
