"""Views: the folds of the log, run in the transaction that appends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, bindparam, delete, func, select

from upheld.errors import HomeFailed, NotProven
from upheld.evidence import tables
from upheld.evidence.entries import read_entry
from upheld.evidence.putting import Put, Value
from upheld.evidence.sums import Sums
from upheld.model import Entry
from upheld.ports import Fold

PAGE = 1000
AT_ONCE = 250
"""How many places one statement reads."""
_VIEW = tables.view.c
_MARK = tables.watermark.c

# Made once: SQLAlchemy takes longer to make a statement than SQLite to carry it out.
_LOADED = select(_VIEW.view, _VIEW.key, _VIEW.state).where(
    _VIEW.view.in_(bindparam("views", expanding=True)),
    _VIEW.key.in_(bindparam("keys", expanding=True)),
)
_MOVED = Put(tables.view, over=True)
_COUNTED = select(func.count()).select_from(tables.view).where(_VIEW.view == bindparam("of"))
_MARKS = select(_MARK.view, _MARK.size)
_MARKED = Put(tables.watermark, over=True)
_Indexed = tuple[int, Entry]
Place = tuple[str, str]
"""A view, and a key in it."""


PEOPLE = "people"
MINTED = "minted"


@dataclass(frozen=True, slots=True)
class People:
    """The highest ordinal minted so far, and of each that was joined to another, to which."""

    name: str = PEOPLE

    def key(self, entry: Entry) -> str | None:
        """Return `minted` for each minting, and for each joining the ordinal that was joined."""
        match entry.kind:
            case "person.minted":
                return MINTED
            case "person.joined":
                return str(entry.body["joined"])
            case _:
                return None

    def step(self, state: str | None, index: int, entry: Entry) -> str:
        """Return the highest ordinal, or the one that this person goes by."""
        del index
        person = int(str(entry.body["person"]))
        return str(person if entry.kind == "person.joined" else max(int(state or 0), person))


def goes_by(state: Callable[[str, str], str | None], person: int) -> int:
    """Return the ordinal that a person goes by, whichever of theirs is given.

    `state` reads views: of a home, or as of a transaction.
    """
    while (other := state(PEOPLE, str(person))) is not None:
        person = int(other)
    return person


@dataclass(slots=True)
class Views:
    """The states of views as of one transaction: each key is loaded once and written once."""

    connection: Connection
    folds: Sequence[Fold]
    sums: Sums
    marks: dict[str, int] | None = None
    states: dict[Place, str | None] = field(default_factory=dict)
    stored: dict[Place, str] = field(default_factory=dict)
    moved: set[Place] = field(default_factory=set)

    def fold(self, entries: Sequence[_Indexed], *, folds: Sequence[Fold] | None = None) -> None:
        """Move the views by these entries, in order."""
        concerned = [
            (view, (view.name, key), index, entry)
            for view in (self.folds if folds is None else folds)
            for index, entry in entries
            if (key := view.key(entry)) is not None
        ]
        self._load({place for _, place, _, _ in concerned})
        for view, place, index, entry in concerned:
            self.states[place] = _stepped(view, self.states[place], index, entry)
            self.moved.add(place)

    def state(self, view: str, key: str) -> str | None:
        """Return a view's state under a key."""
        self._load({(view, key)})
        return self.states[view, key]

    def count(self, view: str) -> int:
        """Return how many keys a view has."""
        stored = self.connection.scalar(_COUNTED, {"of": view})
        return int(stored or 0) + sum(name == view for name, _ in self.moved - self.stored.keys())

    def write(self, size: int) -> None:
        """Store what moved, and that every view stands at this size of the log."""
        rows: list[dict[str, Value]] = []
        for view, key in sorted(self.moved):
            if (view, key) in self.stored:
                self.sums.take("view", view, key, self.stored[view, key])
            state = self.stored[view, key] = self.states[view, key] or ""
            self.sums.add("view", view, key, state)
            rows.append({"view": view, "key": key, "state": state})
        if rows:
            _MOVED.all(self.connection, rows)
        self.moved.clear()
        self._mark(size)

    def catch_up(self, size: int) -> None:
        """Fold what a view has not seen yet, a page of entries at a time."""
        behind = self._behind(size)
        for seen, folds in behind.items():
            if seen > size:
                raise NotProven("a view has seen more entries than the log has; restore home")
            for page in pages(self.connection, seen, size):
                self.fold(page, folds=folds)
                if len(self.states) > 10 * PAGE:
                    self.write(size)
                    self.states.clear()
                    self.stored.clear()
        if behind:
            self.write(size)

    def forget(self) -> None:
        """Throw the views away."""
        names = [fold.name for fold in self.folds]
        self.connection.execute(delete(tables.view).where(_VIEW.view.in_(names)))
        self.connection.execute(delete(tables.watermark).where(_MARK.view.in_(names)))
        for name in names:
            self.sums.renew("view", name)
        self.marks = None

    def is_behind(self, size: int) -> bool:
        """Say whether some view has not seen all entries."""
        return bool(self._behind(size))

    def _behind(self, size: int) -> Mapping[int, Sequence[Fold]]:
        marks = self._seen()
        behind: dict[int, list[Fold]] = {}
        for fold in self.folds:
            seen = marks.get(fold.name, 0)
            if seen != size:
                behind.setdefault(seen, []).append(fold)
        return behind

    def _seen(self) -> dict[str, int]:
        """Return how many entries each view has seen: nobody else moves them meanwhile."""
        if self.marks is None:
            self.marks = dict(watermarks(self.connection))
        return self.marks

    def _mark(self, size: int) -> None:
        marks = self._seen()
        names = [fold.name for fold in self.folds]
        _MARKED.all(self.connection, ({"view": name, "size": size} for name in names))
        for name in names:
            if name in marks:
                self.sums.take("watermark", name, marks[name])
            self.sums.add("watermark", name, size)
            marks[name] = size

    def _load(self, places: Iterable[Place]) -> None:
        unknown = sorted(place for place in places if place not in self.states)
        found = states_at(self.connection, unknown)
        self.states.update({place: found.get(place) for place in unknown})
        self.stored.update(found)


