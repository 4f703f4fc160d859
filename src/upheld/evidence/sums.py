"""Sums over the rows beside the log, so that a bit that flips in one shows without any key."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import Connection, bindparam, delete, select

from upheld.evidence import tables
from upheld.evidence.putting import Put
from upheld.evidence.verify import row_sum, sum_name

_SIZE = 2**256
_OF = tables.sums.c
_THESE = _OF.name.in_(bindparam("names", expanding=True))
_STORED = select(_OF.name, _OF.digest).where(_THESE)
_PUT = Put(tables.sums, over=True)


@dataclass(slots=True)
class Sums:
    """What the rows of one transaction add to the sums; they are written once, at its end.

    `stored` are all sums as the transaction found them, if it has read them.
    """

    connection: Connection
    stored: dict[str, bytes] | None = None
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
        if self.stored is not None:
            self.stored.pop(name, None)
        self.connection.execute(delete(tables.sums).where(_OF.name == name))

    def write(self) -> None:
        """Store the sums that moved."""
        if not self.moved:
            return
        before = self._before()
        for name, more in self.moved.items():
            before[name] = _digest(int.from_bytes(before.get(name, b""), "big") + more)
        names = sorted(self.moved)
        _PUT.all(self.connection, ({"name": name, "digest": before[name]} for name in names))
        self.moved.clear()

    def _before(self) -> dict[str, bytes]:
        if self.stored is not None:
            return self.stored
        stored = self.connection.execute(_STORED, {"names": list(self.moved)})
        return {str(name): bytes(digest) for name, digest in stored}

    def _move(self, table: str, row: tuple[bytes | str | int, ...], sign: int) -> None:
        name = sum_name(table, row[0])
        self.moved[name] = self.moved.get(name, 0) + sign * row_sum(table, *row)


def _digest(number: int) -> bytes:
    return (number % _SIZE).to_bytes(32, "big")
