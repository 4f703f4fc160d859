"""A request for a copy, from intake to the zip."""

from __future__ import annotations

import csv
import io
import json
import stat
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.journeys.town import ADA, BOB, HELP_DESK, Town
from upheld.data import vocabularies
from upheld.errors import Refused
from upheld.model import Right, State

if TYPE_CHECKING:
    from pathlib import Path


def _zip(town: Town, id: str) -> zipfile.ZipFile:
    return zipfile.ZipFile(town.folder / "answers" / f"{id}.zip")


def _file(town: Town, id: str, part: str, ending: str) -> str:
    with _zip(town, id) as archive:
        name = next(n for n in archive.namelist() if part in n and n.endswith(ending))
        return archive.read(name).decode()


def test_csv_and_json_hold_every_row_of_the_person_and_nobody_elses(town: Town) -> None:
    id = town.access()
    orders = list(csv.DictReader(io.StringIO(_file(town, id, "shop.orders", ".csv"))))
    assert [row["id"] for row in orders] == ["10", "11"]
    assert orders[1]["note"] == ""
    invoices = json.loads(_file(town, id, "shop.invoices", ".json"))
    assert [row["billing_name"] for row in invoices] == ["Ada Lovelace-Canary"] * 2
    visits = json.loads(_file(town, id, "web.visits", ".json"))
    assert [row["page"] for row in visits] == ["/pricing", "/about"]
    with _zip(town, id) as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
    assert b"bob@example.com" not in everything
    assert b"Carol" not in everything


def test_the_page_goes_by_category_with_purposes_sources_and_recipients(town: Town) -> None:
    id = town.access()
    page = _file(town, id, "index", ".html")
    with town.open() as upheld:
        policy = upheld.company.policy
    for category in ("contact", "commercial", "network_activity"):
        assert f'id="category-{category}"' in page
        declared = policy.categories[category]
        section = page.partition(f'id="category-{category}"')[2].partition("<h2")[0]
        for purpose in declared.purposes:
            assert policy.purposes[purpose] in section
        for recipient in declared.recipients:
            assert policy.recipients[recipient] in section
        for source in declared.sources:
            assert vocabularies().sources[source] in section
        assert declared.sources
    assert "<script" not in page


def test_secrets_are_described_and_not_disclosed(town: Town) -> None:
    id = town.access()
    with _zip(town, id) as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
    assert b"tok_1" not in everything
    assert b"held, not disclosed" in everything


def test_markup_in_the_data_stays_text(town: Town) -> None:
    town.run_sql("shop", "UPDATE orders SET note = '<script>alert(1)</script>' WHERE id = 10")
    page = _file(town, town.access(), "index", ".html")
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_the_answer_is_readable_by_its_owner_only_and_recorded_by_digest(town: Town) -> None:
    id = town.access()
    path = town.folder / "answers" / f"{id}.zip"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert town.verdict("gdpr.access-copy")[0] == "upheld"


def test_a_row_that_arrives_after_the_plan_is_in_the_copy(town: Town) -> None:
    with town.open() as upheld:
        id = upheld.open_request(Right.ACCESS, [f"email={ADA}"]).id
        upheld.plan(id)
        town.run_sql("shop", "INSERT INTO orders VALUES (12, 1, 'after the plan', 5)")
        upheld.sign(id, town.key)
        upheld.apply(id)
    assert "after the plan" in _file(town, id, "shop.orders", ".csv")


def test_answering_keeps_no_identity_longer_than_the_request(town: Town) -> None:
    id = town.access()
    with town.open() as upheld:
        assert upheld.company.home.unseal(id, "given") is None
        assert upheld.company.home.unseal(id, "closure") is None


def test_an_erasure_removes_the_copies_handed_out_before(town: Town) -> None:
    mine, other = town.access(), town.access(BOB)
    town.erase()
    assert not (town.folder / "answers" / f"{mine}.zip").exists()
    assert (town.folder / "answers" / f"{other}.zip").exists()
    assert town.verdict("gdpr.access-copy")[0] == "upheld"


def test_nothing_is_erased_while_a_copy_of_it_is_owed(town: Town) -> None:
    with town.open() as upheld:
        upheld.open_request(Right.ACCESS, [f"email={ADA}"])
        erase = upheld.open_request(Right.ERASE, [f"email={ADA}"]).id
        upheld.plan(erase)
        upheld.sign(erase, town.key)
        with pytest.raises(Refused, match="R-1, for a copy of the same data"):
            upheld.apply(erase)


def test_what_an_officer_exports_by_hand_is_in_the_copy(town: Town, tmp_path: Path) -> None:
    (town.folder / "stores" / "help-desk.yaml").write_text(HELP_DESK, "utf-8")
    export = tmp_path / "tickets.csv"
    export.write_text("ticket,body\n1,hello", "utf-8")
    with town.open() as upheld:
        id = upheld.open_request(Right.ACCESS, [f"email={ADA}"]).id
        upheld.plan(id)
        upheld.sign(id, town.key)
        assert upheld.apply(id).state is State.EXECUTING
        upheld.attest(id, "help-desk", file=export, key=town.key)
        assert upheld.apply(id).state is State.CLOSED
    assert "1,hello" in _file(town, id, "by-hand/help-desk", "")
