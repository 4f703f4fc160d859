"""Accepting guesses: the marks go, and nothing else changes."""

from __future__ import annotations

from upheld.datamap.guesses import accepted
from upheld.datamap.parse import parse_store

MAP = """\
# is this right?
kind: sql
url: sqlite:///what?.sqlite   # really?
collections:
  people:   # who?
    key: id
    people: [ {match: email?, identity: email?, is: about? } ]\r
    fields: {email: contact?, "odd?": 'contact', note: {category: contact , erase: redact?}}
  genres: not personal?
"""


def test_the_marks_go_and_nothing_else_changes() -> None:
    assert accepted(MAP) == (
        MAP.replace("about?", "about")
        .replace("email?", "email")
        .replace("contact?", "contact")
        .replace("redact?", "redact")
        .replace("personal?", "personal")
    )


def test_accepting_twice_is_accepting_once() -> None:
    assert accepted(accepted(MAP)) == accepted(MAP)


def test_what_is_accepted_has_no_guesses_left_and_the_same_words() -> None:
    before, after = (parse_store(each, "stores/crm.yaml") for each in (MAP, accepted(MAP)))
    assert [guess.rpartition(" ")[2] for guess in before.guesses] == [
        "email?",
        "email?",
        "about?",
        "contact?",
        "redact?",
        "personal?",
    ]
    assert after.guesses == ()
    assert [each.places for each in before.collections] == [
        each.places for each in after.collections
    ]


def test_a_question_to_an_officer_is_no_guess() -> None:
    manual = "kind: manual\nwithin: 2 days\ntasks: {erase: Is the cabinet empty?}\n"
    assert accepted(manual) == manual
