"""How home stands when somebody begins to write: read at once, and nobody else moves it then."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, literal_column, null, select, union_all

from upheld.errors import NotProven
from upheld.evidence import tables
from upheld.evidence.opening import Head

_HEAD, _ENTRY = tables.head.c, tables.entry.c
_MARK, _SUM = tables.watermark.c, tables.sums.c
_STANDING = union_all(
    select(literal_column("'head'").label("of"), _HEAD.note, _HEAD.size, _HEAD.root),
    select(literal_column("'last'"), null(), _ENTRY.n, _ENTRY.leaf).where(
        _ENTRY.n == select(_HEAD.size - literal_column("1")).scalar_subquery()
    ),
    select(literal_column("'mark'"), _MARK.view, _MARK.size, null()),
    select(literal_column("'sum'"), _SUM.name, null(), _SUM.digest),
)


@dataclass(frozen=True, slots=True)
class Standing:
    """Head, bytes of the last entry, how many entries each view has seen, and all sums."""

    head: Head
    last: bytes
    marks: dict[str, int]
    sums: dict[str, bytes]


def read_standing(connection: Connection) -> Standing:
    """Return how home stands.

    Raises:
        NotProven: it has no signed head.
    """
    head, last = None, b""
    marks: dict[str, int] = {}
    sums: dict[str, bytes] = {}
    for of, words, number, data in connection.execute(_STANDING):
        match of:
            case "head":
                head = Head(int(number), bytes(data), str(words))
            case "last":
                last = bytes(data)
            case "mark":
                marks[str(words)] = int(number)
            case _:
                sums[str(words)] = bytes(data)
    if head is None:
        raise NotProven("home has no signed head; restore home from a backup")
    return Standing(head, last, marks, sums)
