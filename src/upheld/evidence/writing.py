"""One transaction on home: entries, views, tiles and the new signed head, or none of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from upheld.errors import BadInput, HomeFailed, Refused
from upheld.evidence import tables, vault
from upheld.evidence.entries import read_entry, stamp, write_entry
from upheld.evidence.keys import Keys
from upheld.evidence.merkle import Edge, grow, root
from upheld.evidence.notes import sign
from upheld.evidence.putting import Put
from upheld.evidence.sums import Sums
from upheld.evidence.tiles import keep_tiles
from upheld.evidence.views import MINTED, PAGE, PEOPLE, Views, goes_by
from upheld.evidence.wiping import mark_unwiped
from upheld.model import Entry, Json
from upheld.ports import Clock

NOISE = timedelta(seconds=5)

_OF_VAULT, _OF_KEY = tables.vault.c, tables.vault_key.c
PERSON = select(tables.alias.c.person).where(tables.alias.c.tag == bindparam("of"))
_ALIAS = Put(tables.alias, over=False)
_TAGS = select(tables.alias.c.tag).where(tables.alias.c.person == bindparam("of"))
_FORGET = delete(tables.alias).where(tables.alias.c.person == bindparam("of"))
_SEALED = select(
    select(_OF_KEY.wrapped).where(_OF_KEY.request == bindparam("of")).scalar_subquery(),
    select(_OF_VAULT.sealed)
    .where(_OF_VAULT.request == bindparam("of"), _OF_VAULT.name == bindparam("called"))
    .scalar_subquery(),
)
_SEAL = Put(tables.vault, over=True)
_KEY = insert(tables.vault_key)
_DESTROY = [
    (table.name, select(table).where(theirs), delete(table).where(theirs))
    for table in (tables.vault_key, tables.vault)
    for theirs in [table.c.request == bindparam("of")]
]
_KEEP = Put(tables.document, over=False)
_FIRST_HEAD, _NEW_HEAD = insert(tables.head), update(tables.head)
_ENTRY = insert(tables.entry)


@dataclass(slots=True)
class SqlWriting:
    """The `Writing` port; `edge` and `last` are of the log as the transaction found it.

    Once it is finished, `mark` is what it left in home where it has `erased`.
    """

    connection: Connection
    origin: str
    keys: Keys
    clock: Clock
    views: Views
    edge: Edge
    last: datetime | None
    erased: bool = False
    mark: bytes | None = None
    _keys_gone: int = 0
    _began: int = field(init=False)
    _size: int = field(init=False)
    _leaves: list[bytes] = field(default_factory=list)
    _unfolded: list[tuple[int, Entry]] = field(default_factory=list)
    _opened: dict[str, bytes] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        """Start where the log stands."""
        self._began = self._size = self.edge.size

    @property
    def sums(self) -> Sums:
        """The sums over rows that this transaction moves."""
        return self.views.sums

    def append(self, kind: str, body: Mapping[str, Json]) -> int:
        """Append an entry dated now; views see it as it will be read back."""
        leaf = write_entry(self._now(), kind, body)
        index = self._size
        entry = read_entry(index, leaf)
        self.last = entry.at
        self._size += 1
        self._leaves.append(leaf)
        self._unfolded.append((index, entry))
        if len(self._leaves) >= PAGE:
            self._store()
        return index

    def mint(self) -> int:
        """Return a new ordinal, by an entry."""
        person = self._minted() + 1
        self.append("person.minted", {"person": person})
        return person

    def alias(self, kind: str, value: str, person: int) -> None:
        """Let a normalised identity lead to a person; refuse if it leads to another one."""
        person = goes_by(self.state, person)
        tag = self.keys.tag(kind, value)
        if _ALIAS.one(self.connection, tag=tag, person=person):
            self.sums.add("alias", tag, person)
        elif self.connection.scalar(PERSON, {"of": tag}) != person:
            raise Refused(f"the `{kind}` given leads to another person; look the person up first")

    def join(self, person: int, other: int, word: Mapping[str, Json]) -> bool:
        """Let all that leads to `other` lead to `person`; say whether that is new."""
        for each in (person, other):
            if not 0 < each <= self._minted():
                raise BadInput(f"home knows no person {each}; see `upheld people find`")
        person, other = goes_by(self.state, person), goes_by(self.state, other)
        if person == other:
            return False
        self.append("person.joined", {"person": person, "joined": other, **word})
        of = tables.alias.c
        for tag in self.connection.scalars(_TAGS, {"of": other}).all():
            self.sums.take("alias", tag, other)
            self.sums.add("alias", tag, person)
        theirs = update(tables.alias).where(of.person == other)
        self.connection.execute(theirs.values(person=person))
        return True

    def forget(self, person: int) -> int:
        """Delete every alias of a person."""
        person = goes_by(self.state, person)
        self.erased = True
        tags = self.connection.scalars(_TAGS, {"of": person}).all()
        for tag in tags:
            self.sums.take("alias", tag, person)
        if tags:
            self.connection.execute(_FORGET, {"of": person})
        return len(tags)

    def seal(self, request: str, name: str, secret: bytes) -> None:
        """Keep bytes under the request's own key, replacing what was there."""
        place = {"of": request, "called": name}
        wrapped, before = self.connection.execute(_SEALED, place).one()
        sealed = vault.seal(self._request_key(request, wrapped), request, name, secret)
        _SEAL.one(self.connection, request=request, name=name, sealed=sealed)
        if before is not None:
            self.sums.take("vault", request, name, before)
        self.sums.add("vault", request, name, sealed)

    def destroy(self, request: str) -> None:
        """Destroy a request's key and all that was sealed under it."""
        self.erased = True
        self._opened.pop(request, None)
        for table, there, delete_them in _DESTROY:
            rows = self.connection.execute(there, {"of": request}).all()
            for row in rows:
                self.sums.take(table, *row)
                self._keys_gone += table == tables.vault_key.name
            if rows:
                self.connection.execute(delete_them, {"of": request})

    def keep(self, document: bytes) -> str:
        """Keep a document beside the log; return its SHA-256 in hex."""
        digest = sha256(document).hexdigest()
        _KEEP.one(self.connection, digest=digest, bytes=document)
        return digest

    def state(self, view: str, key: str) -> str | None:
        """Return a view's state as of this transaction."""
        self._fold()
        return self.views.state(view, key)

    def count(self, view: str) -> int:
        """Return how many keys a view has as of this transaction."""
        self._fold()
        return self.views.count(view)

    def finish(self) -> None:
        """Write what is still in memory, and the signed head; the commit follows."""
        if self._size != self._began:
            self._grow()
        if self.erased:
            self.mark = mark_unwiped(self.connection, self.sums, keys=self._keys_gone)
        self.sums.write()

    def _grow(self) -> None:
        self._store()
        self.views.write(self._size)
        over = root(self.edge)
        note = sign(self.origin, self._size, over, self.keys.signer)
        head = _NEW_HEAD if self._began else _FIRST_HEAD
        self.connection.execute(head, {"size": self._size, "root": over, "note": note})

    def _minted(self) -> int:
        return int(self.state(PEOPLE, MINTED) or 0)

    def _now(self) -> datetime:
        now = self.clock()
        if self.last is None or now >= self.last:
            return now
        if self.last - now > NOISE:
            raise HomeFailed(
                f"the clock is {self.last - now} behind the log's last entry ({stamp(self.last)}); "
                "set the clock, then try again"
            )
        return self.last

    def _fold(self) -> None:
        self.views.fold(self._unfolded)
        self._unfolded = []

    def _store(self) -> None:
        self._fold()
        self.edge, tiles = grow(self.edge, self._leaves)
        first = self._size - len(self._leaves)
        rows = [{"n": n, "leaf": leaf} for n, leaf in enumerate(self._leaves, first)]
        if rows:
            self.connection.execute(_ENTRY, rows)
        keep_tiles(self.connection, tiles)
        self._leaves = []

    def _request_key(self, request: str, wrapped: bytes | None) -> bytes:
        if request not in self._opened:
            self._opened[request] = (
                self._made_key(request)
                if wrapped is None
                else vault.unwrap(wrapped, request, self.keys.wrap)
            )
        return self._opened[request]

    def _made_key(self, request: str) -> bytes:
        key = vault.new_key()
        wrapped = vault.wrap(key, request, self.keys.wrap)
        self.connection.execute(_KEY, {"request": request, "wrapped": wrapped})
        self.sums.add("vault_key", request, wrapped)
        return key
