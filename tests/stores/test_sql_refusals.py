from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.stores.shop import CUSTOMERS, Shop, build
from upheld.errors import Refused, Stale, StoreFailed
from upheld.model import Done

if TYPE_CHECKING:
    from pathlib import Path

ADA = "ada@example.com"
_STAYING = CUSTOMERS.replace("    fields:", "    erase: fields\n    fields:")


def one(folder: Path, column: str, value: str, field: str, *, more: str = "") -> Shop:
    """Make Ada, with one column more of this kind, value and place in the map."""
    tables = f"""
        CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT, {column});
        INSERT INTO customers VALUES (1, 'ada@example.com', {value});
        {more}
    """
    return build(folder, tables, f"{_STAYING}      {column.partition(' ')[0]}: {field}\n")


@pytest.mark.parametrize(
    ("column", "value", "field", "words"),
    [
        ("x TEXT NOT NULL", "'v'", "contact", ["`shop.customers.x` is NOT NULL", "erase: replace"]),
        ("x VARCHAR(9) UNIQUE", "'v'", "{category: contact, erase: replace}", ["too short"]),
        (
            "x VARCHAR(9), UNIQUE (email, x)",
            "'v'",
            "{category: contact, erase: replace}",
            ["too short"],
        ),
        ("x DATE NOT NULL", "'2001-01-01'", "{category: contact, erase: replace}", ["is a date"]),
        ("x INTEGER", "1970", "{category: demographic, erase: anonymise}", ["is no date"]),
        (
            "x TEXT",
            "'17.05.1970'",
            "{category: demographic, erase: anonymise}",
            ["no date in 1 rows"],
        ),
        ("x DATE", "5", "{category: demographic, erase: anonymise}", ["no date in 1 rows"]),
        (
            "x TEXT CHECK (x <> 'erased' AND length(x) < 9)",
            "'v'",
            "{category: contact, erase: replace}",
            ["the check", "plan again"],
        ),
        ("x TEXT /* CHECK (1) */ CHECK(x IS NOT NULL)", "'v'", "contact", ["the check"]),
        (
            "x INTEGER NOT NULL REFERENCES customers",
            "1",
            "{category: contact, erase: replace}",
            ["points at another row"],
        ),
    ],
)
def test_what_a_constraint_would_refuse_is_refused_before_the_first_write(
    tmp_path: Path, column: str, value: str, field: str, words: list[str]
) -> None:
    shop = one(tmp_path, column, value, field)
    shop.refuses(shop.step(email=ADA), *words)


def test_a_trigger_that_raises_refuses_and_its_words_are_not_repeated(tmp_path: Path) -> None:
    """Its words are its owner's and may hold anything."""
    trigger = """
        CREATE TRIGGER guard BEFORE UPDATE ON customers
        BEGIN SELECT raise(ABORT, 'ada@example.com: must stay'); END;
    """
    shop = one(tmp_path, "x TEXT", "'v'", "contact", more=trigger)
    step = shop.step(email=ADA)
    assert "trigger `guard`" in "".join(shop.store.preview(step).notes)
    shop.refuses(step, "a trigger")
    assert "must stay" not in "".join(shop.store.preview(step).refusals)


@pytest.mark.parametrize(
    "trigger", ["", "CREATE TRIGGER t BEFORE UPDATE ON customers BEGIN SELECT 1; END;"]
)
def test_a_preview_says_that_it_rehearsed_and_what_that_does(tmp_path: Path, trigger: str) -> None:
    shop = one(tmp_path, "x TEXT", "'v'", "contact", more=trigger)
    said = "".join(shop.store.preview(shop.step(email=ADA)).notes)
    assert ("`shop` rehearsed this in a transaction that was undone" in said) is bool(trigger)


def test_a_trigger_that_keeps_a_row_is_seen_by_looking_back(tmp_path: Path) -> None:
    trigger = "CREATE TRIGGER guard BEFORE UPDATE ON customers BEGIN SELECT raise(IGNORE); END;"
    shop = one(tmp_path, "x TEXT", "'v'", "contact", more=trigger)
    step = shop.step(email=ADA)
    shop.carry_out(step)
    assert shop.store.look_back(step).late == {"customers": 1}


