"""A plan above a limit waits for a second officer; its SQL can be read before anybody signs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path, PosixPath

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.journeys.town import ADA, CANARIES, HELP_DESK, Town
from upheld.acts.answer.plan import plan, planned, statements
from upheld.app import Upheld
from upheld.errors import NotSigned, Refused, Stale
from upheld.evidence import ssh, verify
from upheld.model import Right, State
from upheld.model.erasing import Limits

Captured = pytest.CaptureFixture[str]
FEW = Limits(rows=3)


@pytest.fixture
def second(town: Town) -> Path:
    """Return the key of a second officer, whom the folder names."""
    key = _key(town, "bea")
    with (town.folder / "upheld.toml").open("a", encoding="utf-8") as settings:
        settings.write(f'bea = "{ssh.public_line(key)}"\n')
    return key


def _key(town: Town, name: str) -> Path:
    key = town.folder / "keys" / name
    private = Ed25519PrivateKey.generate()
    key.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    return key


def _planned(upheld: Upheld, limits: Limits = FEW) -> str:
    id = upheld.open_request(Right.ERASE, [f"email={ADA}"]).id
    plan(upheld.company, id, limits)
    return id


def _untouched(town: Town) -> bool:
    return len(town.rows("shop", "orders")) == 4


def test_what_is_above_a_limit_is_in_the_very_bytes_that_are_signed(town: Town) -> None:
    with town.open() as upheld:
        id = _planned(upheld)
        made, document = planned(upheld.company, upheld.request(id))
    assert made.exceeds == ("touches 7 rows in all, more than 3",)
    assert json.loads(document)["exceeds"] == [*made.exceeds]
    assert json.loads(document)["limits"] == {"rows": 3, "share": 10, "small": 1000}


def test_the_folder_says_what_one_officer_may_sign_alone(town: Town) -> None:
    town.edit("upheld.toml", "[keys]", "[limits]\nrows = 3\n[keys]")
    with town.open() as upheld:
        id = upheld.open_request(Right.ERASE, [f"email={ADA}"]).id
        assert upheld.plan(id).exceeds == ("touches 7 rows in all, more than 3",)


def test_a_share_is_taken_of_the_table_as_the_store_counts_it(town: Town) -> None:
    rows = ", ".join(f"({n}, {n % 2 + 1}, 'x', 1)" for n in range(1000, 2000))
    town.run_sql("shop", f"INSERT INTO orders VALUES {rows}")
    with town.open() as upheld:
        id = _planned(upheld, Limits(share=60))
        assert planned(upheld.company, upheld.request(id))[0].exceeds == ()
        (reason,) = plan(upheld.company, id, Limits(share=45)).exceeds
    assert reason == ("touches 50 % of `shop.orders` (502 of about 1,004 rows), more than 45 %")


def test_two_officers_sign_and_it_is_carried_out_and_proven(town: Town, second: Path) -> None:
    with town.open() as upheld:
        id = _planned(upheld)
        one = upheld.sign(id, town.key)
        assert (one.state, len(one.signatures)) == (State.PLANNED, 1)
        two = upheld.sign(id, second)
        assert (two.state, len(two.signatures)) == (State.SIGNED, 2)
        assert upheld.apply(id).state is State.CLOSED
        bundle = upheld.prove(id, town.folder / "proof.zip")
    told = "\n".join(verify.check(bundle).lines)
    assert "1 of 2" in told
    assert "2 of 2" in told
    assert len(town.rows("shop", "orders")) == 2


def test_before_the_second_one_nothing_is_applied(town: Town, second: Path) -> None:
    with town.open() as upheld:
        id = _planned(upheld)
        upheld.sign(id, second)
        with pytest.raises(NotSigned, match=r"touches 7 rows .* let a second one run"):
            upheld.apply(id)
    assert _untouched(town)


@pytest.mark.parametrize("limits", [FEW, Limits()], ids=["of two", "of one"])
def test_no_key_signs_twice(town: Town, limits: Limits) -> None:
    with town.open() as upheld:
        id = _planned(upheld, limits)
        upheld.sign(id, town.key)
        size = upheld.company.home.size()
        with pytest.raises(Refused, match=f"this key has signed the plan of {id}"):
            upheld.sign(id, town.key)
        assert upheld.company.home.size() == size


def test_one_key_under_two_names_is_one_officer(town: Town) -> None:
    with (town.folder / "upheld.toml").open("a", encoding="utf-8") as settings:
        settings.write(f'alias = "{ssh.public_line(town.key)}"\n')
    with town.open() as upheld:
        id = _planned(upheld)
        upheld.sign(id, town.key)
        with pytest.raises(Refused, match="another officer must sign"):
            upheld.sign(id, town.key)


def test_a_second_key_that_is_no_officers_does_not_count(town: Town) -> None:
    with town.open() as upheld:
        id = _planned(upheld)
        upheld.sign(id, town.key)
        with pytest.raises(NotSigned, match="is no officer's"):
            upheld.sign(id, _key(town, "stranger"))


def test_an_officer_who_has_left_does_not_count(town: Town, second: Path) -> None:
    with town.open() as upheld:
        id = _planned(upheld)
        upheld.sign(id, town.key)
        upheld.sign(id, second)
    town.edit("upheld.toml", f'bea = "{ssh.public_line(second)}"\n', "")
    with town.open() as upheld, pytest.raises(NotSigned, match="is no officer's"):
        upheld.apply(id)
    assert _untouched(town)


def test_planning_anew_drops_every_signature(town: Town, second: Path) -> None:
    with town.open() as upheld:
        id = _planned(upheld)
        upheld.sign(id, town.key)
        plan(upheld.company, id, FEW)
        assert upheld.request(id).signatures == {}
        assert upheld.sign(id, second).state is State.PLANNED
        plan(upheld.company, id)
        assert upheld.sign(id, second).state is State.SIGNED, "it is below the limits now"


class _SlowKey(PosixPath):
    """A key on a card: until it is read, things happen."""

    meanwhile: Callable[[], object]

    def read_bytes(self) -> bytes:
        self.meanwhile()
        return super().read_bytes()


def test_what_is_planned_anew_while_somebody_signs_is_not_signed(town: Town) -> None:
    with town.open() as upheld:
        id = _planned(upheld)
        key = _SlowKey(town.key)
        key.meanwhile = lambda: plan(upheld.company, id)
        with pytest.raises(Stale, match="planned anew or carried out meanwhile"):
            upheld.sign(id, key)
        assert upheld.request(id).signatures == {}


def test_a_larger_limit_of_later_does_not_spare_the_second_signature(town: Town) -> None:
    with town.open() as upheld:
        id = _planned(upheld)
        upheld.sign(id, town.key)
    town.edit("upheld.toml", "[keys]", "[limits]\nrows = 1_000_000\n[keys]")
    with town.open() as upheld, pytest.raises(NotSigned, match="let a second one run"):
        upheld.apply(id)


class TestOnTheCommandLine:
    """What an officer reads, types and is told."""

    def test_the_plan_says_why_and_who_comes_next(
        self, town: Town, second: Path, capsys: Captured
    ) -> None:
        with Upheld.open(town.folder) as upheld:
            id = _planned(upheld)
        assert (
            "needs a second officer: touches 7 rows in all, more than 3"
            in (town.run(capsys, "request", "show", id, "--sql")[1])
        )
        assert (
            "the first of 2 officers; next, a second one"
            in (town.run(capsys, "request", "sign", id, "--key", str(town.key))[1])
        )
        assert (
            "needs the signature of a second officer"
            in (town.run(capsys, "request", "show", id)[1])
        )
        status, said = town.run(capsys, "request", "apply", id)
        assert (status, "let a second one run" in said) == (3, True)
        said = town.run(capsys, "request", "sign", id, "--key", str(second))[1]
        assert f"next: upheld request apply {id}" in said
        assert town.run(capsys, "request", "apply", id)[0] == 0

    def test_the_sql_is_shown_with_the_plan_and_holds_no_value(
        self, town: Town, capsys: Captured
    ) -> None:
        (town.folder / "stores" / "help-desk.yaml").write_text(HELP_DESK, "utf-8")
        town.run(capsys, "request", "open", "--right", "erase", "--identity", f"email={ADA}")
        status, said = town.run(capsys, "request", "plan", "R-1", "--sql")
        assert status == 0
        assert "shop.orders: 2 gone" in said
        assert '\nDELETE FROM "orders" WHERE' in said
        assert '\nUPDATE "customers" SET' in said
        assert "-- help-desk: nothing is said to it" in said
        assert not any(canary.casefold() in said.casefold() for canary in CANARIES)
        assert "DELETE" not in town.run(capsys, "request", "plan", "R-1")[1]
        assert _untouched(town)

    def test_it_is_in_the_json_beside_the_plan(self, town: Town, capsys: Captured) -> None:
        town.run(capsys, "request", "open", "--right", "erase", "--identity", f"email={ADA}")
        for command in ("plan", "show"):
            shown = json.loads(town.run(capsys, "request", command, "R-1", "--sql", "--json")[1])
            assert shown["request"] == "R-1"
            assert [each.split()[0] for each in shown["statements"]["web"]] == ["DELETE"]
        assert "statements" not in json.loads(
            town.run(capsys, "request", "plan", "R-1", "--json")[1]
        )

    def test_of_a_copy_nothing_would_be_written(self, town: Town, capsys: Captured) -> None:
        town.run(capsys, "request", "open", "--right", "access", "--identity", f"email={ADA}")
        assert (
            "-- nothing would be written"
            in (town.run(capsys, "request", "plan", "R-1", "--sql")[1])
        )


def test_the_sql_is_what_is_said_and_no_part_of_what_is_signed(town: Town) -> None:
    with town.open() as upheld:
        id = _planned(upheld)
        said = statements(upheld.company, id)
        _, document = planned(upheld.company, upheld.request(id))
    assert {name: len(each) for name, each in said.items()} == {"shop": 4, "web": 1}
    assert b"DELETE" not in document


def test_the_sql_of_a_store_that_is_gone_cannot_be_told(town: Town) -> None:
    with town.open() as upheld:
        id = _planned(upheld)
    (town.folder / "stores" / "web.yaml").unlink()
    with town.open() as upheld, pytest.raises(Stale, match="store `web` is no longer there"):
        statements(upheld.company, id)


def test_the_plan_says_what_of_other_peoples_rows_stays(town: Town, capsys: Captured) -> None:
    town.run_sql(
        "shop",
        "CREATE TABLE chats (id INTEGER PRIMARY KEY, asked INTEGER REFERENCES customers,"
        " told INTEGER REFERENCES customers, about_whom INTEGER REFERENCES customers, words TEXT);"
        "INSERT INTO chats VALUES (1, 1, 2, NULL, 'hm'), (2, 2, 3, 1, 'hm'), (3, 1, NULL, 3, 'hm')",
    )
    ways = (
        "{follow: asked, to: customers, is: shared}, {follow: told, to: customers, is: shared}, "
        "{follow: about_whom, to: customers, is: mentions}"
    )
    with (town.folder / "stores" / "shop.yaml").open("a", encoding="utf-8") as mapped:
        mapped.write(
            f"  chats:\n    key: id\n    people: [{ways}]\n"
            "    fields: {id: none, words: {category: contact, erase: leave}}\n"
        )
    town.run(capsys, "request", "open", "--right", "erase", "--identity", f"email={ADA}")
    said = town.run(capsys, "request", "plan", "R-1")[1]
    for line in (
        "chats (mentions): 1 blanked; the rows are others' and stay",
        "chats (shared): 1 gone; nobody else has a part in them",
        "chats (shared): 1 blanked; what is the others' in them stays",
    ):
        assert f"  shop.{line}\n" in said


def _orders(town: Town, first: int, rows: int) -> None:
    """Let somebody order for the person meanwhile."""
    many = ", ".join(f"({n}, 1, 'x', 1)" for n in range(first, first + rows))
    town.run_sql("shop", f"INSERT INTO orders VALUES {many}")


def test_rows_that_arrive_do_not_lead_above_what_one_officer_may_sign(
    town: Town, second: Path
) -> None:
    with town.open() as upheld:
        id = _planned(upheld, Limits(rows=8))
        upheld.sign(id, town.key)
        _orders(town, 1000, 2)
        before = (town.folder / "shop.sqlite").read_bytes()
        with pytest.raises(Refused, match=r"more rows in `shop.orders` than the plan allows"):
            upheld.apply(id)
        assert (town.folder / "shop.sqlite").read_bytes() == before
        made = plan(upheld.company, id, Limits(rows=8))
        assert made.exceeds == ("touches 9 rows in all, more than 8",)
        upheld.sign(id, town.key)
        upheld.sign(id, second)
        assert upheld.apply(id).state is State.CLOSED


def test_rows_that_arrive_are_counted_over_all_stores(town: Town) -> None:
    with town.open() as upheld:
        id = _planned(upheld, Limits(rows=8))
        upheld.sign(id, town.key)
        _orders(town, 1000, 1)
        town.run_sql("web", "INSERT INTO visits VALUES (9, '1', '/late')")
        with pytest.raises(Refused, match=r"more rows in `web` than were signed for; plan again"):
            upheld.apply(id)
        assert len(town.rows("web", "visits")) == 4
        upheld.plan(id)
        upheld.sign(id, town.key)
        assert upheld.apply(id).state is State.CLOSED
    assert [row[1] for row in town.rows("web", "visits")] == ["2"]


def test_rows_that_arrive_again_and_again_are_counted_together(town: Town) -> None:
    id = town.erase()
    _orders(town, 1000, 20)
    town.verdict("gdpr.erase")
    with town.open() as upheld:
        assert upheld.apply(id).state is State.CLOSED
    _orders(town, 1000, 20)
    town.verdict("gdpr.erase")
    before = (town.folder / "shop.sqlite").read_bytes()
    with town.open() as upheld:
        assert upheld.request(id).state is State.REOPENED
        with pytest.raises(Refused, match=r"more rows in `shop.orders` than the plan allows"):
            upheld.apply(id)
        assert (town.folder / "shop.sqlite").read_bytes() == before
        upheld.plan(id)
        upheld.sign(id, town.key)
        assert upheld.apply(id).state is State.CLOSED
    assert [row[0] for row in town.rows("shop", "orders")] == [20, 30]
