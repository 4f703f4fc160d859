"""A file is held by one at a time, wherever Python runs, and nothing is left lying about."""

from __future__ import annotations

import fcntl
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.evidence.door import SqlDoor
from upheld.conformance.door import Hand, OnPurposeError
from upheld.errors import HomeFailed, Stale
from upheld.evidence import holds

Way = Callable[[Path], AbstractContextManager[None]]
ROOT = Path(__file__).parents[2]


@pytest.fixture(params=[holds.flocked, holds.sqlite_locked])
def way(request: pytest.FixtureRequest) -> Way:
    """Give each way to lock a file."""
    way: Way = request.param
    return way


def hold(way: Way, file: Path) -> None:
    with way(file):
        pass


def test_a_file_is_held_by_one_at_a_time(way: Way, tmp_path: Path) -> None:
    file, other = tmp_path / "held", tmp_path / "other"
    with way(file):
        hold(way, other)
        for _ in range(2):
            with pytest.raises(BlockingIOError):
                hold(way, file)
    hold(way, file)


def test_a_file_is_let_go_when_the_work_fails(way: Way, tmp_path: Path) -> None:
    with pytest.raises(OnPurposeError), way(tmp_path / "held"):
        raise OnPurposeError
    hold(way, tmp_path / "held")


def test_a_killed_process_holds_no_file(way: Way, tmp_path: Path) -> None:
    file = tmp_path / "held"
    program = f"""
import sys
from pathlib import Path
from upheld.evidence import holds
with holds.{way.__name__}(Path({str(file)!r})):
    print("held", flush=True)
    sys.stdin.read()
"""
    command = [sys.executable, "-c", program]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, cwd=ROOT, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(BlockingIOError):
            hold(way, file)
        other.kill()
    hold(way, file)


def test_a_folder_that_is_not_there_is_no_rival(way: Way, tmp_path: Path) -> None:
    with pytest.raises(OSError) as failed:  # noqa: PT011 (each way has words of its own)
        hold(way, tmp_path / "nowhere" / "held")
    assert not isinstance(failed.value, BlockingIOError)


def test_nothing_is_left_beside_home(door: SqlDoor, clock: Hand, tmp_path: Path) -> None:
    home = door(clock, [])
    before = set(tmp_path.iterdir())
    with home.holding("R-1"):
        (lock,) = set(tmp_path.iterdir()) - before
        assert lock.name.startswith("home.sqlite-hold-")
        assert stat.S_IMODE(lock.stat().st_mode) == 0o600
    assert set(tmp_path.iterdir()) == before


def test_a_request_is_held_by_whatever_name_the_file_goes(
    door: SqlDoor, clock: Hand, tmp_path: Path
) -> None:
    home = door(clock, [])
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "home.sqlite").symlink_to(door.file)
    by_another_name = SqlDoor(tmp_path / "elsewhere")(clock, [])
    with home.holding("R-1"), pytest.raises(Stale), by_another_name.holding("R-1"):
        pass


def test_a_file_that_is_removed_while_it_is_being_locked_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, lock = tmp_path / "held", fcntl.flock

    def late(descriptor: int, how: int) -> None:
        monkeypatch.undo()
        file.unlink()
        lock(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", late)
    with holds.flocked(file), pytest.raises(BlockingIOError):
        hold(holds.flocked, file)


def test_a_lock_that_cannot_be_made_is_told(door: SqlDoor, clock: Hand, tmp_path: Path) -> None:
    home = door(clock, [])
    tmp_path.rename(tmp_path.with_name("moved"))
    with pytest.raises(HomeFailed, match="no lock can be put beside home"), home.holding("R-1"):
        pass


def test_what_is_no_id_is_not_told(door: SqlDoor, clock: Hand) -> None:
    home = door(clock, [])
    refused = pytest.raises(Stale, match="at work on this request; wait")
    with home.holding("ada@example.com"), refused, home.holding("ada@example.com"):
        pass
