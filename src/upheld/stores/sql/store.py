"""A relational database as a store, on SQLAlchemy Core."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

import sqlalchemy as sa

from upheld.errors import Refused, Stale
from upheld.model import Bond, Counted, Declined, Done, Left, Outcome, Preview, Rows
from upheld.stores.sql import doubts, finding, people
from upheld.stores.sql.catalogue import fingerprint, read_schema
from upheld.stores.sql.columns import Truth, table
from upheld.stores.sql.connecting import READING, WRITING, make_engine
from upheld.stores.sql.erasing import BlockedError, Eraser, OverCeilingError, tallied
from upheld.stores.sql.failures import constraint, ours
from upheld.stores.sql.grants import file_mode, script, written_in
from upheld.stores.sql.guards import file_of, guards
from upheld.stores.sql.passing import still_theirs
from upheld.stores.sql.preflight import (
    Objection,
    however_many,
    inbound,
    refusals,
    rehearsal_needed,
    standing,
)
from upheld.stores.sql.rows import Selector

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from upheld.model import (
        Closure,
        Collection,
        Dialect,
        Found,
        Guards,
        Key,
        Right,
        Role,
        Schema,
        Step,
        StoreMap,
    )

_BATCH = 1000
_OVERWRITE_LOG = "PRAGMA wal_checkpoint(TRUNCATE)"
"""Brings the write-ahead log, if there is one, into the file, and empties it.

