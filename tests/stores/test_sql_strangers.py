"""Whose a row is: numbers that are used again, rows handed over, identities that disagree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.stores.shop import CUSTOMERS, Shop, build, closure
from upheld.errors import Refused
from upheld.model import Bond, Declined, Done

if TYPE_CHECKING:
    from pathlib import Path

    from upheld.model import Closure, Key

ADA, BOB = "ada@example.com", "bob@example.com"
_TABLES = """
    CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT);
    CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER, number TEXT UNIQUE, note TEXT);
    CREATE TABLE items (id INTEGER PRIMARY KEY, part_of INTEGER, words TEXT);
    CREATE TABLE parcels (id INTEGER PRIMARY KEY, number TEXT);
    INSERT INTO customers VALUES (1, 'ada@example.com'), (2, 'bob@example.com');
    INSERT INTO orders VALUES (1, 2, 'B-1', 'of Bob'), (2, 1, 'A-2', 'of Ada');
    INSERT INTO items VALUES (1, 1, 'of Bob'), (2, 2, 'of Ada');
    INSERT INTO parcels VALUES (1, 'B-1'), (2, 'A-2');
"""
_MAP = (
    CUSTOMERS
    + """\
  orders:
    key: id
    people: [{follow: customer, to: customers, is: about}]
    fields: {note: contact, number: none}
  items:
    key: id
    people: [{follow: part_of, to: orders, is: about}]
    fields: {words: contact}
  parcels:
    key: id
    people: [{follow: number, to: orders, onto: number, is: about}]
"""
)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return build(tmp_path, _TABLES, _MAP)


def shown(shop: Shop, found: Closure) -> dict[str, list[Key]]:
    """Return the keys of the rows in a copy, by collection."""
    rows: dict[str, list[Key]] = {}
    for batch in shop.store.look(found):
        rows.setdefault(batch.collection, []).extend(row[:1] for row in batch.batch)
    return rows


def of_bob(shop: Shop) -> list[tuple[object, ...]]:
    """Return what is written in the rows that hold Bob's words."""
    rows = [row for table in ("orders", "items") for row in shop.rows(table)]
    return [row for row in rows if "of Bob" in row]


_NEW_ORDER = (
    "INSERT INTO orders VALUES (2, 2, 'B-2', 'of Bob'); INSERT INTO items VALUES (2, 2, '')"
)


def test_a_number_of_an_order_used_again_belongs_to_who_orders_now(shop: Shop) -> None:
    step = shop.step(email=ADA)
    shop.carry_out(step)
    shop.run(f"{_NEW_ORDER}; UPDATE items SET words = 'of Bob' WHERE id = 2")
    before = shop.everything()
    assert shop.store.look_back(step).late == {}
    shop.carry_out(step)
    assert shop.everything() == before
    assert len(of_bob(shop)) == 4


def test_what_points_at_the_number_of_a_row_that_is_gone_is_still_hers(shop: Shop) -> None:
    step = shop.step(email=ADA)
    shop.carry_out(step)
    shop.run("INSERT INTO items VALUES (9, 2, 'late'); INSERT INTO parcels VALUES (9, 'A-2')")
    assert shop.store.look_back(step).late == {"items": 1, "parcels": 1}
    shop.carry_out(step)
    assert [row[0] for row in shop.rows("items")] == [1]
    assert [row[0] for row in shop.rows("parcels")] == [1]


def test_a_row_that_leads_to_nobody_and_was_hers_is_still_hers(shop: Shop) -> None:
    step = shop.step(email=ADA)
    shop.run("UPDATE orders SET customer = NULL WHERE id = 2")
    shop.carry_out(step)
    assert [row[0] for row in shop.rows("orders")] == [1]
    assert [row[0] for row in shop.rows("items")] == [1]


def test_a_row_handed_over_after_the_plan_is_not_erased(shop: Shop) -> None:
    step = shop.step(email=ADA)
    shop.run("UPDATE orders SET customer = 2, note = 'of Bob' WHERE id = 2")
    shop.carry_out(step)
    assert [row[0] for row in shop.rows("orders")] == [1, 2]
    assert [row[0] for row in shop.rows("items")] == [1, 2]
    assert [row[0] for row in shop.rows("parcels")] == [1, 2]
    assert [row[0] for row in shop.rows("customers")] == [2]


