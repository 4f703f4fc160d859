from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import pytest
import sqlalchemy as sa

from tests.stores.shop import CUSTOMERS, Shop, build, closure
from upheld.errors import Refused
from upheld.model import Closure, Declined, Done, Step

if TYPE_CHECKING:
    from pathlib import Path

    from upheld.stores.sql import SqlStore

ADA = "ada@example.com"
_TABLES = """
    CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT, phone TEXT);
    CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER, words TEXT);
    CREATE TABLE lines (id INTEGER PRIMARY KEY, up INTEGER, part_of INTEGER, words TEXT);
    CREATE INDEX by_email ON customers (lower(email));
    CREATE INDEX by_customer ON orders (customer);
    CREATE INDEX by_order ON lines (up);
    CREATE INDEX by_part ON lines (part_of);
    INSERT INTO customers VALUES (1, 'bob@example.com', '1'), (2, 'ada@example.com', '22222');
    INSERT INTO orders VALUES (10, 1, 'Bob'), (20, 2, 'Ada'), (21, 2, 'Ada');
    INSERT INTO lines VALUES (11, 10, NULL, 'Bob'), (22, 20, NULL, 'Ada'), (23, NULL, 22, 'Ada');
"""
_MAP = (
    CUSTOMERS
    + """\
      phone: {category: contact, identity: phone}
  orders:
    key: id
    people: [{follow: customer, to: customers, is: about}]
    erase: fields
    fields: {words: {category: commercial, erase: replace}}
  lines:
    key: id
    people:
      - {follow: up, to: orders, is: about}
      - {follow: part_of, to: lines, is: about}
    fields: {words: commercial}
"""
)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return build(tmp_path, _TABLES, _MAP)


def test_a_late_row_is_found_though_the_row_it_points_at_is_gone(shop: Shop) -> None:
    step = shop.step(email=ADA)
    shop.carry_out(step)
    assert not [row for row in shop.rows("customers") if row[0] == 2]
    shop.run(
        "INSERT INTO orders VALUES (22, 2, 'late'); INSERT INTO lines VALUES (24, 23, NULL, 'no')"
    )
    assert shop.store.look_back(step).late == {"orders": 1}
    shop.run("UPDATE lines SET up = 22 WHERE id = 24; INSERT INTO lines VALUES (25, NULL, 24, 'x')")
    assert shop.store.look_back(step).late == {"orders": 1, "lines": 2}
    shop.carry_out(step)
    assert shop.store.look_back(step).late == {}
    assert [row[0] for row in shop.rows("lines")] == [11]


def test_a_row_that_comes_between_plan_and_apply_goes_too(shop: Shop) -> None:
    step = shop.step(email=ADA)
    shop.run(
        "INSERT INTO orders VALUES (22, 2, 'Ada'); INSERT INTO lines VALUES (24, 22, 11, 'Ada')"
    )
    shop.run("UPDATE lines SET part_of = NULL WHERE id = 24")
    shop.carry_out(step)
    assert [row[0] for row in shop.rows("lines")] == [11]
    assert "Ada" not in repr(shop.everything())


def test_more_rows_than_the_plan_allows_are_left_alone(shop: Shop) -> None:
    planned = shop.step(email=ADA)
    ceilings = {each.collection: 3 for each in planned.erasures}
    step = _with_ceilings(planned, ceilings)
    shop.run("INSERT INTO lines VALUES (101, 20, NULL, 'x'), (102, 20, NULL, 'x')")
    before = shop.path.read_bytes()
    outcome = shop.store.act(step)
    assert isinstance(outcome, Declined)
    assert "more rows in `shop.lines` than the plan allows" in outcome.why
    assert shop.path.read_bytes() == before


def _with_ceilings(step: Step, ceilings: dict[str, int]) -> Step:
    return replace(
        step,
        erasures=tuple(replace(e, ceiling=ceilings[e.collection]) for e in step.erasures),
    )


def test_another_writer_in_the_middle_holds_the_step_up(shop: Shop) -> None:
    """Whoever writes first goes first: the step starts by taking the writer's place."""
    step = shop.step(email=ADA)
    began: list[str] = []
    store = shop.store

    @sa.event.listens_for(store.engine, "after_cursor_execute")
    def intrude(*seen: object) -> None:
        if str(seen[2]).startswith("DELETE") and not began:
            began.append("tried")
            with (
                closing(sqlite3.connect(shop.path, timeout=0)) as other,
                pytest.raises(sqlite3.OperationalError, match="locked"),
            ):
                other.execute("INSERT INTO orders VALUES (99, 2, 'too late')")

    assert isinstance(store.act(step), Done)
    assert began == ["tried"]


