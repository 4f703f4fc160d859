"""Compares what a policy permits with what it forbids, and finds conditions in vain."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import combinations, islice, product
from typing import TYPE_CHECKING

from upheld.model import Action, Among, Every, Kind, Not, Some
from upheld.policy.linting.cases import FALSE, NOT_TRUE, TRUE, Purse, Wish, can_be

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from collections.abc import Set as AbstractSet

    from upheld.model import Clause, Policy, Rule, Scope
    from upheld.policy.linting.spelled import Spelled

PAIRS = 10_000
"""How many pairs of clauses are looked at; more are counted as left out."""

GROUPS = 4_000
"""How many groups of prohibitions are looked at for what they forbid together."""
_CANDIDATES = 6
_TOGETHER = 3

_PERMITTING = frozenset({Kind.MAY, Kind.KEEP})
_DECIDING = _PERMITTING | {Kind.NEVER}
_OF_REACH = frozenset({"action", "purpose", "category", "recipient"})
_ALL = "all"


@dataclass(slots=True)
class Comparison:
    """What came of it: permissions in vain with what forbids them, dead clauses, and the rest.

    `idle` are clauses whose `unless` can never be true. `left_out` are clauses of which nobody
    could say.
    """

    against: list[tuple[Clause, tuple[Clause, ...]]] = field(default_factory=list)
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
        self.apart = Purse(left=16_000, known=self.purse.known, asked=self.purse.asked)
        self.groups = GROUPS
        self.reaches: dict[tuple[str, tuple[str, ...]], Among] = {}

    def look_at(self, clause: Clause) -> None:
        """Say whether a clause can ever apply, and whether its `unless` ever helps."""
        when, unless = self.spelled.when[clause.id], self.spelled.unless[clause.id]
        if when is None and unless is None:
            return
        wishes = self._applying(clause)
        if clause.kind in _PERMITTING:
            wishes += self._reach(clause, _actions(clause), self.spelled.asks[clause.id])
        applies = self._can_be(clause, wishes)
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
            elif clause.kind in _PERMITTING:
                permitting.append(clause)
        for clause in permitting:
            never = self._alone(clause, nevers) or self._together(clause, nevers)
            if never:
                self.found.against.append((clause, never))

    def _alone(self, clause: Clause, nevers: _Nevers) -> tuple[Clause, ...]:
        """Return the first *never* that forbids all a clause permits, if there is one."""
        for never in nevers.near(clause):
            self.pairs -= 1
            if self.pairs < 0:
                self.found.left_out.add(clause.id)
                break
            if (
                _inside(clause, never)
                and not nevers.escaped(clause, never)
                and self._always(clause, (never,), self.purse)
            ):
                return (never,)
        return ()

    def _together(self, clause: Clause, nevers: _Nevers) -> tuple[Clause, ...]:
        """Return the few that together forbid all a clause permits, if there are such."""
        inside = (each for each in nevers.reaching(clause) if _inside(clause, each))
        near = [*islice(inside, _CANDIDATES if self.groups > 0 < self.apart.left else 2)]
        for many in range(2, _TOGETHER + 1):
            for group in combinations(near, many):
                self.groups -= 1
                if self.groups < 0 or self.apart.left <= 0:
                    self.found.left_out.add(clause.id)
                    return ()
                if not nevers.parted(clause, group) and self._always(clause, group, self.apart):
                    return group
        return ()

    def _always(self, clause: Clause, nevers: tuple[Clause, ...], purse: Purse) -> bool:
        """Say whether one of these forbids whenever the clause permits, for one of its actions."""
        if purse.left <= 0 and any(each.when or each.unless for each in nevers):
            self.found.left_out.add(clause.id)
            return False
        asked = self.spelled.asks[clause.id].union(*(self.spelled.asks[n.id] for n in nevers))
        shared = _actions(clause).intersection(*(each.what for each in nevers))
        for action in sorted(shared) if "action" in asked else [*shared][:1]:
            permitted = [*self._applying(clause), *self._reach(clause, {action}, asked)]
            ways = product(*(self._uncalled(each) for each in nevers))
            if all(self._can_be(clause, [*permitted, *way], purse) is False for way in ways) and (
                "action" not in asked or self._can_be(clause, permitted, purse) is not False
            ):
                return True
        return False

    def _uncalled(self, never: Clause) -> list[Wish]:
        """Return the ways in which a *never* does not forbid; none of one without conditions."""
        when, unless = self.spelled.when[never.id], self.spelled.unless[never.id]
        uncalled = FALSE if never.closed else NOT_TRUE
        ways = [] if when is None else [Wish(when, uncalled)]
        return ways if unless is None else [*ways, Wish(unless, TRUE)]

    def _reach(
        self, clause: Clause, actions: AbstractSet[str], asked: AbstractSet[str]
    ) -> list[Wish]:
        """Return what the reach of a clause says of the facts that are asked about."""
        if asked.isdisjoint(_OF_REACH):
            return []
        return [
            Wish(self.reaches.setdefault((fact, words), Among(fact, frozenset(words))), TRUE)
            for fact, words in _said(clause, actions).items()
            if fact in asked
        ]

    def _applying(self, clause: Clause) -> list[Wish]:
        when, unless = self.spelled.when[clause.id], self.spelled.unless[clause.id]
        called = frozenset({True, None}) if clause.closed else TRUE
        wishes = [] if when is None else [Wish(when, called)]
        return wishes if unless is None else [*wishes, Wish(unless, NOT_TRUE)]

    def _can_be(
        self, clause: Clause, wishes: list[Wish], purse: Purse | None = None
    ) -> bool | None:
        found = can_be(wishes, self.spelled.facts, purse or self.purse)
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
        self.asked: dict[str, frozenset[str]] = {}
        self.under: dict[tuple[Action, str], list[Clause]] = defaultdict(list)

    def add(self, never: Clause) -> None:
        rule = (never.what, never.scope, never.when, never.unless, never.closed, never.regimes)
        if rule in self.known:
            return
        self.known.add(rule)
        self.loose[never.id] = list(self._loose(never))
        facts = self._facts_needed(never)
        for word in never.what:
            for word_of_scope in _key(never.scope):
                self.under[Action(word), word_of_scope].append(never)
                for fact in facts:
                    self.at[Action(word), word_of_scope, fact].append(never)

    def near(self, clause: Clause) -> Iterator[Clause]:
        """Yield every *never* that may forbid all of a clause, each once."""
        facts = ["", *sorted(self._asked(clause))]
        found = (self.at.get((*key, fact), ()) for key in _keys(clause) for fact in facts)
        return _once(found)

    def reaching(self, clause: Clause) -> Iterator[Clause]:
        """Yield every *never* that may reach as far as a clause, each once."""
        return _once(self.under.get(key, ()) for key in _keys(clause))

    def escaped(self, clause: Clause, never: Clause) -> bool:
        """Say whether a part of a *never* hangs on facts that a clause does not ask about.

        Such a part can be false (or, of its `unless`, true) in whatever case the clause permits, so
        that the *never* does not always forbid; this is only sooner seen than worked out.
        """
        asked = self._asked(clause)
        return any(asked.isdisjoint(facts) for facts in self.loose[never.id])

    def parted(self, clause: Clause, nevers: tuple[Clause, ...]) -> bool:
        """Say whether one of several hangs on facts that neither the others nor a clause ask about.

        Then the others would have to forbid it all without that one.
        """
        for never in nevers:
            others = (self.spelled.asks[each.id] for each in nevers if each is not never)
            asked = self._asked(clause).union(*others)
            when, unless = self.spelled.when[never.id], self.spelled.unless[never.id]
            if (when and self._frees(when, asked, TRUE)) or (
                unless and self._frees(unless, asked, NOT_TRUE)
            ):
                return True
        return False

    def _frees(self, rule: Rule, asked: AbstractSet[str], unlike: frozenset[bool | None]) -> bool:
        """Say whether a condition comes to another value by facts alone that nobody else asks.

        Good enough to leave a group out; a part that nothing can change is taken for one that can.
        """
        match rule:
            case Every(parts) | Some(parts):
                enough = any if isinstance(rule, Every) is (unlike is TRUE) else all
                return enough(self._frees(each, asked, unlike) for each in parts)
            case _:
                return asked.isdisjoint(self.purse.asks(rule))

    def _asked(self, clause: Clause) -> frozenset[str]:
        """Return the facts that a clause says anything of, by its conditions or by its reach."""
        found = self.asked.get(clause.id)
        if found is None:
            found = self.spelled.asks[clause.id].union(_said(clause, _actions(clause)))
            self.asked[clause.id] = found
        return found

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


def _keys(clause: Clause) -> Iterator[tuple[Action, str]]:
    """Yield where a *never* that reaches as far as a clause is found."""
    words = [_ALL, *(each[0] for each in _dimensions(clause) if each)]
    return product(map(Action, sorted(_actions(clause))), words)


def _once(found: Iterable[Iterable[Clause]]) -> Iterator[Clause]:
    seen: set[str] = set()
    for clauses in found:
        for each in clauses:
            if each.id not in seen:
                seen.add(each.id)
                yield each


def _actions(clause: Clause) -> frozenset[str]:
    return frozenset({Action.KEEP.value} if clause.kind is Kind.KEEP else clause.what)


def _said(clause: Clause, actions: AbstractSet[str]) -> dict[str, tuple[str, ...]]:
    """Return the facts that the reach of a clause settles, and the words each can be."""
    recipients, categories, purposes, *_ = _dimensions(clause)
    said = {"purpose": purposes, "category": categories, "recipient": recipients}
    found = {fact: words for fact, words in said.items() if words}
    return {**found, "action": tuple(sorted(actions))}


def _dimensions(clause: Clause) -> tuple[tuple[str, ...], ...]:
    scope = clause.scope
    kept = () if _ALL in clause.what else clause.what
    categories = kept if clause.kind is Kind.KEEP else scope.categories
    return (scope.recipients, categories, scope.purposes, scope.sources, scope.channels)


def _inside(clause: Clause, never: Clause) -> bool:
    """Say whether all data that an action of a clause is about is also what a *never* is about."""
    return (
        not _actions(clause).isdisjoint(never.what)
        and clause.regimes <= never.regimes
        and all(
            not outer or (inner and set(inner) <= set(outer))
            for inner, outer in zip(_dimensions(clause), _dimensions(never), strict=True)
        )
    )
