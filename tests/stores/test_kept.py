"""What a ground keeps, and until when: of two people, of a whole, in the company's calendar."""

from __future__ import annotations

import re
import uuid
from dataclasses import replace
from datetime import date

import pytest

from tests.stores.base import ADA, BOB, PEOPLE, Base
from tests.stores.real import made
from tests.stores.test_server_types import LINKED
from upheld.model import Bond, Counted, Done, Outcome, Step

TAX = "retain.legal-tax"
OF_TWO = (
    PEOPLE
    + """\
  inv:
    key: id
    people: [{follow: a, to: people, is: shared}, {follow: b, to: people, is: shared}]
    keep: {under: retain.legal-tax, from: d}
    fields:
      id: none
      d: financial
      aname: {category: contact, of: a}
      bname: {category: contact, of: b}
"""
)
INVOICES = (
    PEOPLE
    + """\
  inv:
    key: id
    people: [{follow: pid, to: people, is: about}]
    keep: {under: retain.legal-tax, from: d}
    fields: {id: none, d: financial}
"""
)
PARTS = (
    INVOICES
    + """\
  parts:
    key: id
    people: [WAYS]
    keep: {under: retain.legal-tax, with: inv}
    fields: {id: none, text: contact}
"""
)
ABOUT, MENTION = "{follow: iid, to: inv, is: about}", "{follow: corr, to: inv, is: mentions}"


def people(url: str, *more: str) -> None:
    made(
        url,
        "CREATE TABLE people (id int PRIMARY KEY, email varchar(80) NOT NULL UNIQUE)",
        f"INSERT INTO people VALUES (1, '{ADA}'), (2, '{BOB}')",
        *more,
    )


def kept(base: Base, step: Step) -> list[Counted]:
    """Return what preview and receipt say is kept; looking back says as much."""
    store = base.store
    foreseen = [c for c in store.preview(step).counted if c.outcome is Outcome.RETAINED]
    done = store.act(step)
    assert isinstance(done, Done)
    assert [c for c in done.counted if c.outcome is Outcome.RETAINED] == foreseen
    rows: dict[str, int] = {}
    for each in foreseen:
        rows[each.collection] = rows.get(each.collection, 0) + each.rows
    left = store.look_back(step)
    assert (left.late, left.kept) == ({}, rows)
    return foreseen


def test_rows_of_two_people_that_are_kept_are_counted_once_and_said(database_url: str) -> None:
    people(
        database_url,
        "CREATE TABLE inv (id int PRIMARY KEY, a int REFERENCES people (id), "
        "b int REFERENCES people (id), d date, aname varchar(40), bname varchar(40))",
        "INSERT INTO inv VALUES (1, 1, 2, '2026-05-05', 'Ada L', 'Bob'), "
        "(2, 2, 1, '2020-05-05', 'Bob', 'Ada L'), (3, 1, 1, '2020-05-05', 'Ada L', 'Ada L'), "
        "(4, 1, NULL, '2020-05-05', 'Ada L', NULL), (5, 2, NULL, '2026-05-05', 'Bob', NULL), "
        "(6, 1, 2, '2001-05-05', 'Ada L', 'Bob')",
    )
    base = Base(database_url, OF_TWO)
    before = base.rows("SELECT * FROM inv WHERE id < 6 ORDER BY id")
    assert kept(base, base.step(email=ADA)) == [
        Counted("inv", Bond.SHARED, Outcome.RETAINED, 4, TAX, date(2036, 12, 31))
    ]
    assert base.rows("SELECT * FROM inv WHERE id < 6 ORDER BY id") == before
    assert base.rows("SELECT a, b, aname, bname FROM inv WHERE id = 6") == [(None, 2, None, "Bob")]