def test_a_field_that_others_point_at_is_not_replaced(tmp_path: Path) -> None:
    shop = build(
        tmp_path,
        """
        CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE);
        CREATE TABLE orders (id INTEGER PRIMARY KEY, email TEXT REFERENCES CUSTOMERS (EMAIL));
        INSERT INTO customers VALUES (1, 'ada@example.com');
        INSERT INTO orders VALUES (1, 'ada@example.com');
        """,
        _STAYING.replace("identity: email}\n", "identity: email, erase: replace}\n"),
    )
    shop.refuses(shop.step(email=ADA), "is what other rows point at")


_TWO = """
    CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT);
    INSERT INTO customers VALUES (1, 'ada@example.com'), (2, 'bob@example.com');
"""


def test_rows_that_are_also_about_somebody_else_are_refused(tmp_path: Path) -> None:
    shop = build(
        tmp_path,
        _TWO
        + """
        CREATE TABLE gifts (id INTEGER PRIMARY KEY, giver INTEGER, taker INTEGER, mail TEXT);
        INSERT INTO gifts VALUES (1, 1, 2, NULL), (2, 1, 1, ''), (3, 1, NULL, 'ADA@example.com'),
          (4, 1, NULL, 'bob@example.com'), (5, 1, 1, 'no address');
        """,
        CUSTOMERS
        + """\
  gifts:
    key: id
    people:
      - {follow: giver, to: customers, is: about}
      - {follow: taker, to: customers, is: about}
      - {match: mail, identity: email, is: about}
""",
    )
    shop.refuses(shop.step(email=ADA), "2 rows of `shop.gifts` are also about somebody else")
    shop.run("DELETE FROM gifts WHERE id IN (1, 4)")
    shop.erase(email=ADA)
    assert shop.rows("gifts") == []


def test_a_telephone_that_is_none_makes_nobody_somebody_else(tmp_path: Path) -> None:
    shop = one(tmp_path, "phone TEXT", "'n/a'", "{category: contact, identity: phone}")
    shop = shop.with_map(
        shop.collections.replace(
            "    erase: fields",
            "      - {match: phone, identity: phone, is: about}\n    erase: fields",
        )
    )
    shop.erase(email=ADA)
    assert shop.rows("customers") == [(1, None, None)]


@pytest.mark.parametrize("when", ["CASCADE", "SET NULL", "NO ACTION"])
@pytest.mark.parametrize("spelled", ["customers", "CUSTOMERS (ID)", '"Customers"("Id")'])
def test_rows_of_a_table_not_mapped_hold_up_the_row_they_point_at(
    tmp_path: Path, when: str, spelled: str
) -> None:
    """Nothing cascades into a table that nobody mapped, however its foreign key is written."""
    shop = build(
        tmp_path,
        _TWO
        + f"""
        CREATE TABLE 'odd "one"' (id INTEGER PRIMARY KEY,
          owner INTEGER REFERENCES {spelled} ON DELETE {when}, words TEXT);
        INSERT INTO 'odd "one"' VALUES (1, 1, 'x'), (2, 2, 'y');
        """,
        CUSTOMERS,
    )
    shop.refuses(shop.step(email=ADA), '`shop.odd "one"` that stay point at rows that would go')
    assert len(shop.rows('odd "one"')) == 2
    shop.run("UPDATE 'odd \"one\"' SET owner = NULL WHERE id = 1")
    shop.erase(email=ADA)
    assert shop.rows('odd "one"') == [(1, None, "x"), (2, 2, "y")]


def test_rows_that_stay_hold_up_the_row_they_point_at(tmp_path: Path) -> None:
    """A mapped child that keeps its rows, some of them under a ground, some of its own table."""
    shop = build(
        tmp_path,
        _TWO
        + """
        CREATE TABLE posts (id INTEGER PRIMARY KEY, author INTEGER REFERENCES customers,
          re INTEGER REFERENCES posts ON DELETE CASCADE);
        INSERT INTO posts VALUES (1, 1, NULL), (2, 2, 1);
        """,
        CUSTOMERS
        + """\
  posts:
    key: id
    people: [{follow: author, to: customers, is: about}]
""",
    )
    shop.refuses(shop.step(email=ADA), "`shop.posts` that stay point at rows")


