"""An erasure puts few statements to home: each costs more than what SQLite does for it."""

from __future__ import annotations

import sqlalchemy as sa

from tests.journeys.town import Town
from upheld.model import Right, State

_BOUND = 122
"""Of two stores, and the first to be planned: it takes 117, and five may come."""


def test_an_erasure_puts_few_statements_to_home(town: Town) -> None:
    seen: list[str] = []

    def watch(connection: sa.Connection, _: object, statement: str, *__: object) -> None:
        found = connection.connection.driver_connection
        assert found is not None
        (_number, _name, file) = found.execute("PRAGMA database_list").fetchone()
        if str(file).endswith("home.sqlite"):
            seen.append(statement)

    with town.open() as upheld:
        sa.event.listen(sa.Engine, "before_cursor_execute", watch)
        try:
            id = upheld.open_request(Right.ERASE, ["email=ada@example.com"]).id
            upheld.plan(id)
            upheld.sign(id, town.key)
            assert upheld.apply(id).state is State.CLOSED
        finally:
            sa.event.remove(sa.Engine, "before_cursor_execute", watch)
    assert 0 < len(seen) <= _BOUND, f"{len(seen)} statements"
