"""Checks of clauses over a world that is written out by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import resources

import pytest

from upheld.acts.prove import CHECKS
from upheld.datamap.checks import notice_covers
from upheld.datamap.parse import parse_store
from upheld.desk.checks import (
    CHECKS as BUILT,
)
from upheld.desk.checks import (
    access_answered,
    answers_list_contents,
    copy_complete,
    erasure_answered,
    erasure_complete,
    kept_within_schedule,
    nothing_left,
)
from upheld.model import (
    Bond,
    Counted,
    Declared,
    Judgement,
    Kind,
    Outcome,
    Policy,
    Regime,
    Request,
    Right,
    Seen,
    State,
)
from upheld.policy.parse import parse_policy

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
TEXT = (resources.files("upheld") / "examples" / "company" / "policy.yaml").read_text("utf-8")
POLICY = parse_policy(TEXT, "policy.yaml", CHECKS)
STORE = parse_store(
    "kind: sql\nurl: sqlite:///x.sqlite\ncollections:\n  people:\n    key: id\n    person: yes\n"
    "    people: [{match: email, identity: email, is: about}]\n"
    "    fields: {id: none, email: {category: contact, source: direct-forms}}\n",
    "stores/x.yaml",
)


def _seen(*requests: Request, policy: Policy = POLICY, at: datetime = NOON) -> Seen:
    return Seen(
        at=at,
        zone=UTC,
        policy=policy,
        versions=(),
        maps={"x": STORE},
        schemas={},
        unreachable={},
        requests=requests,
        late={},
        spent={},
        kept={},
        blind={},
        copies={},
    )


def _request(right: Right, **changes: object) -> Request:
    request = Request(
        id="R-1",
        right=right,
        regime=Regime.GDPR,
        person=1,
        received=NOON - timedelta(30),
        due=NOON.date(),
        rule="eu-month",
        state=State.OPEN,
    )
    return replace(request, **changes)  # type: ignore[arg-type]  # named by each test


def _judged(check: object, clause: str, seen: Seen) -> Judgement:
    found = POLICY.clause(clause)
    assert found is not None
    assert callable(check)
    judgement: Judgement = check(found, seen).judgement
    return judgement


@pytest.mark.parametrize(
    ("right", "check", "clause"),
    [
        (Right.ACCESS, access_answered, "right.access"),
        (Right.ERASE, erasure_answered, "right.delete"),
    ],
)
def test_a_request_is_overdue_from_the_day_after_its_last_day(
    right: Right, check: object, clause: str
) -> None:
    waiting = _request(right)
    assert _judged(check, clause, _seen(waiting)) is Judgement.NOT_EXERCISED
    late = _seen(waiting, at=NOON + timedelta(days=1))
    assert _judged(check, clause, late) is Judgement.BROKEN


def test_an_answer_on_the_last_day_is_in_time_and_one_a_day_later_is_not() -> None:
    closed = {"state": State.CLOSED, "outcome": "full"}
    on_time = _request(Right.ACCESS, answered=NOON, **closed)
    assert _judged(access_answered, "right.access", _seen(on_time)) is Judgement.UPHELD
    late = _request(Right.ACCESS, answered=NOON + timedelta(days=1), **closed)
    assert _judged(access_answered, "right.access", _seen(late)) is Judgement.BROKEN


def test_a_copy_with_fewer_rows_than_the_stores_counted_is_broken() -> None:
    answered = {"state": State.CLOSED, "outcome": "full", "answer": "0" * 64, "answered": NOON}
    whole = _request(Right.ACCESS, rows=3, counted_rows=3, **answered)
    assert _judged(copy_complete, "gdpr.access-copy", _seen(whole)) is Judgement.UPHELD
    short = _request(Right.ACCESS, rows=2, counted_rows=3, **answered)
    assert _judged(copy_complete, "gdpr.access-copy", _seen(short)) is Judgement.BROKEN


def test_a_category_in_use_without_a_purpose_is_not_covered() -> None:
    bare = Declared((), ("direct-forms",), ())
    policy = replace(POLICY, categories={**POLICY.categories, "contact": bare})
    seen = _seen(policy=policy)
    assert _judged(notice_covers, "scope.notice-coverage", _seen()) is Judgement.UPHELD
    assert _judged(notice_covers, "scope.notice-coverage", seen) is Judgement.BROKEN


def test_a_source_in_use_that_the_policy_does_not_name_is_not_covered() -> None:
    elsewhere = Declared(POLICY.categories["contact"].purposes, ("auto-web",), ())
    policy = replace(POLICY, categories={**POLICY.categories, "contact": elsewhere})
    seen = _seen(policy=policy)
    assert _judged(notice_covers, "scope.notice-coverage", seen) is Judgement.BROKEN


def test_a_right_that_is_used_and_not_named_is_not_covered() -> None:
    clauses = tuple(c for c in POLICY.clauses if c.kind is not Kind.ANSWER)
    seen = _seen(_request(Right.ACCESS), policy=replace(POLICY, clauses=clauses))
    assert _judged(notice_covers, "scope.notice-coverage", seen) is Judgement.BROKEN


LISTS = ["confirmation", "purposes", "categories", "sources", "recipients"]


@pytest.mark.parametrize("content", LISTS)
def test_what_an_answer_listed_is_not_upheld_by_its_being_in_time(content: str) -> None:
    promised = POLICY.clause("right.access")
    assert promised is not None
    promised = replace(promised, contents=(content,))
    refused = _request(Right.ACCESS, answered=NOON, answer="0" * 64, outcome="identity_unverified")
    found = access_answered(promised, _seen(refused))
    assert found.judgement is Judgement.NOT_EXERCISED
    copied = replace(refused, outcome="full")
    found = access_answered(promised, _seen(copied))
    assert found.judgement is Judgement.UNPROVEN, "it was answered before this was recorded"
    late = _seen(replace(copied, answered=NOON + timedelta(days=1)))
    assert access_answered(promised, late).judgement is Judgement.BROKEN


@pytest.mark.parametrize("content", LISTS)
def test_an_answer_that_does_not_list_what_was_promised_breaks_the_promise(content: str) -> None:
    promised = POLICY.clause("right.access")
    assert promised is not None
    promised = replace(promised, contents=("copy", content))
    given = {"answered": NOON, "answer": "0" * 64, "outcome": "full"}
    all_but = tuple(each for each in ("copy", *LISTS) if each != content)
    lists = _request(Right.ACCESS, listed=("copy", *LISTS), **given)
    lacks = _request(Right.ACCESS, listed=all_but, **given)
    for check in (answers_list_contents, access_answered):
        assert check(promised, _seen(lists)).judgement is Judgement.UPHELD
        found = check(promised, _seen(lists, lacks))
        assert found.judgement is Judgement.BROKEN
        assert content in found.evidence[-1]
    assert answers_list_contents(promised, _seen()).judgement is Judgement.NOT_EXERCISED


def test_that_there_is_nothing_is_a_plain_yes_or_no_and_lists_nothing_else() -> None:
    promised = POLICY.clause("right.access")
    assert promised is not None
    promised = replace(promised, contents=("confirmation", "purposes"))
    given = {"answered": NOON, "answer": "0" * 64, "outcome": "no_data"}
    said = _request(Right.ACCESS, listed=("confirmation",), **given)
    assert answers_list_contents(promised, _seen(said)).judgement is Judgement.UPHELD
    silent = _request(Right.ACCESS, listed=(), **given)
    assert answers_list_contents(promised, _seen(silent)).judgement is Judgement.BROKEN


def test_a_refusal_in_time_is_an_answer_and_no_copy() -> None:
    refused = {"answered": NOON, "answer": "0" * 64, "outcome": "identity_unverified"}
    asked = _seen(_request(Right.ACCESS, **refused))
    assert _judged(access_answered, "right.access", asked) is Judgement.UPHELD
    assert _judged(copy_complete, "gdpr.access-copy", asked) is Judgement.NOT_EXERCISED


def test_an_erasure_answered_in_time_is_upheld_and_one_too_late_is_broken() -> None:
    closed = {"state": State.CLOSED, "outcome": "partial"}
    on_time = _request(Right.ERASE, answered=NOON, **closed)
    assert _judged(erasure_answered, "right.delete", _seen(on_time)) is Judgement.UPHELD
    late = _request(Right.ERASE, answered=NOON + timedelta(days=1), **closed)
    assert _judged(erasure_answered, "right.delete", _seen(late)) is Judgement.BROKEN


@pytest.mark.parametrize(
    ("check", "clause"),
    [(erasure_complete, "gdpr.erase"), (nothing_left, "retain.delete-or-anonymise")],
)
def test_a_row_that_is_left_breaks_and_none_upholds(check: object, clause: str) -> None:
    seen = _seen(_request(Right.ERASE, answered=NOON, outcome="full"))
    assert _judged(check, clause, seen) is Judgement.NOT_EXERCISED
    assert _judged(check, clause, replace(seen, late={"R-1": {}})) is Judgement.UPHELD
    left = replace(seen, late={"R-1": {"x.people": 1}})
    assert _judged(check, clause, left) is Judgement.BROKEN
    blind = replace(seen, blind={"R-1": "`x` cannot be opened"})
    assert _judged(check, clause, blind) is Judgement.UNPROVEN


def test_what_is_kept_past_its_end_is_broken_and_what_is_within_it_is_upheld() -> None:
    kept = Counted("people", Bond.ABOUT, Outcome.RETAINED, 2, "retain.legal-tax", NOON.date())
    request = _request(Right.ERASE, carried="p", receipts={"p": {"R-1/x": (kept,)}})
    seen = replace(_seen(request), kept={"R-1": {"x.people": 2}})
    clause = "retain.legal-tax"
    assert _judged(kept_within_schedule, clause, _seen()) is Judgement.NOT_EXERCISED
    assert _judged(kept_within_schedule, clause, seen) is Judgement.UPHELD
    assert _judged(kept_within_schedule, clause, replace(seen, kept={})) is Judgement.UNPROVEN
    spent = replace(seen, spent={"R-1": {("x.people", clause): 2}})
    assert _judged(kept_within_schedule, clause, spent) is Judgement.BROKEN
    assert _judged(nothing_left, "retain.delete-or-anonymise", spent) is Judgement.BROKEN


def test_every_check_of_the_desk_is_tried_here() -> None:
    tried = {
        access_answered,
        answers_list_contents,
        copy_complete,
        erasure_answered,
        erasure_complete,
        kept_within_schedule,
        nothing_left,
    }
    assert set(BUILT.values()) == tried
