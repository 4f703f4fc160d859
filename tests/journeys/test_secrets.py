"""A secret that is written into a company's folder is told by `upheld check`, whatever it says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.journeys.town import Town, TownClock, main_quietly
from upheld.cli.folder import Example
from upheld.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

AWS = "AKIAIOSFODNN7EXAMPLE"


@pytest.mark.parametrize("file", ["policy.yaml", "upheld.toml", "tests/late.yaml"])
@pytest.mark.parametrize("example", list(Example))
def test_a_secret_in_a_file_is_named_on_standard_error_whatever_the_policy_says(
    tmp_path: Path, example: Example, file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main_quietly(["init", str(tmp_path / "made"), "--example", example.value])
    town = Town(tmp_path / "made", TownClock())
    path = town.folder / file
    path.parent.mkdir(exist_ok=True)
    before = path.read_text("utf-8") if path.exists() else ""
    _, said = town.run(capsys, "check", "--json")
    assert "secret in a file" not in said
    path.write_text(f"# {AWS}\n{before}", "utf-8")
    with pytest.raises(SystemExit) as end:
        main(["check", "--json", "--dir", str(town.folder)])
    assert end.value.code == 1
    shown = capsys.readouterr()
    assert f"secret in a file: {file}:1 (an access key of AWS); move it to env:" in shown.err
    assert json.loads(shown.out), "what is read by programs stays so"
    assert AWS not in shown.out + shown.err


def test_a_password_in_the_policy_breaks_the_promise_of_confidentiality_with_no_store_mapped(
    tmp_path: Path,
) -> None:
    main_quietly(["init", str(tmp_path / "made"), "--example", Example.REFERENCE.value])
    town = Town(tmp_path / "made", TownClock())
    path = town.folder / "policy.yaml"
    path.write_text(
        f"# postgresql://crm:hunter2@db.example/crm\n{path.read_text('utf-8')}", "utf-8"
    )
    with town.open() as upheld:
        assert not upheld.company.maps
        board = upheld.check()
    broken = [each for each in board if "a password in a URL" in " ".join(each.evidence)]
    assert broken
    assert {each.verdict for each in broken} == {"broken"}
    assert "hunter2" not in repr(broken)
