"""The company whose process is killed: a shop of several tables here or there, and a web log."""

from __future__ import annotations

import shutil
import time
from contextlib import closing
from dataclasses import dataclass
from sqlite3 import connect
from typing import TYPE_CHECKING

import sqlalchemy as sa

from tests.journeys.town import build
from upheld.model import Dialect
from upheld.stores.sql.recording import steps_table

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers import Server

HOME, SHOP = "CRASH_HOME", "CRASH_SHOP"
TABLES = {"shop": ("customers", "orders", "invoices", "transfers"), "web": ("visits",)}
PATIENCE = 30.0

_SHOP = """
CREATE TABLE customers (
  id INTEGER PRIMARY KEY, email VARCHAR(190) NOT NULL UNIQUE, full_name VARCHAR(190),
  phone VARCHAR(40), street VARCHAR(190));
CREATE TABLE orders (
  id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL,
  note VARCHAR(190), total INTEGER NOT NULL, FOREIGN KEY (customer_id) REFERENCES customers (id));
CREATE TABLE invoices (
  id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL, issued_on DATE,
  billing_name VARCHAR(190), card_token VARCHAR(40),
  FOREIGN KEY (customer_id) REFERENCES customers (id));
CREATE TABLE transfers (
  id INTEGER PRIMARY KEY, payer INTEGER, payee INTEGER, payer_note VARCHAR(190),
  payee_note VARCHAR(190), FOREIGN KEY (payer) REFERENCES customers (id),
  FOREIGN KEY (payee) REFERENCES customers (id));
CREATE INDEX orders_customer ON orders (customer_id);
CREATE INDEX invoices_customer ON invoices (customer_id);
CREATE INDEX transfers_payer ON transfers (payer);
CREATE INDEX transfers_payee ON transfers (payee)
"""
_MEASURED = {
    Dialect.POSTGRESQL: [f"ANALYZE {table}" for table in TABLES["shop"]],
    Dialect.MARIADB: [
        each
        for table in TABLES["shop"]
        for each in (f"ANALYZE TABLE {table}", f"ALTER TABLE {table} STATS_AUTO_RECALC = 0")
    ],
}
"""What keeps a server from measuring tables in its own time.

One that nobody has measured is counted: whether an erasure comes by that point would be chance.
"""
_ROWS = """
INSERT INTO customers VALUES
  (1, 'Ada@Example.com', 'Ada Lovelace-Canary', '+44 20 794600', '1 Canary Street'),
  (2, 'bob@example.com', 'Bob Byron', '+44 20 794600', '1 Canary Street'),
  (3, 'carol@example.com', 'Carol O''Brien', '+44 30 111111', '9 Elsewhere');
INSERT INTO orders VALUES (10, 1, 'for Ada Lovelace-Canary', 100), (11, 1, NULL, 200),
  (20, 2, 'for Bob', 300), (30, 3, '___', 400);
INSERT INTO invoices VALUES (100, 1, '2024-05-01', 'Ada Lovelace-Canary', 'tok_1'),
  (101, 1, '2010-05-01', 'Ada Lovelace-Canary', 'tok_2'), (200, 2, '2024-05-01', 'Bob', 'tok_3');
INSERT INTO transfers VALUES (1, 1, 2, 'of Ada', 'of Bob'), (2, 2, 1, 'of Bob', 'of Ada'),
  (3, 1, 1, 'of Ada', 'of Ada'), (4, 2, 3, 'of Bob', 'of Carol')
"""
_WEB = """
CREATE TABLE visits (id INTEGER PRIMARY KEY, visitor TEXT, page TEXT);
CREATE INDEX visits_visitor ON visits (visitor);
INSERT INTO visits VALUES (1, '1', '/pricing'), (2, '2', '/pricing'), (3, '1', '/about')
"""
_TRANSFERS_MAP = """\
  transfers:
    key: id
    people:
      - {follow: payer, to: customers, is: shared}
      - {follow: payee, to: customers, is: shared}
    fields:
      id: none
      payer_note: {category: contact, of: payer}
      payee_note: {category: contact, of: payee}
"""


