"""Who is told from what an erasure put in their place: by all of it, not by its first letters."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.stores.base import ADA, Base
from tests.stores.real import made
from upheld.errors import Refused
from upheld.stores.sql.columns import filled

MAP = """\
collections:
  people:
    key: id
    person: yes
    people: [{match: email, identity: email, is: about}]
    fields:
      id: none
      email: {category: contact, identity: email}
      phone: {category: contact, identity: phone}
  calls:
    key: id
    people: [{match: phone, identity: phone, is: about}]
    fields:
      id: none
      phone: {category: contact, identity: phone}
      email: {category: contact, identity: email}
"""
HEX = "0123456789abcdef0123456789abcdef"
NOBODY = (
    f"erased-{HEX}",
    f"erased-{HEX[:24]}@erased.invalid",
    "erased-",
    "erased-0a",
    "erased-0123456789abcdef01",
)
SOMEBODY = (
    "erased-tapes@example.com",
    f"erased-{HEX[:24]}@example.com",
    f"erased-{HEX[:24]}@erasedxinvalid",
    f"erased-{HEX[:23]}@erased.invalid",
    f"erased-{HEX}0",
    "erased-tapes",
    "Erased-0a",
    "erased-0A",
    f"erased-{HEX[:24]}@erased.invalid.example",
)


def test_a_replacement_is_told_by_its_whole_shape(database_url: str) -> None:
    made(
        database_url,
        "CREATE TABLE t (a VARCHAR(60))",
        *(f"INSERT INTO t VALUES ('{each}')" for each in (*NOBODY, *SOMEBODY)),
    )
    table = sa.table("t", sa.column("a"))
    store = Base(database_url, MAP).store
    with store.engine.connect() as connection:
        found = connection.execute(sa.select(table.c.a).where(filled(table.c.a, "account:shop")))
        assert sorted(found.scalars()) == sorted(SOMEBODY)
    store.close()


@pytest.mark.parametrize("email", ["erased-tapes@example.com", f"erased-{HEX[:24]}@example.com"])
def test_who_is_called_like_a_replacement_loses_nothing(database_url: str, email: str) -> None:
    made(
        database_url,
        "CREATE TABLE people (id INTEGER PRIMARY KEY, email VARCHAR(90), phone VARCHAR(30))",
        "INSERT INTO people VALUES (1, 'ada@example.com', '+44 7000 1234')",
        "CREATE TABLE calls (id INTEGER PRIMARY KEY, phone VARCHAR(30), email VARCHAR(90))",
        f"INSERT INTO calls VALUES (1, '+44 7000 1234', '{email}')",
    )
    base = Base(database_url, MAP)
    with pytest.raises(Refused, match="bear another's identity"):
        base.step(email=ADA)


@pytest.mark.parametrize("email", ["erased-tapes@example.com", "erased-tapes@erased.invalid"])
def test_who_is_called_like_a_replacement_is_found_by_it(database_url: str, email: str) -> None:
    made(
        database_url,
        "CREATE TABLE people (id INTEGER PRIMARY KEY, email VARCHAR(90), phone VARCHAR(30))",
        f"INSERT INTO people VALUES (1, '{email}', '+44 7000 1234')",
        "CREATE TABLE calls (id INTEGER PRIMARY KEY, phone VARCHAR(30), email VARCHAR(90))",
        "INSERT INTO calls VALUES (1, '+44 7000 1234', NULL)",
    )
    Base(database_url, MAP).erase(email=email)
