"""The published database Chinook, mapped from its catalogue with no edit but the acceptance."""

from __future__ import annotations

import json
import shutil
import sqlite3
import zipfile
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from tests.journeys.town import TownClock, main_quietly
from upheld.app import Upheld
from upheld.errors import Refused
from upheld.model import Counted, Outcome, Regime, Request, Right, State

_PUBLISHED = Path(__file__).parents[3] / "shared" / "data" / "chinook" / "chinook.sqlite"
_CUSTOMER = "luisg@embraer.com.br"
_JANE, _NANCY = "jane@chinookcorp.com", "nancy@chinookcorp.com"
"""Jane supports customers; Nancy is her manager. They share a telephone."""

pytestmark = pytest.mark.skipif(
    not _PUBLISHED.is_file(), reason="needs ../shared/data/chinook beside the project"
)

Rows = dict[int, dict[str, object]]


@dataclass(frozen=True)
class Shop:
    """A company's folder, and the database it is about."""

    folder: Path
    database: Path
    clock: TownClock

    def answer(self, right: Right, identity: str) -> Request:
        """Answer a request from beginning to end."""
        with Upheld.open(self.folder, clock=self.clock) as upheld:
            request = upheld.open_request(right, [identity], regime=Regime.GDPR)
            upheld.plan(request.id)
            upheld.sign(request.id, self.folder / "officer")
            upheld.apply(request.id)
            assert [each for each in upheld.check() if each.verdict == "broken"] == []
            return upheld.request(request.id)

    def everything(self) -> dict[str, Rows]:
        """Return every row of every table, by its number in the file."""
        with closing(sqlite3.connect(self.database)) as connection:
            connection.row_factory = sqlite3.Row
            names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            return {
                name: {
                    row["rowid"]: dict(row)
                    for row in connection.execute(f"SELECT rowid AS rowid, * FROM [{name}]")
                }
                for (name,) in names.fetchall()
            }

    def copy(self, request: Request) -> dict[tuple[str, str], list[dict[str, object]]]:
        """Return the rows of a copy handed out, by collection and bond."""
        with zipfile.ZipFile(self.folder / "answers" / f"{request.id}.zip") as archive:
            manifest = json.loads(archive.read("answer.json"))
            return {
                (each["collection"], each["bond"]): json.loads(archive.read(each["json"]))
                for each in manifest["collections"]
            }


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Set a company up as its first officer would: init, map new, map accept."""
    folder, database = tmp_path / "company", tmp_path / "chinook.sqlite"
    shutil.copy(_PUBLISHED, database)
    key = Ed25519PrivateKey.generate()
    (tmp_path / "officer.pub").write_bytes(
        key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    )
    main_quietly(["init", str(folder), "--officer", str(tmp_path / "officer.pub")])
    private = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    (folder / "officer").write_bytes(private)
    (folder / "officer").chmod(0o600)
    url = f"sqlite:///{database}"
    main_quietly(["map", "new", url, "--name", "chinook", "--dir", str(folder)])
    main_quietly(["map", "accept", "chinook", "--dir", str(folder)])
    return Shop(folder, database, TownClock())


def became(request: Request) -> dict[tuple[str, str, Outcome], Counted]:
    """Return what the receipt says became of rows."""
    (step,) = request.steps.values()
    return {(each.collection, each.bond, each.outcome): each for each in step.counted or ()}


def without(rows: Rows, fields: set[str]) -> Rows:
    """Return rows without some of their fields."""
    return {
        number: {name: value for name, value in row.items() if name not in fields}
        for number, row in rows.items()
    }


@pytest.mark.parametrize("identity", [f"email={_CUSTOMER}", "account:chinook-customer=1"])
def test_a_customer_gets_all_of_theirs_and_nothing_else(shop: Shop, identity: str) -> None:
    request = shop.answer(Right.ACCESS, identity)
    copy = shop.copy(request)
    everything = shop.everything()
    invoices = {n for n, row in everything["Invoice"].items() if row["CustomerId"] == 1}
    lines = {n for n, row in everything["InvoiceLine"].items() if row["InvoiceId"] in invoices}
    assert set(copy) == {("Customer", "about"), ("Invoice", "about"), ("InvoiceLine", "about")}
    assert [row["Email"] for row in copy["Customer", "about"]] == [_CUSTOMER]
    assert {row["InvoiceId"] for row in copy["Invoice", "about"]} == invoices
    assert {row["InvoiceLineId"] for row in copy["InvoiceLine", "about"]} == lines
    for shown in copy["Invoice", "about"]:
        kept = everything["Invoice"][int(str(shown["InvoiceId"]))]
        assert shown == {name: kept[name] for name in shown}
        assert set(shown) == set(kept) - {"rowid"}
    assert request.rows == request.counted_rows == 1 + len(invoices) + len(lines)


def test_an_employee_gets_their_own_row_and_who_they_support_by_number_only(shop: Shop) -> None:
    request = shop.answer(Right.ACCESS, f"email={_JANE}")
    copy = shop.copy(request)
    supported = {n for n, row in shop.everything()["Customer"].items() if row["SupportRepId"] == 3}
    assert set(copy) == {("Employee", "about"), ("Customer", "mentions")}
    assert [row["FirstName"] for row in copy["Employee", "about"]] == ["Jane"]
    assert {row["CustomerId"] for row in copy["Customer", "mentions"]} == supported
    assert {tuple(row) for row in copy["Customer", "mentions"]} == {("CustomerId", "SupportRepId")}


def test_a_customer_is_erased_and_their_invoices_are_kept(shop: Shop) -> None:
    before = shop.everything()
    assert _CUSTOMER.encode() in shop.database.read_bytes()
    request = shop.answer(Right.ERASE, f"email={_CUSTOMER}")
    after = shop.everything()
    assert (request.state, request.clean, request.outcome) == (State.CLOSED, True, "partial")

    assert {name: rows for name, rows in after.items() if name != "Customer"} == {
        name: rows for name, rows in before.items() if name != "Customer"
    }
    gone = after["Customer"].pop(1)
    was = before["Customer"].pop(1)
    assert after["Customer"] == before["Customer"]
    left = {name: value for name, value in gone.items() if value == was[name] and value is not None}
    assert left == {"rowid": 1, "CustomerId": 1, "SupportRepId": 3}
    for value in (_CUSTOMER, str(was["Phone"]), str(was["Fax"])):
        assert value.encode() not in shop.database.read_bytes()

    invoices = {n for n, row in before["Invoice"].items() if row["CustomerId"] == 1}
    lines = [row for row in before["InvoiceLine"].values() if row["InvoiceId"] in invoices]
    counted = became(request)
    last = max(str(before["Invoice"][n]["InvoiceDate"])[:4] for n in invoices)
    for name, rows in (("Invoice", len(invoices)), ("InvoiceLine", len(lines))):
        kept = counted[name, "about", Outcome.RETAINED]
        assert (kept.rows, kept.clause) == (rows, "retain.legal-tax")
        assert str(kept.until) == f"{int(last) + 10}-12-31"
    letter = (shop.folder / "answers" / f"{request.id}.html").read_text("utf-8")
    assert f"{int(last) + 10}" in letter
    assert _CUSTOMER not in letter


def test_invoices_go_with_their_lines_when_the_law_needs_them_no_more(shop: Shop) -> None:
    shop.clock.move(datetime(2034, 3, 1, tzinfo=UTC) - shop.clock.instant)
    before = shop.everything()
    shop.answer(Right.ERASE, f"email={_CUSTOMER}")
    after = shop.everything()
    old = {
        n
        for n, row in before["Invoice"].items()
        if row["CustomerId"] == 1 and str(row["InvoiceDate"]) < "2024"
    }
    hers = {n for n, row in before["Invoice"].items() if row["CustomerId"] == 1}
    assert old
    assert hers - old
    assert after["Invoice"] == {n: row for n, row in before["Invoice"].items() if n not in old}
    assert after["InvoiceLine"] == {
        n: row for n, row in before["InvoiceLine"].items() if row["InvoiceId"] not in old
    }


@pytest.mark.parametrize(("email", "number"), [(_JANE, 3), (_NANCY, 2)])
def test_an_employee_is_erased_and_the_people_around_them_stay(
    shop: Shop, email: str, number: int
) -> None:
    """Customers they support and people they manage lose the link; colleagues nothing."""
    before = shop.everything()
    request = shop.answer(Right.ERASE, f"email={email}")
    after = shop.everything()
    assert (request.state, request.clean) == (State.CLOSED, True)

    touched = {"Customer", "Employee"}
    assert {n: rows for n, rows in after.items() if n not in touched} == {
        n: rows for n, rows in before.items() if n not in touched
    }
    assert without(after["Customer"], {"SupportRepId"}) == without(
        before["Customer"], {"SupportRepId"}
    )
    for table, link in (("Customer", "SupportRepId"), ("Employee", "ReportsTo")):
        for row, was in before[table].items():
            now = after[table][row]
            assert now[link] == (None if was[link] == number else was[link])
    gone, was = after["Employee"].pop(number), before["Employee"].pop(number)
    assert without(after["Employee"], {"ReportsTo"}) == without(before["Employee"], {"ReportsTo"})
    same = {name for name, value in gone.items() if value is not None and value == was[name]}
    assert same <= {"rowid", "EmployeeId", "ReportsTo"}
    assert email.encode() not in shop.database.read_bytes()
    assert str(gone["BirthDate"]) == f"{str(was['BirthDate'])[:4]}-01-01 00:00:00"


def test_the_two_who_share_a_telephone_are_told_apart(shop: Shop) -> None:
    """And whoever presents only the telephone is asked who they are."""
    with Upheld.open(shop.folder, clock=shop.clock) as upheld:
        request = upheld.open_request(Right.ACCESS, ["phone=+1 (403) 262-3443"])
        with pytest.raises(Refused, match="two or more people"):
            upheld.plan(request.id)
