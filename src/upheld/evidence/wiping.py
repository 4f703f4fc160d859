"""Marks in home that the bytes of deleted rows are still to be got rid of.

The mark is made in the transaction that deletes, and removed once that is done. So a process that
dies in between leaves it to whoever opens home next. With the mark stands how many keys were
destroyed under it.
"""

from __future__ import annotations

from dataclasses import dataclass
from secrets import token_bytes

from sqlalchemy import Connection, bindparam, delete, select

from upheld.evidence import tables
from upheld.evidence.putting import Put
from upheld.evidence.sums import Sums

_UNWIPED = "unwiped"
_OF = tables.meta.c
_MARK = select(_OF.value).where(_OF.name == _UNWIPED)
_MARKED = Put(tables.meta, over=True)
_TAKEN = delete(tables.meta).where(_OF.name == _UNWIPED, _OF.value == bindparam("mark"))
_CHANCE = 16
_MOST = 2**64 - 1


@dataclass(frozen=True, slots=True)
class Unwiped:
    """How many destroyed keys may still be in dead rows; what home's role is `wanted` to be let do.

    Where nothing is wanted, somebody read for long, and whoever opens home next gets rid of them.
    """

    keys: int
    wanted: tuple[str, ...]

    @property
    def words(self) -> str:
        """What to tell an officer."""
        left = f"home: {self.keys} destroyed keys may still be in dead rows of its tables"
        if not self.wanted:
            return f"{left}, which others were reading; run this again later"
        said = "; ".join(self.wanted)
        return f"{left}, which its role may not clear; let a superuser run `{said}`"


def mark_unwiped(connection: Connection, sums: Sums, *, keys: int) -> bytes:
    """Mark, in place of any earlier mark, that rows were deleted; the sums are written later."""
    mark = read_unwiped(connection)
    if mark is not None:
        sums.take("meta", _UNWIPED, mark)
        keys = min(keys + keys_under(mark), _MOST)
    mark = token_bytes(_CHANCE) + keys.to_bytes(8, "big")
    _MARKED.one(connection, name=_UNWIPED, value=mark)
    sums.add("meta", _UNWIPED, mark)
    return mark


def read_unwiped(connection: Connection) -> bytes | None:
    """Return the mark, if rows were deleted and their bytes may still be there."""
    mark = connection.scalar(_MARK)
    return None if mark is None else bytes(mark)


def keys_under(mark: bytes) -> int:
    """Return how many keys were destroyed under a mark; one before these were counted says 1."""
    return int.from_bytes(mark[_CHANCE:], "big") if len(mark) > _CHANCE else 1


def take_unwiped(connection: Connection, mark: bytes) -> None:
    """Remove this very mark: another one is of who deleted since."""
    if connection.execute(_TAKEN, {"mark": mark}).rowcount:
        sums = Sums(connection)
        sums.take("meta", _UNWIPED, mark)
        sums.write()
