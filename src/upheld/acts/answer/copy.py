"""Writes the copy a person asked for: a zip of readable HTML, JSON and CSV, streamed."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
import re
import tempfile
import zipfile
from base64 import b64encode
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from upheld.acts.answer.handing import handing
from upheld.desk.letters import Sample, copy_page
from upheld.errors import StoreFailed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from upheld.acts.company import Company
    from upheld.datamap.closure import Frozen
    from upheld.datamap.document import Plan
    from upheld.model import Collection, Request, Rows, Scalar

_SHOWN = 50
"""Rows of a collection that the page itself shows; all of them are in its CSV and JSON."""

WITHHELD = "held, not disclosed"


@dataclass(frozen=True, slots=True)
class Copy:
    """An answer handed out: its digest, rows written, and rows the stores counted beforehand.

    `listed` is what it says beside the rows, in the words of the clauses that promise it.
    """

    digest: str
    rows: int
    counted_rows: int
    listed: tuple[str, ...]


@dataclass(slots=True)
class _Tally:
    rows: int = 0
    counted: int = 0
    samples: list[Sample] = field(default_factory=list)


def write_copy(company: Company, request: Request, plan: Plan, closure: Frozen) -> Copy:
    """Write `answers/ID.zip` and return what it holds.

    Rows pass through in batches, from one snapshot of each store; memory does not grow with them.

    Raises:
        StoreFailed: fewer or more rows came than the store had counted.
    """
    path = company.answers / f"{request.id}.zip"
    tally = _Tally()
    with handing(path) as stream, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in plan.stores:
            _store(company, archive, tally, part.store, closure)
            _evidence(company, archive, request, part.store)
        page = copy_page(company.policy, request, plan.clauses, tally.samples, made=company.today)
        archive.writestr("index.html", page)
        archive.writestr("answer.json", _manifest(company, request, tally))
        archive.writestr("checkpoint.txt", company.home.checkpoint())
    return Copy(_digest(path), tally.rows, tally.counted, _listed(company, tally))


def _store(
    company: Company, archive: zipfile.ZipFile, tally: _Tally, store: str, closure: Frozen
) -> None:
    """Write one store's rows, each collection as CSV at once and as JSON after it."""
    with ExitStack() as open_files:
        current: _Files | None = None
        for rows in company.stores[store].look(closure.of(store)):
            if current is None or current.about != (rows.collection, rows.bond):
                if current is not None:
                    current.finish(archive, tally)
                collection = company.maps[store].collection(rows.collection)
                if collection is None:
                    raise StoreFailed(f"`{store}` showed rows of a collection that is not mapped")
                current = _Files(
                    archive, store, collection, rows, open_files, tally, company.answers
                )
            current.add(rows)
        if current is not None:
            current.finish(archive, tally)


