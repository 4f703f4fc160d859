"""A diff as text, as JSON and as a page: all of it, escaped, in a shape that stays."""

from __future__ import annotations

import json
from importlib import resources
from time import perf_counter

import pytest

from tests.policy.pages import seen
from tests.policy.versions import POLICY, edited, policy
from upheld.acts.prove import CHECKS
from upheld.policy.diff import Diff, Turn, as_html, as_json, as_text, changes
from upheld.policy.diff.showing import HEADINGS
from upheld.policy.parse import parse_policy

EDITS = (
    ("for: 10 years", "for: 6 years"),
    ("age >= 18", "age >= 16"),
    ("We do not sell your data.", "\"<script>x</script> 'y' שלום\""),
    ("region in [EEA, UK]", "region is EEA"),
    ("with: [copy, categories]", "with: copy"),
    ("title: Privacy notice", "title: '<b onclick=x>Privacy</b> & `notice`'"),
)


@pytest.fixture
def diff() -> Diff:
    return changes(policy(), edited(*EDITS))


def test_the_text_is_grouped_by_what_changes_do(diff: Diff) -> None:
    text = as_text(diff)
    assert text.startswith("from Privacy notice, 2026-11-01, SHA-256 ")
    assert "\nKept for shorter (1)\n  `retain.legal-tax` keeps" in text
    assert "    before: We do not sell your data.\n" in text
    assert "strict profile only)" in text
    assert "\nWho must be asked or told\n  " in text
    assert "  everybody whose data is held must be told before it takes effect" in text


def test_the_text_of_no_change_says_so() -> None:
    assert "nothing lies between these two versions" in as_text(changes(policy(), policy()))


def test_the_text_says_when_nobody_must_be_told() -> None:
    found = changes(policy(), edited(("text: We do not sell", "text: We never sell")))
    assert "Nobody must be told or asked" in as_text(found)


def test_json_has_a_shape_that_stays(diff: Diff) -> None:
    found = json.loads(as_json(diff))
    assert [*found] == ["before", "after", "findings", "changes", "audiences"]
    assert [*found["before"]] == ["title", "revised", "digest", "clauses"]
    assert [*found["changes"][0]] == [
        "kind",
        "at",
        "about",
        "line",
        "sentence",
        "profiles",
        "through",
        "regions",
        "categories",
        "was",
        "now",
    ]
    assert [*found["audiences"][0]] == [
        "duty",
        "who",
        "when",
        "why",
        "law",
        "regions",
        "categories",
        "about",
        "because",
    ]
    assert len(found["changes"]) == len(diff.changes)


def test_findings_stand_in_each_shape() -> None:
    found = changes(policy(), policy(POLICY.replace("10 years", "6 years")))
    (problem,) = found.problems
    assert f"finding: {problem.words}" in as_text(found)
    assert json.loads(as_json(found))["findings"] == [
        {"fault": "text-without-date", "words": problem.words}
    ]
    assert "Finding: the text changed" in seen(as_html(found)).words


def test_the_page_runs_nothing_and_escapes_all(diff: Diff) -> None:
    found = seen(as_html(diff))
    assert found.unsafe == []
    assert "<script>x</script> 'y' שלום" in found.words
    assert "the title is now “<b onclick=x>Privacy</b> & notice”" in found.words
    assert found.headings[0] == 1
    assert {*found.headings[1:]} == {2}


def test_every_change_of_a_clause_is_an_anchor_and_every_link_leads_to_one(diff: Diff) -> None:
    found = seen(as_html(diff))
    assert len(found.ids) == len({*found.ids})
    assert {each.at for each in diff.changes} <= {*found.ids}
    assert {link.removeprefix("#") for link in found.links} <= {*found.ids}


def test_every_kind_of_change_has_a_heading() -> None:
    assert {*HEADINGS} == {*Turn}


@pytest.mark.bench
def test_two_reference_policies_are_compared_in_time() -> None:
    text = (resources.files("upheld") / "examples" / "reference" / "policy.yaml").read_text("utf-8")
    after = text.replace("region in [EEA, UK]", "region in [EEA, UK, CH]").replace(
        "    text: We ", "    text: Indeed we "
    )
    one, other = (parse_policy(each, "policy.yaml", CHECKS) for each in (text, after))
    began = perf_counter()
    found = changes(one, other)
    took = perf_counter() - began
    print(f"diff of two reference policies: {took * 1000:.0f} ms, {len(found.changes)} changes")  # noqa: T201
    assert found.changes
