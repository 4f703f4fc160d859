"""A home on PostgreSQL: whatever becomes of server, network or process, nothing is half done."""

from __future__ import annotations

import random
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.evidence.door import KEYS, ORIGIN, UrlDoor
from tests.servers import Server, private_postgres
from upheld.conformance.door import HOSTILE, Hand, OnPurposeError, Tally
from upheld.errors import BadInput, HomeFailed
from upheld.evidence import notes
from upheld.evidence.database import reached, told
from upheld.evidence.home import SqlHome

CANARY = "canary@example.com"
ROOT = Path(__file__).parents[2]
LET_GO = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"


@pytest.fixture
def door(postgres_url: str) -> Iterator[UrlDoor]:
    """Give the door of a new home on a server."""
    with closing(UrlDoor(postgres_url)) as door:
        yield door


@pytest.fixture
def home(door: UrlDoor, clock: Hand) -> SqlHome:
    """Give a new home with an entry."""
    home = door(clock, [Tally()])
    note(home)
    return home


@pytest.fixture
def latin(postgres_server: Server) -> Iterator[str]:
    """Give a fresh database that cannot keep most letters."""
    name = f"upheld_{secrets.token_hex(6)}"
    letters = "ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'"
    postgres_server.run(f"CREATE DATABASE {name} TEMPLATE template0 {letters}")
    try:
        yield postgres_server.within(name)
    finally:
        postgres_server.run(f"DROP DATABASE {name} WITH (FORCE)")


def note(home: SqlHome, request: str = "R-1") -> None:
    with home.writing() as writing:
        writing.append("noted", {"request": request})


