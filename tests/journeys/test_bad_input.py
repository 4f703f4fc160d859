"""What people and the world get wrong: a message with a next step, a status, nothing half done."""

from __future__ import annotations

import io
import json
import sqlite3
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from tests.journeys.town import ADA, CANARIES, Town
from upheld.cli.main import main
from upheld.errors import HomeFailed, Refused, StoreFailed, WouldFail
from upheld.evidence import ssh
from upheld.model import Right
from upheld.stores.sql import SqlStore

if TYPE_CHECKING:
    from pathlib import Path

Captured = pytest.CaptureFixture[str]


def _refused(said: str, status: int, expected: int, *words: str) -> None:
    assert status == expected, said
    for word in words:
        assert word in said
    for canary in CANARIES:
        assert canary.lower() not in said.lower()
    assert "Traceback" not in said


def _raw(town: Town) -> dict[str, bytes]:
    return {name: (town.folder / f"{name}.sqlite").read_bytes() for name in ("shop", "web")}


@pytest.mark.parametrize(
    ("file", "old", "new", "place", "next_step"),
    [
        ("policy.yaml", "revised:", "\trevised:", "policy.yaml:", "indent with spaces"),
        ("policy.yaml", "check: roll-up", "check: rol-up", "policy.yaml:", "did you mean"),
        ("stores/shop.yaml", "is: about", "is: abuot", "stores/shop.yaml:", "did you mean"),
        ("stores/shop.yaml", "note: commercial", "note: comercial", "shop.yaml:", "did you mean"),
        ("stores/shop.yaml", "to: customers", "to: custmers", "shop.yaml:", "did you mean"),
        ("upheld.toml", 'zone = "UTC"', 'zone = "Nowhere"', "upheld.toml:", "Europe/Berlin"),
        ("upheld.toml", 'wrap = "file:', 'wrap = "c2VjcmV0', "upheld.toml:", "must be a reference"),
        ("upheld.toml", "home = ", "hom = ", "upheld.toml:", "did you mean"),
        ("upheld.toml", "[keys]", "[keys", "upheld.toml:", "not TOML"),
    ],
)
def test_a_wrong_file_is_named_with_its_line(  # noqa: PLR0913, PLR0917
    town: Town, capsys: Captured, file: str, old: str, new: str, place: str, next_step: str
) -> None:
    text = (town.folder / file).read_text("utf-8")
    (town.folder / file).write_text(text.replace(old, new, 1), "utf-8")
    status, said = town.run(capsys, "check")
    _refused(said, status, 2, place, next_step)
    assert not (town.folder / "home.sqlite").exists()


def test_a_map_that_keeps_under_an_unknown_clause_is_refused(town: Town, capsys: Captured) -> None:
    town.edit("stores/shop.yaml", "under: retain.legal-tax", "under: retain.legal-taxes")
    town.run(capsys, "request", "open", "--right", "erase", "--identity", f"email={ADA}")
    status, said = town.run(capsys, "request", "plan", "R-1")
    _refused(said, status, 2, "stores/shop.yaml:", "did you mean `retain.legal-tax`?")


def test_a_missing_folder_says_what_to_do(tmp_path: Path, capsys: Captured) -> None:
    town = Town(tmp_path, clock=None)  # type: ignore[arg-type]  # never opened
    status, said = town.run(capsys, "check")
    _refused(said, status, 2, "run `upheld init`")


@pytest.mark.parametrize(
    ("identity", "words"),
    [
        ("email=", "is empty"),
        ("email=nobody", "no `@`"),
        ("email=a\x00b@example.com", "control character"),
        (f"email={'a' * 10_000}@example.com", "longer than 320"),
        ("mail=ada@example.com", "did you mean `email`?"),
        ("name=Ada Lovelace-Canary", "does not tell people apart"),
        (ADA, "`kind=value`"),
    ],
    ids=["empty", "no at", "NUL", "10 kB", "unknown kind", "a name", "no kind"],
)
def test_an_identity_that_cannot_be_looked_for_is_refused(
    town: Town, capsys: Captured, identity: str, words: str
) -> None:
    status, said = town.run(capsys, "request", "open", "--right", "erase", "--identity", identity)
    _refused(said, status, 2, words)
    status, said = town.run(capsys, "request", "list", "--json")
    assert (status, said.strip()) == (0, "[]")


