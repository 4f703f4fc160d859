from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.stores.shop import CUSTOMERS, Shop, build
from upheld.datamap.closure import starting
from upheld.errors import Refused
from upheld.model import Bond, Done

if TYPE_CHECKING:
    from pathlib import Path

    from upheld.model import Key

_ADA_AND_BOB = """
    CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT);
    INSERT INTO customers VALUES (1, 'ada@example.com'), (2, 'bob@example.com');
"""
ADA = "ada@example.com"


def shown(shop: Shop, **given: str) -> dict[str, list[Key]]:
    """Return every row that a person is shown, by collection."""
    rows: dict[str, list[Key]] = {}
    for batch in shop.store.look(shop.find(**given)):
        rows.setdefault(batch.collection, []).extend(batch.batch)
    return rows


def test_a_row_five_tables_away_is_the_persons(tmp_path: Path) -> None:
    shop = build(
        tmp_path,
        _ADA_AND_BOB
        + """
        CREATE TABLE a (id INTEGER PRIMARY KEY, up INTEGER REFERENCES customers);
        CREATE TABLE b (id INTEGER PRIMARY KEY, up INTEGER REFERENCES a);
        CREATE TABLE c (id INTEGER PRIMARY KEY, up INTEGER REFERENCES b);
        CREATE TABLE d (id INTEGER PRIMARY KEY, up INTEGER REFERENCES c, words TEXT);
        INSERT INTO a VALUES (10, 1), (20, 2); INSERT INTO b VALUES (11, 10), (21, 20);
        INSERT INTO c VALUES (12, 11), (22, 21); INSERT INTO d VALUES (13, 12, 'x'), (23, 22, 'y');
        """,
        # Children stand before their parents, so that order in the file cannot help.
        "".join(
            f"  {name}:\n    key: id\n    people: [{{follow: up, to: {to}, is: about}}]\n"
            for name, to in (("d", "c"), ("c", "b"), ("b", "a"), ("a", "customers"))
        )
        + CUSTOMERS,
    )
    shop.erase(email=ADA)
    assert {name: len(rows) for name, rows in shop.everything().items()} == dict.fromkeys(
        ["customers", "a", "b", "c", "d"], 1
    )
    assert shop.rows("d") == [(23, 22, "y")]


def test_a_key_of_two_columns_is_followed_as_a_pair(tmp_path: Path) -> None:
    """Rows that share only half of a key are somebody else's."""
    shop = build(
        tmp_path,
        """
        CREATE TABLE people (tenant INTEGER, no TEXT, email TEXT, PRIMARY KEY (tenant, no));
        CREATE TABLE notes (
          id INTEGER PRIMARY KEY, t INTEGER, n TEXT, FOREIGN KEY (t, n) REFERENCES people);
        INSERT INTO people VALUES (1, '7', 'ada@example.com'), (1, '8', 'x@example.com'),
          (2, '7', 'y@example.com'), (7, '1', 'z@example.com');
        INSERT INTO notes VALUES (1, 1, '7'), (2, 1, '8'), (3, 2, '7'), (4, 7, '1'), (5, 1, NULL);
        """,
        """\
  people:
    key: [tenant, no]
    person: yes
    people: [{match: email, identity: email, is: about}]
  notes:
    key: id
    people: [{follow: [t, n], to: people, is: about}]
""",
    )
    shop.erase(email=ADA)
    assert shop.rows("people") == [
        (1, "8", "x@example.com"),
        (2, "7", "y@example.com"),
        (7, "1", "z@example.com"),
    ]
    assert [row[0] for row in shop.rows("notes")] == [2, 3, 4, 5]


_THREAD = (
    _ADA_AND_BOB
    + """
    CREATE TABLE posts (
      id INTEGER PRIMARY KEY, author INTEGER REFERENCES customers, re INTEGER REFERENCES posts,
      words TEXT);
    INSERT INTO posts VALUES (1, 1, NULL, 'Ada asks'), (2, 2, 1, 'Bob answers'),
      (3, NULL, 2, 'a guest'), (4, 2, NULL, 'Bob asks'), (5, 1, 4, 'Ada answers');
"""
)


