"""For each of the twelve clauses: something breaks it, and the board says so."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.journeys.town import ADA, Town
from upheld.errors import StoreFailed
from upheld.model import Right

if TYPE_CHECKING:
    from collections.abc import Callable


def _late_row(town: Town) -> None:
    town.run_sql("shop", "INSERT INTO orders VALUES (12, 1, 'late', 5)")


def _leave_unanswered(town: Town, right: Right) -> None:
    with town.open() as upheld:
        upheld.open_request(right, ["email=carol@example.com"])
    town.clock.move(timedelta(days=40))


def _spoil_copy(town: Town) -> None:
    copy = town.access("carol@example.com")
    with (town.folder / "answers" / f"{copy}.zip").open("ab") as stream:
        stream.write(b"!")


def _change_text_only(town: Town) -> None:
    town.verdict("change.last-updated")
    town.edit("policy.yaml", "10 years", "12 years")


BREAK: dict[str, tuple[str, Callable[[Town], None]]] = {
    "right.access": ("gdpr", lambda town: _leave_unanswered(town, Right.ACCESS)),
    "right.delete": ("gdpr", lambda town: _leave_unanswered(town, Right.ERASE)),
    "gdpr.access-copy": ("gdpr", _spoil_copy),
    "gdpr.erase": ("gdpr", _late_row),
    "ccpa.delete": ("ccpa", _late_row),
    "retain.delete-or-anonymise": ("gdpr", _late_row),
    "retain.legal-tax": ("gdpr", lambda town: town.clock.move(timedelta(days=366 * 9))),
    "def.personal-information": (
        "gdpr",
        lambda town: town.run_sql("shop", "CREATE TABLE leads (id INTEGER PRIMARY KEY, who TEXT)"),
    ),
    "collect.categories-open": (
        "gdpr",
        lambda town: town.edit("stores/web.yaml", "page: network_activity", "page: unlisted"),
    ),
    "scope.notice-coverage": (
        "gdpr",
        lambda town: town.edit("stores/web.yaml", "page: network_activity", "page: aggregate"),
    ),
    "change.last-updated": ("gdpr", _change_text_only),
    "scope.commitment": ("gdpr", _late_row),
}


def test_the_policy_of_the_example_has_exactly_these_clauses(town: Town) -> None:
    with town.open() as upheld:
        assert {clause.id for clause in upheld.company.policy.clauses} == set(BREAK)


@pytest.mark.parametrize("clause", sorted(BREAK))
def test_what_breaks_a_clause_is_seen(town: Town, clause: str) -> None:
    regime, break_it = BREAK[clause]
    town.access()
    town.erase(regime=regime)
    before, _ = town.verdict(clause)
    assert before in {"upheld", "not-exercised"}
    break_it(town)
    after, evidence = town.verdict(clause)
    assert after == "broken", evidence
    assert ADA not in evidence


@pytest.mark.parametrize(
    "clause",
    ["right.access", "right.delete", "gdpr.access-copy", "gdpr.erase", "retain.legal-tax"],
)
def test_what_nobody_exercised_is_never_upheld(town: Town, clause: str) -> None:
    assert town.verdict(clause)[0] == "not-exercised"


def test_an_overdue_answer_breaks_the_promise_even_once_it_is_given(town: Town) -> None:
    with town.open() as upheld:
        request = upheld.open_request(Right.ACCESS, [f"email={ADA}"])
    town.clock.move(timedelta(days=40))
    with town.open() as upheld:
        upheld.plan(request.id)
        upheld.sign(request.id, town.key)
        upheld.apply(request.id)
    verdict, evidence = town.verdict("right.access")
    assert verdict == "broken"
    assert "answered" in evidence


def test_a_spent_ground_is_put_right_by_planning_again(town: Town) -> None:
    id = town.erase()
    town.clock.move(timedelta(days=366 * 9))
    assert town.verdict("retain.delete-or-anonymise")[0] == "broken"
    with town.open() as upheld:
        upheld.plan(id)
        upheld.sign(id, town.key)
        assert upheld.apply(id).outcome == "full"
    assert town.verdict("retain.legal-tax")[0] == "not-exercised"
    assert town.verdict("retain.delete-or-anonymise")[0] == "upheld"
    assert [row[0] for row in town.rows("shop", "invoices")] == [200]


def test_each_kept_row_is_seen_when_its_own_ground_ends_not_when_the_last_does(town: Town) -> None:
    town.run_sql("shop", "INSERT INTO invoices VALUES (102, 1, '2017-05-01', 'Ada', NULL)")
    town.erase()
    town.clock.move(timedelta(days=366))
    assert town.verdict("retain.legal-tax")[0] == "upheld"
    town.clock.move(timedelta(days=366))
    verdict, evidence = town.verdict("retain.legal-tax")
    assert verdict == "broken"
    assert "1 row of shop.invoices" in evidence


def test_a_revision_with_a_later_date_is_upheld_and_mends_an_undated_one(town: Town) -> None:
    _change_text_only(town)
    assert town.verdict("change.last-updated")[0] == "broken"
    town.edit("policy.yaml", "revised: 2026-11-01", "revised: 2026-11-20")
    assert town.verdict("change.last-updated")[0] == "upheld"


def test_a_store_that_cannot_be_reached_leaves_its_promises_unproven(town: Town) -> None:
    town.erase()
    (town.folder / "web.sqlite").rename(town.folder / "away.sqlite")
    assert town.verdict("gdpr.erase")[0] == "unproven"
    assert town.verdict("def.personal-information")[0] == "unproven"
    assert town.verdict("scope.commitment")[0] == "unproven"


def test_after_its_watch_an_erasure_is_released_and_its_key_destroyed(town: Town) -> None:
    id = town.erase("carol@example.com")
    assert town.verdict("gdpr.erase")[0] == "upheld"
    town.clock.move(timedelta(days=91))
    town.verdict("gdpr.erase")
    with town.open() as upheld:
        assert upheld.request(id).released
        assert upheld.company.home.unseal(id, "closure") is None
    verdict, evidence = town.verdict("gdpr.erase")
    assert verdict == "upheld"
    assert "end of their watch" in evidence


def test_the_board_as_json_is_a_list_of_five_fields_and_the_exit_status_tells(
    town: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    town.erase()
    status, said = town.run(capsys, "check", "--json")
    assert status == 0
    board = json.loads(said)
    assert len(board) == 12
    assert {key for row in board for key in row} == {
        "id",
        "kind",
        "verdict",
        "evidence",
        "checked_at",
    }
    _late_row(town)
    status, said = town.run(capsys, "check")
    assert status == 1
    assert "broken" in said
    assert "gdpr.erase" in said


def test_the_log_keeps_what_the_board_said_each_time_it_changed(town: Town) -> None:
    town.erase()
    town.verdict("gdpr.erase")
    town.verdict("gdpr.erase")
    _late_row(town)
    town.verdict("gdpr.erase")
    with town.open() as upheld:
        kinds = [entry.kind for _, entry in upheld.company.home.entries()]
    assert kinds.count("verdicts") == 2
    assert kinds.count("request.reopened") == 1


def test_a_failed_store_is_named_in_the_evidence_without_its_address(town: Town) -> None:
    town.erase()
    (town.folder / "web.sqlite").rename(town.folder / "away.sqlite")
    with town.open() as upheld, pytest.raises(StoreFailed):
        upheld.company.stores["web"].schema()
    _, evidence = town.verdict("gdpr.erase")
    assert "`web` cannot be opened" in evidence
    assert str(town.folder) not in evidence
