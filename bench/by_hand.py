"""The floor of an erasure: what somebody who knows the shop by heart writes in one transaction."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_CUSTOMER = "customer_id = (SELECT id FROM customers WHERE email = :email)"
_ORDER = f"order_id IN (SELECT id FROM orders WHERE {_CUSTOMER})"
_TICKET = f"ticket_id IN (SELECT id FROM tickets WHERE {_CUSTOMER})"

WORK = (
    ("order_items", "engraving = NULL", _ORDER),
    ("payments", "payer_name = NULL, payer_ip = NULL", _ORDER),
    ("shipments", "recipient = NULL, recipient_phone = NULL, tracking = NULL", _ORDER),
    ("ticket_messages", "body = NULL, author_name = NULL", _TICKET),
    ("orders", "contact_email = NULL, note = NULL", _CUSTOMER),
    ("tickets", "subject = NULL, contact_email = NULL", _CUSTOMER),
    ("addresses", "street = NULL, city = NULL, postcode = NULL, country = NULL", _CUSTOMER),
    ("payment_methods", "card_holder = NULL, card_number = NULL, expiry = NULL", _CUSTOMER),
    ("logins", "ip = NULL, user_agent = NULL", _CUSTOMER),
    (
        "customers",
        """email = 'erased-' || id || '@erased.invalid',
           full_name = NULL, phone = NULL, birth_date = NULL""",
        "email = :email",
    ),
)
"""Per table, children first: what is set, and where; exactly the fields that `shop.yaml` erases."""

PRAGMAS = ("foreign_keys = ON", "secure_delete = ON")
"""The settings of the store's own connection; all else is SQLite's default for both."""


def connect(path: Path) -> sqlite3.Connection:
    """Open the shop with the settings that Upheld's store opens it with."""
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    return connection


def erase(connection: sqlite3.Connection, email: str) -> int:
    """Count ten times, update ten times, commit; return how many rows were changed."""
    who = {"email": email}
    rows = 0
    connection.execute("BEGIN IMMEDIATE")
    for table, _, where in WORK:
        query = f"SELECT count(*) FROM {table} WHERE {where}"
        rows += connection.execute(query, who).fetchone()[0]
    changed = sum(
        connection.execute(f"UPDATE {table} SET {what} WHERE {where}", who).rowcount
        for table, what, where in WORK
    )
    connection.execute("COMMIT")
    assert rows == changed, f"counted {rows} rows and changed {changed}"
    return changed