def test_children_of_a_shared_row_hold_it_up(tmp_path: Path) -> None:
    shop = build(
        tmp_path,
        _TWO
        + """
        CREATE TABLE talks (id INTEGER PRIMARY KEY, a INTEGER REFERENCES customers,
          b INTEGER REFERENCES customers);
        CREATE TABLE words (
          id INTEGER PRIMARY KEY, talk INTEGER REFERENCES talks ON DELETE CASCADE);
        INSERT INTO talks VALUES (1, 1, NULL), (2, 2, 2);
        INSERT INTO words VALUES (1, 1), (2, 2);
        """,
        CUSTOMERS
        + """\
  talks:
    key: id
    people:
      - {follow: a, to: customers, is: shared}
      - {follow: b, to: customers, is: shared}
  words:
    key: id
    people: [{follow: talk, to: talks, is: about}]
""",
    )
    shop.refuses(shop.step(email=ADA), "`shop.words` that stay point at rows")


@pytest.mark.parametrize("issued", ["NULL", "''", "'01/02/2024'", "1704067200", "'soon'"])
def test_rows_without_a_date_that_can_be_read_are_not_guessed_at(
    tmp_path: Path, issued: str
) -> None:
    """Whether a ground still keeps them nobody can say."""
    shop = build(
        tmp_path,
        _TWO
        + f"""
        CREATE TABLE invoices (id INTEGER PRIMARY KEY, customer INTEGER, issued DATE);
        INSERT INTO invoices VALUES (1, 1, {issued}), (2, 1, '2001-01-01');
        """,
        CUSTOMERS
        + """\
  invoices:
    key: id
    people: [{follow: customer, to: customers, is: about}]
    keep: {under: retain.legal-tax, from: issued}
""",
    )
    shop.refuses(shop.step(email=ADA), "1 rows of `shop.invoices` have no date in `issued`")


def test_identities_that_lead_to_two_people_are_refused(tmp_path: Path) -> None:
    shop = build(tmp_path, _TWO.replace("bob@", "Ada@"), CUSTOMERS)
    with pytest.raises(Refused, match="lead to two or more people"):
        shop.find(email=ADA)
    assert shop.find(email=ADA, account="2").keys["customers"] == {(2,)}


def test_a_second_person_of_the_same_name_after_the_plan_stops_the_step(tmp_path: Path) -> None:
    shop = build(tmp_path, _TWO, CUSTOMERS)
    step = shop.step(email=ADA)
    shop.run("INSERT INTO customers VALUES (3, 'ADA@example.com')")
    shop.refuses(step, "two or more people")


@pytest.mark.parametrize("statement", ["DROP TABLE customers", "ALTER TABLE customers DROP email"])
def test_a_table_that_changed_under_a_plan_is_stale(tmp_path: Path, statement: str) -> None:
    shop = build(tmp_path, _TWO, CUSTOMERS)
    step, store = shop.step(email=ADA), shop.store
    digest = store.schema().digest
    shop.run(statement)
    before = shop.path.read_bytes()
    for verb in (store.act, store.preview, store.look_back):
        with pytest.raises(Stale, match="run `upheld map check shop`"):
            verb(step)
    assert store.schema().digest != digest
    assert shop.path.read_bytes() == before


def test_a_column_that_joined_after_the_plan_changes_the_digest(tmp_path: Path) -> None:
    shop = build(tmp_path, _TWO, CUSTOMERS)
    store = shop.store
    digest = store.schema().digest
    shop.run("ALTER TABLE customers ADD COLUMN nick TEXT")
    assert store.schema().digest != digest


def test_a_file_put_in_the_place_of_another_is_read_anew(tmp_path: Path) -> None:
    """A restored backup: the store must not go on writing into the file that was moved away."""
    shop = build(tmp_path, _TWO, CUSTOMERS)
    store, step = shop.store, shop.step(email=ADA)
    store.schema()
    (tmp_path / "other").mkdir()
    restored = build(
        tmp_path / "other",
        _TWO.replace("email TEXT", "email TEXT, more TEXT DEFAULT ''").replace(
            "customers VALUES", "customers (id, email) VALUES"
        ),
        CUSTOMERS,
    )
    restored.path.replace(shop.path)
    assert store.schema().tables["customers"].column("more")
    assert isinstance(store.act(step), Done)
    assert shop.rows("customers") == [(2, "bob@example.com", "")]


def test_a_database_that_may_only_be_read_refuses_at_the_preview(tmp_path: Path) -> None:
    shop = build(tmp_path, _TWO, CUSTOMERS)
    step = shop.step(email=ADA)
    store = type(shop.store)(shop.mapped, f"sqlite:///{shop.path}?mode=ro")
    assert store.find(step.closure).rows
    with pytest.raises(StoreFailed, match="read-only"):
        store.preview(step)