@pytest.mark.parametrize(("bond", "left"), [("about", [4]), ("mentions", [2, 3, 4])])
def test_a_row_can_follow_another_of_its_own_table(
    tmp_path: Path, bond: str, left: list[int]
) -> None:
    shop = build(
        tmp_path,
        _THREAD,
        CUSTOMERS
        + f"""\
  posts:
    key: id
    people:
      - {{follow: author, to: customers, is: {"about" if bond == "mentions" else "mentions"}}}
      - {{follow: re, to: posts, is: {bond}}}
    fields: {{words: contact}}
""".replace("is: mentions", "is: about", 1 if bond == "about" else 0),
    )
    if bond == "about":  # Bob's answer to Ada hangs on hers, and is also his
        with pytest.raises(AssertionError, match="also about somebody else"):
            shop.erase(email=ADA)
        shop.run(
            "UPDATE posts SET author = NULL WHERE id = 2; UPDATE posts SET re = NULL WHERE id = 5"
        )
    shop.erase(email=ADA)
    assert [row[0] for row in shop.rows("posts")] == left
    if bond == "mentions":
        assert (2, 2, None, "Bob answers") in shop.rows("posts")


def test_a_cycle_of_foreign_keys_is_no_hindrance(tmp_path: Path) -> None:
    """A customer has a main address; an address has a customer; neither may be empty."""
    shop = build(
        tmp_path,
        """
        CREATE TABLE customers (
          id INTEGER PRIMARY KEY, email TEXT, home INTEGER NOT NULL REFERENCES addresses);
        CREATE TABLE addresses (
          id INTEGER PRIMARY KEY, owner INTEGER NOT NULL REFERENCES customers, street TEXT);
        INSERT INTO customers VALUES (1, 'ada@example.com', 11), (2, 'bob@example.com', 21);
        INSERT INTO addresses VALUES (11, 1, 'x'), (12, 1, 'y'), (21, 2, 'z');
        """,
        CUSTOMERS
        + """\
  addresses:
    key: id
    people: [{follow: owner, to: customers, is: about}]
""",
    )
    shop.erase(email=ADA)
    assert shop.rows("customers") == [(2, "bob@example.com", 21)]
    assert shop.rows("addresses") == [(21, 2, "z")]


_TRANSFERS = (
    _ADA_AND_BOB
    + """
    CREATE TABLE transfers (
      id INTEGER PRIMARY KEY,
      payer INTEGER REFERENCES customers, payee INTEGER REFERENCES customers,
      payer_note TEXT, payee_note TEXT, words TEXT);
    INSERT INTO transfers VALUES
      (1, 1, 2, 'of Ada', 'of Bob', 'from ada@example.com'), (2, 2, 1, 'of Bob', 'of Ada', NULL),
      (3, 1, 1, 'of Ada', 'of Ada', 'herself'), (4, 1, NULL, 'of Ada', NULL, 'nobody'),
      (5, 2, NULL, 'of Bob', NULL, NULL), (6, 2, 2, 'of Bob', 'of Bob', 'himself');
"""
)
_TRANSFERS_MAP = (
    CUSTOMERS
    + """\
  transfers:
    key: id
    people:
      - {follow: payer, to: customers, is: shared}
      - {follow: payee, to: customers, is: shared}
    fields:
      payer_note: {category: contact, of: payer}
      payee_note: {category: contact, of: payee}
      words: {category: contact, erase: redact}
"""
)


def test_of_a_row_of_two_people_only_hers_goes(tmp_path: Path) -> None:
    shop = build(tmp_path, _TRANSFERS, _TRANSFERS_MAP)
    shop.erase(email=ADA)
    assert shop.rows("transfers") == [
        (1, None, 2, None, "of Bob", "from [erased]"),
        (2, 2, None, "of Bob", None, None),
        (5, 2, None, "of Bob", None, None),
        (6, 2, 2, "of Bob", "of Bob", "himself"),
    ]


