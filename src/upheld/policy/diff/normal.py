"""Conditions in one form, and which of two holds wherever the other does, as their form shows.

All of this is sound in Kleene's logic. `below` is about its order (no, unknown, yes): a condition
that is below another is true in no more cases, and false in no fewer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from upheld.model import Among, Every, Not, Some

if TYPE_CHECKING:
    from collections.abc import Iterator

    from upheld.model import Rule

BOTH = frozenset({True, False})
"""Both ways: it may hold in more cases (True) and in fewer (False)."""

_NESTED = 200
_MOST = 40_000
"""Pairs of parts that are compared at most."""


def normal(rule: Rule | None) -> Rule:
    """Return a condition with its parts in order, each once, none inside another of its sort."""
    return _normal(rule, opposite=False) if rule else Every(())


def _normal(rule: Rule, *, opposite: bool) -> Rule:
    match rule:
        case Not(inner):
            return _normal(inner, opposite=not opposite)
        case Every(inner) | Some(inner):
            sort = Every if isinstance(rule, Every) is not opposite else Some
            found: dict[Rule, str] = {}
            for each in inner:
                one = _normal(each, opposite=opposite)
                found |= {
                    part: _key(part) for part in (one.of if isinstance(one, sort) else (one,))
                }
            left = _absorbed(sorted(found, key=found.__getitem__), sort)
            return left[0] if len(left) == 1 else sort(tuple(left))
        case _:
            return Not(rule) if opposite else rule


def _key(rule: Rule) -> str:
    match rule:
        case Among(fact, frozenset() as words):
            return f"{fact} in {sorted(words)}"
        case Not(inner):
            return f"not {_key(inner)}"
        case Every(inner) | Some(inner):
            return f"{type(rule).__name__}({', '.join(map(_key, inner))})"
        case _:
            return repr(rule)


def _absorbed(every: list[Rule], sort: type[Every | Some]) -> list[Rule]:
    """Return parts without those that another makes needless: `a or (a and b)` is `a`."""
    within: type[Every | Some] = Some if sort is Every else Every
    sets = [frozenset(each.of) if isinstance(each, within) else frozenset({each}) for each in every]
    nested = [each for each in sets if len(each) > 1]
    if not nested:
        return every
    single = {part for each in sets if len(each) == 1 for part in each}
    few = nested if len(nested) <= _NESTED else []
    return [
        each
        for each, parts in zip(every, sets, strict=True)
        if len(parts) == 1 or not (parts & single or any(other < parts for other in few))
    ]


def moves(old: Rule | None, new: Rule | None) -> frozenset[bool]:
    """Return which ways the cases can move in which a condition is true; what it points at stays.

    >>> from upheld.model import Says
    >>> moves(Says("a"), Some((Says("b"), Says("a"))))
    frozenset({True})
    """
    was, now = normal(old), normal(new)
    if was == now:
        return frozenset()
    look = _Below()
    found = BOTH
    found -= {False} if look.below(was, now) else set()
    return found - ({True} if look.below(now, was) else set())


class _Below:
    """Looks whether a condition in its normal form is below another; gives up after `_MOST`."""

    def __init__(self) -> None:
        self._found: dict[tuple[int, int], bool] = {}

    def below(self, one: Rule, other: Rule) -> bool:
        """Say whether the first is true only where the second is, as far as their form shows."""
        key = id(one), id(other)
        if key not in self._found:
            if len(self._found) > _MOST:
                return False
            self._found[key] = False
            self._found[key] = one == other or any(self._reasons(one, other))
        return self._found[key]

    def _reasons(self, one: Rule, other: Rule) -> Iterator[bool]:
        match one, other:
            case Among(fact, frozenset() as words), Among(same, frozenset() as more):
                yield fact == same and words <= more
            case Not(Among() as inner), Not(Among() as outer):
                yield self.below(outer, inner)
            case _:
                pass
        if isinstance(one, Some):
            yield all(self.below(each, other) for each in one.of)
        elif isinstance(other, Every):
            yield all(self.below(one, each) for each in other.of)
        if isinstance(one, Every):
            yield any(self.below(each, other) for each in one.of)
        if isinstance(other, Some):
            yield any(self.below(one, each) for each in other.of)
