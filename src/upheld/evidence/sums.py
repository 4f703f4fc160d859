"""Sums over the rows beside the log, so that a bit that flips in one shows without any key."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import Connection, bindparam, delete, insert, select

from upheld.evidence import tables
from upheld.evidence.verify import row_sum, sum_name

_SIZE = 2**256
_OF = tables.sums.c
_THESE = _OF.name.in_(bindparam("names", expanding=True))
_STORED = select(_OF.name, _OF.digest).where(_THESE)
_TAKEN = delete(tables.sums).where(_THESE)
_PUT = insert(tables.sums)


@dataclass(slots=True)
class Sums:
    """What the rows of one transaction add to the sums; they are written once, at its end."""

    connection: Connection
    moved: dict[str, int] = field(default_factory=dict)

    def add(self, table: str, *row: bytes | str | int) -> None:
        """Count a row that was put in."""
        self._move(table, row, 1)

    def take(self, table: str, *row: bytes | str | int) -> None:
        """Count a row that was taken out."""
        self._move(table, row, -1)

    def renew(self, table: str, first: str) -> None:
        """Begin a sum anew, once all its rows are gone."""
        name = sum_name(table, first)
        self.moved.pop(name, None)
        self.connection.execute(delete(tables.sums).where(_OF.name == name))

    def write(self) -> None:
        """Store the sums that moved."""
        if not self.moved:
            return
        names = {"names": list(self.moved)}
        stored = self.connection.execute(_STORED, names)
        before = {str(name): int.from_bytes(digest, "big") for name, digest in stored}
        self.connection.execute(_TAKEN, names)
        rows = [
            {"name": name, "digest": _digest(before.get(name, 0) + more)}
            for name, more in sorted(self.moved.items())
        ]
        self.connection.execute(_PUT, rows)
        self.moved.clear()

    def _move(self, table: str, row: tuple[bytes | str | int, ...], sign: int) -> None:
        name = sum_name(table, row[0])
        self.moved[name] = self.moved.get(name, 0) + sign * row_sum(table, *row)


def _digest(number: int) -> bytes:
    return (number % _SIZE).to_bytes(32, "big")
