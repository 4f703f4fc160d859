"""Which way a clause moves when only what it points at changed: a second look, without cases.

Kleene's `and` and `or` only ever grow with their parts, and `not` turns true and false about. So
where a definition became true in more cases, what holds on it holds in more, whatever else it asks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from upheld.model import Every, Not, Points, Some
from upheld.policy.diff.cases import Cases, Condition, Purse
from upheld.policy.diff.normal import BOTH, moves
from upheld.policy.opening import Opening

if TYPE_CHECKING:
    from collections.abc import Mapping

    from upheld.model import Clause, Fact, Rule
    from upheld.policy.logic import Rules

__all__ = ["BOTH", "Pointing"]


@dataclass(slots=True)
class Pointing:
    """The conditions of two versions, and which of them changed in themselves."""

    before: Rules
    after: Rules
    moved: frozenset[str]
    facts: Mapping[str, Fact]
    purse: Purse = field(default_factory=Purse)
    _found: dict[tuple[str, bool], frozenset[bool]] = field(default_factory=dict)
    _opened: tuple[Opening, Opening] | None = None

    def between(self, old: Clause, new: Clause) -> frozenset[bool]:
        """Return which ways the cases of a clause can move, whose own words may have changed."""
        itself = moves(old.when, new.when) | _turned(moves(old.unless, new.unless))
        itself |= {new.closed} if old.closed is not new.closed else set()
        return itself | (self.ways(old) & self.ways(new))

    def ways(self, clause: Clause) -> frozenset[bool]:
        """Return which ways the cases of a clause can move, whose own words did not change."""
        called = (
            _turned(self._ways(clause.when, true=False))
            if clause.closed
            else self._ways(clause.when, true=True)
        )
        return called | _turned(self._ways(clause.unless, true=True))

    def _ways(self, rule: Rule | None, *, true: bool) -> frozenset[bool]:
        """Return which ways the cases move in which a rule is true, or in which it is false."""
        match rule:
            case Points(clause):
                if (clause, true) not in self._found:
                    self._found[clause, true] = self._pointed(clause, true=true)
                return self._found[clause, true]
            case Not(inner):
                return self._ways(inner, true=not true)
            case Every(inner) | Some(inner):
                return frozenset(way for each in inner for way in self._ways(each, true=true))
            case _:
                return frozenset()

    def _pointed(self, id: str, *, true: bool) -> frozenset[bool]:
        if id in self.moved:
            return self._grown(id, true=true)
        if id in self.before and id in self.after:
            return self._ways(self.after[id], true=true)
        return BOTH

    def _grown(self, id: str, *, true: bool) -> frozenset[bool]:
        if self._opened is None:
            self._opened = Opening(self.before), Opening(self.after)
        old, new = (each.of(Points(id)) for each in self._opened)
        if old is not None and new is not None:
            cases = Cases.of((Condition(old), Condition(new)), self.facts, self.purse)
            if cases is not None:
                was, now = (cases.true_false(rule)[0 if true else 1] for rule in (old, new))
                moved: Mapping[bool, int] = {True: now & ~was, False: was & ~now}
                return frozenset(way for way, cases_of in moved.items() if cases_of)
        before, after = self.before.get(id), self.after.get(id)
        itself = moves(before, after) if true else _turned(moves(before, after))
        return itself | (self._ways(before, true=true) & self._ways(after, true=true))


def _turned(ways: frozenset[bool]) -> frozenset[bool]:
    return frozenset(not way for way in ways)
