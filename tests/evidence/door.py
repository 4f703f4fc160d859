"""The way into the homes of the tests."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from upheld.evidence.home import SqlHome
from upheld.evidence.keys import Keys
from upheld.ports import Clock, Fold

ORIGIN = "acme.example/privacy"
KEYS = Keys(b"h" * 32, b"w" * 32, b"l" * 32)


class UrlDoor:
    """Opens the home at one address; `close` closes all that it opened."""

    def __init__(self, url: str, keys: Keys = KEYS, origin: str = ORIGIN) -> None:
        """Choose an address and who opens."""
        self.url = url
        self.keys = keys
        self.origin = origin
        self.opened: list[SqlHome] = []

    def __reduce__(self) -> tuple[type[UrlDoor], tuple[str, Keys, str]]:
        """Take no open home to another process."""
        return UrlDoor, (self.url, self.keys, self.origin)

    def __call__(self, clock: Clock, folds: Sequence[Fold]) -> SqlHome:
        """Open the home, or make it."""
        way = SqlHome.open if SqlHome.is_there(self.url) else SqlHome.create
        home = way(self.url, self.keys, origin=self.origin, clock=clock, folds=folds)
        self.opened.append(home)
        return home

    def close(self) -> None:
        """Let go of all homes."""
        for home in self.opened:
            home.close()


class SqlDoor(UrlDoor):
    """Opens the home in a file of one folder."""

    def __init__(self, folder: Path, keys: Keys = KEYS, origin: str = ORIGIN) -> None:
        """Choose a folder and who opens."""
        self.file = folder / "home.sqlite"
        super().__init__(f"sqlite:///{self.file}", keys, origin)


@contextmanager
def lesser_role(url: str) -> Iterator[str]:
    """Give the address of a role that may write to all tables of a home to come, and owns none."""
    name = f"lesser_{secrets.token_hex(6)}"
    rights = "ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO"
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE ROLE {name} LOGIN")
        connection.exec_driver_sql(f"{rights} {name}")
    yield str(sa.make_url(url).set(username=name))
    with engine.begin() as connection:
        connection.exec_driver_sql(f"DROP OWNED BY {name}")
        connection.exec_driver_sql(f"DROP ROLE {name}")
    engine.dispose()
