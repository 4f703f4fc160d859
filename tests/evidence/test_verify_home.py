"""The auditor's file finds whatever was done to a home."""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.evidence.door import KEYS, ORIGIN, SqlDoor
from upheld.conformance.door import Hand
from upheld.errors import HomeFailed, NotProven
from upheld.evidence import notes, verify
from upheld.evidence.home import SqlHome
from upheld.evidence.keys import Keys
from upheld.evidence.verify import Unproven, Unreadable

Filled = Callable[[int], Path]
AUDITOR = Path(verify.__file__)


@pytest.fixture
def home(filled: Filled) -> Path:
    """Give a home of 700 entries: two complete tiles and an edge."""
    return filled(699)


def sql(file: Path, *statements: str) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.create_function("flip", 2, _flip)
        for statement in statements:
            connection.execute(statement)


def _flip(data: bytes | str, at: int) -> bytes | str:
    if isinstance(data, str):
        at %= len(data)
        return data[:at] + chr(ord(data[at]) ^ 1) + data[at + 1 :]
    changed = bytearray(data)
    changed[at % len(data)] ^= 1
    return bytes(changed)


def test_an_honest_home_is_proven(home: Path) -> None:
    report = verify.check(home)
    assert report.size == 700
    assert report.key.startswith(f"{ORIGIN}+")
    assert report.lines[-1] == "proven"
    assert "compare it with the key the company publishes" in report.lines[-2]
    assert verify.check(home, key=report.key) == report


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 512, 513])
def test_a_home_of_any_size_is_proven(filled: Filled, size: int) -> None:
    assert verify.check(filled(size - 1)).size == size


def test_looking_leaves_no_trace(home: Path) -> None:
    before = {path.name: path.read_bytes() for path in home.parent.iterdir()}
    verify.check(home)
    assert {path.name: path.read_bytes() for path in home.parent.iterdir()} == before


def test_a_home_in_use_is_proven(door: SqlDoor, clock: Hand) -> None:
    home = door(clock, [])
    with home.writing() as writing:
        writing.append("noted", {})
    assert door.file.with_name("home.sqlite-wal").exists()
    assert verify.check(door.file).size == 2


@pytest.mark.parametrize("n", [0, 1, 255, 256, 511, 600, 699])
@pytest.mark.parametrize("at", [0, 10, 40, -1])
def test_a_flipped_bit_of_an_entry_is_found(home: Path, n: int, at: int) -> None:
    sql(home, f"UPDATE entry SET leaf = flip(leaf, {at}) WHERE n = {n}")
    with pytest.raises(Unproven):
        verify.check(home)


def test_a_changed_entry_in_a_tile_is_told_from_a_changed_tile(home: Path) -> None:
    honest = home.read_bytes()
    sql(home, "UPDATE entry SET leaf = flip(leaf, -2) WHERE n = 300")
    with pytest.raises(Unproven, match="entries 256 to 511"):
        verify.check(home)
    home.write_bytes(honest)
    sql(home, "UPDATE tile SET hashes = flip(hashes, 77) WHERE n = 1")
    with pytest.raises(Unproven, match="the tiles were changed, the entries were not"):
        verify.check(home)


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE tile SET root = flip(root, 3)", "tiles were changed"),
        ("UPDATE tile SET hashes = flip(hashes, 8191) WHERE n = 0", "tiles were changed"),
        ("DELETE FROM tile WHERE n = 0", "tiles were changed"),
        ("INSERT INTO tile SELECT 0, 2, root, hashes FROM tile WHERE n = 1", "tiles were changed"),
        ("UPDATE head SET root = flip(root, 0)", "head's size or root"),
        ("UPDATE head SET size = 699", "head's size or root"),
        ("DELETE FROM head", "no signed head"),
        ("DELETE FROM entry WHERE n = 699", "700 were signed, 699 are there"),
        ("DELETE FROM entry WHERE n = 350", "entry 350 is missing"),
        ("DELETE FROM entry WHERE n = 0", "first entry"),
        ("DELETE FROM entry", "first entry"),
        ("INSERT INTO entry SELECT 700, leaf FROM entry WHERE n = 5", "nobody signed"),
        ("UPDATE entry SET n = -1 WHERE n = 699", "entry 0 is missing or out of place"),
        ("UPDATE entry SET leaf = CAST(leaf AS TEXT) || ' ' WHERE n = 9", "do not make the tree"),
        ("DROP TABLE tile", "is damaged or is not a home"),
        ("ALTER TABLE head RENAME TO tail", "is damaged or is not a home"),
    ],
)
def test_what_was_changed_is_named(home: Path, statement: str, words: str) -> None:
    sql(home, statement)
    with pytest.raises(Unproven, match=words):
        verify.check(home)


