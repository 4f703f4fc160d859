"""Companies of several stores, each with its own names for the same people."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.journeys.town import Town, build
from upheld.identity import presented
from upheld.model import Right

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from upheld.model import Request


@dataclass(frozen=True)
class Part:
    """A database and the map of its tables."""

    tables: str
    collections: str

    def settle(self, folder: Path, name: str) -> None:
        """Make the database and its map in a company's folder."""
        with closing(sqlite3.connect(folder / f"{name}.sqlite")) as connection:
            connection.executescript(self.tables)
        text = f"kind: sql\nurl: sqlite:///{name}.sqlite\ncollections:\n{self.collections}"
        (folder / "stores" / f"{name}.yaml").write_text(text, "utf-8")


CRM = Part(
    """
    CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT, phone TEXT);
    CREATE INDEX customers_email ON customers (lower(email));
    INSERT INTO customers VALUES (7, 'Ada@Example.com', '+44 20 7946 0000'),
      (8, 'bob@example.com', '+44 20 7946 0000');
    """,
    """\
  customers:
    key: id
    person: yes
    people:
      - {match: email, identity: email, is: about}
      - {match: id, identity: "account:crm", is: about}
    fields:
      id: {category: account, identity: "account:crm", erase: leave}
      email: {category: contact, identity: email}
      phone: {category: contact, identity: phone}
""",
)
"""Knows people by their address, and numbers them."""

LEDGER = Part(
    """
    CREATE TABLE debtors (number TEXT PRIMARY KEY, customer INTEGER, memo TEXT);
    INSERT INTO debtors VALUES ('D-70', 7, 'of Ada'), ('D-80', 8, 'of Bob');
    """,
    """\
  debtors:
    key: number
    person: yes
    people:
      - {match: customer, identity: "account:crm", is: about}
      - {match: number, identity: "account:billing", is: about}
    fields:
      number: {category: account, identity: "account:billing", erase: leave}
      customer: {category: account, identity: "account:crm"}
      memo: financial
""",
)
"""Knows people by the numbers of the first, and has its own for them."""

CALLS = Part(
    """
    CREATE TABLE calls (id INTEGER PRIMARY KEY, phone TEXT, words TEXT);
    INSERT INTO calls VALUES (1, '+44 20 7946 0000', 'whose?');
    """,
    """\
  calls:
    key: id
    people: [{match: phone, identity: phone, is: about}]
    fields: {phone: {category: contact, identity: phone}, words: contact}
""",
)
"""Knows nobody but by a telephone."""

VISITS = Part(
    """
    CREATE TABLE visits (id INTEGER PRIMARY KEY, payer TEXT, page TEXT);
    CREATE INDEX visits_payer ON visits (payer);
    INSERT INTO visits VALUES (1, 'D-70', '/ada'), (2, 'D-80', '/bob'), (3, 'D-70', '/ada/too');
    """,
    """\
  visits:
    key: id
    people: [{match: payer, identity: "account:billing", is: about}]
    fields: {payer: account, page: network_activity}
""",
)
"""Knows people by the numbers of the second alone."""


def settle(folder: Path, **parts: Part) -> Town:
    """Make a company of these stores, and no others."""
    town = build(folder)
    for name in ("shop", "web"):
        (folder / f"{name}.sqlite").unlink()
        (folder / "stores" / f"{name}.yaml").unlink()
    for name, part in parts.items():
        part.settle(folder, name)
    return town


def found(town: Town, *identities: str) -> Mapping[str, int]:
    """Return how many rows the stores have of who bears these, by `store.collection`."""
    with town.open() as upheld:
        request = upheld.open_request(Right.ACCESS, identities)
        return {
            f"{part.store}.{each.collection}": each.rows
            for part in upheld.plan(request.id).stores
            for each in part.counted
        }


def erased(town: Town, *identities: str) -> Request:
    """Erase a person by what they presented."""
    with town.open() as upheld:
        request = upheld.open_request(Right.ERASE, identities)
        upheld.plan(request.id)
        upheld.sign(request.id, town.key)
        return upheld.apply(request.id)


def kinds(identities: Iterable[str]) -> dict[str, list[str]]:
    """Return identities in normal form, by kind."""
    pairs: dict[str, list[str]] = {}
    for kind, value in map(presented, identities):
        pairs.setdefault(kind, []).append(value)
    return pairs
