"""Carries a step out on one connection: in a transaction that is committed, or only tried."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from upheld.errors import Stale, StoreBusy
from upheld.model import Done, Outcome
from upheld.stores.sql import recording
from upheld.stores.sql.columns import chosen, holder
from upheld.stores.sql.databases import Need
from upheld.stores.sql.databases.failures import constraint, refuses
from upheld.stores.sql.erasing import cascades, holding, triggered
from upheld.stores.sql.erasing.cycles import cut, emptied, loops
from upheld.stores.sql.erasing.eraser import BlockedError, Eraser, OverCeilingError, tallied
from upheld.stores.sql.erasing.preflight import (
    Objection,
    however_many,
    impossible,
    inbound,
    refusals,
    rehearsal_needed,
    standing,
)
from upheld.stores.sql.finding import doubts, following, people
from upheld.stores.sql.finding.passing import still_theirs
from upheld.stores.sql.fitting import unmapped_heirs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from upheld.model import Collection, Counted, Reference, Step, StoreMap
    from upheld.stores.sql.columns import Truth
    from upheld.stores.sql.databases import Database
    from upheld.stores.sql.finding.rows import Selector


_LOOKS = 5
"""How often rows that come meanwhile are locked, too, before all is let go of."""

NOT_UNDONE = "which undoes nothing"


class ChangedError(Exception):
    """The rows are no longer such that the plan can be carried out; nothing may be written."""


@dataclass(frozen=True, slots=True)
class Work:
    """A step in one database, bound to what was frozen for it and to a connection."""

    connection: sa.Connection
    database: Database
    mapped: StoreMap
    frozen: Selector
    step: Step

    def erasers(self) -> list[Eraser]:
        """Return the erasures of the step, bound to the rows that are the person's now."""
        selector = following.grown(self.connection, still_theirs(self.connection, self.frozen))
        erasers = []
        for erasure in self.step.erasures:
            collection = self.mapped.collection(erasure.collection)
            if collection is None or erasure.collection not in selector.schema.tables:
                name = f"{self.mapped.name}.{erasure.collection}"
                raise Stale(f"`{name}` is no longer there; plan again")
            erasers.append(Eraser(self.connection, selector, self.step, erasure, collection))
        return erasers

    def locked(self) -> list[Eraser]:
        """Return the erasures of the step, with the rows locked first that others may hang on.

        Raises:
            ChangedError: the rows are not as they were planned.
        """
        for wrong in self.undoable():
            raise ChangedError(wrong)
        self.database.lock(self.connection, self._anchors())
        erasers = self._held(self.erasers())
        for wrong in self.database.elsewhere(self.connection, list(self._needs(erasers))):
            raise ChangedError(f"store `{self.mapped.name}` {wrong}")
        for wrong in self.changed(erasers):
            raise ChangedError(wrong)
        return erasers

    def _held(self, erasers: list[Eraser]) -> list[Eraser]:
        """Lock rows, and look again, until nothing has come meanwhile that they are to be of.

        Raises:
            StoreBusy: something comes each time.
        """
        held = holding.held(self.frozen.schema, self.step)
        mapped = (self.mapped.collection(name) for name in held)
        tables = {each.name: self.frozen.table(each) for each in mapped if each}
        names = self.database.lockable(self.connection, tables) if tables else frozenset()
        if not names:
            return erasers
        for _ in range(_LOOKS):
            self.database.lock(self.connection, holding.rows(erasers, names))
            before, erasers = erasers, self.erasers()
            if erasers[0].selector.keys == before[0].selector.keys:
                return erasers
        raise StoreBusy(f"store `{self.mapped.name}` gets rows of theirs all the time; try again")

    def carry_out(self, erasers: Sequence[Eraser]) -> Done:
        """Do it all, and record it where that is allowed; commits nothing.

        Raises:
            BlockedError: rows that stay point at rows that would go.
            OverCeilingError: there are more rows than the plan allows.
            ChangedError: triggers deleted rows that nobody planned to.
        """
        if any(each.erasure.delete for each in erasers):
            self.database.defer(self.connection)
        schema, circles = self.frozen.schema, list(self._circles(erasers))
        loose = [(each.collection.name, link) for each, link in circles if emptied(each, link)]
        erasers = self._loosened(list(erasers), circles)
        along = cascades.taken_along(schema, erasers, loose)
        going = cascades.counted(self.connection, erasers, along)
        beyond = triggered.watched(self.connection, self.database, erasers)
        counted: list[Counted] = []
        for at, eraser in enumerate(erasers):
            if eraser.erasure.delete:
                self._require_unblocked(erasers, at, along.get(at, ()))
            counted.extend(eraser.carry_out(going.get(at, 0)))
        for wrong in beyond(counted):
            raise ChangedError(wrong)
        done = Done(tuple(counted), tuple(each for eraser in erasers for each in eraser.said))
        if self.step.plan and self.frozen.schema.records:
            return recording.recorded(self.connection, self.step, done)
        return done

    def _require_unblocked(self, erasers: Sequence[Eraser], at: int, along: Iterable[int]) -> None:
        """Refuse where rows that stay point at rows that go, or that are taken along with them.

        What points at the latter, and is not changed in silence, the database itself holds up.
        """
        for place in dict.fromkeys((at, *along)):
            eraser = erasers[place]
            pointing = inbound(self.mapped, self.frozen.schema, self.step, eraser.collection)
            eraser.require_unblocked(
                [each for each in pointing if place == at or each[1].on_delete in cascades.SILENT],
                erasers,
            )

    def blocked(self, erasers: Sequence[Eraser]) -> Iterator[str]:
        """Say whether rows that stay point at rows that would go, as it can be read.

        Links that are emptied before are left out: what they point at then, is seen then.
        """
        loose = {
            (each.collection.name, change.field)
            for each in erasers
            for change in each.erasure.changes
        }
        try:
            for eraser in (each for each in erasers if each.erasure.delete):
                pointing = inbound(self.mapped, self.frozen.schema, self.step, eraser.collection)
                firm = [
                    (child, link)
                    for child, link in pointing
                    if not loose & {(child.name, column) for column in link.columns}
                ]
                eraser.require_unblocked(firm, erasers)
        except BlockedError as blocked:
            yield words_of_block(self.mapped.name, blocked)

    def changed(self, erasers: Sequence[Eraser]) -> Iterator[str]:
        """Say what stands against the step as the rows are now, whatever they were when planned."""
        if unfit := impossible(self.frozen.schema, erasers):
            yield from unfit
            return
        passed = [
            (collection, people.reassigned(self.frozen, collection))
            for collection in doubts.of_people(self.frozen)
            if not people.stays(collection)
        ]
        passed.extend((eraser.collection, eraser.passed_on(self.frozen)) for eraser in erasers)
        crowds = [
            crowd
            for eraser in erasers[:1]
            for crowd in doubts.crowded(self.connection, eraser.selector, self.frozen)
        ]
        against = (*self._passed_on(passed), *crowds, *refusals(self.frozen.schema, erasers))
        yield from standing(self.connection, self.frozen, against)

    def require_unmoved(self, erasers: Sequence[Eraser]) -> None:
        """Look from outside at what is about to be committed: nobody else can change it any more.

        Between finding a row and changing it, it may have become somebody else's.

        Raises:
            ChangedError: of a row that was changed, somebody else has a part.
            StoreBusy: a row that was changed had passed to somebody else.
        """
        for wrong in self.changed(erasers):
            raise ChangedError(wrong)
        for each in erasers[:1]:
            if still_theirs(self.connection, each.selector).keys != each.selector.keys:
                raise StoreBusy(
                    f"store `{self.mapped.name}` had rows change hands while this was done; "
                    "try again"
                )

    def undoable(self) -> Iterator[str]:
        """Name tables of the step, or that its triggers may write to, that undo nothing."""
        schema = self.frozen.schema
        bad = {name for name, words in schema.beside.items() if words.endswith(NOT_UNDONE)}
        touched = {each.collection for each in self.step.erasures}
        triggered = any(schema.tables[name].triggers for name in touched if name in schema.tables)
        for name in sorted(bad if triggered else bad & touched):
            yield (
                f"`{self.mapped.name}.{name}` is a table that undoes nothing, so nothing is erased "
                "here; make it InnoDB"
            )
        yield from self._pointing_lower()

    def _pointing_lower(self) -> Iterator[str]:
        """Name what points, in silence, at columns that only heirs of what goes have."""
        tables = self.frozen.schema.tables
        going = {each.collection for each in self.step.erasures if each.delete}
        for name in sorted(going & tables.keys()):
            heirs = unmapped_heirs(self.mapped, tables[name])
            for child in tables.values() if heirs else ():
                for link in child.references:
                    if link.to in heirs and link.on_delete in cascades.SILENT:
                        yield (
                            f"rows of `{self.mapped.name}.{child.name}` point at `{link.to}`, "
                            f"whose rows go as rows of `{name}`; map `{link.to}`, too"
                        )

    @property
    def must_be_tried(self) -> bool:
        """Whether it takes a transaction that writes to tell what would hinder the step."""
        return self._resists or not self.database.rights_are_read

    @property
    def _resists(self) -> bool:
        return rehearsal_needed(self.mapped, self.frozen.schema, self.step)

    def hindered(self, erasers: Sequence[Eraser]) -> Iterator[str]:
        """Say what the database would not let be done, tried where it cannot be told.

        What this does must not be committed.
        """
        lacks = list(self.database.lacks(self.connection, list(self._needs(erasers))))
        yield from (f"store `{self.mapped.name}` {each}" for each in lacks)
        if self._resists and not lacks:
            yield from self._rehearsed()

    def _rehearsed(self) -> Iterator[str]:
        try:
            done = self.locked()
            self.carry_out(done)
            yield from self._resisting()
        except BlockedError as blocked:
            yield words_of_block(self.mapped.name, blocked)
        except OverCeilingError:
            return
        except ChangedError as changed:
            yield str(changed)
        except sa.exc.DBAPIError as broken:
            if not refuses(broken):
                raise
            yield constraint(self.mapped.name, broken, self.frozen.schema)

    def _resisting(self) -> Iterator[str]:
        """Name collections of which rows are still there, or as they were, though told otherwise.

        What is to be changed may be there anew, written by triggers of another table: the look-back
        finds that, and it is changed then.
        """
        left = tallied(self.connection, [each for e in self.erasers() for each in e.foreseen()])
        for name in dict.fromkeys(e.collection for e in left if e.outcome is Outcome.GONE):
            yield (
                f"rows of `{self.mapped.name}.{name}` stay as they are whatever is said: a trigger "
                "or a rule of the database prevents it; change that, then plan again"
            )
        undone = (e.collection for e in left if e.outcome not in {Outcome.GONE, Outcome.RETAINED})
        for name in dict.fromkeys(undone):
            if triggered.fires(self.frozen.schema, name):
                yield (
                    f"rows of `{self.mapped.name}.{name}` are as before whatever is changed: a "
                    "trigger or a rule of the database undoes it; change that, then plan again"
                )

    def _anchors(self) -> Iterator[sa.Select[tuple[object, ...]]]:
        """Select the person's own rows that will be changed or go, in the order of their keys.

        Nobody can then point at one from a new row, where the role may lock what it deletes.
        """
        changed = {each.collection for each in self.step.erasures if each.changes}
        going = {each.collection for each in self.step.erasures if each.delete} - changed
        own = [each for each in self.mapped.collections if each.person]
        mine = {each.name: self.frozen.table(each) for each in own if each.name in going}
        locked = changed | self.database.lockable(self.connection, mine)
        for collection in own:
            if collection.name in locked and self.frozen.keys.get(collection.name):
                key = self.frozen.fields(collection, collection.key)
                yield chosen(key).where(*self.frozen.frozen(collection)).order_by(*key)

    def _needs(self, erasers: Sequence[Eraser]) -> Iterator[Need]:
        """Yield what the step must be let do, once for each table."""
        yield from recording.needed(self.frozen.schema)
        for name in dict.fromkeys(each.collection for each in self.step.erasures):
            erasures = [each for each in self.step.erasures if each.collection == name]
            changed = dict.fromkeys(holder(c.field) for each in erasures for c in each.changes)
            for eraser, reference in self._circles(erasers):
                if eraser.collection.name == name and (empty := emptied(eraser, reference)):
                    changed[empty] = None
            deletes = any(each.delete for each in erasures)
            if collection := self.mapped.collection(name):
                held = holding.held(self.frozen.schema, self.step)
                if deletes and not changed and name in held and self.database.locks_by_update:
                    changed[holder(collection.key[0])] = None
                yield Need(self.frozen.table(collection), name, deletes, tuple(changed))

    def _loosened(
        self, erasers: list[Eraser], circles: Iterable[tuple[Eraser, Reference]]
    ) -> list[Eraser]:
        places = [(erasers.index(eraser), link) for eraser, link in circles]
        for at, reference in places:
            erasers[at] = cut(erasers[at], reference)
        return erasers

    def _circles(self, erasers: Sequence[Eraser]) -> Iterator[tuple[Eraser, Reference]]:
        if not self.database.defers:
            yield from loops(self.frozen.schema, erasers, row_by_row=self.database.row_by_row)

    def _passed_on(self, passed: Iterable[tuple[Collection, Truth | None]]) -> Iterator[Objection]:
        for collection, rows in passed:
            if rows is not None:
                words = doubts.passed_on(self.mapped.name, collection.name)
                yield Objection(collection, rows, however_many(words))


def words_of_block(store: str, blocked: BlockedError) -> str:
    """Say that rows that stay point at rows that would go."""
    return (
        f"rows of `{store}.{blocked}` that stay point at rows that would go; "
        f"in stores/{store}.yaml keep those rows with `erase: fields`, or map `{blocked}`"
    )
