"""PostgreSQL keeps ready what it is asked often; a session that is passed on loses it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.stores.base import ADA, Base
from upheld.errors import StoreBusy
from upheld.model import Closure

if TYPE_CHECKING:
    import psycopg

    from upheld.stores.sql import SqlStore

_MAP = """
collections:
  people:
    key: id
    person: yes
    people:
      - {match: email, identity: email, is: about}
    fields:
      id: none
      email: {category: contact, identity: email}
"""
_GIVEN = {"email": frozenset({ADA})}
_OFTEN = 8


@pytest.fixture
def base(postgres_url: str) -> Base:
    made = Base(postgres_url, _MAP)
    made.run(
        "CREATE TABLE people (id integer PRIMARY KEY, email text UNIQUE)",
        f"INSERT INTO people VALUES (1, '{ADA}'), (2, 'bob@example.com')",
    )
    return made


def test_what_is_asked_often_is_kept_ready(base: Base) -> None:
    store = base.store
    for _ in range(_OFTEN):
        assert _found(store) == 1
    assert any("people" in each for each in _ready(store))


def test_a_session_that_lost_what_was_kept_ready_is_left_and_nothing_is_kept_again(
    base: Base,
) -> None:
    store = base.store
    for _ in range(_OFTEN):
        _found(store)
    with store.engine.connect() as connection:
        _driver(connection.connection.driver_connection).pgconn.exec_(b"DEALLOCATE ALL")
    for _ in range(_OFTEN):
        assert _found(store) == 1
    assert _ready(store) == []


def test_a_column_of_another_type_makes_it_ready_anew(base: Base) -> None:
    store = base.store
    for _ in range(_OFTEN):
        _found(store)
    base.run("ALTER TABLE people ALTER COLUMN id TYPE bigint")
    with pytest.raises(StoreBusy, match="try again"):
        _found(store)
    for _ in range(_OFTEN):
        assert _found(store) == 1
    assert any("people" in each for each in _ready(store))


def _found(store: SqlStore) -> int:
    return sum(store.find(Closure(_GIVEN, _GIVEN)).rows.values())


def _ready(store: SqlStore) -> list[str]:
    """Return what the session that is used next has prepared."""
    with store.engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT statement FROM pg_prepared_statements")
        return [str(each) for each in found.scalars()]


def _driver(connection: object) -> psycopg.Connection[object]:
    assert connection is not None
    return connection  # type: ignore[return-value]
