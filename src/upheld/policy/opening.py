"""Conditions with what they point at put in its place, each clause spelled out once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from upheld.model import Every, Not, Points, Says, Some, parts, points_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from upheld.model import Rule
    from upheld.policy.logic import Rules

LARGEST = 300
"""Nodes of what a clause says, with all it points at, above which nobody spells it out."""

_ALWAYS = Every(())


@dataclass(slots=True)
class Opening:
    """What the clauses of a version say, with what they point at put in its place.

    A clause of `still`, if too large to spell out or if `opaque`, is a fact of its own, that says
    yes, no or nothing. A large one that is not there cannot be said at all.
    """

    rules: Rules
    still: Collection[str] = ()
    opaque: bool = False
    _said: dict[str, Rule | None] = field(default_factory=dict)
    _sizes: dict[str, int] = field(default_factory=dict)

    @classmethod
    def alone(cls, rules: Rules) -> Opening:
        """Return how a version is opened that is compared with no other."""
        return cls(rules, rules)

    def of(self, rule: Rule | None) -> Rule | None:
        """Return a condition that points at nothing any more; None: it cannot be said."""
        if rule is None:
            return _ALWAYS
        for id in self._pointed_first(rule):
            self._spell(id)
        return self._put_in(rule)

    def _pointed_first(self, rule: Rule) -> Iterator[str]:
        """Yield every id not yet spelled out, after those it points at; there is no circle."""
        stack = [(id, True) for id in points_of(rule)]
        while stack:
            id, entering = stack.pop()
            if id in self._said:
                continue
            if not entering:
                yield id
                continue
            stack.append((id, False))
            inner = self.rules.get(id)
            stack += [(each, True) for each in points_of(inner)] if inner else []

    def _spell(self, id: str) -> None:
        rule = self.rules.get(id) or _ALWAYS
        every = parts(rule)
        inner = sum(self._sizes[each.clause] for each in every if isinstance(each, Points))
        self._sizes[id] = size = len(every) + inner
        if (size > LARGEST or self.opaque) and id in self.still:
            self._said[id], self._sizes[id] = Says(id), 1
        else:
            self._said[id] = self._put_in(rule) if size <= LARGEST else None

    def _put_in(self, rule: Rule) -> Rule | None:
        match rule:
            case Points(clause):
                return self._said[clause]
            case Not(inner):
                found = self._put_in(inner)
                return None if found is None else Not(found)
            case Every(inner) | Some(inner):
                every = tuple(each for one in inner if (each := self._put_in(one)) is not None)
                return type(rule)(every) if len(every) == len(inner) else None
            case _:
                return rule