def test_of_a_row_of_two_people_only_hers_is_shown(tmp_path: Path) -> None:
    shop = build(tmp_path, _TRANSFERS, _TRANSFERS_MAP)
    assert shown(shop, email=ADA)["transfers"] == [
        (1, "of Ada", None, "from ada@example.com", 1, None),
        (2, None, "of Ada", None, None, 1),
        (3, "of Ada", "of Ada", "herself", 1, 1),
        (4, "of Ada", None, "nobody", 1, None),
    ]


def test_a_shared_row_that_stays_as_a_row_keeps_the_other_ones_part(tmp_path: Path) -> None:
    mapped = _TRANSFERS_MAP.replace(
        "    fields:\n      payer", "    erase: fields\n    fields:\n      payer"
    )
    shop = build(tmp_path, _TRANSFERS, mapped)
    shop.erase(email=ADA)
    assert shop.rows("transfers") == [
        (1, None, 2, None, "of Bob", "from [erased]"),
        (2, 2, None, "of Bob", None, None),
        (3, None, None, None, None, "herself"),
        (4, None, None, None, None, "nobody"),
        (5, 2, None, "of Bob", None, None),
        (6, 2, 2, "of Bob", "of Bob", "himself"),
    ]


def test_a_shared_row_that_a_ground_keeps_stays_whole(tmp_path: Path) -> None:
    tables = _TRANSFERS.replace("words TEXT);", "words TEXT, on_day DATE DEFAULT '2024-01-01');")
    tables = tables.replace(
        "INTO transfers VALUES",
        ("INTO transfers (id, payer, payee, payer_note, payee_note, words) VALUES"),
    )
    customers = CUSTOMERS.replace("    fields:", "    erase: fields\n    fields:")
    mapped = _TRANSFERS_MAP.replace(CUSTOMERS, customers).replace(
        "    fields:\n      payer",
        "    keep: {under: retain.legal-tax, from: on_day}\n    fields:\n      payer",
    )
    shop = build(tmp_path, tables, mapped.replace("erase: redact}", "erase: leave}"))
    before = shop.rows("transfers")
    shop.erase(email=ADA)
    assert shop.rows("transfers") == before


_TALKS = (
    _ADA_AND_BOB
    + """
    CREATE TABLE talks (id INTEGER PRIMARY KEY,
      a INTEGER REFERENCES customers, b INTEGER REFERENCES customers);
    CREATE TABLE said (id INTEGER PRIMARY KEY, talk INTEGER REFERENCES talks,
      author INTEGER REFERENCES customers, words TEXT);
    CREATE TABLE likes (id INTEGER PRIMARY KEY, said INTEGER REFERENCES said);
    INSERT INTO talks VALUES (1, 1, 2), (2, 2, NULL), (3, 1, NULL);
    INSERT INTO said VALUES (11, 1, 1, 'Ada'), (12, 1, 2, 'Bob'), (21, 2, 2, 'Bob'),
      (31, 3, 1, 'Ada');
    INSERT INTO likes VALUES (111, 11), (112, 12), (121, 21), (131, 31);
"""
)
_TALKS_MAP = (
    CUSTOMERS
    + """\
  talks:
    key: id
    people:
      - {follow: a, to: customers, is: shared}
      - {follow: b, to: customers, is: shared}
  said:
    key: id
    people:
      - {follow: talk, to: talks, is: shared}
      - {follow: author, to: customers, is: about}
    fields: {words: contact}
  likes:
    key: id
    people: [{follow: said, to: said, is: about}]
"""
)


def test_what_hangs_on_a_row_of_two_people_is_shown_to_both(tmp_path: Path) -> None:
    shop = build(tmp_path, _TALKS, _TALKS_MAP)
    found = shop.store.find(shop.find(email=ADA))
    assert dict(found.rows) == {
        ("customers", Bond.ABOUT): 1,
        ("talks", Bond.SHARED): 2,
        ("said", Bond.ABOUT): 2,
        ("said", Bond.SHARED): 1,
        ("likes", Bond.ABOUT): 2,
        ("likes", Bond.SHARED): 1,
    }
    assert {row[0] for row in shown(shop, email=ADA)["said"]} == {11, 12, 31}


