"""`documents.yaml` read into documents, what is wrong in one, and an item written."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from upheld.data import vocabularies
from upheld.errors import BadFile
from upheld.model import Document, Registered
from upheld.policy.documents import HEADS, faults, newest, parse_documents, written

TEXT = (Path(__file__).parent / "documents.yaml").read_text("utf-8")
DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
PAPER = Document(
    kind="balancing-test",
    about="purpose/support",
    file="papers/support.pdf",
    sha256=DIGEST,
    dated=date(2026, 11, 1),
    review=date(2027, 11, 1),
    line=3,
)


def test_a_register_is_read_as_it_was_written() -> None:
    assert parse_documents(TEXT, "documents.yaml") == (PAPER,)


@pytest.mark.parametrize("file", ["papers/support.pdf", "a: #'\"b", "é — ü.pdf"])
def test_an_item_that_is_written_is_read_back(file: str) -> None:
    paper = replace(PAPER, file=file)
    (found,) = parse_documents(f"documents:\n{written(paper)}", "documents.yaml")
    assert replace(found, line=PAPER.line) == paper


RIGHT = (
    ("balancing-test", "purpose/support"),
    ("safeguard", "store/crm encrypted-at-rest"),
    ("safeguard", "store/help_desk-2 restore-tested"),
    ("notice-campaign", "version/2026-11-01"),
    ("vendor-contract", "vendor/acme-mail-2"),
    ("transfer-assessment", "vendor/acme-mail"),
    ("transfer-assessment", "store/crm"),
    ("impact-assessment", "purpose/support"),
    ("legal-obligation", "law/tax-code-147"),
    ("legal-obligation", "purpose/comply"),
    ("record-of-processing", "record/sales"),
)


@pytest.mark.parametrize(("kind", "about"), RIGHT)
def test_each_kind_is_about_what_fits_it(kind: str, about: str) -> None:
    assert [*faults(replace(PAPER, kind=kind, about=about))] == []


def test_every_kind_of_document_has_something_to_be_about() -> None:
    assert {*HEADS} == {*vocabularies().words("documents")} == {kind for kind, _ in RIGHT}


PERSONAL = (
    ("vendor-contract", "vendor/jane.doe@acme.example"),
    ("vendor-contract", "vendor/Acme"),
    ("vendor-contract", "vendor/acme mail"),
    ("vendor-contract", "vendor/-acme"),
    ("vendor-contract", "vendor/acme\n"),
    ("vendor-contract", "vendor/"),
    ("vendor-contract", "purpose/support"),
    ("vendor-contract", "vendor/" + "a" * 194),
    ("legal-obligation", "law/§ 147"),
    ("balancing-test", "purpose/of-jane-doe"),
    ("balancing-test", "purpose/support of Jane"),
    ("balancing-test", "support"),
    ("safeguard", "store/crm"),
    ("safeguard", "store/crm jane-doe"),
    ("safeguard", "store/crm encrypted-at-rest of Jane"),
    ("safeguard", "store/jane@acme.example encrypted-at-rest"),
    ("safeguard", "vendor/crm encrypted-at-rest"),
    ("transfer-assessment", "store/crm jane"),
    ("notice-campaign", "version/2026-13-01"),
    ("notice-campaign", "version/20261101"),
    ("record-of-processing", "record/Jane"),
)


@pytest.mark.parametrize(("kind", "about"), PERSONAL)
def test_what_a_document_is_about_has_no_room_for_a_person(kind: str, about: str) -> None:
    ((key, wrong),) = faults(replace(PAPER, kind=kind, about=about))
    assert key == "about"
    assert "jane" not in wrong.lower()
    assert "write it so" in wrong or "more than 200 characters" in wrong


@pytest.mark.parametrize("file", ["j@acme.example.pdf", "a\nb.pdf", "a\x1b[31m.pdf", "a" * 201])
def test_a_file_is_named_by_plain_characters(file: str) -> None:
    ((key, wrong),) = faults(replace(PAPER, file=file))
    assert key == "file"
    assert file not in wrong


WRONG = {
    "a kind nobody knows": ("balancing-test", "balance-test", 3, "did you mean `balancing-test`"),
    "a hash that is none": (DIGEST, "9f86", 6, "64 hexadecimal digits"),
    "a review before the day it was made": ("2027-11-01", "2020-11-01", 8, "lies before"),
    "a file outside": ("papers/support.pdf", "../support.pdf", 5, "within this folder"),
    "a file by its full path": ("papers/support.pdf", "/support.pdf", 5, "within this folder"),
    "an address": ("purpose/support", "purpose/jane@acme.example", 4, "is `purpose/WORD`"),
    "a file named like an address": ("support.pdf", "j@acme.example", 5, "holds `@`"),
    "a key nobody knows": ("dated", "datd", 7, "did you mean `dated`"),
    "a day that is none": ("2026-11-01", "2026-13-01", 7, "must be a date"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_named_with_its_line(case: str) -> None:
    old, new, line, advice = WRONG[case]
    with pytest.raises(BadFile) as refused:
        parse_documents(TEXT.replace(old, new, 1), "documents.yaml")
    assert refused.value.place == f"documents.yaml:{line}"
    assert advice in refused.value.wrong


def test_a_document_holds_from_its_day_to_its_review_while_its_file_is_the_same() -> None:
    intact = replace(PAPER, intact=True)
    assert not intact.holds(date(2026, 10, 31))
    assert intact.holds(date(2026, 11, 1))
    assert intact.holds(date(2027, 11, 1))
    assert not intact.holds(date(2027, 11, 2))
    altered = replace(PAPER, intact=False)
    assert not altered.holds(date(2026, 12, 1))
    first = Registered(datetime(2026, 11, 1, tzinfo=UTC), PAPER.dated, PAPER.review)
    assert replace(intact, registered=first).holds(date(2026, 12, 1))
    later = replace(intact, registered=first, review=date(2028, 11, 1))
    assert not later.holds(date(2026, 12, 1))


def test_of_two_documents_about_the_same_the_one_dated_last_counts_wherever_it_stands() -> None:
    old = replace(PAPER, dated=date(2025, 1, 1))
    again = replace(PAPER, line=9)
    for papers in ((old, PAPER), (PAPER, old)):
        assert newest(papers, PAPER.kind) == {PAPER.about: PAPER}
    assert newest((PAPER, again), PAPER.kind) == {PAPER.about: again}
    assert newest((PAPER,), "safeguard") == {}