def test_swapped_entries_are_found(home: Path) -> None:
    sql(
        home,
        "UPDATE entry SET n = -1 WHERE n = 640",
        "UPDATE entry SET n = 640 WHERE n = 641",
        "UPDATE entry SET n = 641 WHERE n = -1",
    )
    with pytest.raises(Unproven, match="changed, dropped or swapped"):
        verify.check(home)


def test_a_dropped_entry_closed_up_is_found(home: Path) -> None:
    sql(
        home,
        "DELETE FROM entry WHERE n = 350",
        "UPDATE entry SET n = -n WHERE n > 350",
        "UPDATE entry SET n = -n - 1 WHERE n < 0",
    )
    with pytest.raises(Unproven, match="entries were dropped"):
        verify.check(home)


def test_no_flipped_character_of_the_note_is_accepted(home: Path) -> None:
    honest = home.read_bytes()
    with closing(sqlite3.connect(home)) as connection:
        (note,) = connection.execute("SELECT note FROM head").fetchone()
    for at in range(0, len(note), 3):
        home.write_bytes(honest)
        sql(home, f"UPDATE head SET note = flip(note, {at})")
        with pytest.raises(Unproven):
            verify.check(home)


def test_entries_dated_backwards_are_found_even_when_they_were_signed(
    door: SqlDoor, clock: Hand
) -> None:
    """Whoever holds the log key signs a later entry in, whose date is earlier."""
    home = door(clock, [])
    with home.writing() as writing:
        writing.append("noted", {})
    leaves = [home.raw(0), home.raw(1).replace(b"2026-07", b"2026-06")]
    home.close()
    resigned(door.file, leaves)
    with pytest.raises(Unproven, match="dated before"):
        verify.check(door.file)


def test_the_first_entry_of_a_tile_is_not_dated_before_the_tile(
    filled: Filled, door: SqlDoor, clock: Hand
) -> None:
    filled(256)
    home = door(clock, [])
    leaves = [home.raw(n) for n in range(257)]
    home.close()
    resigned(door.file, [*leaves[:256], leaves[256].replace(b"2026-07", b"2026-06")])
    with pytest.raises(Unproven, match="entry from 256 on is dated before"):
        verify.check(door.file)


def test_an_older_note_over_a_newer_log_is_found(door: SqlDoor, clock: Hand) -> None:
    home = door(clock, [])
    older = home.checkpoint()
    with home.writing() as writing:
        writing.append("noted", {})
    home.close()
    with closing(sqlite3.connect(door.file)) as connection:
        connection.execute("UPDATE head SET note = ?", (older,))
        connection.commit()
    with pytest.raises(Unproven, match="head's size or root"):
        verify.check(door.file)
    with pytest.raises(NotProven, match="not what its checkpoint says"):
        door(clock, [])


def test_a_log_signed_over_by_another_key_is_found(home: Path) -> None:
    other = Keys(KEYS.home, KEYS.wrap, b"o" * 32)
    with closing(sqlite3.connect(home)) as connection:
        size, root = connection.execute("SELECT size, root FROM head").fetchone()
        note = notes.sign(ORIGIN, size, root, other.signer)
        connection.execute("UPDATE head SET note = ?", (note,))
        connection.commit()
    with pytest.raises(Unproven, match="not signed with the key the log was opened with"):
        verify.check(home)


def test_a_key_that_is_not_the_published_one_is_found(home: Path) -> None:
    other = notes.verifier_key(ORIGIN, Keys(b"", b"", b"o" * 32).signer)
    with pytest.raises(Unproven, match="another key than the one given"):
        verify.check(home, key=other)
    with pytest.raises(Unreadable, match="not a verifier key"):
        verify.check(home, key="nonsense")


@pytest.mark.parametrize("part", [0.02, 0.3, 0.6, 0.99])
def test_a_file_cut_short_is_found(home: Path, part: float) -> None:
    os.truncate(home, int(home.stat().st_size * part))
    with pytest.raises(Unproven):
        verify.check(home)


