"""Gives tests real servers, lets assertions explain themselves, fails no law for slowness."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests import servers
from tests.servers.demands import NOT_TESTED, check, left_out
from upheld.model import Dialect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytest.register_assert_rewrite("upheld.conformance", "tests.stores.shop")

# How long an example takes says more about the machine than about the code: `make bench` measures.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


def pytest_configure(config: pytest.Config) -> None:
    """Open a run for servers; its workers join it."""
    try:
        check(os.environ)
    except ValueError as wrong:
        raise pytest.UsageError(str(wrong)) from None
    if not hasattr(config, "workerinput"):
        run = ExitStack()
        run.enter_context(servers.running())
        config.add_cleanup(run.close)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was not tested, or otherwise than usual, where the result is read."""
    for note in servers.notes():
        terminalreporter.write_sep("!", note, yellow=True, bold=True)
    reports = terminalreporter.getreports("skipped")
    for each in sorted(left_out(os.environ)):
        count = sum(NOT_TESTED.format(each) in str(report.longrepr) for report in reports)
        words = f"{NOT_TESTED.format(each)}: {count} tests, left out by UPHELD_TEST_WITHOUT"
        terminalreporter.write_sep("!", words, red=True, bold=True)


def asked(dialect: Dialect, ask: Callable[[], servers.Server]) -> servers.Server:
    """Return a server, or fail with what would give one, or skip if somebody chose to."""
    if dialect in left_out(os.environ):
        pytest.skip(f"{NOT_TESTED.format(dialect)}: UPHELD_TEST_WITHOUT leaves it out")
    try:
        return ask()
    except servers.Missing as missing:
        pytest.fail(str(missing), pytrace=False)


@pytest.fixture(scope="session")
def postgres_server() -> servers.Server:
    """Give a PostgreSQL that this run's tests share."""
    return asked(Dialect.POSTGRESQL, servers.postgres)


@pytest.fixture(scope="session")
def mariadb_server() -> servers.Server:
    """Give a MariaDB that this run's tests share."""
    return asked(Dialect.MARIADB, servers.mariadb)


@pytest.fixture
def postgres_url(postgres_server: servers.Server) -> Iterator[str]:
    """Give a fresh, empty database of PostgreSQL."""
    with postgres_server.database() as url:
        yield url


@pytest.fixture
def mariadb_url(mariadb_server: servers.Server) -> Iterator[str]:
    """Give a fresh, empty database of MariaDB."""
    with mariadb_server.database() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give a fresh, empty database of each kind in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'fresh.sqlite'}"
    fixture = {"postgresql": "postgres_url", "mariadb": "mariadb_url"}[request.param]
    url: str = request.getfixturevalue(fixture)
    return url
