"""What guards a database, asked of real ones.

What a test makes on a server bears a name of its own, and goes with it.
"""

from __future__ import annotations

import secrets
import sqlite3
import stat
import subprocess
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from tests import servers
from tests.stores.sites import SqlSite
from upheld.conformance.world import GENRES, INVOICES, ORDERS, PEOPLE, hostile_world
from upheld.datamap.parse import parse_store
from upheld.model import Dialect, Guards, Probe, Role, Safeguard, StoreMap, Type
from upheld.stores.sql import SqlStore
from upheld.stores.sql.catalogue import read_schema
from upheld.stores.sql.grants import role_name, script
from upheld.stores.sql.guards import guards
from upheld.stores.sql.guards.mariadb import rights
from upheld.stores.sql.guards.way import Link, in_transit

if TYPE_CHECKING:
    from collections.abc import Iterator

IN_TRANSIT, RIGHTS = Safeguard.IN_TRANSIT, Safeguard.LEAST_PRIVILEGE
WORLD = hostile_world()


@pytest.fixture
def site(tmp_path: Path) -> SqlSite:
    site = SqlSite(WORLD, tmp_path)
    site.path.chmod(0o600)
    return site


def probed(at: SqlSite | Path, safeguard: Safeguard) -> Probe:
    store = at.store() if isinstance(at, SqlSite) else opened(at)
    found = store.guards().probe(safeguard)
    assert found is not None
    return found


def opened(path: Path) -> SqlStore:
    text = "kind: sql\nurl: sqlite:///x\ncollections: {t: not personal}\n"
    return SqlStore(parse_store(text, "stores/x.yaml"), f"sqlite:///{path}")


def test_a_file_travels_nowhere(site: SqlSite) -> None:
    assert probed(site, IN_TRANSIT).held is True


@pytest.mark.parametrize("mode", [0o640, 0o620, 0o604, 0o602, 0o666])
def test_a_file_that_others_reach_breaks_least_privilege_until_its_mode_is_mended(
    site: SqlSite, mode: int
) -> None:
    assert probed(site, RIGHTS).held is True
    site.path.chmod(mode)
    found = probed(site, RIGHTS)
    assert found.held is False
    assert f"`town.sqlite` has mode 0{mode:o}" in found.words
    mended(found, site.folder)
    assert probed(site, RIGHTS).held is True
    assert stat.S_IMODE(site.path.stat().st_mode) == 0o600


def mended(found: Probe, folder: Path) -> None:
    """Do what a probe says, as somebody who copies it into a shell."""
    mend = found.words[found.words.index("chmod") :]
    subprocess.run(["/bin/sh", "-c", mend], cwd=folder, check=True)


