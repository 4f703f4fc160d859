"""What SQLite lets an owner do: odd keys, odd types, odd tables."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from tests.stores.shop import CUSTOMERS, Shop, build
from upheld.datamap.closure import Frozen, from_bytes, to_bytes
from upheld.errors import StoreFailed
from upheld.model import Type
from upheld.stores.sql import SqlStore

if TYPE_CHECKING:
    from pathlib import Path

ADA = "ada@example.com"
_CHILDREN = """\
  orders:
    key: id
    people: [{follow: customer, to: customers, is: about}]
    fields: {customer: none}
"""


def keyed(folder: Path, kind: str, hers: str, others: list[str], *, child: str = "") -> Shop:
    """Make customers and their orders under keys of one kind, written as SQL literals."""
    rows = ", ".join(f"({key}, 'other{n}@example.com')" for n, key in enumerate(others))
    orders = ", ".join(f"({n}, {key})" for n, key in enumerate([hers, *others, "NULL"]))
    return build(
        folder,
        f"""
        CREATE TABLE customers (id {kind}, email TEXT);
        CREATE TABLE orders (id INTEGER PRIMARY KEY, customer {child or kind.partition(" ")[0]});
        INSERT INTO customers VALUES ({hers}, '{ADA}'), {rows};
        INSERT INTO orders VALUES {orders};
        """,
        CUSTOMERS.replace('      - {match: id, identity: "account:shop", is: about}\n', "").replace(
            'identity: "account:shop", ', ""
        )
        + _CHILDREN,
    )


@pytest.mark.parametrize(
    ("kind", "hers", "others"),
    [
        ("INTEGER PRIMARY KEY", "9007199254740993", ["9007199254740992", "9007199254740994"]),
        ("INTEGER PRIMARY KEY", "9223372036854775807", ["-9223372036854775808", "0", "-1"]),
        ("REAL PRIMARY KEY", "0.1", ["0.10000000000000002", "1e300", "1e-300", "9e999"]),
        ("REAL PRIMARY KEY", "9e999", ["-9e999", "0.5"]),
        ("TEXT PRIMARY KEY", "'a' || char(0) || 'b'", ["'a'", "'a' || char(0)", "'b'"]),
        ("TEXT PRIMARY KEY", "'[1]'", ["'1'", "'\"1\"'", "'{}'", "'null'", "''"]),
        ("TEXT PRIMARY KEY", "'007'", ["'7'", "'07'", "'7.0'"]),
        ("TEXT PRIMARY KEY COLLATE BINARY", "'ADA'", ["'ada'", "'Ada '", "'%'", "'___'"]),
        ("BLOB PRIMARY KEY", "x'00ff'", ["x'00'", "x'00ff00'", "x''", "'00ff'"]),
        ("BLOB PRIMARY KEY", "'t61'", ["'a'", "x'61'", "x'743631'"]),
        ("PRIMARY KEY", "'7'", ["7", "7.5", "x'37'"]),
        ("NUMERIC PRIMARY KEY", "'0x7'", ["7", "0"]),
        ("TEXT PRIMARY KEY", "'\N{GRINNING FACE}'", ["'\u202e'", "'\u00e9'", "'e\u0301'"]),
        ("TEXT NOT NULL PRIMARY KEY", "'O''Brien'", ["'O'", "'Brien'", "'O\"Brien'"]),
    ],
)
def test_a_key_is_only_ever_itself(tmp_path: Path, kind: str, hers: str, others: list[str]) -> None:
    """Nor does it change on its way through the vault."""
    kind = f" {kind}" if kind.startswith("PRIMARY") else kind
    shop = keyed(tmp_path, kind, hers, others)
    before = shop.everything()
    step = shop.step(email=ADA)
    frozen = Frozen(step.closure.given, step.closure.identities, {"shop": step.closure.keys})
    assert from_bytes(to_bytes(frozen)).of("shop") == step.closure
    shop.erase(email=ADA)
    assert [row for row in before["customers"] if row[1] != ADA] == shop.rows("customers")
    assert [row for row in before["orders"] if row[0] != 0] == shop.rows("orders")


@pytest.mark.parametrize(("parent", "child"), [("INTEGER", "TEXT"), ("TEXT", "INTEGER")])
def test_a_link_may_be_of_another_type_than_the_key(
    tmp_path: Path, parent: str, child: str
) -> None:
    shop = keyed(tmp_path, f"{parent} PRIMARY KEY", "7", ["70", "77"], child=child)
    shop.erase(email=ADA)
    assert [row[0] for row in shop.rows("orders")] == [1, 2, 3]


def test_a_table_without_rowids_is_a_table(tmp_path: Path) -> None:
    shop = build(
        tmp_path,
        """
        CREATE TABLE customers (email TEXT, id INT, PRIMARY KEY (id)) WITHOUT ROWID;
        CREATE TABLE orders (customer INT, id INT, PRIMARY KEY (customer, id)) WITHOUT ROWID;
        INSERT INTO customers VALUES ('ada@example.com', 2), ('bob@example.com', 1);
        INSERT INTO orders VALUES (1, 2), (2, 1), (2, 2);
        """,
        CUSTOMERS + _CHILDREN.replace("key: id", "key: [customer, id]"),
    )
    shop.erase(email=ADA)
    assert shop.rows("orders") == [(1, 2)]


def test_a_table_without_a_key_gives_up_only_hers(tmp_path: Path) -> None:
    """Its key is all its columns, NULLs among them, and rows may be alike."""
    shop = build(
        tmp_path,
        """
        CREATE TABLE visits (email TEXT, page TEXT, ref TEXT);
        INSERT INTO visits VALUES ('ada@example.com', '/', NULL), ('ada@example.com', '/', NULL),
          (NULL, '/', NULL), ('bob@example.com', '/', NULL), ('', '/', '');
        """,
        """\
  visits:
    key: [email, page, ref]
    people: [{match: email, identity: email, is: about}]