Until then the file still holds what was erased. A reader elsewhere may put it off.
"""


class ChangedError(Exception):
    """The rows are no longer such that the plan can be carried out; nothing may be written."""


class SqlStore:
    """A database reached by URL. SQLite for now; the other dialects follow behind the same port."""

    gaps: Mapping[Right, str] = {}

    def __init__(self, mapped: StoreMap, url: str) -> None:
        """Bind a part of the map to the database at `url`; nothing is opened yet.

        Raises:
            BadInput: the URL is no database URL, or of a kind not supported yet.
        """
        self._mapped = mapped
        self.engine = make_engine(mapped.name, url)
        self._known_by: tuple[str, Schema] | None = None

    @property
    def name(self) -> str:
        """The name of its file in `stores/`."""
        return self._mapped.name

    def schema(self) -> Schema:
        """Return names and types, never values."""
        with self._connected() as connection:
            seen = fingerprint(connection)
        if self._known_by is not None and self._known_by[0] == seen:
            return self._known_by[1]
        with self._connected(READING) as connection:
            return self._known(connection)

    def guards(self) -> Guards:
        """Say what guards the database, as far as it can be asked."""
        with self._connected(READING) as connection:
            return guards(connection, self._mapped)

    def find(self, closure: Closure) -> Found:
        """Grow the closure by what this database knows.

        Raises:
            Refused: the identities lead to two rows of a collection of people, or contradict each
                other, and only a person can tell whose a row is.
        """
        with self._connected(READING) as connection:
            frozen = self._frozen(connection, closure)
            self._require_not_passed_on(connection, frozen)
            theirs = still_theirs(connection, frozen)
            selector = finding.telephoned(connection, finding.grown(connection, theirs))
            for doubt in doubts.found(connection, selector, theirs):
                raise Refused(doubt)
            return finding.found(connection, doubts.noted(connection, selector, theirs))

    def look(self, closure: Closure) -> Iterator[Rows]:
        """Stream the person's rows in batches of a thousand, all from one snapshot.

        Raises:
            Refused: a row that was found may be somebody else's now.
        """
        with self._connected(READING) as connection:
            frozen = self._frozen(connection, closure)
            self._require_not_passed_on(connection, frozen)
            theirs = still_theirs(connection, frozen)
            selector = finding.grown(connection, theirs)
            for crowd in doubts.crowded(connection, selector, theirs):
                raise Refused(crowd)
            for collection, bond in finding.concerned(self._mapped):
                yield from self._stream(connection, selector, collection, bond)

    def preview(self, step: Step) -> Preview:
        """Say what a step would touch and what would refuse it.

        Where a check, a trigger or a foreign key from elsewhere could stand in the way, the step
        is rehearsed in a transaction that is undone.
        """
        with self._connected(READING) as connection:
            frozen = self._frozen(connection, step.closure)
            erasers = self._erasers(connection, frozen, step)
            tallies = [each for at, e in enumerate(erasers) for each in e.foreseen(erasers[:at])]
            counted = tuple(tallied(connection, tallies))
            schema = frozen.schema
            wrong = tuple(self._changed(connection, frozen, erasers))
            notes = tuple(
                f"`{self.name}.{eraser.collection.name}` has the trigger `{trigger}`"
                for eraser in erasers
                for trigger in schema.tables[eraser.collection.name].triggers
            )
            if not wrong:
                connection.rollback()
                whole = rehearsal_needed(self._mapped, schema, step)
                wrong = self._rehearsed(connection, step, whole=whole)
        return Preview(counted, wrong, notes)

    def act(self, step: Step) -> Done | Declined:
        """Carry out a step in one transaction; a repeat writes nothing new."""
        try:
            with self._connected(WRITING) as connection:
                done = Done(self._carried_out(connection, step))
                connection.commit()
                connection.exec_driver_sql(_OVERWRITE_LOG)
        except OverCeilingError as over:
            return Declined(f"more rows in `{self.name}.{over}` than the plan allows; plan again")
        except BlockedError as blocked:
            return Declined(_blocked(self.name, str(blocked)))
        except sa.exc.IntegrityError as broken:
            return Declined(constraint(self.name, broken))
        except ChangedError as changed:
            return Declined(f"{changed}; nothing was written")
        return done

    def poll(self, token: str) -> Done | Declined:
        """A database is never pending."""
        return Declined(f"store `{self.name}` knows no pending step `{token}`")

    def look_back(self, step: Step, since: Sequence[str] | None = None) -> Left:
        """Find again from the closure; count what is not in its target state, and what is kept.

        A row of people that was deleted, and whose key now is another person's, is nobody's lapse.
        """
        with self._connected(READING) as connection:
            frozen = self._frozen(connection, step.closure)
            going = (each for each in doubts.of_people(frozen) if not people.stays(each))
            passed = doubts.reassigned(connection, frozen, going)
            late: Counter[str] = Counter()
            kept: Counter[str] = Counter()
            erasers = self._erasers(connection, doubts.without(frozen, passed), step)
            for each in tallied(connection, [each for e in erasers for each in e.foreseen()]):
                counter = kept if each.outcome is Outcome.RETAINED else late
                counter[each.collection] += each.rows
            return Left(dict(late), dict(kept))

    def grants(self, roles: Sequence[Role], dialect: Dialect | None = None) -> str:
        """Return the SQL that gives roles what they need; of a file, the command for its mode."""
        if dialect is None and self.engine.dialect.name == "sqlite":
            with self._connected() as connection:
                return file_mode(self._mapped, file_of(connection))
        return script(self._mapped, roles, dialect or written_in(self.engine.dialect.name))

    def _stream(
        self, connection: sa.Connection, selector: Selector, collection: Collection, bond: Bond
    ) -> Iterator[Rows]:
        source, where = table(collection), selector.rows(collection, bond)
        (total,) = finding.counts(connection, selector, [(collection, where)])
        names = _shown(collection, bond)
        order = [source.c[name] for name in collection.key]
        shown = [_part(selector, collection, bond, name) for name in names]
        query = sa.select(*shown).select_from(source).where(where).order_by(*order)
        result = connection.execution_options(stream_results=True).execute(query)
        for batch in result.yield_per(_BATCH).partitions(_BATCH):
            yield Rows(
                collection.name, bond, names, [cast("Key", tuple(row)) for row in batch], total
            )

    def _carried_out(self, connection: sa.Connection, step: Step) -> tuple[Counted, ...]:
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        frozen = self._frozen(connection, step.closure)
        erasers = self._erasers(connection, frozen, step)
        for wrong in self._changed(connection, frozen, erasers):
            raise ChangedError(wrong)
        counted: list[Counted] = []
        for eraser in erasers:
            if eraser.erasure.delete:
                pointing = inbound(self._mapped, eraser.selector.schema, step, eraser.collection)
                eraser.require_unblocked(pointing, erasers)
            counted.extend(eraser.carry_out())
        return tuple(counted)

    def _changed(
        self, connection: sa.Connection, frozen: Selector, erasers: Sequence[Eraser]
    ) -> Iterator[str]:
        """Say what stands against the step as the rows are now, whatever they were when planned."""
        passed = [
            (collection, people.reassigned(frozen, collection))
            for collection in doubts.of_people(frozen)
            if not people.stays(collection)
        ]
        passed.extend((eraser.collection, eraser.passed_on(frozen)) for eraser in erasers)
        crowds = [
            crowd
            for eraser in erasers[:1]
            for crowd in doubts.crowded(connection, eraser.selector, frozen)
        ]
        objections = (*self._passed_on(passed), *crowds, *refusals(frozen.schema, erasers))
        yield from standing(connection, frozen, objections)

    def _passed_on(self, passed: Iterable[tuple[Collection, Truth | None]]) -> Iterator[Objection]:
        for collection, rows in passed:
            if rows is not None:
                words = doubts.passed_on(self.name, collection.name)
                yield Objection(collection, rows, however_many(words))

    def _rehearsed(self, connection: sa.Connection, step: Step, *, whole: bool) -> tuple[str, ...]:
        """Try the step, and do not commit; at the least, see that the database takes a writer."""
        _say(connection, WRITING)
        try:
            if whole:
                self._carried_out(connection, step)
            elif step.erasures and (first := self._mapped.collection(step.erasures[0].collection)):
                connection.execute(sa.delete(table(first)).where(sa.false()))
        except BlockedError as blocked:
            return (_blocked(self.name, str(blocked)),)
        except sa.exc.IntegrityError as broken:
            return (constraint(self.name, broken),)
        except ChangedError as changed:
            return (str(changed),)
        return ()

    def _erasers(self, connection: sa.Connection, frozen: Selector, step: Step) -> list[Eraser]:
        """Return the erasures of a step, bound to the rows that are the person's now."""
        selector = finding.grown(connection, still_theirs(connection, frozen))
        erasers = []
        for erasure in step.erasures:
            collection = self._mapped.collection(erasure.collection)
            if collection is None or erasure.collection not in selector.schema.tables:
                raise Stale(f"`{self.name}.{erasure.collection}` is no longer there; plan again")
            erasers.append(Eraser(connection, selector, step, erasure, collection))
        return erasers

    def _require_not_passed_on(self, connection: sa.Connection, frozen: Selector) -> None:
        for collection, _ in doubts.reassigned(connection, frozen, doubts.of_people(frozen)):
            raise Refused(doubts.passed_on(self.name, collection.name))

    def _frozen(self, connection: sa.Connection, closure: Closure) -> Selector:
        """Return the selector of a closure as it came, on a catalogue that has all that is mapped.

        Raises:
            Stale: the catalogue has lost a table or a column of the map.
        """
        schema = self._known(connection)
        for collection in self._mapped.collections:
            shape = schema.tables.get(collection.name)
            names = table(collection).c.keys()
            missing = [name for name in names if not shape or not shape.column(name)]
            if collection.ways and missing:
                raise Stale(
                    f"`{self.name}.{collection.name}` has lost `{missing[0]}` since it was mapped; "
                    f"run `upheld map check {self.name}`"
                )
        return Selector(self._mapped, schema, closure)

    def _known(self, connection: sa.Connection) -> Schema:
        seen = fingerprint(connection)
        if self._known_by is None or self._known_by[0] != seen:
            self._known_by = seen, read_schema(connection)
        return self._known_by[1]

    @contextmanager
    def _connected(self, begin: tuple[str, ...] = ()) -> Iterator[sa.Connection]:
        """Open a connection, on which nothing is written but what is committed."""
        with ours(self.name), self.engine.connect() as connection:
            _say(connection, begin)
            yield connection


