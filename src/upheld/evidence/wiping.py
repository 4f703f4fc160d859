"""Marks in home that the bytes of deleted rows are still to be got rid of.

The mark is made in the transaction that deletes, and removed once that is done. So a process that
dies in between leaves it to whoever opens home next.
"""

from __future__ import annotations

from secrets import token_bytes

from sqlalchemy import Connection, delete, insert, select

from upheld.evidence import tables
from upheld.evidence.sums import Sums

_UNWIPED = "unwiped"
_OF = tables.meta.c


def mark_unwiped(connection: Connection, sums: Sums) -> None:
    """Mark, in place of any earlier mark, that rows were deleted; the sums are written later."""
    mark = read_unwiped(connection)
    if mark is not None:
        _remove(connection, sums, mark)
    mark = token_bytes(16)
    connection.execute(insert(tables.meta).values(name=_UNWIPED, value=mark))
    sums.add("meta", _UNWIPED, mark)


def read_unwiped(connection: Connection) -> bytes | None:
    """Return the mark, if rows were deleted and their bytes may still be there."""
    mark = connection.scalar(select(_OF.value).where(_OF.name == _UNWIPED))
    return None if mark is None else bytes(mark)


def take_unwiped(connection: Connection, mark: bytes) -> None:
    """Remove this very mark: another one is of who deleted since."""
    if read_unwiped(connection) == mark:
        sums = Sums(connection)
        _remove(connection, sums, mark)
        sums.write()


def _remove(connection: Connection, sums: Sums, mark: bytes) -> None:
    connection.execute(delete(tables.meta).where(_OF.name == _UNWIPED))
    sums.take("meta", _UNWIPED, mark)