def test_a_bit_flipped_anywhere_in_the_file_is_found_or_harmless(home: Path) -> None:
    honest, report = home.read_bytes(), verify.check(home)
    dice, found = random.Random(7), 0  # noqa: S311
    for _ in range(150):
        at = dice.randrange(100, len(honest))
        home.write_bytes(
            honest[:at] + bytes([honest[at] ^ 1 << dice.randrange(8)]) + honest[at + 1 :]
        )
        try:
            assert verify.check(home) == report, "it is free space, or none of the log's"
        except Unproven:
            found += 1
    assert found > 60, "much of the file is the log"


def test_a_file_of_another_kind_cannot_be_checked(tmp_path: Path) -> None:
    for name, data in {"empty": b"", "text": b"hello", "image": b"\x89PNG\r\n"}.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(Unreadable, match="neither a home"):
            verify.check(tmp_path / name)
    for missing in (tmp_path / "nowhere", tmp_path):
        with pytest.raises(Unreadable, match="cannot be read"):
            verify.check(missing)


def test_another_database_is_not_a_home(tmp_path: Path) -> None:
    sql(tmp_path / "shop.db", "CREATE TABLE orders (id INTEGER)")
    with pytest.raises(Unproven, match="is not a home"):
        verify.check(tmp_path / "shop.db")


class TestSince:
    """Older checkpoints are what nobody can take back."""

    @pytest.fixture
    def kept(self, door: SqlDoor, clock: Hand, tmp_path: Path) -> Path:
        """Checkpoints of a home of 5, 260 and 700 entries."""
        home = door(clock, [])
        lines = []
        for size in (5, 260, 700):
            with home.writing() as writing:
                for n in range(home.size(), size):
                    writing.append("noted", {"n": n})
            lines.append(notes.as_line(home.checkpoint()))
        home.close()
        (tmp_path / "checkpoints").write_text("\n".join(lines) + "\n")
        return tmp_path / "checkpoints"

    def test_an_honest_log_agrees_with_all_of_them(self, door: SqlDoor, kept: Path) -> None:
        report = verify.check(door.file, since=kept)
        assert any("agrees" in line and "5, 260, 700" in line for line in report.lines)
        note = json.loads(kept.read_text().splitlines()[1])
        kept.write_text(note)
        assert any("260" in line for line in verify.check(door.file, since=kept).lines)

    def test_a_log_that_shrank_is_found(self, door: SqlDoor, clock: Hand, kept: Path) -> None:
        door.file.unlink()
        home = door(clock, [])
        with home.writing() as writing:
            for n in range(1, 300):
                writing.append("noted", {"n": n})
        home.close()
        with pytest.raises(Unproven, match="shrank"):
            verify.check(door.file, since=kept)

    def test_a_fork_is_found(self, door: SqlDoor, clock: Hand, kept: Path, tmp_path: Path) -> None:
        """The database is put back to an old copy, and another story is told from there."""
        (tmp_path / "fork").mkdir()
        fork = SqlDoor(tmp_path / "fork")
        home = fork(clock, [])
        with home.writing() as writing:
            for n in range(1, 800):
                writing.append("noted", {"n": n if n < 300 else -n})
        home.close()
        assert verify.check(fork.file).size == 800, "in itself it is proven"
        kept.write_text(kept.read_text().splitlines()[2])
        with pytest.raises(Unproven, match="forked"):
            verify.check(fork.file, since=kept)
        shutil.copy(door.file, fork.file)
        verify.check(fork.file, since=kept)

    def test_a_checkpoint_of_another_key_is_found(self, door: SqlDoor, kept: Path) -> None:
        other = Keys(b"", b"", b"o" * 32).signer
        kept.write_text(notes.sign(ORIGIN, 5, b"r" * 32, other))
        with pytest.raises(Unproven, match="another log or key"):
            verify.check(door.file, since=kept)

    def test_a_changed_checkpoint_is_found(self, door: SqlDoor, kept: Path) -> None:
        kept.write_text(kept.read_text().replace("\\n260\\n", "\\n261\\n"))
        with pytest.raises(Unproven, match="signature does not hold"):
            verify.check(door.file, since=kept)

    def test_a_file_without_checkpoints_cannot_be_used(self, door: SqlDoor, kept: Path) -> None:
        kept.write_text("hello")
        with pytest.raises(Unreadable):
            verify.check(door.file, since=kept)


