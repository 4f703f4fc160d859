"""What stands beside a store that is tested: its rows raw, and what its owner's software does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from upheld.model import Key, Pending, Step, StoreMap
from upheld.ports import Store

Everything = Mapping[str, Mapping[Key, Key]]


class Site(Protocol):
    """A store set up in a world, and what somebody standing beside it sees and does."""

    @property
    def mapped(self) -> StoreMap:
        """The part of the map the store was made from."""
        ...

    @property
    def shown(self) -> Mapping[str, frozenset[Key]]:
        """Keys of the rows the store is expected to show of the person, by collection."""
        ...

    def store(self) -> Store:
        """Open the store; each call gives a new object on the same rows."""
        ...

    def everything(self) -> Everything:
        """Read every row past the store, raw: by table and key."""
        ...

    def traces(self, token: bytes) -> int:
        """Count how often bytes occur, in any case of letters, in all the store has on disk."""
        ...

    def write(self, table: str, row: Key) -> None:
        """Write a row as the owner's own software would; fails if it has to wait for the store."""
        ...

    def come_back(self, table: str, row: Key) -> Mapping[str, int]:
        """Let a row of an erased person arrive; return what looking back must report of it."""
        ...

    def settle(self, pending: Pending, step: Step) -> None:
        """Do outside what a pending step asks for, and say that it is done."""
        ...

    def impossible(self, step: Step) -> Step:
        """Return the step changed so that the store must decline it."""
        ...

    def cut_off(self) -> tuple[Store, ...]:
        """Return the store as it is when it cannot be reached, in each way that it can be."""
        ...
