"""Real servers for tests: the one a variable names, else a private one that ends with the run.

A server that merely listens is never touched. `postgres()` and `mariadb()` give the server that all
tests of a run share; `private_postgres()` and `private_mariadb()` one that nobody else uses, which
may be stopped, killed and started again.
"""

from __future__ import annotations

from tests.servers.demands import Missing
from tests.servers.private import Private
from tests.servers.run import mariadb, notes, postgres, private_mariadb, private_postgres, running
from tests.servers.server import Server

__all__ = [
    "Missing",
    "Private",
    "Server",
    "mariadb",
    "notes",
    "postgres",
    "private_mariadb",
    "private_postgres",
    "running",
]
