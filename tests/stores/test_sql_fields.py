from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.stores.shop import CUSTOMERS, Shop, build
from upheld.model import Outcome

if TYPE_CHECKING:
    from pathlib import Path

_HEAD = """\
  customers:
    key: id
    person: yes
    people: [{match: email, identity: email, is: about}]
    erase: fields
    fields:
      id: {category: account, identity: "account:shop", erase: leave}
"""


def person(folder: Path, column: str, value: str, field: str, *, more: str = "") -> Shop:
    """Make two customers with one column more, which is mapped as `field`."""
    tables = f"""
        CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT, {column});
        INSERT INTO customers VALUES
          (1, 'ada@example.com', {value}), (2, 'bob@example.com', {value});
    """
    name = column.partition(" ")[0]
    email = "      email: {category: contact, identity: email, erase: blank}\n"
    return build(folder, tables + more, f"{_HEAD}{email}      {name}: {field}\n")


def becomes(shop: Shop) -> object:
    """Erase Ada, and return what stands in her last column; Bob's is as it was."""
    (_, _, was), bob = shop.rows("customers")
    shop.erase(email="ada@example.com")
    (_, email, now), untouched = shop.rows("customers")
    assert untouched == bob
    assert email is None
    assert now != was or was is None
    return now


def test_a_row_goes(tmp_path: Path) -> None:
    shop = build(
        tmp_path,
        "CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT);"
        "INSERT INTO customers VALUES (1, 'ada@example.com'), (2, 'bob@example.com');",
        CUSTOMERS,
    )
    (gone,) = shop.erase(email="ada@example.com")
    assert (gone.outcome, gone.rows) == (Outcome.GONE, 1)
    assert shop.rows("customers") == [(2, "bob@example.com")]


def test_a_field_is_blanked(tmp_path: Path) -> None:
    assert becomes(person(tmp_path, "phone TEXT", "'+44 1'", "contact")) is None


@pytest.mark.parametrize(
    ("kind", "value", "coarse"),
    [
        ("DATE", "'1970-05-17'", "1970-01-01"),
        ("DATETIME", "'1970-05-17 12:30:00'", "1970-01-01 00:00:00"),
        ("TIMESTAMP", "'1970-05-17T12:30:00+02:00'", "1970-01-01 00:00:00"),
        ("TEXT", "'1970-05-17'", "1970-01-01"),
        ("DATE", "NULL", None),
    ],
)
def test_a_date_is_made_coarser(tmp_path: Path, kind: str, value: str, coarse: str | None) -> None:
    field = "{category: demographic, erase: anonymise}"
    shop = person(tmp_path, f"born {kind}", value, field)
    assert becomes(shop) == coarse


def test_an_empty_date_stays_empty(tmp_path: Path) -> None:
    field = "{category: demographic, erase: anonymise}"
    shop = person(tmp_path, "born TEXT NOT NULL", "''", field)
    shop.erase(email="ada@example.com")
    assert shop.rows("customers")[0] == (1, None, "")


@pytest.mark.parametrize(
    ("column", "value", "pattern"),
    [
        ("name TEXT NOT NULL", "'Ada'", r"erased-[0-9a-f]{32}"),
        ("name VARCHAR(12) NOT NULL", "'Ada'", r"erased-[0-9a-f]{5}"),
        ("name VARCHAR(3) NOT NULL", "'Ada'", r"era"),
        ("name STRING NOT NULL", "'Ada'", r"erased-[0-9a-f]{32}"),
        ("name NOT NULL", "'Ada'", r"erased-[0-9a-f]{32}"),
        ("name INTEGER NOT NULL", "4420", r"[0-9]+"),
        ("name BLOB NOT NULL", "x'00ff'", r"b'.+'"),
    ],
)
def test_what_may_not_be_empty_is_replaced(
    tmp_path: Path, column: str, value: str, pattern: str
) -> None:
    shop = person(tmp_path, column, value, "{category: contact, erase: replace}")
    assert re.fullmatch(pattern, str(becomes(shop)), re.DOTALL)


def test_an_email_is_replaced_by_one_that_reaches_nobody(tmp_path: Path) -> None:
    field = "{category: contact, identity: email, erase: replace}"
    shop = person(tmp_path, "second TEXT NOT NULL", "'x@example.com'", field)
    assert re.fullmatch(r"erased-[0-9a-f]{24}@erased\.invalid", str(becomes(shop)))