def test_what_hangs_on_a_row_of_two_people_stays_unless_it_is_hers(tmp_path: Path) -> None:
    shop = build(tmp_path, _TALKS, _TALKS_MAP)
    shop.erase(email=ADA)
    assert shop.rows("talks") == [(1, None, 2), (2, 2, None)]
    assert [row[0] for row in shop.rows("said")] == [12, 21]
    assert [row[0] for row in shop.rows("likes")] == [112, 121]


def test_a_name_in_what_hangs_on_a_row_of_two_people_is_cut(tmp_path: Path) -> None:
    tables = _TALKS.replace("words TEXT);", "words TEXT, reader INTEGER REFERENCES customers);")
    mapped = _TALKS_MAP.replace(
        "      - {follow: talk, to: talks, is: shared}\n",
        "      - {follow: talk, to: talks, is: about}\n"
        "      - {follow: reader, to: customers, is: mentions}\n",
    )
    shop = build(
        tmp_path, tables.replace("said VALUES", "said (id, talk, author, words) VALUES"), mapped
    )
    shop.run("DELETE FROM likes; UPDATE said SET reader = 1 WHERE id IN (12, 21)")
    shop.run("DELETE FROM said WHERE id IN (11, 31)")
    shop.erase(email=ADA)
    assert shop.rows("said") == [(12, 1, 2, "Bob", None), (21, 2, 2, "Bob", None)]


def test_a_part_of_a_row_of_two_people_that_names_nobody_stays(tmp_path: Path) -> None:
    tables = _TALKS.replace("words TEXT);", "words TEXT, reader INTEGER REFERENCES customers);")
    tables = tables.replace("INTO said VALUES", "INTO said (id, talk, author, words) VALUES")
    mapped = _TALKS_MAP.replace(
        "      - {follow: talk, to: talks, is: shared}\n"
        "      - {follow: author, to: customers, is: about}\n",
        "      - {follow: talk, to: talks, is: about}\n"
        "      - {follow: author, to: customers, is: shared}\n"
        "      - {follow: reader, to: customers, is: shared}\n",
    ).replace("  likes:", "    erase: fields\n  likes:")
    shop = build(tmp_path, tables + "UPDATE said SET author = NULL WHERE id = 12;", mapped)
    shop.run("DELETE FROM said WHERE talk = 3; DELETE FROM likes; DELETE FROM talks WHERE id = 3")
    shop.erase(email=ADA)
    assert (12, 1, None, "Bob", None) in shop.rows("said")


_TICKETS = (
    _ADA_AND_BOB
    + """
    CREATE TABLE agents (id INTEGER PRIMARY KEY, email TEXT);
    INSERT INTO agents VALUES (1, 'carl@example.com'), (2, 'dora@example.com');
    CREATE TABLE tickets (
      id INTEGER PRIMARY KEY, customer INTEGER REFERENCES customers,
      agent INTEGER {null} REFERENCES agents, second INTEGER REFERENCES agents, words TEXT);
    INSERT INTO tickets VALUES (1, 1, 1, 2, 'ask carl@example.com'), (2, 2, 2, 1, 'x'),
      (3, 2, 2, 2, 'carl@example.com is out');
"""
)
_TICKETS_MAP = (
    CUSTOMERS
    + """\
  agents:
    key: id
    person: yes
    people: [{match: email, identity: email, is: about}]
    erase: fields
    fields: {email: {category: contact, identity: email}}
  tickets:
    key: id
    people:
      - {follow: customer, to: customers, is: about}
      - {follow: agent, to: agents, is: mentions}
      - {follow: second, to: agents, is: mentions}
    fields: {words: {category: contact, erase: redact}}
"""
)


