"""Compares what a policy permits with what it forbids, and finds conditions in vain."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from upheld.model import Action, Every, Kind, Not, Some
from upheld.policy.linting.cases import FALSE, NOT_TRUE, TRUE, Purse, Wish, can_be

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from upheld.model import Clause, Policy, Scope
    from upheld.policy.linting.spelled import Spelled

PAIRS = 10_000
"""How many pairs of clauses are looked at; more are counted as left out."""

_DECIDING = frozenset({Kind.MAY, Kind.KEEP, Kind.NEVER})
_ALL = "all"


@dataclass(slots=True)
class Comparison:
    """What came of it: pairs that contradict each other, clauses that never apply, and the rest.

    `idle` are clauses whose `unless` can never be true. `left_out` are clauses of which nobody
    could say.
    """

    against: list[tuple[Clause, Clause]] = field(default_factory=list)
    dead: list[Clause] = field(default_factory=list)
    idle: list[Clause] = field(default_factory=list)
    left_out: set[str] = field(default_factory=set)


def compare(policy: Policy, spelled: Spelled) -> Comparison:
    """Return what a policy permits in vain; work is bounded, whatever the policy."""
    comparing = _Comparing(spelled)
    found = comparing.found
    found.left_out |= spelled.large
    plain = [each for each in policy.clauses if each.id not in spelled.large]
    for clause in plain:
        comparing.look_at(clause)
    dead = {each.id for each in found.dead}
    living = [each for each in plain if each.id not in dead]
    comparing.weigh(living)
    return found


class _Comparing:
    """One comparison, with the purse that it pays from."""

    def __init__(self, spelled: Spelled) -> None:
        self.spelled = spelled
        self.found = Comparison()
        self.purse = Purse()
        self.pairs = PAIRS

    def look_at(self, clause: Clause) -> None:
        """Say whether a clause can ever apply, and whether its `unless` ever helps."""
        when, unless = self.spelled.when[clause.id], self.spelled.unless[clause.id]
        if when is None and unless is None:
            return
        applies = self._can_be(clause, self._applying(clause))
        if applies is False and (clause.kind in _DECIDING or when is not None):
            self.found.dead.append(clause)
        elif unless is not None and self._can_be(clause, [Wish(unless, TRUE)]) is False:
            self.found.idle.append(clause)

    def weigh(self, clauses: Iterable[Clause]) -> None:
        """Hold every clause that permits against those that could forbid all of it."""
        nevers = _Nevers(self.spelled, self.purse)
        permitting = []
        for clause in clauses:
            if clause.kind is Kind.NEVER:
                nevers.add(clause)
            elif clause.kind in {Kind.MAY, Kind.KEEP}:
                permitting.append(clause)
        for clause in permitting:
            for never in nevers.near(clause):
                self.pairs -= 1
                if self.pairs < 0:
                    self.found.left_out.add(clause.id)
                    break
                if (
                    _inside(clause, never)
                    and not nevers.escaped(clause, never)
                    and self._always(clause, never)
                ):
                    self.found.against.append((clause, never))
                    break

    def _always(self, clause: Clause, never: Clause) -> bool:
        """Say whether a *never* forbids whenever the clause permits."""
        permitted = self._applying(clause)
        when, unless = self.spelled.when[never.id], self.spelled.unless[never.id]
        uncalled = FALSE if never.closed else NOT_TRUE
        if (
            when is not None
            and self._can_be(clause, [*permitted, Wish(when, uncalled)]) is not False
        ):
            return False
        return unless is None or self._can_be(clause, [*permitted, Wish(unless, TRUE)]) is False

    def _applying(self, clause: Clause) -> list[Wish]:
        when, unless = self.spelled.when[clause.id], self.spelled.unless[clause.id]
        called = frozenset({True, None}) if clause.closed else TRUE
        wishes = [] if when is None else [Wish(when, called)]
        return wishes if unless is None else [*wishes, Wish(unless, NOT_TRUE)]

    def _can_be(self, clause: Clause, wishes: list[Wish]) -> bool | None:
        found = can_be(wishes, self.spelled.facts, self.purse)
        if found is None:
            self.found.left_out.add(clause.id)
        return found


class _Nevers:
    """What a policy forbids, found by the action and by what a clause must share to be inside."""

    def __init__(self, spelled: Spelled, purse: Purse) -> None:
        self.spelled = spelled
        self.purse = purse
        self.loose: dict[str, list[frozenset[str]]] = {}
        self.known: set[tuple[object, ...]] = set()
        self.at: dict[tuple[Action, str, str], list[Clause]] = defaultdict(list)

    def add(self, never: Clause) -> None:
        rule = (never.what, never.scope, never.when, never.unless, never.closed, never.regimes)
        if rule in self.known:
            return
        self.known.add(rule)
        self.loose[never.id] = list(self._loose(never))
        facts = self._facts_needed(never)
        for word in never.what:
            for word_of_scope in _key(never.scope):
                for fact in facts:
                    self.at[Action(word), word_of_scope, fact].append(never)

    def near(self, clause: Clause) -> Iterator[Clause]:
        """Yield every *never* that may forbid all of a clause, each once."""
        actions = (Action.KEEP,) if clause.kind is Kind.KEEP else map(Action, clause.what)
        words = [_ALL, *(each[0] for each in _dimensions(clause) if each)]
        facts = ["", *sorted(self.spelled.asks[clause.id])]
        seen: set[str] = set()
        for action in actions:
            for word in words:
                for fact in facts:
                    for never in self.at.get((action, word, fact), ()):
                        if never.id not in seen:
                            seen.add(never.id)
                            yield never

    def escaped(self, clause: Clause, never: Clause) -> bool:
        """Say whether a part of a *never* hangs on facts that a clause does not ask about.

        Such a part can be false (or, of its `unless`, true) in whatever case the clause permits, so
        that the *never* does not always forbid; this is only sooner seen than worked out.
        """
        asked = self.spelled.asks[clause.id]
        return any(asked.isdisjoint(facts) for facts in self.loose[never.id])

    def _loose(self, never: Clause) -> Iterator[frozenset[str]]:
        """Yield the facts of each test that alone can free from a *never*."""
        when, unless = self.spelled.when[never.id], self.spelled.unless[never.id]
        tests = when.of if isinstance(when, Every) else (when,)
        frees = unless.of if isinstance(unless, Some) else (unless,)
        for each in (*tests, *frees):
            if each is not None and not isinstance(each, Every | Some | Not):
                yield self.purse.asks(each)

    def _facts_needed(self, never: Clause) -> Iterable[str]:
        """Return facts one of which a clause must ask about, or it cannot always be forbidden."""
        return [""] if never.when is None and never.unless is None else self.spelled.asks[never.id]


def _key(scope: Scope) -> tuple[str, ...]:
    """Return words of a scope, one of which comes first in whatever lies inside it."""
    return scope.recipients or scope.categories or scope.purposes or (_ALL,)


def _dimensions(clause: Clause) -> tuple[tuple[str, ...], ...]:
    scope = clause.scope
    kept = () if _ALL in clause.what else clause.what
    categories = kept if clause.kind is Kind.KEEP else scope.categories
    return (scope.recipients, categories, scope.purposes, scope.sources, scope.channels)


def _inside(clause: Clause, never: Clause) -> bool:
    """Say whether all data that an action of a clause is about is also what a *never* is about."""
    actions = {Action.KEEP} if clause.kind is Kind.KEEP else set(clause.what)
    return (
        bool(actions & {*never.what})
        and clause.regimes <= never.regimes
        and all(
            not outer or (inner and set(inner) <= set(outer))
            for inner, outer in zip(_dimensions(clause), _dimensions(never), strict=True)
        )
    )
