"""Whatever the world does to a home, nothing is half done and the next step is told."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import event

from tests.evidence.door import KEYS, ORIGIN, SqlDoor
from upheld.conformance.door import Hand, Tally
from upheld.errors import BadInput, HomeFailed, NotProven
from upheld.evidence import verify
from upheld.evidence.database import reached
from upheld.evidence.home import SqlHome

CANARY = "canary@example.com"


@contextmanager
def unchanged(home: SqlHome) -> Iterator[None]:
    """Expect that home says and holds the same as before."""
    before = home.checkpoint(), list(home.entries()), list(home.states("tally"))
    yield
    assert (home.checkpoint(), list(home.entries()), list(home.states("tally"))) == before


def write_a_lot(home: SqlHome) -> None:
    with home.writing() as writing:
        for n in range(5000):
            writing.append("noted", {"request": f"R-{n}", "text": "x" * 100})


def test_a_full_disk_undoes_the_whole_transaction(door: SqlDoor, clock: Hand) -> None:
    door(clock, [Tally()]).close()
    database = reached(door.url, make=False)
    event.listen(
        database.reads, "connect", lambda raw, _: raw.execute("PRAGMA max_page_count = 60")
    )
    home = SqlHome(database, KEYS, origin=ORIGIN, clock=clock, folds=[Tally()])
    with unchanged(home):
        with pytest.raises(HomeFailed, match="disk under home is full; make room"):
            write_a_lot(home)
        with home.writing() as writing:
            writing.keep(b"small things still go in")
    home.close()
    assert verify.check(door.file).size == 1


def test_a_home_that_is_read_only_is_read_and_not_written(door: SqlDoor, clock: Hand) -> None:
    first = door(clock, [Tally()])
    with first.writing() as writing:
        writing.append("noted", {"request": "R-1"})
    url = f"{door.url}?mode=ro"
    home = SqlHome.open(url, KEYS, origin=ORIGIN, clock=clock, folds=[Tally()])
    with unchanged(home), pytest.raises(HomeFailed, match="read-only; give"):
        write_a_lot(home)


def test_a_home_that_another_holds_is_waited_for_then_refused(door: SqlDoor, clock: Hand) -> None:
    door(clock, [Tally()]).close()
    url = f"{door.url}?timeout=0.05"
    home = SqlHome.open(url, KEYS, origin=ORIGIN, clock=clock, folds=[Tally()])
    with closing(sqlite3.connect(door.file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with unchanged(home), pytest.raises(HomeFailed, match="locked"), home.writing():
            pass
    with home.writing() as writing:
        assert writing.append("noted", {"request": "R-1"}) == 1


def test_a_process_killed_while_it_writes_leaves_nothing_behind(door: SqlDoor, clock: Hand) -> None:
    home = door(clock, [Tally()])
    with home.writing() as writing:
        writing.append("noted", {"request": "R-1"})
    before = home.checkpoint()
    home.close()
    program = f"""
import os
from pathlib import Path
from tests.evidence.door import SqlDoor
from upheld.conformance.door import Hand, Tally
home = SqlDoor(Path({str(door.file.parent)!r}))(Hand(), [Tally()])
with home.writing() as writing:
    for n in range(5500):
        writing.append("noted", {{"request": f"R-{{n}}", "text": "x" * 200}})
    os._exit(9)
