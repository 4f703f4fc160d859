"""What is in force on the connections of a store."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import sqlalchemy as sa

from tests.races.village import DELETE, shop
from upheld.stores.sql.databases.limits import IDLE_SECONDS, LOCK_SECONDS, STATEMENT_SECONDS

if TYPE_CHECKING:
    from tests.races.village import Village

_ASK = {
    True: "SELECT current_setting('transaction_isolation'), current_setting('lock_timeout'), "
    "current_setting('statement_timeout'), "
    "current_setting('idle_in_transaction_session_timeout'), current_setting('row_security')",
    False: "SELECT @@innodb_lock_wait_timeout, @@lock_wait_timeout, @@max_statement_time, "
    "@@idle_transaction_timeout",
}
_IN_FORCE: dict[bool, tuple[object, ...]] = {
    True: ("read committed", f"{LOCK_SECONDS}s", "5min", "1min", "off"),
    False: (LOCK_SECONDS, LOCK_SECONDS, float(STATEMENT_SECONDS), IDLE_SECONDS),
}


def test_the_limits_are_in_force_while_rows_are_erased(village: Village) -> None:
    """Asked on the very connection, in the midst of its transaction."""
    seen: list[tuple[object, ...]] = []
    with village.town.open() as upheld:
        id = village.signed(upheld)

        @sa.event.listens_for(shop(upheld).engine, "after_cursor_execute")
        def ask(connection: sa.Connection, *said: object) -> None:
            if re.search(DELETE["orders"], str(said[1])):
                asked = connection.exec_driver_sql(_ASK[village.is_postgres])
                seen.append(tuple(asked.one()))

        upheld.apply(id)
    assert seen == [_IN_FORCE[village.is_postgres]]


def test_whoever_erases_sees_what_others_commit_meanwhile(village: Village) -> None:
    """READ COMMITTED, asked of what it means: MariaDB does not say it of the one transaction."""
    seen: list[object] = []
    with village.town.open() as upheld:
        id = village.signed(upheld)

        @sa.event.listens_for(shop(upheld).engine, "after_cursor_execute")
        def ask(connection: sa.Connection, *said: object) -> None:
            if re.search(DELETE["orders"], str(said[1])):
                count = sa.text("SELECT count(*) FROM letters WHERE recipient = 'new@example.com'")
                seen.append(connection.execute(count).scalar_one())
                village.write("INSERT INTO letters VALUES (4000, 'new@example.com', 'new')")
                seen.append(connection.execute(count).scalar_one())

        upheld.apply(id)
    assert seen == [0, 1]
