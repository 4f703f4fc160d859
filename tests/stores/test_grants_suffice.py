"""The roles that `upheld grants` writes, on real servers: enough for the work, and no more.

Each test makes a database, roles and logins of names of its own, which go with it.
"""

from __future__ import annotations

import re
import secrets
import time
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from tests.stores.server_sites import ServerSite
from upheld.app import new_map
from upheld.cli.folder import init
from upheld.conformance.searching import needles_of
from upheld.conformance.steps import closure_of
from upheld.conformance.world import MESSAGES, PEOPLE, TODAY, hostile_world, policy
from upheld.datamap.parse import parse_store
from upheld.datamap.plan import answering, erasures
from upheld.errors import StoreFailed
from upheld.model import (
    Declined,
    Dialect,
    Done,
    Left,
    Probe,
    Regime,
    Right,
    Role,
    Safeguard,
    Schema,
    Step,
    StoreMap,
)
from upheld.stores.sql import SqlStore
from upheld.stores.sql.grants import SEARCHER, role_name, script

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests import servers
    from upheld.conformance.store import Everything
    from upheld.model import Key

SERVERS = {Dialect.POSTGRESQL: "postgres_server", Dialect.MARIADB: "mariadb_server"}
ROLES = (Role.MAPPER, Role.READER, Role.ERASER)
WORLD = hostile_world()
ADA = {"email": "ada@example.com"}
SHOP = """
collections:
  people:
    key: id
    person: yes
    people: [{match: email, identity: email, is: about}]
    erase: fields
    fields:
      id: none
      email: {category: contact, identity: email, erase: replace}
      profile$.city: contact
  {orders}:
    key: [id, day]
    people: [{follow: person, to: people, is: about}]
    fields: {id: none, day: none, person: none, note: commercial}
"""
CIRCLE = """
collections:
  addresses:
    key: id
    people: [{follow: person, to: people, is: about}]
    fields: {id: none, person: none, street: contact}
  people:
    key: id
    person: yes
    people: [{match: email, identity: email, is: about}]
    fields: {id: none, email: contact, home: none, led_by: none, met_by: none}
"""


