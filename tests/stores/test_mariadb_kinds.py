"""What MariaDB has of its own: looser letters, names as InnoDB writes them, keys, kept history."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from tests.stores.base import ADA, BOB, Base, made
from tests.stores.test_server_types import LINKED, MYISAM
from upheld.datamap.drift import Severity, drift
from upheld.datamap.parse import parse_store
from upheld.errors import Refused
from upheld.model import Declined
from upheld.stores.sql.catalogue.gathered import called

if TYPE_CHECKING:
    from tests.servers import Server

LOOSE = [
    "utf8mb4_uca1400_ai_cs",
    "utf8mb4_uca1400_as_cs",
    "utf8mb4_uca1400_ai_ci",
    "utf8mb4_general_ci",
    "latin1_general_cs",
    "utf8mb4_bin",
]
JOSE = "jose@example.com"
NEAR = ["josé@example.com", "jo\u00adse@example.com"]


def _of_two(url: str, collation: str, near: str) -> Base:
    base = Base(url, MYISAM)
    charset = collation.split("_", maxsplit=1)[0]
    base.run(
        f"CREATE TABLE people (id int PRIMARY KEY, email varchar(80) CHARACTER SET {charset} "
        f"COLLATE {collation} NOT NULL)",
        f"INSERT INTO people VALUES (1, 'Jose@Example.com'), (2, '{near}')",
    )
    return base


@pytest.mark.parametrize("collation", LOOSE)
@pytest.mark.parametrize("near", NEAR)
def test_other_letters_are_somebody_elses_however_the_server_compares(
    mariadb_url: str, collation: str, near: str
) -> None:
    """No accent and no soft hyphen is disregarded; small letters and capitals still are."""
    base = _of_two(mariadb_url, collation, near)
    assert [row[0] for _, _, row in base.shown(email=JOSE)] == [1]
    base.erase(email=JOSE)
    assert base.rows("SELECT id FROM people") == [(2,)]


@pytest.mark.parametrize(
    ("key", "link"),
    [
        ("utf8mb4_bin", "utf8mb4_uca1400_ai_cs"),
        ("utf8mb4_uca1400_as_cs", "utf8mb4_uca1400_ai_cs"),
        ("utf8mb4_uca1400_as_ci", "utf8mb4_general_ci"),
    ],
)
@pytest.mark.parametrize("bond", ["about", "mentions"])
def test_a_link_that_disregards_accents_leads_to_nobody_elses_rows(
    mariadb_url: str, key: str, link: str, bond: str
) -> None:
    base = Base(mariadb_url, LINKED.replace("people, is: about", f"people, is: {bond}"))
    base.run(
        f"CREATE TABLE people (code varchar(20) COLLATE {key} PRIMARY KEY, "
        "email varchar(80) NOT NULL)",
        f"CREATE TABLE orders (id int PRIMARY KEY, person varchar(20) COLLATE {link}, "
        "note varchar(20))",
        f"INSERT INTO people VALUES ('jose', '{ADA}'), ('josé', '{BOB}')",
        "INSERT INTO orders VALUES (1, 'jose', '-'), (2, 'josé', '-')",
    )
    assert {row[0] for name, _, row in base.shown(email=ADA) if name == "orders"} == {1}


SHARED = """
collections:
  people:
    key: code
    person: yes
    people: [{match: email, identity: email, is: about}]
    fields: {code: none, email: {category: contact, identity: email}}
  chats:
    key: code
    people: [{follow: one, to: people, is: shared}, {follow: other, to: people, is: shared}]
    fields: {code: none, one: none, other: none}
  lines:
    key: id
    people: [{follow: chat, to: chats, is: about}]
    fields: {id: none, chat: none}