def asked(url: str, query: str) -> list[tuple[object, ...]]:
    """Return what an administrator sees."""
    engine = sa.create_engine(url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        found = connection.exec_driver_sql(query)
        return [tuple(row) for row in found] if found.returns_rows else []


def cut(url: str, where: str) -> None:
    """Cut connections, as a network would."""
    assert asked(url, f"{LET_GO} AND pid <> pg_backend_pid() AND {where}")


def also(url: str, option: str) -> str:
    """Return an address with a setting of the server."""
    return f"{url}?options=-c{option.replace('=', '%3D')}"


def assert_whole(home: SqlHome) -> None:
    """Expect the head to be over these entries, and the views to be what they say."""
    assert notes.read(home.checkpoint(), home.verifier).size == home.size()
    assert len(list(home.entries())) == home.size()
    assert home.audit_views() == ()


class TestMaking:
    """A home is made whole or not at all, and once."""

    def test_of_two_who_make_it_at_once_one_is_refused(self, postgres_url: str) -> None:
        def make(_: int) -> str:
            try:
                SqlHome.create(postgres_url, KEYS, origin=ORIGIN, clock=Hand()).close()
            except HomeFailed as refused:
                return str(refused)
            return "made"

        with ThreadPoolExecutor(2) as pool:
            made, refused = sorted(pool.map(make, range(2)), key=len)
        assert made == "made"
        assert refused.endswith("already; open it instead")

    def test_a_home_that_could_not_be_finished_is_not_there(self, postgres_url: str) -> None:
        def clock() -> datetime:
            raise OnPurposeError

        with pytest.raises(OnPurposeError):
            SqlHome.create(postgres_url, KEYS, origin=ORIGIN, clock=clock)
        assert not SqlHome.is_there(postgres_url)
        SqlHome.create(postgres_url, KEYS, origin=ORIGIN, clock=Hand()).close()
        assert SqlHome.is_there(postgres_url)

    def test_an_empty_database_is_not_taken_for_a_home(
        self, postgres_url: str, clock: Hand
    ) -> None:
        with pytest.raises(HomeFailed, match="home is empty"):
            SqlHome.open(postgres_url, KEYS, origin=ORIGIN, clock=clock)
        assert not SqlHome.is_there(postgres_url)

    def test_a_database_with_other_tables_is_no_home_and_none_is_made_in_it(
        self, postgres_url: str, clock: Hand
    ) -> None:
        asked(postgres_url, "CREATE TABLE entry (n INTEGER)")
        assert SqlHome.is_there(postgres_url)
        with pytest.raises(HomeFailed, match="no table `alias`"):
            SqlHome.open(postgres_url, KEYS, origin=ORIGIN, clock=clock)
        asked(postgres_url, "ALTER TABLE entry RENAME TO orders")
        with pytest.raises(HomeFailed, match="holds other tables, and no home"):
            SqlHome.open(postgres_url, KEYS, origin=ORIGIN, clock=clock)
        with pytest.raises(HomeFailed, match="already"):
            SqlHome.create(postgres_url, KEYS, origin=ORIGIN, clock=clock)

    def test_a_schema_of_its_own_is_a_home_beside_others(
        self, door: UrlDoor, home: SqlHome, clock: Hand
    ) -> None:
        asked(door.url, "CREATE SCHEMA apart")
        with closing(UrlDoor(also(door.url, "search_path=apart"))) as other:
            apart = other(clock, [])
            assert apart.size() == 1
            with home.holding("R-1"), apart.holding("R-1"):
                note(apart)
                note(home)
            assert (apart.size(), home.size()) == (2, 3)

    def test_a_server_that_keeps_other_letters_keeps_any_text(
        self, latin: str, clock: Hand
    ) -> None:
        with closing(UrlDoor(latin)) as door:
            home = door(clock, [Tally()])
            for value in HOSTILE:
                note(home, value)
            assert [key for key, _ in home.states("tally")] == sorted(HOSTILE)
            assert_whole(home)


class TestLosing:
    """A connection, a process or the server goes, at any moment."""

    def test_a_connection_lost_in_a_transaction_undoes_it(
        self, door: UrlDoor, home: SqlHome
    ) -> None:
        before = home.checkpoint()
        with pytest.raises(HomeFailed, match=r"server was lost.*whole or not at all: look, then"):
            self.note_and(home, lambda: cut(door.url, "true"))
        assert home.checkpoint() == before
        note(home)
        assert_whole(home)

    def note_and(self, home: SqlHome, lose: Callable[[], None]) -> None:
        with home.writing() as writing:
            for n in range(3000):
                writing.append("noted", {"request": f"R-{n}"})
            writing.keep(b"a document")
            lose()

    def test_a_connection_lost_meanwhile_is_not_noticed(self, door: UrlDoor, home: SqlHome) -> None:
        cut(door.url, "true")
        assert home.size() == 2
        cut(door.url, "true")
        note(home)
        assert home.size() == 3

    def test_a_process_killed_while_it_writes_leaves_nothing_behind(
        self, door: UrlDoor, home: SqlHome
    ) -> None:
        before = home.checkpoint()
        program = f"""
import os, signal
from tests.evidence.door import UrlDoor
from upheld.conformance.door import Hand, Tally
home = UrlDoor({door.url!r})(Hand(), [Tally()])
with home.writing() as writing:
    for n in range(2500):
        writing.append("noted", {{"request": f"R-{{n}}"}})
    os.kill(os.getpid(), signal.SIGKILL)
"""
        ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False)
        assert ended.returncode == -9
        assert home.checkpoint() == before
        note(home)
        assert_whole(home)

    def test_a_server_that_dies_in_a_transaction_keeps_what_was_done_before(
        self, clock: Hand
    ) -> None:
        with private_postgres() as server, closing(UrlDoor(server.url)) as door:
            home = door(clock, [Tally()])
            note(home)
            before = home.checkpoint()
            with pytest.raises(HomeFailed, match="server was lost"):
                self.note_and(home, lambda: server.stop(immediate=True))
            with pytest.raises(HomeFailed, match="server cannot be reached; check that it runs"):
                home.size()
            server.start()
            assert home.checkpoint() == before
            note(home)
            assert home.size() == 3
            assert_whole(home)

    @pytest.mark.parametrize(
        ("name", "given", "used"),
        [
            ("synchronous_commit", "off", "on"),
            ("synchronous_commit", "remote_apply", "remote_apply"),
            ("idle_in_transaction_session_timeout", "0", "1min"),
            ("idle_session_timeout", "1000", "0"),
            ("tcp_keepalives_idle", "0", "30"),
        ],
    )
    def test_a_server_that_was_set_otherwise_is_durable_and_frees_the_locks_of_the_dead(
        self, door: UrlDoor, clock: Hand, name: str, given: str, used: str
    ) -> None:
        with (
            closing(UrlDoor(also(door.url, f"{name}={given}"))) as other,
            other(clock, [Tally()]).writing() as writing,
        ):
            assert writing.connection.exec_driver_sql(f"SHOW {name}").scalar() == used

    def test_many_requests_are_held_at_once(self, home: SqlHome) -> None:
        with ExitStack() as stack:
            for n in range(20):
                stack.enter_context(home.holding(f"R-{n}"))
            note(home)

    def test_a_lost_hold_lets_its_holder_write_nothing_more(
        self, door: UrlDoor, home: SqlHome, clock: Hand
    ) -> None:
        other = door(clock, [Tally()])
        with home.holding("R-2"), home.holding("R-1"):
            note(home)
            cut(door.url, "query LIKE '%%pg_try_advisory_lock%%'")
            before = home.checkpoint()
            with pytest.raises(HomeFailed, match=r"held a request was lost.*nothing was app"):
                note(home)
            assert home.checkpoint() == before
            with other.holding("R-1"):
                note(other)
            with ThreadPoolExecutor(1) as pool:
                pool.submit(note, home).result()
        note(home)
        assert home.size() == 6


