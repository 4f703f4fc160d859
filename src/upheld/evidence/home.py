"""Home: the log, its views and what can be erased, in one SQL database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Self

from sqlalchemy import Connection, bindparam, select

from upheld.errors import BadInput, HomeFailed, NotProven
from upheld.evidence import merkle, notes, tables, vault
from upheld.evidence.database import Database, reached, told
from upheld.evidence.entries import read_entry
from upheld.evidence.export import write_log
from upheld.evidence.keys import Keys
from upheld.evidence.merkle import Edge
from upheld.evidence.opening import Head, check_head, check_tables, make_tables, read_head
from upheld.evidence.standing import Standing, read_standing
from upheld.evidence.sums import Sums
from upheld.evidence.tiles import TileShelf, load_edge
from upheld.evidence.views import AT_ONCE, PAGE, People, Place, Views, differing, states_at
from upheld.evidence.wiping import Unwiped, keys_under, read_unwiped, take_unwiped
from upheld.evidence.writing import PERSON, SqlWriting
from upheld.model import Entry
from upheld.ports import Clock, Fold

_SEALED = (
    select(tables.vault.c.name, tables.vault_key.c.wrapped, tables.vault.c.sealed)
    .join_from(tables.vault, tables.vault_key, tables.vault.c.request == tables.vault_key.c.request)
    .where(
        tables.vault.c.request == bindparam("of"),
        tables.vault.c.name.in_(bindparam("names", expanding=True)),
    )
)
_DOCUMENT = select(tables.document.c.bytes).where(tables.document.c.digest == bindparam("of"))
_STATE = select(tables.view.c.state).where(
    tables.view.c.view == bindparam("of"), tables.view.c.key == bindparam("key")
)


class SqlHome:
    """The `Home` port. Two of them may be open on one database, in one process or in two."""

    def __init__(
        self, database: Database, keys: Keys, *, origin: str, clock: Clock, folds: Sequence[Fold]
    ) -> None:
        """Stand before a database; use `create` or `open`, which also look behind it."""
        notes.check_origin(origin)
        self._database = database
        self._keys = keys
        self._origin = origin
        self._clock = clock
        self._folds = (People(), *folds)
        self._edge = Edge()
        self._shelf = TileShelf()

    @classmethod
    def create(
        cls, url: str, keys: Keys, *, origin: str, clock: Clock, folds: Sequence[Fold] = ()
    ) -> Self:
        """Make a new home; its first entry says by which key its log is signed.

        Raises:
            HomeFailed: there is a database already.
        """
        home = cls(reached(url, make=True), keys, origin=origin, clock=clock, folds=folds)
        with home._closed_on_failure(), home._transaction() as connection:
            make_tables(connection, keys)
            writing = home._writing(connection, Edge(), None)
            writing.append("home.opened", {"origin": origin, "key": home.verifier})
            writing.finish()
        home._edge = writing.edge
        return home

    @classmethod
    def open(
        cls, url: str, keys: Keys, *, origin: str, clock: Clock, folds: Sequence[Fold] = ()
    ) -> Self:
        """Open a home; views that it has not kept, or not to the end, are folded now.

        Raises:
            HomeFailed: there is no home, or it cannot be opened with these keys.
            NotProven: its head is not the head of its entries.
        """
        home = cls(reached(url, make=False), keys, origin=origin, clock=clock, folds=folds)
        with home._closed_on_failure():
            home._look_behind_the_door()
        return home

    @staticmethod
    def is_there(url: str) -> bool:
        """Say whether there is anything at the address of a home."""
        database = reached(url, make=False)
        try:
            with told(database):
                return database.is_there()
        finally:
            database.reads.dispose()

    @property
    def origin(self) -> str:
        """The name this log signs its checkpoints with."""
        return self._origin

    @property
    def verifier(self) -> str:
        """The verifier key a company publishes."""
        return notes.verifier_key(self._origin, self._keys.signer)

    def close(self) -> None:
        """Let go of the database."""
        self._database.reads.dispose()

    @contextmanager
    def writing(self) -> Iterator[SqlWriting]:
        """Open a transaction; leaving it commits, an exception undoes all of it."""
        with self._transaction() as connection:
            standing = read_standing(connection)
            edge = self._current(connection, standing.head)
            writing = self._writing(connection, edge, standing)
            writing.views.catch_up(edge.size)
            yield writing
            writing.finish()
        self._edge = writing.edge
        if writing.mark is not None:
            with suppress(HomeFailed):  # all is committed; what cannot be wiped now stays marked
                self._wipe(writing.mark)

    @contextmanager
    def holding(self, request: str) -> Iterator[None]:
        """Be the only one at work on a request until left, or until this process has ended."""
        with self._telling():
            hold = self._database.hold(request)
        with hold:
            yield

    def size(self) -> int:
        """Return how many entries the log has."""
        with self._single() as connection:
            return read_head(connection).size

    def entries(self, start: int = 0) -> Iterator[tuple[int, Entry]]:
        """Stream entries in order from an index, a page at a time."""
        size = self.size()
        while start < size:
            page = self._page(start, min(start + PAGE, size))
            yield from ((n, read_entry(n, leaf)) for n, leaf in page)
            start += len(page)

    def raw(self, index: int) -> bytes:
        """Return the stored bytes of an entry."""
        if not 0 <= index < self.size():
            raise BadInput(f"the log has no entry {index}; it has {self.size()}, from 0")
        return self._page(index, index + 1)[0][1]

    def checkpoint(self) -> str:
        """Return the signed note over the tree as it stands."""
        with self._single() as connection:
            return read_head(connection).note

    def inclusion(self, index: int, size: int) -> tuple[bytes, ...]:
        """Return the inclusion proof of an entry in the tree of this size."""
        if not 0 <= index < size:
            raise BadInput(f"a tree of {size} has no entry {index}; ask for one that is in it")
        with self._reading() as connection:
            return merkle.inclusion(self._tiles(connection, size), index, size)

    def consistency(self, old: int, size: int) -> tuple[bytes, ...]:
        """Return the consistency proof between two sizes."""
        if not 0 < old <= size:
            raise BadInput(f"there is no proof from size {old} to {size}; the older goes first")
        with self._reading() as connection:
            return merkle.consistency(self._tiles(connection, size), old, size)

    def person(self, kind: str, value: str) -> int | None:
        """Return the person a normalised identity leads to."""
        tag = self._keys.tag(kind, value)
        with self._single() as connection:
            return connection.scalar(PERSON, {"of": tag})

    def unseal(self, request: str, name: str) -> bytes | None:
        """Return what was sealed for a request, or None once it or its key is gone."""
        return self.unsealed(request, [name]).get(name)

    def unsealed(self, request: str, names: Sequence[str]) -> Mapping[str, bytes]:
        """Return what was sealed for a request under each of some names, as far as it is there."""
        with self._single() as connection:
            rows = connection.execute(_SEALED, {"of": request, "names": names}).all()
        if not rows:
            return {}
        key = vault.unwrap(rows[0].wrapped, request, self._keys.wrap)
        return {row.name: vault.unseal(key, request, row.name, sealed=row.sealed) for row in rows}

    def document(self, digest: str) -> bytes | None:
        """Return a document kept beside the log, once its hash is its name."""
        with self._single() as connection:
            document = connection.scalar(_DOCUMENT, {"of": digest})
        if document is not None and sha256(document).hexdigest() != digest:
            raise NotProven(f"the document {digest[:16]} was changed; restore home from a backup")
        return document

    def state(self, view: str, key: str) -> str | None:
        """Return a view's state."""
        with self._single() as connection:
            return connection.scalar(_STATE, {"of": view, "key": key})

    def states_at(self, places: Sequence[Place]) -> Mapping[Place, str]:
        """Return the states that there are at these places, each a view and a key in it."""
        with self._single() if len(places) <= AT_ONCE else self._reading() as connection:
            return states_at(connection, places)

    def states(self, view: str) -> Iterator[tuple[str, str]]:
        """Stream a view: key and state, by key, a page at a time."""
        rows = self._states(view, None)
        while rows:
            yield from rows
            rows = self._states(view, rows[-1][0])

    def export(self, file: Path) -> None:
        """Write all that proves into a file that `verify.py` reads."""
        with self._reading() as connection:
            write_log(connection, file)

    def rebuild(self) -> None:
        """Throw the views away and fold the log again."""
        with self._transaction() as connection:
            edge = self._current(connection, read_head(connection))
            views = Views(connection, self._folds, Sums(connection))
            views.forget()
            views.catch_up(edge.size)
            views.sums.write()

    def audit_views(self) -> tuple[str, ...]:
        """Fold the log again beside the views; return the names of those that differ."""
        with self._reading() as connection:
            return differing(connection, self._folds)

    def unwiped(self) -> Unwiped | None:
        """Say how much of what was destroyed may still be in dead rows; None if nothing."""
        with self._single() as connection:
            mark = read_unwiped(connection)
        if mark is None:
            return None
        with self._telling():
            return Unwiped(keys_under(mark), self._database.unlocked_by())

    def _look_behind_the_door(self) -> None:
        with self._reading() as connection:
            check_tables(connection, self._keys)
            head, self._edge = check_head(connection, self.verifier)
            behind = Views(connection, self._folds, Sums(connection)).is_behind(head.size)
            unwiped = read_unwiped(connection)
        if behind:
            with self.writing():
                pass
        if unwiped is not None:
            with suppress(HomeFailed):  # a home that is only read now is wiped by who may write
                self._wipe(unwiped)

    def _wipe(self, mark: bytes) -> None:
        """Get rid of what deleted rows have left; what a crash leaves of it, the next to open does.

        Whoever erased since the mark was made has one of its own in its place, and removes that.
        """
        with self._telling():
            wiped = self._database.wipe()
        if wiped:
            with self._transaction() as connection:
                take_unwiped(connection, mark)

    def _writing(self, connection: Connection, edge: Edge, standing: Standing | None) -> SqlWriting:
        sums = Sums(connection, standing.sums if standing else None)
        marks = standing.marks if standing else None
        return SqlWriting(
            connection=connection,
            origin=self._origin,
            keys=self._keys,
            clock=self._clock,
            views=Views(connection, self._folds, sums, marks),
            edge=edge,
            last=read_entry(edge.size - 1, standing.last).at if standing else None,
        )

    def _current(self, connection: Connection, head: Head) -> Edge:
        """Return the edge of the log as it stands, anew if another home has appended."""
        if head.size == self._edge.size and head.root == merkle.root(self._edge):
            return self._edge
        return check_head(connection, self.verifier)[1]

    def _tiles(self, connection: Connection, size: int) -> merkle.Tiles:
        edge = self._edge
        if edge.size != size:
            stands = read_head(connection).size
            if size > stands:
                raise BadInput(f"the log has {stands} entries, not {size}; ask for a smaller size")
            edge = load_edge(connection, size)
        return self._shelf.tiles(connection, edge)

    def _page(self, start: int, end: int) -> Sequence[tuple[int, bytes]]:
        of = tables.entry.c
        wanted = select(of.n, of.leaf).where(of.n >= start, of.n < end).order_by(of.n)
        with self._single() as connection:
            rows = [(int(n), bytes(leaf)) for n, leaf in connection.execute(wanted)]
        if [n for n, _ in rows] != list(range(start, end)):
            raise NotProven(
                f"entries between {start} and {end - 1} are missing; run `upheld verify`"
            )
        return rows

    def _states(self, view: str, after: str | None) -> Sequence[tuple[str, str]]:
        of = tables.view.c
        wanted = select(of.key, of.state).where(of.view == view).order_by(of.key).limit(PAGE)
        if after is not None:
            wanted = wanted.where(of.key > after)
        with self._single() as connection:
            return [(str(key), str(state)) for key, state in connection.execute(wanted)]

    def _telling(self) -> AbstractContextManager[None]:
        return told(self._database)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._telling(), self._database.reads.connect() as connection:
            yield connection

    @contextmanager
    def _single(self) -> Iterator[Connection]:
        with self._telling(), self._database.single.connect() as connection:
            yield connection

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with self._telling(), self._database.writes.begin() as connection:
            yield connection

    @contextmanager
    def _closed_on_failure(self) -> Iterator[None]:
        with ExitStack() as stack:
            stack.callback(self.close)
            yield
            stack.pop_all()