@dataclass(frozen=True)
class World:
    """One company whose home and shop are files of its folder, or databases of servers."""

    folder: Path
    fresh: Path
    home: Database | None
    shop: Database | None

    @property
    def environment(self) -> dict[str, str]:
        """What its processes find in the environment."""
        named = {HOME: self.home, SHOP: self.shop}
        return {name: each.url for name, each in named.items() if each}

    @property
    def job(self) -> dict[str, object]:
        """What a process of it is told."""
        names = {sa.make_url(url).database: name for name, url in self.environment.items()}
        where = {database: {HOME: "home", SHOP: "shop"}[name] for database, name in names.items()}
        return {"folder": str(self.folder), "environment": self.environment, "names": where}

    def reset(self) -> None:
        """Make everything as it was before the request arrived."""
        self.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(self.fresh, self.folder)
        if self.shop:
            emptied = (f"DELETE FROM {table}" for table in reversed(TABLES["shop"]))
            self.shop.run(*emptied, *_ROWS.split(";\n"))
            self.shop.run("DROP TABLE IF EXISTS upheld_step", self.steps_table)
        if self.home:
            self.home.run("DROP SCHEMA public CASCADE", "CREATE SCHEMA public")

    @property
    def steps_table(self) -> str:
        """What makes the table in which the shop records steps."""
        return steps_table(self.shop.server.dialect if self.shop else None)

    def do(self, *statements: str) -> None:
        """Do to the shop what its own software would."""
        if self.shop:
            self.shop.run(*statements)
        else:
            _filled(self.folder / "shop.sqlite", ";\n".join(statements))

    def wait(self) -> None:
        """Come back when servers have noticed that a process is gone."""
        for each in (self.home, self.shop):
            if each:
                each.wait()


@dataclass(frozen=True)
class Database:
    """A database of a server, and a connection of its administrator."""

    server: Server
    url: str
    engine: sa.Engine

    def run(self, *statements: str) -> None:
        """Run statements in one transaction."""
        with self.server.engine(self.url).begin() as connection:
            for each in statements:
                connection.exec_driver_sql(each)

    def wait(self) -> None:
        """Come back when nobody is connected."""
        patience = time.monotonic() + PATIENCE
        while self.sessions() and time.monotonic() < patience:
            time.sleep(0.002)
        assert not self.sessions(), "a process that was killed has left a session"

    def sessions(self) -> int:
        """Return how many sessions the database has."""
        asked = {
            Dialect.POSTGRESQL: "SELECT count(*) FROM pg_stat_activity WHERE datname = :name"
            " AND backend_type = 'client backend'",
            Dialect.MARIADB: "SELECT count(*) FROM information_schema.processlist WHERE db = :name",
        }[self.server.dialect]
        with self.engine.connect() as connection:
            name = sa.make_url(self.url).database
            return int(connection.scalar(sa.text(asked), {"name": name}) or 0)


def founded(place: Path, home: Database | None, shop: Database | None) -> World:
    """Found the company in a folder; its databases are empty ones."""
    town = build(place / "fresh")
    (town.folder / "shop.sqlite").unlink()
    (town.folder / "web.sqlite").unlink()
    _filled(town.folder / "web.sqlite", f"{_WEB};\n{steps_table()}")
    mapped = town.folder / "stores" / "shop.yaml"
    mapped.write_text(mapped.read_text("utf-8") + _TRANSFERS_MAP, "utf-8")
    if home:
        town.edit("upheld.toml", "sqlite:///home.sqlite", f"env:{HOME}")
    if shop:
        town.edit("stores/shop.yaml", "sqlite:///shop.sqlite", f"env:{SHOP}")
        shop.run(*_SHOP.split(";\n"), *_ROWS.split(";\n"))
        shop.run(*_MEASURED[shop.server.dialect])
    else:
        _filled(town.folder / "shop.sqlite", f"{_SHOP};\n{_ROWS};\n{steps_table()}")
    return World(place / "town", town.folder, home, shop)


def _filled(file: Path, statements: str) -> None:
    with closing(connect(file)) as connection:
        connection.executescript(statements)
