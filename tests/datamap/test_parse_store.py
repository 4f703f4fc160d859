"""`stores/NAME.yaml` read into a map, and everything that can be wrong in one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from upheld.datamap.parse import parse_store
from upheld.errors import BadFile
from upheld.model import (
    Act,
    Bond,
    Follow,
    How,
    Keep,
    Match,
    Place,
    Right,
    Spelling,
    StoreMap,
    Task,
)

STORE = """\
kind: sql
url: sqlite:///crm.sqlite
country: US
collections:
  customers:
    key: id
    person: yes
    people:
      - {match: email, identity: email, is: about, stored: normalised}
      - {match: id, identity: "account:crm", is: about}
    erase: fields
    fields:
      id: {category: account, identity: account:crm, erase: leave}
      email: {category: contact, identity: email, erase: replace, source: direct-forms}
      notes: {category: contact, erase: redact}
      phone: contact
      password_hash: {category: account, secret: yes}
      created_at: none
  invoices:
    key: id
    people: [{follow: customer_id, to: customers, is: about}]
    keep: {under: retain.legal-tax, from: issued_on}
    fields:
      billing_name: contact
      card_token: {category: financial, erase: blank}
  invoice_lines:
    key: [invoice, line]
    people: [{follow: invoice, to: invoices, is: about}]
    keep: {under: retain.legal-tax, with: invoices}
    fields: {description: commercial}
  transfers:
    key: id
    people:
      - {follow: [from_customer], to: customers, onto: id, is: shared}
      - {follow: to_customer, to: customers, is: mentions}
    fields:
      from_note: {category: contact, of: from_customer}
  genres: not personal
