"""Compares the clauses of two versions, read under one profile; pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from upheld.model import Kind, points_of
from upheld.policy.diff.cases import Cases, Condition, conditioned
from upheld.policy.diff.nouns import Change, Dim, Turn
from upheld.policy.diff.parts import (
    GAINS,
    SAID,
    binding,
    categories,
    duties,
    lists,
    reworded,
)
from upheld.policy.diff.pointing import Pointing
from upheld.policy.diff.telling import protected
from upheld.policy.diff.terms import lasting
from upheld.policy.diff.where import regions_in, where
from upheld.policy.diff.words import These, condition, doing, listed, reach

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from upheld.model import Clause, Fact, Policy, Rule


def clause_changes(before: Policy, after: Policy) -> tuple[Change, ...]:
    """Return what changed in the clauses, in the order of the later version, then what is gone."""
    return tuple(_Comparing.of(before, after).changes())


@dataclass(frozen=True, slots=True)
class _Comparing:
    """Two versions beside each other, by id."""

    before: Policy
    after: Policy
    old: Mapping[str, Clause]
    new: Mapping[str, Clause]
    names: Mapping[str, str]
    moved: frozenset[str]
    facts: Mapping[str, Fact]

    @classmethod
    def of(cls, before: Policy, after: Policy) -> _Comparing:
        old, new = _by_id(before), _by_id(after)
        names = _renamed(old, new)
        moved = frozenset(id for id in old if id in new and old[id].when != new[id].when)
        return cls(before, after, old, new, names, moved, {**before.facts, **after.facts})

    def changes(self) -> Iterator[Change]:
        """Yield every change."""
        for id, clause in self.new.items():
            if id in self.names:
                was = self.old[self.names[id]]
                words = f"`{was.id}` is now called `{id}`; its words and its rule are the same"
                yield Change(Turn.RENAMES, id, clause.line, words, Dim.ID, was=was.id, now=id)
            elif id not in self.old:
                yield self._whole(clause, after=True)
            else:
                yield from self._between(self.old[id], clause)
        gone = {*self.old} - {*self.new} - {*self.names.values()}
        yield from (self._whole(self.old[id], after=False) for id in self.old if id in gone)

    def _whole(self, clause: Clause, *, after: bool) -> Change:
        """Return the change that a whole clause is, come or gone."""
        kind = GAINS[clause.kind][0 if after else 1]
        policy = self.after if after else self.before
        then = f"; what must still be done: {listed(clause.then)}" if clause.then else ""
        return Change(
            kind,
            clause.id,
            clause.line,
            f"`{clause.id}` {SAID[kind]} {doing(clause)}{then}",
            regions=_regions(clause, policy),
            categories=categories(clause),
            was=None if after else clause.text,
            now=clause.text if after else None,
        )

    def _between(self, old: Clause, new: Clause) -> Iterator[Change]:
        through = self._through(old, new)
        if old == replace(new, line=old.line) and not through:
            return
        found = list(self._rule(old, new, through))
        if not found and (old.text != new.text or old.link != new.link):
            found = [reworded(old, new)]
        elif not found and (old.when, old.unless) != (new.when, new.unless):
            words = f"`{new.id}` says in other words when it holds; the cases are the same"
            found = [Change(Turn.REWORDS, new.id, new.line, words, Dim.CONDITION)]
        for each in found:
            if each.about in {Dim.TEXT, Dim.LINK, Dim.ID}:
                yield each
            else:
                yield replace(each, was=old.text, now=new.text, line=new.line)

    def _through(self, old: Clause, new: Clause) -> tuple[str, ...]:
        """Return the clauses pointed at, if only through others, whose conditions changed."""
        seen: set[str] = set()
        waiting = [*_points(old), *_points(new)]
        while waiting:
            id = waiting.pop()
            if id not in seen:
                seen.add(id)
                waiting += [each for side in (self.old, self.new) for each in _points(side.get(id))]
        changed = self.moved | ({*self.old} ^ {*self.new}) - {*self.names} - {*self.names.values()}
        return tuple(sorted(seen & changed))

    def _rule(self, old: Clause, new: Clause, through: tuple[str, ...]) -> Iterator[Change]:
        if old.kind is not new.kind:
            words = f"`{new.id}` is now a `{new.kind}` and no longer a `{old.kind}`"
            yield Change(Turn.RECLASSIFIES, new.id, new.line, words, Dim.KIND)
            yield replace(self._whole(old, after=False), about=Dim.KIND)
            yield replace(self._whole(new, after=True), about=Dim.KIND)
            return
        yield from self._reach(old, new)
        yield from self._condition(old, new, through)
        yield from lasting(old, new)
        yield from duties(old, new)
        yield from lists(self.names, old, new)
        yield from binding(old, new)

    def _reach(self, old: Clause, new: Clause) -> Iterator[Change]:
        """Yield what a clause reaches now and did not, then what it no longer reaches."""
        was, now = reach(old), reach(new)
        gain, loss = GAINS[new.kind]
        for dim in was:
            for kind, clause, policy, these in (
                (gain, new, self.after, gained(was[dim], now[dim])),
                (loss, old, self.before, gained(now[dim], was[dim])),
            ):
                if these is not None:
                    words = f"`{new.id}` {SAID[kind]} {doing(clause, {dim: these})}"
                    regions = _regions(clause, policy)
                    named = _named(clause, dim, these)
                    yield Change(
                        kind, new.id, new.line, words, dim, regions=regions, categories=named
                    )

    def _condition(self, old: Clause, new: Clause, through: tuple[str, ...]) -> Iterator[Change]:
        same = (old.when, old.unless, old.closed) == (new.when, new.unless, new.closed)
        if same and not through:
            return
        gain, loss = GAINS[new.kind]
        conditions = self._conditions(old, new)
        cases = Cases.of(conditions, self.facts)
        if cases is None:
            conditions = self._conditions(old, new, self._still(old, new))
            cases = Cases.of(conditions, self.facts)
        if cases is None:
            ways = Pointing(self.before.rules, self.after.rules, self.moved, self.facts).ways(new)
            for kind, way in ((gain, True), (loss, False)):
                if not same or way in ways:
                    yield self._turned(old, new, kind, None, through)
            return
        was, now, own = map(cases.holding, conditions)
        for kind, held, by_itself in (
            (gain, now & ~was, own & ~was),
            (loss, was & ~now, was & ~own),
        ):
            if held:
                blamed = through if held & ~by_itself else ()
                change = self._turned(old, new, kind, where(cases, held), blamed)
                yield replace(change, regions=regions_in(cases, held) & _protected(new))

    def _conditions(
        self, old: Clause, new: Clause, opaque: frozenset[str] = frozenset()
    ) -> tuple[Condition, Condition, Condition]:
        """Return when a clause held, when it holds, and when it would, had only itself changed."""
        unchanged = {**self.after.rules, **self.before.rules}
        return (
            conditioned(old, self.before.rules, opaque),
            conditioned(new, self.after.rules, opaque),
            conditioned(new, unchanged, opaque),
        )

    def _still(self, old: Clause, new: Clause) -> frozenset[str]:
        """Return what both versions point at that means the same in both."""
        return frozenset(
            id
            for id in _points(old) | _points(new)
            if id in self.old and id in self.new and id not in self.moved
            if not self._through(self.old[id], self.new[id])
        )

    def _turned(
        self, old: Clause, new: Clause, kind: Turn, cases: str | None, through: tuple[str, ...]
    ) -> Change:
        """Return the change of a clause that holds in other cases than it did."""
        gains = kind is GAINS[new.kind][0]
        clause = new if gains else old
        words = doing(clause, when=f", {cases}" if cases else "")
        if cases is None:
            now, was = condition(new).lstrip(", "), condition(old).lstrip(", ")
            words += f" in {'more' if gains else 'some'} cases: now {now or 'always'}"
            words += f", before {was or 'always'}" if was != now else ""
        if through:
            defined = {id for id in through if _is(self.new.get(id) or self.old.get(id))}
            noun = "the definition" if defined == {*through} else "what it points at,"
            words += f", because {noun} {listed(through)} changed"
        return Change(
            kind,
            new.id,
            new.line,
            f"`{new.id}` {SAID[kind]} {words}",
            Dim.CONDITION,
            through=through,
            regions=_regions(clause, self.after if gains else self.before),
            categories=categories(clause),
        )


def gained(was: These, now: These) -> These | None:
    """Return what the second names and the first does not; None: nothing."""
    if not was.words:
        return None
    if not now.words:
        return These(was.words, but=True)
    added = tuple(word for word in now.words if word not in was.words)
    return These(added) if added else None


def _by_id(policy: Policy) -> dict[str, Clause]:
    return {clause.id: clause for clause in policy.clauses}


def _points(clause: Clause | None) -> frozenset[str]:
    rules: tuple[Rule | None, ...] = (clause.when, clause.unless) if clause else ()
    return frozenset(id for rule in rules if rule for id in points_of(rule))


def _is(clause: Clause | None) -> bool:
    return clause is not None and clause.kind is Kind.DEFINITION


def _renamed(old: Mapping[str, Clause], new: Mapping[str, Clause]) -> dict[str, str]:
    """Return the old id of each clause that came under a new one, with its words and its rule."""
    gone = [clause for id, clause in old.items() if id not in new]
    found: dict[str, str] = {}
    for id, clause in new.items():
        if id in old:
            continue
        twin = next(
            (each for each in gone if replace(each, id=id, line=clause.line) == clause), None
        )
        if twin is not None:
            found[id] = twin.id
            gone.remove(twin)
    return found


def _regions(clause: Clause, policy: Policy) -> frozenset[str]:
    """Return the regions of the people a clause can concern, as its regimes and condition say."""
    found = _protected(clause)
    if clause.when is None and clause.unless is None:
        return found
    held = conditioned(clause, policy.rules)
    cases = Cases.of((held,), policy.facts)
    return found & regions_in(cases, cases.holding(held)) if cases else found


def _protected(clause: Clause) -> frozenset[str]:
    return protected(clause.regimes)


def _named(clause: Clause, dim: Dim, these: These) -> tuple[str, ...]:
    """Return the categories that a change of reach is about; none named are all."""
    data = Dim.WHAT if clause.kind is Kind.KEEP else Dim.CATEGORIES
    if dim is data:
        return () if these.but else these.words
    return categories(clause)
