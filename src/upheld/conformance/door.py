"""What the contract of homes tries one with: a door, a clock to set, a fold, odd words, a rival."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from typing import Protocol

from upheld.model import Entry
from upheld.ports import Clock, Fold, Home

HOSTILE = (
    "O'Brien",
    '"; DROP TABLE alias; --',
    "%",
    "___",
    "ADA",
    "ada",
    "a\0b",
    "\u202egnirts \u05d0\u05d1\u05d2",
    "x" * 10_000,
    "\N{GRINNING FACE}",
    " ",
)


class Door(Protocol):
    """Opens one and the same home, as often as it is asked; makes it the first time.

    It can be pickled: another process opens that home, too.
    """

    def __call__(self, clock: Clock, folds: Sequence[Fold]) -> Home:
        """Open the home with this clock and these folds."""
        ...


class Hand:
    """A clock that somebody sets."""

    def __init__(self) -> None:
        """Start on the first of July 2026 at noon."""
        self.at = datetime(2026, 7, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Return what it was set to."""
        return self.at


class Tally:
    """A fold that counts entries of each request, and remembers the last index."""

    name = "tally"

    def key(self, entry: Entry) -> str | None:
        """Return the request an entry is about."""
        request = entry.body.get("request")
        return None if request is None else str(request)

    def step(self, state: str | None, index: int, entry: Entry) -> str:
        """Count one more."""
        seen = json.loads(state)["seen"] if state else 0
        return json.dumps({"seen": seen + 1, "last": index, "kind": entry.kind}, sort_keys=True)


class OnPurposeError(Exception):
    """Raised by a test inside a transaction."""


def hold_until_killed(door: Door, request: str, told: Connection) -> None:
    """Hold a request in a process of its own, say so, and never let go."""
    with door(Hand(), []).holding(request):
        told.send("held")
        told.recv()
