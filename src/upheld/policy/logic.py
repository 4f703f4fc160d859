"""What a condition comes to in a world of facts, and worlds enough to tell conditions apart."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product
from math import prod
from typing import TYPE_CHECKING, TypeAlias

from upheld.model import (
    Among,
    Compared,
    Every,
    FactType,
    Known,
    Not,
    Order,
    Points,
    Says,
    Some,
    facts_of,
    parts,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from upheld.model import Fact, Rule

Said: TypeAlias = "bool | str | frozenset[str] | int | date"
World: TypeAlias = "Mapping[str, Said]"
Rules: TypeAlias = "Mapping[str, Rule | None]"

MOST_WORLDS = 100_000
_OTHER = "another"


def value(rule: Rule | None, world: World, rules: Rules) -> bool | None:  # noqa: PLR0911
    """Return whether a condition is true, by Kleene's strong logic: None is unknown.

    No condition is true. `rules` are the conditions of the clauses that one may point at.
    """
    match rule:
        case None:
            return True
        case Says(fact):
            found = world.get(fact)
            return found if isinstance(found, bool) else None
        case Known(fact):
            return fact in world
        case Points(clause):
            return value(rules[clause], world, rules)
        case Among(fact, words):
            return _among(world.get(fact), world.get(words) if isinstance(words, str) else words)
        case Compared(fact, order, to):
            return _compared(world.get(fact), order, world.get(to) if isinstance(to, str) else to)
        case Not(inner):
            found = value(inner, world, rules)
            return None if found is None else not found
        case Every(inner):
            return _least(value(each, world, rules) for each in inner)
        case Some(inner):
            opposite = _least(_denied(value(each, world, rules)) for each in inner)
            return _denied(opposite)


def _denied(found: bool | None) -> bool | None:  # noqa: FBT001 (a truth value, not a choice)
    return None if found is None else not found


def _least(values: Iterable[bool | None]) -> bool | None:
    found: bool | None = True
    for each in values:
        if each is False:
            return False
        found = found and each
    return found


def _among(word: Said | None, words: Said | None) -> bool | None:
    if not isinstance(word, str) or not isinstance(words, frozenset):
        return None
    return word in words


def _compared(left: Said | None, order: Order, right: Said | None) -> bool | None:
    if isinstance(left, date) and isinstance(right, date):
        return _ordered(left.toordinal(), order, right.toordinal())
    if isinstance(left, int) and isinstance(right, int):
        return _ordered(left, order, right)
    return None


def _ordered(left: int, order: Order, right: int) -> bool:
    match order:
        case Order.IS:
            return left == right
        case Order.LESS:
            return left < right
        case Order.AT_MOST:
            return left <= right
        case Order.MORE:
            return left > right
        case Order.AT_LEAST:
            return left >= right


def worlds(rules: Iterable[Rule], facts: Mapping[str, Fact]) -> Iterator[World] | None:
    """Return worlds enough to tell these conditions apart, or None where there are too many.

    Each fact that is asked about takes each value that a condition names, one that none names,
    and no value. The conditions point at nothing any more.
    """
    every = [each for rule in rules for each in parts(rule)]
    names = sorted({name for rule in rules for name in facts_of(rule)})
    choices = [_choices(facts[name], every) for name in names]
    if prod(map(len, choices)) > MOST_WORLDS:
        return None
    return (
        {name: said for name, said in zip(names, each, strict=True) if said is not None}
        for each in product(*choices)
    )


def _choices(fact: Fact, rules: list[Rule]) -> list[Said | None]:
    unsaid: list[Said | None] = [] if fact.closed else [None]
    match fact.type:
        case FactType.YES_NO:
            return [True, False, *unsaid]
        case FactType.WORD:
            return [*_named(fact.name, rules), _OTHER, *unsaid]
        case FactType.WORDS:
            asked = {r.fact for r in rules if isinstance(r, Among) and r.words == fact.name}
            words = sorted({word for each in asked for word in _named(each, rules)})
            return [
                frozenset(),
                *(frozenset({w}) for w in words),
                frozenset({*words, _OTHER}),
                None,
            ]
        case FactType.NUMBER:
            return [*_around(rules, int), *unsaid]
        case FactType.DATE:
            return [*_around(rules, date), *unsaid]


def _named(fact: str, rules: list[Rule]) -> list[str]:
    return sorted(
        {
            word
            for each in rules
            if isinstance(each, Among) and each.fact == fact and isinstance(each.words, frozenset)
            for word in each.words
        }
    )


def _around(rules: list[Rule], kind: type[int | date]) -> list[Said]:
    """Return every value that a fact is compared with, and one on either side of each.

    Those of all facts: two that are compared with each other must be able to meet anywhere.
    """
    named = {each.to for each in rules if isinstance(each, Compared)}
    if kind is date:
        days = {each for each in named if isinstance(each, date)} or {date(2020, 1, 1)}
        step = timedelta(days=1)
        return sorted({near for day in days for near in (day - step, day, day + step)})
    numbers = {each for each in named if isinstance(each, int)} or {1}
    return sorted({near for number in numbers for near in (number - 1, number, number + 1)})
