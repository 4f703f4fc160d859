"""Tables and rows that others have locked, and how long they wait for us."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.races.village import CHANGE, DELETE, Pauses, Session, Village, before, intents
from upheld.errors import StoreBusy
from upheld.model import State
from upheld.stores.sql.databases.limits import LOCK_SECONDS

if TYPE_CHECKING:
    from concurrent.futures import Future

_HELD = {
    True: "SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid "
    "WHERE a.application_name = 'upheld' AND l.pid <> pg_backend_pid() "
    "AND a.datname = current_database() AND l.granted",
    False: "SELECT count(*) FROM information_schema.INNODB_TRX t "
    "JOIN information_schema.PROCESSLIST p ON p.id = t.trx_mysql_thread_id "
    "WHERE p.db = DATABASE() AND p.id NOT IN (CONNECTION_ID(), {other})",
}
_TO_WRITE, _TO_ALL = "to whoever writes", "to all"
_LOCKS = {
    _TO_WRITE: {True: "LOCK TABLE orders IN SHARE MODE", False: "LOCK TABLES orders READ"},
    _TO_ALL: {
        True: "LOCK TABLE orders IN ACCESS EXCLUSIVE MODE",
        False: "LOCK TABLES orders WRITE",
    },
}
"""Where it is closed to all, even what is asked before the first attempt has to wait."""
_closed = pytest.mark.parametrize("closed", list(_LOCKS))
_UNLOCK = {True: "ROLLBACK", False: "UNLOCK TABLES"}
_WAITS_AT_MOST = {
    True: f"SET lock_timeout = '{LOCK_SECONDS + 1}s'",
    False: f"SET SESSION innodb_lock_wait_timeout = {LOCK_SECONDS + 1}, "
    f"lock_wait_timeout = {LOCK_SECONDS + 1}",
}


def held(village: Village, other: Session) -> int:
    """Count what Upheld holds in the shop now, as the server says."""
    with village.engine.connect() as connection:
        asked = _HELD[village.is_postgres].format(other=other.number)
        return int(connection.exec_driver_sql(asked).scalar_one())


def test_a_locked_table_is_tried_again_and_nothing_is_held_in_between(
    village: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    with village.town.open() as upheld, village.session() as other:
        id = village.signed(upheld)
        other.say(_LOCKS[_TO_WRITE][village.is_postgres])
        seen: list[int] = []

        def look(number: int) -> None:
            seen.append(held(village, other))
            if number == 2:
                other.say(_UNLOCK[village.is_postgres])

        pauses = Pauses(monkeypatch, look)
        request = upheld.apply(id)
        assert pauses.number == 2
        assert seen == [0, 0]
        assert intents(upheld, id) == 3
    village.require_erased(request)


@_closed
def test_a_table_locked_to_the_end_stops_with_nothing_done(
    village: Village, monkeypatch: pytest.MonkeyPatch, closed: str
) -> None:
    monkeypatch.setattr("upheld.acts.answer.patience.WAITS", (0.0,))
    with village.town.open() as upheld, village.session() as other:
        id = village.signed(upheld)
        there = village.everything()
        other.say(_LOCKS[closed][village.is_postgres])
        with pytest.raises(StoreBusy, match="`shop` is locked by another writer"):
            upheld.apply(id)
        assert intents(upheld, id) == (2 if closed == _TO_WRITE else 0)
        assert held(village, other) == 0
        other.say(_UNLOCK[village.is_postgres])
        village.require_untouched(there)
        request = upheld.apply(id)
    village.require_erased(request)


@pytest.mark.slow
def test_a_table_locked_for_a_minute_is_not_waited_out(village: Village) -> None:
    """Real time passes here, since it is what the test is about."""
    with village.town.open() as upheld, village.session() as other:
        id = village.signed(upheld)
        other.say(_LOCKS[_TO_WRITE][village.is_postgres])
        began = time.monotonic()

        def release() -> None:
            time.sleep(60)
            other.say(_UNLOCK[village.is_postgres])

        waiting = village.in_thread(release)
        request = upheld.apply(id)
        waiting.result()
        assert time.monotonic() - began >= 60
        assert intents(upheld, id) >= 5
    village.require_erased(request)


def test_a_writer_waits_for_us_no_longer_than_we_wait_for_another(
    village: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ada's row is ours while we wait for an order that somebody else holds."""
    kind = village.is_postgres
    with (
        village.town.open() as upheld,
        village.session() as holder,
        village.session() as writer,
    ):
        id = village.signed(upheld)
        writer.say(_WAITS_AT_MOST[kind])
        writer.commit()
        holder.say("UPDATE orders SET note = 'Lovelace-Canary' WHERE id = 10")

        def write() -> None:
            writer.say("UPDATE customers SET street = '3 Canary Street' WHERE id = 1")
            writer.commit()

        def release(_: int) -> None:
            writing[0].result()
            holder.commit()

        writing: list[Future[None]] = []
        before(upheld, DELETE["orders"], lambda: writing.append(village.tried(writer, write)))
        Pauses(monkeypatch, release)
        request = upheld.apply(id)
        assert intents(upheld, id) == 2
    village.require_erased(request)