def states_at(connection: Connection, places: Sequence[Place]) -> dict[Place, str]:
    """Return the states that there are at these places."""
    found: dict[Place, str] = {}
    for start in range(0, len(places), AT_ONCE):
        part = frozenset(places[start : start + AT_ONCE])
        views, keys = sorted({view for view, _ in part}), sorted({key for _, key in part})
        # SQLite looks pairs up in no index; of all views by all keys, a few are of no concern.
        rows = connection.execute(_LOADED, {"views": views, "keys": keys})
        read = ((str(view), str(key), str(state)) for view, key, state in rows)
        found |= {(view, key): state for view, key, state in read if (view, key) in part}
    return found


def differing(connection: Connection, folds: Sequence[Fold]) -> tuple[str, ...]:
    """Return the names of views that are not what the log, folded anew, says."""
    marks = watermarks(connection)
    states: dict[str, dict[str, str]] = {fold.name: {} for fold in folds}
    for page in pages(connection, 0, max(marks.values(), default=0)):
        for index, entry in page:
            for fold in folds:
                key = fold.key(entry) if index < marks.get(fold.name, 0) else None
                if key is not None:
                    of = states[fold.name]
                    of[key] = fold.step(of.get(key), index, entry)
    return tuple(name for name, anew in states.items() if not _stands(connection, name, anew))


def watermarks(connection: Connection) -> Mapping[str, int]:
    """Return how many entries each view has seen."""
    rows = connection.execute(_MARKS)
    return {str(view): int(seen) for view, seen in rows}


def _stands(connection: Connection, view: str, anew: Mapping[str, str]) -> bool:
    rows = connection.execute(select(_VIEW.key, _VIEW.state).where(_VIEW.view == view))
    same = [anew.get(key) == state for key, state in rows]
    return all(same) and len(same) == len(anew)


def _stepped(view: Fold, state: str | None, index: int, entry: Entry) -> str:
    try:
        return view.step(state, index, entry)
    except ValueError:  # the cause would quote the state
        if state is None:
            raise
        raise HomeFailed(
            f"home is damaged: what view `{view.name}` holds cannot be read; rebuild its views"
        ) from None


def pages(connection: Connection, start: int, size: int) -> Iterator[Sequence[_Indexed]]:
    """Stream entries in pages, from an index up to a size."""
    n = tables.entry.c.n
    for at in range(start, size, PAGE):
        rows = connection.execute(
            select(n, tables.entry.c.leaf).where(n >= at, n < min(at + PAGE, size)).order_by(n)
        )
        yield [(int(index), read_entry(int(index), leaf)) for index, leaf in rows]
