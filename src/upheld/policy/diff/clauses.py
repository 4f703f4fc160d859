"""Compares the clauses of two versions, read under one profile; pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from upheld.model import Kind
from upheld.policy.diff.cases import Cases, Condition, within
from upheld.policy.diff.normal import normal
from upheld.policy.diff.nouns import Change, Dim, Turn
from upheld.policy.diff.openers import closing, reached, turned_about, without
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
from upheld.policy.diff.touch import Touch
from upheld.policy.diff.where import regions_in, where
from upheld.policy.diff.words import These, condition, doing, listed, reach
from upheld.policy.opening import Opening

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from upheld.model import Clause, Fact
    from upheld.policy.diff.version import Version


def clause_changes(
    before: Version, after: Version, made: Mapping[str, Sequence[Change]] | None = None
) -> tuple[Change, ...]:
    """Return what changed in the clauses, in the order of the later version, then what is gone.

    What is `made` already is taken as it is: the changes of clauses that stand in both versions.
    """
    return tuple(_Comparing.of(before, after).changes(made or {}))


@dataclass(frozen=True, slots=True)
class _Comparing:
    """Two versions beside each other, by id."""

    before: Version
    after: Version
    old: Mapping[str, Clause]
    new: Mapping[str, Clause]
    names: Mapping[str, str]
    touch: Touch
    facts: Mapping[str, Fact]
    openings: tuple[tuple[Opening, Opening, Opening], ...]
    pointing: Pointing

    @classmethod
    def of(cls, before: Version, after: Version) -> _Comparing:
        old, new = before.clauses, after.clauses
        names = _renamed(old, new)
        moved = frozenset(
            id
            for id in old
            if id in new and old[id].when is not new[id].when and old[id].when != new[id].when
            if normal(old[id].when) != normal(new[id].when)
        )
        gone = ({*old} ^ {*new}) - {*names} - {*names.values()}
        touch = Touch.of(before, after, moved | gone)
        still = frozenset({*old} & {*new} - touch.touched - touch.changed)
        unchanged = {**after.rules, **before.rules}
        openings = tuple(
            (
                Opening(before.rules, still, opaque),
                Opening(after.rules, still, opaque),
                Opening(unchanged, still, opaque),
            )
            for opaque in (False, True)
        )
        facts = {**before.policy.facts, **after.policy.facts}
        pointing = Pointing(before.rules, after.rules, moved, facts, before.purse)
        return cls(before, after, old, new, names, touch, facts, openings, pointing)

    def changes(self, made: Mapping[str, Sequence[Change]]) -> Iterator[Change]:
        """Yield every change."""
        for id, clause in self.new.items():
            if id in made:
                yield from made[id]
            elif id in self.names:
                was = self.old[self.names[id]]
                words = f"`{was.id}` is now called `{id}`; its words and its rule are the same"
                yield Change(Turn.RENAMES, id, clause.line, words, Dim.ID, was=was.id, now=id)
            elif id not in self.old:
                yield from self._whole(clause, after=True)
            else:
                yield from self._between(self.old[id], clause)
        gone = {*self.old} - {*self.new} - {*self.names.values()}
        for id in self.old:
            if id in gone:
                yield from self._whole(self.old[id], after=False)

    def _whole(self, clause: Clause, *, after: bool, about: Dim = Dim.WHOLE) -> Iterator[Change]:
        """Yield the change that a whole clause is, come or gone."""
        kind = GAINS[clause.kind][0 if after else 1]
        here, there = (self.after, self.before) if after else (self.before, self.after)
        turned = turned_about(clause, clause.what, there)
        yield from closing(clause, turned, here, after=after, dim=about)
        what = without(clause.what, turned)
        if not what:
            return
        then = f"; what must still be done: {listed(clause.then)}" if clause.then else ""
        does = doing(clause, {Dim.WHAT: These(what)}) if turned else doing(clause)
        yield Change(
            kind,
            clause.id,
            clause.line,
            f"`{clause.id}` {SAID[kind]} {does}{then}",
            about,
            regions=here.regions(clause),
            categories=categories(clause),
            was=None if after else clause.text,
            now=clause.text if after else None,
        )

    def _between(self, old: Clause, new: Clause) -> Iterator[Change]:
        through = self.touch.through(old.id)
        if not through and (old is new or old == replace(new, line=old.line)):
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

    def _rule(self, old: Clause, new: Clause, through: tuple[str, ...]) -> Iterator[Change]:
        if old.kind is not new.kind:
            words = f"`{new.id}` is now a `{new.kind}` and no longer a `{old.kind}`"
            yield Change(Turn.RECLASSIFIES, new.id, new.line, words, Dim.KIND)
            yield from self._whole(old, after=False, about=Dim.KIND)
            yield from self._whole(new, after=True, about=Dim.KIND)
            return
        yield from self._reach(old, new)
        yield from self._condition(old, new, through)
        yield from lasting(old, new)
        yield from duties(old, new)
        yield from lists(self.names, old, new)
        yield from binding(old, new)

    def _reach(self, old: Clause, new: Clause) -> Iterator[Change]:
        """Yield what a clause reaches now and did not, then what it no longer reaches."""
        gain, loss = GAINS[new.kind]
        for dim in reach(new):
            more, less = reached(dim, old, new, self.before, self.after)
            for kind, clause, here, there, found in (
                (gain, new, self.after, self.before, more),
                (loss, old, self.before, self.after, less),
            ):
                these = found
                if these is not None and dim is Dim.WHAT:
                    turned = turned_about(clause, these.words, there)
                    yield from closing(clause, turned, here, after=clause is new, dim=dim)
                    left = without(these.words, turned)
                    these = replace(these, words=left) if left or not turned else None
                if these is not None:
                    words = f"`{new.id}` {SAID[kind]} {doing(clause, {dim: these})}"
                    regions = here.regions(clause)
                    named = _named(clause, dim, these)
                    yield Change(
                        kind, new.id, new.line, words, dim, regions=regions, categories=named
                    )

    def _condition(self, old: Clause, new: Clause, through: tuple[str, ...]) -> Iterator[Change]:
        same = (old.when, old.unless, old.closed) == (new.when, new.unless, new.closed)
        if same and not through:
            return
        if not through and old.closed is new.closed and _alike(old, new):
            return
        gain, loss = GAINS[new.kind]
        looked = self._looked(old, new)
        if looked is None:
            ways = self.pointing.between(old, new)
            for kind, way in ((gain, True), (loss, False)):
                if way in ways:
                    yield self._turned(old, new, kind, None, through)
            return
        cases, conditions = looked
        was, now, own = map(cases.holding, conditions)
        for kind, held, by_itself in (
            (gain, now & ~was, own & ~was),
            (loss, was & ~now, was & ~own),
        ):
            if held:
                blamed = through if held & ~by_itself else ()
                change = self._turned(old, new, kind, where(cases, held), blamed)
                yield replace(change, regions=regions_in(cases, held) & protected(new.regimes))

    def _looked(self, old: Clause, new: Clause) -> tuple[Cases, tuple[Condition, ...]] | None:
        """Return when a clause held, when it holds, and when it would, had only itself changed.

        What means the same in both versions is put in its place, or else is a fact of its own.
        """
        for before, after, unchanged in self.openings:
            pairs = ((old, before), (new, after), (new, unchanged))
            found = tuple(each for pair in pairs if (each := within(*pair)))
            if len(found) == len(pairs):
                cases = Cases.of(found, self.facts, self.before.purse)
                if cases is not None:
                    return cases, found
        return None

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
            regions=(self.after if gains else self.before).regions(clause),
            categories=categories(clause),
        )


def _alike(old: Clause, new: Clause) -> bool:
    if (old.unless is None) is not (new.unless is None):
        return False
    return normal(old.when) == normal(new.when) and normal(old.unless) == normal(new.unless)


def _is(clause: Clause | None) -> bool:
    return clause is not None and clause.kind is Kind.DEFINITION


def _renamed(old: Mapping[str, Clause], new: Mapping[str, Clause]) -> dict[str, str]:
    """Return the old id of each clause that came under a new one, with its words and its rule."""
    gone = [clause for id, clause in old.items() if id not in new]
    found: dict[str, str] = {}
    texts = {each.text for each in gone}
    for id, clause in new.items():
        if id in old or clause.text not in texts:
            continue
        twin = next(
            (each for each in gone if replace(each, id=id, line=clause.line) == clause), None
        )
        if twin is not None:
            found[id] = twin.id
            gone.remove(twin)
    return found


def _named(clause: Clause, dim: Dim, these: These) -> tuple[str, ...]:
    """Return the categories that a change of reach is about; none named are all."""
    data = Dim.WHAT if clause.kind is Kind.KEEP else Dim.CATEGORIES
    if dim is data:
        return () if these.but else these.words
    return categories(clause)