def test_a_row_handed_over_after_it_was_found_is_not_shown(shop: Shop) -> None:
    found = shop.find(email=ADA)
    shop.run("UPDATE orders SET customer = 2, note = 'of Bob' WHERE id = 2")
    assert shown(shop, found) == {"customers": [(1,)]}
    assert dict(shop.store.find(found).rows) == {("customers", Bond.ABOUT): 1}


def test_a_row_handed_over_is_not_kept_for_her(tmp_path: Path) -> None:
    shop = build(
        tmp_path,
        _TABLES + "ALTER TABLE orders ADD COLUMN day DATE DEFAULT '2026-01-01';",
        _MAP.replace(
            "    fields: {note: contact, number: none}",
            "    keep: {under: retain.legal-tax, from: day}\n"
            "    fields: {note: contact, number: none}",
        ).replace(
            "    fields: {words: contact}",
            "    keep: {under: retain.legal-tax, with: orders}\n    fields: {words: contact}",
        ),
    )
    step = shop.step(email=ADA)
    assert shop.store.look_back(step).kept == {"orders": 1, "items": 1}
    shop.run("UPDATE orders SET customer = 2 WHERE id = 2")
    assert shop.store.look_back(step).kept == {}


def test_a_number_that_parcels_bear_goes_with_the_order_that_bears_it_now(shop: Shop) -> None:
    step = shop.step(email=ADA)
    shop.carry_out(step)
    shop.run("INSERT INTO orders VALUES (7, 2, 'A-2', ''); INSERT INTO parcels VALUES (9, 'A-2')")
    assert shop.store.look_back(step).late == {}
    shop.carry_out(step)
    assert [row[0] for row in shop.rows("parcels")] == [1, 9]


_THREADS = """
    CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT);
    CREATE TABLE posts (id INTEGER PRIMARY KEY, author INTEGER, re INTEGER, words TEXT);
    INSERT INTO customers VALUES (1, 'ada@example.com'), (2, 'bob@example.com');
    INSERT INTO posts VALUES (10, 2, NULL, ''), (11, 1, NULL, ''), (12, NULL, 11, ''),
      (13, NULL, 12, ''), (14, NULL, 13, '');
"""
_THREADS_MAP = (
    CUSTOMERS
    + """\
  posts:
    key: id
    people:
      - {follow: author, to: customers, is: about}
      - {follow: re, to: posts, is: about}
    fields: {words: contact}
"""
)


def test_what_hangs_on_a_row_that_was_handed_over_goes_over_with_it(tmp_path: Path) -> None:
    shop = build(tmp_path, _THREADS, _THREADS_MAP)
    step = shop.step(email=ADA)
    assert len(step.closure.keys["posts"]) == 4
    shop.run("UPDATE posts SET author = 2 WHERE id = 11; UPDATE posts SET author = 1 WHERE id = 13")
    assert shown(shop, step.closure)["posts"] == [(13,), (14,)]
    shop.run("UPDATE posts SET re = NULL WHERE id = 13")
    shop.carry_out(step)
    assert [row[0] for row in shop.rows("posts")] == [10, 11, 12]


def test_half_of_a_row_that_passed_to_two_others_shows_nothing(tmp_path: Path) -> None:
    shop = build(
        tmp_path,
        """
        CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT);
        CREATE TABLE talks (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER);
        CREATE TABLE said (id INTEGER PRIMARY KEY, talk INTEGER, words TEXT);
        INSERT INTO customers VALUES (1, 'ada@example.com'), (2, 'bob@example.com'), (3, 'c@d.e');
        INSERT INTO talks VALUES (1, 1, 2); INSERT INTO said VALUES (1, 1, 'x');
        """,
        CUSTOMERS
        + """\
  talks:
    key: id
    people:
      - {follow: a, to: customers, is: shared}
      - {follow: b, to: customers, is: shared}
  said:
    key: id
    people: [{follow: talk, to: talks, is: about}]
    fields: {words: contact}
""",
    )
    found = shop.find(email=ADA)
    assert shown(shop, found) == {"customers": [(1,)], "talks": [(1,)], "said": [(1,)]}
    shop.run("UPDATE talks SET a = 3")
    assert shown(shop, found) == {"customers": [(1,)]}


