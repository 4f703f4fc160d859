"""Writes the whole log into a file of SQLite that `verify.py` reads, and no way to anybody.

Entries, tree, signed head, documents and views go; aliases, keys and the vault stay in home.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path

from sqlalchemy import Connection, Row, Table, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateTable

from upheld.errors import BadInput
from upheld.evidence import tables
from upheld.evidence.overwriting import require_replaceable
from upheld.evidence.views import PAGE

_Page = Sequence[Row[tuple[object, ...]]]
_PROVING = (
    tables.entry,
    tables.tile,
    tables.head,
    tables.document,
    tables.view,
    tables.watermark,
)


def write_log(home: Connection, file: Path) -> None:
    """Write what proves to `file`, whole or not at all, as it stands in this transaction.

    Nothing is checked on the way: what somebody changed in home is changed in the file, too, and
    `verify.py` says so.

    Raises:
        BadInput: the file cannot be written, or something is there.
    """
    require_replaceable(file)
    part = file.with_name(f".{file.name}.part")
    try:
        part.unlink(missing_ok=True)
        with closing(sqlite3.connect(part)) as there, there:
            for table in tables.metadata.sorted_tables:
                there.execute(str(CreateTable(table).compile(dialect=sqlite.dialect())))
            for table in _PROVING:
                for page in _pages(home, table):
                    _insert(there, table, page)
            for page in _pages(home, tables.sums):
                _insert(there, tables.sums, [row for row in page if str(row[0])[:5] == "view "])
        part.replace(file)
    except (OSError, sqlite3.Error) as wrong:
        raise BadInput(
            f"`{file.name}` cannot be written; name a file in a folder that is there and has room"
        ) from wrong
    finally:
        with suppress(OSError):
            part.unlink()


def _pages(home: Connection, table: Table) -> Iterator[_Page]:
    found = home.execute(select(table).execution_options(yield_per=PAGE))
    yield from found.partitions(PAGE)


def _insert(there: sqlite3.Connection, table: Table, page: _Page) -> None:
    places = ", ".join("?" * len(table.columns))
    into = f"INSERT INTO {table.name} VALUES ({places})"  # noqa: S608 (a name of ours)
    there.executemany(into, [tuple(row) for row in page])
