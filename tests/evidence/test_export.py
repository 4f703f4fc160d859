"""Wherever home is, an auditor gets the whole log in a file that proves, and no way to anybody."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.evidence.door import SqlDoor, UrlDoor
from upheld.conformance.door import Hand, Tally
from upheld.errors import BadInput
from upheld.evidence import notes, verify
from upheld.evidence.home import SqlHome
from upheld.evidence.verify import Unproven

SECRET = b"a secret of a request"
AUDITOR = Path(verify.__file__)


@pytest.fixture
def home(anywhere: UrlDoor, clock: Hand) -> SqlHome:
    """Give a home with people and secrets, of two complete tiles and an edge."""
    home = anywhere(clock, [Tally()])
    with home.writing() as writing:
        writing.alias("email", "ada@example.com", writing.mint())
        writing.seal("R-1", "who", SECRET)
        digest = writing.keep(b'{"a": "plan"}')
        writing.append("request.planned", {"request": "R-1", "plan": digest})
        for n in range(600):
            writing.append("noted", {"request": f"R-{n % 7}", "n": n})
    return home


def exported(home: SqlHome, folder: Path) -> Path:
    file = folder / "log.sqlite"
    home.export(file)
    return file


def run(url: str, statement: str) -> None:
    """Do to home what somebody with its database could."""
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


def test_the_log_of_any_home_is_proven_with_python_alone(home: SqlHome, tmp_path: Path) -> None:
    older = tmp_path / "older"
    older.write_text(notes.as_line(home.checkpoint()), "utf-8")
    with home.writing() as writing:
        writing.append("noted", {"request": "R-1"})
    file = exported(home, tmp_path)
    report = verify.check(file)
    assert (report.size, report.key) == (home.size(), home.verifier)
    asked = [sys.executable, "-I", str(AUDITOR), str(file), "--key", home.verifier]
    done = subprocess.run(
        [*asked, "--since", str(older)], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "proven"
    assert "agrees with every older checkpoint given" in done.stdout


def test_it_holds_every_entry_and_view_byte_for_byte(home: SqlHome, tmp_path: Path) -> None:
    with closing(sqlite3.connect(exported(home, tmp_path))) as there:
        leaves = [leaf for (leaf,) in there.execute("SELECT leaf FROM entry ORDER BY n")]
        states = there.execute("SELECT key, state FROM view WHERE view = 'tally' ORDER BY 1")
        assert states.fetchall() == [*home.states("tally")]
    assert leaves == [home.raw(n) for n in range(home.size())]


def test_nothing_of_it_leads_to_anybody(home: SqlHome, anywhere: UrlDoor, tmp_path: Path) -> None:
    with sa.create_engine(
        anywhere.url.replace("postgresql://", "postgresql+psycopg://"), poolclass=sa.NullPool
    ).connect() as connection:
        secrets = [
            bytes(value)
            for table, column in (("alias", "tag"), ("vault_key", "wrapped"), ("vault", "sealed"))
            for value in connection.exec_driver_sql(f"SELECT {column} FROM {table}").scalars()
        ]
        marks = connection.exec_driver_sql("SELECT value FROM meta WHERE length(value) > 8")
        secrets += [bytes(value) for value in marks.scalars()]
    assert len(secrets) == 5
    held = exported(home, tmp_path).read_bytes()
    assert not [secret for secret in secrets if secret in held]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("DELETE FROM entry WHERE n = 300", "entry 300 is missing"),
        ("UPDATE entry SET leaf = (SELECT leaf FROM entry WHERE n = 7) WHERE n = 6", "was changed"),
        ("UPDATE tile SET hashes = root WHERE level = 0 AND n = 1", "the tiles were changed"),
        ("DELETE FROM view", "rows of view"),
        ("DELETE FROM document", "that an entry names is missing"),
    ],
)
def test_what_somebody_did_to_home_shows_in_the_file(
    home: SqlHome, anywhere: UrlDoor, tmp_path: Path, change: str, words: str
) -> None:
    run(anywhere.url, change)
    with pytest.raises(Unproven, match=words):
        verify.check(exported(home, tmp_path))


def test_an_empty_file_is_filled_and_a_part_of_one_is_begun_anew(
    home: SqlHome, tmp_path: Path
) -> None:
    file = tmp_path / "log.sqlite"
    file.touch()
    (tmp_path / ".log.sqlite.part").write_text("one that was killed", "utf-8")
    home.export(file)
    assert verify.check(file).size == home.size()
    assert not (tmp_path / ".log.sqlite.part").exists()


def test_a_file_that_cannot_be_written_is_told(home: SqlHome, tmp_path: Path) -> None:
    for place in (tmp_path / "nowhere" / "log.sqlite", tmp_path):
        with pytest.raises(BadInput, match="name a file in"):
            home.export(place)
    assert not list(tmp_path.parent.glob(".*.part"))


@pytest.mark.parametrize("there", ["home.sqlite", "keys", "log.sqlite"])
def test_what_is_there_already_is_not_written_over(tmp_path: Path, clock: Hand, there: str) -> None:
    with closing(SqlDoor(tmp_path)) as door:
        home = door(clock, [Tally()])
        file = tmp_path / there
        if not file.exists():
            file.write_bytes(b"somebody's")
        before = file.read_bytes()
        with pytest.raises(BadInput, match="is there already"):
            home.export(file)
        assert file.read_bytes() == before
        link = tmp_path / "link"
        link.symlink_to(file)
        with pytest.raises(BadInput, match="is there already"):
            home.export(link)


@pytest.mark.parametrize("named", ["", ".", ".."])
def test_a_folder_is_no_file_to_write(home: SqlHome, named: str) -> None:
    with pytest.raises(BadInput, match="is a folder"):
        home.export(Path(named))