@pytest.mark.parametrize("ways", [f"{MENTION}, {ABOUT}", f"{ABOUT}, {MENTION}"])
def test_a_part_is_kept_with_its_whole_and_not_with_what_it_only_names(
    database_url: str, ways: str
) -> None:
    people(
        database_url,
        "CREATE TABLE inv (id int PRIMARY KEY, pid int REFERENCES people (id), d date)",
        "CREATE TABLE parts (id int PRIMARY KEY, iid int REFERENCES inv (id), "
        "corr int, text varchar(9))",
        "INSERT INTO inv VALUES (1, 1, '2026-05-05'), (2, 1, '2001-05-05'), (3, 1, '2017-05-05')",
        "INSERT INTO parts VALUES (1, 1, NULL, 'x'), (2, 2, 1, 'x'), (3, 3, 1, 'x')",
    )
    base = Base(database_url, PARTS.replace("WAYS", ways))
    found = {c.collection: c for c in kept(base, base.step(email=ADA))}
    assert base.rows("SELECT id FROM parts ORDER BY id") == [(1,), (3,)]
    assert (found["parts"].rows, found["parts"].until) == (2, date(2036, 12, 31))


def test_a_part_is_kept_until_its_own_whole_goes(database_url: str) -> None:
    people(
        database_url,
        "CREATE TABLE inv (id int PRIMARY KEY, pid int REFERENCES people (id), d date)",
        "CREATE TABLE parts (id int PRIMARY KEY, iid int REFERENCES inv (id), text varchar(9))",
        "INSERT INTO inv VALUES (1, 1, '2025-05-05'), (2, 1, '2017-05-05')",
        "INSERT INTO parts VALUES (2, 2, 'x')",
    )
    base = Base(database_url, PARTS.replace("WAYS", ABOUT))
    found = {c.collection: c.until for c in kept(base, base.step(email=ADA))}
    assert found == {"inv": date(2035, 12, 31), "parts": date(2027, 12, 31)}


@pytest.mark.parametrize("whose", [1, 2])
def test_a_part_is_kept_with_a_whole_that_is_another_persons_too(
    database_url: str, whose: int
) -> None:
    shared = (
        OF_TWO
        + """\
  parts:
    key: id
    people: [{follow: pid, to: people, is: about}, {follow: iid, to: inv, is: shared}]
    keep: {under: retain.legal-tax, with: inv}
    fields: {id: none, text: contact}
"""
    )
    people(
        database_url,
        "CREATE TABLE inv (id int PRIMARY KEY, a int REFERENCES people (id), "
        "b int REFERENCES people (id), d date, aname varchar(40), bname varchar(40))",
        "CREATE TABLE parts (id int PRIMARY KEY, pid int, iid int, text varchar(9))",
        f"INSERT INTO inv VALUES (1, {whose}, 2, '2026-05-05', 'x', 'Bob')",
        "INSERT INTO parts VALUES (1, 1, 1, 'x'), (2, 1, NULL, 'x')",
    )
    base = Base(database_url, shared)
    kept(base, base.step(email=ADA))
    assert base.rows("SELECT id FROM parts") == [(1,)]


INSTANTS = {
    "postgres": ("timestamp with time zone", "2015-12-31 22:59:59+00", "2015-12-31 23:30:00+00"),
    "a domain": ("moment", "2015-12-31 22:59:59+00", "2015-12-31 23:30:00+00"),
    "mariadb": ("timestamp NULL", "2015-12-31 22:59:59", "2015-12-31 23:30:00"),
}


@pytest.mark.parametrize("case", INSTANTS)
def test_an_instant_is_of_the_day_it_is_where_the_company_is(
    request: pytest.FixtureRequest, case: str
) -> None:
    kind, over, still = INSTANTS[case]
    url = request.getfixturevalue("mariadb_url" if case == "mariadb" else "postgres_url")
    people(
        url,
        *(["CREATE DOMAIN moment AS timestamptz"] if case == "a domain" else []),
        *(["SET time_zone = '+00:00'"] if case == "mariadb" else []),
        f"CREATE TABLE inv (id int PRIMARY KEY, pid int REFERENCES people (id), d {kind})",
        f"INSERT INTO inv VALUES (1, 1, '{over}'), (2, 1, '{still}')",
    )
    base = Base(url, INVOICES)
    step = in_zone(base.step(email=ADA), "Europe/Berlin")
    assert [(c.rows, c.until) for c in kept(base, step)] == [(1, date(2026, 12, 31))]
    assert base.rows("SELECT id FROM inv") == [(2,)]