@pytest.mark.parametrize("name", ["a b;touch owned;.sqlite", "-R.sqlite", "o'$(touch owned)"])
def test_the_remedy_does_nothing_else_whatever_the_file_is_called(
    tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    with closing(sqlite3.connect(path)) as owner, owner:
        owner.execute("CREATE TABLE t (a)")
    path.chmod(0o666)
    (tmp_path / "other").touch(mode=0o644)
    mended(probed(path, RIGHTS), tmp_path)
    assert probed(path, RIGHTS).held is True
    assert {each.name for each in tmp_path.iterdir()} == {name, "other"}
    assert stat.S_IMODE((tmp_path / "other").stat().st_mode) == 0o644


@pytest.mark.parametrize(("mode", "held"), [(0o777, False), (0o770, False), (0o1777, True)])
@pytest.mark.parametrize("up", [0, 1])
def test_a_folder_in_which_others_can_put_a_file_in_its_place_counts(
    tmp_path: Path,
    mode: int,
    held: bool,  # noqa: FBT001 (what a probe says)
    up: int,
) -> None:
    path = tmp_path / "a b" / "c" / "x.sqlite"
    path.parent.mkdir(parents=True)
    with closing(sqlite3.connect(path)) as owner, owner:
        owner.execute("CREATE TABLE t (a)")
    path.chmod(0o600)
    loose = path.parents[up]
    loose.chmod(mode)
    found = probed(path, RIGHTS)
    assert found.held is held
    if not held:
        assert f"its folder `{loose}` has mode 0{mode:o}" in found.words
        mended(found, tmp_path)
        assert probed(path, RIGHTS).held is True


@pytest.mark.parametrize("end", ["-journal", "-wal", "-shm"])
def test_what_sqlite_keeps_beside_its_file_is_looked_at_too(site: SqlSite, end: str) -> None:
    with closing(sqlite3.connect(site.path)) as held:
        if end != "-journal":
            held.execute("PRAGMA journal_mode = wal")
        held.execute("BEGIN IMMEDIATE")
        held.execute("DELETE FROM genre")
        if end == "-wal":
            held.execute("COMMIT")  # an empty log, SQLite would give the mode of its file
        beside = site.path.with_name(site.path.name + end)
        assert beside.exists()
        beside.chmod(0o644)
        found = probed(site, RIGHTS)
    assert found.held is False
    assert f"`town.sqlite{end}` has mode 0644" in found.words
    assert found.words.endswith(f"chmod go-rwx town.sqlite{end}")


def test_a_file_with_a_damaged_page_is_not_whole(site: SqlSite) -> None:
    assert probed(site, Safeguard.INTEGRITY).held is True
    with closing(sqlite3.connect(site.path)) as owner:
        (page,) = owner.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'genre'"
        ).fetchone()
        (size,) = owner.execute("PRAGMA page_size").fetchone()
    with site.path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(bytes(100))
    found = probed(site, Safeguard.INTEGRITY)
    assert found.held is False
    assert "restore it from a backup" in found.words


def test_a_file_whose_checks_need_its_own_software_is_not_called_damaged(tmp_path: Path) -> None:
    path = tmp_path / "own.sqlite"
    with closing(sqlite3.connect(path)) as owner, owner:
        owner.create_function("ours_only", 1, lambda _: 1, deterministic=True)
        owner.execute("CREATE TABLE t (a CHECK (ours_only(a)))")
        owner.execute("INSERT INTO t VALUES (1)")
    assert probed(path, Safeguard.INTEGRITY).held is None


def test_a_file_too_large_to_read_each_time_says_so(tmp_path: Path) -> None:
    """The file is sparse: it claims pages that no disk has to hold."""
    path = tmp_path / "large.sqlite"
    with closing(sqlite3.connect(path)) as owner, owner:
        owner.execute("PRAGMA page_size = 65536")
        owner.execute("CREATE TABLE t (a)")
    pages = 300 * 1024 * 1024 // 65536
    with path.open("r+b") as file:
        file.seek(28)
        file.write(pages.to_bytes(4, "big"))
        file.truncate(pages * 65536)
    found = probed(path, Safeguard.INTEGRITY)
    assert found.held is None
    assert "too large" in found.words


def link(cipher: str | None = None, *, socket: bool = False, loopback: bool = False) -> Link:
    return Link(cipher, socket=socket, loopback=loopback, remedy="add TLS")


@pytest.mark.parametrize(
    ("url", "way", "held"),
    [
        ("postgresql://db.example/crm", link("TLSv1.3"), True),
        ("postgresql://db.example/crm", link(), False),
        ("postgresql://127.0.0.1/crm", link(loopback=True), None),
        ("postgresql:///crm", link(socket=True), True),
        ("postgresql:///crm?host=/run/postgresql", link(socket=True), True),
        ("postgresql:///crm?host=pooler.example", link(socket=True), None),
        ("mariadb+pymysql://root@localhost/crm?unix_socket=/run/m.sock", link(socket=True), True),
        ("postgresql://pooler.example/crm", link(socket=True), None),
    ],
)
def test_the_way_is_safe_if_it_is_encrypted_or_leaves_no_machine(
    url: str,
    way: Link,
    held: bool | None,  # noqa: FBT001 (what a probe says)
) -> None:
    """What a loopback address or a pooler's socket leads to, the server cannot know."""
    found = in_transit(sa.make_url(url), way)
    assert found.held is held
    assert held is True or "add TLS" in found.words


