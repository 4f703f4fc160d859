"""A bit that flips beside the log shows, and views can be held against it."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

from tests.evidence.door import SqlDoor
from upheld.conformance.door import Hand, Tally
from upheld.errors import HomeFailed
from upheld.evidence import verify
from upheld.evidence.home import SqlHome
from upheld.evidence.verify import Unproven

TABLES = (
    *("alias", "document", "meta", "sums"),
    *("vault", "vault_key", "view", "watermark"),
)


@pytest.fixture
def home(door: SqlDoor, clock: Hand) -> SqlHome:
    """Give a home that has rows in every table, some of them replaced or gone again."""
    home = door(clock, [Tally()])
    for n in range(3):
        with home.writing() as writing:
            person = writing.mint()
            writing.alias("email", f"{n}@example.com", person)
            writing.seal(f"R-{n}", "given", b"first")
            writing.seal(f"R-{n}", "given", b"second")
            writing.append("noted", {"request": f"R-{n % 2}"})
            plan = writing.keep(f"plan {n}".encode())
            writing.append("request.planned", {"request": "R-0", "plan": plan})
    with home.writing() as writing:
        writing.forget(2)
        writing.destroy("R-2")
    return home


def flipped(file: Path, table: str, column: str) -> None:
    """Flip one bit of one value of a table."""
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("PRAGMA ignore_check_constraints = 1")
        (value,) = other.execute(f"SELECT {column} FROM {table} ORDER BY 1 DESC").fetchone()
        if isinstance(value, int):
            new: int | str | bytes = value ^ 16
        elif isinstance(value, bytes):
            new = bytes([value[0] ^ 16]) + value[1:]
        else:
            new = value[:-1] + chr(ord(value[-1]) ^ 16)
        other.execute(f"UPDATE {table} SET {column} = ? WHERE {column} = ?", (new, value))


def columns(file: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(file)) as other:
        return [
            (table, str(column[1]))
            for table in TABLES
            for column in other.execute(f"PRAGMA table_info({table})")
        ]


def test_a_flipped_bit_of_any_column_is_found(home: SqlHome, door: SqlDoor) -> None:
    home.close()
    honest = door.file.read_bytes()
    assert verify.check(door.file).lines[-1] == "proven"
    for table, column in columns(door.file):
        flipped(door.file, table, column)
        with pytest.raises(Unproven):
            verify.check(door.file)
        door.file.write_bytes(honest)


@pytest.mark.parametrize("table", TABLES)
def test_a_row_that_is_gone_is_found(home: SqlHome, door: SqlDoor, table: str) -> None:
    home.close()
    with closing(sqlite3.connect(door.file, isolation_level=None)) as other:
        other.execute(f"DELETE FROM {table}")
    with pytest.raises(Unproven):
        verify.check(door.file)


def test_a_plan_that_is_gone_is_named(home: SqlHome, door: SqlDoor) -> None:
    home.close()
    with closing(sqlite3.connect(door.file, isolation_level=None)) as other:
        other.execute("DELETE FROM document WHERE bytes = CAST('plan 1' AS BLOB)")
    with pytest.raises(Unproven, match=f"the plan {sha256(b'plan 1').hexdigest()[:16]}"):
        verify.check(door.file)


def test_a_flipped_bit_of_an_index_is_found(home: SqlHome, door: SqlDoor) -> None:
    home.close()
    honest = door.file.read_bytes()
    with closing(sqlite3.connect(door.file)) as other:
        (tag,) = other.execute("SELECT tag FROM alias WHERE person = 3").fetchone()
    places = [at for at in range(len(honest)) if honest.startswith(tag, at)]
    assert len(places) == 2, "it stands in the table, and in the index by person"
    for at in places:
        door.file.write_bytes(honest[:at] + bytes([honest[at] ^ 1]) + honest[at + 1 :])
        with pytest.raises(Unproven):
            verify.check(door.file)


def test_a_damaged_view_is_named_and_made_anew(home: SqlHome, door: SqlDoor, clock: Hand) -> None:
    home.close()
    flipped(door.file, "view", "state")
    with pytest.raises(Unproven, match="rows of view `tally` were changed"):
        verify.check(door.file)
    again = door(clock, [Tally()])
    assert again.audit_views() == ("tally",)
    again.rebuild()
    assert again.audit_views() == ()
    again.close()
    assert verify.check(door.file).lines[-1] == "proven"


def test_a_view_changed_with_its_sum_is_found_by_folding_again(
    home: SqlHome, door: SqlDoor
) -> None:
    home.close()
    sql = "SELECT view, key, state FROM view WHERE view = 'tally' AND key = 'R-1'"
    with closing(sqlite3.connect(door.file, isolation_level=None)) as other:
        row = other.execute(sql).fetchone()
        changed = (*row[:2], row[2].replace('"seen": 1', '"seen": 9'))
        assert changed != row
        (digest,) = other.execute("SELECT digest FROM sums WHERE name = 'view `tally`'").fetchone()
        moved = verify.row_sum("view", *changed) - verify.row_sum("view", *row)
        new = (int.from_bytes(digest, "big") + moved) % 2**256
        other.execute("UPDATE view SET state = ? WHERE key = 'R-1'", changed[2:])
        other.execute(
            "UPDATE sums SET digest = ? WHERE name = 'view `tally`'", (new.to_bytes(32, "big"),)
        )
    assert verify.check(door.file).lines[-1] == "proven"
    assert SqlDoor(door.file.parent)(Hand(), [Tally()]).audit_views() == ("tally",)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM view WHERE view = 'tally' AND key = 'R-1'",
        "INSERT INTO view VALUES ('tally', 'R-9', '{}')",
    ],
)
def test_a_key_too_few_or_too_many_is_found_by_folding_again(
    home: SqlHome, door: SqlDoor, statement: str
) -> None:
    assert home.audit_views() == ()
    with closing(sqlite3.connect(door.file, isolation_level=None)) as other:
        other.execute(statement)
    assert home.audit_views() == ("tally",)


def test_a_view_that_cannot_be_read_is_told_without_its_words(home: SqlHome, door: SqlDoor) -> None:
    with closing(sqlite3.connect(door.file, isolation_level=None)) as other:
        other.execute("UPDATE view SET state = 'secret' WHERE key = 'R-1'")
    words = "view `tally` holds cannot be read"
    with pytest.raises(HomeFailed, match=words) as told, home.writing() as writing:
        writing.append("noted", {"request": "R-1"})
    assert "secret" not in f"{told.value}{told.value.__cause__}"


def test_views_that_only_another_home_keeps_are_summed_too(
    home: SqlHome, door: SqlDoor, clock: Hand
) -> None:
    home.close()
    other = door(clock, [])
    with other.writing() as writing:
        writing.append("noted", {"request": "R-1"})
    other.rebuild()
    other.close()
    assert verify.check(door.file).lines[-1] == "proven"
    again = door(clock, [Tally()])
    assert again.audit_views() == ()
    again.close()
    assert verify.check(door.file).lines[-1] == "proven"


def test_nobody_else_can_read_a_home(door: SqlDoor, clock: Hand) -> None:
    with door(clock, []).writing() as writing:
        writing.append("noted", {})
        modes = {
            path.name: stat.S_IMODE(path.stat().st_mode) for path in door.file.parent.iterdir()
        }
    assert modes.keys() >= {"home.sqlite", "home.sqlite-wal"}
    assert set(modes.values()) == {0o600}
