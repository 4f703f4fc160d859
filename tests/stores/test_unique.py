"""Unique indexes that mind less than whole values, or more: what they refuse is said before."""

from __future__ import annotations

import sqlalchemy as sa

from tests.stores.base import ADA, Base
from tests.stores.real import catalogue, made
from upheld.model import Declined

MAP = """\
collections:
  people:
    key: id
    person: yes
    erase: fields
    people: [{match: email, identity: email, is: about}]
    fields:
      id: none
      email: {category: contact, identity: email, erase: replace}
      phone: {category: contact, erase: blank}
      born: {category: demographic, erase: anonymise}
"""
TABLE = (
    "CREATE TABLE people (id INTEGER PRIMARY KEY, email VARCHAR(90) NOT NULL, phone VARCHAR(90), "
    "born VARCHAR(10))"
)
ROWS = (
    "INSERT INTO people VALUES (1, 'ada@example.com', '1', '1970-05-17'), "
    "(2, 'erased-other@example.com', NULL, '1970-01-01')"
)
INDEXES = {
    "postgresql": (
        "(lower(left(email, 7)))",
        "(email) WHERE false",
        "(phone) NULLS NOT DISTINCT",
        "(coalesce(phone, ''))",
        "((1)) WHERE phone IS NULL",
        "(born)",
    ),
    "mysql": ("(email(7))", "(born)"),
    "sqlite": ("(substr(eMail, 1, 7))", "((1)) WHERE [phone] IS NULL", "(born)"),
}
NEVER = "(email) WHERE false"


def indexes(url: str) -> tuple[str, ...]:
    kind = sa.make_url(url).get_backend_name()
    return INDEXES["mysql" if kind == "mariadb" else kind]


def test_what_a_unique_index_would_refuse_is_refused_before_anybody_signs(
    database_url: str,
) -> None:
    made(database_url, TABLE, ROWS)
    base = Base(database_url, MAP)
    for on in indexes(database_url):
        made(database_url, f"CREATE UNIQUE INDEX once_only ON people {on}")
        before, step = base.rows("SELECT * FROM people ORDER BY id"), base.step(email=ADA)
        preview = base.store.preview(step)
        assert preview.notes[0].startswith("`shop` rehearsed"), on
        if on != NEVER:
            [words] = preview.refusals
            assert "UNIQUE" in words
            assert "erased-" not in words
            said = base.store.act(step)
            assert isinstance(said, Declined)
            assert said.why == words
        else:
            assert preview.refusals == ()
        assert base.rows("SELECT * FROM people ORDER BY id") == before
        owner = "" if base.store.engine.dialect.name in {"sqlite", "postgresql"} else " ON people"
        made(database_url, f"DROP INDEX once_only{owner}")


def test_what_a_computed_column_would_refuse_is_refused_before(database_url: str) -> None:
    start = "substr(email, 1, 7)"
    column = f"start VARCHAR(7) GENERATED ALWAYS AS ({start}) STORED"
    made(
        database_url,
        f"{TABLE[:-1]}, {column}, UNIQUE (start))",
        ROWS.replace("people VALUES", "people (id, email, phone, born) VALUES"),
    )
    base = Base(database_url, MAP)
    [words] = base.store.preview(base.step(email=ADA)).refusals
    assert "UNIQUE" in words


def test_a_unique_index_over_whole_values_takes_no_rehearsal(database_url: str) -> None:
    counted = {"postgresql": "GENERATED ALWAYS AS IDENTITY", "mysql": "AUTO_INCREMENT"}
    kind = sa.make_url(database_url).get_backend_name().replace("mariadb", "mysql")
    made(
        database_url,
        TABLE.replace("PRIMARY KEY", f"{counted.get(kind, '')} PRIMARY KEY"),
        "CREATE UNIQUE INDEX both_of ON people (email, phone)",
        "INSERT INTO people (email, born) VALUES ('ada@example.com', '1970-05-17')",
    )
    base = Base(database_url, MAP)
    assert base.store.preview(base.step(email=ADA)).notes == ()


def test_a_table_is_another_after_its_index_became_one_over_a_part(database_url: str) -> None:
    made(database_url, TABLE)
    before = catalogue(database_url).digest
    made(database_url, f"CREATE UNIQUE INDEX once_only ON people {indexes(database_url)[0]}")
    assert catalogue(database_url).digest != before
