"""Servers that copy one another: who of them writes, and that nothing is erased in a copy."""

from __future__ import annotations

from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

import psycopg
import pytest
import sqlalchemy as sa

from tests import servers
from tests.conftest import asked
from tests.races.village import await_true
from tests.stores.base import ADA, Base, made
from upheld.model import Dialect

if TYPE_CHECKING:
    from collections.abc import Iterator

_PEOPLE = ("n integer", "n: none", "1", "2")
_HELD = "SELECT count(*) = 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


@pytest.fixture
def server() -> Iterator[servers.Private]:
    """Give a PostgreSQL of our own that tells others what is written to it."""
    with ExitStack() as stack:
        logical = servers.private_postgres(wal_level="logical")
        given = asked(Dialect.POSTGRESQL, lambda: stack.enter_context(logical))
        assert isinstance(given, servers.Private)
        yield given


def test_a_standby_can_be_read_and_is_refused_before_anything_is_signed(
    server: servers.Private,
) -> None:
    server.run("CREATE DATABASE shop")
    base = made(server.within("shop"), *_PEOPLE)
    server.stop()
    (server.home.place / "data" / "standby.signal").touch()
    server.start()
    step = base.step(email=ADA)
    assert len(list(base.shown(email=ADA))) == 1
    assert base.store.preview(step).refusals == (
        "store `shop` is a standby, in which nothing can be erased; let its url name the primary",
    )


def test_whoever_came_as_a_replica_and_writes_is_waited_for(postgres_url: str) -> None:
    base = made(postgres_url, *_PEOPLE)
    with closing(_connected(postgres_url, replication="database")) as other:
        other.pgconn.exec_(b"BEGIN")
        other.pgconn.exec_(b"UPDATE people SET n = 3 WHERE n = 2")
        assert _waited_for(base)
        other.pgconn.exec_(b"COMMIT")
    assert not _waited_for(base)


def test_what_is_being_applied_of_another_database_is_waited_for(server: servers.Private) -> None:
    """The one that applies is held in the midst of its transaction by a lock of ours."""
    server.run("CREATE DATABASE there", "CREATE DATABASE shop")
    there, shop = server.within("there"), server.within("shop")
    base = made(shop, *_PEOPLE)
    server.run("CREATE TABLE late (id integer PRIMARY KEY)", url=there)
    server.run("CREATE PUBLICATION p FOR ALL TABLES", url=there)
    server.run("SELECT pg_create_logical_replication_slot('s', 'pgoutput')", url=there)
    server.run(
        "CREATE TABLE late (id integer PRIMARY KEY)",
        "CREATE FUNCTION held() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN PERFORM pg_advisory_xact_lock(7); RETURN NEW; END $$",
        "CREATE TRIGGER t BEFORE INSERT ON late FOR EACH ROW EXECUTE FUNCTION held()",
        "ALTER TABLE late ENABLE ALWAYS TRIGGER t",
        f"CREATE SUBSCRIPTION s CONNECTION 'host=127.0.0.1 port={server.port} user=postgres "
        "dbname=there' PUBLICATION p WITH (create_slot = false, copy_data = false)",
        url=shop,
    )
    with closing(_connected(shop)) as own:
        own.execute("SELECT pg_advisory_lock(7)")
        server.run("INSERT INTO late VALUES (1)", url=there)
        await_true(lambda: _says(own, _HELD))
        assert _waited_for(base)
        own.execute("SELECT pg_advisory_unlock(7)")
        await_true(lambda: _says(own, "SELECT count(*) = 1 FROM late"))
    assert not _waited_for(base)


def _waited_for(base: Base) -> bool:
    """Say whether a look-back names somebody who may still bring rows."""
    return bool(base.store.look_back(base.step(email=ADA)).open)


def _says(connection: psycopg.Connection[tuple[object, ...]], question: str) -> bool:
    answer = connection.execute(question.encode()).fetchone()
    return answer == (True,)


def _connected(url: str, replication: str = "false") -> psycopg.Connection[tuple[object, ...]]:
    at = sa.make_url(url)
    return psycopg.connect(
        host=at.host,
        port=at.port or 5432,
        user=at.username,
        password=at.password,
        dbname=at.database,
        autocommit=True,
        replication=replication,
    )