def test_replacements_are_unique_where_they_must_be(tmp_path: Path) -> None:
    """Many rows of one person, a unique text, a unique number, a unique pair."""
    shop = build(
        tmp_path,
        """
        CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT);
        INSERT INTO customers VALUES (1, 'ada@example.com'), (2, 'bob@example.com');
        CREATE TABLE cards (
          id INTEGER PRIMARY KEY, customer INTEGER REFERENCES customers, tenant INTEGER NOT NULL,
          holder TEXT NOT NULL UNIQUE, number INTEGER NOT NULL UNIQUE, nick TEXT NOT NULL,
          UNIQUE (tenant, nick));
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50)
        INSERT INTO cards SELECT i, 1 + i % 2, 1, 'holder' || i, 1000 + i, 'nick' || i FROM n;
        """,
        CUSTOMERS.replace("    fields:", "    erase: fields\n    fields:")
        + """\
  cards:
    key: id
    people: [{follow: customer, to: customers, is: about}]
    erase: fields
    fields:
      holder: {category: contact, erase: replace}
      number: {category: financial, erase: replace}
      nick: {category: contact, erase: replace}
""",
    )
    hers = [row for row in shop.rows("cards") if row[1] == 1]
    shop.erase(email="ada@example.com")
    after = shop.rows("cards")
    assert [row for row in after if row[1] == 2] == [
        row for row in after if row[3] == f"holder{row[0]}"
    ]
    for row in (row for row in after if row[1] == 1):
        assert row not in hers
        assert str(row[3]).startswith("erased-")


def test_a_row_whose_key_changes_is_replaced_the_same_each_time(tmp_path: Path) -> None:
    """A table without a key has all its columns for one, and some of them change."""
    shop = build(
        tmp_path,
        """
        CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT);
        CREATE TABLE letters (customer INTEGER, name TEXT NOT NULL, nick TEXT NOT NULL);
        INSERT INTO customers VALUES (1, 'ada@example.com'), (2, 'bob@example.com');
        INSERT INTO letters VALUES (1, 'Ada', 'x'), (2, 'Bob', 'x');
        """,
        CUSTOMERS
        + """\
  letters:
    key: [customer, name, nick]
    people: [{follow: customer, to: customers, is: about}]
    erase: fields
    fields:
      customer: none
      name: {category: contact, erase: replace}
      nick: {category: contact, erase: replace}
""",
    )
    shop.erase(email="ada@example.com")
    (_, name, nick), bob = shop.rows("letters")
    assert str(name).startswith("erased-")
    assert str(nick).startswith("erased-")
    assert name != nick
    assert bob == (2, "Bob", "x")


def redacted(folder: Path, text: str) -> str:
    """Return what is left of a text that speaks of Ada: e-mail, telephone, name."""
    tables = f"""
        CREATE TABLE customers (
          id INTEGER PRIMARY KEY, email TEXT, name TEXT, phone TEXT, note TEXT);
        INSERT INTO customers VALUES
          (1, 'ada@example.com', 'Ada Weiß-Müller', '+44 (20) 7946-0000', '{text}');
    """
    shop = build(
        folder,
        tables,
        _HEAD
        + """\
      email: {category: contact, identity: email}
      name: {category: contact, identity: name}
      phone: {category: contact, identity: phone}
      note: {category: contact, erase: redact}
""",
    )
    shop.erase(email="ada@example.com")
    return str(shop.rows("customers")[0][4])


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("write to ada@example.com.", "write to [erased]."),
        ("write to <ADA@Example.COM>!", "write to <[erased]>!"),
        ("mailto:ada@example.com?subject=x", "mailto:[erased]?subject=x"),
        (
            "canada@example.com and ada@example.community",
            "canada@example.com and ada@example.community",
        ),
        ("ring +44 20 7946 0000 now", "ring [erased] now"),
        ("ring 442079460000, or 44/20-7946.0000", "ring [erased], or [erased]"),
        ("order 1442079460000 and 4420794600001", "order 1442079460000 and 4420794600001"),
        ("Ada Weiß-Müller, ADA WEISS-MÜLLER, ada  weiß-müller", "[erased], [erased], [erased]"),
        ("Ada Weiß-Mu\u0308ller", "[erased]"),
        ("Canada Weiß-Müllerin", "Canada Weiß-Müllerin"),
        ("100% ___ of nothing", "100% ___ of nothing"),
        ("", ""),
    ],
)
def test_identifiers_are_taken_out_of_free_text(tmp_path: Path, text: str, left: str) -> None:
    assert redacted(tmp_path, text) == left


