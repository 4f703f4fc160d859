"""The draft of a real, published database, which lies beside the project."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from upheld.datamap.draft import draft
from upheld.datamap.drift import Severity, drift
from upheld.datamap.guesses import accepted
from upheld.datamap.parse import parse_store
from upheld.model import Act, Bond, Collection, Follow, Keep, Schema, StoreMap
from upheld.stores.sql.catalogue import read_schema

CHINOOK = Path(__file__).parents[2].parent / "shared" / "data" / "chinook" / "chinook.sqlite"

pytestmark = pytest.mark.skipif(not CHINOOK.exists(), reason="chinook is not beside the project")


@pytest.fixture(scope="module")
def catalogue() -> Schema:
    engine = sa.create_engine(f"sqlite:///file:{CHINOOK}?mode=ro&uri=true", poolclass=sa.NullPool)
    with engine.connect() as connection:
        return read_schema(connection)


@pytest.fixture(scope="module")
def mapped(catalogue: Schema) -> StoreMap:
    text = accepted(draft(catalogue, name="chinook", url="sqlite:///chinook.sqlite"))
    return parse_store(text, "stores/chinook.yaml")


def only(mapped: StoreMap, name: str) -> Collection:
    found = mapped.collection(name)
    assert found is not None
    return found


def test_customers_and_employees_are_the_people(mapped: StoreMap) -> None:
    assert {each.name for each in mapped.collections if each.person} == {"Customer", "Employee"}


def test_music_is_not_personal(mapped: StoreMap) -> None:
    music = {"Album", "Artist", "Genre", "MediaType", "Playlist", "PlaylistTrack", "Track"}
    assert {each.name for each in mapped.collections if not each.personal} == music


def test_a_support_agent_does_not_own_the_customers_they_support(mapped: StoreMap) -> None:
    agent = Follow(("SupportRepId",), "Employee", ("EmployeeId",), Bond.MENTIONS)
    boss = Follow(("ReportsTo",), "Employee", ("EmployeeId",), Bond.MENTIONS)
    assert agent in only(mapped, "Customer").ways
    assert boss in only(mapped, "Employee").ways


def test_invoices_and_their_lines_are_kept_for_the_tax_office(mapped: StoreMap) -> None:
    assert only(mapped, "Invoice").keep == Keep("retain.legal-tax", "InvoiceDate", None)
    assert only(mapped, "InvoiceLine").keep == Keep("retain.legal-tax", None, "Invoice")


def test_customers_stay_as_rows_since_kept_invoices_point_at_them(mapped: StoreMap) -> None:
    customer = only(mapped, "Customer")
    assert not customer.delete
    acts = {place.name: place.act for place in customer.places}
    assert (acts["Email"], acts["Phone"], acts["CustomerId"]) == (
        Act.REPLACE,
        Act.BLANK,
        Act.LEAVE,
    )


def test_every_column_of_a_personal_table_is_guessed_and_none_is_unlisted(
    mapped: StoreMap, catalogue: Schema
) -> None:
    for each in mapped.collections:
        if each.personal:
            shape = catalogue.tables[each.name]
            assert [place.name for place in each.places] == [col.name for col in shape.columns]
            assert "unlisted" not in {place.category for place in each.places}


def test_the_accepted_draft_is_nowhere_broken(mapped: StoreMap, catalogue: Schema) -> None:
    findings = drift(mapped, catalogue)
    assert [each for each in findings if each.severity is Severity.BROKEN] == []
    assert any('ON "Customer" (lower("Email"))' in each.next_step for each in findings)