HASH = "*F33AE6DD04EF4C7C1D3105568E7FB7C1EE16C937"


@pytest.mark.parametrize(
    ("line", "held", "wider"),
    [
        (f"GRANT USAGE ON *.* TO `u`@`%` IDENTIFIED BY PASSWORD '{HASH}'", [], []),
        ("GRANT REFERENCES ON `crm`.* TO `u`@`%`", [("REFERENCES", None, None)], []),
        ("GRANT REFERENCES ON *.* TO `u`@`%`", [], ["REFERENCES on *.*"]),
        ("GRANT REFERENCES ON `hr`.* TO `u`@`%`", [], ["REFERENCES on `hr`.*"]),
        ("GRANT SELECT ON `crm`.* TO r", [("SELECT", None, None)], ["SELECT on `crm`.*"]),
        ("GRANT SELECT ON `c\\_m`.* TO r", [], ["SELECT on `c\\_m`.*"]),
        ("GRANT SELECT ON `hr`.`crm` TO r", [("SELECT", "hr.crm", None)], []),
        ("GRANT PROCESS ON *.* TO r", [("PROCESS", None, None)], []),
        ("GRANT FILE ON *.* TO r", [("FILE", None, None)], ["FILE on *.*"]),
        (
            "GRANT SELECT (`x,) ON ``y`), INSERT ON `crm`.`a,b``c ON d` TO `r` WITH GRANT OPTION",
            [("SELECT", "a,b`c ON d", "x,) ON `y"), ("INSERT", "a,b`c ON d", None)],
            ["GRANT OPTION on `crm`.`a,b``c ON d`"],
        ),
        ('GRANT DELETE ON "crm"."a""b" TO "r"', [("DELETE", 'a"b', None)], []),
        (
            "GRANT ALL PRIVILEGES ON *.* TO `root`@`%` WITH MAX_QUERIES_PER_HOUR 1 GRANT OPTION",
            [("ALL PRIVILEGES", None, None)],
            ["GRANT OPTION on *.*", "ALL PRIVILEGES on *.*"],
        ),
        ("GRANT EXECUTE ON PROCEDURE `crm`.`p` TO r", [], ["EXECUTE on PROCEDURE `crm`.`p`"]),
        ("GRANT PROXY ON ''@'%' TO 'root'@'localhost' WITH GRANT OPTION", [], ["PROXY"]),
        ("GRANT `r` TO `u`@`%`", [], []),
        ("GRANT `r` TO `u`@`%` WITH ADMIN OPTION", [], ["ADMIN OPTION on role `r`"]),
        ("SET DEFAULT ROLE `r` FOR `u`@`%`", [], []),
    ],
)
def test_a_line_of_show_grants_is_read_as_mariadb_writes_it(
    line: str, held: list[tuple[str, str | None, str | None]], wider: list[str]
) -> None:
    found = rights([line], "crm", "upheld_crm_searcher")
    assert [each[:3] for each in found.held] == held
    assert list(found.wider) == wider


def test_the_name_of_a_database_may_be_written_with_its_signs_escaped() -> None:
    for written in ("c_m", r"c\_m"):
        found = rights([f"GRANT REFERENCES ON `{written}`.* TO r"], "c_m", "s")
        assert (len(found.held), found.wider) == (1, ())


def test_what_shows_more_than_the_map_names_is_said_where_it_is_needed() -> None:
    """PROCESS is for the whole server or not at all, TRIGGER is how triggers are seen."""
    none = rights(["GRANT TRIGGER ON `hr`.* TO r"], "crm", "s")
    assert none.lacking == ("PROCESS on *.*",)
    assert none.besides == ()
    assert none.wider == ("TRIGGER on `hr`.*",)
    both = rights(["GRANT PROCESS ON *.* TO r", "GRANT TRIGGER ON `crm`.* TO r"], "crm", "s")
    assert both.lacking == both.wider == ()
    process, trigger = both.besides
    assert "the statements that others run on this server, with the values in them" in process
    assert "may also make some" in trigger
    assert rights(["GRANT ALL PRIVILEGES ON *.* TO r"], "crm", "s").lacking == ()


