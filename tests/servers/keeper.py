"""Keeps one server for a run of the tests: `python -m tests.servers.keeper DIALECT FOLDER`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tests.servers import of_mariadb, of_postgresql
from tests.servers.locks import await_release, held
from tests.servers.run import ALIVE
from upheld.model import Dialect

STARTS = {Dialect.POSTGRESQL: of_postgresql.private, Dialect.MARIADB: of_mariadb.private}


def keep(dialect: Dialect, place: Path) -> None:
    """Start a server, say its URL and keep it until the run has ended."""
    with held(place / f"{dialect}.kept"), STARTS[dialect](place, durable=False) as server:
        sys.stdout.write(server.url)
        sys.stdout.flush()
        os.close(1)  # whoever asked reads to the end
        await_release(place / ALIVE)


if __name__ == "__main__":
    keep(Dialect(sys.argv[1]), Path(sys.argv[2]))
