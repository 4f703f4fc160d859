"""A deep look-back finds who was erased in texts that no map covers, and reopens the request."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from tests.journeys.town import ADA, BOB, CANARIES, HELP_DESK, Town
from upheld.acts.prove.deep import look_deep
from upheld.acts.prove.searched import SearchedFold, searched
from upheld.model import Entry, Right, State
from upheld.stores.sql import SqlStore

if TYPE_CHECKING:
    from upheld.acts.prove.deep import Deep

Captured = pytest.CaptureFixture[str]


def _deep(town: Town) -> Deep:
    with town.open() as upheld:
        return look_deep(upheld.company)


def _leak(town: Town) -> None:
    town.run_sql(
        "web",
        "CREATE TABLE IF NOT EXISTS mailing (line TEXT);"
        f"INSERT INTO mailing VALUES ('to: Ada <{ADA.upper()}>')",
    )


def _unleak(town: Town) -> None:
    town.run_sql("web", "DELETE FROM mailing")


def test_after_an_erasure_nothing_is_found_in_any_text(town: Town) -> None:
    town.erase()
    seen = _deep(town)
    assert seen.requests == 1
    assert seen.identities == 2, "her address and her telephone"
    assert seen.found == {}
    assert seen.blind == {}
    assert town.verdict("gdpr.erase")[0] == "upheld"


def test_a_table_nobody_mapped_that_names_the_erased_breaks_the_promise(
    town: Town, capsys: Captured
) -> None:
    id = town.erase()
    _leak(town)
    assert town.verdict("gdpr.erase")[0] == "upheld", "looking back sees only what is mapped"
    status, said = town.run(capsys, "check", "--deep")
    assert status == 1
    where = "web.mailing.line (not mapped; map it in stores/web.yaml, then plan again)"
    assert f"{id}: 1 row in {where} that should be gone" in said
    assert "deep look-back: 2 identities of 1 erased" in said
    assert not [each for each in CANARIES if each.casefold() in said.casefold()]


def test_what_was_found_is_in_json_and_in_the_log_without_a_value(
    town: Town, capsys: Captured
) -> None:
    town.erase()
    _leak(town)
    status, said = town.run(capsys, "check", "--deep", "--json")
    assert status == 1
    (row,) = [each for each in json.loads(said) if each["id"] == "gdpr.erase"]
    assert row["verdict"] == "broken"
    assert "web.mailing.line" in row["evidence"][0]
    with town.open() as upheld:
        request = upheld.request("R-1")
        entries = {entry.kind: entry.body for _, entry in upheld.company.home.entries()}
    assert request.state is State.REOPENED
    assert request.late == {"web.mailing.line": 1}
    assert entries["request.searched"] == {"request": "R-1", "found": {"web.mailing.line": 1}}
    assert entries["request.reopened"]["cause"] == "deep look-back"
    assert entries["stores.searched"]["identities"] == 2


def test_only_a_clean_search_and_an_apply_close_it_again(town: Town) -> None:
    town.run_sql("web", "CREATE TABLE mailing (line TEXT)")
    id = town.erase()
    _leak(town)
    _deep(town)
    with town.open() as upheld:
        assert upheld.apply(id).state is State.CLOSED
    assert town.verdict("gdpr.erase")[0] == "broken", "the text is still there"
    _unleak(town)
    assert town.verdict("gdpr.erase")[0] == "broken", "nobody has looked"
    _deep(town)
    assert town.verdict("gdpr.erase")[0] == "upheld"
    with town.open() as upheld:
        assert upheld.request(id).state is State.REOPENED
        assert upheld.apply(id).state is State.CLOSED
    assert town.verdict("gdpr.erase")[0] == "upheld"


def test_a_search_that_finds_the_same_writes_it_once(town: Town) -> None:
    town.erase()
    _leak(town)
    _deep(town)
    _deep(town)
    with town.open() as upheld:
        kinds = [entry.kind for _, entry in upheld.company.home.entries()]
    assert kinds.count("request.searched") == 1
    assert kinds.count("request.reopened") == 1
    assert kinds.count("stores.searched") == 2


def test_rows_that_a_ground_keeps_are_kept_and_no_lapse(town: Town) -> None:
    town.run_sql("shop", f"UPDATE invoices SET billing_name = 'Ada, {ADA}' WHERE id = 100")
    town.edit(
        "stores/shop.yaml",
        "billing_name: contact",
        "billing_name: {category: financial, erase: retain}",
    )
    town.erase()
    seen = _deep(town)
    assert seen.found == {}
    assert seen.kept == 1


def test_a_telephone_of_the_household_is_nobodys_lapse(town: Town) -> None:
    """Bob, who lives there, has the same; so what is found of it anywhere may be his."""
    town.erase()
    town.run_sql("web", "CREATE TABLE calls (n TEXT); INSERT INTO calls VALUES ('+44 20/794600')")
    assert _deep(town).found == {}
    town.run_sql("shop", "UPDATE customers SET phone = NULL WHERE id = 2")
    assert _deep(town).found == {"R-1": {"web.calls.n": 1}}


def test_what_is_found_of_who_has_a_new_request_open_is_found_all_the_same(town: Town) -> None:
    town.erase()
    _leak(town)
    with town.open() as upheld:
        upheld.open_request(Right.ACCESS, [f"email={ADA}"])
    seen = _deep(town)
    assert seen.found == {"R-1": {"web.mailing.line": 1}}
    assert seen.left_out == 1, "the number of her account, which tells nobody apart"
    with town.open() as upheld:
        assert upheld.request("R-1").state is State.REOPENED


def _back(town: Town) -> str:
    """Let Ada come back as a customer, and ask to be erased again."""
    town.run_sql("shop", f"INSERT INTO customers VALUES (9, '{ADA}', NULL, NULL, 'at {ADA}')")
    with town.open() as upheld:
        return upheld.open_request(Right.ERASE, [f"email={ADA}"]).id


@pytest.mark.parametrize("planned", [False, True])
def test_what_an_open_erasure_takes_is_pending_and_what_it_does_not_is_found(
    town: Town, capsys: Captured, *, planned: bool
) -> None:
    town.erase()
    _leak(town)
    town.run_sql("shop", f"UPDATE orders SET note = 'gift for {ADA}' WHERE id = 20")
    id = _back(town)
    with town.open() as upheld:
        if planned:
            upheld.plan(id)
    seen = _deep(town)
    assert seen.pending == {"R-1": {"shop.customers.email": 1, "shop.customers.street": 1}}
    assert seen.found == {"R-1": {"shop.orders.note": 1, "web.mailing.line": 1}}
    said = town.run(capsys, "check", "--deep")[1]
    assert (
        "pending: 1 rows in shop.customers.street, which an open erasure takes "
        "(R-1 was to leave none)" in said
    )
    with town.open() as upheld:
        bodies = [e.body for _, e in upheld.company.home.entries() if e.kind == "stores.searched"]
    assert bodies[-1]["pending"] == seen.pending


def test_what_is_pending_for_who_was_joined_is_so_by_what_the_other_presented(town: Town) -> None:
    town.erase()
    town.run_sql("shop", f"INSERT INTO customers VALUES (9, '{ADA}', NULL, NULL, 'at {ADA}')")
    with town.open() as upheld:
        people = [
            upheld.open_request(Right.ACCESS, [f"email={each}"]).person
            for each in (ADA, "ada.l@example.com")
        ]
        upheld.merge(people, [], town.key)
        upheld.open_request(Right.ERASE, ["email=ada.l@example.com"])
    seen = _deep(town)
    assert seen.pending == {"R-1": {"shop.customers.email": 1, "shop.customers.street": 1}}
    assert seen.found == {}


def test_what_an_erasure_that_was_carried_out_again_left_is_found_for_both(town: Town) -> None:
    town.erase()
    _leak(town)
    town.run_sql("shop", f"INSERT INTO customers VALUES (9, '{ADA}', NULL, NULL, NULL)")
    town.erase()
    assert _deep(town).found == {
        "R-1": {"web.mailing.line": 1},
        "R-2": {"web.mailing.line": 1},
    }


def test_a_telephone_of_somebody_who_asks_is_left_out_if_it_is_all_they_share(town: Town) -> None:
    town.run_sql("shop", "UPDATE customers SET phone = NULL WHERE id = 2")
    town.run_sql("web", "CREATE TABLE calls (n TEXT); INSERT INTO calls VALUES ('+44 20/794600')")
    town.erase()
    assert _deep(town).found == {"R-1": {"web.calls.n": 1}}
    phone = "phone=+44 20 794600"
    with town.open() as upheld:
        upheld.open_request(Right.ACCESS, [f"email={BOB}", phone])
    seen = _deep(town)
    assert (seen.found, seen.left_out) == ({}, 2)


def test_what_was_not_searched_is_named_by_the_command_the_evidence_and_the_log(
    town: Town, capsys: Captured
) -> None:
    town.erase()
    (town.folder / "stores/desk.yaml").write_text(HELP_DESK, encoding="utf-8")
    said = town.run(capsys, "check", "--deep")[1]
    assert "\nnot searched: what only a person can look up in desk: 1" in said
    evidence = town.verdict("gdpr.erase")[1]
    assert "did not search: what only a person can look up in desk: 1" in evidence
    with town.open() as upheld:
        bodies = [e.body for _, e in upheld.company.home.entries() if e.kind == "stores.searched"]
        views = searched(upheld.company.home)
    assert bodies[-1]["unseen"] == views.unseen == {"desk": {"what only a person can look up": 1}}


def test_a_materialised_view_in_which_somebody_stands_is_to_be_refreshed(
    town: Town, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.erase()
    with sa.create_engine(postgres_url, poolclass=sa.NullPool).begin() as connection:
        connection.exec_driver_sql(f"CREATE MATERIALIZED VIEW shown AS SELECT 'to {ADA}' AS note")
        connection.exec_driver_sql("SELECT lo_create(0)")
    monkeypatch.setenv("CRM", postgres_url)
    (town.folder / "stores/crm.yaml").write_text(
        "kind: sql\nurl: env:CRM\ncollections: {}\n", encoding="utf-8"
    )
    seen = _deep(town)
    assert seen.found == {"R-1": {"crm.shown.note": 1}}
    assert seen.unseen == {"crm": {"large objects": 1}}
    evidence = town.verdict("gdpr.erase")[1]
    assert "1 row in crm.shown.note (a materialised view; refresh it)" in evidence


def test_what_rows_were_is_to_be_deleted_from_the_history(
    town: Town, mariadb_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.erase()
    with sa.create_engine(mariadb_url, poolclass=sa.NullPool).begin() as connection:
        connection.exec_driver_sql("CREATE TABLE notes (note TEXT) WITH SYSTEM VERSIONING")
        connection.exec_driver_sql(f"INSERT INTO notes VALUES ('to {ADA}')")
    with sa.create_engine(mariadb_url, poolclass=sa.NullPool).begin() as connection:
        connection.exec_driver_sql("DELETE FROM notes")
    monkeypatch.setenv("CRM", mariadb_url)
    (town.folder / "stores/crm.yaml").write_text(
        "kind: sql\nurl: env:CRM\ncollections: {}\n", encoding="utf-8"
    )
    assert _deep(town).found == {"R-1": {"crm.notes.note": 1}}
    said = "crm.notes.note (if no row has it any more, run `DELETE HISTORY FROM notes`)"
    assert said in town.verdict("gdpr.erase")[1]


def test_a_search_of_before_anything_unseen_was_counted_says_nothing_of_it() -> None:
    at = datetime(2026, 7, 1, tzinfo=UTC)
    state = SearchedFold().step(None, 0, Entry(at, "stores.searched", {"blind": {}}))
    assert json.loads(state) == [at.isoformat(), {}, {}]


def test_who_asks_by_a_telephone_alone_may_be_the_erased_person(town: Town) -> None:
    town.run_sql("shop", "UPDATE customers SET phone = NULL WHERE id = 2")
    town.run_sql("web", "CREATE TABLE calls (n TEXT); INSERT INTO calls VALUES ('+44 20/794600')")
    town.erase()
    with town.open() as upheld:
        upheld.open_request(Right.ACCESS, ["phone=+44 20 794600"])
    assert _deep(town).found == {"R-1": {"web.calls.n": 1}}


def test_telephones_are_found_as_the_people_of_a_country_dial_them(town: Town) -> None:
    town.run_sql("shop", "UPDATE customers SET phone = '020 7946 0001' WHERE id = 1")
    town.edit(
        "stores/shop.yaml",
        "phone: {category: contact, identity: phone}",
        "phone: {category: contact, identity: phone, stored: national GB}",
    )
    town.erase()
    town.run_sql(
        "web",
        "CREATE TABLE calls (a TEXT, b TEXT, c INTEGER); INSERT INTO calls VALUES "
        "('+44 20 7946 0001', 'call (020) 7946-0001', 2079460001)",
    )
    seen = _deep(town)
    assert seen.found == {"R-1": {"web.calls.a": 1, "web.calls.b": 1, "web.calls.c": 1}}
    assert seen.identities == 2, "her address and her telephone, however it is spelled"
    town.run_sql("shop", "UPDATE customers SET phone = '020 7946 0001' WHERE id = 2")
    assert _deep(town).found == {}, "it is Bob's as well, in every spelling"


def test_a_telephone_that_was_stored_with_a_zero_in_brackets_is_found_without(town: Town) -> None:
    town.run_sql("shop", "UPDATE customers SET phone = '+44 (0)20 7946 0001' WHERE id = 1")
    town.erase()
    town.run_sql(
        "web",
        "CREATE TABLE calls (a TEXT, b TEXT, c TEXT); INSERT INTO calls VALUES "
        "('+44 20 7946 0001', '+44 (0)20 7946 0001', '0044 (0) 20 7946 0001')",
    )
    seen = _deep(town)
    assert seen.found == {"R-1": {"web.calls.a": 1, "web.calls.b": 1, "web.calls.c": 1}}
    assert seen.identities == 2, "her address and her telephone, however it is spelled"


def test_who_came_back_is_not_searched_for(town: Town) -> None:
    id = town.erase()
    _leak(town)
    with town.open() as upheld:
        upheld.release(id, town.key)
    seen = _deep(town)
    assert seen.requests == 0
    assert seen.found == {}


def test_a_mention_in_somebody_elses_mapped_row_is_found_and_told_apart(town: Town) -> None:
    town.erase()
    town.run_sql("shop", f"UPDATE orders SET note = 'gift for {ADA}' WHERE id = 20")
    assert _deep(town).found == {"R-1": {"shop.orders.note": 1}}
    evidence = town.verdict("gdpr.erase")[1]
    assert "no way of the map leads from there to them" in evidence
    assert BOB not in evidence


def test_a_late_row_is_counted_by_looking_back_alone(town: Town) -> None:
    town.erase()
    town.run_sql("shop", f"INSERT INTO orders VALUES (12, 1, 'for {ADA}', 5)")
    assert _deep(town).found == {}
    verdict, evidence = town.verdict("gdpr.erase")
    assert verdict == "broken"
    assert evidence.count("that should be gone") == 1


def test_a_store_not_seen_whole_is_unproven_until_it_is(town: Town) -> None:
    id = town.erase()
    _leak(town)
    _deep(town)
    _unleak(town)
    away = town.folder / "away.sqlite"
    (town.folder / "web.sqlite").rename(away)
    assert list(_deep(town).blind) == ["web"]
    away.rename(town.folder / "web.sqlite")
    verdict, evidence = town.verdict("gdpr.erase")
    assert verdict == "broken", "what was found there stays found until it is seen again"
    assert f"{id}: 1 row in web.mailing.line" in evidence
    _deep(town)
    assert town.verdict("gdpr.erase")[0] == "upheld"
    (town.folder / "web.sqlite").rename(away)
    _deep(town)
    away.rename(town.folder / "web.sqlite")
    verdict, evidence = town.verdict("gdpr.erase")
    assert verdict == "unproven"
    assert "run `upheld check --deep` again: store `web` cannot be opened" in evidence


def test_all_who_were_erased_are_searched_for_in_one_pass(town: Town) -> None:
    town.erase()
    town.erase("carol@example.com")
    _leak(town)
    town.run_sql("web", "INSERT INTO mailing VALUES ('carol@example.com')")
    read: list[str] = []
    with town.open() as upheld:
        web = upheld.company.stores["web"]
        assert isinstance(web, SqlStore)
        sa.event.listen(web.engine, "after_cursor_execute", lambda *seen: read.append(str(seen[2])))
        found = look_deep(upheld.company).found
    assert found == {"R-1": {"web.mailing.line": 1}, "R-2": {"web.mailing.line": 1}}
    assert sum('FROM "mailing"' in each for each in read) == 1