def test_a_key_given_to_somebody_new_is_not_followed(shop: Shop) -> None:
    """SQLite gives the number of the last row, once it is deleted, to the next one."""
    step = shop.step(email=ADA)
    shop.carry_out(step)
    shop.run("""
        INSERT INTO customers (email) VALUES ('carl@example.com');
        INSERT INTO orders VALUES (30, 2, 'of Carl');
        INSERT INTO lines VALUES (31, 30, NULL, 'Carl');
    """)
    assert (2, "carl@example.com", None) in shop.rows("customers")
    assert shop.store.look_back(step).late == {}
    before = shop.path.read_bytes()
    outcome = shop.store.act(step)
    assert isinstance(outcome, Declined)
    assert "now bears another identity" in outcome.why
    with pytest.raises(Refused, match="now bears another identity"):
        shop.store.find(step.closure)
    assert shop.path.read_bytes() == before


def test_a_number_presented_and_given_to_somebody_new_is_not_followed(shop: Shop) -> None:
    step = shop.step(account="2")
    shop.carry_out(step)
    shop.run("INSERT INTO customers (email) VALUES ('carl@example.com')")
    assert shop.store.look_back(step).late == {}
    assert isinstance(shop.store.act(step), Declined)


def test_a_person_who_changed_their_email_after_the_plan_is_not_passed_over(shop: Shop) -> None:
    """Nobody can tell a new e-mail from a new person, so a person must look."""
    step = shop.step(email=ADA)
    shop.run("UPDATE customers SET email = 'ada@new.example' WHERE id = 2")
    before = shop.everything()
    outcome = shop.store.act(step)
    assert isinstance(outcome, Declined)
    assert "now bears another identity" in outcome.why
    with pytest.raises(Refused, match="now bears another identity"):
        list(shop.store.look(step.closure))
    assert shop.everything() == before


_STAYING = """\
  customers:
    key: id
    person: yes
    people: [{match: email, identity: email, is: about}]
    erase: fields
    fields:
      email: {category: contact, identity: email}
      phone: {category: contact, identity: phone}
"""


def test_what_is_written_to_a_row_that_stayed_is_seen(tmp_path: Path) -> None:
    """Where the row stays, its number was never free: what is written to it again is late."""
    shop = build(tmp_path, _TABLES, _STAYING)
    step = shop.step(email=ADA)
    shop.carry_out(step)
    assert shop.store.look_back(step).late == {}
    shop.run("UPDATE customers SET email = 'ada@new.example', phone = '1' WHERE id = 2")
    assert shop.store.look_back(step).late == {"customers": 1}
    assert isinstance(shop.store.act(step), Declined), "nobody can tell whose it is"
    shop.run("UPDATE customers SET email = 'ADA@example.com' WHERE id = 2")
    assert shop.store.look_back(step).late == {"customers": 1}
    shop.carry_out(step)
    assert shop.rows("customers")[1] == (2, None, None)


def statements(store: SqlStore) -> list[str]:
    """Return a list that fills with what is said to the database."""
    said: list[str] = []

    @sa.event.listens_for(store.engine, "before_cursor_execute")
    def note(*seen: object) -> None:
        said.append(str(seen[2]))

    return said


def many(folder: Path, orders: int, chain: int) -> Shop:
    """Make a person with so many orders, lines, and parts of parts of lines in one chain."""
    folder.mkdir()
    shop = build(folder, _TABLES, _MAP)
    with closing(sqlite3.connect(shop.path)) as connection, connection:
        numbers = range(1000, 1000 + orders)
        connection.executemany("INSERT INTO orders VALUES (?, 2, 'x')", [(n,) for n in numbers])
        connection.executemany(
            "INSERT INTO lines VALUES (?, ?, NULL, 'x')", [(n, n) for n in numbers]
        )
        connection.executemany(
            "INSERT INTO lines VALUES (?, NULL, ?, 'x')",
            [(n, n - 1 if n > 90_000 else 22) for n in range(90_000, 90_000 + chain)],
        )
    return shop


def test_statements_do_not_grow_with_rows(tmp_path: Path) -> None:
    counts = []
    for number, (orders, chain) in enumerate([(10, 10), (5000, 3000)]):
        shop = many(tmp_path / str(number), orders, chain)
        store = shop.store
        store.schema()
        said = statements(store)
        step = shop.planned(store.find(closure(email=ADA)).closure)
        assert store.preview(step).refusals == ()
        assert isinstance(store.act(step), Done)
        assert store.look_back(step).late == {}
        counts.append(len(said))
        assert [row[0] for row in shop.rows("lines")] == [11]
    few, lots = counts
    assert few == lots
    assert lots < 60