def _say(connection: sa.Connection, statements: Iterable[str]) -> None:
    for statement in statements:
        connection.exec_driver_sql(statement)


def _part(
    selector: Selector, collection: Collection, bond: Bond, name: str
) -> sa.ColumnElement[object]:
    """A field as it is shown: of a shared row, only where its part of the row is the person's."""
    column = table(collection).c[name]
    place = collection.place(name)
    shared = [way for way in collection.ways if way.bond is Bond.SHARED]
    whose = [way for way in shared if name in way.columns or (place and place.of == way.columns)]
    if bond is not Bond.SHARED or not whose or name in collection.key:
        return column
    mine = sa.or_(*(selector.way(collection, way) for way in whose))
    return sa.case((mine, column), else_=sa.null()).label(sa.quoted_name(name, quote=True))


def _shown(collection: Collection, bond: Bond) -> tuple[str, ...]:
    """What a person sees: all of their own row, their part of a shared one, a mention's link."""
    ways = [way for way in collection.ways if way.bond is bond]
    links = [name for way in ways for name in way.columns]
    if bond is Bond.MENTIONS:
        return tuple(dict.fromkeys([*collection.key, *links]))
    names = [place.name for place in collection.places]
    return tuple(dict.fromkeys([*collection.key, *names, *links]))


def _blocked(store: str, child: str) -> str:
    return (
        f"rows of `{store}.{child}` that stay point at rows that would go; "
        f"in stores/{store}.yaml keep those rows with `erase: fields`, or map `{child}`"
    )
