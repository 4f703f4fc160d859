from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.policy.test_lint import CASES, TODAY, policy
from upheld.policy.linting import CONCERNS, Context, as_json, lint, sarif

if TYPE_CHECKING:
    from upheld.policy.linting import Remark
    from upheld.policy.linting.sarif import Json

LEVELS = {"error", "warning", "note"}
FINGERPRINT = "upheldRuleAndClauses/v1"


def found(text: str) -> tuple[Remark, ...]:
    return lint(policy(text), Context(TODAY))


def everything() -> str:
    """Return every bad case but those that need an empty reach, joined into one policy."""
    return (CASES / "contradiction" / "bad.yaml").read_text("utf-8")


def run(text: str) -> dict[str, Json]:
    log = json.loads(json.dumps(sarif(found(text), "policy.yaml", "1.2.3")))
    assert set(log) == {"$schema", "version", "runs"}
    assert log["version"] == "2.1.0"
    (only,) = log["runs"]
    assert isinstance(only, dict)
    return only


def results(text: str) -> list[dict[str, Json]]:
    listed = run(text)["results"]
    assert isinstance(listed, list)
    return [each for each in listed if isinstance(each, dict)]


def test_the_tool_names_itself_and_every_rule_with_help() -> None:
    tool = run(everything())["tool"]
    assert isinstance(tool, dict)
    driver = tool["driver"]
    assert isinstance(driver, dict)
    assert (driver["name"], driver["version"]) == ("Upheld", "1.2.3")
    rules = driver["rules"]
    assert isinstance(rules, list)
    assert [each["id"] for each in rules if isinstance(each, dict)] == [e.id for e in CONCERNS]
    for each in rules:
        assert isinstance(each, dict)
        assert set(each) == {
            "id",
            "shortDescription",
            "fullDescription",
            "help",
            "defaultConfiguration",
        }
        help_text = each["help"]
        assert isinstance(help_text, dict)
        assert help_text["text"]
        assert help_text["markdown"]
        configuration = each["defaultConfiguration"]
        assert isinstance(configuration, dict)
        assert configuration["level"] in LEVELS


@pytest.mark.parametrize("rule", [each.id for each in CONCERNS])
def test_a_result_points_at_its_rule_and_its_line(rule: str) -> None:
    text = (CASES / rule / "bad.yaml").read_text("utf-8")
    lines = len(text.splitlines())
    for each in results(text):
        assert each["ruleId"] == CONCERNS[int(str(each["ruleIndex"]))].id
        assert each["level"] in LEVELS
        locations = each["locations"]
        assert isinstance(locations, list)
        related = each.get("relatedLocations", [])
        assert isinstance(related, list)
        assert len(locations) == 1
        for location in (*locations, *related):
            assert isinstance(location, dict)
            place = location["physicalLocation"]
            assert isinstance(place, dict)
            assert place["artifactLocation"] == {"uri": "policy.yaml"}
            region = place["region"]
            assert isinstance(region, dict)
            assert 1 <= int(str(region["startLine"])) <= lines


def test_a_result_keeps_its_fingerprint_when_lines_move() -> None:
    text = everything()
    moved = text.replace("clauses:\n", "# a line\n# and another\nclauses:\n")
    before, after = ([each["partialFingerprints"] for each in results(t)] for t in (text, moved))
    assert before == after


def test_no_two_results_share_a_fingerprint() -> None:
    for rule in CONCERNS:
        listed = results((CASES / rule.id / "bad.yaml").read_text("utf-8"))
        prints = [json.dumps(each["partialFingerprints"]) for each in listed]
        assert len(prints) == len(set(prints))


def test_json_holds_what_a_program_needs() -> None:
    (first, *_) = as_json(found(everything()), "policy.yaml")
    assert isinstance(first, dict)
    assert first["rule"] == "contradiction"
    assert first["severity"] == "error"
    assert first["place"] == "policy.yaml:21"
    assert first["clauses"] == ["rule.use", "rule.no-use"]
    assert first["lines"] == [21, 28]