@pytest.mark.parametrize("stranger", ["NULL", "''", "'n/a'", "'carl@example.com'"])
def test_a_number_of_a_customer_used_again_is_a_strangers(shop: Shop, stranger: str) -> None:
    """Whether the stranger bears another identity or none."""
    shop.run("DELETE FROM customers WHERE id = 2")
    step = shop.step(email=ADA)
    shop.carry_out(step)
    shop.run(f"""
        INSERT INTO customers (email) VALUES ({stranger});
        INSERT INTO orders VALUES (2, 1, 'C-1', 'of Carl'); INSERT INTO items VALUES (2, 2, 'Carl')
    """)
    before = shop.everything()
    assert shop.store.look_back(step).late == {}
    assert isinstance(shop.store.act(step), Declined)
    with pytest.raises(Refused, match="may be somebody else's"):
        shop.store.find(step.closure)
    with pytest.raises(Refused, match="may be somebody else's"):
        list(shop.store.look(step.closure))
    assert shop.everything() == before


def test_a_customer_who_comes_back_by_their_own_identity_is_late(shop: Shop) -> None:
    step = shop.step(email=ADA)
    shop.carry_out(step)
    shop.run("INSERT INTO customers VALUES (1, ' ADA@example.com')")
    assert shop.store.look_back(step).late == {"customers": 1}
    shop.carry_out(step)
    assert [row[0] for row in shop.rows("customers")] == [2]


_BARE = CUSTOMERS.replace(
    "    people:", "    people:\n      - {match: nick, identity: 'account:web', is: about}"
)


def test_a_customer_of_whom_nothing_but_the_number_is_known_is_erased(tmp_path: Path) -> None:
    shop = build(
        tmp_path,
        """
        CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT, nick TEXT);
        INSERT INTO customers VALUES (1, NULL, ''), (2, NULL, NULL);
        """,
        _BARE,
    )
    step = shop.step(account="2")
    shop.run("UPDATE customers SET nick = 'carl' WHERE id = 2")
    assert isinstance(shop.store.act(step), Declined), "an identity that nobody knew"
    shop.run("UPDATE customers SET nick = NULL WHERE id = 2")
    shop.carry_out(step)
    assert [row[0] for row in shop.rows("customers")] == [1]


_TWO = """
    CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT, phone TEXT);
    INSERT INTO customers VALUES (1, 'bob@example.com', '+44 111111'), (2, {row});
"""
_TWO_MAP = (
    CUSTOMERS.replace(
        "    fields:", "      - {match: phone, identity: phone, is: about}\n    fields:"
    )
    + "      phone: {category: contact, identity: phone}\n"
)


@pytest.mark.parametrize(
    "row",
    ["'ada@example.com', NULL", "'', '+44 222222'", "'ada@example.com', 'n/a'", "NULL, 44222222"],
)
def test_one_identity_more_does_not_hide_a_row_that_lacks_it(tmp_path: Path, row: str) -> None:
    shop = build(tmp_path, _TWO.format(row=row), _TWO_MAP)
    shop.erase(email=ADA, phone="+44 222222")
    assert [row[0] for row in shop.rows("customers")] == [1]


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ("'ada@example.com', '+44 333333'", "phone"),
        ("'ada@new.example', '+44 222222'", "email"),
        ("'ada@example.com', '0222222'", "phone"),
    ],
)
def test_a_row_that_contradicts_what_was_presented_is_never_passed_over(
    tmp_path: Path, row: str, kind: str
) -> None:
    shop = build(tmp_path, _TWO.format(row=row), _TWO_MAP)
    with pytest.raises(Refused, match=f"another {kind} than the one presented; check") as refused:
        shop.find(email=ADA, phone="+44 222222")
    assert "`shop.customers`" in str(refused.value)
    assert "222222" not in str(refused.value)


def test_identities_of_two_people_are_refused(tmp_path: Path) -> None:
    shop = build(tmp_path, _TWO.format(row="'ada@example.com', NULL"), _TWO_MAP)
    with pytest.raises(Refused, match="bears one of the identities presented"):
        shop.find(email=ADA, account="1")


def test_a_row_that_bears_all_tells_apart_one_that_bears_less(tmp_path: Path) -> None:
    """A household shares an address, and each of them has a number."""
    shop = build(tmp_path, _TWO.format(row="'Bob@example.com', NULL"), _TWO_MAP)
    with pytest.raises(Refused, match="two or more people"):
        shop.find(email=BOB)
    shop.erase(email=BOB, account="2")
    assert [row[0] for row in shop.rows("customers")] == [1]


def test_a_row_that_bears_what_no_better_one_does_is_not_passed_over(tmp_path: Path) -> None:
    shop = build(tmp_path, _TWO.format(row="'ada@example.com', '+44 222222'"), _TWO_MAP)
    given = closure(email=ADA, account="2")
    both = {**given.given, "email": frozenset({ADA, BOB})}
    with pytest.raises(Refused, match="another account than the one presented"):
        shop.store.find(type(given)(both, both))


