"""The notice at collection: what a form asks for, and what the policy does not let it ask."""

from __future__ import annotations

import pytest

from tests.policy.pages import seen
from tests.policy.versions import POLICY, policy
from upheld.errors import BadFile
from upheld.model import Policy
from upheld.policy.render import Grid, Page, as_html, as_json, as_text, notice, parse_form

FORM = """\
title: Ask us
channel: web-form
policy: https://acme.example/privacy
fields:
  email: {category: contact, required: yes, purposes: [support]}
  phone: {category: contact, required: no, purposes: [event-invite], label: Telephone}
  card: {category: financial, required: no, purposes: support, refusing: You pay later.}
"""


def made(text: str = FORM, read: Policy | None = None) -> Page:
    read = read or policy()
    return notice(read, parse_form(text, "form.yaml", read))


def refused(text: str, read: Policy | None = None) -> str:
    with pytest.raises(BadFile) as found:
        parse_form(text, "form.yaml", read or policy())
    return str(found.value)


def test_a_notice_says_for_each_kind_of_data_why_for_whom_and_how_long() -> None:
    (kinds,) = made().sections[0].parts
    assert isinstance(kinds, Grid)
    contact, financial = kinds.rows
    assert contact.head == "Contact: Email, Telephone"
    assert contact.cells[0] == (
        "To help you (basis: contract)",
        "To invite you to events (basis: consent)",
    )
    assert contact.cells[1] == ("Companies that work for us",)
    assert contact.cells[2][0].startswith("10 years")
    assert financial.head == "Financial: Card"
    assert contact.clauses == (
        "collect.contact",
        "use.support",
        "use.event-invite",
        "share.providers",
        "retain.legal-tax",
    )


def test_a_notice_says_what_is_required_and_what_refusing_means() -> None:
    text = as_text(made())
    assert "Email: required. Without it the form cannot be sent." in text
    assert "Telephone: optional. You can leave it out" in text
    assert "Card: optional. You pay later." in text


def test_a_notice_says_whether_data_is_sold_and_who_hears_complaints() -> None:
    text = as_text(made())
    assert "We do not sell your data. [share.no-sale]" in text
    assert "You can complain to an authority. [right.authority-list]" in text
    assert "E-mail" in text


def test_a_policy_that_is_silent_on_selling_is_not_made_to_promise_it() -> None:
    text = POLICY.replace("    never: share\n    when: consideration\n", "    never: delete\n")
    assert "no clause on selling" in as_text(made(read=policy(text)))


def test_every_clause_of_a_notice_is_linked_to_the_policy_page() -> None:
    found = seen(as_html(made()))
    assert "https://acme.example/privacy#collect.contact" in found.links
    assert found.unsafe == []
    assert found.headings == [1, 2, 2, 2, 2, 2]
    assert as_json(made())


def test_hostile_words_of_a_form_stay_words() -> None:
    text = FORM.replace("title: Ask us", "title: '<script>x</script> \"'")
    found = seen(as_html(made(text.replace("label: Telephone", "label: '<b onclick=x>T</b>'"))))
    assert found.unsafe == []
    assert "<script>x</script>" in found.words
    assert "<b onclick=x>T</b>" in found.words


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "category: financial",
            "category: financal",
            "form.yaml:7: `financal` is no category; did",
        ),
        ("category: financial", "category: location", "form.yaml:7: the policy does not declare"),
        (
            "purposes: [support]",
            "purposes: [suport]",
            "form.yaml:5: `suport` is no purpose; did you",
        ),
        ("purposes: [support]", "purposes: []", "form.yaml:5: `purposes` is empty"),
        ("purposes: support", "purposes: event-invite", "does not hold `financial` for `event-inv"),
        ("purposes: [support]", "purposes: [security]", "does not hold `contact` for `security`"),
        ("channel: web-form", "channel: webform", "form.yaml:2: `webform` is no channel; did you"),
        (
            "channel: web-form",
            "channel: telephone",
            "no clause permits to collect `contact` by `tel",
        ),
        ("required: yes", "required: perhaps", "form.yaml:5: `required` must be `yes` or `no`"),
        ("https://acme.example/privacy", "'javascript:alert(1)'", "is no address of a page"),
        ("title: Ask us", "titel: Ask us", "`titel` is not a key of a form; did you mean `title`?"),
        ("channel: web-form", "channel: web-form\nsource: forms", "`forms` is no source"),
    ],
)
def test_what_is_wrong_with_a_form_is_named_by_line(old: str, new: str, words: str) -> None:
    assert FORM.count(old) == 1
    assert words in refused(FORM.replace(old, new))


def test_a_form_that_asks_for_nothing_is_refused() -> None:
    assert "`fields` is empty" in refused("title: A\nchannel: web-form\nfields: {}\n")


def test_a_purpose_that_no_clause_permits_is_refused_with_the_clause_that_is_missing() -> None:
    text = POLICY.replace(
        "    may: use\n    purposes: support\n", "    may: use\n    purposes: event-invite\n"
    )
    words = refused(FORM, policy(text))
    assert "no clause permits to use `contact` for `support`; add one with `may: use`" in words


def test_a_kind_of_data_that_no_clause_collects_is_refused_with_the_clause_that_is_missing() -> (
    None
):
    text = POLICY.replace(
        "    may: collect\n    categories: financial", "    may: delete\n    categories: financial"
    )
    words = refused(FORM, policy(text))
    assert "form.yaml:7" in words
    assert "add one with `may: collect` and `categories: financial`" in words


def test_what_a_clause_forbids_to_collect_is_refused_with_that_clause() -> None:
    never = "  - {id: limit.card, never: collect, categories: financial, check: one, text: No.}\n"
    assert "`limit.card` forbids to collect `financial`" in refused(FORM, policy(POLICY + never))


def test_a_policy_without_clauses_on_collecting_allows_what_it_declares() -> None:
    text = POLICY.replace("    may: collect\n", "    may: delete\n").replace(
        "    may: use\n", "    may: aggregate\n"
    )
    assert made(read=policy(text)).sections
