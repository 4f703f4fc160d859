"""The ports that stores, home and clock fill."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from upheld.model import (
        Alike,
        Closure,
        Declined,
        Dialect,
        Done,
        Entry,
        Found,
        Guards,
        Identity,
        Json,
        Left,
        Pending,
        Preview,
        Right,
        Role,
        Rows,
        Schema,
        Step,
        Traits,
    )
    from upheld.model.searching import Hit, Needle


class Clock(Protocol):
    """Where time comes from; always aware, in UTC."""

    def __call__(self) -> datetime:
        """Return this instant."""
        ...


class Store(Protocol):
    """A system that holds personal data.

    `gaps` says, per right, what it cannot do, in words a person can read; empty is the boast.
    Every method raises `StoreFailed` when the store cannot be reached, read or written.
    """

    @property
    def name(self) -> str:
        """The name of its file in `stores/`."""
        ...

    @property
    def gaps(self) -> Mapping[Right, str]:
        """What the store cannot do, by right."""
        ...

    @property
    def records(self) -> bool:
        """Whether it writes down what a step did, as its catalogue was when last read."""
        ...

    def schema(self) -> Schema:
        """Return names and types, never values."""
        ...

    def find(self, closure: Closure, *, count: bool = True) -> Found:
        """Grow the closure by what this store knows; count its rows, or only see whether any are.

        Reads only.
        """
        ...

    def borne(self, closure: Closure) -> frozenset[Identity]:
        """Return those of the identities that alone lead to rows which other people bear, too.

        Reads only.
        """
        ...

    def look(self, closure: Closure) -> Iterator[Rows]:
        """Stream the person's rows in sets from one snapshot, each set with the counted total."""
        ...

    def preview(self, step: Step, *, rehearse: bool = True) -> Preview:
        """Say what a step would touch and what would refuse it; whatever is tried is undone.

        Where nobody wants it to `rehearse`, nothing is tried: rows are read.
        """
        ...

    def statements(self, step: Step) -> tuple[str, ...]:
        """Return what acting would say to the store, in its own language, without any value."""
        ...

    def act(self, step: Step) -> Done | Pending | Declined:
        """Carry out a step whole or not at all; doing it again changes nothing."""
        ...

    def poll(self, token: str) -> Done | Pending | Declined:
        """Say what became of a pending step."""
        ...

    def look_back(self, step: Step, since: Sequence[str] | None = None) -> Left:
        """Find again from the closure; count what is not in its target state, and what is kept.

        `since` names the transactions that an earlier look found open: of these alone it is said
        whether they still are; of none of them, nothing is asked. None: of every one that is open
        now.
        """
        ...

    def search(self, needles: Sequence[Needle], step: Callable[[int], Step]) -> Iterator[Hit]:
        """Search every text it holds, mapped or not, for all needles in one pass; reads only.

        `step` returns what was done for a needle's person: that tells which rows are kept. What
        cannot be searched is a `StoreFailed`, raised once all the rest was yielded.
        """
        ...

    def unsearched(self) -> Mapping[str, int]:
        """Return how much it holds that no search reads, by what it is; reads only."""
        ...

    def traits(self, closure: Closure) -> Traits:
        """Return what the person's rows bear by which others may be theirs, too; reads only."""
        ...

    def alike(self, closure: Closure, traits: Traits) -> Iterator[Alike]:
        """Find rows of people that are not the person's and may be, by weaker signs; reads only.

        Nothing is ever done by such a sign: it is shown to somebody who can ask.
        """
        ...

    def guards(self) -> Guards:
        """Say of each safeguard it can be asked about whether it holds; reads only, no rows."""
        ...

    def close(self) -> None:
        """Let go of what is held open; the next verb opens it again."""
        ...

    def grants(self, roles: Sequence[Role], dialect: Dialect | None = None) -> str:
        """Return what an administrator runs so that each role can do its work and nothing else.

        Raises:
            BadInput: the store has no roles in this dialect.
        """
        ...


class Fold(Protocol):
    """A view of the log: each entry that has a `key` moves the state kept under that key."""

    @property
    def name(self) -> str:
        """The name of the view."""
        ...

    def key(self, entry: Entry) -> str | None:
        """Return what the entry is about, or None if this view does not care."""
        ...

    def step(self, state: str | None, index: int, entry: Entry) -> str:
        """Return the next state (canonical JSON); pure."""
        ...


