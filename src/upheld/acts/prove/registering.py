"""Registers a document: its hash and dates into `documents.yaml`, and witnessed in the log."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from upheld.acts.prove.noting import note_documents
from upheld.errors import BadInput, quoted
from upheld.model import Document
from upheld.policy.documents import parse_documents, written

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from upheld.acts.company import Company

FILE = "documents.yaml"
_HEAD = """\
# What people attest: balancing tests, contracts with vendors, safeguards no program can ask about.
# `upheld document add` writes here; each file stands in this folder and must not change afterwards.
documents:
"""


def add_document(  # noqa: PLR0913 (all that an item of the register says)
    company: Company, file: Path, kind: str, about: str, *, dated: date | None, review: date
) -> Document:
    """Register a document that stands in the company's folder, and return it.

    Raises:
        BadInput: the file is not there or not in the folder, the kind is unknown, a date is wrong,
            or what it is about has a document that is the same.
    """
    digest = _digest(file)
    document = Document(
        kind=kind,
        about=" ".join(about.split()),
        file=_within(company.folder, file),
        sha256=digest,
        dated=dated or company.today,
        review=review,
        line=0,
    )
    if any(each.sha256 == digest and each.about == document.about for each in company.documents):
        raise BadInput(f"this file is registered already; see {FILE}")
    path = company.folder / FILE
    before = path.read_text("utf-8") if path.is_file() else _HEAD
    text = before.rstrip("\n") + "\n" + written(document)
    parse_documents(text, FILE)
    fresh = path.with_name(f".{FILE}.new")
    fresh.write_text(text, encoding="utf-8")
    note_documents(company, (document,))
    fresh.replace(path)
    return document


def _digest(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise BadInput(f"the file{quoted(file.name)} cannot be read; give its path") from error


def _within(folder: Path, file: Path) -> str:
    try:
        return file.resolve().relative_to(folder.resolve()).as_posix()
    except ValueError:
        words = "the file is not in the company's folder; put it there, where it is kept with it"
        raise BadInput(words) from None
