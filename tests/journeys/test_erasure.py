"""A request to erase, from intake to answer."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.journeys.town import ADA, BOB, CANARIES, HELP_DESK, Town
from upheld.acts.answer.plan import planned
from upheld.errors import BadInput, NotSigned, Refused, Stale, StoreFailed
from upheld.model import Regime, Right, State


def test_what_identifies_goes_and_what_the_law_keeps_stays(town: Town) -> None:
    town.erase()
    (ada, *others) = town.rows("shop", "customers")
    assert str(ada[1]).endswith("@erased.invalid")
    assert ada[2:] == (None, None, None)
    assert len(others) == 2
    assert town.rows("shop", "invoices") == [
        (100, 1, "2024-05-01", "Ada Lovelace-Canary", None),
        (200, 2, "2024-05-01", "Bob", "tok_3"),
    ]
    assert [row[0] for row in town.rows("shop", "orders")] == [20, 30]
    assert town.rows("web", "visits") == [(2, "2", "/pricing")]


def test_the_bystander_is_untouched(town: Town) -> None:
    def bystanders() -> list[list[tuple[object, ...]]]:
        return [
            [row for row in town.rows("shop", "customers") if row[0] != 1],
            [row for row in town.rows("shop", "orders") if row[1] != 1],
            [row for row in town.rows("shop", "invoices") if row[1] != 1],
            [row for row in town.rows("web", "visits") if row[1] != "1"],
        ]

    before = bystanders()
    town.erase()
    assert bystanders() == before


def test_no_identifier_is_left_in_the_files_but_on_the_kept_invoice(town: Town) -> None:
    town.run_sql("shop", "DELETE FROM invoices WHERE id = 100")
    town.erase()
    for database in ("shop", "web"):
        raw = (town.folder / f"{database}.sqlite").read_bytes().lower()
        for canary in CANARIES:
            found = raw.count(canary.lower().encode())
            shared = canary in {"4420794600", "Canary Street"}
            assert found <= int(shared and database == "shop"), canary


def test_home_holds_no_identifier_in_clear_at_any_time(town: Town) -> None:
    id = town.erase()
    with town.open() as upheld:
        upheld.check()
        upheld.prove(id, town.folder / "bundle.zip")
    for path in town.folder.glob("home.sqlite*"):
        raw = path.read_bytes().lower()
        for canary in CANARIES:
            assert canary.lower().encode() not in raw


def test_the_letter_says_what_went_what_stays_why_and_until_when(town: Town) -> None:
    id = town.erase()
    letter = (town.folder / "answers" / f"{id}.html").read_text("utf-8")
    assert "31 December 2034" in letter
    assert "legal-tax" in letter
    assert "deleted" in letter
    for canary in CANARIES:
        assert canary not in letter


def test_the_letter_says_of_a_row_of_two_people_that_it_stays_why_and_until_when(
    town: Town,
) -> None:
    town.edit("upheld.toml", 'zone = "UTC"', 'zone = "Europe/Berlin"')
    town.run_sql(
        "shop",
        "CREATE TABLE deeds (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER, d TEXT, a_name TEXT);"
        "INSERT INTO deeds VALUES (1, 3, 2, '2023-05-05', 'Carol'), (2, 2, 3, '2022-05-05', 'Bob')",
    )
    with (town.folder / "stores" / "shop.yaml").open("a", encoding="utf-8") as mapped:
        mapped.write(
            "  deeds:\n    key: id\n    people:\n"
            "      - {follow: a, to: customers, is: shared}\n"
            "      - {follow: b, to: customers, is: shared}\n"
            "    keep: {under: retain.legal-tax, from: d}\n"
            "    fields: {id: none, d: financial, a_name: {category: contact, of: a}}\n"
        )
    id = town.erase("carol@example.com")
    assert [row[1:3] for row in town.rows("shop", "deeds")] == [(3, 2), (2, 3)]
    letter = (town.folder / "answers" / f"{id}.html").read_text("utf-8")
    assert "shop: deeds" in letter
    assert "kept, until 31 December 2033 at the latest" in letter
    with town.open() as upheld:
        request = upheld.request(id)
        made, _ = planned(upheld.company, request)
    assert request.outcome == "partial"
    holds = [each.hold for part in made.stores for each in part.erasures if each.hold]
    assert {each.zone for each in holds} == {"Europe/Berlin"}


def test_a_partial_erasure_says_so_and_a_full_one_too(town: Town) -> None:
    partial = town.erase()
    full = town.erase("carol@example.com")
    with town.open() as upheld:
        assert upheld.request(partial).outcome == "partial"
        assert upheld.request(full).outcome == "full"


def test_applying_twice_changes_nothing(town: Town) -> None:
    id = town.erase()
    before = (town.folder / "shop.sqlite").read_bytes()
    with town.open() as upheld:
        upheld.apply(id)
    assert (town.folder / "shop.sqlite").read_bytes() == before


def test_after_an_erasure_the_person_is_a_stranger_to_home(town: Town) -> None:
    town.erase()
    with town.open() as upheld:
        again = upheld.open_request(Right.ACCESS, [f"email={ADA}"])
        assert again.person == 2
        with pytest.raises(Refused, match="no store knows"):
            upheld.plan(again.id)
        assert upheld.close(again.id, "no_data", town.key).outcome == "no_data"


def test_a_late_row_reopens_the_request_and_applying_again_puts_it_right(town: Town) -> None:
    id = town.erase()
    town.run_sql("shop", "INSERT INTO orders VALUES (12, 1, 'late', 5)")
    assert town.verdict("gdpr.erase")[0] == "broken"
    with town.open() as upheld:
        assert upheld.request(id).state is State.REOPENED
        assert upheld.apply(id).state is State.CLOSED
    assert town.verdict("gdpr.erase")[0] == "upheld"
    assert [row[0] for row in town.rows("shop", "orders")] == [20, 30]


def test_a_row_that_arrives_between_plan_and_apply_goes_too(town: Town) -> None:
    with town.open() as upheld:
        id = upheld.open_request(Right.ERASE, [f"email={ADA}"]).id
        upheld.plan(id)
        town.run_sql("shop", "INSERT INTO orders VALUES (12, 1, 'between', 5)")
        upheld.sign(id, town.key)
        upheld.apply(id)
    assert [row[0] for row in town.rows("shop", "orders")] == [20, 30]


def test_more_rows_than_the_ceiling_make_the_plan_stale_and_nothing_is_written(town: Town) -> None:
    with town.open() as upheld:
        id = upheld.open_request(Right.ERASE, [f"email={ADA}"]).id
        upheld.plan(id)
        upheld.sign(id, town.key)
        many = ", ".join(f"({n}, 1, 'x', 1)" for n in range(1000, 1100))
        town.run_sql("shop", f"INSERT INTO orders VALUES {many}")
        before = (town.folder / "shop.sqlite").read_bytes()
        with pytest.raises(Refused, match=r"more rows in `shop.orders` than the plan allows"):
            upheld.apply(id)
        assert (town.folder / "shop.sqlite").read_bytes() == before


@pytest.mark.parametrize(
    "change",
    ["ALTER TABLE orders ADD COLUMN gift_note TEXT", "DROP TABLE orders"],
    ids=["a column is added", "a table is dropped"],
)
def test_a_changed_catalogue_makes_the_plan_stale(town: Town, change: str) -> None:
    with town.open() as upheld:
        id = upheld.open_request(Right.ERASE, [f"email={ADA}"]).id
        upheld.plan(id)
        upheld.sign(id, town.key)
        town.run_sql("shop", change)
        before = (town.folder / "shop.sqlite").read_bytes()
        with pytest.raises(Stale, match="changed after the plan"):
            upheld.apply(id)
        assert (town.folder / "shop.sqlite").read_bytes() == before


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("policy.yaml", "10 years", "11 years"),
        ("stores/shop.yaml", "note: commercial", "note: contact"),
    ],
)
def test_an_edited_policy_or_map_makes_the_plan_stale(
    town: Town, file: str, old: str, new: str
) -> None:
    with town.open() as upheld:
        id = upheld.open_request(Right.ERASE, [f"email={ADA}"]).id
        upheld.plan(id)
        upheld.sign(id, town.key)
    town.edit(file, old, new)
    with town.open() as upheld, pytest.raises(Stale, match="edited after"):
        upheld.apply(id)


def test_nothing_is_applied_without_a_signature_of_an_officer(town: Town) -> None:
    with town.open() as upheld:
        id = upheld.open_request(Right.ERASE, [f"email={ADA}"]).id
        upheld.plan(id)
        with pytest.raises(NotSigned, match="nobody has signed"):
            upheld.apply(id)
        upheld.sign(id, town.key)
    town.edit("upheld.toml", 'ada = "ssh', '# ada = "ssh')
    with town.open() as upheld, pytest.raises(NotSigned, match="is no officer's"):
        upheld.apply(id)
    assert town.rows("shop", "customers")[0][1] == "Ada@Example.com"


def test_a_new_plan_needs_a_new_signature(town: Town) -> None:
    with town.open() as upheld:
        id = upheld.open_request(Right.ERASE, [f"email={ADA}"]).id
        upheld.plan(id)
        upheld.sign(id, town.key)
        upheld.plan(id)
        with pytest.raises(NotSigned, match="nobody has signed"):
            upheld.apply(id)


def test_two_people_behind_one_identity_are_told_apart_by_a_second(town: Town) -> None:
    town.run_sql("shop", "INSERT INTO customers VALUES (4, 'ADA@example.com', 'Ada Other', '', '')")
    with town.open() as upheld:
        id = upheld.open_request(Right.ERASE, [f"email={ADA}"]).id
        with pytest.raises(Refused, match=r"two or more people in `shop.customers`") as refusal:
            upheld.plan(id)
        assert ADA not in str(refusal.value)
        upheld.close(id, "withdrawn", town.key)
        other = upheld.open_request(Right.ERASE, [f"email={ADA}", "account:shop=4"]).id
        upheld.plan(other)
        upheld.sign(other, town.key)
        upheld.apply(other)
    assert town.rows("shop", "customers")[0][2] == "Ada Lovelace-Canary"
    assert town.rows("shop", "customers")[3][2] is None


def test_identities_of_two_known_people_are_refused(town: Town) -> None:
    with town.open() as upheld:
        upheld.open_request(Right.ACCESS, [f"email={ADA}"])
        upheld.open_request(Right.ACCESS, ["account:shop=2"])
        with pytest.raises(Refused, match="belong to two people"):
            upheld.open_request(Right.ERASE, [f"email={ADA}", "account:shop=2"])


def test_a_repeat_does_not_restart_the_clock(town: Town) -> None:
    with town.open() as upheld:
        upheld.open_request(Right.ERASE, [f"email={BOB}"])
        with pytest.raises(Refused, match="R-1 of the same person"):
            upheld.open_request(Right.ERASE, [f"email={BOB.upper()}"])


def test_a_request_of_the_future_is_refused(town: Town) -> None:
    with town.open() as upheld, pytest.raises(BadInput, match="lies in the future"):
        upheld.open_request(
            Right.ERASE, [f"email={BOB}"], received=town.clock() + timedelta(days=1)
        )


def test_guesses_in_the_map_stop_every_plan(town: Town) -> None:
    town.edit("stores/web.yaml", "is: about,", "is: about?,")
    with town.open() as upheld:
        id = upheld.open_request(Right.ERASE, [f"email={ADA}"]).id
        with pytest.raises(Refused, match=r"stores/web.yaml still holds 1 guess"):
            upheld.plan(id)


def test_a_store_that_fails_later_leaves_the_first_done_and_is_taken_up_again(town: Town) -> None:
    with town.open() as upheld:
        id = upheld.open_request(Right.ERASE, [f"email={ADA}"]).id
        upheld.plan(id)
        upheld.sign(id, town.key)
        away = (town.folder / "web.sqlite").rename(town.folder / "away.sqlite")
    with town.open() as upheld, pytest.raises(StoreFailed, match="`web` cannot be opened"):
        upheld.apply(id)
    away.rename(town.folder / "web.sqlite")
    with town.open() as upheld:
        assert upheld.apply(id).state is State.CLOSED
    assert town.rows("web", "visits") == [(2, "2", "/pricing")]


def test_a_checklist_waits_for_an_officer_and_a_file(town: Town) -> None:
    (town.folder / "stores" / "help-desk.yaml").write_text(HELP_DESK, "utf-8")
    evidence = town.folder / "screenshot.txt"
    evidence.write_text("0 tickets", "utf-8")
    with town.open() as upheld:
        id = upheld.open_request(Right.ERASE, [f"email={ADA}"], regime=Regime.GDPR).id
        upheld.plan(id)
        upheld.sign(id, town.key)
        waiting = upheld.apply(id)
        assert waiting.state is State.EXECUTING
        assert waiting.steps[f"{id}/help-desk"].due == town.clock.instant.date() + timedelta(10)
        assert upheld.apply(id).state is State.EXECUTING
        upheld.attest(id, "help-desk", file=evidence, key=town.key)
        assert upheld.apply(id).state is State.CLOSED
        with pytest.raises(Refused, match="no store `help-desk` has anything of R-1"):
            upheld.attest(id, "help-desk", file=evidence, key=town.key)
    assert town.verdict("gdpr.erase")[0] == "upheld (attested)"


def test_views_thrown_away_and_folded_again_come_out_the_same(town: Town) -> None:
    town.access()
    town.erase()
    town.run_sql("shop", "INSERT INTO orders VALUES (12, 1, 'late', 5)")
    town.verdict("gdpr.erase")
    with town.open() as upheld:
        home = upheld.company.home
        views = ("requests", "requests-of", "board", "versions")
        before = {view: list(home.states(view)) for view in views}
        assert all(before.values())
        home.rebuild()
        assert {view: list(home.states(view)) for view in views} == before