def test_only_who_has_the_searchers_role_may_read_every_table() -> None:
    lines = [
        "GRANT `s` TO `u`@`%`",
        "GRANT SELECT ON `crm`.* TO `s`",
        "GRANT SELECT ON `hr`.* TO r",
    ]
    found = rights(lines, "crm", "s")
    assert (found.searches, found.wider) == (True, ("SELECT on `hr`.*",))
    assert "INSERT on `crm`.*" in rights([*lines, "GRANT INSERT ON `crm`.* TO s"], "crm", "s").wider
    assert rights(lines, "crm", "t").wider == ("SELECT on `crm`.*", "SELECT on `hr`.*")


ROLES = (Role.MAPPER, Role.READER, Role.ERASER)
SERVERS = {Dialect.POSTGRESQL: "postgres_server", Dialect.MARIADB: "mariadb_server"}
TYPES = {Type.NUMBER: "INTEGER", Type.TEXT: "VARCHAR(100)", Type.DATE: "DATE"}
UNMAPPED = "not in the map"


@dataclass
class Server:
    """A database of its own on a server, with the tables of the world and one more."""

    dialect: Dialect
    admin: sa.URL
    token: str = field(default_factory=lambda: secrets.token_hex(5))
    logins: list[str] = field(default_factory=list)

    @property
    def database(self) -> str:
        assert self.admin.database
        return self.admin.database

    @property
    def mapped(self) -> StoreMap:
        text = f"kind: sql\nurl: env:X\n{WORLD.collections}"
        return parse_store(text, f"stores/t{self.token}.yaml")

    def name(self, written: str) -> str:
        """Return a name as this server takes any name."""
        sign = '"' if self.dialect is Dialect.POSTGRESQL else "`"
        return sign + written.replace(sign, sign * 2) + sign

    def role(self, role: Role) -> str:
        return self.name(role_name(self.mapped.name, role))

    def set_up(self) -> None:
        """Make tables and roles, as an administrator would."""
        for table in WORLD.tables:
            columns = [f"{self.name(each.name)} {TYPES[each.type]}" for each in table.columns]
            self.run(f"CREATE TABLE {self.name(table.name)} ({', '.join(columns)})")
        self.run(f"CREATE TABLE {self.name(UNMAPPED)} (id INTEGER)")
        if self.dialect is Dialect.POSTGRESQL:
            self.run("REVOKE ALL ON SCHEMA public FROM PUBLIC")
            self.run(f"REVOKE ALL ON DATABASE {self.database} FROM PUBLIC")
        self.run_script()

    def run_script(self, *roles: Role, by: sa.URL | None = None) -> None:
        """Run what `upheld grants` prints."""
        printed = script(self.mapped, roles or ROLES, self.dialect)
        whole = self.dialect is Dialect.POSTGRESQL
        with session(by or self.admin) as connection:
            for each in [printed] if whole else filter(str.strip, printed.split(";\n")):
                connection.exec_driver_sql(each)

    def tear_down(self, url: str) -> None:
        """Take away, once the database has gone, who could log in to it."""
        roles = [f"DROP ROLE {self.role(role)}" for role in ROLES]
        pg = self.dialect is Dialect.POSTGRESQL
        logins = [f"DROP ROLE {each}" if pg else f"DROP USER {each}@'%'" for each in self.logins]
        with session(sa.make_url(url)) as connection:
            for statement in (*logins, *roles):
                connection.exec_driver_sql(statement)

    def login(self, role: str, *at_hand: str) -> sa.URL:
        """Make a login with a role in force, and others it can take up; return its address."""
        login, password = f"u{self.token}_{len(self.logins)}", secrets.token_hex(16)
        self.logins.append(login)
        if self.dialect is Dialect.POSTGRESQL:
            inherit = "NOINHERIT" if at_hand else "INHERIT"
            self.run(f"CREATE ROLE {login} LOGIN {inherit} PASSWORD '{password}'")
            if at_hand:
                self.run(f"GRANT CONNECT ON DATABASE {self.database} TO {login}")
            self.run(*(f"GRANT {each} TO {login}" for each in (role, *at_hand)))
        else:
            self.run(f"CREATE USER {login}@'%' IDENTIFIED BY '{password}'")
            self.run(*(f"GRANT {each} TO {login}@'%'" for each in (role, *at_hand)))
            self.run(f"SET DEFAULT ROLE {role} FOR {login}@'%'")
        return self.admin.set(username=login, password=password)

    def run(self, *statements: str) -> None:
        with session(self.admin) as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    def guards(self, url: sa.URL) -> Guards:
        with session(url) as connection:
            found = guards(connection, self.mapped)
            assert url.password is None or str(url.password) not in repr(found)
            return found

    def rights(self, url: sa.URL) -> Probe:
        found = self.guards(url).probe(RIGHTS)
        assert found is not None
        return found


