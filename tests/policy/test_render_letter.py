"""The sections of a letter: the clauses of one regime, and none of another."""

from __future__ import annotations

import pytest

from tests.policy.pages import seen
from tests.policy.test_render_page import reference
from tests.policy.versions import POLICY, policy
from upheld.errors import BadInput
from upheld.model import Profile, Regime
from upheld.policy.render import Grid, Page, Said, as_html, as_json, as_text, letter
from upheld.policy.render.tables import rights


def headed(page: Page) -> list[str]:
    return [section.anchor for section in page.sections]


def test_a_letter_names_the_clauses_of_its_regime_and_not_of_another() -> None:
    text = as_text(letter(policy(), "erase", Regime.CCPA))
    assert "In California we delete it. [ccpa.delete]" in text
    assert "gdpr.erase" not in text


@pytest.mark.parametrize("profile", list(Profile))
def test_so_does_that_of_the_reference_policy(profile: Profile) -> None:
    text = as_text(letter(reference(profile), "erase", Regime.CCPA))
    assert "[ccpa.delete]" in text
    assert "gdpr." not in text


def test_a_letter_has_a_section_for_each_thing_a_person_needs() -> None:
    made = letter(policy(), "erase", Regime.GDPR)
    assert headed(made) == ["asked", "promised", "answer", "exceptions", "complaint", "contact"]
    found = seen(as_html(made))
    assert found.unsafe == []
    assert {*headed(made)} <= {*found.ids}
    assert len(found.ids) == len({*found.ids})
    assert as_json(made)


def test_what_may_stay_has_its_ground_and_its_term() -> None:
    text = as_text(letter(policy(), "erase", Regime.GDPR))
    assert "* Financial, Contact [retain.legal-tax]" in text
    assert "10 years from the end of the year it was made in" in text


def test_a_copy_is_not_held_back_by_what_is_kept() -> None:
    assert "exceptions" not in headed(letter(policy(), "access", Regime.GDPR))


def test_an_exception_to_an_objection_is_said() -> None:
    more = "  - {id: gdpr.object, answer: object, regimes: gdpr, check: one, text: Object.}\n"
    more += "  - id: gdpr.object-exc\n    may: use\n    regimes: gdpr\n    force: exception\n"
    more += "    when: objected and contract\n    check: one\n"
    more += "    text: Not where a contract needs it.\n"
    text = as_text(letter(policy(POLICY + more), "object", Regime.GDPR))
    assert "Not where a contract needs it. [gdpr.object-exc]" in text
    assert "use.event-invite" not in text


def test_an_answer_says_what_it_holds_and_by_which_clause() -> None:
    made = letter(policy(), "access", Regime.NONE)
    parts = [part for part in made.sections[2].parts if isinstance(part, Said)]
    assert [(part.words, part.clauses) for part in parts] == [
        ("A copy of the data.", ("right.access",)),
        ("The kinds of data.", ("right.access",)),
    ]


@pytest.mark.parametrize(
    ("regime", "words"),
    [
        (Regime.CCPA, "California Privacy Protection Agency"),
        (Regime.GDPR, "Members of the European Data Protection Board"),
        (Regime.UK_GDPR, "Information Commission"),
        (Regime.NONE, "the authority for data protection where you live"),
    ],
)
def test_a_letter_says_who_hears_complaints_where_the_person_lives(
    regime: Regime, words: str
) -> None:
    text = as_text(letter(policy(), "access", regime))
    assert words in text
    assert "You can also go to court." in text


ANY_TIME = "  - {id: exercise.any, answer: all, check: one, text: Ask on any day.}\n"


def test_a_clause_on_every_right_says_how_it_is_used_and_promises_none() -> None:
    read = policy(POLICY + ANY_TIME)
    text = as_text(letter(read, "erase", Regime.GDPR))
    assert "How to reach us\n---------------\n\nAsk on any day. [exercise.any]" in text
    with pytest.raises(BadInput, match="no clause promises `port`"):
        letter(read, "port", Regime.GDPR)


