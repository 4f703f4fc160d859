from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import pytest

from upheld.cli.main import main
from upheld.demo.cast import ASKER
from upheld.demo.company import MARKER, build
from upheld.demo.story import erased
from upheld.demo.terminal import Terminal
from upheld.errors import UpheldError

if TYPE_CHECKING:
    from pathlib import Path

DAY = date(2026, 11, 24)
PEOPLE = 2000
SECONDS = 60
COOKIES = str(ASKER.cookies)
HERS = {
    ("crm", "organisations"): "contact_id = 1",
    ("crm", "customers"): "id = 1",
    ("crm", "devices"): "customer_id = 1",
    ("crm", "registrations"): f"customer_id = 1 OR email = '{ASKER.email}'",
    ("service", "orders"): f"customer_no = '{ASKER.number}'",
    ("service", "certificates"): (
        f"'{ASKER.number}' IN (signed_by, witnessed_by) "
        f"OR order_id IN (SELECT id FROM orders WHERE customer_no = '{ASKER.number}')"
    ),
    ("service", "invoices"): f"customer_no = '{ASKER.number}'",
    ("service", "invoice_lines"): (
        f"invoice_id IN (SELECT id FROM invoices WHERE customer_no = '{ASKER.number}')"
    ),
    ("service", "tickets"): f"customer_no = '{ASKER.number}' OR cookie_id IN {COOKIES}",
    ("service", "ticket_messages"): (
        f"ticket_id IN (SELECT id FROM tickets WHERE customer_no = '{ASKER.number}' "
        f"OR cookie_id IN {COOKIES})"
    ),
    ("web", "visitors"): f"cookie_id IN {COOKIES}",
    ("web", "page_views"): f"cookie_id IN {COOKIES}",
    ("web", "members"): "id = 1",
    ("web", "forum_threads"): "started_by = 1",
    ("web", "forum_posts"): (
        "author_id = 1 OR reply_to IN (SELECT id FROM forum_posts WHERE author_id = 1) "
        "OR thread_id IN (SELECT id FROM forum_threads WHERE started_by = 1)"
    ),
}
"""What concerns the customer who asks, in SQL of our own: no map and no store was asked."""


