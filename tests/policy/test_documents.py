"""`documents.yaml` read into documents, what is wrong in one, and an item written."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from upheld.errors import BadFile
from upheld.model import Document
from upheld.policy.documents import parse_documents, written

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


@pytest.mark.parametrize("about", ["purpose/support", "store/crm encrypted-at-rest", "a: #'\"b"])
def test_an_item_that_is_written_is_read_back(about: str) -> None:
    paper = replace(PAPER, about=about)
    (found,) = parse_documents(f"documents:\n{written(paper)}", "documents.yaml")
    assert (found.about, found.file, found.sha256) == (about, paper.file, paper.sha256)


WRONG = {
    "a kind nobody knows": ("balancing-test", "balance-test", 3, "did you mean `balancing-test`"),
    "a hash that is none": (DIGEST, "9f86", 6, "64 hexadecimal digits"),
    "a review before the day it was made": ("2027-11-01", "2020-11-01", 8, "lies before"),
    "a file outside": ("papers/support.pdf", "../support.pdf", 5, "within this folder"),
    "a file by its full path": ("papers/support.pdf", "/support.pdf", 5, "within this folder"),
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
