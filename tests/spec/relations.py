"""How two conditions stand to each other: the slow, obvious judge, which looks at every world."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from upheld.policy.logic import value, worlds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from upheld.model import Fact, Rule


class Relation(StrEnum):
    """How the cases in which one condition is true stand to those of another."""

    SAME = "in the same cases"
    WIDER = "in more cases"
    NARROWER = "in fewer cases"
    OTHER = "in other cases"


def relation(before: Rule, after: Rule, facts: Mapping[str, Fact]) -> Relation | None:
    """Return how the cases of `after` stand to those of `before`, or None where nobody can say."""
    every = worlds((before, after), facts)
    if every is None:
        return Relation.SAME if before == after else None
    lost = gained = False
    for world in every:
        old, new = value(before, world, {}) is True, value(after, world, {}) is True
        lost, gained = lost or (old and not new), gained or (new and not old)
    return {
        (False, False): Relation.SAME,
        (False, True): Relation.WIDER,
        (True, False): Relation.NARROWER,
        (True, True): Relation.OTHER,
    }[lost, gained]


def possible(rule: Rule, facts: Mapping[str, Fact]) -> bool | None:
    """Return whether any world makes a condition true, or None where nobody can say."""
    every = worlds((rule,), facts)
    return None if every is None else any(value(rule, world, {}) is True for world in every)