def test_a_bystander_is_never_waited_for_and_never_waits(village: Village) -> None:
    """Bob's rows may be written while Ada's are locked, in the very tables they go from."""
    write = (
        "UPDATE orders SET note = 'for Bob' WHERE id = 20",
        "UPDATE customers SET street = '2 Other Street' WHERE id = 2",
        "INSERT INTO orders VALUES (21, 2, NULL, 'for Bob')",
        "DELETE FROM orders WHERE id = 21",
    )
    with village.town.open() as upheld, village.session() as bob:
        id = village.signed(upheld)
        bob.say(_WAITS_AT_MOST[village.is_postgres])
        bob.commit()

        def live() -> None:
            bob.say(*write)
            bob.commit()

        came = before(upheld, CHANGE, live)
        request = upheld.apply(id)
        assert came
        assert intents(upheld, id) == 1
    village.require_erased(request)


@pytest.mark.parametrize("victim", ["they", "we"])
def test_of_a_deadlock_one_is_undone_and_the_request_comes_to_its_end(
    village: Village, victim: str
) -> None:
    with village.town.open() as upheld, village.session() as other:
        id = village.signed(upheld)
        _weigh(other, village, heavy=victim == "we")
        other.say("UPDATE orders SET note = 'Lovelace-Canary' WHERE id = 10")

        def cross() -> None:
            try:
                other.say("UPDATE customers SET street = '3 Canary Street' WHERE id = 1")
                other.commit()
                outcomes.append("went through")
            except Exception:  # noqa: BLE001 (each driver has its own)
                other.rollback()
                outcomes.append("was undone")

        outcomes: list[str] = []
        crossing: list[Future[None]] = []
        before(upheld, DELETE["orders"], lambda: crossing.append(village.tried(other, cross)))
        request = upheld.apply(id)
        crossing[0].result()
        assert outcomes == ["went through" if victim == "we" else "was undone"]
        assert (intents(upheld, id) > 1) == (victim == "we")
        assert request.state is State.CLOSED
    village.write("DELETE FROM letters WHERE id >= 5000")
    village.require_erased(request)


def _weigh(other: Session, village: Village, *, heavy: bool) -> None:
    """Make the other session the one that the server spares, or undoes.

    PostgreSQL undoes whoever finds out first; InnoDB whoever has done less.
    """
    if village.is_postgres:
        other.say(f"SET deadlock_timeout = '{'20s' if heavy else '100ms'}'")
        return
    for number in range(5000, 5050) if heavy else ():
        other.say(f"INSERT INTO letters VALUES ({number}, 'bob@example.com', 'weight')")
