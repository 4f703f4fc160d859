"""Home in a database of PostgreSQL, the stores where they always were."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.evidence.door import lesser_role
from tests.journeys.town import ADA, CANARIES, Town
from upheld.cli.main import main
from upheld.errors import BadFile, BadInput, HomeFailed
from upheld.model import Right, State

HOME = "HOME_OF_THE_TOWN"


@pytest.fixture
def moved(town: Town, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Town:
    """Give the town with its home on a server."""
    monkeypatch.setenv(HOME, postgres_url)
    town.edit("upheld.toml", "sqlite:///home.sqlite", f"env:{HOME}")
    return town


def test_an_erasure_is_answered_and_proven_from_a_home_on_a_server(
    moved: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    id = moved.erase()
    assert str(moved.rows("shop", "customers")[0][1]).endswith("@erased.invalid")
    with moved.open() as upheld:
        assert upheld.request(id).state is State.CLOSED
        assert upheld.company.home.person("email", ADA) is None
        upheld.audit()
        bundle = upheld.prove(id, moved.folder / "proof.zip")
    assert not list(moved.folder.glob("*home*"))
    status, said = moved.run(capsys, "checkpoint")
    assert status == 0, said
    with pytest.raises(SystemExit) as end:
        main(["verify", str(bundle), "--since", str(moved.folder / "checkpoints")])
    assert not end.value.code
    assert "proven" in capsys.readouterr().out


def test_an_auditor_gets_the_whole_log_of_a_home_on_a_server(
    moved: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    moved.erase()
    moved.access("bob@example.com")
    assert moved.run(capsys, "checkpoint")[0] == 0
    log = moved.folder / "log.sqlite"
    status, said = moved.run(capsys, "export", "-o", str(log))
    assert status == 0, said
    assert "anybody can check it: upheld verify" in said
    with pytest.raises(SystemExit) as end:
        main(["verify", str(log), "--since", str(moved.folder / "checkpoints")])
    assert not end.value.code
    assert capsys.readouterr().out.splitlines()[-1] == "proven"
    held = log.read_bytes()
    assert not [canary for canary in CANARIES if canary.encode() in held]


def test_a_home_on_a_server_holds_no_identifier_in_clear(moved: Town, postgres_url: str) -> None:
    with moved.open() as upheld:
        request = upheld.open_request(Right.ERASE, [f"email={ADA}"])
        upheld.plan(request.id)
    kept = everything(postgres_url)
    assert b"request.opened" in kept
    for canary in CANARIES:
        assert canary.lower().encode() not in kept


def test_a_home_on_a_server_that_is_gone_is_not_begun_anew(moved: Town, postgres_url: str) -> None:
    moved.erase()
    with moved.open() as upheld:
        upheld.checkpoint()
    with sa.create_engine(postgres_url, poolclass=sa.NullPool).begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
    with pytest.raises(HomeFailed, match="home is gone, but `checkpoints` shows"):
        moved.open()


def test_a_password_in_the_settings_is_refused_before_anything_is_opened(
    town: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    town.edit("upheld.toml", "sqlite:///home.sqlite", "postgresql://jo:hunter2@127.0.0.1:1/home")
    with pytest.raises(BadFile, match=r"upheld.toml:\d+: `home` holds a password; put it") as told:
        town.open()
    line = int(told.value.place.partition(":")[2])
    written = (town.folder / "upheld.toml").read_text("utf-8").splitlines()
    assert written[line - 1].startswith("home = ")
    status, said = town.run(capsys, "check")
    assert status == 2
    assert "hunter2" not in said


def test_a_server_that_cannot_be_reached_is_told_in_one_line(
    town: Town, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(HOME, "postgresql://jo:hunter2@127.0.0.1:1/home")
    town.edit("upheld.toml", "sqlite:///home.sqlite", f"env:{HOME}")
    status, said = town.run(capsys, "check")
    assert status == 4
    assert "home's server cannot be reached" in said
    assert "hunter2" not in said


def test_a_variable_that_is_not_set_is_named(town: Town) -> None:
    town.edit("upheld.toml", "sqlite:///home.sqlite", f"env:{HOME}")
    with pytest.raises(BadInput, match=f"the variable `{HOME}` is not set"):
        town.open()


def test_an_officer_is_told_of_keys_that_home_s_role_may_not_clear_and_of_what_lets_it(
    moved: Town,
    postgres_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with lesser_role(postgres_url) as lesser:
        with moved.open():
            pass
        monkeypatch.setenv(HOME, lesser)
        moved.access("bob@example.com")
        status, said = moved.run(capsys, "check")
        [line] = [each for each in said.splitlines() if each.startswith("home: ")]
        assert line.startswith("home: 1 destroyed keys may still be in dead rows of its tables, ")
        assert status == 1
        wanted = line.split("`")[1]
        with sa.create_engine(postgres_url, poolclass=sa.NullPool).begin() as owner:
            owner.exec_driver_sql(wanted)
        status, said = moved.run(capsys, "check")
        assert (status, "home:" in said) == (0, False)


def everything(url: str) -> bytes:
    """Return every value of every table, in lower case."""
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        tables = sa.MetaData()
        tables.reflect(connection)
        values = [
            value
            for table in tables.sorted_tables
            for row in connection.execute(sa.select(table))
            for value in row
        ]
    return b" ".join(
        each if isinstance(each, bytes) else str(each).encode() for each in values
    ).lower()
