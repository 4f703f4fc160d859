"""Reads `documents.yaml`, the register of what people attest, and writes an entry of it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from upheld.data import vocabularies
from upheld.files import Form, OneOf, parsed, shown, unknown
from upheld.model import Document
from upheld.policy.forms import Day, Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from upheld.files import Trouble

_SHA256 = re.compile(r"[0-9a-f]{64}")


class DocumentForm(Form):
    """One document."""

    what: ClassVar[str] = "a document"
    one_of: ClassVar[OneOf] = {"kind": lambda: vocabularies().words("documents")}

    kind: Annotated[Text, Field(description="What sort of document it is.")]
    about: Annotated[Text, Field(description="What it attests: `purpose/support`, `store/crm …`.")]
    file: Annotated[Text, Field(description="Its path from this folder.")]
    sha256: Annotated[Text, Field(description="The SHA-256 of the file, in hex.")]
    dated: Annotated[Day, Field(description="The day it was made.")]
    review: Annotated[Day, Field(description="The day it must be looked at again.")]


class DocumentsForm(Form):
    """The whole register."""

    what: ClassVar[str] = "a register of documents"

    documents: list[DocumentForm]


def parse_documents(text: str, name: str) -> tuple[Document, ...]:
    """Return the documents a register lists; nobody has looked at their files yet.

    Raises:
        BadFile: the first thing that is wrong, by line, and how many more there are.
    """
    paper = parsed(text, name, DocumentsForm)
    paper.written.refuse(_troubles(paper.form))
    return tuple(
        Document(
            kind=each.kind,
            about=each.about,
            file=each.file,
            sha256=each.sha256,
            dated=each.dated,
            review=each.review,
            line=paper.written.lines["documents", index],
        )
        for index, each in enumerate(paper.form.documents)
    )


def _troubles(form: DocumentsForm) -> Iterator[Trouble]:
    kinds = vocabularies().words("documents")
    for index, each in enumerate(form.documents):
        path = ("documents", index)
        if each.kind not in kinds:
            yield (*path, "kind"), unknown(each.kind, kinds, "kind of document")
        if not _SHA256.fullmatch(each.sha256):
            yield (*path, "sha256"), "`sha256` is 64 hexadecimal digits; `upheld document add`"
        if each.review < each.dated:
            yield (*path, "review"), "`review` lies before `dated`; a document is reviewed later"
        if each.file.startswith("/") or ".." in each.file.split("/"):
            yield (*path, "file"), f"{shown(each.file)} must lie within this folder"


def written(document: Document) -> str:
    """Return a document as an item of the register's list."""
    return (
        f"  - kind: {document.kind}\n"
        f"    about: {json.dumps(document.about, ensure_ascii=False)}\n"
        f"    file: {json.dumps(document.file, ensure_ascii=False)}\n"
        f"    sha256: {document.sha256}\n"
        f"    dated: {document.dated}\n"
        f"    review: {document.review}\n"
    )
