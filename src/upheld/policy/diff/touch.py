"""Which clauses point at what changed, if only through others."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from upheld.model import points_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from upheld.policy.diff.version import Version


@dataclass(frozen=True, slots=True)
class Touch:
    """Which clauses changed in their `when`, and which point at one of these."""

    changed: frozenset[str]
    touched: frozenset[str]
    points: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, before: Version, after: Version, changed: frozenset[str]) -> Touch:
        """Return what changes touch, in either version."""
        points = points_in((before, after))
        touched = reaching(points, changed)
        return cls(changed, touched, points)

    def through(self, id: str) -> tuple[str, ...]:
        """Return the changed clauses that a clause points at, in order."""
        seen: set[str] = set()
        waiting = [id] if id in self.touched else []
        while waiting:
            for each in self.points.get(waiting.pop(), ()):
                if each not in seen and (each in self.touched or each in self.changed):
                    seen.add(each)
                    waiting.append(each)
        return tuple(sorted(seen & self.changed))


def points_in(versions: Iterable[Version]) -> dict[str, frozenset[str]]:
    """Return the clauses that each clause points at, in any of some versions."""
    found: dict[str, frozenset[str]] = {}
    for version in versions:
        for id in version.clauses:
            for rule in version.rule(id):
                pointed = points_of(rule)
                if pointed:
                    found[id] = found.get(id, frozenset()) | pointed
    return found


def reaching(points: Mapping[str, frozenset[str]], ends: Collection[str]) -> frozenset[str]:
    """Return what points at one of some clauses, if only through others."""
    back: dict[str, list[str]] = defaultdict(list)
    for id, pointed in points.items():
        for each in pointed:
            back[each].append(id)
    found: set[str] = set()
    waiting = [*ends]
    while waiting:
        for each in back.get(waiting.pop(), ()):
            if each not in found:
                found.add(each)
                waiting.append(each)
    return frozenset(found)


def steady(one: tuple[Version, Version], other: tuple[Version, Version]) -> frozenset[str]:
    """Return the clauses that change alike under two profiles, with all that they point at."""
    if any(first.openers != second.openers for first, second in zip(one, other, strict=True)):
        return frozenset()
    differing: set[str] = set()
    for first, second in zip(one, other, strict=True):
        for id in {*first.clauses} | {*second.clauses}:
            clause, twin = first.clauses.get(id), second.clauses.get(id)
            if clause is not twin and clause != twin:
                differing.add(id)
    unsteady = differing | reaching(points_in((*one, *other)), differing)
    both = {*one[0].clauses} & {*one[1].clauses} - unsteady
    return frozenset(id for id in both if not any(each.clauses[id].limits for each in one))
