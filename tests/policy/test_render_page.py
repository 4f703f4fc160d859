"""The policy page: every clause an anchor, nothing that runs, and words that stay words."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib import resources

import pytest

from tests.policy.pages import seen
from tests.policy.versions import POLICY, policy
from upheld.acts.prove import CHECKS
from upheld.model import Policy, Profile
from upheld.policy.parse import parse_policy
from upheld.policy.render import Grid, Page, Said, as_html, as_json, as_text, page

HOSTILE = "<script>alert(1)</script> \"x\" 'y' & <img src=x onerror=z> שלום מִן العربية \u200f"


def reference(profile: Profile) -> Policy:
    text = (resources.files("upheld") / "examples" / "reference" / "policy.yaml").read_text("utf-8")
    return parse_policy(text, "policy.yaml", CHECKS, profile)


POLICIES = [policy(), *map(reference, Profile)]
each_policy = pytest.mark.parametrize("read", POLICIES, ids=["small", "seed", "strict"])


def hostile() -> Policy:
    quoted = json.dumps(HOSTILE, ensure_ascii=False)
    text = POLICY.replace("We do not sell your data.", quoted)
    text = text.replace("Privacy notice", quoted).replace("To help you,", f"{quoted},")
    text = text.replace("Companies that work for us\n", f"{quoted}\n").replace(
        "right: Your rights", f"right: {quoted}"
    )
    read = policy(text)
    clauses = tuple(
        replace(each, link="javascript:alert(1)" if each.link else None) for each in read.clauses
    )
    return replace(read, clauses=clauses)


@each_policy
def test_every_clause_has_exactly_one_anchor(read: Policy) -> None:
    ids = seen(as_html(page(read))).ids
    assert len(ids) == len({*ids})
    assert {clause.id for clause in read.clauses} <= {*ids}


@each_policy
def test_every_link_within_the_page_leads_to_an_anchor(read: Policy) -> None:
    found = seen(as_html(page(read)))
    inner = {link.removeprefix("#") for link in found.links if link.startswith("#")}
    assert inner <= {*found.ids}


@each_policy
def test_the_page_runs_nothing_and_fetches_nothing(read: Policy) -> None:
    html = as_html(page(read))
    assert seen(html).unsafe == []
    assert "@import" not in html
    assert "url(" not in html


@each_policy
def test_headings_are_in_order_and_tables_have_headers(read: Policy) -> None:
    found = seen(as_html(page(read)))
    assert found.headings[0] == 1
    assert found.headings.count(1) == 1
    steps = zip(found.headings, found.headings[1:], strict=False)
    assert all(after - before <= 1 for before, after in steps)
    assert {*found.scopes} == {"col", "row"}
    assert found.lang == "en"


@each_policy
def test_the_text_holds_the_words_of_every_clause(read: Policy) -> None:
    text = as_text(page(read))
    for clause in read.clauses:
        assert f"{clause.id}: {clause.text}" in text


@each_policy
def test_json_says_all_that_the_page_says(read: Policy) -> None:
    found = json.loads(as_json(page(read)))
    assert found["digest"] == read.digest
    assert found["revised"] == read.revised.isoformat()
    said = {
        part["anchor"]: part["words"]
        for section in found["sections"]
        for part in section["parts"]
        if part["is"] == "paragraph"
    }
    assert all(said[clause.id].startswith(clause.text) for clause in read.clauses)


def kinds_of(made: Page) -> Grid:
    """Return the table of kinds of data of a page."""
    (section,) = [each for each in made.sections if each.anchor == "kinds-of-data"]
    (kinds,) = section.parts
    assert isinstance(kinds, Grid)
    return kinds


def test_the_kinds_of_data_are_read_downwards_and_tables_that_fit_stay_tables() -> None:
    shown = as_html(page(policy()))
    kinds = shown[shown.index('id="kinds-of-data"') :].partition("</section>")[0]
    assert "<table" not in kinds
    assert '<h3 id="category-contact"' in kinds
    assert kinds.index("<dt>What it is</dt>") < kinds.index("<dt>How long</dt>")
    assert "<dd" in kinds
    assert '<th scope="col">Right</th>' in shown


def test_hostile_words_stay_words() -> None:
    html = as_html(page(hostile()))
    found = seen(html)
    assert found.unsafe == []
    assert not [link for link in found.links if link.startswith("javascript")]
    assert found.words.count(HOSTILE) >= 5


def test_the_page_says_whose_it_is_and_which_version() -> None:
    words = seen(as_html(page(policy()))).words
    assert "1 November 2026" in words
    assert policy().digest in words
    assert "Acme Calibration Ltd." in words


def test_a_section_has_the_heading_that_the_policy_gives_it() -> None:
    headings = {section.anchor: section.heading for section in page(policy()).sections}
    assert headings["section-collect"] == "What we collect"
    assert headings["section-share"] == "Share"


def test_the_table_of_data_says_why_from_where_for_whom_and_how_long() -> None:
    kinds = kinds_of(page(policy()))
    contact, financial = kinds.rows
    assert contact.cells[1] == (
        "To help you (basis: contract)",
        "To invite you to events (basis: consent)",
    )
    assert contact.cells[3] == ("Companies that work for us",)
    assert financial.cells[3] == ("nobody outside",)
    assert financial.cells[4][0].startswith("10 years from the end of the year")
    assert "retain.legal-tax" in financial.clauses


def test_the_strict_profile_is_the_policy_it_reads() -> None:
    text = POLICY.replace(
        "    text: Invoices stay.\n", "    text: Invoices stay.\n    strict: off\n"
    )
    strict = page(policy(text, Profile.STRICT))
    assert "retain.legal-tax" not in as_text(strict)
    assert "retain.legal-tax" in as_text(page(policy(text)))


def test_a_kept_clause_says_its_term_beside_its_words() -> None:
    parts = [part for section in page(policy()).sections for part in section.parts]
    (kept,) = [p for p in parts if isinstance(p, Said) and p.anchor == "retain.legal-tax"]
    assert "Invoices stay. (Kept: 10 years from the end of the year" in kept.words


def test_data_without_a_term_stays_as_the_policy_says() -> None:
    never = (
        "  - {id: retain.need, never: keep, when: need is no, check: one, text: Then it goes.}\n"
    )
    kinds = kinds_of(page(policy(POLICY + never)))
    assert kinds.rows[0].cells[4][-1] == "otherwise as long as a purpose needs it"
    text = POLICY.replace("keep: [financial, contact]", "keep: financial")
    kinds = kinds_of(page(policy(text)))
    assert kinds.rows[0].cells[4] == ("this policy states no term",)
