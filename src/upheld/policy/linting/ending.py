"""Whether what is kept comes to an end, because a condition hangs on something that changes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from upheld.model import (
    Among,
    Compared,
    Every,
    Kind,
    Known,
    Not,
    Says,
    Some,
)
from upheld.model.rules import COMPANY
from upheld.policy.linting.cases import NOT_TRUE, TRUE, Purse, Wish, can_be

if TYPE_CHECKING:
    from collections.abc import Iterator

    from upheld.model import Clause, Fact, Policy, Rule
    from upheld.policy.linting.spelled import Spelled
    from upheld.policy.linting.wordings import Wordings

_LATER = "'"


def unending(policy: Policy, spelled: Spelled, english: Wordings) -> frozenset[str]:
    """Return the *keep* clauses that have no term and whose `when` nothing ends.

    A `when` ends if there is a case in which it is true, and in which a fact that changes by itself
    (a need, a contract, a claim), or one of the company's own, makes it not true by taking another
    value; that the fact becomes unknown is no end. Where that costs too much to say, it ends.
    """
    asking = _Asking(spelled, Purse())
    return frozenset(
        each.id
        for each in policy.clauses
        if each.kind is Kind.KEEP and each.schedule is None and not asking.ends(each, english)
    )


class _Asking:
    """Asks of one clause after the other, from one purse."""

    def __init__(self, spelled: Spelled, purse: Purse) -> None:
        self.spelled = spelled
        self.purse = purse
        self.alive: list[Rule] = []
        self.facts = dict(spelled.facts)

    def ends(self, clause: Clause, english: Wordings) -> bool:
        if clause.when is None:
            return False
        facts = sorted(self._changing(clause, english))
        if clause.id in self.spelled.large:
            return bool(facts)
        return any(self._changes(clause, each) for each in facts)

    def _changing(self, clause: Clause, english: Wordings) -> Iterator[str]:
        ending = english.words["ending"]
        if clause.ground in english.words["history"]:
            ending -= english.words["history-goes-on"]
        for name in self.spelled.asks[clause.id]:
            if name in ending or self.spelled.facts[name].of == COMPANY:
                yield name

    def _changes(self, clause: Clause, fact: str) -> bool:
        """Say whether a clause holds in a case, and no more when this fact alone is another."""
        when, unless = self.spelled.when[clause.id], self.spelled.unless[clause.id]
        self.facts[fact + _LATER] = _renamed(self.spelled.facts[fact])
        wishes = [*_wishes(when, TRUE), *_wishes(unless, NOT_TRUE)]
        wishes += [Wish(Known(fact), TRUE), Wish(Known(fact + _LATER), TRUE)]
        ways = (
            *_wishes(_later(when, fact), NOT_TRUE),
            *_wishes(_later(unless, fact), TRUE),
        )
        self.alive += [each.rule for each in (*wishes, *ways)]
        return any(can_be([*wishes, each], self.facts, self.purse) is not False for each in ways)


def _wishes(rule: Rule | None, values: frozenset[bool | None]) -> list[Wish]:
    return [] if rule is None else [Wish(rule, values)]


def _renamed(fact: Fact) -> Fact:
    return replace(fact, name=fact.name + _LATER)


def _later(rule: Rule | None, fact: str) -> Rule | None:
    """Return a condition that asks about another fact in the place of one."""
    return None if rule is None else _asking(rule, fact)


def _asking(rule: Rule, fact: str) -> Rule:
    def name(asked: str) -> str:
        return asked + _LATER if asked == fact else asked

    match rule:
        case Says(asked) | Known(asked):
            return replace(rule, fact=name(asked))
        case Among(asked, words):
            return Among(name(asked), name(words) if isinstance(words, str) else words)
        case Compared(asked, order, to):
            return Compared(name(asked), order, name(to) if isinstance(to, str) else to)
        case Not(inner):
            return Not(_asking(inner, fact))
        case Every(inner) | Some(inner):
            return type(rule)(tuple(_asking(each, fact) for each in inner))
        case _:
            return rule