def test_somebody_with_hundreds_of_identities_in_many_tables_is_found_and_erased(
    tmp_path: Path,
) -> None:
    """What is counted at once must not ask for more than a database takes in one statement."""
    names = [f"visits{number}" for number in range(10)]
    tables = (f"CREATE TABLE {name} (id INTEGER PRIMARY KEY, cookie TEXT);" for name in names)
    way = "people: [{match: cookie, identity: 'cookie:shop', is: about}]"
    rest = f"    key: id\n    {way}\n    fields: {{cookie: network_activity}}\n"
    shop = build(tmp_path, "".join(tables), "".join(f"  {name}:\n{rest}" for name in names))
    for name in names:
        shop.run(f"INSERT INTO {name} VALUES (1, 'c7'), (2, 'c99 '), (3, 'c100')")
    store = shop.store

    @sa.event.listens_for(store.engine, "connect")
    def limit(connection: sqlite3.Connection, _: object) -> None:
        connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 2500)

    given = {"cookie:shop": frozenset(f"c{number}" for number in range(100))}
    found = store.find(Closure(given, given))
    assert list(found.rows.values()) == [2] * 10
    step = shop.planned(found.closure)
    assert [each.rows for each in store.preview(step).counted] == [2] * 10
    assert isinstance(store.act(step), Done)
    assert store.look_back(step).late == {}
    assert [shop.rows(name) for name in names] == [[(3, "c100")]] * 10


def test_looking_streams_in_batches_that_know_the_total(tmp_path: Path) -> None:
    shop = many(tmp_path / "many", 2500, 0)
    batches = [b for b in shop.store.look(shop.find(email=ADA)) if b.collection == "orders"]
    assert [len(batch.batch) for batch in batches] == [1000, 1000, 502]
    assert {batch.total for batch in batches} == {2502}


def test_looking_sees_one_moment(shop: Shop) -> None:
    """What is written while rows pass by is not half seen."""
    shop.run("PRAGMA journal_mode = wal")
    stream = shop.store.look(shop.find(email=ADA))
    first = next(stream)
    shop.run("INSERT INTO orders VALUES (50, 2, 'late')")
    rest = [(rows.collection, len(rows.batch), rows.total) for rows in stream]
    assert first.collection == "customers"
    assert rest == [("orders", 2, 2), ("lines", 2, 2)]


def test_looking_that_is_broken_off_holds_nobody_up(shop: Shop) -> None:
    stream = shop.store.look(shop.find(email=ADA))
    next(stream)
    stream.close()  # type: ignore[attr-defined]  # a generator, as any caller may leave it
    with closing(sqlite3.connect(shop.path, timeout=0)) as other, other:
        other.execute("DELETE FROM orders")


@pytest.mark.parametrize("given", [{"email": ADA}, {"email": ADA, "account": "2"}])
@pytest.mark.parametrize("verb", ["find", "preview", "act", "look_back"])
def test_look_ups_by_identity_and_link_use_their_indexes(
    shop: Shop, verb: str, given: dict[str, str]
) -> None:
    step = shop.step(**given)
    store = shop.store
    asked: list[tuple[str, tuple[object, ...]]] = []

    @sa.event.listens_for(store.engine, "before_cursor_execute")
    def note(*seen: object) -> None:
        asked.append((str(seen[2]), cast("tuple[object, ...]", seen[3])))

    getattr(store, verb)(step.closure if verb == "find" else step)
    with store.engine.connect() as connection:
        for statement, parameters in asked:
            asks = (
                'SELECT "',
                "SELECT count",
                "SELECT (SELECT count",
                "SELECT EXISTS",
                "DELETE FROM",
                "UPDATE",
            )
            bounded = "LIMIT" in statement  # the size of a table, to twenty times the rows
            if not statement.startswith(asks) or statement.endswith("0 = 1") or bounded:
                continue
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            scans = [row[3] for row in plan if str(row[3]).startswith("SCAN")]
            assert [s for s in scans if "VIRTUAL TABLE" not in s and "CONSTANT" not in s] == [], (
                statement
            )


def test_nothing_is_left_in_the_log_of_a_database_that_others_have_open(shop: Shop) -> None:
    """The write-ahead log is emptied, though the owner's software keeps the file open."""
    shop.run("PRAGMA journal_mode = wal; INSERT INTO orders VALUES (60, 2, 'canary-7431')")
    step = shop.step(email=ADA)
    with closing(sqlite3.connect(shop.path)) as owner:
        owner.execute("SELECT count(*) FROM orders").fetchall()
        assert isinstance(shop.store.act(step), Done)
        files = b"".join(each.read_bytes() for each in shop.path.parent.glob("shop.sqlite*"))
        assert b"canary-7431" not in files
