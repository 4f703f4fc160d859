"""A version as a comparison reads it: its clauses by id, and when each holds, worked out once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from upheld.model import Action, Kind
from upheld.policy.diff.cases import Cases, Purse, conditioned
from upheld.policy.diff.telling import protected
from upheld.policy.diff.where import regions_in
from upheld.policy.opening import Opening

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from upheld.model import Clause, Policy, Rule
    from upheld.policy.diff.cases import Condition
    from upheld.policy.logic import Rules

OPENED = ("sources", "channels")


@dataclass(slots=True)
class Version:
    """A version, read under one profile."""

    policy: Policy
    clauses: Mapping[str, Clause]
    rules: Rules
    opening: Opening
    purse: Purse
    openers: Mapping[tuple[str, str], tuple[str, ...]]
    _looked: dict[tuple[int, int, bool], tuple[Condition, Cases | None]] = field(
        default_factory=dict
    )

    @classmethod
    def of(cls, policy: Policy, purse: Purse | None = None) -> Version:
        """Return a policy as a version."""
        rules = policy.rules
        clauses = {clause.id: clause for clause in policy.clauses}
        opening, openers = Opening.alone(rules), _openers(policy.clauses)
        return cls(policy, clauses, rules, opening, purse or Purse(), openers)

    def looked(self, clause: Clause) -> tuple[Condition, Cases | None]:
        """Return when a clause holds, and the cases of that; None where they are too many."""
        key = id(clause.when), id(clause.unless), clause.closed
        if key not in self._looked:
            found = conditioned(clause, self.opening)
            self._looked[key] = found, Cases.of((found,), self.policy.facts, self.purse)
        return self._looked[key]

    def regions(self, clause: Clause) -> frozenset[str]:
        """Return the regions of the people a clause can concern, by its regimes and condition."""
        found = protected(clause.regimes)
        if clause.when is None and clause.unless is None:
            return found
        held, cases = self.looked(clause)
        return found & regions_in(cases, cases.holding(held)) if cases else found

    def rule(self, id: str) -> tuple[Rule, ...]:
        """Return the conditions of a clause, if it is there and has any."""
        clause = self.clauses.get(id)
        return tuple(each for each in (clause.when, clause.unless) if each) if clause else ()


def opens(clause: Clause) -> bool:
    """Say whether a clause opens its sources or channels, and permits nothing by itself."""
    return clause.kind is Kind.MAY and bool(clause.scope.sources or clause.scope.channels)


def _openers(clauses: Iterable[Clause]) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return the sources and channels that clauses open for each action, where any does."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for clause in clauses:
        if opens(clause):
            for dim in OPENED:
                named: tuple[str, ...] = getattr(clause.scope, dim)
                for action in clause.what if named else ():
                    before = found.get((dim, Action(action)), ())
                    found[dim, Action(action)] = (*before, *named)
    return {key: tuple(dict.fromkeys(words)) for key, words in found.items()}