def _given(**kinds: list[str]) -> Closure:
    given = {kind.replace("_", ":"): frozenset(values) for kind, values in kinds.items()}
    return closure_of(given)


def closure_of(given: dict[str, frozenset[str]]) -> Closure:
    """Return the closure of a person who presented several identities of a kind."""
    empty = closure(email=ADA)
    return type(empty)(given, given)


_SAME = """
    CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT);
    INSERT INTO customers VALUES (1, 'ada@example.com'), (2, 'ADA@EXAMPLE.COM'),
      (3, 'bob@example.com');
"""


def test_rows_that_are_all_hers_by_the_officers_word_are_all_erased(tmp_path: Path) -> None:
    shop = build(tmp_path, _SAME, CUSTOMERS)
    with pytest.raises(Refused, match="`account:shop=1` and `account:shop=2`"):
        shop.find(email=ADA)
    with pytest.raises(Refused, match="two or more people"):
        shop.find(account="1")
    step = shop.planned(shop.store.find(_given(account_shop=["1", "2"])).closure)
    assert step.closure.keys["customers"] == {(1,), (2,)}
    assert step == shop.planned(shop.store.find(step.closure).closure)
    shop.carry_out(step)
    shop.carry_out(step)
    assert shop.store.look_back(step).late == {}
    assert [row[0] for row in shop.rows("customers")] == [3]


def test_rows_that_stay_and_are_all_hers_can_be_looked_at_again(tmp_path: Path) -> None:
    """Their addresses are gone by then, and tell nobody apart."""
    shop = build(
        tmp_path,
        _SAME.replace("'ADA@EXAMPLE.COM'", "'ada@old.example'"),
        CUSTOMERS.replace("    fields:", "    erase: fields\n    fields:").replace(
            'account:shop", erase: leave', 'account:shop", erase: leave'
        ),
    )
    step = shop.planned(shop.store.find(_given(email=[ADA, "ada@old.example"])).closure)
    shop.carry_out(step)
    shop.carry_out(step)
    assert shop.store.look_back(step).late == {}
    assert shop.store.find(step.closure).rows == {("customers", Bond.ABOUT): 2}
    assert [row[1] for row in shop.rows("customers")] == [None, None, "bob@example.com"]


def test_of_three_rows_two_numbers_do_not_make_one_person(tmp_path: Path) -> None:
    shop = build(tmp_path, _SAME.replace("bob@", "Ada@"), CUSTOMERS)
    with pytest.raises(Refused, match="two or more people"):
        shop.store.find(_given(account_shop=["1", "2"]))
    found = shop.store.find(_given(account_shop=["1", "2"], email=[ADA])).closure
    assert found.keys["customers"] == {(1,), (2,)}


def test_a_third_row_that_comes_after_the_plan_stops_the_step(tmp_path: Path) -> None:
    shop = build(tmp_path, _SAME, CUSTOMERS)
    step = shop.planned(shop.store.find(_given(account_shop=["1", "2"])).closure)
    shop.run("INSERT INTO customers VALUES (4, 'ada@EXAMPLE.com')")
    shop.refuses(step, "two or more people")
    with pytest.raises(Refused, match="two or more people"):
        list(shop.store.look(step.closure))


def test_a_telephone_presented_does_not_lead_to_who_joins_the_household_later(
    tmp_path: Path,
) -> None:
    shop = build(tmp_path, _TWO.format(row="'ada@example.com', '+44 222222'"), _TWO_MAP)
    step = shop.step(phone="+44 222222")
    shop.run("INSERT INTO customers VALUES (3, 'carl@example.com', '44222222')")
    assert isinstance(shop.store.act(step), Done)
    assert shop.store.look_back(step).late == {}
    assert [row[0] for row in shop.rows("customers")] == [1, 3]


