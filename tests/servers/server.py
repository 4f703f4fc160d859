"""A database server as tests see one: an administrator's URL, and fresh databases."""

from __future__ import annotations

import secrets
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import sqlalchemy as sa

from upheld.model import Dialect

if TYPE_CHECKING:
    from collections.abc import Iterator

CREATE = {
    Dialect.POSTGRESQL: "CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'"
    " LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'",
    Dialect.MARIADB: "CREATE DATABASE {} CHARACTER SET utf8mb4",
}
DROP = {
    Dialect.POSTGRESQL: "DROP DATABASE IF EXISTS {} WITH (FORCE)",
    Dialect.MARIADB: "DROP DATABASE IF EXISTS {}",
}


@dataclass
class Server:
    """A server on which whoever logs in with `url` may make databases and roles."""

    dialect: Dialect
    url: str = field(repr=False)

    @contextmanager
    def database(self) -> Iterator[str]:
        """Give the URL of a fresh, empty database, which is dropped whoever still uses it."""
        name = f"upheld_{secrets.token_hex(6)}"
        self.run(CREATE[self.dialect].format(name))
        try:
            yield self.within(name)
        finally:
            if self.dialect is Dialect.MARIADB:
                self._end_sessions(name)
            self.run(DROP[self.dialect].format(name))

    def within(self, database: str) -> str:
        """Return the administrator's URL of a database."""
        return sa.make_url(self.url).set(database=database).render_as_string(hide_password=False)

    def engine(self, url: str | None = None) -> sa.Engine:
        """Return an engine that keeps no connection, so that nothing has to be disposed of."""
        return sa.create_engine(url or self.url, poolclass=sa.NullPool)

    def run(self, *statements: str, url: str | None = None) -> None:
        """Run statements as they are written, each in a transaction of its own."""
        options = {"isolation_level": "AUTOCOMMIT", "no_parameters": True}
        engine = self.engine(url).execution_options(**options)
        with engine.connect() as connection:
            for each in statements:
                connection.exec_driver_sql(each)

    def _end_sessions(self, database: str) -> None:
        """End who is still there: MariaDB would wait for as long as they read."""
        asked = sa.text("SELECT id FROM information_schema.processlist WHERE db = :db")
        with self.engine().connect() as connection:
            for id in connection.scalars(asked, {"db": database}).all():
                with suppress(sa.exc.OperationalError):  # it has just ended by itself
                    connection.exec_driver_sql(f"KILL {id}")
