"""The notice at collection: what a form asks for, and what the policy does not let it ask."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest

from tests.policy.pages import seen
from tests.policy.versions import POLICY, policy
from upheld.acts.prove import CHECKS
from upheld.errors import BadFile
from upheld.model import Policy, Profile
from upheld.policy.parse import parse_policy
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


OPENED = "    channels: [web-form, e-mail]\n"
TEXT = POLICY.replace(OPENED, "")
"""The policy of a form: a *may* that names channels permits nothing by itself, it opens them."""


def made(text: str = FORM, read: Policy | None = None) -> Page:
    read = read or policy(TEXT)
    return notice(read, parse_form(text, "form.yaml", read))


def refused(text: str, read: Policy | None = None) -> str:
    with pytest.raises(BadFile) as found:
        parse_form(text, "form.yaml", read or policy(TEXT))
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
    text = TEXT.replace("    never: share\n    when: consideration\n", "    never: delete\n")
    assert "no clause on selling" in as_text(made(read=policy(text)))


def test_every_clause_of_a_notice_is_linked_to_the_policy_page() -> None:
    found = seen(as_html(made()))
    assert "https://acme.example/privacy#collect.contact" in found.links
    assert found.unsafe == []
    assert found.headings == [1, 2, 2, 2, 2, 2, 2]
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
    text = TEXT.replace(
        "    may: use\n    purposes: support\n", "    may: use\n    purposes: event-invite\n"
    )
    words = refused(FORM, policy(text))
    assert "no clause permits to use `contact` for `support`; add one with `may: use`" in words


def test_a_kind_of_data_that_no_clause_collects_is_refused_with_the_clause_that_is_missing() -> (
    None
):
    text = TEXT.replace(
        "    may: collect\n    categories: financial", "    may: delete\n    categories: financial"
    )
    words = refused(FORM, policy(text))
    assert "form.yaml:7" in words
    assert "add one with `may: collect` and `categories: financial`" in words


def test_what_a_clause_forbids_to_collect_is_refused_with_that_clause() -> None:
    never = "  - {id: limit.card, never: collect, categories: financial, check: one, text: No.}\n"
    assert "`limit.card` forbids to collect `financial`" in refused(FORM, policy(TEXT + never))


def test_no_id_of_a_page_holds_a_space_and_no_two_are_alike() -> None:
    text = FORM.replace("  email:", "  a b:").replace("  phone:", "  a-b:")
    ids = seen(as_html(made(text))).ids
    assert "field-a-b" in ids
    assert len(ids) == len({*ids})
    assert not [each for each in ids if " " in each]


def test_a_notice_says_what_the_policy_says_of_other_countries() -> None:
    text = as_text(made())
    assert "Your data goes only to countries that protect it. [transfer.adequate]" in text
    without = TEXT.replace("    may: transfer\n", "    may: delete\n")
    assert "transfers" not in [each.anchor for each in made(read=policy(without)).sections]


def test_a_never_for_another_purpose_does_not_forbid_a_field() -> None:
    never = "  - id: limit.card\n    never: collect\n    categories: financial\n"
    never += "    purposes: event-invite\n    check: one\n    text: No.\n"
    assert made(read=policy(TEXT + never)).sections


@pytest.mark.parametrize("empty", ["title: ''", "title: [a]", "title: {a: b}"])
def test_what_is_wrong_with_a_form_is_said_in_words_of_ours(empty: str) -> None:
    words = refused(FORM.replace("title: Ask us", empty))
    assert words.startswith("form.yaml:1: `title` ")
    assert "value error" not in words.lower()


@pytest.mark.parametrize("example", ["shop", "blank", "company", "reference"])
def test_the_form_of_the_guide_fits_every_example(example: str) -> None:
    guide = Path("docs/howto/publish-a-policy.md").read_text("utf-8")
    form = guide.partition("```yaml\n")[2].partition("```")[0]
    text = (resources.files("upheld") / "examples" / example / "policy.yaml").read_text("utf-8")
    for profile in Profile:
        read = parse_policy(text, "policy.yaml", CHECKS, profile)
        assert notice(read, parse_form(form, "form.yaml", read)).sections
