"""Registers a document: its hash and dates into `documents.yaml`, and witnessed in the log."""

from __future__ import annotations

import fcntl
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from upheld.acts.prove.filed import filed
from upheld.acts.prove.folds import DOCUMENTS, registered
from upheld.acts.prove.noting import note_documents
from upheld.errors import BadInput
from upheld.files import decoded, unknown
from upheld.model import Document
from upheld.policy.documents import faults, parse_documents, written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from upheld.acts.company import Company

FILE = "documents.yaml"
LOCK = "documents.lock"
_HEAD = """\
# What people attest: balancing tests, contracts with vendors, safeguards no program can ask about.
# `upheld document add` writes here; each file stands in this folder and must not change afterwards.
documents:
"""


def add_document(  # noqa: PLR0913 (all that an item of the register says)
    company: Company, file: Path, kind: str, about: str, *, dated: date | None, review: date
) -> Document:
    """Register a document that stands in the company's folder, and return it.

    The register is written first, then the log: what was killed between the two is completed by
    doing it again, or by the next check.

    Raises:
        BadInput: the file is not there or not in the folder, the kind is unknown, a date is wrong,
            what it is about is nothing of this company's, or it is registered already.
    """
    name, digest = filed(company.folder, file)
    document = Document(
        kind=kind,
        about=" ".join(about.split()),
        file=name,
        sha256=digest,
        dated=dated or company.today,
        review=review,
        line=0,
    )
    _require_proper(company, document)
    with _alone(company.folder):
        path = company.folder / FILE
        before = decoded(path.read_bytes(), FILE) if path.is_file() else _HEAD
        listed = parse_documents(before, FILE) if path.is_file() else ()
        same = next((each for each in listed if _same(each, document)), None)
        if same is not None:
            return _completed(company, same, dated=dated or same.dated, review=review)
        _require_as_witnessed(company, document)
        text = before.rstrip("\n") + "\n" + written(document)
        parse_documents(text, FILE)
        _replace(path, text)
        note_documents(company, (document,))
    return document


def _require_proper(company: Company, document: Document) -> None:
    for _, wrong in faults(document):
        raise BadInput(wrong)
    if document.review < company.today:
        raise BadInput("`review` lies before today; give the day it must be looked at again")
    head, _, rest = document.about.partition("/")
    if head == "purpose" and rest not in company.policy.purposes:
        raise BadInput(unknown(rest, company.policy.purposes, "purpose this policy declares"))
    store = rest.partition(" ")[0]
    if head == "store" and store not in company.maps:
        raise BadInput(unknown(store, company.maps, "store that is mapped"))


def _same(one: Document, other: Document) -> bool:
    return (one.kind, one.about, one.sha256) == (other.kind, other.about, other.sha256)


def _completed(company: Company, same: Document, *, dated: date, review: date) -> Document:
    """Witness what is in the register and not in the log yet."""
    if (same.dated, same.review) == (dated, review) and note_documents(company, (same,)):
        return same
    raise BadInput(f"this file is registered already; see {FILE}")


def _require_as_witnessed(company: Company, document: Document) -> None:
    """Refuse other dates for a file that the log has seen: it would say two things of one paper."""
    first = registered(company.home.state(DOCUMENTS, document.sha256), document)
    if first and (first.dated, first.review) != (document.dated, document.review):
        raise BadInput(
            f"the log has this file as dated {first.dated}, to be reviewed on {first.review}; "
            "give these dates, or write into it what was reviewed"
        )


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the register: one writer at a time, and none of what a killed one left."""
    try:
        lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise BadInput(f"`{LOCK}` cannot be opened; let this user write here") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for left in folder.glob(f".{FILE}.*"):
            left.unlink(missing_ok=True)
        yield
    finally:
        os.close(lock)


def _replace(path: Path, text: str) -> None:
    """Write a file anew, whole and durable, or leave it as it was."""
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
    descriptor, fresh = tempfile.mkstemp(prefix=f".{FILE}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as stream:
            stream.write(text)
            stream.flush()
            os.fchmod(stream.fileno(), mode)
            os.fsync(stream.fileno())
        Path(fresh).replace(path)
    except BaseException:
        Path(fresh).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