@dataclass
class Guarded:
    """A database of its own on a server, a map of it, and logins that have only roles of ours."""

    dialect: Dialect
    url: str
    text: str = WORLD.collections
    token: str = field(default_factory=lambda: secrets.token_hex(5))
    logins: list[str] = field(default_factory=list)
    roles: set[str] = field(default_factory=set)

    @property
    def mapped(self) -> StoreMap:
        return parse_store(f"kind: sql\nurl: env:X\n{self.text}", f"stores/t{self.token}.yaml")

    @property
    def postgres(self) -> bool:
        return self.dialect is Dialect.POSTGRESQL

    @property
    def admin(self) -> SqlStore:
        return SqlStore(self.mapped, self.url)

    def quoted(self, name: str) -> str:
        """Return a name as this server takes any name."""
        mark = '"' if self.postgres else "`"
        return mark + name.replace(mark, mark * 2) + mark

    def role(self, role: str) -> str:
        return self.quoted(role_name(self.mapped.name, role))

    def run(self, *statements: str) -> None:
        engine = sa.create_engine(self.url, poolclass=sa.NullPool)
        options = {"isolation_level": "AUTOCOMMIT", "no_parameters": True}
        with engine.execution_options(**options).connect() as connection:
            for each in statements:
                connection.exec_driver_sql(each)

    def rows(self, query: str) -> list[Key]:
        engine = sa.create_engine(self.url, poolclass=sa.NullPool)
        with engine.execution_options(no_parameters=True).connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(query)]

    def grant(self, *roles: str, schema: Schema | None = None) -> None:
        """Run what `upheld grants` prints, as an administrator would."""
        printed = script(self.mapped, roles, self.dialect, schema)
        whole = [printed] if self.postgres else filter(str.strip, printed.split(";\n"))
        self.run(*whole)
        self.roles |= set(roles)

    def login(self, *roles: str) -> str:
        """Make a login that has some of the roles and no other right; return its address."""
        login, password = f"u{self.token}_{len(self.logins)}", secrets.token_hex(16)
        self.logins.append(login)
        names = [self.role(each) for each in roles]
        if self.postgres:
            self.run(f"CREATE ROLE {login} LOGIN PASSWORD '{password}'")
            self.run(*(f"GRANT {each} TO {login}" for each in names))
        else:
            self.run(f"CREATE USER {login}@'%' IDENTIFIED BY '{password}'")
            self.run(*(f"GRANT {each} TO {login}@'%'" for each in names))
            # MariaDB has one role in force at a time: of several, one that has them all
            force = names[0]
            if len(names) > 1:
                force = f"all_{self.token}_{len(self.logins)}"
                self.run(f"CREATE ROLE {force}", *(f"GRANT {each} TO {force}" for each in names))
                self.run(f"GRANT {force} TO {login}@'%'")
                self.logins.append(force)
            self.run(f"SET DEFAULT ROLE {force} FOR {login}@'%'")
        address = sa.make_url(self.url).set(username=login, password=password)
        return address.render_as_string(hide_password=False)

    def store(self, *roles: str) -> SqlStore:
        """Return the store as a login sees it that has only these roles."""
        return SqlStore(self.mapped, self.login(*roles))

    def tear_down(self, server: servers.Server) -> None:
        """Take away, once the database has gone, who could log in to it."""
        for each in self.logins:
            user = f"{each}@'%'" if each.startswith("u") and not self.postgres else each
            kind = "USER" if "@" in user else "ROLE"
            server.run(f"DROP {kind} {user}")
        server.run(*(f"DROP ROLE {self.role(each)}" for each in sorted(self.roles)))


@pytest.fixture(params=list(Dialect))
def base(request: pytest.FixtureRequest) -> Iterator[Guarded]:
    """Give an empty database on each kind of server in turn, in which nobody has any right."""
    server: servers.Server = request.getfixturevalue(SERVERS[request.param])
    with ExitStack() as last, server.database() as url:
        base = Guarded(request.param, url)
        last.callback(base.tear_down, server)
        if base.postgres:
            base.run(
                "REVOKE ALL ON SCHEMA public FROM PUBLIC",
                f"REVOKE ALL ON DATABASE {sa.make_url(url).database} FROM PUBLIC",
            )
        yield base


@pytest.fixture
def town(base: Guarded) -> Guarded:
    """Give the hostile world, with the three roles that the map asks for."""
    ServerSite(WORLD, base.url)
    base.run(f"CREATE TABLE {base.quoted('not mapped')} (id integer, note varchar(400))")
    base.grant(*ROLES)
    return base


def step_of(base: Guarded, store: SqlStore, given: Mapping[str, str] = WORLD.given) -> Step:
    """Find a person with a store, and plan their erasure."""
    found = store.find(closure_of(given))
    clauses = answering(policy(), Right.ERASE, Regime.NONE)
    what = erasures(policy(), base.mapped, store.schema(), clauses=clauses, today=TODAY)
    return Step("R-1/t", Right.ERASE, found.closure, what, bytes(range(32)), TODAY)


def carried_out(base: Guarded, store: SqlStore, given: Mapping[str, str]) -> None:
    """Erase a person with a store, from finding them to looking back, and once more."""
    step = step_of(base, store, given)
    assert list(store.look(step.closure))
    assert store.statements(step)
    preview = store.preview(step)
    assert preview.refusals == ()
    done = store.act(step)
    assert isinstance(done, Done), done
    assert done.counted == preview.counted
    assert looked_back(store, step).late == {}
    assert isinstance(store.act(step), Done)