"""


def test_what_hangs_on_rows_of_two_people_does_so_to_the_letter(mariadb_url: str) -> None:
    base = Base(mariadb_url, SHARED)
    exact, loose = "varchar(20) COLLATE utf8mb4_bin", "varchar(20) COLLATE utf8mb4_uca1400_ai_cs"
    base.run(
        f"CREATE TABLE people (code {exact} PRIMARY KEY, email varchar(80) NOT NULL)",
        f"CREATE TABLE chats (code {exact} PRIMARY KEY, one {exact}, other {exact})",
        f"CREATE TABLE `lines` (id int PRIMARY KEY, chat {loose})",
        f"INSERT INTO people VALUES ('a', '{ADA}'), ('b', '{BOB}'), ('c', 'c@example.com')",
        "INSERT INTO chats VALUES ('jose', 'a', 'b'), ('josé', 'b', 'c')",
        "INSERT INTO `lines` VALUES (1, 'jose'), (2, 'josé')",
    )
    assert {row[0] for name, _, row in base.shown(email=ADA) if name == "lines"} == {1}


@pytest.mark.parametrize(
    ("here", "elsewhere", "table"),
    [
        ("{}-shop", "{}", "people"),
        ("{}", "{}-crm", "people"),
        ("{}", "{}crm", "web-people"),
        ("{}é Æ@x", "{}/crm", "Käufer.b@c d"),
        ("{}_Shop", "{}_sHOP", "people"),
    ],
)
def test_rows_elsewhere_that_would_go_too_are_seen_by_whatever_name(
    mariadb_server: Server, mariadb_url: str, here: str, elsewhere: str, table: str
) -> None:
    made = str(sa.make_url(mariadb_url).database)
    own, other = here.format(made), elsewhere.format(made)
    names = [name for name in (own, other) if name != made]
    mariadb_server.run(*(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4" for name in names))
    try:
        mapped = MYISAM.replace("\n  people:", f"\n  '{called(table)}':")
        base = Base(mariadb_server.within(own), mapped)
        base.run(
            f"CREATE TABLE `{table}` (id int PRIMARY KEY, email varchar(80) NOT NULL)",
            f"INSERT INTO `{table}` VALUES (1, '{ADA}'), (2, '{BOB}')",
            f"CREATE TABLE `{other}`.deals (id int PRIMARY KEY, owner int, FOREIGN KEY (owner) "
            f"REFERENCES `{own}`.`{table}` (id) ON DELETE CASCADE)",
        )
        [refusal] = base.store.preview(base.step(email=ADA)).refusals
        assert f"rows of another database that point at `{called(table)}`" in refusal
    finally:
        mariadb_server.run(
            f"DROP TABLE IF EXISTS `{other}`.deals", *(f"DROP DATABASE `{n}`" for n in names)
        )


def _checked(base: Base) -> list[str]:
    """Return what `map check` finds broken."""
    mapped = parse_store(f"kind: sql\nurl: env:SHOP\n{base.text}", "stores/shop.yaml")
    found = drift(mapped, base.store.schema())
    return [each.words for each in found if each.severity is Severity.BROKEN]


def _keyed(url: str, kind: str, value: str, text: str = LINKED) -> Base:
    base = Base(url, text)
    base.run(
        f"CREATE TABLE people (code {kind} PRIMARY KEY, email varchar(80) NOT NULL)",
        f"CREATE TABLE orders (id int PRIMARY KEY, person {kind}, note varchar(20))",
        f"INSERT INTO people VALUES ({value}, '{ADA}')",
        f"INSERT INTO orders VALUES (1, {value}, 'ada')",
    )
    return base


@pytest.mark.parametrize(
    ("kind", "value"),
    [("float", "0.1"), ("float(7,3) unsigned", "0.1"), ("bit(16)", "5"), ("bit", "1")],
)
def test_a_key_that_is_not_found_again_is_refused(mariadb_url: str, kind: str, value: str) -> None:
    base = _keyed(mariadb_url, kind, value)
    with pytest.raises(Refused, match=r"`shop\.people\.code` is of type (float|bit)"):
        base.step(email=ADA)
    assert [each for each in _checked(base) if each.startswith("`people.code` is of type")]


def test_what_is_pointed_at_beside_the_key_is_found_again_or_refused(mariadb_url: str) -> None:
    text = LINKED.replace("key: code", "key: email").replace(
        "to: people,", "to: people, onto: code,"
    )
    base = _keyed(mariadb_url, "float", "0.1", text)
    with pytest.raises(Refused, match=r"`shop\.people\.code` is of type float"):
        base.step(email=ADA)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        *(
            ("double", "0.1"),
            ("decimal(7,3)", "0.1"),
            ("year", "2020"),
            ("time(6)", "'10:00:00.5'"),
        ),
        *(("datetime(6)", "'2026-01-01 10:00:00.25'"), ("binary(16)", "'x'"), ("inet6", "'::1'")),
        *(("uuid", "'00000000-0000-0000-0000-00000000000a'"), ("enum('a','b')", "'b'")),
    ],
)
def test_any_other_key_leads_on(mariadb_url: str, kind: str, value: str) -> None:
    base = _keyed(mariadb_url, kind, value)
    assert {row[0] for name, _, row in base.shown(email=ADA) if name == "orders"} == {1}
    base.erase(email=ADA)
    assert base.rows("SELECT * FROM orders") == []


def test_a_plan_says_that_history_keeps_what_is_erased(mariadb_url: str) -> None:
    base = Base(mariadb_url, MYISAM)
    base.run(
        "CREATE TABLE people (id int PRIMARY KEY, email varchar(80) NOT NULL)",
        f"INSERT INTO people VALUES (1, '{ADA}'), (2, '{BOB}')",
    )
    assert base.store.preview(base.step(email=ADA)).notes == ()
    base.run("ALTER TABLE people ADD SYSTEM VERSIONING")
    [note] = base.store.preview(base.step(email=ADA)).notes
    assert note == (
        "`shop.people` is a table that keeps what its rows were: it keeps what was erased until "
        "`DELETE HISTORY FROM people`; do so after this erasure"
    )
    base.erase(email=ADA)
    assert len(base.rows("SELECT id FROM people FOR SYSTEM_TIME ALL")) == 2
    base.run("DELETE HISTORY FROM people")
    assert base.rows("SELECT id FROM people FOR SYSTEM_TIME ALL") == [(2,)]


REPLACED = {
    "float": "1.5",
    "float unsigned": "1.5",
    "float(7,4)": "1.5",
    "double": "1.5",
    "double(5,1)": "1.5",
    "uuid": "'123e4567-e89b-12d3-a456-426655440000'",
    "binary(16)": "'Ada'",
    "binary(32)": "'Ada'",
    "varbinary(4)": "'Ada'",
    "varbinary(16)": "'Ada'",
    "varbinary(300)": "'Ada'",
    "tinyblob": "'Ada'",
}


@pytest.mark.parametrize("kind", REPLACED)
def test_a_replacement_fits_and_stays_what_it_is(mariadb_url: str, kind: str) -> None:
    fields = "x: {category: contact, erase: replace}"
    base = made(mariadb_url, f"x {kind} NOT NULL", fields, *(REPLACED[kind],) * 2)
    before = base.rows("SELECT x FROM people WHERE email = 'bob@example.com'")
    assert _checked(base) == []
    base.erase(email=ADA)
    assert base.rows("SELECT x FROM people WHERE email = 'bob@example.com'") == before
    assert base.rows("SELECT x FROM people WHERE email LIKE 'erased-%'") != before


@pytest.mark.parametrize(
    ("kind", "value", "act", "words"),
    [
        *(("year", "2020", "replace", "of type year"), ("bit(4)", "5", "replace", "of type bit")),
        *(("time", "'10:00'", "replace", "type time"), ("bit", "1", "redact", "no text")),
        ("binary(40)", "'Ada'", "replace", "of type binary(40), which no replacement fits"),
        ("point", "point(1, 2)", "redact", "is no text and cannot be redacted"),
        *(("blob", "'Ada'", "redact", "is no text"), ("int", "7", "redact", "is no text")),
    ],
)
def test_what_would_fail_is_refused_before_anything_is_written(
    mariadb_url: str, kind: str, value: str, act: str, words: str
) -> None:
    fields = f"x: {{category: contact, erase: {act}}}"
    base = made(mariadb_url, f"x {kind} NOT NULL", fields, value, value)
    [refusal] = base.store.preview(base.step(email=ADA)).refusals
    assert refusal.startswith("`shop.people.x` is ")
    assert words in refusal
    assert isinstance(base.store.act(base.step(email=ADA)), Declined)
    [broken] = _checked(base)
    assert broken.startswith("`people.x` ")