class TestRefusing:
    """What cannot be done is told in words that say what to do, and quote nothing."""

    def test_a_home_that_another_writes_to_is_waited_for_then_refused(
        self, door: UrlDoor, home: SqlHome, clock: Hand
    ) -> None:
        with closing(UrlDoor(f"{door.url}?timeout=0.05")) as hasty:
            other = hasty(clock, [Tally()])
            with home.writing() as writing:
                writing.append("noted", {"request": "R-1"})
                with pytest.raises(HomeFailed, match="locked by another process; wait"):
                    note(other)
                assert other.size() == 2, "reading waits for nobody"
            with other.writing() as writing:
                waits = writing.connection.exec_driver_sql("SHOW lock_timeout").scalar()
            assert waits == "50ms"

    @pytest.mark.parametrize(
        ("option", "words"),
        [
            ("role=pg_read_all_data", "role may not do this; let it own"),
            ("statement_timeout=1", "cancelled this; raise its `statement_timeout`"),
        ],
    )
    def test_a_role_that_may_do_too_little_says_what_to_change(
        self, door: UrlDoor, home: SqlHome, clock: Hand, option: str, words: str
    ) -> None:
        with (
            closing(UrlDoor(also(door.url, option))) as reader,
            pytest.raises(HomeFailed, match=words),
        ):
            self.write_a_lot(reader(clock, [Tally()]))
        assert_whole(home)

    def test_a_server_that_is_only_read_from_is_told(self, door: UrlDoor) -> None:
        database = reached(door.url, make=False)
        with (
            pytest.raises(HomeFailed, match="read-only; give the address of a server"),
            told(database),
            database.reads.connect() as connection,
        ):
            connection.exec_driver_sql("CREATE TABLE another (n INTEGER)")
        database.reads.dispose()

    def write_a_lot(self, home: SqlHome) -> None:
        with home.writing() as writing:
            for n in range(20_000):
                writing.append("noted", {"request": f"R-{n}"})

    def test_what_is_larger_than_the_server_can_hold_is_refused(self, home: SqlHome) -> None:
        long = random.Random(1).randbytes(9000).hex()  # noqa: S311 (a word no packing makes small)
        with pytest.raises(HomeFailed, match="larger than home can hold"):
            note(home, long)
        assert_whole(home)

    def test_a_text_that_was_damaged_is_told_without_its_words(
        self, door: UrlDoor, home: SqlHome
    ) -> None:
        asked(door.url, r"UPDATE view SET state = state || 'secret\377'::bytea")
        with pytest.raises(HomeFailed, match="home is damaged; restore") as failed:
            home.state("tally", "R-1")
        assert "secret" not in shown(failed.value)

    def test_a_failure_of_the_server_quotes_no_value(self, door: UrlDoor, home: SqlHome) -> None:
        asked(door.url, "ALTER TABLE document ADD CHECK (length(bytes) < 5)")
        with (
            pytest.raises(HomeFailed, match=r"23514.*its server") as failed,
            home.writing() as writing,
        ):
            writing.keep(CANARY.encode())
        assert CANARY.encode().hex() not in shown(failed.value)
        assert CANARY not in shown(failed.value)

    @pytest.mark.parametrize(
        "url",
        [
            "postgresql://jo:hunter2@127.0.0.1:1/home",
            "postgresql://jo:hunter2@nowhere.invalid/home",
            "postgresql://jo:hunter2@127.0.0.1:1/home?unheard_of=1",
        ],
    )
    def test_a_server_that_is_not_there_is_told_without_the_password(self, url: str) -> None:
        with pytest.raises(HomeFailed, match="server cannot be reached; check") as failed:
            SqlHome.is_there(url)
        assert "hunter2" not in shown(failed.value)

    @pytest.mark.parametrize("url", ["postgresql://", "postgresql://h", "postgresql://h:hunter2/d"])
    def test_an_address_that_is_none_is_refused(self, url: str) -> None:
        with pytest.raises(BadInput, match="write it like `postgresql://ROLE@HOST/") as failed:
            SqlHome.is_there(url)
        assert "hunter2" not in shown(failed.value)

    @pytest.mark.parametrize("seconds", ["0", "-1", "0.0001", "nan", "soon"])
    def test_nobody_waits_for_ever_nor_for_less_than_nothing(
        self, postgres_url: str, seconds: str
    ) -> None:
        with pytest.raises(BadInput, match="a number of seconds"):
            SqlHome.is_there(f"{postgres_url}?timeout={seconds}")

    def test_a_schema_that_is_not_there_is_to_be_made(self, postgres_url: str, clock: Hand) -> None:
        url = f"{postgres_url}?options=-csearch_path%3Dnowhere"
        with pytest.raises(HomeFailed, match="make it with `CREATE SCHEMA`"):
            SqlHome.create(url, KEYS, origin=ORIGIN, clock=clock)

    def test_a_driver_that_is_not_installed_is_asked_for(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "psycopg", None)
        with pytest.raises(BadInput, match=r"run `pip install 'upheld\[postgres\]'`"):
            reached("postgresql://127.0.0.1/home", make=False)


