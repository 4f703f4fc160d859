"""The promises to erase and to show, kept and broken on each kind of database."""

from __future__ import annotations

from datetime import timedelta
from importlib import resources
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from tests.journeys.town import ADA, BOB, Town, build
from upheld.model import Regime, Right

if TYPE_CHECKING:
    from pathlib import Path

SHOP = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, email VARCHAR(120) NOT NULL UNIQUE,
  full_name VARCHAR(80), phone VARCHAR(40), street VARCHAR(80));
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL, note VARCHAR(80),
  total INTEGER, FOREIGN KEY (customer_id) REFERENCES customers (id));
CREATE TABLE invoices (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL, issued_on DATE,
  billing_name VARCHAR(80), card_token VARCHAR(80),
  FOREIGN KEY (customer_id) REFERENCES customers (id));
INSERT INTO customers VALUES (1, 'Ada@Example.com', 'Ada Lovelace-Canary', '+44 7000 1', '1 Road'),
  (2, 'bob@example.com', 'Bob Byron', '+44 7000 2', '2 Road'),
  (3, 'cy@example.com', 'Cy Young', NULL, NULL);
INSERT INTO orders VALUES (10, 1, 'for Ada', 5), (20, 2, 'for Bob', 5), (30, 3, 'for Cy', 5);
INSERT INTO invoices VALUES (1, 1, '2025-03-01', 'Ada Lovelace-Canary', 'tok-ada'),
  (2, 2, '2025-03-01', 'Bob Byron', 'tok-bob')
"""
CY = "cy@example.com"
ERASING = ("gdpr.erase", "ccpa.delete", "right.delete", "retain.delete-or-anonymise")
SHOWING = ("right.access", "gdpr.access-copy", "gdpr.access-categories", "ccpa.know-specific")


def run(url: str, *statements: str) -> None:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        for each in statements:
            connection.exec_driver_sql(each)


@pytest.fixture
def town(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Town:
    """Give a company under the reference policy, with its shop in the database."""
    town = build(tmp_path / "town")
    policy = resources.files("upheld") / "examples" / "reference" / "policy.yaml"
    (town.folder / "policy.yaml").write_bytes(policy.read_bytes())
    monkeypatch.setenv("SHOP_URL", database_url)
    town.edit("stores/shop.yaml", "sqlite:///shop.sqlite", "env:SHOP_URL")
    source = "    source: direct-forms\n"
    for name in ("customers", "orders", "invoices"):
        town.edit("stores/shop.yaml", f"  {name}:\n", f"  {name}:\n{source}")
    run(database_url, *SHOP.split(";"))
    return town


def test_the_promises_to_show_are_kept(town: Town) -> None:
    assert {town.verdict(each)[0] for each in SHOWING} == {"not-exercised"}
    town.access(BOB, regime="gdpr")
    town.access(CY, regime="ccpa")
    assert {each: town.verdict(each)[0] for each in SHOWING} == dict.fromkeys(SHOWING, "upheld")
    assert "answers that list categories: 1" in town.verdict("gdpr.access-categories")[1]
    assert "each as counted by the stores" in town.verdict("ccpa.know-specific")[1]


def test_a_copy_that_was_changed_breaks_the_promise(town: Town) -> None:
    id = town.access(BOB, regime="gdpr")
    with (town.folder / "answers" / f"{id}.zip").open("ab") as file:
        file.write(b"\0")
    assert town.verdict("gdpr.access-copy")[0] == "broken"


def test_the_promises_to_erase_are_kept_and_the_evidence_names_statements_and_look_back(
    town: Town, database_url: str
) -> None:
    assert {town.verdict(each)[0] for each in ERASING} == {"not-exercised"}
    town.erase(ADA, regime="gdpr")
    town.erase(CY, regime="ccpa")
    assert {each: town.verdict(each)[0] for each in ERASING} == dict.fromkeys(ERASING, "upheld")
    evidence = town.verdict("gdpr.erase")[1]
    assert "looked back now: nothing left, requests: 1" in evidence
    [words] = [each for each in evidence.split("; ") if each.startswith("R-1/shop: ")]
    digest = words.rpartition(" ")[2]
    with town.open() as upheld:
        [step] = [s for n, s in upheld.request("R-1").steps.items() if n == "R-1/shop"]
        kept = upheld.company.home.document(step.sql or "")
    assert step.sql is not None
    assert step.sql.startswith(digest)
    assert kept is not None
    said = kept.decode()
    assert words.startswith(f"R-1/shop: {said.count(';')} statements")
    assert "DELETE FROM" in said
    assert "UPDATE" in said
    assert "ada" not in said.casefold()
    run(database_url, "INSERT INTO orders VALUES (40, 1, 'late', 1)")
    broken = {each: town.verdict(each)[0] for each in ERASING}
    kept_ = dict.fromkeys(("ccpa.delete", "right.delete"), "upheld")
    assert broken == {**dict.fromkeys(ERASING, "broken"), **kept_}


@pytest.mark.parametrize(
    ("right", "clause"), [("erase", "right.delete"), ("access", "right.access")]
)
def test_who_is_not_answered_in_time_was_promised_it(town: Town, right: str, clause: str) -> None:
    with town.open() as upheld:
        upheld.open_request(Right(right), [f"email={BOB}"], regime=Regime.GDPR)
    assert town.verdict(clause)[0] == "not-exercised"
    town.clock.move(timedelta(days=40))
    assert town.verdict(clause)[0] == "broken"