@contextmanager
def session(url: sa.URL) -> Iterator[sa.Connection]:
    """Open a session in which each statement stands alone, and is sent as it is written."""
    options = {"no_parameters": True, "isolation_level": "AUTOCOMMIT"}
    engine = sa.create_engine(url, poolclass=sa.NullPool, execution_options=options)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture(scope="module", params=list(Dialect))
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    given: servers.Server = request.getfixturevalue(SERVERS[request.param])
    with given.database() as url:
        server = Server(request.param, sa.make_url(url))
        server.set_up()
        yield server
    server.tear_down(given.url)


def test_the_eraser_may_do_what_the_map_needs_and_no_more(server: Server) -> None:
    found = server.rights(server.login(server.role(Role.ERASER)))
    assert found.held is True
    assert "lacks" not in found.words, found.words


def test_the_reader_and_the_mapper_hold_less_and_it_is_said_what(server: Server) -> None:
    reader = server.rights(server.login(server.role(Role.READER)))
    assert reader.held is True
    assert f"DELETE on `{ORDERS}`" in reader.words
    assert "SELECT" not in reader.words
    mapper = server.rights(server.login(server.role(Role.MAPPER)))
    assert mapper.held is True
    assert "SELECT, UPDATE (`e-mail`), UPDATE (`select`)" in mapper.words
    assert f"`upheld grants {server.mapped.name}`" in mapper.words


def test_a_role_can_do_its_work_and_is_refused_anything_else(server: Server) -> None:
    people, genre = server.name(PEOPLE), server.name(GENRES)
    does = {
        Role.READER: f"SELECT * FROM {people}",
        Role.ERASER: f"UPDATE {people} SET {server.name('e-mail')} = 'x' WHERE 1 = 0",
    }
    refused = {
        Role.MAPPER: f"SELECT * FROM {genre}",
        Role.READER: f"DELETE FROM {server.name(ORDERS)} WHERE 1 = 0",
        Role.ERASER: f"UPDATE {people} SET id = 1 WHERE 1 = 0",
    }
    for role in ROLES:
        url = server.login(server.role(role))
        with session(url) as connection:
            table = read_schema(connection).tables[INVOICES]
            assert table.column("issued"), "each role reads the catalogue"
            if role in does:
                connection.exec_driver_sql(does[role])
            with pytest.raises(sa.exc.DBAPIError):
                connection.exec_driver_sql(refused[role])