class TestReadingAndErasing:
    """What one sees at one moment, and what is left of what was erased."""

    def test_who_reads_sees_one_moment(self, door: UrlDoor, home: SqlHome) -> None:
        size = sa.text("SELECT size FROM head")
        database = reached(door.url, make=False)
        with database.reads.connect() as connection:
            before = connection.scalar(size)
            note(home)
            assert connection.scalar(size) == before
        database.reads.dispose()

    def test_an_address_may_say_what_the_driver_knows(self, door: UrlDoor) -> None:
        for url, name in ((door.url, "upheld"), (f"{door.url}?application_name=desk", "desk")):
            database = reached(url, make=False)
            with database.reads.connect() as connection:
                assert connection.exec_driver_sql("SHOW application_name").scalar() == name
            database.reads.dispose()

    def test_a_destroyed_key_is_not_in_its_table_any_more(
        self, door: UrlDoor, home: SqlHome
    ) -> None:
        with home.writing() as writing:
            writing.seal("R-2", "who", b"bystander")
            writing.seal("R-1", "who", CANARY.encode())
        [(key,)] = asked(
            door.url, "SELECT encode(wrapped, 'hex') FROM vault_key WHERE request = 'R-1'::bytea"
        )
        assert is_on_disk(door.url, str(key))
        with home.writing() as writing:
            writing.destroy("R-1")
        assert not is_on_disk(door.url, str(key))
        assert home.unseal("R-2", "who") == b"bystander"

    def test_somebody_who_reads_the_keys_for_long_does_not_stop_an_erasure(
        self, door: UrlDoor, home: SqlHome, clock: Hand
    ) -> None:
        with home.writing() as writing:
            writing.seal("R-1", "who", CANARY.encode())
        with closing(UrlDoor(f"{door.url}?timeout=0.05")) as hasty:
            other = hasty(clock, [Tally()])
            with reached(door.url, make=False).reads.connect() as reader:
                reader.exec_driver_sql("SELECT * FROM vault_key")
                with other.writing() as writing:
                    writing.destroy("R-1")
                reader.detach()
        assert home.unseal("R-1", "who") is None


def is_on_disk(url: str, hexadecimal: str) -> bool:
    """Say whether bytes are in the file of the keys, once the server has written it."""
    asked(url, "CHECKPOINT")
    [(there,)] = asked(
        url,
        f"SELECT position('\\x{hexadecimal}'::bytea in "
        "pg_read_binary_file(pg_relation_filepath('vault_key'))) > 0",
    )
    return bool(there)


def shown(failed: BaseException) -> str:
    """Return all that a traceback would show of an error."""
    said = f"{failed} {failed!r}"
    below = failed.__cause__ or (None if failed.__suppress_context__ else failed.__context__)
    return said + (shown(below) if below is not None else "")