class Writing(Protocol):
    """One transaction on home: all of it becomes durable, with its signed head, or none of it.

    No store and no network is called while one is open.
    """

    def append(self, kind: str, body: Mapping[str, Json]) -> int:
        """Append an entry dated now and move the views; return its index.

        Raises:
            HomeFailed: the clock stands behind the last entry.
        """
        ...

    def mint(self) -> int:
        """Return a new ordinal, by an entry `person.minted`; ordinals are dense, never reused."""
        ...

    def alias(self, kind: str, value: str, person: int) -> None:
        """Let a normalised identity lead to a person; only its keyed tag is kept."""
        ...

    def join(self, person: int, other: int, word: Mapping[str, Json]) -> bool:
        """Let all that leads to `other` lead to `person`, by an entry `person.joined`.

        `word` says in the entry on whose word. From then on both ordinals mean one person, wherever
        a person is asked for; joining them again appends nothing and returns False.

        Raises:
            BadInput: one of them was never minted.
        """
        ...

    def forget(self, person: int) -> int:
        """Delete every alias of a person; return how many there were."""
        ...

    def seal(self, request: str, name: str, secret: bytes) -> None:
        """Keep bytes under the request's own key (made at first use), replacing what was there."""
        ...

    def destroy(self, request: str) -> None:
        """Destroy a request's key and all that was sealed under it."""
        ...

    def keep(self, document: bytes) -> str:
        """Keep a document without personal data beside the log; return its SHA-256 in hex."""
        ...

    def state(self, view: str, key: str) -> str | None:
        """Return a view's state as of this transaction."""
        ...

    def count(self, view: str) -> int:
        """Return how many keys a view has as of this transaction."""
        ...


class Home(Protocol):
    """The log, its views, and what can be erased.

    Every method raises `HomeFailed` when home cannot be read or written, `NotProven` when what it
    holds contradicts its own tree or head.
    """

    @property
    def origin(self) -> str:
        """The name this log signs its checkpoints with (C2SP)."""
        ...

    @property
    def verifier(self) -> str:
        """The C2SP verifier key of its checkpoints: `origin+hash+base64`."""
        ...

    def writing(self) -> AbstractContextManager[Writing]:
        """Open a transaction; leaving it commits, an exception undoes all of it."""
        ...

    def holding(self, request: str) -> AbstractContextManager[None]:
        """Be the only one at work on a request until left, or until this process has ended.

        Whoever loses it before (a server may cut the connection) can write nothing more inside.

        Raises:
            Stale: somebody holds it, here or in another process; at once, without waiting.
        """
        ...

    def size(self) -> int:
        """Return how many entries the log has."""
        ...

    def entries(self, start: int = 0) -> Iterator[tuple[int, Entry]]:
        """Stream entries in order from an index."""
        ...

    def raw(self, index: int) -> bytes:
        """Return the stored bytes of an entry: the leaf of the tree."""
        ...

    def checkpoint(self) -> str:
        """Return the signed note over the tree as it stands (C2SP tlog-checkpoint)."""
        ...

    def inclusion(self, index: int, size: int) -> tuple[bytes, ...]:
        """Return the RFC 9162 inclusion proof of an entry in the tree of this size."""
        ...

    def consistency(self, old: int, size: int) -> tuple[bytes, ...]:
        """Return the RFC 9162 consistency proof between two sizes."""
        ...

    def person(self, kind: str, value: str) -> int | None:
        """Return the person a normalised identity leads to."""
        ...

    def unseal(self, request: str, name: str) -> bytes | None:
        """Return what was sealed for a request, or None once it or its key is gone."""
        ...

    def unsealed(self, request: str, names: Sequence[str]) -> Mapping[str, bytes]:
        """Return what was sealed for a request under each of some names, as far as it is there."""
        ...

    def document(self, digest: str) -> bytes | None:
        """Return a document kept beside the log."""
        ...

    def state(self, view: str, key: str) -> str | None:
        """Return a view's state (canonical JSON)."""
        ...

    def states_at(self, places: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], str]:
        """Return the states that there are at these places, each a view and a key in it, at once.

        They are as of one moment.
        """
        ...

    def states(self, view: str) -> Iterator[tuple[str, str]]:
        """Stream a view: key and state, by key."""
        ...

    def rebuild(self) -> None:
        """Throw the views away and fold the log again."""
        ...
