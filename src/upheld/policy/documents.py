"""Reads `documents.yaml`, the register of what people attest, and writes an entry of it."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from upheld.data import vocabularies
from upheld.files import Form, OneOf, parsed, unknown
from upheld.model import Document
from upheld.policy.forms import Day, Text

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from upheld.files import Trouble
    from upheld.model import Seen

_SHA256 = re.compile(r"[0-9a-f]{64}")
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_STORE = re.compile(r"[a-z0-9][a-z0-9_-]*")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LONGEST = 200
"""How many characters what a document is about, or its file, may have: both are shown on a line."""


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


def faults(document: DocumentForm | Document) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a document, each with its key; no value is repeated.

    What it is about goes into the log, which forgets nothing: its form has no room for an address
    of a person, nor for a secret.
    """
    kinds = vocabularies().words("documents")
    if document.kind not in kinds:
        yield "kind", unknown(document.kind, kinds, "kind of document")
    elif wrong := _fault_of_about(document.kind, document.about):
        yield "about", wrong
    if wrong := _fault_of_file(document.file):
        yield "file", wrong
    if not _SHA256.fullmatch(document.sha256):
        yield "sha256", "`sha256` is 64 hexadecimal digits; `upheld document add`"
    if document.review < document.dated:
        yield "review", "`review` lies before `dated`; a document is reviewed later"


def _fault_of_about(kind: str, about: str) -> str | None:
    if len(about) > _LONGEST:
        return f"`about` has more than {_LONGEST} characters; name what it is about by a word"
    heads = HEADS[kind]
    head, _, rest = about.partition("/")
    if kind == "safeguard":
        store, _, word = rest.partition(" ")
        fits = _STORE.fullmatch(store) and word in vocabularies().words("safeguards")
    else:
        fits = head in _FORMS and _FORMS[head][1](rest)
    if head in heads and fits:
        return None
    if kind == "safeguard":
        ways = "`store/NAME SAFEGUARD`, like `store/crm encrypted-at-rest`"
    else:
        ways = " or ".join(_FORMS[each][0] for each in heads)
    return f"`about` of a `{kind}` is {ways}; write it so"


def _fault_of_file(file: str) -> str | None:
    if file.startswith("/") or ".." in file.split("/"):
        return "`file` must lie within this folder; write its path from here"
    if len(file) > _LONGEST:
        return f"`file` has more than {_LONGEST} characters; give it a shorter name"
    if "@" in file or any(unicodedata.category(each).startswith("C") for each in file):
        return "`file` holds `@` or a character that is none; give the file another name"
    return None


def _is_day(written: str) -> bool:
    try:
        return bool(_DAY.fullmatch(written) and date.fromisoformat(written))
    except ValueError:
        return False


def _is_slug(written: str) -> bool:
    return _SLUG.fullmatch(written) is not None


_FORMS: Mapping[str, tuple[str, Callable[[str], bool]]] = {
    "purpose": (
        "`purpose/WORD`, like `purpose/support`",
        lambda rest: rest in vocabularies().words("purposes"),
    ),
    "store": ("`store/NAME`, like `store/crm`", lambda rest: _STORE.fullmatch(rest) is not None),
    "version": ("`version/DATE`, like `version/2026-11-01`", _is_day),
    "vendor": ("`vendor/NAME`, lower case with dashes, like `vendor/acme-mail`", _is_slug),
    "law": ("`law/NAME`, lower case with dashes, like `law/tax-code-147`", _is_slug),
    "record": ("`record/NAME`, lower case with dashes, like `record/sales`", _is_slug),
}
"""What can stand before the `/` of what a document is about: how to write it, and what fits."""

HEADS: Mapping[str, tuple[str, ...]] = {
    "balancing-test": ("purpose",),
    "vendor-contract": ("vendor",),
    "safeguard": ("store",),
    "transfer-assessment": ("purpose", "vendor", "store"),
    "impact-assessment": ("purpose", "vendor", "store"),
    "legal-obligation": ("law", "purpose"),
    "record-of-processing": ("record",),
    "notice-campaign": ("version",),
}
"""What each kind of document can be about; only that of a safeguard names one after the store."""


def newest(documents: Iterable[Document], kind: str) -> dict[str, Document]:
    """Return the documents of a kind by what they are about: of each the one dated last.

    Of two of the same day it is the one further down in the register.
    """
    found: dict[str, Document] = {}
    for each in documents:
        if each.kind == kind and (each.about not in found or found[each.about].dated <= each.dated):
            found[each.about] = each
    return found


def redated(seen: Seen, kind: str, abouts: Container[str]) -> tuple[str, ...]:
    """Say which documents of a kind have other dates than the log witnessed first."""
    return tuple(
        f"{each.file} (documents.yaml:{each.line}): its dates differ from those registered on "
        f"{seen.day(each.registered.at)}: {each.registered.dated}, to be reviewed on "
        f"{each.registered.review}"
        for each in seen.documents
        if each.kind == kind and each.about in abouts
        if each.registered is not None and each.redated
    )


def _troubles(form: DocumentsForm) -> Iterator[Trouble]:
    for index, each in enumerate(form.documents):
        for key, wrong in faults(each):
            yield ("documents", index, key), wrong


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
