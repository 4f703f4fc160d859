"""A deep search reads every text of a database, mapped or not, for many people at once."""

from __future__ import annotations

import json
import sqlite3
import tracemalloc
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from tests.stores.shop import CUSTOMERS, Shop, build
from upheld.errors import StoreFailed
from upheld.model.searching import Hit, Needle, Whose

if TYPE_CHECKING:
    from pathlib import Path

    from upheld.model import Step

ADA, BOB = "ada@example.com", "bob@example.com"
PHONE = "442079460000"
_TABLES = f"""
    CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT, phone TEXT, notes TEXT);
    CREATE TABLE invoices (id INTEGER PRIMARY KEY, customer INTEGER, issued DATE, sent_to TEXT,
      memo TEXT);
    CREATE TABLE tickets (subject TEXT, body TEXT, raw BLOB, meta JSON, anything);
    INSERT INTO customers VALUES
      (1, '{ADA}', '+44 20 7946 0000', NULL), (2, '{BOB}', '020', 'no word of anybody');
    INSERT INTO invoices VALUES (10, 1, '2026-01-01', '{ADA}', 'also to {ADA}'),
      (11, 1, '2001-01-01', '{ADA}', NULL), (20, 2, '2026-01-01', '{BOB}', NULL);
"""
_MAP = (
    CUSTOMERS
    + """\
      phone: {category: contact, identity: phone}
      notes: contact
  invoices:
    key: id
    people: [{follow: customer, to: customers, is: about}]
    keep: {under: retain.legal-tax, from: issued}
    fields: {id: none, customer: none, issued: financial, sent_to: financial}
"""
)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return build(tmp_path, _TABLES, _MAP)


def _search(shop: Shop, step: Step, *needles: tuple[str, str]) -> list[Hit]:
    wanted = [Needle(0, kind, value) for kind, value in needles or [("email", ADA)]]
    return list(shop.store.search(wanted, lambda _: step))


def _places(hits: list[Hit], whose: Whose = Whose.FOUND) -> dict[str, int]:
    return {f"{each.collection}.{each.field}": each.rows for each in hits if each.whose is whose}


def test_a_table_nobody_mapped_is_searched_in_every_column(shop: Shop) -> None:
    step = shop.step(email=ADA)
    shop.carry_out(step)
    with closing(sqlite3.connect(shop.path)) as connection, connection:
        row = ("Re: ADA@example.COM", f"<{ADA}>", f"\0\xff {ADA}".encode("latin-1"))
        other = (json.dumps({"from": [f"Hi\n{ADA}"]}), "https://x.example/?to=ada%40example.com")
        connection.execute("INSERT INTO tickets VALUES (?, ?, ?, ?, ?)", (*row, *other))
        wide = ("", None, ADA.encode("utf-16"), '"ada\\u0040example.com"', 17)
        connection.execute("INSERT INTO tickets VALUES (?, ?, ?, ?, ?)", wide)
    assert _places(_search(shop, step)) == {
        "tickets.subject": 1,
        "tickets.body": 1,
        "tickets.raw": 2,
        "tickets.meta": 2,
        "tickets.anything": 1,
    }


def test_a_row_that_a_ground_keeps_is_no_lapse_in_any_of_its_columns(shop: Shop) -> None:
    step = shop.step(email=ADA)
    shop.carry_out(step)
    hits = _search(shop, step)
    assert _places(hits) == {}
    assert _places(hits, Whose.KEPT) == {"invoices.sent_to": 1, "invoices.memo": 1}


def test_a_row_that_is_late_is_told_from_one_no_way_leads_to(shop: Shop) -> None:
    step = shop.step(email=ADA)
    shop.carry_out(step)
    shop.run(f"INSERT INTO customers VALUES (1, '{ADA}', NULL, NULL)")
    shop.run(f"UPDATE customers SET notes = 'sister of {ADA}' WHERE id = 2")
    hits = _search(shop, step)
    assert _places(hits, Whose.LATE) == {"customers.email": 1}
    assert _places(hits) == {"customers.notes": 1}


def test_a_telephone_somebody_living_is_known_by_is_said_to_be_theirs(shop: Shop) -> None:
    step = shop.step(email=ADA)
    shop.carry_out(step)
    shop.run("UPDATE customers SET notes = 'x' WHERE id = 2")
    for written in ("+44 (20) 7946-0000", "0044-20/7946 0000", "+44 (0)20 7946 0000"):
        shop.run(f"UPDATE customers SET phone = '{written}' WHERE id = 2")
        hits = _search(shop, step, ("phone", PHONE))
        assert _places(hits) == {}
        assert _places(hits, Whose.BORNE) == {"customers.phone": 1}
    with_zero = _search(shop, step, ("phone", "4402079460000"))
    assert _places(with_zero, Whose.BORNE) == {"customers.phone": 1}


def test_an_identity_beside_somebodys_own_is_not_what_they_are_known_by(shop: Shop) -> None:
    step = shop.step(email=ADA)
    shop.carry_out(step)
    shop.run(f"UPDATE customers SET email = '{BOB}, {ADA}', phone = '{PHONE}, 020' WHERE id = 2")
    assert _places(_search(shop, step)) == {"customers.email": 1}
    assert _places(_search(shop, step, ("phone", PHONE))) == {"customers.phone": 1}
    shop.run(f"UPDATE customers SET email = '{BOB}', phone = 'ask {ADA}' WHERE id = 2")
    assert _places(_search(shop, step)) == {"customers.phone": 1}
    shop.run(f"UPDATE customers SET email = 'Bob <{ADA}>', phone = NULL WHERE id = 2")
    assert _places(_search(shop, step), Whose.BORNE) == {"customers.email": 1}


