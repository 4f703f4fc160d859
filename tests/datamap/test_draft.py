"""What is drafted from a catalogue: people, ways to them, guesses, and never a decision."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.datamap.catalogues import schema, table, to
from upheld.datamap.draft import draft
from upheld.datamap.drift import Severity, drift
from upheld.datamap.guesses import accepted
from upheld.datamap.parse import parse_store
from upheld.model import (
    Act,
    Bond,
    Collection,
    Column,
    Follow,
    Keep,
    Match,
    Place,
    Reference,
    Schema,
    StoreMap,
    Table,
    Type,
)

CUSTOMERS = table(
    "customers",
    "id number!, email text!, full_name text, birth_date date, notes text, joined date",
)


def drafted(*tables: Table) -> StoreMap:
    """Return the map that a person gets who accepts every guess of the draft."""
    text = draft(schema(*tables), name="crm", url="sqlite:///crm.sqlite")
    return parse_store(accepted(text), "stores/crm.yaml")


def only(mapped: StoreMap, name: str) -> Collection:
    found = mapped.collection(name)
    assert found is not None
    return found


def place(collection: Collection, name: str) -> Place:
    found = collection.place(name)
    assert found is not None
    return found


def bonds(collection: Collection) -> dict[str, Bond]:
    return {",".join(way.columns): way.bond for way in collection.ways}


def test_a_table_of_people_is_known_by_what_it_holds() -> None:
    customers = only(drafted(CUSTOMERS), "customers")
    assert customers.person
    assert customers.ways == (
        Match("email", "email", Bond.ABOUT),
        Match("id", "account:crm", Bond.ABOUT),
    )


def test_no_row_is_anybodys_before_a_person_has_read_the_draft() -> None:
    text = draft(schema(CUSTOMERS), name="crm", url="sqlite:///crm.sqlite")
    read = parse_store(text, "stores/crm.yaml")
    assert {way.bond for each in read.collections for way in each.ways} == {Bond.MENTIONS}
    assert len(read.guesses) == 8


def test_each_column_gets_a_first_guess_by_name_and_type() -> None:
    customers = only(drafted(CUSTOMERS), "customers")
    assert [(each.name, each.category, each.act) for each in customers.places] == [
        ("id", "account", Act.LEAVE),
        ("email", "contact", Act.REPLACE),
        ("full_name", "contact", Act.BLANK),
        ("birth_date", "demographic", Act.ANONYMISE),
        ("notes", "commercial", Act.REDACT),
        ("joined", None, Act.LEAVE),
    ]


def test_a_text_that_nobody_can_guess_is_unlisted_and_says_so() -> None:
    text = draft(schema(table("users", "id number!, email text, zorp text")), name="a", url="x")
    assert "zorp: unlisted?  # its name says nothing" in text


def test_secrets_are_marked_and_never_shown() -> None:
    users = only(
        drafted(table("users", "id number!, email text, password_hash text!, card_number text")),
        "users",
    )
    assert [each.name for each in users.places if each.secret] == ["password_hash", "card_number"]


def test_rows_several_tables_deep_follow_their_parents() -> None:
    mapped = drafted(
        CUSTOMERS,
        table("orders", "id number!, customer_id number!", to("customers", "customer_id")),
        table("parcels", "id number!, order_id number!", to("orders", "order_id")),
        table("scans", "id number!, parcel_id number!, gps text", to("parcels", "parcel_id")),
    )
    assert only(mapped, "scans").ways == (Follow(("parcel_id",), "parcels", ("id",), Bond.ABOUT),)
    assert place(only(mapped, "scans"), "gps").category == "location"


def test_a_composite_key_is_followed_whole() -> None:
    mapped = drafted(
        table("members", "club number!, no number!, email text", key=("club", "no")),
        table(
            "visits",
            "id number!, c number!, n number!, page text",
            to("members", "c", "n", onto=("club", "no")),
        ),
        table(
            "turned",
            "id number!, c number!, n number!",
            to("members", "n", "c", onto=("no", "club")),
        ),
    )
    assert only(mapped, "visits").ways == (
        Follow(("c", "n"), "members", ("club", "no"), Bond.ABOUT),
    )
    assert only(mapped, "turned").ways == (
        Follow(("n", "c"), "members", ("no", "club"), Bond.ABOUT),
    )


def test_people_who_point_at_people_mention_them() -> None:
    mapped = drafted(
        table(
            "employees",
            "id number!, email text, reports_to number",
            to("employees", "reports_to"),
        ),
        table(
            "customers",
            "id number!, email text, support_rep number",
            to("employees", "support_rep"),
        ),
    )
    assert bonds(only(mapped, "employees"))["reports_to"] is Bond.MENTIONS
    assert bonds(only(mapped, "customers"))["support_rep"] is Bond.MENTIONS
    assert {each.name for each in mapped.collections if each.person} == {"employees", "customers"}


def test_two_roles_of_one_kind_share_the_row() -> None:
    transfers = only(
        drafted(
            CUSTOMERS,
            table(
                "transfers",
                "id number!, from_customer number!, to_customer number!, from_note text",
                to("customers", "from_customer"),
                to("customers", "to_customer"),
            ),
        ),
        "transfers",
    )
    assert bonds(transfers) == {"from_customer": Bond.SHARED, "to_customer": Bond.SHARED}
    assert place(transfers, "from_note").of == ("from_customer",)


@pytest.mark.parametrize("column", ["approved_by", "assigned_to", "sales_rep_id", "ManagerId"])
def test_whoever_serves_a_row_is_only_mentioned(column: str) -> None:
    orders = only(
        drafted(
            CUSTOMERS,
            table(
                "orders",
                f"id number!, customer_id number!, {column} number",
                to("customers", "customer_id"),
                to("customers", column),
            ),
        ),
        "orders",
    )
    assert bonds(orders) == {"customer_id": Bond.ABOUT, column: Bond.MENTIONS}


def test_staff_beside_a_customer_is_mentioned_and_alone_it_is_theirs() -> None:
    staff = table("employees", "id number!, email text")
    mapped = drafted(
        CUSTOMERS,
        staff,
        table(
            "calls",
            "id number!, customer_id number, employee_id number",
            to("customers", "customer_id"),
            to("employees", "employee_id"),
        ),
        table("shifts", "id number!, employee_id number!", to("employees", "employee_id")),
    )
    assert bonds(only(mapped, "calls"))["employee_id"] is Bond.MENTIONS
    assert bonds(only(mapped, "shifts")) == {"employee_id": Bond.ABOUT}


def test_invoices_are_kept_by_their_date_and_lines_with_them() -> None:
    mapped = drafted(
        CUSTOMERS,
        table(
            "invoices",
            "id number!, customer_id number!, due_date date!, issued_on date!, total number!",
            to("customers", "customer_id"),
        ),
        table("invoice_lines", "id number!, invoice_id number!", to("invoices", "invoice_id")),
    )
    assert only(mapped, "invoices").keep == Keep("retain.legal-tax", "issued_on", None)
    assert only(mapped, "invoice_lines").keep == Keep("retain.legal-tax", None, "invoices")
    assert place(only(mapped, "invoices"), "total").act is Act.RETAIN


def test_the_day_a_payment_is_due_does_not_date_it() -> None:
    words = "id number!, customer_id number!, due_date date!, at date"
    paid = table("payments", words, to("customers", "customer_id"))
    assert only(drafted(CUSTOMERS, paid), "payments").keep == Keep("retain.legal-tax", "at", None)


def test_a_row_that_kept_rows_point_at_stays_and_loses_its_fields() -> None:
    mapped = drafted(
        CUSTOMERS,
        table("orders", "id number!, customer_id number!", to("customers", "customer_id")),
        table("payments", "id number!, order_id number!, paid_on date!", to("orders", "order_id")),
        table("logins", "id number!, customer_id number!, ip text", to("customers", "customer_id")),
    )
    stays = {each.name for each in mapped.collections if not each.delete}
    assert stays == {"customers", "orders"}


def test_where_everything_goes_the_person_goes_too() -> None:
    logins = table("logins", "id number!, customer_id number!", to("customers", "customer_id"))
    assert only(drafted(CUSTOMERS, logins), "customers").delete


def test_an_organisation_with_a_telephone_is_no_person() -> None:
    mapped = drafted(
        table("organisations", "id number!, name text, phone text"),
        table(
            "customers",
            "id number!, email text, org_id number",
            to("organisations", "org_id"),
        ),
    )
    assert {each.name for each in mapped.collections if each.person} == {"customers"}
    assert bonds(only(mapped, "organisations")) == {"phone": Bond.MENTIONS}


def test_a_table_that_leads_to_nobody_is_guessed_not_personal() -> None:
    genres = only(drafted(CUSTOMERS, table("genres", "id number!, name text")), "genres")
    assert not genres.personal


def test_a_list_of_addresses_without_foreign_keys_is_found_by_them() -> None:
    letters = only(drafted(table("newsletter", "id number!, e_mail text!")), "newsletter")
    assert bonds(letters)["e_mail"] is Bond.ABOUT


def test_a_guest_is_found_where_the_foreign_key_may_be_empty() -> None:
    words = "id number!, contact_email text, customer_id number"
    guests = table("bookings", words, to("customers", "customer_id"))
    known = table("orders", f"{words}!", to("customers", "customer_id"))
    mapped = drafted(CUSTOMERS, guests, known)
    assert set(bonds(only(mapped, "bookings"))) == {"contact_email", "customer_id"}
    assert set(bonds(only(mapped, "orders"))) == {"customer_id"}


def test_addresses_that_people_point_at_may_be_a_households() -> None:
    mapped = drafted(
        table("people", "id number!, email text, home number", to("addresses", "home")),
        table("addresses", "id number!, street text, city text"),
    )
    assert only(mapped, "addresses").ways == (Follow(("id",), "people", ("home",), Bond.SHARED),)


def test_a_table_without_a_key_is_told_apart_by_all_it_has() -> None:
    log = table("log", "customer number!, at date", to("customers", "customer"), key=())
    text = draft(schema(CUSTOMERS, log), name="crm", url="x")
    assert "key: [customer, at]  # no primary key in the catalogue" in text


def test_the_order_of_the_catalogue_does_not_change_the_draft() -> None:
    tables = [
        CUSTOMERS,
        table("orders", "id number!, customer_id number!", to("customers", "customer_id")),
        table("lines", "id number!, order_id number!", to("orders", "order_id")),
    ]
    drafts = {draft(schema(*each), name="crm", url="x") for each in itertools.permutations(tables)}
    assert len(drafts) == 1


def test_tables_that_point_at_each_other_still_lead_somewhere() -> None:
    mapped = drafted(
        table("users", "id number!, email text, profile number", to("profiles", "profile")),
        table("profiles", "id number!, phone text, owner number", to("users", "owner")),
    )
    assert sum(each.person for each in mapped.collections) == 1


def test_people_whom_nothing_finds_are_no_table_of_people() -> None:
    twice = table("people", "email text!, no number!", to("other", "email"), key=("email", "no"))
    assert drafted(twice, table("other", "id text!")).collection("people") is not None


def test_an_empty_catalogue_gives_an_empty_map() -> None:
    assert drafted().collections == ()


ORDINARY = ["id", "email", "phone", "Name", "notes", "created_at", "customer_id", "BirthDate"]
HOSTILE = ["a%b", "yes", "no?", "O'Brien", "___", "a:b", "{x}", "-", "#", "?", "back\\slash", '"d"']
HOSTILE += ["\u0645\u0631", "\u202e", "\x00", "\U0001f600", "x" * 400, "order", "ORDER"]
NAMES = [*ORDINARY, *HOSTILE]


@st.composite
def catalogues(draw: st.DrawFn) -> Schema:
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=6, unique=True))
    random_ = draw(st.randoms(use_true_random=False))
    return Schema({name: _table(name, names, random_) for name in names}, "digest")


def _table(name: str, tables: list[str], random_: random.Random) -> Table:
    chosen = random_.sample(NAMES, random_.randint(1, 8))
    shapes = tuple(
        Column(each, random_.choice(list(Type)), random_.random() < 0.5) for each in chosen
    )
    references = tuple(
        Reference((each,), random_.choice([*tables, "gone"]), (random_.choice(NAMES),))
        for each in chosen
        if random_.random() < 0.4
    )
    key = tuple(chosen[: random_.randint(0, 2)])
    return Table(name, shapes, key, references, (), (), (), ())


@given(catalogues())
def test_every_draft_can_be_read_back_before_and_after_it_is_accepted(catalogue: Schema) -> None:
    text = draft(catalogue, name="crm", url="sqlite:///a b?c=d")
    read = parse_store(text, "stores/crm.yaml")
    final = parse_store(accepted(text), "stores/crm.yaml")
    assert read.url == final.url == "sqlite:///a b?c=d"
    assert {each.name for each in read.collections} == set(catalogue.tables)
    assert final.guesses == ()
    assert [each for each in drift(final, catalogue) if each.severity is Severity.BROKEN] == []
    for each in final.collections:
        shape = catalogue.tables[each.name]
        assert not each.personal or [p.name for p in each.places] == [c.name for c in shape.columns]


def test_number_one_of_two_tables_of_people_is_never_one_person() -> None:
    agents = replace(CUSTOMERS, name="agents")
    mapped = drafted(CUSTOMERS, agents)
    kinds = [
        way.identity
        for name in ("customers", "agents")
        for way in only(mapped, name).ways
        if isinstance(way, Match) and way.column == "id"
    ]
    assert kinds == ["account:crm-customers", "account:crm-agents"]