""",
    )
    shop.erase(email=ADA)
    assert len(shop.rows("visits")) == 3


def test_nobody_is_found_by_what_is_no_identity(tmp_path: Path) -> None:
    """People without an e-mail, or with a word for it, are not each other."""
    shop = build(
        tmp_path,
        """
        CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT, phone TEXT, cookie TEXT);
        CREATE TABLE visits (id INTEGER PRIMARY KEY, cookie TEXT, email TEXT, phone TEXT);
        INSERT INTO customers VALUES (1, '', 'n/a', ''), (2, '', 'n/a', ''), (3, NULL, '-', ' '),
          (4, 'unknown', '0', NULL);
        INSERT INTO visits VALUES (1, '', '', ''), (2, NULL, NULL, NULL), (3, ' ', 'unknown', '?');
        """,
        CUSTOMERS
        + """\
      phone: {category: contact, identity: phone}
      cookie: {category: network_activity, identity: "cookie:shop"}
  visits:
    key: id
    people:
      - {match: cookie, identity: "cookie:shop", is: about}
      - {match: email, identity: email, is: about}
      - {match: phone, identity: phone, is: about}
""",
    )
    shop.erase(account="1")
    assert [row[0] for row in shop.rows("customers")] == [2, 3, 4]
    assert len(shop.rows("visits")) == 3


def test_a_view_is_no_table(tmp_path: Path) -> None:
    shop = build(
        tmp_path,
        """
        CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT);
        INSERT INTO customers VALUES (1, 'ada@example.com');
        CREATE VIEW people AS SELECT * FROM customers;
        CREATE TRIGGER v INSTEAD OF DELETE ON people BEGIN DELETE FROM customers; END;
        """,
        CUSTOMERS,
    )
    assert list(shop.store.schema().tables) == ["customers"]
    shop.erase(email=ADA)


def test_a_full_text_index_is_erased_by_its_own_table(tmp_path: Path) -> None:
    shop = build(
        tmp_path,
        """
        CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT);
        INSERT INTO customers VALUES (1, 'ada@example.com');
        CREATE VIRTUAL TABLE words USING fts5 (owner, said);
        INSERT INTO words VALUES ('1', 'canaryword of ada'), ('2', 'of bob');
        """,
        CUSTOMERS
        + """\
  words:
    key: owner
    people: [{follow: owner, to: customers, is: about}]
    fields: {said: contact}
