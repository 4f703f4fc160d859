"""In which cases a condition holds: every case that conditions can tell apart is one bit.

A set of cases is an integer, so that two conditions are compared in a few operations on it. Its
meaning is that of `policy.logic.value`, and a test holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import reduce
from math import prod
from operator import or_
from typing import TYPE_CHECKING

from upheld.model import (
    Among,
    Compared,
    Every,
    Fact,
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
from upheld.policy.diff.choices import alike, choices_of, number, related
from upheld.policy.opening import Opening

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from upheld.model import Clause, Rule
    from upheld.policy.diff.choices import Choice
    from upheld.policy.logic import Rules

MOST_CASES = 1 << 20
ALL_CASES = 1 << 25
"""Cases that one comparison of two versions may look at, all in all, but for what is free."""
FREE = 1 << 10

_ORDERS: dict[Order, Callable[[int, int], bool]] = {
    Order.IS: lambda left, right: left == right,
    Order.LESS: lambda left, right: left < right,
    Order.AT_MOST: lambda left, right: left <= right,
    Order.MORE: lambda left, right: left > right,
    Order.AT_LEAST: lambda left, right: left >= right,
}


@dataclass(frozen=True, slots=True)
class Condition:
    """When a clause holds: `when` is true (or unknown, if `closed`) and `unless` is not true.

    Neither points at another clause any more.
    """

    when: Rule
    unless: Rule | None = None
    closed: bool = False

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The trees of a condition."""
        return (self.when,) if self.unless is None else (self.when, self.unless)


def conditioned(clause: Clause, opening: Opening | Rules) -> Condition:
    """Return when a clause of a version holds, with what it points at put in its place."""
    given = opening if isinstance(opening, Opening) else Opening.alone(opening)
    found = within(clause, given)
    if found is None:
        raise ValueError(f"`{clause.id}` points at what is too large to be spelled out")
    return found


def within(clause: Clause, opening: Opening) -> Condition | None:
    """Return when a clause holds, or None where what it points at is too large to say it."""
    when = opening.of(clause.when)
    unless = opening.of(clause.unless) if clause.unless else None
    if when is None or (clause.unless and unless is None):
        return None
    return Condition(when, unless, clause.closed)


@dataclass(slots=True)
class Purse:
    """How many more cases may be looked at; few are always free."""

    left: int = ALL_CASES

    def pays(self, size: int) -> bool:
        """Take the price of so many cases, if it is there."""
        if size <= FREE:
            return True
        if size > self.left:
            return False
        self.left -= size
        return True


@dataclass(slots=True)
class Cases:
    """Every case that some conditions can tell apart: each fact with each of its choices.

    `related` facts are compared with another fact: of these, a choice alone says nothing. Words
    that no condition tells apart are one choice, the first of them; `alike` has them all.
    """

    facts: dict[str, Fact]
    choices: dict[str, tuple[Choice, ...]]
    related: frozenset[str] = frozenset()
    alike: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)
    _bits: dict[str, tuple[int, ...]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        conditions: Iterable[Condition],
        facts: Mapping[str, Fact],
        purse: Purse | None = None,
    ) -> Cases | None:
        """Return the cases that conditions can tell apart, or None where they are too many.

        What is no fact is an opaque clause, which says yes, no or nothing.
        """
        rules = [rule for each in conditions for rule in each.rules]
        every = [part for rule in rules for part in parts(rule)]
        names = sorted({name for rule in rules for name in facts_of(rule)})
        asked = {name: facts.get(name) or _opaque(name) for name in names}
        choices = {name: tuple(choices_of(asked[name], every)) for name in names}
        found = cls(asked, choices, related(every), {name: alike(name, every) for name in names})
        size = found.size
        return found if size <= MOST_CASES and (purse is None or purse.pays(size)) else None

    @property
    def size(self) -> int:
        """How many cases there are."""
        return prod(map(len, self.choices.values()))

    @property
    def all(self) -> int:
        """Every case."""
        return (1 << self.size) - 1

    def bits(self, name: str) -> tuple[int, ...]:
        """Return, for each choice of a fact, the cases in which it is that."""
        if name not in self._bits:
            self._bits[name] = self._drawn(name)
        return self._bits[name]

    def _drawn(self, name: str) -> tuple[int, ...]:
        names = list(self.choices)
        stride = prod(len(self.choices[each]) for each in names[: names.index(name)])
        many = len(self.choices[name])
        block = (1 << stride) - 1
        return tuple(self._repeated(block << (at * stride), stride * many) for at in range(many))

    def _repeated(self, bits: int, length: int) -> int:
        while length < self.size:
            bits |= bits << length
            length *= 2
        return bits & self.all

    def holding(self, condition: Condition) -> int:
        """Return the cases in which a clause with this condition holds."""
        true, false = self.true_false(condition.when)
        held = self.all & ~false if condition.closed else true
        return held & ~self.true_false(condition.unless)[0] if condition.unless else held

    def true_false(  # noqa: C901, PLR0911 (one line for each sort of rule)
        self, rule: Rule
    ) -> tuple[int, int]:
        """Return the cases in which a rule is true, and those in which it is false."""
        match rule:
            case Says(fact):
                return self._where(fact, lambda said: said is True)
            case Known(fact):
                true, _ = self._where(fact, lambda said: said is not None)
                return true, self.all & ~true
            case Among(fact, str(other)):
                return self._both(fact, other, _within)
            case Among(fact, words):
                return self._where(fact, lambda said: said in words)
            case Compared(fact, order, str(other)):
                return self._both(fact, other, lambda a, b: _ORDERS[order](number(a), number(b)))
            case Compared(fact, order, to):
                other_side = number(to)
                return self._where(fact, lambda a: _ORDERS[order](number(a), other_side))
            case Not(inner):
                true, false = self.true_false(inner)
                return false, true
            case Every(inner):
                return self._every([self.true_false(each) for each in inner])
            case Some(inner):
                false, true = self._every([self.true_false(each)[::-1] for each in inner])
                return true, false
            case Points(clause):
                raise ValueError(f"`{clause}` is still pointed at; expand the condition first")

    def _every(self, pairs: Sequence[tuple[int, int]]) -> tuple[int, int]:
        true, false = self.all, 0
        for one_true, one_false in pairs:
            true, false = true & one_true, false | one_false
        return true, false

    def _where(self, fact: str, test: Callable[[Choice], bool]) -> tuple[int, int]:
        true = false = 0
        for said, bits in zip(self.choices[fact], self.bits(fact), strict=True):
            if said is not None:
                true, false = (true | bits, false) if test(said) else (true, false | bits)
        return true, false

    def _both(
        self, fact: str, other: str, test: Callable[[Choice, Choice], bool]
    ) -> tuple[int, int]:
        true = false = 0
        for said, bits in zip(self.choices[other], self.bits(other), strict=True):
            if said is not None:
                yes, no = self._where(fact, lambda mine, said=said: test(mine, said))  # type: ignore[misc]
                true, false = true | yes & bits, false | no & bits
        return true, false

    def some(self, name: str, which: Iterable[int]) -> int:
        """Return the cases in which a fact has one of its choices, by their numbers."""
        bits = self.bits(name)
        return reduce(or_, (bits[at] for at in which), 0)


def _opaque(clause: str) -> Fact:
    return Fact(clause, clause, "clause", FactType.YES_NO)


def _within(word: Choice, words: Choice) -> bool:
    return isinstance(words, frozenset) and word in words
