"""What a store records of its steps: counts that add up, nobody's data, and no part of the map."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from tests.stores.real import catalogue, made
from upheld.conformance.searching import needles_of
from upheld.conformance.steps import closure_of
from upheld.conformance.world import TODAY, policy
from upheld.datamap.draft import draft
from upheld.datamap.drift import drift
from upheld.datamap.parse import parse_store
from upheld.datamap.plan import answering, erasures
from upheld.model import Dialect, Done, Recorded, Regime, Right, Role, Step
from upheld.stores.sql import SqlStore
from upheld.stores.sql.recording import steps_table
from upheld.stores.sql.rights import Held, Rights, compared

if TYPE_CHECKING:
    from upheld.model import StoreMap

CANARIES = ("ada@example.com", "Lovelace")
TABLES = """
CREATE TABLE people (id INTEGER PRIMARY KEY, email VARCHAR(90), name VARCHAR(90));
CREATE TABLE orders (id INTEGER PRIMARY KEY, person INTEGER, note VARCHAR(90),
  FOREIGN KEY (person) REFERENCES people (id));
INSERT INTO people VALUES (1, 'ada@example.com', 'Lovelace'), (2, 'bob@example.com', 'Bob');
INSERT INTO orders VALUES (10, 1, 'Lovelace'), (11, 1, 'Lovelace'), (20, 2, 'Bob')
"""
MAP = """\
kind: sql
url: env:SHOP
collections:
  people:
    key: id
    person: yes
    people: [{match: email, identity: email, is: about}]
    fields: {id: none, email: {category: contact, identity: email}, name: contact}
  orders:
    key: id
    people: [{follow: person, to: people, is: about}]
    fields: {id: none, person: none, note: commercial}