""",
    )
    assert [column.name for column in shop.store.schema().tables["words"].columns] == [
        "owner",
        "said",
    ]
    shop.erase(email=ADA)
    assert shop.rows("words") == [("2", "of bob")]


def test_the_catalogue_is_read_as_the_database_understands_it(tmp_path: Path) -> None:
    shop = build(
        tmp_path,
        """
        CREATE TABLE Parents (a TEXT, B INTEGER, PRIMARY KEY (B, a));
        CREATE TABLE "odd ""t"" x" ("a b" VARCHAR (20) NOT NULL CHECK ("a b" <> 'CHECK (x)'),
          -- CHECK (in a remark)
          [c] DECIMAL(10,2), `d` UUID, e, f TIMESTAMP, g BLOB, h AS (c) VIRTUAL,
          x INTEGER, y TEXT,
          CONSTRAINT fk FOREIGN KEY (X, Y) REFERENCES PARENTS,
          CHECK (length(y) > (1 + 1)));
        CREATE INDEX "i (1)" ON "odd ""t"" x" (lower("a b"), c);
        CREATE UNIQUE INDEX part ON "odd ""t"" x" (d) WHERE e IS NOT NULL;
        CREATE UNIQUE INDEX whole ON "odd ""t"" x" (d, e);
        CREATE TABLE lost (id INTEGER PRIMARY KEY, x INTEGER REFERENCES nowhere (id));
        """,
        CUSTOMERS,
    )
    table = SqlStore(shop.mapped, f"sqlite:///{shop.path}").schema().tables['odd "t" x']
    assert [(c.name, c.type, c.nullable, c.length, c.generated) for c in table.columns] == [
        ("a b", Type.TEXT, False, 20, False),
        ("c", Type.NUMBER, True, None, False),
        ("d", Type.TEXT, True, None, False),
        ("e", Type.TEXT, True, None, False),
        ("f", Type.DATE, True, None, False),
        ("g", Type.BYTES, True, None, False),
        ("h", Type.TEXT, True, None, True),
        ("x", Type.NUMBER, True, None, False),
        ("y", Type.TEXT, True, None, False),
    ]
    (reference,) = table.references
    assert (reference.columns, reference.to, reference.onto) == (("x", "y"), "Parents", ("B", "a"))
    assert [check.replace(" ", "") for check in table.checks] == [
        "\"ab\"<>'CHECK(x)'",
        "length(y)>(1+1)",
    ]
    assert table.indexes == (("d", "e"), ('lower("a b")', "c"))
    assert table.unique == (("d", "e"),)


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16le", "UTF-16be"])
def test_a_text_that_is_no_text_is_shown_as_bytes_and_redacted(
    tmp_path: Path, encoding: str
) -> None:
    """A database checks nothing: what stands beside what cannot be read is read all the same."""
    odd = {"UTF-8": "20e9", "UTF-16le": "200000d8", "UTF-16be": "0020d800"}[encoding]
    said = ADA.encode(encoding.replace("UTF-16", "utf-16-")).hex()
    shop = build(
        tmp_path,
        f"""
        PRAGMA encoding = '{encoding}';
        CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT, words TEXT, n, b TEXT);
        INSERT INTO customers VALUES
          (1, 'ada@example.com', cast(x'{said}{odd}' AS TEXT), 9e999, x'ff'),
          (2, cast(x'{odd}' AS TEXT), cast(x'{odd}' AS TEXT), -9e999, NULL);
        """,
        CUSTOMERS.replace("    fields:", "    erase: fields\n    fields:")
        + "      words: {category: contact, erase: redact}\n"
        + "      b: {category: contact, erase: redact}\n"
        + "      n: {category: contact, erase: leave}\n",
    )
    (rows,) = shop.store.look(shop.find(email=ADA))
    shown = dict(zip(rows.columns, rows.batch[0], strict=True))
    assert (shown["n"], shown["b"]) == (float("inf"), b"\xff")
    if encoding == "UTF-8":
        assert shown["words"] == ADA.encode() + b" \xe9"
    shop.erase(email=ADA)
    with closing(sqlite3.connect(shop.path)) as connection:
        words = "SELECT typeof(words), hex(CAST(words AS BLOB)), hex(b) FROM customers ORDER BY id"
        hers, others = connection.execute(words).fetchall()
    codec = encoding.replace("UTF-16", "utf-16-")
    assert hers == ("text", ("[erased]".encode(codec) + bytes.fromhex(odd)).hex().upper(), "FF")
    assert others[:2] == ("text", odd.upper())


def test_a_failed_statement_does_not_show_what_it_was_asked_with(tmp_path: Path) -> None:
    shop = build(
        tmp_path,
        "CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT);"
        "INSERT INTO customers VALUES (1, 'ada@example.com');",
        CUSTOMERS,
    )
    store, step = shop.store, shop.step(email=ADA)

    @sa.event.listens_for(store.engine, "before_cursor_execute", retval=True)
    def spoil(*seen: object) -> tuple[str, object]:
        statement = str(seen[2])
        spoilt = statement.startswith('SELECT "customers"')
        return (f"{statement} AND nowhere" if spoilt else statement), seen[3]

    with pytest.raises(StoreFailed) as failed:
        store.find(step.closure)
    cause: BaseException | None = failed.value
    while cause is not None:
        assert ADA not in str(cause)
        cause = cause.__cause__
