"""A notice never asks for what the policy could not allow in any world that a form leaves."""

from __future__ import annotations

import pytest

from tests.policy.versions import policy
from tests.spec.meaning import Ask as Asked
from tests.spec.meaning import decide
from upheld.errors import BadFile
from upheld.model import Action, Policy
from upheld.policy.render import as_text, notice, parse_form
from upheld.policy.render.allowed import asks, judged

HEAD = """\
title: Privacy notice
company: Acme Calibration Ltd.
contact: privacy@acme.example
revised: 2026-11-01
categories:
  location: {purposes: [support, newsletter], sources: [direct-forms]}
  financial: {purposes: support, sources: [direct-forms]}
purposes: {support: To help you, newsletter: To write to you}
clauses:
"""
FORM = """\
title: Where are you
channel: web-form
fields:
  place: {category: location, required: no, purposes: [support]}
"""
COLLECT = "may: collect"
USE = "may: use, purposes: support"
EXAMPLES = [
    ((COLLECT, USE), ""),
    ((COLLECT, USE, "never: collect, categories: location"), "`c.x3` forbids"),
    ((COLLECT, USE, "never: collect, when: category is location"), "`c.x3` forbids"),
    ((COLLECT, USE, "never: collect, when: category is financial"), ""),
    ((COLLECT, USE, "never: collect, when: 'purpose in [support, comply]'"), "`c.x3` forbids"),
    ((COLLECT, USE, "never: collect, purposes: support"), "`c.x3` forbids"),
    ((COLLECT, USE, "never: collect, purposes: newsletter"), ""),
    ((COLLECT, USE, "never: collect, when: channel is web-form"), "`c.x3` forbids"),
    ((COLLECT, USE, "never: collect, when: channel is post"), ""),
    ((COLLECT, USE, "never: collect, unless: purpose is newsletter"), "`c.x3` forbids"),
    ((COLLECT, USE, "never: collect, unless: age < 3 and age > 9"), "`c.x3` forbids"),
    ((COLLECT, USE, "never: collect, unless: consented"), ""),
    ((COLLECT, USE, "never: collect, when: not purpose.marketing"), "`c.x3` forbids"),
    ((COLLECT, USE, "never: collect, when: purpose.marketing"), ""),
    ((COLLECT, USE, "never: collect, when: purpose.permits is no"), ""),
    ((COLLECT, USE, "never: collect, when: purpose.declared"), "`c.x3` forbids"),
    ((COLLECT, USE, "never: use, categories: location"), "`c.x3` forbids"),
    ((COLLECT, USE, "never: use, when: category is location"), "`c.x3` forbids"),
    ((COLLECT, USE, "never: use, purposes: newsletter"), ""),
    (("may: collect, when: purpose is newsletter", USE), "what `c.x1` asks for can never hold"),
    (("may: collect, when: purpose is support", USE), ""),
    ((COLLECT, "may: use, purposes: newsletter"), "no clause permits to use `location` for"),
    (("may: collect, channels: web-form", USE), "no clause permits to collect"),
    (("may: collect, categories: financial", USE), "no clause permits to collect"),
    ((COLLECT, USE, "may: collect, channels: post"), "`c.x3` opens some channels"),
    ((COLLECT, USE, "may: collect, channels: web-form"), ""),
    ((COLLECT, USE, "may: collect, channels: web-form, categories: financial"), "`c.x3` opens"),
    ((COLLECT, USE, "may: collect, sources: auto-web"), "`c.x3` opens some sources"),
    ((COLLECT, USE, "never: collect, when: consented", "never: collect, unless: consented"), "tog"),
    (("may: collect, when: consented", USE, "never: collect, when: consented"), "`c.x3` forbids"),
    ((USE,), "no clause permits to collect `location` by `web-form`"),
]


def read(*rules: str) -> Policy:
    each = (
        f"  - {{id: c.x{n}, {rule}, check: one, text: So.}}\n" for n, rule in enumerate(rules, 1)
    )
    return policy(HEAD + "".join(each))


@pytest.mark.parametrize(("rules", "words"), EXAMPLES)
def test_a_field_is_refused_where_no_world_allows_it(rules: tuple[str, ...], words: str) -> None:
    found = read(*rules)
    if not words:
        assert notice(found, parse_form(FORM, "form.yaml", found)).sections
        return
    with pytest.raises(BadFile, match=r"form\.yaml:4: ") as wrong:
        parse_form(FORM, "form.yaml", found)
    assert words in str(wrong.value)
    assert "take" in str(wrong.value)


def some_world_allows(found: Policy, action: Action) -> bool:
    """Ask the judge that defines what a policy means, in every world of two facts."""
    ways = {"channel": "web-form", "source": "direct-forms"} if action is Action.COLLECT else {}
    worlds = [
        {**ways, "consented": consented, "age": age}
        for consented in (True, False)
        for age in (1, 5, 40)
    ]
    return any(
        decide(found, Asked(action, "location", "support", "self", world)).allowed
        for world in worlds
    )


@pytest.mark.parametrize("rules", [rules for rules, _ in EXAMPLES])
def test_it_is_refused_exactly_where_the_judge_refuses_every_world(rules: tuple[str, ...]) -> None:
    found = read(*rules)
    for ask in asks("location", "support", "web-form", "direct-forms"):
        assert (judged(found, ask).why is None) is some_world_allows(found, ask.action)


def test_a_policy_without_any_permission_goes_by_what_it_declares_and_says_so() -> None:
    found = read("answer: access")
    text = as_text(notice(found, parse_form(FORM, "form.yaml", found)))
    assert "No clause of our policy permits anything" in text


def test_where_there_are_too_many_worlds_the_notice_names_the_clauses_that_decide() -> None:
    never = " or ".join(
        f"(age > {n} and age < {n} and years_since_active > {n})" for n in range(12)
    )
    some = "(consented or contract or objected or withdrawn or restricted or opted_out)"
    found = read(COLLECT, USE, f"never: collect, unless: '({never}) and {some}'")
    made = notice(found, parse_form(FORM, "form.yaml", found))
    assert "These clauses decide at the time. [c.x1, c.x3]" in as_text(made)