class _Files:
    """The CSV and JSON of one collection while its rows pass through."""

    def __init__(  # noqa: PLR0913, PLR0917 (one place makes it)
        self,
        archive: zipfile.ZipFile,
        store: str,
        collection: Collection,
        rows: Rows,
        open_files: ExitStack,
        tally: _Tally,
        folder: Path,
    ) -> None:
        self.about = (rows.collection, rows.bond)
        number = len(tally.samples) + 1
        plain = re.sub(r"[^\w.-]", "_", f"{store}.{collection.name}.{rows.bond}")
        self._name = f"data/{number:03}-{plain[:80]}"
        self._columns, self._total, self._rows = rows.columns, rows.total, 0
        self._secret = {place.name for place in collection.places if place.secret}
        self._sample = Sample(store, collection, rows.bond, rows.columns, f"{self._name}.csv")
        self._spool = open_files.enter_context(
            tempfile.TemporaryFile("w+", encoding="utf-8", dir=folder)  # noqa: SIM115 (closed by the stack)
        )
        self._csv = open_files.enter_context(
            io.TextIOWrapper(
                archive.open(f"{self._name}.csv", "w", force_zip64=True),
                encoding="utf-8",
                newline="",
            )
        )
        self._writer = csv.writer(self._csv)
        self._writer.writerow(rows.columns)

    def add(self, rows: Rows) -> None:
        for row in rows.batch:
            values = [
                WITHHELD if name in self._secret and value is not None else _plain(value)
                for name, value in zip(self._columns, row, strict=True)
            ]
            self._writer.writerow("" if value is None else value for value in values)
            lead = ",\n " if self._rows else "[\n "
            record = dict(zip(self._columns, values, strict=True))
            self._spool.write(lead + json.dumps(record, ensure_ascii=False))
            if len(self._sample.rows) < _SHOWN:
                self._sample.rows.append(tuple(values))
            self._rows += 1

    def finish(self, archive: zipfile.ZipFile, tally: _Tally) -> None:
        self._csv.close()
        self._spool.write("\n]\n")
        self._spool.seek(0)
        with archive.open(f"{self._name}.json", "w", force_zip64=True) as stream:
            while chunk := self._spool.read(1 << 16):
                stream.write(chunk.encode())
        if self._rows != self._total:
            raise StoreFailed(
                f"`{self._sample.store}.{self.about[0]}` counted {self._total} rows and showed "
                f"{self._rows}; the copy was not handed out, try again"
            )
        self._sample.total = self._total
        tally.rows += self._rows
        tally.counted += self._total
        tally.samples.append(self._sample)


def _plain(value: Scalar) -> str | int | float | None:
    if isinstance(value, bytes):
        return "base64:" + b64encode(value).decode()
    return value if not isinstance(value, float) or math.isfinite(value) else str(value)


def _evidence(company: Company, archive: zipfile.ZipFile, request: Request, store: str) -> None:
    """Add what an officer exported by hand from a system that no program reaches."""
    if (found := company.home.unseal(request.id, f"evidence/{store}")) is not None:
        archive.writestr(f"by-hand/{store}", found)


def _listed(company: Company, tally: _Tally) -> tuple[str, ...]:
    """Return what the answer lists of all that is in it: nothing that lacks for any field."""
    fields = [
        place
        for sample in tally.samples
        for place in sample.collection.places
        if place.name in sample.columns and place.category
    ]
    declared = [company.policy.categories.get(place.category or "") for place in fields]
    known = [each for each in declared if each is not None]
    whole = {
        "confirmation": True,
        "copy": True,
        "items": True,
        "categories": len(known) == len(declared),
        "purposes": len(known) == len(declared) and all(each.purposes for each in known),
        "sources": all(place.source for place in fields)
        or (len(known) == len(declared) and all(each.sources for each in known)),
    }
    return tuple(name for name, listed in whole.items() if listed)


def _manifest(company: Company, request: Request, tally: _Tally) -> str:
    policy = company.policy
    manifest: Mapping[str, object] = {
        "request": request.id,
        "right": request.right,
        "regime": request.regime,
        "made": company.today.isoformat(),
        "policy": {"title": policy.title, "revised": policy.revised.isoformat()},
        "categories": {
            name: {
                "purposes": [policy.purposes[each] for each in declared.purposes],
                "sources": list(declared.sources),
                "recipients": [policy.recipients[each] for each in declared.recipients],
            }
            for name, declared in policy.categories.items()
        },
        "collections": [
            {
                "store": sample.store,
                "collection": sample.collection.name,
                "bond": sample.bond,
                "rows": sample.total,
                "csv": sample.file,
                "json": sample.file.removesuffix("csv") + "json",
                "fields": {
                    place.name: {"category": place.category, "source": place.source}
                    for place in sample.collection.places
                    if place.name in sample.columns
                },
            }
            for sample in tally.samples
        ],
    }
    return json.dumps(manifest, indent=1, ensure_ascii=False) + "\n"


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