"""
DIALECTS = {
    "postgresql": Dialect.POSTGRESQL,
    "mysql": Dialect.MARIADB,
    "mariadb": Dialect.MARIADB,
}


@dataclass(frozen=True)
class Shop:
    """A database whose owner may let steps be recorded."""

    url: str

    @property
    def mapped(self) -> StoreMap:
        return parse_store(MAP, "stores/shop.yaml")

    @property
    def store(self) -> SqlStore:
        return SqlStore(self.mapped, self.url)

    def allow(self) -> None:
        kind = sa.make_url(self.url).get_backend_name()
        made(self.url, steps_table(DIALECTS.get(kind)))

    def step(self, fence: int = 1, plan: str = "p" * 64) -> Step:
        found = self.store.find(closure_of({"email": "ada@example.com"}))
        clauses = answering(policy(), Right.ERASE, Regime.NONE)
        schema = self.store.schema()
        what = erasures(policy(), self.mapped, schema, clauses=clauses, today=TODAY)
        secret = bytes(range(32))
        whole = Step("R-1/shop", Right.ERASE, found.closure, what, secret, TODAY)
        return replace(whole, plan=plan, fence=fence)

    def rows(self) -> list[tuple[object, ...]]:
        engine = sa.create_engine(self.url, poolclass=sa.NullPool)
        with engine.connect() as connection:
            found = connection.exec_driver_sql("SELECT * FROM upheld_step ORDER BY step, plan")
            return [tuple(row) for row in found]


@pytest.fixture
def shop(database_url: str) -> Shop:
    """Give a shop on each kind of database in turn; nobody has allowed anything yet."""
    made(database_url, *TABLES.split(";\n"))
    return Shop(database_url)


def act(shop: Shop, step: Step) -> Done:
    done = shop.store.act(step)
    assert isinstance(done, Done), done
    return done


def told(records: tuple[Recorded, ...] | None) -> list[tuple[int, dict[str, int]]]:
    return [(r.fence, {c.collection: c.rows for c in r.counted}) for r in records or ()]


def test_a_repeat_is_told_what_the_attempts_before_have_done(shop: Shop) -> None:
    shop.allow()
    step = shop.step()
    first = act(shop, step)
    assert first.before == ()
    again = act(shop, replace(step, fence=2))
    assert again.counted == ()
    assert again.before == (Recorded(1, first.counted),)
    made(shop.url, "INSERT INTO people VALUES (1, 'ada@example.com', 'Lovelace')")
    made(shop.url, "INSERT INTO orders VALUES (12, 1, 'Lovelace')")
    assert told(act(shop, replace(step, fence=3)).before) == told(again.before)
    last = act(shop, replace(step, fence=4))
    assert told(last.before) == [(1, {"orders": 2, "people": 1}), (3, {"orders": 1, "people": 1})]


def test_a_repeat_that_finds_nothing_to_do_writes_nothing(shop: Shop) -> None:
    shop.allow()
    step = shop.step()
    act(shop, step)
    once = shop.rows()
    act(shop, replace(step, fence=2))
    assert shop.rows() == once


def test_another_plan_has_a_row_of_its_own(shop: Shop) -> None:
    shop.allow()
    step = shop.step()
    act(shop, step)
    assert act(shop, replace(step, plan="q" * 64)).before == ()
    assert len({row[1] for row in shop.rows()}) == len(shop.rows()) == 2


def test_another_home_with_the_same_plan_has_a_row_of_its_own(shop: Shop) -> None:
    shop.allow()
    step = shop.step()
    act(shop, step)
    assert act(shop, replace(step, secret=bytes(32))).before == ()
    assert len(shop.rows()) == 2


def test_nothing_is_recorded_that_is_anybodys(shop: Shop) -> None:
    shop.allow()
    act(shop, shop.step())
    (row,) = shop.rows()
    assert not [word for word in CANARIES if word in str(row)]
    assert '["orders", "about", "gone", 2' in str(row[2])


def test_what_is_undone_is_not_recorded(shop: Shop) -> None:
    shop.allow()
    step = shop.step()
    none = tuple(replace(each, ceiling=0) for each in step.erasures)
    assert not isinstance(shop.store.act(replace(step, erasures=none)), Done)
    assert shop.rows() == []


def test_where_nobody_allowed_it_nothing_is_recorded_and_one_is_told_so(shop: Shop) -> None:
    store, step = shop.store, shop.step()
    assert not store.records
    assert act(shop, step).before is None
    assert not any("upheld_step" in each for each in store.statements(step))


def test_a_table_that_comes_or_goes_is_noticed(shop: Shop) -> None:
    store = shop.store
    assert not store.schema().records
    shop.allow()
    assert store.schema().records
    assert store.records
    made(shop.url, "DROP TABLE upheld_step")
    assert not store.schema().records


def test_the_table_is_no_part_of_the_map(shop: Shop) -> None:
    before = shop.store.schema()
    shop.allow()
    after = shop.store.schema()
    assert (after.tables, after.digest, after.beside) == (
        before.tables,
        before.digest,
        before.beside,
    )
    assert "upheld_step" not in draft(after, name="shop", url="env:SHOP")
    assert not [each for each in drift(shop.mapped, after) if "upheld_step" in str(each)]


FOREIGN = (
    "id INTEGER PRIMARY KEY, email VARCHAR(90)",
    "step VARCHAR(90), plan VARCHAR(64), counted VARCHAR(90)",
    "step VARCHAR(90), plan VARCHAR(64), counted INTEGER, PRIMARY KEY (step, plan)",
    "step VARCHAR(90), plan VARCHAR(64), counted TEXT, n INT NOT NULL, PRIMARY KEY (step, plan)",
)
"""What another application's table of this name may have: no record can be written there."""


@pytest.mark.parametrize("columns", FOREIGN)
def test_beside_another_table_of_this_name_one_is_erased_without_a_record(
    shop: Shop, columns: str
) -> None:
    made(shop.url, f"CREATE TABLE upheld_step ({columns})")
    store, step = shop.store, shop.step()
    assert store.preview(step).refusals == ()
    done = act(shop, step)
    assert {each.collection: each.rows for each in done.counted} == {"orders": 2, "people": 1}
    assert (done.before, store.records) == (None, False)
    with sa.create_engine(shop.url, poolclass=sa.NullPool).connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM upheld_step").scalar_one() == 0


def test_another_table_of_this_name_is_mapped_like_any(shop: Shop) -> None:
    made(shop.url, f"CREATE TABLE upheld_step ({FOREIGN[0]})")
    schema = shop.store.schema()
    drafted = parse_store(draft(schema, name="shop", url="env:SHOP"), "stores/shop.yaml")
    found = drafted.collection("upheld_step")
    assert found is not None
    assert [each.name for each in found.places] == ["id", "email"]
    said = [(each.severity, each.words) for each in drift(shop.mapped, schema)]
    assert said[0] == ("broken", "table `upheld_step` is in the database and not in the map")
    assert said[-1] == (
        "note",
        "`upheld_step` is a table of another make, so no erasure is recorded there",
    )
    assert "upheld_step" not in shop.store.grants((Role.ERASER,))


