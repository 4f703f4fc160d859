"""Which way a clause moves when only what it points at changed: a second look, without cases.

Kleene's `and` and `or` only ever grow with their parts, and `not` turns true and false about. So
where a definition became true in more cases, what holds on it holds in more, whatever else it asks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from upheld.model import Every, Not, Points, Some
from upheld.policy.diff.cases import Cases, Condition, opened

if TYPE_CHECKING:
    from collections.abc import Mapping

    from upheld.model import Clause, Fact, Rule
    from upheld.policy.logic import Rules

BOTH = frozenset({True, False})
"""Both ways: it may hold in more cases (True) and in fewer (False)."""


@dataclass(frozen=True, slots=True)
class Pointing:
    """The conditions of two versions, and which of them changed in themselves."""

    before: Rules
    after: Rules
    moved: frozenset[str]
    facts: Mapping[str, Fact]

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
            case Points(clause) if clause in self.moved:
                return self._grown(clause, true=true)
            case Points(clause) if clause in self.before and clause in self.after:
                return self._ways(self.after[clause], true=true)
            case Points():
                return BOTH
            case Not(inner):
                return self._ways(inner, true=not true)
            case Every(inner) | Some(inner):
                return frozenset(way for each in inner for way in self._ways(each, true=true))
            case _:
                return frozenset()

    def _grown(self, id: str, *, true: bool) -> frozenset[bool]:
        old, new = opened(Points(id), self.before), opened(Points(id), self.after)
        cases = Cases.of((Condition(old), Condition(new)), self.facts)
        if cases is None:
            return BOTH
        was, now = (cases.true_false(rule)[0 if true else 1] for rule in (old, new))
        moved: Mapping[bool, int] = {True: now & ~was, False: was & ~now}
        return frozenset(way for way, cases_of in moved.items() if cases_of)


def _turned(ways: frozenset[bool]) -> frozenset[bool]:
    return frozenset(not way for way in ways)