def test_a_mention_is_cut_and_the_row_stays(tmp_path: Path) -> None:
    shop = build(tmp_path, _TICKETS.format(null=""), _TICKETS_MAP)
    shop.erase(email="carl@example.com")
    assert shop.rows("tickets") == [
        (1, 1, None, 2, "ask [erased]"),
        (2, 2, 2, None, "x"),  # of two mentions in one row, only his is cut
        (3, 2, 2, 2, "carl@example.com is out"),
    ]


def test_a_mention_that_may_not_be_empty_is_left(tmp_path: Path) -> None:
    shop = build(tmp_path, _TICKETS.format(null="NOT NULL"), _TICKETS_MAP)
    shop.erase(email="carl@example.com")
    assert [row[:4] for row in shop.rows("tickets")] == [
        (1, 1, 1, 2),
        (2, 2, 2, None),
        (3, 2, 2, 2),
    ]


def test_what_one_mention_redacts_is_not_counted_for_the_next(tmp_path: Path) -> None:
    """Where the second link may not be empty, nothing is left to do for it."""
    tables = _TICKETS.format(null="").replace("second INTEGER", "second INTEGER NOT NULL")
    shop = build(tmp_path, tables, _TICKETS_MAP)
    shop.run("UPDATE tickets SET second = 1 WHERE id = 1")
    counted = shop.erase(email="carl@example.com")
    assert [each.rows for each in counted if each.collection == "tickets"] == [1]
    assert shop.rows("tickets")[0] == (1, 1, None, 1, "ask [erased]")


def test_a_mention_shows_only_its_link(tmp_path: Path) -> None:
    shop = build(tmp_path, _TICKETS.format(null=""), _TICKETS_MAP)
    assert shown(shop, email="carl@example.com")["tickets"] == [(1, 1, 2), (2, 2, 1)]


def test_of_a_link_of_two_columns_only_what_leads_nowhere_else_is_cut(tmp_path: Path) -> None:
    """The branch of an order is not the person's."""
    shop = build(
        tmp_path,
        """
        CREATE TABLE branches (id INTEGER PRIMARY KEY);
        CREATE TABLE people (
          branch INTEGER REFERENCES branches, no INTEGER, email TEXT, PRIMARY KEY (branch, no));
        CREATE TABLE orders (
          id INTEGER PRIMARY KEY, branch INTEGER REFERENCES branches, seller INTEGER,
          FOREIGN KEY (branch, seller) REFERENCES people);
        INSERT INTO branches VALUES (1); INSERT INTO people VALUES (1, 7, 'ada@example.com');
        INSERT INTO orders VALUES (1, 1, 7), (2, 1, NULL);
        """,
        """\
  branches: not personal
  people:
    key: [branch, no]
    person: yes
    people: [{match: email, identity: email, is: about}]
  orders:
    key: id
    people: [{follow: [branch, seller], to: people, is: mentions}]
""",
    )
    shop.erase(email=ADA)
    assert shop.rows("orders") == [(1, 1, None), (2, 1, None)]


def test_what_points_at_no_key_is_followed_and_frozen(tmp_path: Path) -> None:
    """Rows that hold an order's number, not its id; found late even when the order is gone."""
    shop = build(
        tmp_path,
        _ADA_AND_BOB
        + """
        CREATE TABLE orders (
          id INTEGER PRIMARY KEY, customer INTEGER REFERENCES customers, number TEXT UNIQUE);
        CREATE TABLE parcels (id INTEGER PRIMARY KEY, number TEXT, words TEXT);
        INSERT INTO orders VALUES (1, 1, 'A-1'), (2, 2, 'B-1'), (3, 1, NULL);
        INSERT INTO parcels VALUES (1, 'A-1', 'x'), (2, 'B-1', 'y'), (3, NULL, 'z'), (4, '', '');
        """,
        CUSTOMERS
        + """\
  orders:
    key: id
    people: [{follow: customer, to: customers, is: about}]
    fields: {number: commercial}
  parcels:
    key: id
    people: [{follow: number, to: orders, onto: number, is: about}]
""",
    )
    step = shop.step(email=ADA)
    shop.erase(email=ADA)
    assert [row[0] for row in shop.rows("parcels")] == [2, 3, 4]
    shop.run("INSERT INTO parcels VALUES (5, 'A-1', 'late')")
    assert shop.store.look_back(step).late == {"parcels": 1}
    shop.carry_out(step)
    assert [row[0] for row in shop.rows("parcels")] == [2, 3, 4]


