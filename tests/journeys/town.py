"""A small company to test with: two databases, a checklist, an officer, and a clock that obeys."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from upheld.app import Upheld
from upheld.cli.main import main

ADA = "ada@example.com"
"""The person the tests answer; BOB shares her household and her telephone."""
BOB = "bob@example.com"
CANARIES = ("ada@example.com", "Lovelace-Canary", "4420794600", "Canary Street")

_SHOP = """
CREATE TABLE customers (
  id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, full_name TEXT, phone TEXT, street TEXT);
CREATE INDEX customers_email ON customers (lower(email));
CREATE TABLE orders (
  id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id),
  note TEXT, total INTEGER NOT NULL);
CREATE INDEX orders_customer ON orders (customer_id);
CREATE TABLE invoices (
  id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id),
  issued_on DATE, billing_name TEXT, card_token TEXT);
CREATE INDEX invoices_customer ON invoices (customer_id);
INSERT INTO customers VALUES
  (1, 'Ada@Example.com', 'Ada Lovelace-Canary', '+44 20 794600', '1 Canary Street'),
  (2, 'bob@example.com', 'Bob Byron', '+44 20 794600', '1 Canary Street'),
  (3, 'carol@example.com', 'Carol O''Brien %', '+44 30 111111', '9 Elsewhere');
INSERT INTO orders VALUES (10, 1, 'for Ada Lovelace-Canary', 100), (11, 1, NULL, 200),
  (20, 2, 'for Bob', 300), (30, 3, '___', 400);
INSERT INTO invoices VALUES (100, 1, '2024-05-01', 'Ada Lovelace-Canary', 'tok_1'),
  (101, 1, '2010-05-01', 'Ada Lovelace-Canary', 'tok_2'), (200, 2, '2024-05-01', 'Bob', 'tok_3');
"""
_WEB = """
CREATE TABLE visits (id INTEGER PRIMARY KEY, visitor TEXT, page TEXT);
CREATE INDEX visits_visitor ON visits (visitor);
INSERT INTO visits VALUES (1, '1', '/pricing'), (2, '2', '/pricing'), (3, '1', '/about');
"""
_SHOP_MAP = """\
kind: sql
url: sqlite:///shop.sqlite
collections:
  customers:
    key: id
    person: yes
    people:
      - {match: email, identity: email, is: about}
      - {match: id, identity: "account:shop", is: about}
    erase: fields
    fields:
      id: {category: account, identity: "account:shop", erase: leave}
      email: {category: contact, identity: email, erase: replace}
      full_name: {category: contact, identity: name}
      phone: {category: contact, identity: phone}
      street: contact
  orders:
    key: id
    people: [{follow: customer_id, to: customers, is: about}]
    fields: {id: none, customer_id: none, note: commercial, total: commercial}
  invoices:
    key: id
    people: [{follow: customer_id, to: customers, is: about}]
    keep: {under: retain.legal-tax, from: issued_on}
    fields:
      id: none
      customer_id: none
      issued_on: financial
      billing_name: contact
      card_token: {category: financial, secret: yes, erase: blank}
"""
_WEB_MAP = """\
kind: sql
url: sqlite:///web.sqlite
collections:
  visits:
    key: id
    people: [{match: visitor, identity: "account:shop", is: about, stored: normalised}]
    fields: {id: none, visitor: network_activity, page: network_activity}
"""
HELP_DESK = """\
kind: manual
within: 10 days
tasks:
  access: [Search the help desk for the person's address, Export every ticket found]
  erase: [Search the help desk for the person's address, Delete every ticket found]
"""


class TownClock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.instant = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.instant += timedelta(milliseconds=1)
        return self.instant

    def move(self, by: timedelta) -> None:
        """Move the clock."""
        self.instant += by


@dataclass(frozen=True)
class Town:
    """A company's folder with an officer's key, and what tests do in it."""

    folder: Path
    clock: TownClock

    @property
    def key(self) -> Path:
        """The officer's private key."""
        return self.folder / "keys" / "officer"

    def open(self) -> Upheld:
        """Open the folder under the town's clock."""
        return Upheld.open(self.folder, clock=self.clock)

    def rows(self, database: str, table: str) -> list[tuple[object, ...]]:
        """Return every row of a table, raw."""
        with closing(sqlite3.connect(self.folder / f"{database}.sqlite")) as connection:
            return connection.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall()

    def run_sql(self, database: str, statements: str) -> None:
        """Do to a database what the company's own software would."""
        with closing(sqlite3.connect(self.folder / f"{database}.sqlite")) as connection:
            connection.executescript(statements)

    def edit(self, name: str, old: str, new: str) -> None:
        """Edit a file of the folder, and see that there was something to edit."""
        path = self.folder / name
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new), "utf-8")

    def erase(self, email: str = ADA, **options: object) -> str:
        """Answer a request to erase from beginning to end; return its id."""
        return self._answer("erase", email, options)

    def access(self, email: str = ADA, **options: object) -> str:
        """Answer a request for a copy from beginning to end; return its id."""
        return self._answer("access", email, options)

    def _answer(self, right: str, email: str, options: dict[str, object]) -> str:
        from upheld.model import Regime, Right  # noqa: PLC0415

        regime = Regime(str(options.get("regime", "gdpr")))
        with self.open() as upheld:
            request = upheld.open_request(Right(right), [f"email={email}"], regime=regime)
            upheld.plan(request.id)
            upheld.sign(request.id, self.key)
            upheld.apply(request.id)
        return request.id

    def verdict(self, clause: str) -> tuple[str, str]:
        """Return the verdict of a clause now, and its evidence as one text."""
        with self.open() as upheld:
            found = next(each for each in upheld.check() if each.id == clause)
        return found.verdict, "; ".join(found.evidence)

    def run(self, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
        """Run a command as a person would; return its exit status and all it printed."""
        capsys.readouterr()
        status = 0
        try:
            main([*words, "--dir", str(self.folder)])
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 1
        shown = capsys.readouterr()
        return status, shown.out + shown.err


def build(folder: Path) -> Town:
    """Make the company's folder with `upheld init`, then its databases, map and officer."""
    main_quietly(["init", str(folder)])
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    (folder / "keys" / "officer").write_bytes(private)
    (folder / "keys" / "officer").chmod(0o600)
    settings = (folder / "upheld.toml").read_text("utf-8")
    (folder / "upheld.toml").write_text(f'{settings}\nada = "{public}"\n', "utf-8")
    (folder / "stores").mkdir(exist_ok=True)
    for name, schema, mapped in (("shop", _SHOP, _SHOP_MAP), ("web", _WEB, _WEB_MAP)):
        with closing(sqlite3.connect(folder / f"{name}.sqlite")) as connection:
            connection.executescript(schema)
        (folder / "stores" / f"{name}.yaml").write_text(mapped, "utf-8")
    return Town(folder, TownClock())


def main_quietly(words: list[str]) -> None:
    """Run a command that must succeed."""
    with pytest.raises(SystemExit) as end:
        main(words)
    assert not end.value.code