@pytest.mark.slow
def test_what_each_of_them_may_do_too_much_is_seen_and_named(server: Server) -> None:
    people, both = server.name(PEOPLE), f"{server.name(GENRES)}"
    unmapped = server.name(UNMAPPED)
    extras = {
        f"INSERT ON {both}": f"INSERT on `{GENRES}`",
        f"SELECT ON {unmapped}": f"SELECT on `{UNMAPPED}`",
        f"UPDATE (id) ON {people}": f"UPDATE (`id`) on `{PEOPLE}`",
        f"UPDATE ON {people}": f"UPDATE on `{PEOPLE}`",
        f"DELETE ON {people}": f"DELETE on `{PEOPLE}`",
        f"REFERENCES ON {people}": f"REFERENCES on `{PEOPLE}`",
        f"TRIGGER ON {people}": f"TRIGGER on `{PEOPLE}`",
        f"INSERT ({server.name('e-mail')}) ON {people}": f"INSERT (`e-mail`) on `{PEOPLE}`",
    }
    if server.dialect is Dialect.POSTGRESQL:
        extras[f"TRUNCATE ON {people}"] = f"TRUNCATE on `{PEOPLE}`"
        extras["CREATE ON SCHEMA public"] = "CREATE on schema `public`"
        extras[f"CREATE ON DATABASE {server.database}"] = "CREATE on the database"
        extras["pg_read_server_files"] = "role `pg_read_server_files`"
    else:
        extras["SELECT ON *"] = f"SELECT on `{server.database}`.*"
        extras["FILE ON *.*"] = "FILE on *.*"
    role = server.role(Role.ERASER)
    url = server.login(role)
    for extra, said in extras.items():
        server.run(f"GRANT {extra} TO {role}")
        found = server.rights(url)
        server.run(f"REVOKE {extra} FROM {role}")
        assert found.held is False, extra
        assert said in found.words, extra
        server.run_script()
        assert server.rights(url).held is True, f"{extra} is taken back"


def test_a_sequence_and_a_function_with_its_owners_rights_count(server: Server) -> None:
    """In MariaDB a sequence is a table, and a routine is another's only if it is granted."""
    role, further = server.role(Role.READER), server.name("further")
    url = server.login(role)
    if server.dialect is Dialect.MARIADB:
        server.run(f"CREATE SEQUENCE {further}", f"GRANT INSERT ON {further} TO {role}")
        assert "INSERT on `further`" in server.rights(url).words
        server.run_script()
        server.run(f"DROP SEQUENCE {further}")
        assert server.rights(url).held is True
        return
    server.run(
        f"CREATE SCHEMA {further}",
        f"CREATE SEQUENCE {further}.seq",
        f"CREATE TABLE {further}.more (id INTEGER)",
        f"CREATE FUNCTION {further}.f(a INTEGER) RETURNS INTEGER SECURITY DEFINER "
        "LANGUAGE sql AS 'SELECT 1'",
        f"GRANT USAGE ON SCHEMA {further} TO {role}",
    )
    public = server.rights(url)
    server.run(f"REVOKE EXECUTE ON FUNCTION {further}.f FROM PUBLIC")
    assert public.held is False
    assert "EXECUTE on `further.f`, which runs with the rights of `" in public.words
    extras = {
        f"ALL ON SEQUENCE {further}.seq": "USAGE on sequence `further.seq`",
        f"EXECUTE ON FUNCTION {further}.f": "EXECUTE on `further.f`",
        f"CREATE, USAGE ON SCHEMA {further}": "CREATE on schema `further`",
        f"INSERT ON {further}.more": "INSERT on `further.more`",
        f"UPDATE (id) ON {further}.more": "UPDATE (`id`) on `further.more`",
    }
    for extra, said in extras.items():
        server.run(f"GRANT {extra} TO {role}", f"GRANT USAGE ON SCHEMA {further} TO {role}")
        assert said in server.rights(url).words, extra
        server.run_script()
        assert server.rights(url).held is True, f"{extra} is taken back"
    server.run(f"DROP SCHEMA {further} CASCADE")


def test_who_cannot_take_a_right_back_is_refused_by_the_script_and_not_left_believing_it(
    server: Server,
) -> None:
    """PostgreSQL only warns of a REVOKE that revoked nothing."""
    role = server.role(Role.READER)
    url = server.login(role)
    said = "cannot be taken" if server.dialect is Dialect.POSTGRESQL else "denied"
    with pytest.raises(sa.exc.DBAPIError, match=said):
        server.run_script(Role.READER, by=url)
    assert server.rights(url).held is True


def test_running_the_script_again_takes_back_what_a_table_needs_no_more(server: Server) -> None:
    role = server.role(Role.READER)
    url = server.login(role)
    server.run(f"GRANT DELETE, INSERT ON {server.name(GENRES)} TO {role}")
    assert server.rights(url).held is False
    server.run_script()
    assert server.rights(url).held is True


