"""A process that dies between deleting and overwriting leaves the rest to whoever opens next."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.evidence.door import KEYS, ORIGIN, SqlDoor, UrlDoor, lesser_role
from tests.evidence.test_home_failures import is_in_files
from tests.evidence.test_home_on_a_server import asked, is_on_disk
from upheld.conformance.door import Hand, Tally
from upheld.evidence import verify
from upheld.evidence.database import reached
from upheld.evidence.home import SqlHome
from upheld.evidence.wiping import Unwiped, keys_under

ROOT = Path(__file__).parents[2]
SECRET = b"a secret of a request"
Left = Callable[[bytes], bool]
_PROGRAM = """
import os, signal, sqlalchemy
from tests.evidence.door import UrlDoor
from upheld.conformance.door import Hand, Tally

def die(connection, cursor, statement, *_):
    if statement.startswith(("PRAGMA wal_checkpoint", "VACUUM")):
        os.kill(os.getpid(), signal.SIGKILL)

home = UrlDoor({url!r})(Hand(), [Tally()])
sqlalchemy.event.listen(sqlalchemy.Engine, "before_cursor_execute", die)
with home.writing() as writing:
    writing.append("noted", {{"request": "R-1"}})
    writing.destroy("R-1")
"""


@pytest.fixture
def left(anywhere: UrlDoor) -> Left:
    """Say whether bytes are still in the files of home."""
    if isinstance(anywhere, SqlDoor):
        return lambda data: is_in_files(anywhere, data)
    return lambda data: is_on_disk(anywhere.url, data.hex())


def sealed(door: UrlDoor, clock: Hand) -> bytes:
    """Make a home that holds a secret, and close it; return the key of the secret, wrapped."""
    home = door(clock, [Tally()])
    with home.writing() as writing:
        writing.seal("R-1", "who", SECRET)
    database = reached(door.url, make=False)
    with database.reads.connect() as connection:
        wrapped = bytes(connection.exec_driver_sql("SELECT wrapped FROM vault_key").scalar_one())
    database.reads.dispose()
    home.close()
    return wrapped


def marks(door: UrlDoor) -> int:
    database = reached(door.url, make=False)
    with database.reads.connect() as connection:
        names = connection.exec_driver_sql("SELECT name FROM meta").scalars().all()
    database.reads.dispose()
    return sum(bytes(n) == b"unwiped" if isinstance(n, bytes) else n == "unwiped" for n in names)


def killed(door: UrlDoor) -> None:
    """Let a process destroy the key, and die before its bytes are overwritten."""
    program = _PROGRAM.format(url=door.url)
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False)
    assert ended.returncode == -signal.SIGKILL


def test_whoever_opens_a_home_ends_what_a_killed_process_began(
    anywhere: UrlDoor, left: Left, clock: Hand, tmp_path: Path
) -> None:
    wrapped = sealed(anywhere, clock)
    killed(anywhere)
    assert left(wrapped), "it was killed before it had overwritten them"
    home = anywhere(clock, [Tally()])
    assert home.unseal("R-1", "who") is None
    assert not left(wrapped)
    assert marks(anywhere) == 0
    home.export(tmp_path / "log.sqlite")
    assert verify.check(tmp_path / "log.sqlite").size == home.size()


def test_a_home_that_is_marked_is_whole(tmp_path: Path, clock: Hand) -> None:
    door = SqlDoor(tmp_path)
    sealed(door, clock)
    killed(door)
    assert verify.check(door.file).size == 2
    assert marks(door) == 1


def test_who_may_only_read_opens_it_all_the_same(tmp_path: Path, clock: Hand) -> None:
    door = SqlDoor(tmp_path)
    sealed(door, clock)
    killed(door)
    url = f"{door.url}?mode=ro"
    with closing(SqlHome.open(url, KEYS, origin=ORIGIN, clock=clock, folds=[Tally()])) as home:
        assert home.size() == 2
    assert marks(door) == 1


def test_nothing_is_left_to_do_when_nobody_dies(anywhere: UrlDoor, left: Left, clock: Hand) -> None:
    wrapped = sealed(anywhere, clock)
    home = anywhere(clock, [Tally()])
    with home.writing() as writing:
        writing.destroy("R-1")
    assert not left(wrapped)
    assert marks(anywhere) == 0
    assert home.unwiped() is None


def test_what_a_long_reader_prevented_is_done_at_the_next_opening(
    postgres_url: str, clock: Hand
) -> None:
    with closing(UrlDoor(f"{postgres_url}?timeout=0.05")) as door:
        wrapped = sealed(door, clock)
        home = door(clock, [Tally()])
        engine = sa.create_engine(
            postgres_url.replace("postgresql://", "postgresql+psycopg://"), poolclass=sa.NullPool
        )
        with engine.connect() as reader:
            reader.exec_driver_sql("SELECT * FROM vault_key")
            with home.writing() as writing:
                writing.destroy("R-1")
        assert marks(door) == 1
        assert home.unwiped() == Unwiped(1, ())
        assert asked(postgres_url, "SELECT count(*) FROM vault_key") == [(0,)]
        door(clock, [Tally()])
        assert not is_on_disk(postgres_url, wrapped.hex())
        assert marks(door) == 0


WIPING = ("PRAGMA wal_checkpoint", "VACUUM vault, alias")


@contextmanager
def once_wiped(do: Callable[[], object]) -> Iterator[None]:
    """Do something as soon as bytes were overwritten, and before their mark is taken."""
    waiting = [do]

    def executed(*said: object) -> None:
        if waiting and str(said[2]).startswith(WIPING):
            waiting.pop()()

    sa.event.listen(sa.Engine, "after_cursor_execute", executed)
    try:
        yield
    finally:
        sa.event.remove(sa.Engine, "after_cursor_execute", executed)
    assert not waiting


def test_nobody_takes_the_mark_of_whoever_erased_since(
    anywhere: UrlDoor, left: Left, clock: Hand
) -> None:
    wrapped = sealed(anywhere, clock)
    home = anywhere(clock, [Tally()])
    with home.writing() as writing:
        writing.seal("R-2", "who", SECRET)
    with once_wiped(lambda: killed(anywhere)), home.writing() as writing:
        writing.destroy("R-2")
    assert marks(anywhere) == 1
    assert left(wrapped)
    anywhere(clock, [Tally()])
    assert marks(anywhere) == 0
    assert not left(wrapped)


def test_a_role_that_may_not_wipe_leaves_that_to_one_that_may(
    postgres_url: str, clock: Hand
) -> None:
    with lesser_role(postgres_url) as lesser, closing(UrlDoor(postgres_url)) as door:
        wrapped = sealed(door, clock)
        home = SqlHome.open(lesser, KEYS, origin=ORIGIN, clock=clock, folds=[Tally()])
        with closing(home):
            with home.writing() as writing:
                writing.seal("R-2", "who", SECRET)
                writing.destroy("R-1")
            with home.writing() as writing:
                writing.destroy("R-2")
                writing.destroy("R-3")
            left = home.unwiped()
        assert left is not None
        assert left.keys == 2
        named = {each.split()[2] for each in left.wanted}
        assert named == {"public.vault_key", "public.vault", "public.alias"}
        assert marks(door) == 1
        door(clock, [Tally()])
        assert marks(door) == 0
        assert not is_on_disk(postgres_url, wrapped.hex())


def test_what_is_committed_has_not_failed_when_it_cannot_be_wiped_to_the_end(
    postgres_url: str, clock: Hand
) -> None:
    with closing(UrlDoor(f"{postgres_url}?timeout=0.05")) as door, ExitStack() as busy:
        sealed(door, clock)
        home, other = door(clock, [Tally()]), door(clock, [Tally()])
        with (
            once_wiped(lambda: busy.enter_context(other.writing())),
            home.writing() as writing,
        ):
            writing.destroy("R-1")
        assert home.unseal("R-1", "who") is None
        assert marks(door) == 1


def test_what_somebody_may_still_see_stays_marked_until_they_end(
    postgres_url: str, clock: Hand
) -> None:
    with closing(UrlDoor(postgres_url)) as door:
        wrapped = sealed(door, clock)
        home = door(clock, [Tally()])
        engine = sa.create_engine(
            postgres_url.replace("postgresql://", "postgresql+psycopg://"), poolclass=sa.NullPool
        )
        with engine.connect().execution_options(isolation_level="REPEATABLE READ") as reader:
            reader.exec_driver_sql("SELECT size FROM head")
            with home.writing() as writing:
                writing.destroy("R-1")
            assert is_on_disk(postgres_url, wrapped.hex())
            assert marks(door) == 1
        door(clock, [Tally()])
        assert marks(door) == 0
        assert not is_on_disk(postgres_url, wrapped.hex())


def test_a_mark_of_before_keys_were_counted_stands_for_one() -> None:
    assert keys_under(bytes(16)) == 1