def test_a_date_of_no_clock_is_the_same_day_in_every_zone(database_url: str) -> None:
    people(
        database_url,
        "CREATE TABLE inv (id int PRIMARY KEY, pid int REFERENCES people (id), d date)",
        "INSERT INTO inv VALUES (1, 1, '2015-12-31'), (2, 1, '2016-01-01')",
    )
    base = Base(database_url, INVOICES)
    step = in_zone(base.step(email=ADA), "Pacific/Kiritimati")
    assert [(c.rows, c.until) for c in kept(base, step)] == [(1, date(2026, 12, 31))]
    assert base.rows("SELECT id FROM inv") == [(2,)]


def in_zone(step: Step, zone: str) -> Step:
    """Return a step of a company that is somewhere."""
    return replace(
        step,
        erasures=tuple(
            replace(each, hold=replace(each.hold, zone=zone)) if each.hold else each
            for each in step.erasures
        ),
    )


def test_what_is_dated_by_the_last_day_there_is_has_no_end(database_url: str) -> None:
    people(
        database_url,
        "CREATE TABLE inv (id int PRIMARY KEY, pid int REFERENCES people (id), d date)",
        "INSERT INTO inv VALUES (1, 1, '9999-12-31')",
    )
    base = Base(database_url, INVOICES)
    assert [(c.rows, c.until) for c in kept(base, base.step(email=ADA))] == [(1, None)]


@pytest.mark.parametrize("kind", ["date", "timestamptz"])
def test_a_day_that_never_comes_is_no_date(postgres_url: str, kind: str) -> None:
    people(
        postgres_url,
        f"CREATE TABLE inv (id int PRIMARY KEY, pid int REFERENCES people (id), d {kind})",
        "INSERT INTO inv VALUES (1, 1, 'infinity')",
    )
    base = Base(postgres_url, INVOICES)
    (wrong,) = base.store.preview(base.step(email=ADA)).refusals
    assert "have no date in `d` that can be read" in wrong


def test_the_sql_of_a_step_names_values_by_numbers(database_url: str) -> None:
    odd, quote = INVOICES.replace("pid", "'a;b'"), "`" if "mariadb" in database_url else '"'
    people(
        database_url,
        f"CREATE TABLE inv (id int PRIMARY KEY, {quote}a;b{quote} int, d date)",
        "INSERT INTO inv VALUES (1, 1, '2001-05-05')",
    )
    base = Base(database_url, odd)
    said = base.store.statements(base.step(email=ADA))
    names = {name for each in said for name in re.findall(r"(?<=[ (]):([^ ,):]+)", each)}
    assert names
    assert all(re.fullmatch(r"p[0-9]+(_[0-9]+)*", each) for each in names), names


def test_a_replacement_is_a_uuid_in_every_row(database_url: str) -> None:
    people(
        database_url,
        "CREATE TABLE notes (id int PRIMARY KEY, owner varchar(80), ref uuid NOT NULL UNIQUE)",
        *(
            f"INSERT INTO notes VALUES ({n}, '{ADA}', '123e4567-e89b-12d3-a456-4266554400{n:02}')"
            for n in range(60)
        ),
    )
    notes = """\
  notes:
    key: id
    people: [{match: owner, identity: email, is: about}]
    erase: fields
    fields: {id: none, ref: {category: contact, erase: replace}}
"""
    base = Base(database_url, PEOPLE + notes)
    base.erase(email=ADA)
    made_up = {str(ref) for (ref,) in base.rows("SELECT ref FROM notes")}
    assert len(made_up) == 60
    if not database_url.startswith("sqlite"):
        assert {(uuid.UUID(each).version, each[19]) for each in made_up} == {(4, "8")}


TALKS = (
    PEOPLE
    + """\
  talks:
    key: id
    people: [{follow: a, to: people, is: shared}, {follow: b, to: people, is: shared}]
    fields: {id: none}
  said:
    key: id
    people: [{follow: talk, to: talks, is: shared}, {follow: author, to: people, is: about}]
    fields: {id: none}
  likes:
    key: id
    people: [{follow: said, to: said, is: about}]
    fields: {id: none}
"""
)