def test_what_may_be_passed_on_is_too_much(server: Server) -> None:
    role = server.role(Role.READER)
    url = server.login(role)
    server.run(f"GRANT SELECT ON {server.name(GENRES)} TO {role} WITH GRANT OPTION")
    found = server.rights(url)
    server.run(f"REVOKE GRANT OPTION FOR SELECT ON {server.name(GENRES)} FROM {role}") if (
        server.dialect is Dialect.POSTGRESQL
    ) else server.run_script()
    assert found.held is False
    assert "GRANT OPTION on" in found.words
    assert server.rights(url).held is True


def test_a_role_that_is_at_hand_and_not_in_force_counts_and_stays_so(server: Server) -> None:
    genre = server.name(GENRES)
    mighty, above = f"upheld_{server.token}_mighty", f"upheld_{server.token}_above"
    server.run(f"CREATE ROLE {mighty}", f"CREATE ROLE {above}", f"GRANT {mighty} TO {above}")
    server.run(f"GRANT INSERT ON {genre} TO {mighty}")
    try:
        with session(server.login(server.role(Role.MAPPER), above)) as connection:
            found = guards(connection, server.mapped).probe(RIGHTS)
            with pytest.raises(sa.exc.DBAPIError):
                connection.exec_driver_sql(f"INSERT INTO {genre} VALUES (1, 'x')")
    finally:
        server.run(f"REVOKE INSERT ON {genre} FROM {mighty}")
        server.run(f"DROP ROLE {above}", f"DROP ROLE {mighty}")
    assert found is not None
    assert found.held is False
    assert f"INSERT on `{GENRES}`" in found.words


def test_an_administrator_may_do_too_much(server: Server) -> None:
    found = server.rights(server.admin)
    assert found.held is False
    known = {Dialect.POSTGRESQL: "needs: superuser; revoke that,"}
    sign = known.get(server.dialect, "ALL PRIVILEGES on *.*")
    assert sign in found.words


def test_the_owner_of_a_table_may_do_too_much(server: Server) -> None:
    if server.dialect is Dialect.MARIADB:
        with session(server.admin) as connection:
            assert connection.exec_driver_sql("SELECT 1").scalar() == 1, (
                "no table has an owner here"
            )
        return
    url = server.login(server.role(Role.ERASER))
    table = server.name(UNMAPPED)
    server.run(f"ALTER TABLE {table} OWNER TO {url.username}")
    found = server.rights(url)
    server.run(f"ALTER TABLE {table} OWNER TO CURRENT_USER")
    assert found.held is False
    assert f"owner of `{UNMAPPED}`" in found.words


def test_a_session_over_the_servers_own_socket_travels_nowhere(server: Server) -> None:
    asked = {
        Dialect.POSTGRESQL: "SELECT split_part(current_setting('unix_socket_directories'), ',', 1)"
        ", current_setting('port')",
        Dialect.MARIADB: "SELECT @@socket, @@port",
    }
    with session(server.admin) as connection:
        place, port = map(str, connection.exec_driver_sql(asked[server.dialect]).one())
    pg = server.dialect is Dialect.POSTGRESQL
    assert Path(place).exists(), "the server that is tested with runs on this machine"
    admin = server.admin
    url = sa.URL.create(
        admin.drivername,
        admin.username,
        admin.password,
        database=server.database,
        query={"host": place, "port": port} if pg else {"unix_socket": place},
    )
    found = server.guards(url).probe(IN_TRANSIT)
    assert found is not None
    assert found.held is True


def test_a_session_over_tcp_is_safe_only_with_tls(server: Server) -> None:
    found = server.guards(server.admin).probe(IN_TRANSIT)
    assert found is not None
    assert (found.held is True) == ("encrypted:" in found.words), found.words


def test_a_server_says_whether_damage_on_its_disk_would_be_seen(server: Server) -> None:
    found = server.guards(server.login(server.role(Role.MAPPER))).probe(Safeguard.INTEGRITY)
    assert found is not None
    assert found.held in {True, None}
    assert "checksum" in found.words
