"""A draft that was accepted unread answers requests, and tells what it leaves out."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.journeys.town import TownClock, main_quietly
from upheld.app import Upheld
from upheld.model import Regime, Right

_DATABASE = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, mail TEXT, name TEXT);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER, note TEXT);
CREATE TABLE messages (id INTEGER PRIMARY KEY, author_email TEXT, order_id INTEGER, body TEXT);
CREATE TABLE journal (id INTEGER PRIMARY KEY, zorp TEXT);
INSERT INTO customers VALUES (1, 'ada@example.com', 'Ada'), (2, 'bob@example.com', 'Bob');
INSERT INTO orders VALUES (1, 1, 'a'), (2, 1, 'b'), (3, 2, 'c');
INSERT INTO messages VALUES (1, 'ADA@example.com', NULL, 'x'), (2, 'eve@example.com', NULL, 'y'),
  (3, 'bob@example.com', 3, 'z');
INSERT INTO journal VALUES (1, 'seen');
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Set a company up over a database without one foreign key, its draft accepted unread."""
    with closing(sqlite3.connect(tmp_path / "crm.sqlite")) as connection:
        connection.executescript(_DATABASE)
    key = Ed25519PrivateKey.generate().public_key()
    officer = tmp_path / "officer.pub"
    officer.write_bytes(key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH))
    company = tmp_path / "company"
    main_quietly(["init", str(company), "--officer", str(officer)])
    url = f"sqlite:///{tmp_path / 'crm.sqlite'}"
    main_quietly(["map", "new", url, "--name", "crm", "--dir", str(company)])
    main_quietly(["map", "accept", "crm", "--dir", str(company)])
    return company


@pytest.mark.parametrize("right", [Right.ACCESS, Right.ERASE])
def test_all_rows_of_a_person_are_planned_without_one_declared_foreign_key(
    folder: Path, right: Right
) -> None:
    with Upheld.open(folder, clock=TownClock()) as upheld:
        request = upheld.open_request(right, ["email=ada@example.com"], regime=Regime.GDPR)
        counted = [each for part in upheld.plan(request.id).stores for each in part.counted]
    rows = Counter[str]()
    for each in counted:
        rows[each.collection] += each.rows
    assert rows == {"customers": 1, "orders": 2, "messages": 1}


def test_a_table_in_which_nobody_is_found_is_told(folder: Path) -> None:
    with Upheld.open(folder, clock=TownClock()) as upheld:
        told = [each.words for each in upheld.drift()]
        assert "`journal` is personal, and nobody is found in it" in told