def looked_back(store: SqlStore, step: Step) -> Left:
    """Look back until the transactions of others on this server are over, which some tests have."""
    left, patience = store.look_back(step), time.monotonic() + 10
    while left.open and time.monotonic() < patience:
        time.sleep(0.1)
        left = store.look_back(step, left.open)
    assert not left.open
    return left


def everything(base: Guarded) -> Everything:
    return ServerSite.everything(_Seen(base.url))


class _Seen(ServerSite):
    """The world as it is in a database that was filled before."""

    def __init__(self, url: str) -> None:
        object.__setattr__(self, "world", WORLD)
        object.__setattr__(self, "url", url)


def rights(store: SqlStore) -> Probe:
    found = store.guards().probe(Safeguard.LEAST_PRIVILEGE)
    assert found is not None
    return found


def test_the_eraser_alone_suffices_for_all_that_a_request_asks(town: Guarded) -> None:
    store = town.store(Role.ERASER)
    found = rights(store)
    assert found.held is True
    assert "lacks" not in found.words
    assert ("PROCESS" in found.words) is not town.postgres
    step = step_of(town, store)
    assert PEOPLE in {
        each.collection for each in store.alike(step.closure, store.traits(step.closure))
    }
    carried_out(town, store, WORLD.given)


def test_each_role_reads_the_same_catalogue_as_an_administrator(town: Guarded) -> None:
    whole = town.admin.schema()
    for role in ROLES:
        seen = town.store(role).schema()
        assert (seen.tables, seen.digest) == (whole.tables, whole.digest), role


def test_the_reader_alone_suffices_to_find_and_to_show(town: Guarded) -> None:
    store = town.store(Role.READER)
    found = store.find(closure_of(WORLD.given))
    shown = {rows.collection for rows in store.look(found.closure)}
    assert {PEOPLE, MESSAGES} < shown
    assert rights(store).held is True


def test_of_the_reader_a_preview_names_what_it_lacks_and_nothing_is_written(town: Guarded) -> None:
    store = town.store(Role.READER)
    before, step = everything(town), step_of(town, store)
    refusals = store.preview(step).refusals
    for need in step.erasures:
        verb = "delete" if need.delete else "update"
        assert any(f"{verb} rows of `{need.collection}`" in each for each in refusals), need
    assert any("who else is writing" in each for each in refusals) is not town.postgres
    with pytest.raises(StoreFailed, match="refuses this role something it needs"):
        store.act(step)
    assert everything(town) == before