"""


def store(text: str = STORE, name: str = "stores/crm.yaml") -> StoreMap:
    return parse_store(text, name)


def collection(name: str, text: str = STORE) -> tuple[Place, ...]:
    found = store(text).collection(name)
    assert found is not None
    return found.places


def refusal(text: str, name: str = "stores/crm.yaml") -> BadFile:
    with pytest.raises(BadFile) as refused:
        store(text, name)
    return refused.value


def test_the_file_names_the_store() -> None:
    assert (store().name, store().file, store().country) == ("crm", "stores/crm.yaml", "US")
    assert "cannot name a store" in str(refusal(STORE, "stores/My CRM.yaml"))


def test_a_way_matches_an_identity_or_follows_a_row() -> None:
    customers, invoices = store().collection("customers"), store().collection("invoices")
    assert customers is not None
    assert invoices is not None
    assert customers.ways == (
        Match("email", "email", Bond.ABOUT, Spelling(How.NORMALISED)),
        Match("id", "account:crm", Bond.ABOUT),
    )
    assert invoices.ways == (Follow(("customer_id",), "customers", ("id",), Bond.ABOUT),)


def test_a_row_stays_only_where_the_map_says_so() -> None:
    assert [(each.name, each.delete) for each in store().collections] == [
        ("customers", False),
        ("invoices", True),
        ("invoice_lines", True),
        ("transfers", True),
        ("genres", True),
    ]


def test_what_is_not_personal_has_neither_ways_nor_fields() -> None:
    genres = store().collection("genres")
    assert genres is not None
    assert (genres.personal, genres.ways, genres.places) == (False, (), ())
    assert all(each.personal for each in store().collections if each.name != "genres")


def test_a_collection_is_kept_by_its_date_or_with_its_parent() -> None:
    assert [each.keep for each in store().collections[1:3]] == [
        Keep("retain.legal-tax", "issued_on", None),
        Keep("retain.legal-tax", None, "invoices"),
    ]


def test_the_act_on_a_field_is_what_it_says_or_follows_from_the_rest() -> None:
    assert [place.act for place in collection("customers")] == [
        Act.LEAVE,
        Act.REPLACE,
        Act.REDACT,
        Act.BLANK,
        Act.BLANK,
        Act.LEAVE,
    ]
    assert [place.act for place in collection("invoices")] == [Act.RETAIN, Act.BLANK]


def test_a_field_says_what_it_holds() -> None:
    id, email, *_, secret, created = collection("customers")
    assert id.identity == "account:crm"
    assert (email.source, email.category) == ("direct-forms", "contact")
    assert (secret.secret, created.category) == (True, None)
    assert collection("transfers")[0].of == ("from_customer",)


def test_a_guessed_row_is_nobodys_until_a_human_says_so() -> None:
    read = store(STORE.replace("to: customers, is: about}", "to: customers, is: about?}"))
    invoices = read.collection("invoices")
    assert invoices is not None
    assert invoices.ways[0].bond is Bond.MENTIONS
    assert read.guesses == ("stores/crm.yaml:21 is: about?",)


def test_every_guess_is_told_with_its_line() -> None:
    text = STORE.replace("phone: contact", "phone: contact?").replace(
        "genres: not personal", "genres: not personal?"
    )
    text = text.replace("under: retain.legal-tax, with", "under: retain.legal-tax?, with")
    read = store(text)
    assert read.guesses == (
        "stores/crm.yaml:16 phone: contact?",
        "stores/crm.yaml:29 under: retain.legal-tax?",
        "stores/crm.yaml:38 genres: not personal?",
    )
    assert read.collections == store().collections


def test_a_way_may_lead_to_itself_beside_a_way_out() -> None:
    text = STORE.replace(
        "    erase: fields\n",
        "      - {follow: boss, to: customers, is: mentions}\n    erase: fields\n",
    )
    customers = store(text).collection("customers")
    assert customers is not None
    assert customers.ways[-1] == Follow(("boss",), "customers", ("id",), Bond.MENTIONS)


def test_a_manual_store_is_a_list_of_tasks_with_a_term() -> None:
    text = "kind: manual\nwithin: 10 days\ntasks: {access: Copy it?, erase: [Shred it, Sign]}"
    read = store(text, "stores/cabinet.yaml")
    assert (read.within, read.collections, read.guesses) == (timedelta(days=10), (), ())
    assert read.tasks == (
        Task(Right.ACCESS, "Copy it?"),
        Task(Right.ERASE, "Shred it"),
        Task(Right.ERASE, "Sign"),
    )


WRONG = {
    "an unknown kind": ("kind: sql", "kind: sqlite", 1, "did you mean `sql`"),
    "an unknown key": ("url:", "ulr:", 2, "did you mean `url`"),
    "no address": ("url: sqlite:///crm.sqlite\n", "", 1, "`env:NAME`"),
    "a country in small letters": ("country: US", "country: us", 3, "two capitals"),
    "tasks in a database": ("country: US", "within: 10 days", 3, "manual store"),
    "no key": ("    key: id\n    person", "    person", 5, "`key` is missing"),
    "a person that is no yes or no": ("person: yes", "person: 1", 7, "`yes` or `no`"),
    "an unknown identity": ("identity: email, is", "identity: mail, is", 9, "did you mean `email`"),
    "a name that is to find people": ("identity: email, is", "identity: name, is", 9, "nobody"),
    "an identity of nobody": ('"account:crm"', '"account:"', 10, "like `account:crm`"),
    "an unknown bond": ("is: about, stored", "is: abuot, stored", 9, "did you mean `about`"),
    "an unknown form": ("stored: normalised", "stored: lower", 9, "no form of an identity; known"),
    "a match without identity": ("identity: email, is", "is", 9, "`identity` is missing"),
    "a way of two kinds": ("{match: email, ", "{match: email, to: x, ", 9, "not both"),
    "a way of no kind": ("{match: email, identity: email, ", "{", 9, "add one"),
    "an unknown end of a row": ("erase: fields", "erase: field", 11, "did you mean `fields`"),
    "an unknown act": ("erase: leave", "erase: keep", 13, "way to erase a field"),
    "an unknown category": ("phone: contact", "phone: contct", 16, "did you mean `contact`"),
    "an unknown source": ("direct-forms", "direct-from", 14, "did you mean `direct-forms`"),
    "a field about nothing": ("phone: contact", "phone:", 16, "is empty"),
    "to an unknown collection": ("to: customers, is", "to: customer, is", 21, "`customers`"),
    "to what is not personal": ("to: customers, is", "to: genres, is", 21, "not personal"),
    "a way in a circle": ("to: customers, is", "to: invoices, is", 21, "leads to nobody"),
    "too many columns": ("follow: customer_id", "follow: [a, b]", 21, "as many"),
    "onto an unknown column": ("onto: id", "onto: ident", 34, "no column of `customers`"),
    "a keep without a date": (", from: issued_on", "", 22, "`from`"),
    "a keep with two dates": (", from: issued_on", ", from: a, with: invoices", 22, "`from`"),
    "kept with an unknown one": ("with: invoices", "with: invoice", 29, "did you mean `invoices`"),
    "kept with one not kept": ("with: invoices", "with: customers", 29, "has no `keep`"),
    "kept with one not followed": (
        "follow: invoice, to: invoices",
        "follow: [a], to: customers",
        29,
        "no way follows",
    ),
    "kept with one only mentioned": (
        "to: invoices, is: about",
        "to: invoices, is: mentions",
        29,
        "`invoices` is only mentioned",
    ),
    "kept with itself": ("with: invoices", "with: invoice_lines", 29, "its parent"),
    "retained under no clause": ("erase: redact", "erase: retain", 15, "under which clause"),
    "of nobody in the row": ("of: from_customer", "of: customer", 37, "no way of this collection"),
    "an unknown whole": ("not personal", "personal", 38, "must be `not personal`"),
    "a collection that is a list": ("  genres: not personal", "  genres: []", 38, "a group of"),
    "a person without columns": ("fields: {desc", "fields: [desc", 30, "not closed"),
}


@pytest.mark.parametrize(("old", "new", "line", "words"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_said_with_its_line_and_a_next_step(
    old: str, new: str, line: int, words: str
) -> None:
    assert old in STORE
    refused = refusal(STORE.replace(old, new, 1))
    assert (refused.place, refused.status) == (f"stores/crm.yaml:{line}", 2)
    assert words in refused.wrong


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("kind: manual\nwithin: 10 days", "`tasks` is missing"),
        ("kind: manual\ntasks: {erase: x}", "`within`"),
        ("kind: manual\nwithin: soon\ntasks: {erase: x}", "`within`"),
        ("kind: manual\nwithin: 9 days\ntasks: {eras: x}", "did you mean `erase`"),
        ("kind: manual\nwithin: 9 days\ntasks: {erase: []}", "empty task"),
        ("kind: manual\nwithin: 9 days\ntasks: {erase: x}\nurl: x", "`url` is not for a manual"),
    ],
)
def test_a_manual_store_says_what_when_and_nothing_else(text: str, words: str) -> None:
    assert words in str(refusal(text, "stores/cabinet.yaml"))


def test_two_collections_of_people_may_not_share_a_kind_of_number() -> None:
    text = """\
kind: sql
url: sqlite:///crm.sqlite
collections:
  customers:
    key: id
    person: yes
    people: [{match: id, identity: "account:crm", is: about}]
    fields: {id: none}
  agents:
    key: id
    person: yes
    people: [{match: id, identity: "account:crm", is: about}]
    fields: {id: none}
"""
    with pytest.raises(BadFile, match=r"crm.yaml:12: `account:crm` is also the key of `customers`"):
        parse_store(text, "stores/crm.yaml")
