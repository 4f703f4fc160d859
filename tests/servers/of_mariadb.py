"""A private MariaDB: Debian's package, which root installs where it is missing."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.servers.demands import WITHOUT, Missing
from tests.servers.machine import home, program
from tests.servers.private import Kind, Private, started
from upheld.model import Dialect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.machine import Home

USERS = ("mysql",)
INSTALL = "apt-get install -y --no-install-recommends mariadb-server"
MISSING = (
    f"no MariaDB can be started here: as root, run `{INSTALL}`, or name one by "
    f"`UPHELD_TEST_MARIADB`; `{WITHOUT}=mariadb` leaves its tests out"
)
# Debian asks this file whether a package may start its service; 101 is no.
SERVICES = Path("/usr/sbin/policy-rc.d")
NO_SERVICES = "#!/bin/sh\nexit 101\n"
SMALL = {
    "innodb-buffer-pool-size": "64M",
    "innodb-log-file-size": "32M",
    "aria-pagecache-buffer-size": "8M",
    "key-buffer-size": "8M",
    "performance-schema": "OFF",
    "max-connections": "200",
}
HASTE = {"innodb-flush-log-at-trx-commit": "0", "sync-frm": "0", "innodb-flush-method": "nosync"}
# An anonymous user of this machine would be taken for any user who may come from everywhere.
FIRST = "DELETE FROM mysql.global_priv WHERE User = '';\nFLUSH PRIVILEGES;\n"


@contextmanager
def private(within: Path, *, durable: bool) -> Iterator[Private]:
    """Give a new server; `durable` makes it write to the disk as a real one."""
    install, server = find_programs()
    with home(within, *USERS) as place:
        first = place.place / "first.sql"
        first.write_text(FIRST, encoding="utf-8")
        first.chmod(0o644)
        place.run(
            *(install, "--no-defaults", f"--datadir={place.place / 'data'}"),
            f"--tmpdir={place.place}",  # two that are made at once would share names in /tmp
            *("--auth-root-authentication-method=normal", "--skip-test-db"),
        )
        with started(kind(server, SMALL | ({} if durable else HASTE)), place) as running:
            yield running


def kind(server: Path, settings: dict[str, str]) -> Kind:
    """Return how a MariaDB is run; SIGKILL ends it as a crash would."""

    def command(home: Home, port: int) -> list[str | Path]:
        at = home.place
        return [
            *(server, "--no-defaults", f"--datadir={at / 'data'}", f"--init-file={at}/first.sql"),
            *(f"--socket={at / 'socket'}", f"--pid-file={at / 'pid'}", f"--tmpdir={at}"),
            *("--skip-networking=0", "--bind-address=127.0.0.1", f"--port={port}"),
            *(f"--{name}={value}" for name, value in settings.items()),
        ]

    return Kind(
        Dialect.MARIADB,
        command,
        url="mariadb+pymysql://root@127.0.0.1:{}/mysql".format,
        socket=lambda home, _: home.place / "socket",
        gently=signal.SIGTERM,
        at_once=signal.SIGKILL,
    )


def find_programs() -> tuple[Path, Path]:
    """Return what makes the data folder and what serves it, once both are installed."""
    found = program("mariadb-install-db"), program("mariadbd")
    if None in found and os.geteuid() == 0 and program("apt-get"):
        install()
        found = program("mariadb-install-db"), program("mariadbd")
    match found:
        case (Path() as prepare, Path() as serve):
            return prepare, serve
    raise Missing(MISSING)


def install() -> None:
    """Install the package, and let it start no server of its own."""
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    with no_services():
        for command in ("apt-get update -qq", INSTALL):
            done = subprocess.run(
                command.split(), env=quiet, capture_output=True, text=True, check=False
            )
            if done.returncode:
                raise Missing(f"{MISSING}\n`{command}` failed: {done.stderr[-2000:]}")


@contextmanager
def no_services() -> Iterator[None]:
    """Hold services back, unless whoever keeps this machine has a policy of their own."""
    if SERVICES.exists():
        yield
        return
    SERVICES.write_text(NO_SERVICES, encoding="utf-8")
    SERVICES.chmod(0o755)
    try:
        yield
    finally:
        SERVICES.unlink()