def test_the_mapper_alone_suffices_to_draft_a_map_and_reads_no_row(
    town: Guarded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = town.login(Role.MAPPER)
    monkeypatch.setenv("TOWN_URL", url)
    folder = tmp_path / "acme"
    init(folder)
    drafted = new_map(folder, "env:TOWN_URL", "drafted").read_text("utf-8")
    monkeypatch.setenv("TOWN_URL", town.url)
    whole = new_map(folder, "env:TOWN_URL", "whole").read_text("utf-8")
    assert len(whole) > 1000
    same = set(whole.replace("whole", "drafted").splitlines())
    assert same <= set(drafted.splitlines()), "an administrator would draft the same"
    store = SqlStore(town.mapped, url)
    assert rights(store).held is True
    with pytest.raises(StoreFailed, match=r"does not let this role read `[^;]+; run `upheld"):
        store.find(closure_of(WORLD.given))


@pytest.mark.slow
def test_every_single_right_of_the_script_is_missed_before_anything_is_written(
    town: Guarded,
) -> None:
    """Rights are taken one by one; a preview names each, or the reading itself is refused."""
    store = town.store(Role.ERASER)
    before, step = everything(town), step_of(town, store)
    role = town.role(Role.ERASER)
    taken = 0
    for line in script(town.mapped, [Role.ERASER], town.dialect).splitlines():
        if not line.startswith("GRANT ") or "REFERENCES" in line:
            continue
        privileges, _, where = line.removeprefix("GRANT ").removesuffix(";").rpartition(" ON ")
        where = where.removesuffix(f" TO {role}")
        for privilege in _single(privileges):
            town.run(f"REVOKE {privilege} ON {where} FROM {role}")
            store.close()  # what is for the whole server, a session keeps
            try:
                said = " ".join(store.preview(step).refusals)
            except StoreFailed as failed:
                said = str(failed)
            town.run(f"GRANT {privilege} ON {where} TO {role}")
            taken += 1
            assert everything(town) == before
            if not _unasked(step, town, privilege, where):
                assert "this role" in said, (privilege, where)
                assert "upheld grants" in said or "GRANT PROCESS" in said
    assert taken > 20
    assert store.preview(step).refusals == ()


def _single(privileges: str) -> Iterator[str]:
    """Yield each privilege of a line, of columns each by itself."""
    yield from (each for each in ("SELECT", "DELETE", "PROCESS") if each in privileges.split(", "))
    columns = privileges.partition("UPDATE (")[2].rpartition(")")[0]
    yield from (f"UPDATE ({each})" for each in columns.split(", ") if each)


def _unasked(step: Step, town: Guarded, privilege: str, where: str) -> bool:
    """Say whether this step needs a right at all: what nobody's row asks for, it does not."""
    erasures = [each for each in step.erasures if town.quoted(each.collection) == where]
    if privilege == "SELECT":
        return not erasures
    if privilege == "DELETE":
        return not any(each.delete for each in erasures)
    fields = {town.quoted(change.field) for each in erasures for change in each.changes}
    return privilege.startswith("UPDATE") and privilege[8:-1] not in fields


@pytest.fixture
def shop(base: Guarded) -> Guarded:
    """Give people with JSON, and in PostgreSQL orders in another schema, in partitions."""
    orders = "sales.orders" if base.postgres else "orders"
    parted = " PARTITION BY RANGE (day)" if base.postgres else ""
    base.text = SHOP.replace("{orders}", orders)
    base.run(
        *(["CREATE SCHEMA sales"] if base.postgres else []),
        "CREATE TABLE people (id integer PRIMARY KEY, email varchar(80) NOT NULL UNIQUE, "
        f"profile {'jsonb' if base.postgres else 'json'})",
        f"CREATE TABLE {orders} (id integer, day date, person integer NOT NULL REFERENCES "
        f"people (id), note varchar(80), PRIMARY KEY (id, day)){parted}",
    )
    if base.postgres:
        for year in (2025, 2026):
            base.run(
                f"CREATE TABLE sales.o{year} PARTITION OF {orders} "
                f"FOR VALUES FROM ('{year}-01-01') TO ('{year + 1}-01-01')"
            )
    base.run(
        """INSERT INTO people VALUES (1, 'ada@example.com', '{"city": "Ely", "plan": "gold"}'), """
        """(2, 'bob@example.com', '{"city": "Rye", "plan": "tin"}')""",
        f"INSERT INTO {orders} VALUES (1, '2025-05-05', 1, 'a'), (2, '2026-05-05', 1, 'b'), "
        "(3, '2026-05-05', 2, 'c')",
    )
    base.grant(*ROLES)
    return base


def test_rights_reach_into_another_schema_into_json_and_through_partitions(shop: Guarded) -> None:
    assert "UPDATE (" + shop.quoted("email") in script(shop.mapped, [Role.ERASER], shop.dialect)
    store = shop.store(Role.ERASER)
    found = rights(store)
    assert (found.held, "lacks" in found.words) == (True, False), found.words
    carried_out(shop, store, ADA)
    orders = shop.mapped.collections[1].name
    assert shop.rows(f"SELECT id FROM {orders}") == [(3,)]
    [(profile,)] = shop.rows("SELECT profile FROM people WHERE id = 1")
    assert "Ely" not in str(profile)
    assert "gold" in str(profile)


def test_a_schema_that_a_role_may_not_come_into_is_named(shop: Guarded) -> None:
    store = shop.store(Role.ERASER)
    step = step_of(shop, store, ADA)
    if not shop.postgres:
        shop.text = SHOP.replace("{orders}", "sales.orders")
        printed = script(shop.mapped, [Role.ERASER], shop.dialect)
        assert "GRANT SELECT, DELETE ON `sales`.`orders` TO" in printed
        return
    shop.run(f"REVOKE USAGE ON SCHEMA sales FROM {shop.role(Role.ERASER)}")
    assert "it lacks USAGE on schema `sales`" in rights(store).words
    with pytest.raises(StoreFailed, match="refuses this role something it needs"):
        store.preview(step)
    shop.grant(Role.ERASER)
    assert "lacks" not in rights(store).words


def test_a_schema_of_any_name_is_written_and_recognised(postgres_server: servers.Server) -> None:
    space = "odd.$$'s \\ %I"
    text = """
collections:
  '"odd.$$''s \\ %I".visits': not personal
"""
    with ExitStack() as last, postgres_server.database() as url:
        base = Guarded(Dialect.POSTGRESQL, url, text)
        last.callback(base.tear_down, postgres_server)
        quoted = base.quoted(space)
        base.run(f"CREATE SCHEMA {quoted}", f"CREATE TABLE {quoted}.visits (id integer)")
        [name] = base.admin.schema().tables
        assert name == base.mapped.collections[0].name
        for _ in range(2):
            base.grant(Role.READER)
            found = rights(base.store(Role.READER))
            assert (found.held, "lacks" in found.words) == (True, False), found.words
        base.run(f"GRANT INSERT ON {quoted}.visits TO {base.role(Role.READER)}")
        assert f"INSERT on `{name}`" in rights(base.store(Role.READER)).words


@pytest.fixture
def circle(base: Guarded) -> Guarded:
    """Give people and addresses that point at one another, and people who point at people."""
    base.text = CIRCLE
    base.run(
        "CREATE TABLE people (id integer PRIMARY KEY, email varchar(80), home integer, "
        "led_by integer, met_by integer, "
        "FOREIGN KEY (led_by) REFERENCES people (id) ON DELETE RESTRICT, "
        "FOREIGN KEY (met_by) REFERENCES people (id) ON DELETE NO ACTION)",
        "CREATE TABLE addresses (id integer PRIMARY KEY, person integer NOT NULL, "
        "street varchar(80), FOREIGN KEY (person) REFERENCES people (id))",
        "ALTER TABLE people ADD FOREIGN KEY (home) REFERENCES addresses (id)",
        "INSERT INTO people VALUES (1, 'ada@example.com', NULL, 1, 1), "
        "(2, 'bob@x.example', NULL, 2, 2)",
        "INSERT INTO addresses VALUES (1, 1, 'Elm'), (2, 2, 'Oak')",
        "UPDATE people SET home = id",
    )
    return base


def test_of_rows_that_point_at_one_another_in_a_circle_the_links_may_be_emptied(
    circle: Guarded,
) -> None:
    circle.grant(Role.ERASER, schema=circle.admin.schema())
    store = circle.store(Role.ERASER)
    found = rights(store)
    assert (found.held, "lacks" in found.words) == (True, False), found.words
    carried_out(circle, store, ADA)
    assert circle.rows("SELECT id, home, led_by, met_by FROM people") == [(2, 2, 2, 2)]


def test_a_script_that_was_written_without_the_catalogue_says_so_and_what_lacks_is_named(
    circle: Guarded,
) -> None:
    printed = script(circle.mapped, [Role.ERASER], circle.dialect)
    assert "-- The catalogue was not read for this." in printed
    assert "UPDATE (" not in printed
    known = script(circle.mapped, [Role.ERASER], circle.dialect, circle.admin.schema())
    assert "was not read" not in known
    [columns] = re.findall(r"UPDATE \((.*?)\)", known)
    emptied = {"home", "led_by"} if circle.postgres else {"home", "led_by", "met_by"}
    assert set(columns.split(", ")) == set(map(circle.quoted, emptied)), (
        "PostgreSQL minds NO ACTION only when all rows are gone; what cannot be empty stays"
    )
    circle.grant(Role.ERASER)
    store = circle.store(Role.ERASER)
    refusals = store.preview(step_of(circle, store, ADA)).refusals
    assert refusals
    assert all("does not let this role update rows of" in each for each in refusals)
    found = rights(store)
    assert found.held is True
    assert "UPDATE (`home`)" in found.words
    assert "UPDATE (`led_by`)" in found.words


def test_a_trigger_that_refuses_stops_an_eraser_that_cannot_see_it(shop: Guarded) -> None:
    """In MariaDB whoever lacks TRIGGER sees none; PostgreSQL shows them to everybody."""
    if shop.postgres:
        shop.run(
            "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'no'; END $$",
            "CREATE TRIGGER never BEFORE UPDATE ON people FOR EACH ROW EXECUTE FUNCTION no()",
        )
    else:
        shop.run(
            "CREATE TRIGGER never BEFORE UPDATE ON people FOR EACH ROW "
            "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no'"
        )
    store = shop.store(Role.ERASER)
    before = shop.rows("SELECT * FROM people")
    step = step_of(shop, store, ADA)
    refused = store.preview(step).refusals
    assert bool(refused) or store.schema().beside["triggers"] == "hidden from this role"
    assert isinstance(store.act(step), Declined)
    assert shop.rows("SELECT * FROM people") == before
    if not shop.postgres:
        shop.run(f"GRANT TRIGGER ON * TO {shop.role(Role.ERASER)}")
        store.close()
        assert any("the rule of a trigger" in each for each in store.preview(step).refusals)
        found = rights(store)
        assert found.held is True
        assert (
            "by TRIGGER it sees the triggers of its tables, and may also make some" in found.words
        )


def test_a_trigger_that_writes_elsewhere_does_so_by_its_owners_rights(shop: Guarded) -> None:
    """In PostgreSQL only if it says so; no role of ours may write what the map does not erase."""
    shop.run("CREATE TABLE changes (id integer)")
    if shop.postgres:
        shop.run(
            "CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN INSERT INTO public.changes VALUES (new.id); RETURN new; END $$",
            "CREATE TRIGGER notes AFTER UPDATE ON people FOR EACH ROW EXECUTE FUNCTION noted()",
        )
    else:
        shop.run(
            "CREATE TRIGGER notes AFTER UPDATE ON people FOR EACH ROW "
            "INSERT INTO changes VALUES (new.id)"
        )
    store = shop.store(Role.ERASER)
    if shop.postgres:
        with pytest.raises(StoreFailed, match="refuses this role something it needs"):
            store.preview(step_of(shop, store, ADA))
        shop.run("ALTER FUNCTION noted() SECURITY DEFINER")
    assert rights(store).held is True
    carried_out(shop, store, ADA)
    assert set(shop.rows("SELECT id FROM changes")) == {(1,)}


def test_who_must_see_past_row_level_security_may(postgres_server: servers.Server) -> None:
    with ExitStack() as last, postgres_server.database() as url:
        base = Guarded(Dialect.POSTGRESQL, url, CIRCLE)
        last.callback(base.tear_down, postgres_server)
        base.run(
            "CREATE TABLE people (id integer PRIMARY KEY, email varchar(80), home integer, "
            "led_by integer, met_by integer)",
            "CREATE TABLE addresses (id integer PRIMARY KEY, person integer, street text)",
            "ALTER TABLE people ENABLE ROW LEVEL SECURITY",
        )
        base.grant(Role.READER)
        login = base.login(Role.READER)
        store = SqlStore(base.mapped, login)
        assert "it lacks" in rights(store).words
        assert "BYPASSRLS for `people`" in rights(store).words
        base.run(f"ALTER ROLE {sa.make_url(login).username} BYPASSRLS")
        found = rights(store)
        assert found.held is True
        assert "it has BYPASSRLS, since row-level security would hide rows of `people`" in (
            found.words
        )
        base.run("ALTER TABLE people DISABLE ROW LEVEL SECURITY")
        assert "more than the map needs: BYPASSRLS" in rights(store).words


def test_a_deep_look_back_needs_a_role_that_is_written_only_if_asked_for(town: Guarded) -> None:
    assert SEARCHER not in script(town.mapped, ROLES, town.dialect)
    unmapped = town.quoted("not mapped")
    town.run(f"INSERT INTO {unmapped} VALUES (1, 'call {ADA['email']}')")
    eraser = town.store(Role.ERASER)
    step = step_of(town, eraser)
    needles = [*needles_of(step), *needles_of(step_with(step, ADA))]
    found = []
    with pytest.raises(StoreFailed, match=r"`t\w+\.not mapped` could not be searched") as failed:
        found += [each.collection for each in eraser.search(needles, lambda _: step)]
    assert "more tables" not in str(failed.value)
    town.grant(SEARCHER)
    both = town.store(Role.ERASER, SEARCHER)
    hits = list(both.search(needles, lambda _: step))
    assert "not mapped" in {each.collection for each in hits}
    said = rights(both)
    assert said.held is True
    assert "it reads every table, mapped or not, which a deep look-back alone needs" in said.words
    town.run(f"GRANT INSERT ON {unmapped} TO {town.role(SEARCHER)}")
    assert "INSERT on `not mapped`" in rights(both).words


def test_the_searcher_alone_searches_every_schema_and_writes_nothing(shop: Guarded) -> None:
    aside = "aside.notes" if shop.postgres else "notes"
    shop.run(
        *(["CREATE SCHEMA aside"] if shop.postgres else []),
        f"CREATE TABLE {aside} (note varchar(80))",
        f"INSERT INTO {aside} VALUES ('call ada@example.com')",
        *([f"CREATE MATERIALIZED VIEW aside.shown AS SELECT * FROM {aside}"] * shop.postgres),
    )
    shop.grant(SEARCHER)
    store = shop.store(SEARCHER)
    step = step_of(shop, store, ADA)
    hits = {each.collection for each in store.search(needles_of(step), lambda _: step)}
    assert hits == {"people", aside, *(["aside.shown"] if shop.postgres else [])}
    assert any("update rows of `people`" in each for each in store.preview(step).refusals)
    with pytest.raises(StoreFailed, match="refuses this role something it needs"):
        store.act(step)


def step_with(step: Step, given: Mapping[str, str]) -> Step:
    return replace(step, closure=closure_of(given))


def test_where_steps_may_be_recorded_the_eraser_may_do_that_and_nothing_more(town: Guarded) -> None:
    eraser = town.store(Role.ERASER)
    optional = [
        line for line in eraser.grants((Role.ERASER,)).splitlines() if "upheld_step" in line
    ]
    (line,) = [each for each in optional if "CREATE TABLE" in each]
    town.run(line.removeprefix("-- ").removesuffix(";"))
    step = replace(step_of(town, eraser), plan="p", fence=1)
    (refused,) = [each for each in eraser.preview(step).refusals if "upheld_step" in each][-1:]
    assert "does not let this role" in refused
    assert "for an erasure it lacks" in rights(eraser).words
    with pytest.raises(StoreFailed, match="refuses this role something it needs"):
        eraser.act(step)
    town.grant(*ROLES, schema=town.admin.schema())
    store = town.store(Role.ERASER)
    assert store.preview(step).refusals == ()
    found = rights(store)
    assert found.held is True
    assert "lacks" not in found.words
    assert isinstance(store.act(step), Done)
    assert town.rows("SELECT step FROM upheld_step") == [("R-1/t",)]
    town.run(f"GRANT DELETE ON upheld_step TO {town.role(Role.ERASER)}")
    assert "more than the map needs: DELETE on `upheld_step`" in rights(store).words
