"""Searches every text of a database for people who were erased: one pass over each table."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias, cast

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from upheld.errors import Refused, StoreBusy, StoreFailed
from upheld.model import Type, name_parts
from upheld.model.searching import Hit, Whose
from upheld.stores.sql.columns import Alone
from upheld.stores.sql.deep.beyond import HISTORY, materialised
from upheld.stores.sql.deep.sieve import Sieve
from upheld.stores.sql.deep.whose import Judge, Place
from upheld.stores.sql.functions.keys import Stored, described

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy.sql.compiler import SQLCompiler

    from upheld.model import Collection, Column, Key, Schema, Table

_OCTETS = 1 << 18
"""How much is looked through at a time: as many rows are fetched as were of this length before."""

_FIRST = 64
_MOST = 5000
_JUDGED = 1000
"""Places of which it is asked together whose they are."""

_SHORT = frozenset(
    {
        *("boolean", "smallint", "real", "money", "interval"),
        *("tinyint", "mediumint", "float", "bit", "year", "time"),
    }
)
"""Types of which no value has as many digits as a number that tells people apart."""

_FEWEST = 9
"""Digits of the shortest number that is searched for."""

_UNTIMED = dict.fromkeys(("mysql", "mariadb"), "SET STATEMENT max_statement_time = 0 FOR ")
"""MariaDB takes the whole reading of a table for one statement, and ends it when it is long."""

_Counted: TypeAlias = "Counter[tuple[int, str, Whose]]"
"""Rows by needle, field and whose they are."""

Reading: TypeAlias = "Callable[[], AbstractContextManager[sa.Connection]]"
"""Opens a connection that reads."""


class Read(FunctionElement[object]):
    """A value as text or octets, or as a number where it is one. Argument: the column."""

    inherit_cache = True


@compiles(Read)
def _read(element: Read, compiler: SQLCompiler, **options: object) -> str:
    return compiler.process(element.clauses, **options)


@compiles(Read, "sqlite")
def _read_from_sqlite(element: Read, compiler: SQLCompiler, **options: object) -> str:
    (part,) = element.clauses
    said = compiler.process(part, **options)
    column = described(part)
    if column is not None and _makes_texts(column.declared.upper()):
        return f"CAST({said} AS BLOB)"
    short = f"{said} BETWEEN {1 - 10 ** (_FEWEST - 1)} AND {10 ** (_FEWEST - 1) - 1}"
    return (
        f"CASE typeof({said}) WHEN 'text' THEN CAST({said} AS BLOB) WHEN 'blob' THEN {said} "
        f"WHEN 'integer' THEN CASE WHEN NOT ({short}) THEN {said} END ELSE {said} END"
    )


def _makes_texts(declared: str) -> bool:
    """Say whether SQLite keeps every number in such a column as a text (its affinity is TEXT)."""
    return "INT" not in declared and any(each in declared for each in ("CHAR", "CLOB", "TEXT"))


@compiles(Read, "postgresql")
def _read_from_postgresql(element: Read, compiler: SQLCompiler, **options: object) -> str:
    (part,) = element.clauses
    column, said = described(part), compiler.process(part, **options)
    plain = column is not None and column.type in {Type.BYTES, Type.NUMBER}
    return said if plain else f"CAST({said} AS text)"


@dataclass(frozen=True, slots=True)
class Search:
    """A search for needles in a database that holds these tables.

    `typeless` says that a text may stand in any column; `judge` tells whose the rows of a
    collection are.
    """

    store: str
    schema: Schema
    reading: Reading
    typeless: bool
    sieve: Sieve
    judge: Judge

    def hits(self) -> Iterator[Hit]:
        """Yield what is found, table by table.

        A materialised view shows rows of tables as they were: where one of these lawfully keeps an
        identity, so may the view.

        Raises:
            StoreFailed: tables could not be searched; what the others hold was yielded before.
        """
        missed: dict[str, str] = {}
        kept: set[int] = set()
        for table in self.schema.tables.values():
            for hit in self._or_missed(table, missed):
                kept.update([hit.needle] if hit.whose is Whose.KEPT else ())
                yield hit
        with self.reading() as connection:
            views = list(materialised(connection))
        for view in views:
            for hit in self._or_missed(view, missed):
                yield replace(hit, whose=Whose.KEPT) if hit.needle in kept else hit
        for name, why in missed.items():
            more = f" and {len(missed) - 1} more tables" if len(missed) > 1 else ""
            raise StoreFailed(f"`{self.store}.{name}`{more} could not be searched: {why}")

    def _or_missed(self, table: Table, missed: dict[str, str]) -> Iterator[Hit]:
        """Yield what is found in a table, or note why it could not be searched."""
        try:
            yield from self._in_table(table)
        except StoreBusy:
            raise
        except (StoreFailed, Refused) as failed:
            missed[table.name] = str(failed)

    def _in_table(self, table: Table) -> Iterator[Hit]:
        if table.hidden:
            raise Refused(
                f"row-level security hides rows of `{self.store}.{table.name}` from this role; "
                "let its owner give the role BYPASSRLS, or a policy that shows it all"
            )
        if not self._names(table):
            return
        history = HISTORY in self.schema.beside.get(table.name, "")
        found = _Found(self.judge, self._collection(table), set() if history else None)
        with self.reading() as connection:
            counted = self._counted(connection, table, found)
            if history:
                counted += self._counted_before(connection, table, found)
        for (needle, name, whose), rows in counted.items():
            yield Hit(needle, table.name, name, rows, whose)

    def _counted_before(self, connection: sa.Connection, table: Table, now: _Found) -> _Counted:
        """Count what is found in what rows were before, and is not in them now.

        What a row keeps it may have had before; of what it has no more, nothing is kept. Who was
        known by something, is no more.
        """
        ever = _Found(now.judge, now.collection, still=now.kept)
        before = self._counted(connection, table, ever, " FOR SYSTEM_TIME ALL") - now.counted
        counted: _Counted = Counter()
        for (needle, name, whose), rows in before.items():
            counted[needle, name, Whose.FOUND if whose is Whose.BORNE else whose] += rows
        return counted

    def _counted(
        self, connection: sa.Connection, table: Table, found: _Found, rows_of: str = ""
    ) -> _Counted:
        """Count what is found in the rows of a table, as they are or at any time."""
        names = self._names(table)
        said = _said(connection, table, [*names, *found.key], len(names)) + rows_of
        read = [self._read(table.column(each)) for each in names]
        for values, keys in _streamed(connection, said, read):
            rows = len(values) // len(names)
            for at, needles in self.sieve.find(values):
                column, row = divmod(at, rows)
                key = keys[row] if keys else ()
                found.add(Place(names[column], key, needles, values[at]))
        return found.all()

    def _names(self, table: Table) -> list[str]:
        return [each.name for each in table.columns if self._may_tell(each)]

    def _collection(self, table: Table) -> Collection | None:
        """Return what a table is mapped as: by its name, or as heir of one that is mapped."""
        above = (each for each in self.schema.tables.values() if table.name in each.heirs)
        return next(filter(None, map(self.judge.collection, (table, *above))), None)

    def _read(self, column: Column | None) -> Callable[[object], bytes]:
        number = column is not None and column.type is Type.NUMBER and not self.typeless
        return _figures if number else _octets

    def _may_tell(self, column: Column) -> bool:
        if self.typeless or column.type not in {Type.NUMBER, Type.DATE}:
            return True
        return column.type is Type.NUMBER and re.split("[ (]", column.declared)[0] not in _SHORT


@dataclass(slots=True)
class _Found:
    """What was found in one table so far, counted; never more than a few rows of it.

    Where rows have a history, needles are `kept` with the keys of rows that keep them, and in what
    rows were nothing is kept but what they have `still`.
    """

    judge: Judge
    collection: Collection | None
    kept: set[tuple[int, Key]] | None = None
    still: set[tuple[int, Key]] | None = None
    counted: _Counted = field(default_factory=Counter)
    waiting: list[Place] = field(default_factory=list)

    @property
    def key(self) -> tuple[str, ...]:
        """The fields by which a row is known, if it can be anybody's by the map."""
        return self.collection.key if self.collection else ()

    def add(self, place: Place) -> None:
        """Count a place at once, or once it is known whose it is."""
        if self.collection is None:
            self.counted.update((each, place.field, Whose.FOUND) for each in place.needles)
            return
        self.waiting.append(place)
        if len(self.waiting) >= _JUDGED:
            self._judge(self.collection)

    def all(self) -> _Counted:
        """Return what was counted."""
        if self.collection and self.waiting:
            self._judge(self.collection)
        return self.counted

    def _judge(self, collection: Collection) -> None:
        for needle, place, whose in self.judge.judged(collection, self.waiting):
            kept = whose is Whose.KEPT
            if kept and self.kept is not None:
                self.kept.add((needle, place.key))
            gone = kept and self.still is not None and (needle, place.key) not in self.still
            self.counted[needle, place.field, Whose.FOUND if gone else whose] += 1
        self.waiting.clear()


