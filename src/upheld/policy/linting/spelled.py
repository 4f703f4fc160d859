"""The conditions of a policy spelled out, what they point at put in its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from upheld.model import (
    Among,
    Compared,
    Every,
    Not,
    Points,
    Some,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from upheld.model import Fact, Policy, Rule

LARGEST = 300
"""Nodes of a condition, with all it points at, above which nobody spells it out."""

_ALWAYS = Every(())
_NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Spelled:
    """What each clause says in `when` and `unless`, by its id.

    `asks` are the facts that either asks about, itself or by pointing, and `regions` the regions
    that either names; `asks_itself` leaves out what it points at. A clause whose condition is too
    large to spell out is in `large`, and what it says is missing from the first two.
    """

    when: Mapping[str, Rule | None]
    unless: Mapping[str, Rule | None]
    asks: Mapping[str, frozenset[str]]
    asks_itself: Mapping[str, frozenset[str]]
    regions: Mapping[str, frozenset[str]]
    facts: Mapping[str, Fact]
    large: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Walked:
    """What one look at a condition sees: nodes, facts, regions, and the clauses it points at."""

    nodes: int = 1
    facts: frozenset[str] = _NOTHING
    regions: frozenset[str] = _NOTHING
    points: tuple[str, ...] = ()


_EMPTY = _Walked()


def spell(policy: Policy) -> Spelled:
    """Return the conditions of a policy, each pointing at nothing any more."""
    clauses = {each.id: each for each in policy.clauses}
    whens = {id: _walked(each.when) for id, each in clauses.items()}
    others = {id: _walked(each.unless) for id, each in clauses.items()}
    sizes: dict[str, int] = {}
    regions: dict[str, frozenset[str]] = {}
    asks: dict[str, frozenset[str]] = {}
    when: dict[str, Rule | None] = {}
    for id in _pointed_first(whens):
        walked = whens[id]
        sizes[id] = _size(walked, sizes)
        asks[id] = walked.facts.union(*(asks[each] for each in walked.points))
        regions[id] = walked.regions.union(*(regions[each] for each in walked.points))
        if sizes[id] <= LARGEST:
            when[id] = _put_in(clauses[id].when, walked, when)
    unless: dict[str, Rule | None] = {}
    large = set(clauses) - set(when)
    both: dict[str, frozenset[str]] = {}
    named: dict[str, frozenset[str]] = {}
    for id, walked in others.items():
        both[id] = asks[id].union(walked.facts, *(asks[each] for each in walked.points))
        named[id] = regions[id].union(walked.regions, *(regions[each] for each in walked.points))
        if _size(walked, sizes) > LARGEST:
            large.add(id)
        elif id not in large:
            unless[id] = _put_in(clauses[id].unless, walked, when)
    itself = {id: each.facts | others[id].facts for id, each in whens.items()}
    return Spelled(when, unless, both, itself, named, policy.facts, frozenset(large))


def _walked(rule: Rule | None) -> _Walked:
    if rule is None:
        return _EMPTY
    nodes, points = 0, []
    facts: set[str] = set()
    regions: set[str] = set()
    stack: list[Rule] = [rule]
    while stack:
        each = stack.pop()
        nodes += 1
        if isinstance(each, Every | Some):
            stack += each.of
        elif isinstance(each, Not):
            stack.append(each.of)
        elif isinstance(each, Points):
            points.append(each.clause)
        else:
            facts.add(each.fact)
            if isinstance(each, Among):
                if isinstance(each.words, str):
                    facts.add(each.words)
                elif each.fact == "region":
                    regions |= each.words
            elif isinstance(each, Compared) and isinstance(each.to, str):
                facts.add(each.to)
    return _Walked(nodes, frozenset(facts), frozenset(regions), tuple(points))


def _pointed_first(walked: Mapping[str, _Walked]) -> Iterator[str]:
    """Yield every id once, after those that its condition points at; there is no circle."""
    done: set[str] = set()
    for start in walked:
        stack = [(start, True)]
        while stack:
            id, entering = stack.pop()
            if id in done:
                continue
            if not entering:
                done.add(id)
                yield id
                continue
            stack.append((id, False))
            stack += [(each, True) for each in walked[id].points]


def _size(walked: _Walked, sizes: Mapping[str, int]) -> int:
    return walked.nodes + sum(sizes[each] for each in walked.points)


def _put_in(rule: Rule | None, walked: _Walked, said: Mapping[str, Rule | None]) -> Rule | None:
    """Return a condition with what it points at, spelled out before, in its place."""
    return rule if rule is None or not walked.points else _replaced(rule, said)


def _replaced(rule: Rule, said: Mapping[str, Rule | None]) -> Rule:
    match rule:
        case Points(clause):
            return said[clause] or _ALWAYS
        case Not(inner):
            return Not(_replaced(inner, said))
        case Every(inner):
            return Every(tuple(_replaced(each, said) for each in inner))
        case Some(inner):
            return Some(tuple(_replaced(each, said) for each in inner))
        case _:
            return rule
