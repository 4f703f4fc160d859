"""The servers of one run of the tests, which all of its processes share.

Whoever asks for a server first starts a keeper, a process of its own: the run's end, be it a
`kill -9`, releases a lock that the keeper waits for, and its servers end with the keeper.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from tests.servers import of_mariadb, of_postgresql
from tests.servers.demands import NAMED_BY, Missing, named
from tests.servers.locks import await_release, held, is_free
from tests.servers.machine import MEMORY, folder
from tests.servers.server import Server
from upheld.model import Dialect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.private import Private

VARIABLE = "UPHELD_TEST_RUN"
PREFIX = "upheld-tests-"
ALIVE = "alive"
ROOT = Path(__file__).parents[2]


def postgres() -> Server:
    """Return the PostgreSQL that `UPHELD_TEST_POSTGRES` names, or the run's own."""
    return given(Dialect.POSTGRESQL)


def mariadb() -> Server:
    """Return the MariaDB that `UPHELD_TEST_MARIADB` names, or the run's own."""
    return given(Dialect.MARIADB)


@contextmanager
def private_postgres(**settings: str) -> Iterator[Private]:
    """Give a PostgreSQL that nobody else uses, durable as a real one, with settings of its own."""
    with of_postgresql.private(of_run(), durable=True, more=settings) as server:
        yield server


@contextmanager
def private_mariadb() -> Iterator[Private]:
    """Give a MariaDB that nobody else uses, durable as a real one."""
    with of_mariadb.private(of_run(), durable=True) as server:
        yield server


@contextmanager
def running() -> Iterator[Path]:
    """Let this process and those it starts ask for servers, until it ends."""
    sweep()
    place, before = folder(PREFIX), os.environ.get(VARIABLE)
    os.environ[VARIABLE] = str(place)
    try:
        with alive(place):
            yield place
    finally:
        for keeper in place.glob("*.kept"):
            await_release(keeper)
        del os.environ[VARIABLE]
        os.environ.update({VARIABLE: before} if before else {})
        shutil.rmtree(place, ignore_errors=True)


def notes() -> list[str]:
    """Return what was said of the run's servers that somebody should read."""
    return [each.read_text("utf-8") for each in sorted(of_run().glob("*.note"))]


@contextmanager
def alive(place: Path) -> Iterator[None]:
    """Hold the lock that says so; whoever sweeps sees it held or not at all."""
    unseen = place / f"{ALIVE}.new"
    with held(unseen):
        unseen.rename(place / ALIVE)
        yield


def sweep() -> None:
    """Take away what runs left that were killed."""
    for base in {Path(tempfile.gettempdir()), Path("/var/tmp"), MEMORY}:  # noqa: S108
        for place in base.glob(f"{PREFIX}*"):
            if is_free(place / ALIVE) and all(is_free(each) for each in place.glob("*.kept")):
                shutil.rmtree(place, ignore_errors=True)


def of_run() -> Path:
    """Return the folder of the run that this process belongs to."""
    place = os.environ.get(VARIABLE)
    if not place:
        raise RuntimeError("servers belong to a run: `with tests.servers.running():`")
    return Path(place)


def given(dialect: Dialect) -> Server:
    """Return the server that a variable names, else the run's, which the first to ask starts."""
    url = named(dialect)
    if url is not None:
        return _answering(Server(dialect, url))
    place = of_run()
    address = place / f"{dialect}.url"
    with held(place / f"{dialect}.starting"):
        if not address.exists():
            address.write_text(keep(dialect, place), encoding="utf-8")
    return Server(dialect, address.read_text("utf-8"))


def _answering(server: Server) -> Server:
    """Return a server that somebody named, once it has answered; what it is called stays unsaid."""
    try:
        server.run("SELECT 1")
    except sa.exc.DBAPIError:
        raise Missing(
            f"the server that `{NAMED_BY[server.dialect]}` names does not answer, or does not let "
            "its role in: look whether it runs, and at host, port, role and password"
        ) from None
    return server


def keep(dialect: Dialect, place: Path) -> str:
    """Start a keeper that outlives this process and not the run; return its server's URL."""
    look_for(dialect)
    reading, writing = os.pipe()
    log = place / f"{dialect}.log"
    os.posix_spawn(  # and not Popen, which would want to see it end
        sys.executable,
        [sys.executable, "-m", "tests.servers.keeper", dialect, str(place)],
        os.environ | {"PYTHONPATH": os.pathsep.join((str(ROOT), *sys.path))},
        setsid=True,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_DUP2, writing, 1),
            (os.POSIX_SPAWN_OPEN, 2, str(log), os.O_WRONLY | os.O_CREAT, 0o600),
        ],
    )
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as said:
        url = said.read()
    if not url:
        raise RuntimeError(f"the server did not start\n{log.read_text('utf-8', 'replace')}")
    return url


def look_for(dialect: Dialect) -> None:
    """See that there is such a server to start, here where it can be told."""
    match dialect:
        case Dialect.POSTGRESQL:
            of_postgresql.find_binaries()
        case Dialect.MARIADB:
            of_mariadb.find_programs()
