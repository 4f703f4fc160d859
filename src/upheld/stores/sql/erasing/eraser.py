"""Carries out an erasure in sets: one statement a collection, whatever the number of rows."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, assert_never, cast

import sqlalchemy as sa

from upheld.identity import base, spoken
from upheld.model import Act, Bond, Counted, Match, Outcome, Type
from upheld.stores.sql.columns import Truth, filled, holder, named
from upheld.stores.sql.erasing.replacing import replacement
from upheld.stores.sql.finding import kept, people
from upheld.stores.sql.finding.following import answers, counting, counts
from upheld.stores.sql.functions import Dated, Spelled, YearStart, redacted
from upheld.stores.sql.functions.json import Within, rewritten
from upheld.stores.sql.functions.needles import needles

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from upheld.model import Change, Collection, Done, Erasure, Hold, Reference, Step
    from upheld.stores.sql.finding.following import Question
    from upheld.stores.sql.finding.rows import Selector
    from upheld.stores.sql.functions.json import Doubled, Misshapen

_OUTCOMES = {
    Act.BLANK: Outcome.BLANKED,
    Act.REPLACE: Outcome.BLANKED,
    Act.REDACT: Outcome.BLANKED,
    Act.ANONYMISE: Outcome.ANONYMISED,
}


class OverCeilingError(Exception):
    """More rows than the plan allows; the transaction must be undone."""


class BlockedError(Exception):
    """Other rows point at rows that would go; the transaction must be undone."""


@dataclass(frozen=True, slots=True)
class Eraser:
    """One erasure of one step, bound to the rows of its person."""

    connection: sa.Connection
    selector: Selector
    step: Step
    erasure: Erasure
    collection: Collection
    said: list[str] = field(default_factory=list, compare=False, repr=False)

    def carry_out(self, going: int = 0) -> list[Counted]:
        """Delete or change what is not yet in its target state; return what became of how many.

        `going` were counted beforehand, where the database takes some of them along by itself.
        """
        erasure, counted = self.erasure, tallied(self.connection, list(self._kept()))
        if erasure.delete:
            counted.append(self.counted(Outcome.GONE, max(going, self.done(self._delete()))))
        elif erasure.changes:
            changed = self.done(self._update(erasure.changes, self._free()))
            counted.append(self.counted(self._changed(), changed))
        if on_kept := self._on_kept():
            changed = self.done(self._update(on_kept, self._held()))
            counted.append(self.counted(Outcome.BLANKED, changed))
        touched = sum(each.rows for each in counted if each.outcome is not Outcome.RETAINED)
        if erasure.ceiling is not None and touched > erasure.ceiling:
            raise OverCeilingError(erasure.collection)
        return [each for each in counted if each.rows]

    def foreseen(self, before: Sequence[Eraser] = ()) -> Iterator[Tally]:
        """Yield what carrying out would do after the erasures `before` it, without writing."""
        changes = self.erasure.changes
        yield from self._kept()
        if self.erasure.delete:
            yield Tally(self, Outcome.GONE, self._free())
        elif changes:
            yield Tally(self, self._changed(), self._to_change(changes, self._free(), before))
        if on_kept := self._on_kept():
            yield Tally(self, Outcome.BLANKED, self._to_change(on_kept, self._held(), before))

    def _to_change(
        self, changes: Iterable[Change], where: Truth, before: Sequence[Eraser]
    ) -> Truth:
        """Rows of which something is to be changed that no erasure before will change."""
        same = [each for each in before if each.collection == self.collection]
        pending = [
            sa.and_(
                self._differs(change),
                *(each._changing(change).is_not(sa.true()) for each in same),  # noqa: SLF001 (same class)
            )
            for change in changes
        ]
        return sa.and_(where, sa.or_(*pending))

    def _changing(self, change: Change) -> Truth:
        """Rows to which this erasure does the same."""
        done = [
            each
            for each in self.erasure.changes
            if (each.field, each.act) == (change.field, change.act)
        ]
        if self.erasure.delete or not done:
            return sa.false()
        return sa.or_(self._free(), self._held()) if done[0].on_kept else self._free()

    def passed_on(self, frozen: Selector) -> Truth | None:
        """Rows of people that stay, and that bear an identity unknown when they were found.

        What has been through this erasure is no stranger's.
        """
        rows = people.reassigned(frozen, self.collection) if self.collection.person else None
        if rows is None or self.erasure.bond is not Bond.ABOUT or not people.stays(self.collection):
            return None
        return sa.and_(rows, self._undone())

    def undated(self) -> Truth | None:
        """Rows a ground should keep, but whose date is missing."""
        hold = self.erasure.hold
        if hold is None or hold.since is None or hold.within is not None:
            return None
        dated = Dated(self.column(hold.since))
        return sa.and_(self._rows(), dated.is_not(sa.true()), self._undone())

    def shared_unsaid(self) -> Truth | None:
        """The person's own rows that another *about* way gives to somebody else.

        A row of a collection of people is one person's, whatever else stands in it.
        """
        own = [
            way
            for way in self.collection.ways
            if way.bond is Bond.ABOUT and not (self.collection.person and isinstance(way, Match))
        ]
        every = sum(way.bond is Bond.ABOUT for way in self.collection.ways)
        if self.erasure.bond is not Bond.ABOUT or every < 2 or not own:  # noqa: PLR2004 (two people need two ways)
            return None
        others = sa.or_(*(self.selector.elsewhere(self.collection, way) for way in own))
        return sa.and_(self._rows(), others, self._undone())

    def no_dates(self, field: str) -> Truth:
        """Rows in which a field to be made coarser holds what is no date."""
        column = self.column(field)
        odd = sa.and_(filled(column), Dated(column).is_not(sa.true()))
        return sa.and_(self._rows(), odd)

    def in_json(self, change: Change, wrong: type[Doubled | Misshapen]) -> Truth | None:
        """Rows that would be changed in JSON, and in which a path does not lead as it should."""
        within = self.column(change.field)
        if type(within) is not Within:
            return None
        rows = self._held() if self.erasure.delete else self._free()
        if change.on_kept and not self.erasure.delete:
            rows = self._rows()
        return sa.and_(rows, wrong(*within.clauses))

    def require_unblocked(
        self, inbound: Iterable[tuple[Collection, Reference]], erasers: Iterable[Eraser]
    ) -> None:
        """Refuse when rows that stay point at rows that would go, before any cascade can fire."""
        deleted = [each for each in erasers if each.erasure.delete]
        staying = [self._staying(child, reference, deleted) for child, reference in inbound]
        found = counts(self.connection, self.selector, staying)
        for (child, _), rows in zip(staying, found, strict=True):
            if rows:
                raise BlockedError(child.name)

    def _staying(
        self, child: Collection, reference: Reference, deleted: Iterable[Eraser]
    ) -> tuple[Collection, Truth]:
        """Rows that point at rows that would go, and do not go themselves."""
        onto = sa.select(*map(named, reference.onto)).select_from(
            self.selector.table(self.collection)
        )
        ours = onto.where(self._free()).correlate(None)
        columns = [named(name) for name in reference.columns]
        points = sa.tuple_(*columns).in_(ours) if len(columns) > 1 else columns[0].in_(ours)
        leaving = [each for each in deleted if each.collection.name == child.name]
        stays = [each._free().is_not(sa.true()) for each in leaving]  # noqa: SLF001 (same class)
        return leaving[0].collection if leaving else child, sa.and_(points, *stays)

    def _rows(self) -> Truth:
        erasure = self.erasure
        ways = [way for way in self.collection.ways if way.bond is erasure.bond]
        rows = self._named() if erasure.bond is Bond.MENTIONS else self._bonded()
        others = (self.selector.elsewhere(self.collection, way) for way in ways)
        if not erasure.way and erasure.bond is Bond.SHARED:
            alone = (other.is_not(sa.true()) for other in others)
            led = sa.or_(*(self.selector.way(self.collection, way) for way in ways))
            return sa.and_(rows, led, *alone)
        if not erasure.way:
            return rows
        mine = (self.selector.way(self.collection, w) for w in ways if w.columns == erasure.way)
        rows = sa.and_(rows, sa.or_(*mine))
        going = erasure.bond is Bond.SHARED and self.collection.delete
        return sa.and_(rows, sa.or_(*others)) if going else rows

    def _bonded(self) -> Truth:
        return self.selector.rows(self.collection, self.erasure.bond)

    def _named(self) -> Truth:
        """Rows that name the person, and are not theirs, nor theirs in part, by a way of their own.

        What only hangs on a row of two people is no reason to leave the name, and a row that stays
        is nobody's afterwards.
        """
        mentions = self.selector.ways(self.collection, Bond.MENTIONS)
        if not self.collection.delete and self.collection.keep is None:
            return mentions
        own = sa.or_(self.selector.ways(self.collection, Bond.ABOUT), self._whole())
        return sa.and_(mentions, own.is_not(sa.true()))

    def _whole(self) -> Truth:
        """Rows of two people of which no name is cut, since they go, or a ground keeps them."""
        ways = [way for way in self.collection.ways if way.bond is Bond.SHARED]
        theirs = sa.or_(sa.false(), *(self.selector.way(self.collection, way) for way in ways))
        others = sa.or_(
            *(self.selector.elsewhere(self.collection, way) for way in ways), sa.false()
        )
        name = self.collection.name
        holds = (each.hold for each in self.step.erasures if each.collection == name and each.hold)
        held = [kept.held(self.selector, self.collection, hold) for hold in holds]
        going = others.is_not(sa.true()) if self.collection.delete else sa.false()
        return sa.and_(theirs, sa.or_(going, *held[:1]))

    def _free(self) -> Truth:
        if self.erasure.hold is None:
            return self._rows()
        held = kept.held(self.selector, self.collection, self.erasure.hold)
        return sa.and_(self._rows(), held.is_not(sa.true()))

    def _held(self) -> Truth:
        if self.erasure.hold is None:
            return sa.false()
        return sa.and_(self._rows(), kept.held(self.selector, self.collection, self.erasure.hold))

    def _kept(self) -> Iterator[Tally]:
        """Count what a ground keeps once, by whatever ways it leads to the person.

        A row of two people is kept from both, whatever of it would be this one's alone.
        """
        if (hold := self.erasure.hold) and not self.erasure.way:
            held = kept.held(self.selector, self.collection, hold)
            yield Tally(self, Outcome.RETAINED, sa.and_(self._bonded(), held))

    def _on_kept(self) -> tuple[Change, ...]:
        """What is changed also in rows that a ground keeps."""
        if self.erasure.hold is None:
            return ()
        return tuple(change for change in self.erasure.changes if change.on_kept)

    def counted(self, outcome: Outcome, rows: int) -> Counted:
        """Return the words for what became of rows that were not kept."""
        clause = self.erasure.clauses[0] if self.erasure.clauses else None
        return Counted(self.collection.name, self.erasure.bond, outcome, rows, clause)

    def _changed(self) -> Outcome:
        kinds = {_OUTCOMES.get(change.act) for change in self.erasure.changes}
        return Outcome.ANONYMISED if kinds == {Outcome.ANONYMISED} else Outcome.BLANKED

    def going(self) -> Truth:
        """Rows that this erasure deletes."""
        return self._free()

    def statements(self) -> Iterator[sa.Delete | sa.Update]:
        """Yield what carrying out says to the database, in its order."""
        if self.erasure.delete:
            yield self._delete()
        elif self.erasure.changes:
            yield self._update(self.erasure.changes, self._free())
        if on_kept := self._on_kept():
            yield self._update(on_kept, self._held())

    def done(self, statement: sa.Delete | sa.Update) -> int:
        """Say a statement to the database, keep its words, return how many rows it touched."""
        result = self.connection.execute(statement)
        self.said.append(result.context.statement or "")
        return result.rowcount

    def _delete(self) -> sa.Delete:
        return sa.delete(self.selector.table(self.collection)).where(self._free())

    def _update(self, changes: Iterable[Change], where: Truth) -> sa.Update:
        changes = tuple(changes)
        source = self.selector.table(self.collection)
        targets: dict[sa.ColumnElement[object], sa.ColumnElement[object]] = {}
        inside: dict[str, dict[tuple[str, ...], sa.ColumnElement[object]]] = {}
        for change in changes:
            known = self.selector.column(self.collection, change.field)
            if known and known.path:
                inside.setdefault(holder(change.field), {})[known.path] = self._target(change)
            else:
                targets[self.column(change.field)] = self._target(change)
        for name, values in inside.items():
            targets.setdefault(source.c[name], rewritten(source.c[name], values))
        return sa.update(source).where(where, self._pending(changes)).values(targets)

    def _undone(self) -> Truth:
        """Rows that have not been through this erasure: after it, less can be told of them."""
        return sa.true() if self.erasure.delete else self._pending(self.erasure.changes)

    def _pending(self, changes: Iterable[Change]) -> Truth:
        return sa.or_(*map(self._differs, changes))

    def _differs(self, change: Change) -> Truth:
        column = self.column(change.field)
        if change.act is Act.BLANK:
            return column.is_not(None)
        if change.act in {Act.RETAIN, Act.LEAVE}:
            return sa.false()
        target, known = self._target(change), self.selector.column(self.collection, change.field)
        if known and known.type is Type.OTHER:  # of these some cannot be compared as they are
            return Spelled(column).is_distinct_from(Spelled(target))
        there = column.is_not(None) if known and known.path else sa.true()
        return sa.and_(there, column.is_distinct_from(target))

    def _target(self, change: Change) -> sa.ColumnElement[object]:
        column = self.column(change.field)
        match change.act:
            case Act.BLANK:
                return cast("sa.ColumnElement[object]", sa.null())
            case Act.REPLACE:
                return self._replacement(change.field)
            case Act.REDACT:
                heard = spoken(self.selector.closure.identities, self.selector.mapped.forms)
                return redacted(column, needles(heard))
            case Act.ANONYMISE:
                return YearStart(column)
            case Act.RETAIN | Act.LEAVE:
                return column
            case _:
                assert_never(change.act)

    def _replacement(self, name: str) -> sa.ColumnElement[object]:
        changing = {change.field for change in self.erasure.changes} | {name}
        keys = [self.column(part) for part in self.collection.key if part not in changing]
        place, column = self.collection.place(name), self.selector.column(self.collection, name)
        email = place is not None and base(place.identity or "") == "email"
        said = f"{self.collection.name}.{name}"
        return replacement(self.step.secret, said, keys, column, email=email)

    def column(self, name: str) -> sa.ColumnElement[object]:
        """Return a field of the collection as SQL names it."""
        return self.selector.field(self.collection, name)


def above(step: Step, done: Done) -> bool:
    """Say whether more rows were touched than a step may touch in all."""
    touched = sum(each.rows for each in done.counted if each.outcome is not Outcome.RETAINED)
    return step.ceiling is not None and touched > step.ceiling


@dataclass(frozen=True, slots=True)
class Tally:
    """Rows that are to be counted, and what becomes of them by one erasure."""

    eraser: Eraser
    outcome: Outcome
    rows: Truth

    def questions(self) -> tuple[Question, Question]:
        """Ask how many there are, and of what is kept, which is its latest date."""
        of, hold = (self.eraser.selector, self.eraser.collection), self._hold()
        latest = kept.latest(*of, hold, self.rows) if hold else sa.null()
        return counting(*of, self.rows), latest

    def counted(self, rows: int, latest: object) -> Counted:
        """Return the answer in our words."""
        counted, hold = self.eraser.counted(self.outcome, rows), self._hold()
        if hold is None:
            return counted
        until = kept.until(self.eraser.selector, self.eraser.collection, hold, latest)
        return replace(counted, clause=hold.clause, until=until)

    def _hold(self) -> Hold | None:
        return self.eraser.erasure.hold if self.outcome is Outcome.RETAINED else None


def tallied(connection: sa.Connection, tallies: Sequence[Tally]) -> list[Counted]:
    """Count rows, of all erasures in one statement; leave out those of which there are none."""
    if not tallies:
        return []
    selector = tallies[0].eraser.selector
    found = iter(answers(connection, selector, [q for each in tallies for q in each.questions()]))
    return [
        each.counted(cast("int", rows), latest)
        for each, rows, latest in zip(tallies, found, found, strict=True)
        if rows
    ]
