"""What a trigger deletes beside the plan is signed for by nobody, and so refused."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.stores.base import ADA, Base
from tests.stores.real import made
from upheld.model import Declined

MAP = """\
collections:
  people:
    key: id
    person: yes
    people: [{match: email, identity: email, is: about}]
    fields: {id: none, email: {category: contact, identity: email}}
  orders:
    key: id
    people: [{follow: person, to: people, is: about}]
    fields: {id: none, person: none}
  counters:
    key: id
    fields: {id: none}
"""
TABLES = (
    "CREATE TABLE people (id INTEGER PRIMARY KEY, email VARCHAR(90))",
    "INSERT INTO people VALUES (1, 'ada@example.com'), (2, 'bob@example.com')",
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, person INTEGER)",
    "INSERT INTO orders VALUES (1, 1), (2, 1), (3, 2), (4, 2), (5, 2)",
    "CREATE TABLE counters (id INTEGER PRIMARY KEY)",
    "INSERT INTO counters VALUES (1), (2)",
    "CREATE TABLE gate (id INTEGER PRIMARY KEY)",
)


def trigger(url: str, table: str, *does: str) -> None:
    """Make a trigger that does something after a row was deleted."""
    said = "".join(f"{each}; " for each in does)
    at = f"CREATE TRIGGER tidy AFTER DELETE ON {table} FOR EACH ROW"
    if sa.make_url(url).get_backend_name() == "postgresql":
        body = f"$$ BEGIN {said}RETURN NULL; END $$"
        made(url, f"CREATE FUNCTION tidy() RETURNS trigger LANGUAGE plpgsql AS {body}")
        made(url, f"{at} EXECUTE FUNCTION tidy()")
    else:
        made(url, f"{at} BEGIN {said}END")


def test_rows_of_others_that_a_trigger_would_delete_are_refused(database_url: str) -> None:
    made(database_url, *TABLES)
    trigger(database_url, "people", "DELETE FROM orders WHERE person = 2 AND id < 5")
    base = Base(database_url, MAP)
    step = base.step(email=ADA)
    words = "a trigger would delete 2 rows of `shop.orders` that are not in the plan"
    [refusal] = base.store.preview(step).refusals
    assert words in refusal
    said = base.store.act(step)
    assert isinstance(said, Declined)
    assert words in said.why
    assert len(base.rows("SELECT id FROM orders")) == 5
    assert len(base.rows("SELECT id FROM people")) == 2


def test_what_a_trigger_does_only_after_the_plan_is_refused_as_well(database_url: str) -> None:
    made(database_url, *TABLES)
    trigger(
        database_url,
        "people",
        "DELETE FROM orders WHERE person = 2 AND id IN (SELECT id FROM gate)",
    )
    base = Base(database_url, MAP)
    step = base.step(email=ADA)
    assert base.store.preview(step).refusals == ()
    made(database_url, "INSERT INTO gate VALUES (3)")
    said = base.store.act(step)
    assert isinstance(said, Declined)
    assert "would delete 1 rows of `shop.orders`" in said.why
    assert len(base.rows("SELECT id FROM people")) == 2


@pytest.mark.parametrize(
    "does",
    [
        "DELETE FROM orders WHERE person = OLD.id",
        "DELETE FROM counters",
        "DELETE FROM gate",
        "INSERT INTO gate VALUES (9)",
    ],
)
def test_a_trigger_that_deletes_what_goes_or_nobodys_rows_stops_nothing(
    database_url: str, does: str
) -> None:
    made(database_url, *TABLES, "INSERT INTO gate VALUES (7)")
    trigger(database_url, "people", does)
    Base(database_url, MAP).erase(email=ADA)


def test_rows_that_a_trigger_takes_before_their_turn_are_the_plans(database_url: str) -> None:
    made(database_url, *TABLES)
    made(database_url, "CREATE TABLE carts (id INTEGER PRIMARY KEY, person INTEGER)")
    made(database_url, "INSERT INTO carts VALUES (1, 1), (2, 2)")
    trigger(database_url, "carts", "DELETE FROM orders WHERE person = OLD.person")
    carts = "  carts:\n    key: id\n    people: [{follow: person, to: people, is: about}]\n"
    base = Base(database_url, f"{MAP}{carts}    fields: {{id: none, person: none}}\n")
    step = base.step(email=ADA)
    assert base.store.preview(step).refusals == ()
    assert not isinstance(base.store.act(step), Declined)
    assert len(base.rows("SELECT id FROM orders")) == 3


def test_rows_that_a_trigger_puts_back_have_not_gone(database_url: str) -> None:
    made(database_url, *TABLES)
    again = "INSERT INTO orders VALUES (3, 2), (4, 2), (5, 2)"
    trigger(database_url, "people", "DELETE FROM orders WHERE person = 2", again)
    Base(database_url, MAP).erase(email=ADA)


def test_a_table_that_a_trigger_would_empty_at_a_stroke_is_refused(postgres_url: str) -> None:
    """TRUNCATE deletes no row that anybody counts."""
    made(postgres_url, *TABLES)
    trigger(postgres_url, "people", "TRUNCATE orders")
    base = Base(postgres_url, MAP)
    step = base.step(email=ADA)
    words = "a trigger would delete all rows of `shop.orders` that are not in the plan"
    [refusal] = base.store.preview(step).refusals
    assert words in refusal
    said = base.store.act(step)
    assert isinstance(said, Declined)
    assert words in said.why
    assert len(base.rows("SELECT id FROM orders")) == 5


def test_a_table_that_leads_to_nobody_may_be_emptied(postgres_url: str) -> None:
    made(postgres_url, *TABLES)
    trigger(postgres_url, "people", "TRUNCATE counters, gate")
    Base(postgres_url, MAP).erase(email=ADA)


_BEARS = "came to bear the person's identity while this was done"


def test_a_row_that_a_trigger_makes_the_persons_stays_somebody_elses(database_url: str) -> None:
    """Before it is the turn of people it would go with the step."""
    _require_stays(database_url, "orders")


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_a_row_that_a_trigger_of_its_own_table_makes_the_persons_stays(database_url: str) -> None:
    """Afterwards it would go by a look-back; in MariaDB no trigger may change its own table."""
    _require_stays(database_url, "people")


def _require_stays(url: str, table: str) -> None:
    made(url, *TABLES)
    trigger(url, table, f"UPDATE people SET email = '{ADA}' WHERE id = 2")
    base = Base(url, MAP)
    step = base.step(email=ADA)
    [refusal] = base.store.preview(step).refusals
    assert _BEARS in refusal
    said = base.store.act(step)
    assert isinstance(said, Declined)
    assert _BEARS in said.why
    assert base.rows("SELECT id FROM people WHERE email = 'bob@example.com'") == [(2,)]


def test_rows_of_theirs_that_a_trigger_writes_elsewhere_are_erased_with_the_rest(
    database_url: str,
) -> None:
    made(database_url, *TABLES)
    made(database_url, "CREATE TABLE trail (id INTEGER PRIMARY KEY, email VARCHAR(90))")
    trigger(database_url, "orders", f"INSERT INTO trail VALUES (OLD.id, '{ADA}')")
    trail = "  trail:\n    key: id\n    people: [{match: email, identity: email, is: about}]\n"
    base = Base(database_url, f"{MAP.replace('fields: {id: none, person: none}', '')}{trail}")
    step = base.step(email=ADA)
    assert not isinstance(base.store.act(step), Declined)
    base.store.act(step)
    assert base.rows("SELECT id FROM trail") == []


def _put_back(url: str, column: str) -> None:
    """Make a trigger that puts the old value of a column back."""
    at = "CREATE TRIGGER back BEFORE UPDATE ON people FOR EACH ROW"
    match sa.make_url(url).get_backend_name():
        case "postgresql":
            body = f"$$ BEGIN NEW.{column} := OLD.{column}; RETURN NEW; END $$"
            made(url, f"CREATE FUNCTION back() RETURNS trigger LANGUAGE plpgsql AS {body}")
            made(url, f"{at} EXECUTE FUNCTION back()")
        case "mariadb":
            made(url, f"{at} SET NEW.{column} = OLD.{column}")
        case _:
            body = f"UPDATE people SET {column} = OLD.{column} WHERE id = OLD.id"
            made(url, f"{at.replace('BEFORE', 'AFTER')} BEGIN {body}; END")


_PLACES = "fields: {id: none, email: {category: contact, identity: email}}"


@pytest.mark.parametrize(
    ("column", "fields"),
    [
        ("email", "email: {category: contact, identity: email, erase: replace}"),
        (
            "born",
            "email: {category: contact, erase: leave}, born: {category: contact, erase: anonymise}",
        ),
    ],
)
def test_a_change_that_a_trigger_undoes_is_refused_by_the_plan(
    database_url: str, column: str, fields: str
) -> None:
    made(database_url, *TABLES)
    made(database_url, "ALTER TABLE people ADD COLUMN born DATE")
    made(database_url, "UPDATE people SET born = '1990-05-17'")
    _put_back(database_url, column)
    base = Base(
        database_url, MAP.replace(_PLACES, f"erase: fields\n    fields: {{id: none, {fields}}}")
    )
    [refusal] = base.store.preview(base.step(email=ADA)).refusals
    assert refusal == (
        "rows of `shop.people` are as before whatever is changed: a trigger or a rule of the "
        "database undoes it; change that, then plan again"
    )
