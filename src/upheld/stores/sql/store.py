"""A relational database as a store, on SQLAlchemy Core."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, cast
from weakref import finalize

import sqlalchemy as sa

from upheld.errors import Refused, StoreFailed
from upheld.model import STEPS, Bond, Declined, Done, Left, Outcome, Preview, Right, Rows
from upheld.stores.sql import recording
from upheld.stores.sql.catalogue import fingerprint, read_schema
from upheld.stores.sql.databases import LOOKING, READING, WRITING, Mode, reached
from upheld.stores.sql.databases.failures import constraint, forbids, orphans, ours
from upheld.stores.sql.deep import Judge, Search, Sieve, unsearched
from upheld.stores.sql.erasing.carrying import ChangedError, Work, words_of_block
from upheld.stores.sql.erasing.eraser import BlockedError, OverCeilingError, above, tallied
from upheld.stores.sql.finding import alike, alone, doubts, following, people
from upheld.stores.sql.finding.passing import still_theirs
from upheld.stores.sql.finding.rows import Named, Selector
from upheld.stores.sql.fitting import require_fitting, whole
from upheld.stores.sql.foreseeing import erased, notes, said, unread
from upheld.stores.sql.grants import file_mode, script, written_in
from upheld.stores.sql.guards import file_of, guards
from upheld.stores.sql.showing import part, plain, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sqlalchemy.engine.default import DefaultDialect

    from upheld.model import (
        Alike,
        Closure,
        Collection,
        Dialect,
        Found,
        Guards,
        Identity,
        Key,
        Role,
        Schema,
        Step,
        StoreMap,
        Traits,
    )
    from upheld.model.searching import Hit, Needle
    from upheld.stores.sql.erasing.eraser import Eraser

_BATCH = 1000


class SqlStore:
    """A database reached by URL: SQLite, PostgreSQL or MariaDB."""

    gaps: Mapping[Right, str] = {}

    def __init__(self, part: StoreMap, url: str) -> None:
        """Bind a part of the map to the database at `url`; nothing is opened yet.

        Raises:
            BadInput: the URL is no database URL, or of a kind that is not supported.
        """
        self._mapped = part
        self._database = reached(part.name, url)
        self.engine = self._database.engine
        finalize(self, self.engine.dispose)
        self._known_by: tuple[str, Schema, Named] | None = None

    @property
    def name(self) -> str:
        """The name of its file in `stores/`."""
        return self._mapped.name

    @property
    def records(self) -> bool:
        """Whether its owner has made the table of steps."""
        return self._known_by is not None and self._known_by[1].records

    def schema(self) -> Schema:
        """Return names and types, never values."""
        with self._connected() as connection:
            seen = fingerprint(connection)
        known = self._known_by
        if known is not None and known[0] == seen:
            return known[1]
        with self._connected(READING) as connection:
            return self._known(connection)[0]

    def guards(self) -> Guards:
        """Say what guards the database, as far as it can be asked."""
        with self._connected(READING) as connection:
            return guards(connection, self._mapped)

    def find(self, closure: Closure, *, count: bool = True) -> Found:
        """Grow the closure by what this database knows; count its rows, or only see if any are.

        Raises:
            Refused: the identities lead to two rows of a collection of people, or contradict each
                other, and only a person can tell whose a row is.
        """
        try:
            return self._found(closure, count=count)
        except StoreFailed as failed:
            if not forbids(failed):
                raise
            with self._connected(READING) as connection:
                hidden = [*unread(connection, self._database, self._frozen(connection, closure))]
            raise StoreFailed(hidden[0] if hidden else str(failed)) from failed

    def _found(self, closure: Closure, *, count: bool) -> Found:
        with self._connected(READING) as connection:
            frozen = self._frozen(connection, closure)
            self._require_not_passed_on(connection, frozen)
            theirs = still_theirs(connection, frozen)
            grown = following.telephoned(connection, following.grown(connection, theirs))
            selector = alone.noted(connection, grown)
            for doubt in doubts.found(connection, selector, theirs):
                raise Refused(doubt)
            return following.found(
                connection, doubts.noted(connection, selector, theirs), count=count
            )

    def borne(self, closure: Closure) -> frozenset[Identity]:
        """Return those of the identities that alone lead to rows which other people bear."""
        if not closure.alone:
            return frozenset()
        with self._connected(READING) as connection:
            return alone.borne(connection, self._frozen(connection, closure))

    def look(self, closure: Closure) -> Iterator[Rows]:
        """Stream the person's rows in batches of a thousand, all from one snapshot.

        Raises:
            Refused: a row that was found may be somebody else's now.
        """
        with self._connected(READING) as connection:
            frozen = self._frozen(connection, closure)
            self._require_not_passed_on(connection, frozen)
            theirs = still_theirs(connection, frozen)
            selector = following.grown(connection, theirs)
            for crowd in doubts.crowded(connection, selector, theirs):
                raise Refused(crowd)
            places = following.concerned(self._mapped)
            wanted = [(collection, selector.rows(collection, bond)) for collection, bond in places]
            totals = following.counts(connection, selector, wanted)
            for (collection, bond), total in zip(places, totals, strict=True):
                if total:
                    yield from self._stream(connection, selector, collection, bond, total)

    def traits(self, closure: Closure) -> Traits:
        """Return what the person's rows bear by which others may be theirs, too."""
        with self._connected(READING) as connection:
            return alike.traits(connection, self._frozen(connection, closure))

    def alike(self, closure: Closure, traits: Traits) -> Iterator[Alike]:
        """Find rows of people that are not the person's and may be, by weaker signs."""
        with self._connected(READING) as connection:
            yield from alike.alike(connection, self._frozen(connection, closure), traits)

    def preview(self, step: Step, *, rehearse: bool = True) -> Preview:
        """Say what a step would touch and what would refuse it.

        Where a check, a trigger or a foreign key from elsewhere could stand in the way, the step
        is rehearsed in a transaction that is undone: it locks rows, and triggers fire. Without
        that, it only says what reading rows tells. Of a copy, say what may not be read.
        """
        with self._connected(READING) as connection:
            if step.right is Right.ACCESS:
                frozen = self._frozen(connection, step.closure)
                return Preview((), tuple(unread(connection, self._database, frozen)), ())
            work = self._work(connection, step)
            erasers = work.erasers()
            tallies = [each for at, e in enumerate(erasers) for each in e.foreseen(erasers[:at])]
            wrong = tuple(work.undoable()) or tuple(work.changed(erasers))
            # What cannot be done cannot be counted either: no year of a number is compared.
            counted = () if wrong else tuple(tallied(connection, tallies))
            sizes = self._database.sizes(connection, erased(counted, work.frozen))
            tried = work.must_be_tried
            if not wrong and not (rehearse and tried):
                wrong = tuple(work.hindered(erasers) if rehearse else work.blocked(erasers))
        if rehearse and not wrong and tried:
            with self._connected(WRITING) as connection:
                wrong = tuple(replace(work, connection=connection).hindered(erasers))
        return Preview(counted, wrong, tuple(notes(self.name, erasers)), sizes)

    def statements(self, step: Step) -> tuple[str, ...]:
        """Return the SQL that carrying out a step comes to."""
        with self._connected(READING) as connection:
            work, dialect = self._work(connection, step), self.engine.dialect
            erasing = said(cast("DefaultDialect", dialect), work.erasers())
            return (*erasing, *recording.said(dialect, work.frozen.schema))

    def act(self, step: Step) -> Done | Declined:
        """Carry out a step in one transaction; a repeat writes nothing new.

        Raises:
            StoreBusy: others hold what is needed, or the connection ended; nothing was written
                unless it ended in the very commit, and then a repeat finds it done.
        """
        try:
            return self._acted(step)
        except sa.exc.DBAPIError as broken:
            if not orphans(broken):
                return self._refused(broken)
        # A row may just have come to point at one that goes: now it is seen.
        try:
            return self._acted(step)
        except sa.exc.DBAPIError as broken:
            return self._refused(broken)

    def _refused(self, broken: sa.exc.DBAPIError) -> Declined:
        known = self._known_by[1] if self._known_by is not None else None
        return Declined(constraint(self.name, broken, known))

    def _acted(self, step: Step) -> Done | Declined:
        try:
            with self._connected(WRITING) as connection:
                work = self._work(connection, step)
                erasers = work.locked()
                done = work.carry_out(erasers)
                if above(step, done):
                    return Declined(f"more rows in `{self.name}` than were signed for; plan again")
                self._require_unmoved(work, erasers)
                connection.commit()
                self._database.committed(connection)
        except OverCeilingError as over:
            return Declined(f"more rows in `{self.name}.{over}` than the plan allows; plan again")
        except BlockedError as blocked:
            return Declined(words_of_block(self.name, blocked))
        except ChangedError as changed:
            return Declined(f"{changed}; nothing was written to `{self.name}`")
        return done

    def _require_unmoved(self, work: Work, erasers: Sequence[Eraser]) -> None:
        """Look from outside: the rows are as they were seen, and so are the tables."""
        if not self._database.alone:
            with self._connected(READING) as connection:
                if self._known(connection)[0].digest != work.frozen.schema.digest:
                    raise ChangedError(f"the tables of `{self.name}` changed meanwhile; plan again")
                replace(work, connection=connection).require_unmoved(erasers)

    def poll(self, token: str) -> Done | Declined:
        """A database is never pending."""
        return Declined(f"store `{self.name}` knows no pending step `{token}`")

    def look_back(self, step: Step, since: Sequence[str] | None = None) -> Left:
        """Find again from the closure; count what is not in its target state, and what is kept.

        A row of people that was deleted, and whose key now is another person's, is nobody's lapse,
        nor is one by nothing but what somebody else bears now.
        """
        # Asked before the snapshot is taken: whoever is not open now, is seen in what is read.
        waiting = self._open(since)
        with self._connected(READING) as connection:
            frozen = self._frozen(connection, step.closure)
            going = (each for each in doubts.of_people(frozen) if not people.stays(each))
            passed = doubts.reassigned(connection, frozen, going)
            late: Counter[str] = Counter()
            kept: Counter[str] = Counter()
            theirs = alone.undoubted(connection, doubts.without(frozen, passed))
            erasers = Work(connection, self._database, self._mapped, theirs, step).erasers()
            for each in tallied(connection, [each for e in erasers for each in e.foreseen()]):
                counter = kept if each.outcome is Outcome.RETAINED else late
                counter[each.collection] += each.rows
            return Left(dict(late), dict(kept), waiting)

    def search(self, needles: Sequence[Needle], step: Callable[[int], Step]) -> Iterator[Hit]:
        """Search every text of every table, mapped or not, in one pass over each."""
        reading = partial(self._connected, READING)
        judge = Judge(self._mapped, needles, step, self._frozen, reading)
        typeless, sieve = self._database.typeless, Sieve(needles)
        yield from Search(self.name, self.schema(), reading, typeless, sieve, judge).hits()

    def unsearched(self) -> Mapping[str, int]:
        """Return how much the database holds that no search reads, by what it is."""
        schema = self.schema()
        with self._connected(READING) as connection:
            return unsearched(connection, schema)

    def close(self) -> None:
        """Close the connections that are kept for the next verb."""
        self.engine.dispose()

    def grants(self, roles: Sequence[Role], dialect: Dialect | None = None) -> str:
        """Return the SQL that gives roles what they need; of a file, the command for its mode."""
        if dialect is None and self.engine.dialect.name == "sqlite":
            with self._connected() as connection:
                known, _ = self._known(connection)
                named = known.records or STEPS in known.tables
                return file_mode(self._mapped, file_of(connection), named=named)
        spoken = self.engine.dialect.name
        own = None if spoken == "sqlite" else written_in(spoken)
        schema = self._catalogue() if own is not None and dialect in {None, own} else None
        return script(self._mapped, roles, dialect or written_in(spoken), schema)

    def _catalogue(self) -> Schema | None:
        try:
            return self.schema()
        except StoreFailed:  # roles are wanted just because nobody may look yet
            return None

    def _open(self, since: Sequence[str] | None) -> tuple[str, ...]:
        if since is not None and not since:
            return ()
        with self._connected() as connection:
            return self._database.open(connection, since)

    def _stream(
        self,
        connection: sa.Connection,
        selector: Selector,
        collection: Collection,
        bond: Bond,
        total: int,
    ) -> Iterator[Rows]:
        where = selector.rows(collection, bond)
        names = shown(collection, bond)
        order = selector.fields(collection, collection.key)
        fields = [part(selector, collection, bond, name) for name in names]
        query = (
            sa.select(*fields).select_from(selector.table(collection)).where(where).order_by(*order)
        )
        result = connection.execute(query.execution_options(stream_results=total > _BATCH))
        for batch in result.yield_per(_BATCH).partitions(_BATCH):
            rows = [cast("Key", tuple(map(plain, row))) for row in batch]
            yield Rows(collection.name, bond, names, rows, total)

    def _work(self, connection: sa.Connection, step: Step) -> Work:
        frozen = self._frozen(connection, step.closure)
        return Work(connection, self._database, self._mapped, frozen, step)

    def _require_not_passed_on(self, connection: sa.Connection, frozen: Selector) -> None:
        for collection, _ in doubts.reassigned(connection, frozen, doubts.of_people(frozen)):
            raise Refused(doubts.passed_on(self.name, collection.name))

    def _frozen(self, connection: sa.Connection, closure: Closure) -> Selector:
        """Return the selector of a closure as it came, on a catalogue that has all that is mapped.

        Raises:
            Stale: the catalogue has lost a table or a column of the map.
            Refused: rows are hidden, or cannot be told apart.
        """
        schema, named = self._known(connection)
        require_fitting(self._mapped, schema)
        seen, typeless = whole(self._mapped, schema), self._database.typeless
        return Selector(self._mapped, seen, closure, typeless, {}, named)

    def _known(self, connection: sa.Connection) -> tuple[Schema, Named]:
        """Return the catalogue, read anew if it has changed, and what is named by it."""
        seen, known = fingerprint(connection), self._known_by
        if known is None or known[0] != seen:
            known = self._known_by = (seen, read_schema(connection), {})
        return known[1], known[2]

    @contextmanager
    def _connected(self, mode: Mode = LOOKING) -> Iterator[sa.Connection]:
        """Open a connection, on which nothing is written but what is committed.

        What was only read is committed, too: a driver forgets what it prepared at a rollback.
        """
        with ours(self.name, writing=mode is WRITING), ExitStack() as stack:
            connection = self._begun(stack, mode)
            yield connection
            if mode is READING and self._database.prepares:
                connection.commit()

    def _begun(self, stack: ExitStack, mode: Mode) -> sa.Connection:
        """Begin, on another connection where the one at hand has died since it was used last."""
        connection = stack.enter_context(self.engine.connect())
        try:
            self._begin(connection, mode)
        except sa.exc.DBAPIError as error:
            if not error.connection_invalidated:
                raise
            connection = stack.enter_context(self.engine.connect())
            self._begin(connection, mode)
        return connection

    def _begin(self, connection: sa.Connection, mode: Mode) -> None:
        if mode is LOOKING:
            self._database.glance(connection)
        else:
            self._database.begin(connection, write=mode is WRITING)