@pytest.mark.parametrize(
    "identity",
    ["email=o'brien\"@example.com", "email=%@example.com", "email=___@example.com", "phone=%00000"],
)
def test_an_identity_with_signs_of_sql_matches_nobody(
    town: Town, capsys: Captured, identity: str
) -> None:
    before = _raw(town)
    key = str(town.key)
    status, said = town.run(
        capsys, "request", "run", "--right", "erase", "--identity", identity, "--yes", "--key", key
    )
    _refused(said, status, 3, "no store knows", "upheld request close R-1")
    assert _raw(town) == before


def test_an_identity_of_nobody_or_two_people_says_what_to_do(town: Town, capsys: Captured) -> None:
    town.run_sql("shop", "INSERT INTO customers VALUES (4, 'ADA@example.com', 'Other', '', '')")
    before = _raw(town)
    town.run(capsys, "request", "open", "--right", "erase", "--identity", f"email={ADA}")
    status, said = town.run(capsys, "request", "plan", "R-1")
    _refused(said, status, 3, "two or more people", "one more `--identity`")
    assert _raw(town) == before


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["request", "plan", "R-9"], "there is no request `R-9`"),
        (["request", "sign", "R-1", "--key", "nowhere"], "upheld: "),
        (
            ["request", "close", "R-1", "--because", "no_date", "--key", "k"],
            "did you mean `no_data`?",
        ),
        (["request", "apply", "R-1"], "has no plan yet"),
        (["map", "check", "shoop"], "did you mean `shop`?"),
        (["map", "new", "sqlite:///x.sqlite", "--name", "shop"], "is there already"),
        (["map", "new", "oracle://x", "--name", "x"], "a kind that is not supported"),
        (["map", "new", "sqlite:///none.sqlite", "--name", "x"], "cannot be opened"),
        (["prove", "R-1", "-o", "b.zip"], "no plan yet"),
    ],
)
def test_a_wrong_command_says_what_to_do(
    town: Town, capsys: Captured, words: list[str], says: str
) -> None:
    town.run(capsys, "request", "open", "--right", "erase", "--identity", f"email={ADA}")
    status, said = town.run(capsys, *words)
    assert status in {2, 3, 4}, said
    _refused(said, status, status, says)


@pytest.mark.parametrize("received", ["yesterday", "2026-11-24T09:00:00", "2999-01-01T00:00:00Z"])
def test_a_wrong_date_of_receipt_is_refused(town: Town, capsys: Captured, received: str) -> None:
    status, said = town.run(
        capsys,
        *("request", "open", "--right", "erase", "--identity", f"email={ADA}"),
        *("--received", received),
    )
    _refused(said, status, 2, "--received")


def _planned(town: Town) -> str:
    with town.open() as upheld:
        id = upheld.open_request(Right.ERASE, [f"email={ADA}"]).id
        upheld.plan(id)
        upheld.sign(id, town.key)
    return id


def test_an_unreachable_database_is_named_and_nothing_is_lost(town: Town, capsys: Captured) -> None:
    id = _planned(town)
    (town.folder / "shop.sqlite").rename(town.folder / "gone.sqlite")
    status, said = town.run(capsys, "request", "apply", id)
    _refused(said, status, 4, "`shop` cannot be opened", "check its url")
    (town.folder / "gone.sqlite").rename(town.folder / "shop.sqlite")
    assert town.run(capsys, "request", "apply", id)[0] == 0


def test_a_read_only_database_is_refused_before_the_first_write(
    town: Town, capsys: Captured
) -> None:
    town.edit("stores/web.yaml", "web.sqlite", "web.sqlite?mode=ro")
    before = _raw(town)
    town.run(capsys, "request", "open", "--right", "erase", "--identity", f"email={ADA}")
    status, said = town.run(capsys, "request", "plan", "R-1")
    _refused(said, status, 4, "`web` is read-only", "a role that may write")
    assert _raw(town) == before