def _said(connection: sa.Connection, table: Table, names: Sequence[str], read: int) -> str:
    """Return how fields of every row are selected: `read` of them as text, the others as is.

    The rows of heirs are left to these: each is read once, with the fields that only they have.
    """
    *schema, name = name_parts(table.name)
    columns = [sa.column(sa.quoted_name(n, quote=True), Stored(table.column(n))) for n in names]
    source = (Alone if table.heirs else sa.TableClause)(
        sa.quoted_name(name, quote=True),
        *columns,
        schema=sa.quoted_name(schema[-1], quote=True) if schema else None,
    )
    fields = [source.c[each] for each in names]
    query = sa.select(*map(Read, fields[:read]), *fields[read:]).select_from(source)
    return _UNTIMED.get(connection.dialect.name, "") + str(query.compile(connection))


def _streamed(
    connection: sa.Connection, said: str, read: Sequence[Callable[[object], bytes]]
) -> Iterator[tuple[list[bytes], list[Key]]]:
    """Yield the values of some rows as octets, field by field, with the keys of the rows."""
    streaming = connection.execution_options(stream_results=True, max_row_buffer=1)
    result = streaming.exec_driver_sql(said)
    size = _FIRST
    while rows := result.fetchmany(size):
        columns = list(zip(*rows, strict=True))
        values = [
            value if value.__class__ is bytes else b"" if value is None else octets(value)
            for octets, column in zip(read, columns, strict=False)
            for value in column
        ]
        yield values, cast("list[Key]", list(zip(*columns[len(read) :], strict=True)))
        full = sum(map(len, values)) or 1
        size = max(1, min(_MOST, size * 4, len(rows) * _OCTETS // full))


def _octets(value: object) -> bytes:
    match value:
        case int() | float():
            return _figures(value)
        case _:
            return str(value).encode("utf-8", "surrogatepass")


def _figures(value: object) -> bytes:
    """Return the figures of a number, if it is whole and has enough to tell people apart."""
    whole, _, rest = str(value).partition(".")
    return whole.encode() if len(whole) >= _FEWEST and not rest.strip("0") else b""
