"""Whether the clauses could ever allow what a form asks for, in any world its facts leave; pure.

What a policy means stands in `tests/spec/meaning.py`: what is asked fixes some facts, and all
others are free. More worlds than can be looked at decide nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from upheld.data import vocabularies
from upheld.model import Action, Among, Every, Kind, Not, Some, facts_of
from upheld.policy.linting.cases import TRUE, Purse, Wish, can_be
from upheld.policy.logic import value, worlds
from upheld.policy.opening import Opening

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from upheld.model import Clause, Policy, Rule
    from upheld.policy.logic import Said, World

_ALWAYS = Every(())
_NEVER = Some(())
_WORLDS = 3_000
"""Worlds that one question looks at; where they do not end there, it stays open."""
_UNSAID = frozenset({"purpose.permits"})
"""What an ask fixes even where it leaves it unknown."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What a form would do with data of a kind for a purpose; `ways` are its channel and source."""

    action: Action
    category: str
    purpose: str
    ways: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Case:
    """A clause with what is left of its conditions once the ask is known.

    What is too large to be spelled out is `unsaid`: nothing is sure of it.
    """

    clause: Clause
    when: Rule
    unless: Rule
    unsaid: bool = False

    def permits(self, world: World) -> bool:
        """Say whether it permits; of an opener, whether it opens."""
        return value(self.when, world, {}) is True and value(self.unless, world, {}) is not True

    def forbids(self, world: World) -> bool:
        """Say whether it forbids."""
        called = value(self.when, world, {})
        fires = called is True or (called is None and self.clause.closed)
        return fires and value(self.unless, world, {}) is not True


def meanings(purpose: str) -> frozenset[str]:
    """Return a purpose and the declared ones that it stands for."""
    stands = vocabularies().entries["purposes"].get(purpose, {}).get("means", [])
    return frozenset({purpose, *(stands if isinstance(stands, list) else ())})


def opens(clause: Clause) -> bool:
    """Say whether a clause permits nothing by itself, and opens sources or channels."""
    return clause.kind is Kind.MAY and bool(clause.scope.sources or clause.scope.channels)


def reaches(clause: Clause, ask: Ask) -> bool:
    """Say whether an ask is of the kind that a *may* or a *never* is about."""
    scope = clause.scope
    return (
        ask.action in clause.what
        and (not scope.categories or ask.category in scope.categories)
        and (not scope.purposes or bool(meanings(ask.purpose) & {*scope.purposes}))
        and (not scope.recipients or "self" in scope.recipients)
    )


