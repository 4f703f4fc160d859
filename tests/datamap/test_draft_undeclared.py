"""Drafts of catalogues that say little: links left undeclared, words that nobody can place."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.datamap.catalogues import schema, table, to
from upheld.datamap.draft import draft
from upheld.datamap.drift import Severity, drift
from upheld.datamap.guesses import accepted
from upheld.datamap.parse import parse_store
from upheld.model import Bond, Collection, Follow, Match, StoreMap, Table

CUSTOMERS = table("customers", "id number!, email text, name text")


def drafted(*tables: Table) -> StoreMap:
    """Return the map that a person gets who accepts every guess of the draft."""
    text = draft(schema(*tables), name="crm", url="sqlite:///crm.sqlite")
    return parse_store(accepted(text), "stores/crm.yaml")


def only(mapped: StoreMap, name: str) -> Collection:
    found = mapped.collection(name)
    assert found is not None
    return found


def alone(words: str, name: str = "zorps") -> Collection:
    """Return what is drafted of one table beside which there is no other."""
    return only(drafted(table(name, words)), name)


def ways(collection: Collection) -> dict[str, str]:
    return {
        ",".join(way.columns): way.to if isinstance(way, Follow) else way.identity
        for way in collection.ways
    }


@pytest.mark.parametrize(
    "column",
    ["mail", "Mail", "e-mail", "EMail", "email_addr", "mail_address", "mail2", "work_mail"],
)
def test_an_address_is_known_by_many_names(column: str) -> None:
    odd = replace(table("t", "id number!, x text"), columns=table("t", "id number!").columns)
    shapes = (*odd.columns, replace(table("t", "x text").columns[0], name=column))
    found = only(drafted(replace(odd, columns=shapes)), "t")
    assert found.ways == (Match(column, "email", Bond.ABOUT),)


@pytest.mark.parametrize("column", ["mail_status", "mail_sent", "mail_template"])
def test_what_is_said_of_letters_is_no_address(column: str) -> None:
    assert alone(f"id number!, {column} text").ways == ()


@pytest.mark.parametrize("kind", ["text", "number"])
def test_a_contact_is_found_by_mail_and_telephone(kind: str) -> None:
    contact = only(drafted(table("contact", f"mail text, tel {kind}", key=())), "contact")
    assert ways(contact) == {"mail": "email", "tel": "phone"}
    assert contact.person


@pytest.mark.parametrize(
    "column",
    ["customer_id", "CustomerId", "customerid", "CUSTOMER_NO", "the_customer_id", "customer_id_2"],
)
def test_a_column_named_after_people_is_followed_though_nothing_declares_it(column: str) -> None:
    orders = table("orders", f"id number!, {column} number, note text")
    found = only(drafted(CUSTOMERS, orders), "orders")
    assert found.ways == (Follow((column,), "customers", ("id",), Bond.ABOUT),)
    note = found.place("note")
    assert note is not None
    assert note.category == "commercial"


def test_undeclared_links_are_followed_through_several_tables() -> None:
    mapped = drafted(
        CUSTOMERS,
        table("orders", "id number!, customer_id number"),
        table("tbl_parcels", "id number!, order_id number"),
        table("scans", "id number!, parcel_id number, remark text"),
    )
    assert ways(only(mapped, "scans")) == {"parcel_id": "tbl_parcels"}


def test_whoever_only_serves_is_mentioned_also_where_nothing_declares_it() -> None:
    mapped = drafted(
        table("users", "id number!, email text"),
        table("orders", "id number!, user_id number, approved_by_user_id number"),
    )
    bonds = {way.columns[0]: way.bond for way in only(mapped, "orders").ways}
    assert bonds == {"user_id": Bond.ABOUT, "approved_by_user_id": Bond.MENTIONS}


@pytest.mark.parametrize(
    "words", ["customer_id text, note text", "customer_group_id number", "id_of_customer number"]
)
def test_a_link_needs_the_type_of_the_key_and_the_name_of_the_table(words: str) -> None:
    notes = only(drafted(CUSTOMERS, table("notes", f"id number!, {words}")), "notes")
    assert notes.ways == ()


def test_a_column_of_the_same_name_is_what_a_link_points_at() -> None:
    people = table("customers", "id number!, customer_no text, email text")
    orders = only(drafted(people, table("orders", "id number!, customer_no text")), "orders")
    assert orders.ways == (Follow(("customer_no",), "customers", ("customer_no",), Bond.ABOUT),)


def test_the_number_of_a_row_itself_is_no_link() -> None:
    people = table("customers", "id number!, customer_id number, email text")
    assert "customer_id" not in ways(only(drafted(people), "customers"))


def test_people_who_point_at_their_staff_are_people_still() -> None:
    staff = table("employees", "id number!, email text")
    clients = table("clients", "id number!, email text, employee_id number")
    mapped = drafted(staff, clients)
    assert {each.name for each in mapped.collections if each.person} == {"employees", "clients"}
    (agent,) = [way for way in only(mapped, "clients").ways if isinstance(way, Follow)]
    assert agent.bond is Bond.MENTIONS


@pytest.mark.parametrize(
    "words",
    ["body text", "payload other", "scan bytes", "who text", "name text, remark text"],
)
def test_words_that_may_be_about_people_make_a_table_personal(words: str) -> None:
    zorps = alone(f"id number!, {words}")
    assert zorps.personal
    assert zorps.ways == ()


def test_a_text_key_that_says_nothing_is_a_text_too() -> None:
    words = table("blocked", "word text!", key=("word",))
    assert only(drafted(words), "blocked").personal


def test_the_number_of_a_customer_who_is_elsewhere_is_personal() -> None:
    assert alone("id number!, customer_id number, points number").personal


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("genres", "name text"),
        ("zorps", "title text, status text, sku text, price text, language text"),
        ("products", "name text, description text, image_url text"),
        ("countries", "code text, country text, region text"),
        ("counts", "n number, day date"),
    ],
)
def test_names_of_things_alone_are_not_personal(name: str, words: str) -> None:
    assert not alone(f"id number!, {words}", name).personal


def test_where_nobody_is_found_the_draft_and_the_check_say_so() -> None:
    notes = table("notes", "id number!, body text, zorp text")
    text = draft(schema(notes), name="crm", url="x")
    assert "people: []  # no way to a person found: add one, or say `not personal`" in text
    assert "zorp: unlisted?" in text
    said = drift(parse_store(accepted(text), "stores/crm.yaml"), schema(notes))
    assert (Severity.WARNING, "`notes` is personal, and nobody is found in it") in [
        (each.severity, each.words) for each in said
    ]


TICKETS = table("tickets", "id number!, customer_id number!", to("customers", "customer_id"))


def test_whoever_writes_many_messages_is_not_many_people() -> None:
    words = "id number!, author_email text, ticket_id number!, body text"
    messages = table("messages", words, to("tickets", "ticket_id"))
    found = only(drafted(CUSTOMERS, TICKETS, messages), "messages")
    assert not found.person
    assert ways(found) == {"author_email": "email", "ticket_id": "tickets"}


@pytest.mark.parametrize("name", ["newsletter", "payments", "customer_payments", "user_logs"])
def test_a_table_with_an_address_is_found_by_it_and_is_no_table_of_people(name: str) -> None:
    found = alone("id number!, email text", name)
    assert not found.person
    assert found.ways == (Match("email", "email", Bond.ABOUT),)


@pytest.mark.parametrize("name", ["Customers", "app_users", "StaffTable", "customer_master"])
def test_a_name_can_say_that_rows_are_people(name: str) -> None:
    assert alone("id number!, email text", name).person
    assert alone("id number!, name text", name).person


def test_an_address_that_is_unique_says_that_rows_are_people() -> None:
    zorps = table("zorps", "id number!, email text")
    assert only(drafted(replace(zorps, unique=(("id",), ("email",)))), "zorps").person
    assert only(drafted(table("zorps", "email text!", key=("email",))), "zorps").person
    assert not only(drafted(zorps), "zorps").person


FTS = (
    table("notes", "id number!, body text"),
    table("notes_fts", "body text, email text", key=()),
    table("notes_fts_data", "id number!, block bytes"),
    table("notes_fts_idx", "segid text, term text, pgno text", key=("segid", "term")),
    table("notes_fts_config", "k text, v text", key=("k",)),
)


def test_a_full_text_index_is_told_and_nobody_is_looked_for_in_it() -> None:
    text = draft(schema(*FTS), name="crm", url="x")
    remark = "  # a full-text index: erase its content table and rebuild it"
    assert f"  notes_fts: not personal?{remark}\n" in text
    assert "  notes_fts_data: not personal?  # part of `notes_fts`\n" in text
    said = drift(parse_store(accepted(text), "stores/crm.yaml"), schema(*FTS))
    (index,) = [each for each in said if "full-text" in each.words]
    assert (index.severity, index.words.split()[0]) == (Severity.WARNING, "`notes_fts`")


def test_a_table_whose_name_ends_like_a_part_of_an_index_is_a_table() -> None:
    assert only(drafted(table("notes", "id number!"), FTS[2]), "notes_fts_data").personal
