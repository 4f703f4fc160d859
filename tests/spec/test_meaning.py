"""The judge itself, on policies of two or three clauses."""

from __future__ import annotations

import pytest

from tests.spec.meaning import Answer, Ask, decide
from upheld.model import Action
from upheld.policy.parse import parse_policy

HEAD = """
title: Notice
company: Acme
contact: privacy@acme.example
revised: 2026-11-01
categories: {contact: {}, commercial: {}}
purposes: {support: To help you, maintain-improve: To make things better}
recipients: {service_provider: Companies that work for us, platform_user: Other users}
clauses:
"""


def judged(clauses: str, ask: str, **facts: str | bool) -> Answer:
    """Judge `action category purpose recipient` by clauses written in one line each."""
    lines = [line.strip() for line in clauses.strip().splitlines()]
    written = "\n".join(f"  - {{{line}, check: any, text: Words.}}" for line in lines)
    policy = parse_policy(HEAD + written + "\n", "policy.yaml", {"any"})
    action, category, purpose, recipient = ask.split()
    return decide(policy, Ask(Action(action), category, purpose, recipient, facts))


COLLECT = """
    id: collect.contact, may: collect, categories: contact
    id: source.forms, may: collect, sources: direct-forms
    id: source.web, may: collect, sources: auto-web, categories: commercial
"""


def test_what_no_clause_permits_is_refused() -> None:
    assert not judged("id: a.a, may: use, purposes: support", "share contact support self").allowed


def test_a_clause_that_names_a_source_permits_nothing_by_itself() -> None:
    opened = judged(COLLECT, "collect commercial support self", source="auto-web")
    assert not opened.allowed


def test_data_from_a_source_that_is_opened_is_collected() -> None:
    answer = judged(COLLECT, "collect contact support self", source="direct-forms")
    assert answer == Answer(allowed=True, because=("collect.contact",))


@pytest.mark.parametrize("source", ["cookies-beacons", "auto-web"])
def test_data_from_a_source_that_no_clause_opens_for_it_is_refused(source: str) -> None:
    answer = judged(COLLECT, "collect contact support self", source=source)
    assert not answer.allowed
    assert {"source.forms", "source.web"} & {*answer.because}


def test_an_ask_that_says_no_source_is_not_held_to_one() -> None:
    assert judged(COLLECT, "collect contact support self").allowed


def test_where_no_clause_opens_sources_any_will_do() -> None:
    alone = "id: collect.contact, may: collect"
    assert judged(alone, "collect contact support self", source="auto-web").allowed


def test_channels_are_opened_as_sources_are() -> None:
    clauses = COLLECT + "id: channel.web, may: collect, channels: web-form"
    ask = "collect contact support self"
    assert judged(clauses, ask, channel="web-form").allowed
    assert not judged(clauses, ask, channel="telephone").allowed


def test_a_never_holds_where_nobody_knows_only_if_it_says_so() -> None:
    may = "id: a.may, may: use\nid: a.never, never: use, when: age < 16"
    assert judged(may, "use contact support self").allowed
    assert not judged(may + ", unknown: forbids", "use contact support self").allowed


def test_a_may_whose_condition_nobody_knows_does_not_permit() -> None:
    assert not judged("id: a.a, may: use, when: contract", "use contact support self").allowed


def test_a_refusal_names_the_clause_whose_category_was_missed() -> None:
    clauses = "id: share.users, may: share, recipients: platform_user, categories: contact"
    answer = judged(clauses, "share commercial support platform_user")
    assert answer == Answer(allowed=False, because=("share.users",))


def test_an_allowed_act_names_the_never_that_its_unless_held_back() -> None:
    clauses = """
        id: a.may, may: use
        id: a.never, never: use, when: objected, unless: a.contract
        id: a.contract, definition: contract, when: contract
        id: a.other, definition: other, when: contract
    """
    answer = judged(clauses, "use contact support self", objected=True, contract=True)
    assert answer == Answer(allowed=True, because=("a.contract", "a.may", "a.never"))


def test_a_refusal_names_the_definition_that_failed() -> None:
    clauses = """
        id: a.may, may: use, when: a.ours and a.known
        id: a.ours, definition: ours, when: controller is company
        id: a.known, definition: known, when: contract
    """
    answer = judged(clauses, "use contact support self", controller="partner", contract=True)
    assert answer == Answer(allowed=False, because=("a.may", "a.ours"))


def test_joining_is_judged_as_the_purpose_that_it_serves() -> None:
    clauses = "id: use.support, may: use, purposes: support, categories: contact"
    assert judged(clauses, "use contact combine-for:support self").allowed
    assert not judged(clauses, "use commercial combine-for:support self").allowed
