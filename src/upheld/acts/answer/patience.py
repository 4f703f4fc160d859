"""Tries again what a store was too busy for, and holds nothing in between."""

from __future__ import annotations

from time import sleep
from typing import TYPE_CHECKING, TypeVar

from upheld.errors import StoreBusy

if TYPE_CHECKING:
    from collections.abc import Callable

WAITS = (0.1, 0.2, 0.5, 1.0, 2.0, *(5.0,) * 12)
"""Seconds between attempts: a minute in all, beside what the store itself waits for a lock."""

_Done = TypeVar("_Done")


def patiently(attempt: Callable[[], _Done]) -> _Done:
    """Return what an attempt returns, made again while the store is busy.

    Raises:
        StoreBusy: it still is, after a minute.
    """
    for seconds in WAITS:
        try:
            return attempt()
        except StoreBusy:
            sleep(seconds)
    return attempt()
