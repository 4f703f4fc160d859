"""Gives the processes that are killed, and the companies they work for."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.crash.processes import Processes, processes
from tests.crash.world import Database, World, founded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers import Server

WHERE = {
    "all in files": (None, None),
    "shop on PostgreSQL": (None, "postgres_server"),
    "shop on MariaDB": (None, "mariadb_server"),
    "home and shop on PostgreSQL": ("postgres_server", "postgres_server"),
    "home on PostgreSQL, shop on MariaDB": ("postgres_server", "mariadb_server"),
}
"""Where home and the shop are; the web log is always a file."""

LATER = {"shop on PostgreSQL", "home on PostgreSQL, shop on MariaDB"}
"""Pairs whose halves are tried in the others: together they are left to the slow tests."""


@pytest.fixture(scope="session")
def started() -> Iterator[Processes]:
    """Give a template of processes."""
    with processes() as template:
        yield template


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(each, marks=pytest.mark.slow) if each in LATER else each for each in WHERE
    ],
)
def world(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """Give a company in each place in turn, as it was before the request arrived."""
    yield from made(request, tmp_path_factory, *WHERE[request.param])


def made(
    request: pytest.FixtureRequest,
    place: pytest.TempPathFactory,
    home: str | None,
    shop: str | None,
) -> Iterator[World]:
    """Found a company whose home and shop are databases of these servers, or files."""
    with ExitStack() as stack:
        given = [
            stack.enter_context(database(request.getfixturevalue(each))) if each else None
            for each in (home, shop)
        ]
        yield founded(place.mktemp("world"), *given)


@contextmanager
def database(server: Server) -> Iterator[Database]:
    """Give a fresh database, and its administrator's connection."""
    engine = server.engine().engine
    with server.database() as url:
        yield Database(server, url, engine)