@dataclass(frozen=True, slots=True)
class Told:
    """The demo, run to its end, and the folder as it was before the story began."""

    status: int
    lines: list[str]
    refused: str
    folder: Path
    before: Path


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    at = tmp_path_factory.mktemp("demo")
    typed = ["-m", "upheld", "demo", "--people", str(PEOPLE), "--dir", "demo"]
    done = subprocess.run(
        [sys.executable, *typed],
        cwd=at,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    lines = done.stdout.splitlines()
    day = next((line.split()[0] for line in lines if "looked back" in line), DAY.isoformat())
    build(at / "before", people=PEOPLE, today=date.fromisoformat(day))
    return Told(done.returncode, lines, done.stderr, at / "demo", at / "before")


def rows(folder: Path, query: str) -> list[tuple[object, ...]]:
    """Run `STORE: SELECT …` in one of the three databases."""
    store, _, select = query.partition(":")
    with closing(sqlite3.connect(folder / f"{store}.sqlite")) as database:
        return database.execute(select).fetchall()


def everything(folder: Path) -> dict[str, list[str]]:
    dumps = {}
    for store in ("crm", "service", "web"):
        with closing(sqlite3.connect(folder / f"{store}.sqlite")) as database:
            dumps[store] = list(database.iterdump())
    return dumps


def test_the_story_comes_out_as_told(told: Told) -> None:
    assert (told.status, told.refused) == (0, "")
    beats = iter(told.lines)
    for sign in (
        "1. It promises (policy.yaml:",
        '"In the European Economic Area',
        "crm.customers: 1 gone",
        "service.invoices: 4 retained under retain.legal-tax until",
        "upheld request sign R-1",
        "tax law wants them.",
        "$ upheld check",
        "broken        gdpr.erase",
        "in crm.registrations that should be gone",
        "3 broken, 4 not-exercised   (exit status 1)",
        "$ upheld request apply R-1 && upheld check",
        "5 upheld, 4 not-exercised   (exit status 0)",
        "$ python3 -I verify.py proof.zip",
        "rows were there again",
        "proven;",
        "Her answer: demo/answers/R-1.html",
        "To try next",
    ):
        assert any(sign in line for line in beats), f"`{sign}` is not said, or not in its turn"
    assert (told.folder / "answers" / "R-1.html").is_file()


def test_the_story_fits_on_a_screen(told: Told) -> None:
    assert len(told.lines) <= 40
    assert max(map(len, told.lines)) <= 100


def test_the_story_names_nobody_but_the_customer_who_asks(told: Told) -> None:
    spoken = " ".join(told.lines)
    assert spoken.count("@") == spoken.count(ASKER.email) == 1
    assert "Torrowick" not in spoken


@pytest.mark.parametrize(
    "canary", ["Torrowick", ASKER.email, "5550 0142", ASKER.handle, *ASKER.cookies]
)
def test_nothing_of_the_erased_customer_is_left_in_any_byte(told: Told, canary: str) -> None:
    assert any(canary in "".join(dump) for dump in everything(told.before).values())
    found = [
        path.name
        for path in told.folder.rglob("*")
        if path.is_file() and canary.lower().encode() in path.read_bytes().lower()
    ]
    assert found == []


@pytest.mark.parametrize(("store", "table"), HERS)
def test_the_bystanders_are_untouched(told: Told, store: str, table: str) -> None:
    key = "cookie_id" if table == "visitors" else "id"
    theirs = (
        f"{store}:SELECT * FROM {table} WHERE ({HERS[store, table]}) IS NOT TRUE ORDER BY {key}"
    )
    before = rows(told.before, theirs)
    at = [name for _, name, *_ in rows(told.before, f"{store}:PRAGMA table_info({table})")].index(
        key
    )
    kept = {row[at]: row for row in rows(told.folder, f"{store}:SELECT * FROM {table}")}
    assert [kept.pop(row[at], None) for row in before] == before
    hers = rows(told.before, f"{store}:SELECT {key} FROM {table} WHERE {HERS[store, table]}")
    assert kept.keys() <= {id for (id,) in hers}, "a row is there that nobody knows"


@pytest.mark.parametrize("table", ["agents", "instruments"])
def test_who_and_what_only_serves_her_is_untouched(told: Told, table: str) -> None:
    every = f"service:SELECT * FROM {table}"
    assert rows(told.folder, every) == rows(told.before, every)


def test_the_invoices_of_ten_years_stay_and_say_what_the_tax_office_wants(told: Told) -> None:
    shown = "SELECT id, customer_no, issued_on, billing_name, total_cents FROM invoices"
    hers = f"service:{shown} WHERE {HERS['service', 'invoices']}"
    before, after = rows(told.before, hers), rows(told.folder, hers)
    assert after == before[:4]
    assert len(before) == 6
    lines = "service:SELECT * FROM invoice_lines WHERE invoice_id <= 6"
    assert rows(told.folder, lines) == rows(told.before, lines)[:8]
    blanked = (
        f"service:SELECT attention, card_token FROM invoices WHERE {HERS['service', 'invoices']}"
    )
    assert rows(told.folder, blanked) == [(None, None)] * 4


def test_a_certificate_two_people_signed_stays_with_the_other(told: Told) -> None:
    of = "service:SELECT signed_by, signed_by_name, witnessed_by, witnessed_by_name"
    ((*hers, other, name),) = rows(told.before, f"{of} FROM certificates WHERE id = 1")
    assert hers == [ASKER.number, ASKER.name]
    assert rows(told.folder, f"{of} FROM certificates WHERE id = 1") == [(None, None, other, name)]


def test_an_answer_to_her_stays_without_her_name(told: Told) -> None:
    post = "web:SELECT author_id, reply_to, body FROM forum_posts WHERE id = 5"
    ((author, _, body),) = rows(told.before, post)
    assert rows(told.folder, post) == [(author, None, str(body).replace(ASKER.name, "[erased]"))]


def test_the_same_seed_on_the_same_day_makes_the_same_company(tmp_path: Path) -> None:
    counted = {build(tmp_path / name, people=300, today=DAY) for name in ("one", "two")}
    assert everything(tmp_path / "one") == everything(tmp_path / "two")
    assert len(counted) == 1
    for store in ("crm", "service", "web"):
        assert rows(tmp_path / "one", f"{store}:PRAGMA foreign_key_check") == []


def test_a_demo_of_before_is_written_anew(tmp_path: Path) -> None:
    build(tmp_path / "demo", people=300, today=DAY)
    (tmp_path / "demo" / "home.sqlite").write_text("of the last time")
    build(tmp_path / "demo", people=300, today=DAY)
    assert not (tmp_path / "demo" / "home.sqlite").exists()
    assert (tmp_path / "demo" / MARKER).is_file()


def test_a_folder_that_is_no_demo_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "thesis.txt").write_text("the only copy")
    with pytest.raises(SystemExit) as exit_:
        main(["demo", "--dir", str(tmp_path)])
    assert exit_.value.code == 2
    assert "no demo; choose another with `--dir`" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_story_that_comes_out_otherwise_ends_with_a_clear_line(tmp_path: Path) -> None:
    build(tmp_path, people=100, today=DAY)
    said: list[str] = []
    with pytest.raises(
        UpheldError, match=r"as told: `upheld request sign R-1 .*` exits with 2"
    ) as no:
        erased(Terminal(tmp_path, said.append))
    assert no.value.status != 0
    assert "there is no request `R-1`" in str(no.value)