def test_a_locked_database_is_waited_for_shortly_and_then_named(
    town: Town, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("upheld.stores.sql.databases.sqlite._WAIT_SECONDS", 0.05)
    monkeypatch.setattr("upheld.acts.answer.patience.WAITS", (0.05,))
    id = _planned(town)
    writer = sqlite3.connect(town.folder / "shop.sqlite", isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    status, said = town.run(capsys, "request", "apply", id)
    _refused(said, status, 4, "`shop` is locked", "try again")
    writer.execute("ROLLBACK")
    writer.close()
    assert town.run(capsys, "request", "apply", id)[0] == 0


@pytest.mark.parametrize(
    ("guard", "says"),
    [
        (
            "CREATE TRIGGER t BEFORE DELETE ON orders BEGIN SELECT RAISE(ABORT, 'no'); END",
            "refuses",
        ),
        (
            """CREATE TABLE parcels (id INTEGER PRIMARY KEY,
            order_id INTEGER REFERENCES orders (id) ON DELETE CASCADE);
            INSERT INTO parcels VALUES (1, 10)""",
            "`shop.parcels` that stay point at rows that would go",
        ),
    ],
    ids=["a trigger", "rows nobody mapped"],
)
def test_what_would_fail_is_refused_before_the_first_write(
    town: Town, guard: str, says: str
) -> None:
    town.run_sql("shop", guard)
    before = _raw(town)
    with town.open() as upheld:
        id = upheld.open_request(Right.ERASE, [f"email={ADA}"]).id
        with pytest.raises(WouldFail, match=says):
            upheld.plan(id)
        assert upheld.request(id).plan is None
    assert _raw(town) == before


def test_a_check_constraint_that_appears_after_the_plan_undoes_the_step(town: Town) -> None:
    id = _planned(town)
    before = _raw(town)
    with town.open() as upheld:
        store = upheld.company.stores["shop"]
        assert isinstance(store, SqlStore)

        @sa.event.listens_for(store.engine, "connect")
        def _hostile(connection: sqlite3.Connection, _: object) -> None:
            connection.execute(
                "CREATE TEMP TRIGGER t BEFORE UPDATE ON main.customers"
                " BEGIN SELECT RAISE(ABORT, 'Ada Lovelace-Canary'); END"
            )

        with pytest.raises(Refused) as refusal:
            upheld.apply(id)
    assert "canary" not in str(refusal.value).lower()
    assert _raw(town)["shop"] == before["shop"]


def test_a_full_disk_undoes_the_step_and_it_can_be_taken_up_again(town: Town) -> None:
    rows = ", ".join(f"({n}, 1, 'x')" for n in range(3000))
    town.run_sql(
        "shop",
        "CREATE TABLE logins (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL"
        " REFERENCES customers (id), ip TEXT NOT NULL);"
        f"CREATE INDEX l ON logins (customer_id); INSERT INTO logins VALUES {rows}",
    )
    with (town.folder / "stores" / "shop.yaml").open("a", encoding="utf-8") as file:
        file.write(
            "  logins:\n    key: id\n    erase: fields\n"
            "    people: [{follow: customer_id, to: customers, is: about}]\n"
            "    fields: {id: none, customer_id: none, "
            "ip: {category: network_activity, erase: replace}}\n"
        )
    town.edit("upheld.toml", "[officers]", '[limits]\nshare = "100%"\n\n[officers]')
    id = _planned(town)
    before = town.rows("shop", "logins")
    with town.open() as upheld:
        store = upheld.company.stores["shop"]
        assert isinstance(store, SqlStore)

        @sa.event.listens_for(store.engine, "connect")
        def _small(connection: sqlite3.Connection, _: object) -> None:
            (pages,) = connection.execute("PRAGMA page_count").fetchone()
            connection.execute(f"PRAGMA max_page_count = {pages}")

        with pytest.raises(StoreFailed, match="`shop` has no room left on its disk"):
            upheld.apply(id)
    assert town.rows("shop", "logins") == before
    assert town.rows("shop", "customers")[0][1] == "Ada@Example.com"
    with town.open() as upheld:
        assert upheld.apply(id).outcome == "partial"
    assert town.rows("shop", "logins") != before


def test_a_half_written_home_is_refused_and_left_as_it_is(town: Town, capsys: Captured) -> None:
    town.erase()
    home = town.folder / "home.sqlite"
    for path in town.folder.glob("home.sqlite-*"):
        path.unlink()
    half = home.read_bytes()[: home.stat().st_size // 2]
    home.write_bytes(half)
    status, said = town.run(capsys, "check")
    assert status in {1, 4}, said
    _refused(said, status, status, "home")
    assert home.read_bytes() == half


def test_a_home_that_is_gone_is_not_begun_anew(town: Town, capsys: Captured) -> None:
    town.erase()
    assert town.run(capsys, "checkpoint")[0] == 0
    for path in town.folder.glob("home.sqlite*"):
        path.unlink()
    status, said = town.run(capsys, "check")
    _refused(said, status, 4, "home is gone", "restore it from a backup")
    assert not (town.folder / "home.sqlite").exists()


def test_a_clock_that_went_backwards_stops_every_write(town: Town) -> None:
    town.erase()
    with town.open() as upheld:
        size = upheld.company.home.size()
        town.clock.move(-timedelta(hours=1))
        with pytest.raises(HomeFailed, match="clock"):
            upheld.open_request(Right.ERASE, ["email=bob@example.com"])
        assert upheld.company.home.size() == size
        town.clock.move(timedelta(hours=1))
        upheld.open_request(Right.ERASE, ["email=bob@example.com"])


def test_a_key_that_others_can_read_is_refused(town: Town, capsys: Captured) -> None:
    (town.folder / "keys" / "wrap.key").chmod(0o644)
    status, said = town.run(capsys, "check")
    assert status != 0
    _refused(said, status, status, "wrap")


def test_init_never_writes_into_a_folder_that_is_not_empty(town: Town, capsys: Captured) -> None:
    before = sorted(path.name for path in town.folder.iterdir())
    status = 0
    try:
        main(["init", str(town.folder)])
    except SystemExit as end:
        status = int(end.code or 0)
    assert status == 2
    assert "not empty" in capsys.readouterr().err
    assert sorted(path.name for path in town.folder.iterdir()) == before


def test_a_closed_request_has_a_letter_with_the_reason_and_where_to_complain(
    town: Town, capsys: Captured
) -> None:
    town.run(capsys, "request", "open", "--right", "access", "--identity", "email=no@one.example")
    assert (
        town.run(capsys, "request", "close", "R-1", "--because", "no_data", "--key", str(town.key))[
            0
        ]
        == 0
    )
    letter = (town.folder / "answers" / "R-1.html").read_text("utf-8")
    assert "found no data about you" in letter
    assert "complain" in letter
    assert "no@one.example" not in letter
    status, said = town.run(
        capsys, "request", "close", "R-1", "--because", "no_data", "--key", str(town.key)
    )
    _refused(said, status, 3, "closed already")
    board = json.loads(town.run(capsys, "check", "--json")[1])
    verdicts = {row["id"]: row["verdict"] for row in board}
    assert verdicts["right.access"] == "upheld"
    assert verdicts["gdpr.access-copy"] == "not-exercised"


def test_an_officer_named_at_init_can_sign_and_a_wrong_file_makes_no_folder(
    tmp_path: Path, town: Town, capsys: Captured
) -> None:
    public = tmp_path / "officer.pub"
    public.write_text("ssh-rsa AAAA somebody", "utf-8")
    with pytest.raises(SystemExit):
        main(["init", str(tmp_path / "new"), "--officer", str(public)])
    assert "no ssh-ed25519 public key" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()
    public.write_text(f"{ssh.public_line(town.key)} ada@example.com", "utf-8")
    with pytest.raises(SystemExit) as end:
        main(["init", str(tmp_path / "new"), "--officer", str(public)])
    assert end.value.code == 0
    settings = (tmp_path / "new" / "upheld.toml").read_text("utf-8")
    assert f'officer = "{ssh.public_line(town.key)}"' in settings
    assert "ada@example.com" not in settings.partition("[officers]")[2].replace("# ada", "")


def test_what_nobody_foresaw_is_told_by_kind_and_place_and_never_by_its_words(
    town: Town, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise KeyError(ADA)

    monkeypatch.setattr("tomllib.loads", fails)
    status, said = town.run(capsys, "check")
    _refused(said, status, 70, "KeyError at test_bad_input.py:", "config.py:", "report this line")


def test_an_identity_can_be_given_on_standard_input(
    town: Town, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{ADA}\n"))
    words = ("request", "open", "--right", "erase", "--identity", "email=-")
    assert town.run(capsys, *words)[0] == 0
    status, said = town.run(capsys, "request", "plan", "R-1")
    assert status == 0
    assert "shop.customers" in said


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("policy.yaml", "    for: 10 years\n    from: end of year\n", "", "which has no term"),
        ("stores/shop.yaml", "under: retain.legal-tax", "under: right.access", "no `keep` clause"),
    ],
)
def test_rows_kept_under_a_clause_that_gives_no_term_stop_the_plan(  # noqa: PLR0913, PLR0917
    town: Town, capsys: Captured, file: str, old: str, new: str, words: str
) -> None:
    town.edit(file, old, new)
    town.run(capsys, "request", "open", "--right", "erase", "--identity", f"email={ADA}")
    before = _raw(town)
    status, said = town.run(capsys, "request", "plan", "R-1")
    _refused(said, status, 2, "stores/shop.yaml:", words)
    assert _raw(town) == before