def test_the_number_of_an_account_may_stay_where_the_map_leaves_it(tmp_path: Path) -> None:
    tables = """
        CREATE TABLE customers (id TEXT PRIMARY KEY, email TEXT);
        CREATE TABLE visits (id INTEGER PRIMARY KEY, customer TEXT, page TEXT);
        INSERT INTO customers VALUES ('C-000042', 'ada@example.com');
        INSERT INTO visits VALUES (1, 'C-000042', '/of/C-000042');
    """
    visits = """\
  visits:
    key: id
    people: [{follow: customer, to: customers, is: about}]
    erase: fields
    fields: {id: none, customer: none, page: network_activity}
"""
    shop = build(
        tmp_path,
        tables,
        CUSTOMERS.replace("    fields:", "    erase: fields\n    fields:") + visits,
    )
    step = shop.step(email=ADA)
    shop.carry_out(step)
    shop.run("UPDATE visits SET page = '/of/C-000042' WHERE id = 1")
    hits = _search(shop, step, ("account:shop", "C-000042"))
    assert _places(hits, Whose.KEPT) == {"customers.id": 1}
    assert {*_places(hits, Whose.LATE)} == {"visits.page", "visits.customer"}
    shop.carry_out(step)
    hits = _search(shop, step, ("account:shop", "C-000042"))
    assert _places(hits, Whose.KEPT) == {"customers.id": 1, "visits.customer": 1}
    assert _places(hits) == {}


def test_each_table_is_read_once_however_many_people_are_searched_for(shop: Shop) -> None:
    step, store = shop.step(email=ADA), shop.store
    read: list[str] = []
    sa.event.listen(store.engine, "after_cursor_execute", lambda *seen: read.append(str(seen[2])))
    needles = [Needle(0, "email", f"person{n}@example.org") for n in range(2000)]
    list(store.search(needles, lambda _: step))
    assert [
        len([each for each in read if f'FROM "{t}"' in each or f"FROM {t}" in each])
        for t in ("customers", "invoices", "tickets")
    ] == [1, 1, 1]


def test_two_people_with_one_identity_are_both_told_of_it(shop: Shop) -> None:
    step = shop.step(email=ADA)
    shop.run(f"INSERT INTO tickets (body) VALUES ('{ADA}')")
    needles = [Needle(0, "email", ADA), Needle(1, "email", BOB), Needle(2, "email", ADA)]
    hits = [h for h in shop.store.search(needles, lambda _: step) if h.collection == "tickets"]
    assert sorted(hit.needle for hit in hits) == [0, 2]


def test_what_is_kept_for_one_of_two_people_is_kept(shop: Shop) -> None:
    steps = [shop.step(email=ADA), shop.step(email=BOB)]
    shop.carry_out(steps[0])
    hits = list(shop.store.search([Needle(n, "email", ADA) for n in (0, 1)], lambda n: steps[n]))
    assert [hit.needle for hit in hits] == [0, 1, 0, 1]
    assert {hit.whose for hit in hits} == {Whose.KEPT}


def test_a_table_that_cannot_be_read_is_named_after_all_the_others(shop: Shop) -> None:
    step = shop.step(email=ADA)
    shop.run(f"INSERT INTO tickets (body) VALUES ('{ADA}'); CREATE TABLE aged (words TEXT);")
    _damage(shop, "aged")
    hits: list[Hit] = []
    with pytest.raises(StoreFailed, match=r"`shop\.aged` could not be searched: store `shop`"):
        hits.extend(iter(shop.store.search([Needle(0, "email", ADA)], lambda _: step)))
    assert "tickets.body" in _places(hits)


@pytest.mark.parametrize("encoding", ["UTF-16le", "UTF-16be"])
def test_a_database_in_utf_16_is_read_in_letters_of_any_language(
    tmp_path: Path, encoding: str
) -> None:
    shop = build(tmp_path, f"PRAGMA encoding = '{encoding}';{_TABLES}", _MAP)
    step = shop.step(email=ADA)
    shop.run("INSERT INTO tickets (subject, body) VALUES ('an ŻOË@MÜNCHEN.DE', '+44 20 79460000')")
    found = _places(_search(shop, step, ("email", "żoë@münchen.de"), ("phone", PHONE)))
    assert found["tickets.subject"] == 1
    assert found["tickets.body"] == 1


def test_values_that_were_sampled_of_indexes_are_counted_as_not_searched(shop: Shop) -> None:
    assert shop.store.unsearched() == {}
    with closing(sqlite3.connect(shop.path)) as connection, connection:
        connection.execute("PRAGMA writable_schema = ON")  # as where SQLite was built with STAT4
        connection.execute("CREATE TABLE sqlite_stat4 (tbl, idx, neq, nlt, ndlt, sample)")
    assert shop.store.unsearched() == {}
    with closing(sqlite3.connect(shop.path)) as connection, connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("INSERT INTO sqlite_stat4 (sample) VALUES (?)", (ADA.encode(),))
    assert shop.store.unsearched() == {"values that `ANALYZE` took from indexes": 1}


def _damage(shop: Shop, table: str) -> None:
    """Overwrite the page on which a table begins."""
    with closing(sqlite3.connect(shop.path)) as connection:
        (page,) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)
        ).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    with shop.path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)


def test_memory_does_not_grow_with_the_rows(shop: Shop) -> None:
    step = shop.step(email=ADA)
    with closing(sqlite3.connect(shop.path)) as connection, connection:
        long = "Lorem ipsum dolor sit amet, 2026-07-01. " * 50
        rows = ((long, f"{n}", None, None, None) for n in range(30_000))
        connection.executemany("INSERT INTO tickets VALUES (?, ?, ?, ?, ?)", rows)
    _search(shop, step)
    tracemalloc.start()
    _search(shop, step)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 << 20
