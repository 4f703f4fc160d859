"""What is drafted of types and names that SQLite has not; first by hand, then of real servers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.datamap.catalogues import schema, table
from tests.stores.real import catalogue, made
from upheld.datamap.beside import beside
from upheld.datamap.draft import draft
from upheld.datamap.drift import Severity, drift
from upheld.datamap.guesses import accepted
from upheld.datamap.parse import parse_store
from upheld.errors import BadInput
from upheld.model import (
    Act,
    Bond,
    Collection,
    Column,
    Dialect,
    Follow,
    Schema,
    StoreMap,
    Type,
)

CHINOOK = Path(__file__).parents[2].parent / "shared" / "data" / "chinook"

PEOPLE = table("crm.customers", "id number!, email text!, notes text")


def mapped(of: Schema) -> StoreMap:
    """Return the map that a person gets who accepts every guess of the draft."""
    return parse_store(accepted(draft(of, name="crm", url="env:CRM")), "stores/crm.yaml")


def only(of: Schema, name: str) -> Collection:
    found = mapped(of).collection(name)
    assert found is not None
    return found


def other(name: str, declared: str, *, nullable: bool = True, generated: bool = False) -> Column:
    return Column(name, Type.OTHER, nullable=nullable, generated=generated, declared=declared)


def line(name: str, *columns: Column) -> str:
    """Return the line that is drafted of a column of people."""
    people = replace(PEOPLE, columns=(*PEOPLE.columns, *columns))
    text = draft(schema(people), name="crm", url="env:CRM")
    return next(each.strip() for each in text.splitlines() if each.strip().startswith(name))


def broken(of: Schema, dialect: Dialect) -> list[str]:
    return [
        e.words
        for e in drift(mapped(of), replace(of, dialect=dialect))
        if e.severity is Severity.BROKEN
    ]


def test_the_schema_of_a_table_says_nothing_of_its_rows() -> None:
    staff = table("staff.documents", "id number!, path text")
    plain = table("documents", "id number!, path text")
    assert not only(schema(PEOPLE, staff), "staff.documents").person
    assert (
        only(schema(PEOPLE, staff), "staff.documents").personal
        == only(schema(PEOPLE, plain), "documents").personal
    )
    assert only(schema(PEOPLE), "crm.customers").person


def test_an_undeclared_link_means_the_table_beside_it() -> None:
    beside = table("crm.orders", "id number!, customer_id number")
    apart = table("shop.orders", "id number!, customer_id number")
    elsewhere = table("web.orders", "id number!, customer_id number")
    of = schema(PEOPLE, replace(PEOPLE, name="shop.customers"), beside, apart, elsewhere)
    assert [way.to for way in only(of, "crm.orders").ways if isinstance(way, Follow)] == [
        "crm.customers"
    ]
    assert [way.to for way in only(of, "shop.orders").ways if isinstance(way, Follow)] == [
        "shop.customers"
    ]
    assert only(of, "web.orders").ways == ()


def test_an_undeclared_link_reaches_into_another_schema() -> None:
    orders = table("shop.orders", "id number!, customer_id number")
    link = Follow(("customer_id",), "crm.customers", ("id",), Bond.ABOUT)
    assert only(schema(PEOPLE, orders), "shop.orders").ways == (link,)


def test_no_link_is_guessed_between_types_that_cannot_be_compared() -> None:
    key = other("id", "uuid", nullable=False)
    people = replace(PEOPLE, columns=(key, *PEOPLE.columns[1:]))
    orders = table("orders", "id number!")

    def linked(declared: str) -> bool:
        link = other("customer_id", declared)
        return bool(
            only(schema(people, replace(orders, columns=(*orders.columns, link))), "orders").ways
        )

    assert (linked("uuid"), linked("jsonb")) == (True, False)


@pytest.mark.parametrize(
    ("column", "drafted"),
    [
        (other("phone_numbers", "text[]"), "phone_numbers: contact?"),
        (other("gender", "gender"), "gender: demographic?"),
        (
            other("gender", "gender", nullable=False),
            "gender: {category: demographic?, erase: leave}",
        ),
        (other("last_ip", "inet"), "last_ip: network_activity?"),
        (other("api_key", "uuid"), "api_key: {category: account?, secret: yes}"),
        (
            other("api_key", "uuid", nullable=False),
            "api_key: {category: account?, erase: replace, secret: yes}",
        ),
        (
            other("visitor_id", "uuid"),
            'visitor_id: {category: tracking?, identity: "cookie:crm"}',
        ),
        (other("comments", "text[]"), "comments: commercial?"),
        (other("status", "mood"), "status: none?"),
        (other("zorp", "xml"), "zorp: unlisted?  # its name says nothing"),
    ],
)
def test_what_is_made_of_text_is_as_personal_as_text(column: Column, drafted: str) -> None:
    assert line(column.name, column) == drafted


def test_nobody_is_found_by_a_list_of_addresses() -> None:
    addresses = other("email_addresses", "text[]")
    lists = table("signups", "id number!")
    of = schema(PEOPLE, replace(lists, columns=(*lists.columns, addresses)))
    assert only(of, "signups").ways == ()
    single = replace(lists, columns=(*lists.columns, replace(addresses, type=Type.TEXT)))
    assert only(schema(PEOPLE, single), "signups").ways != ()


@pytest.mark.parametrize("kind", [Type.OTHER, Type.TEXT])
def test_json_is_drafted_whole_and_says_how_to_name_a_path(kind: Type) -> None:
    column = replace(other("address", "json"), type=kind)
    said = 'address: contact?  # or say it of paths in it, like "address$.some.path"'
    assert line("address", column) == said
    filled = replace(column, nullable=False)
    assert line("address", filled).startswith("address: {category: contact?, erase: leave}")
    assert line("remark", replace(column, name="remark")).startswith("remark: commercial?")


def test_what_is_computed_is_left_as_it_is() -> None:
    computed = replace(other("full_name", "text", generated=True), type=Type.TEXT)
    assert line("full_name", computed) == (
        "full_name: {category: contact?, identity: name, erase: leave}"
    )


def test_full_text_is_of_the_kind_that_people_write() -> None:
    assert line("search", other("search", "tsvector")) == "search: commercial?"
    computed = other("search", "tsvector", generated=True)
    assert line("search", computed) == "search: {category: commercial?, erase: leave}"


def test_what_lies_beside_is_told_at_the_end() -> None:
    of = replace(schema(PEOPLE), beside={"web.v": "a view", "odd\nname?": "a view"})
    text = draft(of, name="crm", url="env:CRM")
    assert text.endswith("about it:\n#   odd?name?: a view\n#   web.v: a view\n")
    assert mapped(of).guesses == ()
    assert [each.name for each in mapped(of).collections] == ["crm.customers"]


@pytest.mark.parametrize("name", ["null", "yes", "on", "crm.null", '"a.b"', "1.5", "a.b c"])
def test_a_name_is_read_back_as_it_was(name: str) -> None:
    of = schema(replace(PEOPLE, name=name, columns=(*PEOPLE.columns, other(name, "xml"))))
    assert only(of, name).place(name) is not None


def test_a_password_is_never_drafted() -> None:
    with pytest.raises(BadInput, match="holds a password") as refused:
        draft(schema(PEOPLE), name="crm", url="postgresql://crm:hunter2@localhost/crm")
    assert "hunter2" not in str(refused.value)


POSTGRES = [
    "CREATE SCHEMA web",
    "CREATE TYPE gender AS ENUM ('f', 'm', 'x')",
    "CREATE DOMAIN address AS text NOT NULL CHECK (VALUE LIKE '%@%')",
    """CREATE TABLE "Customers" (
        id uuid PRIMARY KEY, "emailAddress" address UNIQUE, gender gender, phones text[],
        profile jsonb, settings json NOT NULL, born date, picture bytea, ip inet, notes text,
        search tsvector GENERATED ALWAYS AS (to_tsvector('simple', notes)) STORED
    )""",
    """CREATE TABLE web."order" (
        id integer, day date, customer uuid REFERENCES "Customers" ON DELETE CASCADE, comment text,
        PRIMARY KEY (id, day)
    ) PARTITION BY RANGE (day)""",
    'CREATE TABLE web.order_all PARTITION OF web."order" DEFAULT',
    "CREATE VIEW web.seen AS SELECT 1",
    "CREATE MATERIALIZED VIEW web.kept AS SELECT 1",
    "CREATE FOREIGN DATA WRAPPER nothing",
    "CREATE SERVER elsewhere FOREIGN DATA WRAPPER nothing",
    "CREATE FOREIGN TABLE remote (id integer) SERVER elsewhere",
    'CREATE TABLE vips () INHERITS ("Customers")',
    "SELECT lo_create(0)",
]


def test_a_draft_of_postgresql_is_sound(postgres_url: str) -> None:
    made(postgres_url, *POSTGRES)
    of = catalogue(postgres_url)
    customers, orders = only(of, "Customers"), only(of, "web.order")
    assert customers.person
    assert {way.columns for way in customers.ways} == {("emailAddress",), ("id",)}
    assert {place.name: place.act for place in customers.places}["search"] is Act.LEAVE
    assert (Follow(("customer",), "Customers", ("id",), Bond.ABOUT),) == orders.ways
    assert broken(of, Dialect.POSTGRESQL) == []
    assert len(of.beside) == 5
    assert [e.words for e in beside(mapped(of), of) if "see whether" in e.next_step] == []


MARIADB = [
    """CREATE TABLE `Customers` (
        id UUID PRIMARY KEY, `emailAddress` VARCHAR(80) NOT NULL UNIQUE, gender ENUM('f', 'm', 'x'),
        profile JSON, settings JSON NOT NULL, born DATE, picture BLOB, ip INET6, notes TEXT,
        loud TEXT AS (UPPER(notes)) STORED, FULLTEXT (notes)
    )""",
    """CREATE TABLE `order` (
        id INTEGER, customer UUID, comment TEXT, PRIMARY KEY (id, customer),
        FOREIGN KEY (customer) REFERENCES `Customers` (id) ON DELETE CASCADE
    )""",
    "CREATE VIEW seen AS SELECT 1",
    "CREATE TABLE prices (amount INTEGER PRIMARY KEY) WITH SYSTEM VERSIONING",
]


def test_a_draft_of_mariadb_is_sound(mariadb_url: str) -> None:
    made(mariadb_url, *MARIADB)
    of = catalogue(mariadb_url)
    customers, orders = only(of, "Customers"), only(of, "order")
    assert customers.person
    assert {way.columns for way in customers.ways} == {("emailAddress",), ("id",)}
    assert {place.name: place.act for place in customers.places}["loud"] is Act.LEAVE
    assert (Follow(("customer",), "Customers", ("id",), Bond.ABOUT),) == orders.ways
    assert broken(of, Dialect.MARIADB) == []
    assert len(of.beside) == 2
    assert [e.words for e in beside(mapped(of), of) if "see whether" in e.next_step] == []
    made(mariadb_url, "CREATE TABLE log (customer UUID, words TEXT) ENGINE = MyISAM")
    logged = catalogue(mariadb_url)
    assert broken(logged, Dialect.MARIADB) == ["`log` is a table of MyISAM, which undoes nothing"]


def tables_of(script: str) -> list[str]:
    """Return the statements of a published script that make its tables, and none of its rows."""
    written = (CHINOOK / script).read_text("utf-8").partition("Create Tables")[2]
    bare = written.partition("*/")[2].partition("INSERT INTO")[0]
    statements = [each.partition("*/")[2] or each for each in bare.split(";")]
    return [each.strip() for each in statements if each.strip()]


@pytest.mark.skipif(not CHINOOK.exists(), reason="chinook is not beside the project")
@pytest.mark.parametrize("dialect", Dialect)
def test_chinook_is_drafted_of_a_server_as_it_is_of_sqlite(
    dialect: Dialect, request: pytest.FixtureRequest
) -> None:
    fixture, script = CHINOOKS[dialect]
    url: str = request.getfixturevalue(fixture)
    made(url, *tables_of(script))
    of = catalogue(url)
    found = {spelled(each.name): each for each in mapped(of).collections}
    people = {name for name, each in found.items() if each.person}
    music = {name for name, each in found.items() if not each.personal}
    assert people == {"customer", "employee"}
    assert music == {
        *("album", "artist", "genre", "mediatype", "playlist", "playlisttrack", "track")
    }
    kept = [each.keep for each in (found["invoice"], found["invoiceline"]) if each.keep]
    assert [(spelled(keep.since or ""), spelled(keep.within or "")) for keep in kept] == [
        ("invoicedate", ""),
        ("", "invoice"),
    ]
    assert not found["customer"].delete
    assert broken(of, dialect) == []


CHINOOKS = {
    Dialect.POSTGRESQL: ("postgres_url", "postgresql.sql"),
    Dialect.MARIADB: ("mariadb_url", "mysql.sql"),
}


def spelled(name: str) -> str:
    """Return a name as both scripts have it: one writes `invoice_line`, the other `InvoiceLine`."""
    return name.replace("_", "").lower()


def test_a_draft_names_rows_by_no_array(postgres_url: str) -> None:
    made(
        postgres_url,
        "CREATE TABLE people (tags text[] PRIMARY KEY, email text NOT NULL UNIQUE, note text)",
        "CREATE TABLE letters (tags text[] PRIMARY KEY, email text, note text)",
    )
    of = catalogue(postgres_url)
    assert only(of, "people").key == ("email",)
    assert only(of, "letters").key == ("email", "note")
    told = ["the key of `letters` in the map does not tell its rows apart"]
    assert broken(of, Dialect.POSTGRESQL) == told