def test_what_a_device_bears_changes_and_its_number_is_used_again(tmp_path: Path) -> None:
    """Its link tells whose it is, and no word of another is needed."""
    shop = build(
        tmp_path,
        """
        CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT);
        CREATE TABLE devices (id INTEGER PRIMARY KEY, customer INTEGER, cookie TEXT);
        INSERT INTO customers VALUES (1, 'ada@example.com'), (2, 'bob@example.com');
        INSERT INTO devices VALUES (1, 2, 'b'), (2, 1, 'a'), (3, 1, 'aa');
        """,
        CUSTOMERS
        + """\
  devices:
    key: id
    person: yes
    people: [{follow: customer, to: customers, is: about}]
    fields: {cookie: {category: tracking, identity: "cookie:web"}}
""",
    )
    step = shop.step(email=ADA)
    shop.run("UPDATE devices SET cookie = 'rotated' WHERE id = 2")
    shop.carry_out(step)
    assert shop.rows("devices") == [(1, 2, "b")]
    shop.run("INSERT INTO devices (customer, cookie) VALUES (2, 'bb')")
    assert shop.store.look_back(step).late == {}
    shop.carry_out(step)
    assert shop.rows("devices") == [(1, 2, "b"), (2, 2, "bb")]


@pytest.mark.parametrize("handed", ["orders", "basket"])
def test_what_hangs_together_in_a_circle_passes_on_together(tmp_path: Path, handed: str) -> None:
    """An order has a basket, and a basket is of an order; one of them goes to Bob."""
    shop = build(
        tmp_path,
        """
        CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT);
        CREATE TABLE orders (id INTEGER PRIMARY KEY, owner INTEGER, basket INTEGER);
        CREATE TABLE basket (id INTEGER PRIMARY KEY, owner INTEGER, part_of INTEGER);
        INSERT INTO customers VALUES (1, 'ada@example.com'), (2, 'bob@example.com');
        INSERT INTO orders VALUES (10, 1, NULL), (11, 1, NULL);
        INSERT INTO basket VALUES (10, 1, NULL), (21, 1, NULL);
        """,
        CUSTOMERS
        + """\
  orders:
    key: id
    people:
      - {follow: owner, to: customers, is: about}
      - {follow: basket, to: basket, is: about}
  basket:
    key: id
    people:
      - {follow: owner, to: customers, is: about}
      - {follow: part_of, to: orders, is: about}
""",
    )
    step = shop.step(email=ADA)
    other, link = ("basket", "part_of") if handed == "orders" else ("orders", "basket")
    shop.run(f"""
        UPDATE {handed} SET owner = 2 WHERE id = 10;
        UPDATE {other} SET owner = NULL, {link} = 10 WHERE id = 10;
    """)
    shop.carry_out(step)
    assert [row[0] for row in shop.rows("orders")] == [10]
    assert [row[0] for row in shop.rows("basket")] == [10]


def test_a_row_in_its_target_state_is_hers_whatever_stands_in_it(tmp_path: Path) -> None:
    """What an erasure wrote is nobody's identity, not even cut short."""
    shop = build(
        tmp_path,
        """
        CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT, nick VARCHAR(5), no INTEGER);
        INSERT INTO customers VALUES (1, 'ada@example.com', 'ada', 7),
          (2, 'bob@example.com', 'b', 8);
        """,
        CUSTOMERS.replace("identity: email}\n", "identity: email, erase: replace}\n").replace(
            "    fields:",
            "      - {match: no, identity: 'account:crm', is: about}\n"
            "    erase: fields\n    fields:",
        )
        + """\
      nick: {category: account, identity: "account:web", erase: replace}
      no: {category: account, identity: "account:crm", erase: replace}
""",
    )
    given = {"account:crm": frozenset("7"), "account:shop": frozenset("1")}
    step = shop.planned(shop.store.find(closure_of(given)).closure)
    shop.carry_out(step)
    once = shop.everything()
    assert once["customers"][0][2] == "erase"
    shop.carry_out(step)
    assert shop.everything() == once
    assert shop.store.look_back(step).late == {}
    assert shop.store.find(step.closure).rows == {("customers", Bond.ABOUT): 1}


def test_what_no_erasure_touches_stops_none(tmp_path: Path) -> None:
    """Nothing of the row would be written, whoever it is."""
    shop = build(
        tmp_path,
        """
        CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT, nick TEXT);
        INSERT INTO customers VALUES (1, 'ada@example.com', NULL);
        """,
        CUSTOMERS.replace("    fields:", "    erase: fields\n    fields:")
        + '      nick: {category: account, identity: "account:web", erase: leave}\n',
    )
    step = shop.step(email=ADA)
    shop.carry_out(step)
    shop.run("UPDATE customers SET nick = 'given by the shop'")
    shop.carry_out(step)
    assert shop.store.look_back(step).late == {}
    shop.run("UPDATE customers SET email = 'bob@example.com'")
    assert isinstance(shop.store.act(step), Declined)