class TestAlone:
    """It is a program of its own."""

    def run(self, folder: Path, *arguments: str | Path) -> tuple[int, str]:
        shutil.copy(AUDITOR, folder / "verify.py")
        ran = subprocess.run(
            [sys.executable, "-I", "-S", "verify.py", *map(str, arguments)],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        return ran.returncode, ran.stdout + ran.stderr

    def test_it_proves_a_home_with_python_alone(self, home: Path) -> None:
        status, said = self.run(home.parent, home.name)
        assert (status, said.splitlines()[-1]) == (0, "proven")

    def test_it_says_what_is_wrong(self, home: Path) -> None:
        sql(home, "DELETE FROM entry WHERE n = 350")
        status, said = self.run(home.parent, home.name)
        assert (status, said) == (1, "NOT PROVEN: entry 350 is missing or out of place\n")

    def test_it_says_what_cannot_be_read(self, tmp_path: Path) -> None:
        assert self.run(tmp_path, "nowhere")[0] == 2
        assert self.run(tmp_path, "verify.py")[0] == 2
        assert self.run(tmp_path)[0] == 2


class TestAtTheDoor:
    """Opening a home finds what is wrong with its head and its edge."""

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE entry SET leaf = flip(leaf, 50) WHERE n = 650",
            "UPDATE tile SET root = flip(root, 3) WHERE n = 1",
            "DELETE FROM tile WHERE n = 1",
            "UPDATE head SET root = flip(root, 0)",
            "UPDATE head SET size = 699",
            "UPDATE head SET note = flip(note, 30)",
            "DELETE FROM head",
            "DELETE FROM entry WHERE n = 699",
            "DELETE FROM entry WHERE n = 650",
            "DELETE FROM entry",
            "INSERT INTO entry SELECT 700, leaf FROM entry WHERE n = 5",
        ],
    )
    def test_a_head_that_is_not_of_these_entries_is_refused(
        self, home: Path, door: SqlDoor, clock: Hand, statement: str
    ) -> None:
        sql(home, statement)
        before = home.read_bytes()
        with pytest.raises(NotProven):
            door(clock, [])
        assert home.read_bytes() == before, "nothing is rewritten"

    def test_reading_finds_an_entry_that_is_gone(
        self, home: Path, door: SqlDoor, clock: Hand
    ) -> None:
        sql(home, "DELETE FROM entry WHERE n = 350")
        opened = door(clock, [])
        with pytest.raises(NotProven, match="missing"):
            list(opened.entries())
        with pytest.raises(NotProven, match="missing"):
            opened.raw(350)

    def test_reading_finds_a_document_that_was_changed(self, door: SqlDoor, clock: Hand) -> None:
        home = door(clock, [])
        with home.writing() as writing:
            digest = writing.keep(b"a document")
        sql(door.file, "UPDATE document SET bytes = flip(bytes, 1)")
        with pytest.raises(NotProven, match="was changed"):
            home.document(digest)

    def test_reading_finds_what_was_moved_in_the_vault(self, door: SqlDoor, clock: Hand) -> None:
        home = door(clock, [])
        with home.writing() as writing:
            writing.seal("R-1", "who", b"secret")
            writing.seal("R-2", "who", b"other")
        sql(door.file, "UPDATE vault SET name = 'what' WHERE request = 'R-1'")
        with pytest.raises(NotProven, match="was changed"):
            home.unseal("R-1", "what")
        sql(door.file, "UPDATE vault_key SET wrapped = flip(wrapped, 20) WHERE request = 'R-2'")
        with pytest.raises(HomeFailed, match="does not open"):
            home.unseal("R-2", "who")

    def test_a_missing_tile_is_found_by_a_proof(
        self, home: Path, door: SqlDoor, clock: Hand
    ) -> None:
        sql(home, "UPDATE tile SET hashes = substr(hashes, 1, 100) WHERE n = 0")
        opened: SqlHome = door(clock, [])
        with pytest.raises(NotProven, match="tile 0/0"):
            opened.inclusion(7, 700)


def resigned(file: Path, leaves: list[bytes]) -> None:
    """Put other entries into a small home, and sign them with its own key."""
    from upheld.evidence.merkle import Edge, grow, root  # noqa: PLC0415

    over = root(grow(Edge(), leaves)[0])
    note = notes.sign(ORIGIN, len(leaves), over, KEYS.signer)
    with closing(sqlite3.connect(file)) as connection:
        connection.executemany("REPLACE INTO entry VALUES (?, ?)", list(enumerate(leaves)))
        connection.execute(
            "UPDATE head SET size = ?, root = ?, note = ?", (len(leaves), over, note)
        )
        connection.commit()