def test_a_text_stored_as_bytes_is_redacted_too(tmp_path: Path) -> None:
    shop = person(
        tmp_path,
        "note TEXT",
        "cast('of ada@example.com' AS BLOB)",
        "{category: contact, erase: redact}",
    )
    assert becomes(shop) == b"of [erased]"


def test_a_computed_column_follows_by_itself(tmp_path: Path) -> None:
    shop = build(
        tmp_path,
        """
        CREATE TABLE customers (
          id INTEGER PRIMARY KEY, email TEXT, name TEXT NOT NULL,
          greeting TEXT GENERATED ALWAYS AS ('Dear ' || name) STORED);
        INSERT INTO customers (id, email, name) VALUES (1, 'ada@example.com', 'Ada');
        """,
        _HEAD
        + """\
      email: {category: contact, identity: email}
      name: {category: contact, identity: name, erase: replace}
      greeting: {category: contact}
""",
    )
    shop.erase(email="ada@example.com")
    assert str(shop.rows("customers")[0][3]).startswith("Dear erased-")


_KEPT = """
    CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT);
    CREATE TABLE invoices (
      id INTEGER PRIMARY KEY, customer INTEGER REFERENCES customers, issued DATE, name TEXT,
      card TEXT);
    CREATE TABLE lines (
      invoice INTEGER REFERENCES invoices, n INTEGER, words TEXT, PRIMARY KEY (invoice, n));
    INSERT INTO customers VALUES (1, 'ada@example.com'), (2, 'bob@example.com');
    INSERT INTO invoices VALUES
      (1, 1, '2016-01-01', 'Ada', 'tok'), (2, 1, '2015-12-31', 'Ada', 'tok'),
      (3, 1, '2024-02-29 23:59:59', 'Ada', 'tok'), (4, 2, '2001-01-01', 'Bob', 'tok');
    INSERT INTO lines VALUES (1, 1, 'for Ada'), (2, 1, 'for Ada'), (3, 1, 'for Ada'), (4, 1, 'Bob');
"""
_KEPT_MAP = (
    CUSTOMERS.replace("    fields:", "    erase: fields\n    fields:")
    + """\
  invoices:
    key: id
    people: [{follow: customer, to: customers, is: about}]
    keep: {under: retain.legal-tax, from: issued}
    fields:
      issued: financial
      name: contact
      card: {category: financial, erase: blank}
  lines:
    key: [invoice, n]
    people: [{follow: invoice, to: invoices, is: about}]
    keep: {under: retain.legal-tax, with: invoices}
    fields: {words: commercial}
"""
)


def test_a_ground_keeps_rows_by_their_date_until_it_ends(tmp_path: Path) -> None:
    shop = build(tmp_path, _KEPT, _KEPT_MAP)
    counted = shop.erase(email="ada@example.com")
    kept = {c.collection: c for c in counted if c.outcome is Outcome.RETAINED}
    assert {name: (c.rows, str(c.until), c.clause) for name, c in kept.items()} == {
        "invoices": (2, "2034-12-31", "retain.legal-tax"),
        "lines": (2, "2034-12-31", "retain.legal-tax"),
    }
    assert shop.rows("invoices") == [
        (1, 1, "2016-01-01", "Ada", None),
        (3, 1, "2024-02-29 23:59:59", "Ada", None),
        (4, 2, "2001-01-01", "Bob", "tok"),
    ]
    assert shop.rows("lines") == [(1, 1, "for Ada"), (3, 1, "for Ada"), (4, 1, "Bob")]


def test_rows_whose_ground_has_ended_go_with_their_parts(tmp_path: Path) -> None:
    shop = build(tmp_path, _KEPT.replace("2016", "2006").replace("2024", "2004"), _KEPT_MAP)
    shop.erase(email="ada@example.com")
    assert shop.rows("invoices") == [(4, 2, "2001-01-01", "Bob", "tok")]
    assert shop.rows("lines") == [(4, 1, "Bob")]


def test_kept_rows_that_stay_as_rows_lose_their_fields_when_the_ground_ends(tmp_path: Path) -> None:
    mapped = _KEPT_MAP.replace("    keep: {under", "    erase: fields\n    keep: {under")
    shop = build(tmp_path, _KEPT, mapped)
    shop.erase(email="ada@example.com")
    assert shop.rows("invoices")[:2] == [
        (1, 1, "2016-01-01", "Ada", None),
        (2, 1, None, None, None),
    ]