class Deciding:
    """What the clauses come to of one ask."""

    def __init__(self, policy: Policy, ask: Ask) -> None:
        self._policy, self._ask = policy, ask
        self._known = _known(policy, ask)
        self._fixed = frozenset(self._known) | _UNSAID
        self._opening = Opening(policy.rules)

    def cases(self, kind: Kind) -> tuple[Case, ...]:
        """Return the clauses of a kind that the ask is within; openers are not among them."""
        return tuple(
            self._case(each)
            for each in self._policy.clauses
            if each.kind is kind and not opens(each) and reaches(each, self._ask)
        )

    def openers(self, way: str) -> tuple[tuple[Clause, ...], tuple[Case, ...]]:
        """Return the clauses that open ways of a sort for the action, and those that open this."""
        every = tuple(
            each
            for each in self._policy.clauses
            if opens(each) and _ways(each, way) and self._ask.action in each.what
        )
        said = self._ask.ways[way]
        fit = (each for each in every if said in _ways(each, way) and reaches(each, self._ask))
        return every, tuple(map(self._case, fit))

    def ever(self, cases: Iterable[Case], wanted: Callable[[World], bool]) -> bool | None:
        """Return whether a world is as wanted, or None where there are too many to say."""
        cases = tuple(cases)
        if any(each.unsaid for each in cases):
            return None
        found = self._worlds([rule for each in cases for rule in (each.when, each.unless)])
        if found is None:
            return None
        for number, world in enumerate(islice(found, _WORLDS + 1)):
            if number == _WORLDS:
                return None
            if wanted(world):
                return True
        return False

    def surely(self, ways: Iterable[Iterable[Case]], nevers: Iterable[Case]) -> bool:
        """Say whether reasoning finds a world in which one of each group permits and none forbids.

        It asks for a little more than must be, so that it may miss one.
        """
        nevers = tuple(nevers)
        if any(each.unsaid for each in nevers):
            return False
        rules: list[Rule] = [
            Some(tuple(Every((each.when, Not(each.unless))) for each in group)) for group in ways
        ]
        rules += [Some((Not(each.when), each.unless)) for each in nevers]
        rules += self._pinned(rules)
        wishes = [Wish(each, TRUE) for each in rules]
        return can_be(wishes, self._policy.facts, Purse()) is True

    def _worlds(self, rules: list[Rule]) -> Iterator[World] | None:
        found = worlds([*rules, *self._pinned(rules)], self._policy.facts)
        if found is None:
            return None
        return (
            {
                **{name: said for name, said in each.items() if name not in self._fixed},
                **self._known,
            }
            for each in found
        )

    def _pinned(self, rules: list[Rule]) -> list[Rule]:
        """Return that the words of the ask are what they are, of those that rules still read."""
        read = {name for rule in rules for name in facts_of(rule)}
        known = {name: self._known.get(name) for name in sorted(read)}
        return [
            Among(name, frozenset({said})) for name, said in known.items() if isinstance(said, str)
        ]

    def _case(self, clause: Clause) -> Case:
        when, unless = map(self._opening.of, (clause.when, clause.unless or _NEVER))
        if when is None or unless is None:
            return Case(clause, _NEVER, _NEVER, unsaid=True)
        return Case(clause, self._settled(when), self._settled(unless))

    def _settled(self, rule: Rule) -> Rule:
        """Return a condition without what the ask already decides."""
        match rule:
            case Not(inner):
                found = self._settled(inner)
                if found in {_ALWAYS, _NEVER}:
                    return _NEVER if found == _ALWAYS else _ALWAYS
                return Not(found)
            case Every(inner):
                left = tuple(each for each in map(self._settled, inner) if each != _ALWAYS)
                return _NEVER if _NEVER in left else Every(left)
            case Some(inner):
                left = tuple(each for each in map(self._settled, inner) if each != _NEVER)
                return _ALWAYS if _ALWAYS in left else Some(left)
            case _ if facts_of(rule) <= self._fixed:
                said = value(rule, self._known, {})
                return rule if said is None else (_ALWAYS if said else _NEVER)
            case _:
                return rule


def _ways(clause: Clause, way: str) -> tuple[str, ...]:
    return clause.scope.channels if way == "channel" else clause.scope.sources


def _known(policy: Policy, ask: Ask) -> dict[str, Said]:
    """Return the facts of an ask, and those that follow from them; data stays with the company."""
    words, means = vocabularies(), meanings(ask.purpose)
    uses = [each for each in policy.clauses if each.kind is Kind.MAY and Action.USE in each.what]
    naming = [each for each in uses if means & {*each.scope.purposes}]
    found: dict[str, Said] = {
        **ask.ways,
        "action": ask.action.value,
        "category": ask.category,
        "purpose": ask.purpose,
        "recipient": "self",
        "recipient.self": True,
        "purpose.declared": bool(naming),
        "purpose.new": False,
        "purpose.marketing": bool(means & words.those("purposes", **{"class": "marketing"})),
        "purpose.essential": bool(means & words.those("purposes", essential=True)),
        "purpose.disposal": bool(means & words.those("purposes", disposal=True)),
        "purpose.combining": False,
    }
    if naming:
        scopes = [each.scope.categories for each in naming]
        found["purpose.permits"] = any(not each or ask.category in each for each in scopes)
    return found