def test_an_identity_travels_from_store_to_store(tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    shop = build(tmp_path, _ADA_AND_BOB, CUSTOMERS)
    web = build(
        tmp_path / "web",
        """
        CREATE TABLE visits (id INTEGER PRIMARY KEY, customer TEXT);
        INSERT INTO visits VALUES (1, '1'), (2, '2'), (3, ' 1 '), (4, '11'), (5, '01'), (6, '1.0');
        """,
        """\
  visits:
    key: id
    people: [{match: customer, identity: "account:shop", is: about}]
""",
    )
    frozen = starting({"email": [ADA]})
    frozen = frozen.joined("shop", shop.store.find(frozen.of("shop")).closure)
    there = web.store.find(frozen.of("web"))
    assert dict(there.rows) == {("visits", Bond.ABOUT): 2}
    assert isinstance(web.store.act(web.planned(there.closure)), Done)
    assert [row[0] for row in web.rows("visits")] == [2, 4, 5, 6]


@pytest.mark.parametrize(
    "stored",
    [
        ADA,
        "ADA@EXAMPLE.COM",
        "Ada@Example.com",
        " ada@example.com",
        "ada@example.com\n",
        "\tADA@example.com  ",
    ],
)
def test_an_email_is_found_in_any_case_and_between_spaces(tmp_path: Path, stored: str) -> None:
    shop = build(
        tmp_path,
        f"""
        CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT);
        INSERT INTO customers VALUES (1, '{stored}'), (2, 'bada@example.com'), (3, ''), (4, NULL),
          (5, 'ada@example.com.au'), (6, 'ada@example.com!'), (7, 'adaXexample.com'), (8, ' ');
        """,
        CUSTOMERS,
    )
    shop.erase(email=ADA)
    assert [row[0] for row in shop.rows("customers")] == [2, 3, 4, 5, 6, 7, 8]


def test_an_email_beyond_ascii_is_found_in_any_case(tmp_path: Path) -> None:
    shop = build(
        tmp_path,
        """
        CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT);
        INSERT INTO customers VALUES (1, 'JÖRG@EXAMPLE.COM'), (2, 'jorg@example.com');
        """,
        CUSTOMERS,
    )
    shop.erase(email="jörg@example.com")
    assert [row[0] for row in shop.rows("customers")] == [2]


def test_a_telephone_is_found_in_any_format(tmp_path: Path) -> None:
    shop = build(
        tmp_path,
        """
        CREATE TABLE calls (id INTEGER PRIMARY KEY, phone);
        INSERT INTO calls VALUES (1, '+44 (20) 7946-0000'), (2, '442079460000'), (3, 442079460000),
          (4, '44 20 7946 0001'), (5, ''), (6, NULL), (7, 'n/a'), (8, 442079460000.0);
        """,
        """\
  calls:
    key: id
    people: [{match: phone, identity: phone, is: about}]
""",
    )
    shop.erase(phone="+44 20 7946 0000")
    assert [row[0] for row in shop.rows("calls")] == [4, 5, 6, 7]


def test_a_telephone_of_a_household_does_not_join_its_people(tmp_path: Path) -> None:
    shop = build(
        tmp_path,
        """
        CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT, phone TEXT);
        INSERT INTO customers VALUES (1, 'ada@example.com', '+44 20 1'||'1111'),
          (2, 'bob@example.com', '+44 20 11111'), (3, NULL, '+44 20 11111');
        """,
        CUSTOMERS.replace(
            "    fields:", "      - {match: phone, identity: phone, is: about}\n    fields:"
        )
        + "      phone: {category: contact, identity: phone}\n",
    )
    step = shop.step(email=ADA)
    shop.erase(email=ADA)
    assert [row[0] for row in shop.rows("customers")] == [2, 3]
    shop.carry_out(step)
    assert [row[0] for row in shop.rows("customers")] == [2, 3], "nor once she is gone"
    with pytest.raises(Refused, match="two or more people"):
        shop.find(phone="+44 20 11111")


def test_a_telephone_from_another_store_leads_to_one_who_is_nobody_else(tmp_path: Path) -> None:
    shop = build(
        tmp_path,
        """
        CREATE TABLE contacts (id INTEGER PRIMARY KEY, email TEXT, phone TEXT);
        INSERT INTO contacts VALUES (1, 'bob@example.com', '+44 20 11111'),
          (2, NULL, '44 20 11111'), (3, 'ada@example.com', '+44 99 99999');
        """,
        """\
  contacts:
    key: id
    person: yes
    people:
      - {match: email, identity: email, is: about}
      - {match: phone, identity: phone, is: about}
""",
    )
    known = starting({"email": ["ada@old.example"]}).of("shop")
    known = replace(known, identities={**known.identities, "phone": frozenset({"442011111"})})
    assert shop.store.find(known).closure.keys == {"contacts": frozenset({(2,)})}
    shop.run("DELETE FROM contacts WHERE id = 2")
    step = shop.planned(shop.store.find(known).closure)
    shop.run("INSERT INTO contacts VALUES (4, NULL, '+44 20 11111')")
    assert shop.store.look_back(step).late == {}, "whoever bears the number later is somebody else"


@pytest.mark.parametrize("column", ["INTEGER", "TEXT", "", "NUMERIC", "REAL", "UUID", "VARCHAR(9)"])
@pytest.mark.parametrize("value", ["42", "'42'"])
def test_an_account_number_is_found_however_it_is_stored(
    tmp_path: Path, column: str, value: str
) -> None:
    shop = build(
        tmp_path,
        f"""
        CREATE TABLE customers (id {column}, email TEXT);
        INSERT INTO customers VALUES ({value}, 'x'), (420, 'y'), (4, 'z'), (NULL, 'n');
        """,
        CUSTOMERS,
    )
    shop.erase(account="42")
    assert {row[1] for row in shop.rows("customers")} == {"y", "z", "n"}


def test_an_account_in_letters_is_compared_to_the_letter(tmp_path: Path) -> None:
    shop = build(
        tmp_path,
        """
        CREATE TABLE customers (id TEXT PRIMARY KEY, email TEXT);
        INSERT INTO customers VALUES ('ADA', 'a'), ('ada', 'b'), ('AD_', 'c'), ('%', 'd');
        """,
        CUSTOMERS,
    )
    shop.erase(account="ada")
    assert [row[0] for row in shop.rows("customers")] == ["%", "ADA", "AD_"]


def test_an_account_of_bytes_is_found_by_its_letters(tmp_path: Path) -> None:
    """As UUIDs are often stored; what hangs on it is found by the same bytes."""
    shop = build(
        tmp_path,
        """
        CREATE TABLE customers (id BLOB PRIMARY KEY, email TEXT);
        CREATE TABLE orders (id BLOB PRIMARY KEY, customer BLOB REFERENCES customers, words TEXT);
        INSERT INTO customers VALUES (x'00112233445566778899aabbccddeeff', 'ada@example.com'),
          (x'00', 'b'), (x'', 'c');
        INSERT INTO orders VALUES
          (x'01', x'00112233445566778899aabbccddeeff', 'x'), (x'02', x'00', 'y');
        """,
        CUSTOMERS
        + """\
  orders:
    key: id
    people: [{follow: customer, to: customers, is: about}]
    erase: fields
    fields: {words: {category: contact, erase: replace}, customer: {category: none, erase: blank}}
""",
    )
    assert shown(shop, account="00112233-4455-6677-8899-aabbccddeeff").keys() == {
        "customers",
        "orders",
    }
    shop.erase(email=ADA)
    assert [row[1] for row in shop.rows("customers")] == ["c", "b"]
    assert shop.rows("orders")[1] == (b"\2", b"\0", "y")