def test_where_no_clause_names_a_right_the_one_on_all_promises_each() -> None:
    text = POLICY.replace("answer: access", "tell: rights").replace("answer: erase", "tell: rights")
    text = text.replace("    with: [copy, categories]\n", "")
    assert "Ask on any day." in as_text(letter(policy(text + ANY_TIME), "port", Regime.GDPR))


def test_a_right_nobody_knows_is_refused() -> None:
    with pytest.raises(BadInput, match=r"no right is called so `erasee`; did you mean `erase`\?"):
        letter(policy(), "erasee", Regime.CCPA)


def test_a_right_that_no_clause_promises_is_refused_with_the_clause_that_is_missing() -> None:
    words = r"no clause promises `erase` under `none`; add one with `answer: erase`"
    with pytest.raises(BadInput, match=words):
        letter(policy(), "erase", Regime.NONE)


KEPT = """
  - {id: retain.here, keep: contact, ground: active-use, check: one, text: While you are here.}
  - {id: retain.past, keep: contact, ground: transaction-history, check: one, text: What you did.}
  - {id: retain.claim, keep: contact, ground: claims, check: one, text: For a claim.}
  - {id: retain.fault, keep: contact, ground: debug, check: one, text: For a fault.}
  - id: retain.exc
    keep: contact
    ground: active-use
    force: exception
    check: one
    text: In spite of it.
"""
REGIMES_OF_KEPT = """
  - id: retain.us
    keep: contact
    ground: claims
    regimes: ccpa
    check: one
    text: A claim over there.
"""


@pytest.mark.parametrize(
    ("regime", "held"),
    [
        (Regime.GDPR, {"retain.legal-tax", "retain.claim", "retain.exc"}),
        (
            Regime.CCPA,
            {"retain.legal-tax", "retain.claim", "retain.exc", "retain.fault", "retain.us"},
        ),
    ],
)
def test_only_what_answers_an_erasure_under_its_law_may_stay(
    regime: Regime, held: set[str]
) -> None:
    made = letter(
        policy(POLICY + KEPT.lstrip("\n") + REGIMES_OF_KEPT.lstrip("\n")), "erase", regime
    )
    (section,) = [each for each in made.sections if each.anchor == "exceptions"]
    (grid,) = section.parts
    assert isinstance(grid, Grid)
    assert {id for row in grid.rows for id in row.clauses} == held


def test_a_clause_on_complaints_stands_in_the_letters_of_its_law_alone() -> None:
    more = "  - {id: gdpr.tell, tell: complaint, regimes: gdpr, check: one, text: Complain here.}\n"
    read = policy(POLICY + more)
    assert "Complain here. [gdpr.tell]" in as_text(letter(read, "erase", Regime.GDPR))
    assert "Complain here." not in as_text(letter(read, "erase", Regime.CCPA))


@pytest.mark.parametrize(
    ("right", "fact"),
    [
        ("withdraw-consent", "withdrawn"),
        ("unsubscribe", "opted_out"),
        ("object", "objected"),
        ("restrict", "restricted"),
        ("opt-out", "gpc"),
    ],
)
def test_a_promise_that_heeds_a_choice_promises_the_right_to_it(right: str, fact: str) -> None:
    more = (
        f"  - {{id: right.heed, never: share, when: dnt or {fact}, check: one, text: We stop.}}\n"
    )
    read = policy(POLICY + more)
    assert "We stop. [right.heed]" in as_text(letter(read, right, Regime.GDPR))
    (row,) = [row for row in rights(read).rows if row.anchor == f"right-{right}"]
    assert row.clauses == ("right.heed",)
    for other in (more.replace(f"or {fact}", f"or not {fact}"), more.replace("never", "may")):
        with pytest.raises(BadInput, match=f"no clause promises `{right}`"):
            letter(policy(POLICY + other), right, Regime.GDPR)


@pytest.mark.parametrize("right", ["withdraw-consent", "unsubscribe", "object", "restrict"])
def test_the_reference_policy_has_a_letter_for_each_choice(right: str) -> None:
    assert letter(reference(Profile.SEED), right, Regime.GDPR).sections