def test_what_hangs_on_a_row_of_two_people_has_not_passed_to_the_other(database_url: str) -> None:
    """Whoever erases looks again before it is committed, and would take it for another's."""
    people(
        database_url,
        "CREATE TABLE talks (id int PRIMARY KEY, a int, b int)",
        "CREATE TABLE said (id int PRIMARY KEY, talk int, author int)",
        "CREATE TABLE likes (id int PRIMARY KEY, said int)",
        "INSERT INTO talks VALUES (1, 1, 2)",
        "INSERT INTO said VALUES (11, 1, 1), (12, 1, 2)",
        "INSERT INTO likes VALUES (111, 11), (112, 12)",
    )
    base = Base(database_url, TALKS)
    base.erase(email=ADA)
    assert base.rows("SELECT id FROM said") == [(12,)]
    assert base.rows("SELECT id FROM likes") == [(112,)]


CITES = """\
  cites:
    key: id
    people: [{follow: talk, to: talks, is: mentions}, {follow: reader, to: people, is: shared}]
    fields: {id: none}
"""


def test_what_names_a_row_of_two_people_is_no_part_of_it(database_url: str) -> None:
    people(
        database_url,
        "CREATE TABLE talks (id int PRIMARY KEY, a int, b int)",
        "CREATE TABLE said (id int PRIMARY KEY, talk int, author int)",
        "CREATE TABLE likes (id int PRIMARY KEY, said int)",
        "CREATE TABLE cites (id int PRIMARY KEY, talk int, reader int)",
        "INSERT INTO talks VALUES (1, 1, 2)",
        "INSERT INTO cites VALUES (1, 1, 2), (2, 1, 1)",
    )
    base = Base(database_url, TALKS + CITES)
    assert [row[0] for name, _, row in base.shown(email=ADA) if name == "cites"] == [2]


def test_a_link_that_disregards_more_than_what_it_points_at_leads_to_the_letter(
    mariadb_url: str,
) -> None:
    base = Base(mariadb_url, LINKED)
    key, link = "utf8mb4_uca1400_ai_cs", "utf8mb4_general_ci"
    base.run(
        f"CREATE TABLE people (code varchar(20) COLLATE {key} PRIMARY KEY, "
        "email varchar(80) NOT NULL)",
        f"CREATE TABLE orders (id int PRIMARY KEY, person varchar(20) COLLATE {link}, "
        "note varchar(20))",
        f"INSERT INTO people VALUES ('Jose', '{ADA}'), ('jose', '{BOB}')",
        "INSERT INTO orders VALUES (1, 'Jose', '-'), (2, 'jose', '-')",
    )
    assert {row[0] for name, _, row in base.shown(email=ADA) if name == "orders"} == {1}


NAMED = """\
  talks:
    key: id
    people:
      - {follow: a, to: people, is: shared}
      - {follow: b, to: people, is: shared}
      - {follow: closer, to: people, is: mentions}
    fields: {id: none, d: none}
"""


@pytest.mark.parametrize("keep", ["", "    keep: {under: retain.legal-tax, from: d}\n"])
def test_a_row_of_two_people_that_names_one_of_them(database_url: str, keep: str) -> None:
    people(
        database_url,
        "CREATE TABLE talks (id int PRIMARY KEY, a int, b int, closer int, d date)",
        "INSERT INTO talks VALUES (1, 1, 2, 1, '2026-05-05'), (2, 1, NULL, 1, '2001-05-05'), "
        "(3, 2, NULL, 1, '2001-05-05'), (4, 1, 2, 1, '2001-05-05'), (5, 2, 2, 1, '2026-05-05')",
    )
    base = Base(database_url, PEOPLE + NAMED.replace("    fields", keep + "    fields"))
    before = base.rows("SELECT * FROM talks WHERE id = 1")
    assert sum(each.rows for each in kept(base, base.step(email=ADA))) == bool(keep)
    kept_whole = base.rows("SELECT * FROM talks WHERE id = 1") == before
    assert kept_whole == bool(keep)
    assert base.rows("SELECT id, a, b, closer FROM talks WHERE id > 1 ORDER BY id") == [
        (3, 2, None, None),
        (4, None, 2, None),
        (5, 2, 2, None),
    ]