def test_another_table_of_this_name_is_searched(shop: Shop) -> None:
    step = shop.step()
    made(
        shop.url,
        f"CREATE TABLE upheld_step ({FOREIGN[0]})",
        "INSERT INTO upheld_step VALUES (1, 'ada@example.com')",
    )
    hits = shop.store.search(needles_of(step), lambda _: step)
    assert "upheld_step" in {each.collection for each in hits}


def test_a_table_of_somebody_else_that_begins_like_ours_is_seen_and_searched(shop: Shop) -> None:
    step = shop.step()
    made(
        shop.url,
        "CREATE TABLE upheld_leads (id INTEGER PRIMARY KEY, person INTEGER, mail VARCHAR(90), "
        "FOREIGN KEY (person) REFERENCES people (id) ON DELETE CASCADE)",
        "INSERT INTO upheld_leads VALUES (1, 2, 'ada@example.com'), (2, 1, 'bob@example.com')",
    )
    assert "table `upheld_leads` is in the database and not in the map" in {
        each.words for each in drift(shop.mapped, shop.store.schema())
    }
    hits = shop.store.search(needles_of(step), lambda _: step)
    assert "upheld_leads" in {each.collection for each in hits}
    preview = shop.store.preview(step)
    assert any("`shop.upheld_leads`" in each for each in preview.notes)


def test_a_right_on_another_table_of_this_name_is_more_than_is_needed(shop: Shop) -> None:
    rights = Rights((Held("INSERT", "upheld_step"),))
    assert compared(shop.mapped, rights, shop.store.schema()).held
    made(shop.url, f"CREATE TABLE upheld_step ({FOREIGN[0]})")
    assert not compared(shop.mapped, rights, shop.store.schema()).held


def test_a_table_to_which_its_owner_added_what_may_be_empty_is_ours(shop: Shop) -> None:
    shop.allow()
    made(shop.url, "ALTER TABLE upheld_step ADD COLUMN seen VARCHAR(9)")
    assert act(shop, shop.step()).before == ()


def test_the_table_is_not_searched(shop: Shop) -> None:
    shop.allow()
    step = shop.step()
    act(shop, step)
    made(shop.url, "UPDATE upheld_step SET counted = 'ada@example.com'")
    hits = shop.store.search(needles_of(step), lambda _: step)
    assert "upheld_step" not in {each.collection for each in hits}


def test_it_is_said_beforehand_and_afterwards_in_one_statement(shop: Shop) -> None:
    shop.allow()
    step = shop.step()
    planned, done = shop.store.statements(step), act(shop, step).statements
    for words in (planned, done):
        assert sum("upheld_step" in each for each in words) == 1
    assert "INSERT INTO upheld_step" in planned[-1]
    assert len(planned) == len(done)


def test_it_costs_one_statement_and_only_where_it_is_allowed(shop: Shop) -> None:
    def said() -> int:
        store, step, count = shop.store, shop.step(), 0

        def counted(*_: object) -> None:
            nonlocal count
            count += 1

        store.schema()
        sa.event.listen(store.engine, "before_cursor_execute", counted)
        assert store.preview(step).refusals == ()
        store.act(step)
        return count

    without = said()
    made(shop.url, "INSERT INTO people VALUES (1, 'ada@example.com', 'Lovelace')")
    made(shop.url, "INSERT INTO orders VALUES (10, 1, 'Lovelace'), (11, 1, 'Lovelace')")
    shop.allow()
    tried = {"postgresql": 0, "sqlite": 1}.get(sa.make_url(shop.url).get_backend_name(), 2)
    assert said() == without + 1 + tried


def test_a_table_of_this_name_that_undoes_nothing_is_none(mariadb_url: str) -> None:
    made(mariadb_url, steps_table(Dialect.MARIADB).replace("InnoDB", "Aria"))
    schema = catalogue(mariadb_url)
    assert (schema.records, schema.tables, schema.beside) == (False, {}, {})


def test_a_table_elsewhere_or_that_a_crash_empties_is_none(postgres_url: str) -> None:
    table = steps_table(Dialect.POSTGRESQL)
    made(postgres_url, "CREATE SCHEMA aside", table.replace("upheld_step", "aside.upheld_step"))
    assert not catalogue(postgres_url).records
    made(postgres_url, table.replace("CREATE TABLE", "CREATE UNLOGGED TABLE"))
    schema = catalogue(postgres_url)
    assert (schema.records, schema.tables, schema.beside) == (False, {}, {})
