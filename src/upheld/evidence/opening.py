"""What is asked of a home when its door opens; nothing is ever rewritten here."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, func, insert, inspect, select

from upheld.errors import HomeFailed, NotProven
from upheld.evidence import notes, tables
from upheld.evidence.entries import read_entry
from upheld.evidence.keys import Keys
from upheld.evidence.merkle import Edge, root
from upheld.evidence.sums import Sums
from upheld.evidence.tiles import load_edge

_HEAD = select(tables.head.c.size, tables.head.c.root, tables.head.c.note)


@dataclass(frozen=True, slots=True)
class Head:
    """The log as it was last signed."""

    size: int
    root: bytes
    note: str


def make_tables(connection: Connection, keys: Keys) -> None:
    """Make an empty home where there are no tables yet."""
    if inspect(connection).get_table_names():
        raise HomeFailed("there is a database at the address of home already; open it instead")
    tables.metadata.create_all(connection)
    values = {"schema": str(tables.SCHEMA).encode(), **_marks(keys)}
    connection.execute(
        insert(tables.meta), [{"name": name, "value": value} for name, value in values.items()]
    )
    sums = Sums(connection)
    for name, value in values.items():
        sums.add("meta", name, value)
    sums.write()


def check_tables(connection: Connection, keys: Keys) -> None:
    """Refuse what is not a home, one from a later Upheld, and keys that are not its own."""
    there = set(inspect(connection).get_table_names())
    if not there:
        raise HomeFailed(
            "home is empty: it was never finished, or was emptied; restore it from a backup, or "
            "remove its file if there never was a home in it"
        )
    ours = set(tables.metadata.tables)
    if not ours & there:
        raise HomeFailed(
            "the database that home's address names holds other tables, and no home; name an empty "
            "one, or a schema of its own in it"
        )
    missing = sorted(ours - there)
    if missing:
        raise HomeFailed(f"home has no table `{missing[0]}`; restore home from a backup")
    rows = connection.execute(select(tables.meta.c.name, tables.meta.c.value))
    values = {str(name): bytes(value) for name, value in rows}
    _check_schema(values.get("schema", b"?").decode())
    for name, mark in _marks(keys).items():
        if values.get(name) != mark:
            raise HomeFailed(f"the {name} given is not this home's; give the key it was made with")


def check_head(connection: Connection, verifier: str) -> tuple[Head, Edge]:
    """Return head and edge, once the head is ours and is the head of these entries."""
    head = read_head(connection)
    _check_first(connection, verifier)
    note = notes.read(head.note, verifier)
    if (note.size, note.root) != (head.size, head.root):
        raise NotProven("home's head is not what its checkpoint says; restore home from a backup")
    last = connection.scalar(select(func.max(tables.entry.c.n)))
    if last != head.size - 1:
        raise NotProven(
            f"{head.size} entries were signed and the last one here is number {last}: entries were "
            "dropped or added; restore home from a backup"
        )
    edge = load_edge(connection, head.size)
    if root(edge) != head.root:
        raise NotProven("the log is not what was signed; run `upheld verify`, restore a backup")
    return head, edge


def read_head(connection: Connection) -> Head:
    """Return the head as stored."""
    row = connection.execute(_HEAD).one_or_none()
    if row is None:
        raise NotProven("home has no signed head; restore home from a backup")
    return Head(int(row[0]), bytes(row[1]), str(row[2]))


def _check_schema(schema: str) -> None:
    if schema != str(tables.SCHEMA):
        raise HomeFailed(
            f"home has schema `{schema}` and this Upheld knows {tables.SCHEMA}; "
            "use the version of Upheld that wrote it, or a newer one"
        )


def _check_first(connection: Connection, verifier: str) -> None:
    leaf = connection.scalar(select(tables.entry.c.leaf).where(tables.entry.c.n == 0))
    body = read_entry(0, leaf or b"").body
    if body.get("origin") != verifier.partition("+")[0]:
        raise HomeFailed("home is of a log with another origin; check `origin` in upheld.toml")
    if body.get("key") != verifier:
        raise HomeFailed("the `log` key given is not this home's; give the key it was made with")


def _marks(keys: Keys) -> dict[str, bytes]:
    return {f"`{name}` key": keys.mark(name) for name in ("home", "wrap")}