"""
    root = Path(__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", program], cwd=root, check=False).returncode == 9
    assert door.file.with_name("home.sqlite-wal").exists(), "it had begun to write"
    again = door(clock, [Tally()])
    assert again.checkpoint() == before
    assert [key for key, _ in again.states("tally")] == ["R-1"]
    with again.writing() as writing:
        assert writing.append("noted", {"request": "R-1"}) == 2
    again.close()
    assert verify.check(door.file).size == 3


def test_a_home_without_its_journal_is_an_older_home_and_whole(
    door: SqlDoor, clock: Hand, tmp_path: Path
) -> None:
    home = door(clock, [Tally()])
    home.close()
    home = door(clock, [Tally()])
    with home.writing() as writing:
        writing.append("noted", {"request": "R-1"})
    (tmp_path / "copy").mkdir()
    copy = SqlDoor(tmp_path / "copy")
    copy.file.write_bytes(door.file.read_bytes())
    assert copy(clock, [Tally()]).size() == 1


def test_no_home_is_not_made_where_one_is_opened(door: SqlDoor, clock: Hand) -> None:
    with pytest.raises(HomeFailed, match="cannot be opened"):
        SqlHome.open(door.url, KEYS, origin=ORIGIN, clock=clock)
    assert not door.file.exists()


def test_no_home_is_made_over_another(door: SqlDoor, clock: Hand) -> None:
    door(clock, []).close()
    with pytest.raises(HomeFailed, match="already"):
        SqlHome.create(door.url, KEYS, origin=ORIGIN, clock=clock)
    assert door(clock, []).size() == 1


def test_a_folder_that_is_not_there_is_told(tmp_path: Path, clock: Hand) -> None:
    url = f"sqlite:///{tmp_path}/nowhere/home.sqlite"
    with pytest.raises(HomeFailed, match="cannot be opened; check"):
        SqlHome.create(url, KEYS, origin=ORIGIN, clock=clock)


def test_an_emptied_home_is_not_taken_for_a_new_one(door: SqlDoor, clock: Hand) -> None:
    door(clock, []).close()
    door.file.write_bytes(b"")
    with pytest.raises(HomeFailed, match="was never finished, or was emptied"):
        door(clock, [])


def test_a_file_that_is_no_database_is_told(door: SqlDoor, clock: Hand) -> None:
    door.file.write_bytes(b"hello, this is no database" * 100)
    with pytest.raises(HomeFailed, match="not a database"):
        door(clock, [])


def test_another_database_is_not_a_home(door: SqlDoor, clock: Hand) -> None:
    with closing(sqlite3.connect(door.file)) as other:
        other.execute("CREATE TABLE entry (n INTEGER)")
    with pytest.raises(HomeFailed, match="no table `alias`"):
        door(clock, [])


@pytest.mark.parametrize("part", [0.3, 0.7])
def test_a_home_cut_short_is_refused(door: SqlDoor, clock: Hand, part: float) -> None:
    home = door(clock, [Tally()])
    write_a_lot(home)
    home.close()
    os.truncate(door.file, int(door.file.stat().st_size * part))
    with pytest.raises((HomeFailed, NotProven)):
        door(clock, [Tally()]).rebuild()


@pytest.mark.parametrize("table", ["entry", "tile", "head", "view", "alias", "vault", "meta"])
def test_a_home_without_one_of_its_tables_is_refused(
    door: SqlDoor, clock: Hand, table: str
) -> None:
    door(clock, []).close()
    with closing(sqlite3.connect(door.file)) as other:
        other.execute(f"DROP TABLE {table}")
    with pytest.raises(HomeFailed, match=f"no table `{table}`; restore"):
        door(clock, [])


def test_a_home_of_a_later_version_is_refused(door: SqlDoor, clock: Hand) -> None:
    door(clock, []).close()
    with closing(sqlite3.connect(door.file)) as other:
        other.execute("UPDATE meta SET value = x'33' WHERE name = 'schema'")
        other.commit()
    with pytest.raises(HomeFailed, match="schema `3` and this Upheld knows 2"):
        door(clock, [])


@pytest.mark.parametrize("name", ["home", "wrap", "log"])
def test_a_wrong_key_is_refused_at_the_door(door: SqlDoor, clock: Hand, name: str) -> None:
    door(clock, []).close()
    wrong = SqlDoor(door.file.parent, keys=replace(KEYS, **{name: b"?" * 32}))
    with pytest.raises(HomeFailed, match=f"the `{name}` key given is not this home's"):
        wrong(clock, [])


def test_a_home_of_another_origin_is_refused(door: SqlDoor, clock: Hand) -> None:
    door(clock, []).close()
    with pytest.raises(HomeFailed, match="another origin"):
        SqlDoor(door.file.parent, origin="other.example")(clock, [])


@pytest.mark.parametrize(
    "url", ["", "home.sqlite", "sqlite://", "sqlite:///:memory:", "mysql://h/d"]
)
def test_an_address_that_is_none_is_refused(clock: Hand, url: str) -> None:
    with pytest.raises(BadInput, match="must be a SQLite file"):
        SqlHome.create(url, KEYS, origin=ORIGIN, clock=clock)


def test_a_home_in_a_folder_with_a_hostile_name_is_opened(tmp_path: Path, clock: Hand) -> None:
    folder = tmp_path / "O'Brien #1 %41 & \u05d0"
    folder.mkdir()
    door = SqlDoor(folder)
    door(clock, []).close()
    assert door(clock, []).size() == 1
    assert verify.check(door.file).size == 1


def test_what_home_keeps_tells_nobody_who_a_person_is(door: SqlDoor, clock: Hand) -> None:
    home = door(clock, [])
    with home.writing() as writing:
        person = writing.mint()
        writing.alias("email", CANARY, person)
        writing.seal("R-1", "who", CANARY.encode())
        writing.append("noted", {"request": "R-1", "person": person})
    for path in door.file.parent.iterdir():
        assert CANARY.encode() not in path.read_bytes()
        assert KEYS.home not in path.read_bytes()


def test_a_destroyed_key_is_nowhere_in_the_files(door: SqlDoor, clock: Hand) -> None:
    home = door(clock, [])
    with home.writing() as writing:
        writing.seal("R-1", "who", CANARY.encode())
    wrapped = stored(door.file, "SELECT wrapped FROM vault_key")
    assert is_in_files(door, wrapped)
    with home.writing() as writing:
        writing.destroy("R-1")
    assert not is_in_files(door, wrapped)


def test_a_forgotten_tag_is_nowhere_in_the_files(door: SqlDoor, clock: Hand) -> None:
    home = door(clock, [])
    with home.writing() as writing:
        writing.alias("email", CANARY, writing.mint())
    tag = stored(door.file, "SELECT tag FROM alias")
    assert is_in_files(door, tag)
    with home.writing() as writing:
        assert writing.forget(1) == 1
    assert not is_in_files(door, tag)


def stored(file: Path, query: str) -> bytes:
    with closing(sqlite3.connect(file)) as other:
        return bytes(other.execute(query).fetchone()[0])


def is_in_files(door: SqlDoor, data: bytes) -> bool:
    return any(data in path.read_bytes() for path in door.file.parent.iterdir())


def test_a_failure_of_the_database_quotes_no_value(door: SqlDoor, clock: Hand) -> None:
    home = door(clock, [])
    with closing(sqlite3.connect(door.file)) as other:
        other.execute(
            "CREATE TRIGGER no BEFORE INSERT ON document BEGIN SELECT RAISE(ABORT, 'no'); END"
        )
    with pytest.raises(HomeFailed) as told, home.writing() as writing:
        writing.keep(CANARY.encode())
    chain: BaseException | None = told.value
    while chain is not None:
        assert "canary" not in f"{chain} {chain!r}"
        chain = chain.__cause__ or chain.__context__
