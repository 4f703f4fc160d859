"""Whether conditions come to given values in any case; exact, within a purse of work."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from upheld.model import Every, Not, Some, facts_of
from upheld.policy.logic import value, worlds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from upheld.model import Fact, Rule

    Values = frozenset[bool | None]

TRUE: Values = frozenset({True})
FALSE: Values = frozenset({False})
NOT_TRUE: Values = frozenset({False, None})
_FEW = 3
"""Facts whose worlds are sooner looked through than reasoned about."""
_PRICE = 5
"""What asking once costs, in worlds."""
_OPPOSITE = {True: False, False: True, None: None}


@dataclass(frozen=True, slots=True)
class Wish:
    """A condition that must come to one of these values; it points at nothing any more."""

    rule: Rule
    values: Values


@dataclass(slots=True)
class Purse:
    """How much work may still be done, in worlds looked at, and what was found so far.

    One question takes at most `most` of them; what is not known then stays unknown. Conditions are
    told apart by which object they are, so they must live as long as the purse.
    """

    left: int = 12_000
    most: int = 4_000
    known: dict[tuple[tuple[int, Values], ...], bool | None] = field(default_factory=dict)
    asked: dict[int, frozenset[str]] = field(default_factory=dict)

    def asks(self, rule: Rule) -> frozenset[str]:
        """Return the facts that a condition asks about."""
        found = self.asked.get(id(rule))
        if found is None:
            found = self.asked[id(rule)] = facts_of(rule)
        return found


def can_be(wishes: Iterable[Wish], facts: Mapping[str, Fact], purse: Purse) -> bool | None:
    """Return whether one world fulfils all wishes, or None where that costs too much to say.

    Wishes that share no fact are looked at apart, so that their worlds add up and do not multiply.
    """
    purse.left -= _PRICE
    if purse.left <= 0:
        return None
    answer: bool | None = True
    for each in _apart(_split(wishes), purse):
        found = _one(each, facts, purse)
        if found is False:
            return False
        answer = None if found is None else answer
    return answer


def _split(wishes: Iterable[Wish]) -> list[Wish]:
    """Return the same wishes, of the smallest conditions that say the same."""
    found: list[Wish] = []
    waiting = list(wishes)
    while waiting:
        wish = waiting.pop()
        match wish.rule:
            case Not(inner):
                waiting.append(Wish(inner, frozenset(_OPPOSITE[each] for each in wish.values)))
            case Every(inner) if wish.values == TRUE or (
                None in wish.values and True in wish.values
            ):
                waiting += [Wish(each, wish.values) for each in inner]
            case Some(inner) if True not in wish.values and False in wish.values:
                waiting += [Wish(each, wish.values) for each in inner]
            case _:
                found.append(wish)
    return found


def _apart(wishes: list[Wish], purse: Purse) -> list[tuple[Wish, ...]]:
    """Return the wishes in groups that share no fact."""
    groups: list[tuple[frozenset[str], tuple[Wish, ...]]] = []
    for wish in wishes:
        names = purse.asks(wish.rule)
        group: tuple[Wish, ...] = (wish,)
        rest = []
        for known, others in groups:
            if known.isdisjoint(names):
                rest.append((known, others))
            else:
                names, group = names | known, (*others, *group)
        groups = [*rest, (names, group)]
    return [group for _, group in groups]


def _one(wishes: tuple[Wish, ...], facts: Mapping[str, Fact], purse: Purse) -> bool | None:
    key = tuple((id(each.rule), each.values) for each in wishes)
    if key not in purse.known:
        choice = next((each for each in wishes if _is_choice(each)), None)
        names = {name for each in wishes for name in purse.asks(each.rule)}
        if choice is None or len(names) <= _FEW:
            purse.known[key] = _looked(wishes, facts, purse)
        else:
            others = tuple(each for each in wishes if each is not choice)
            purse.known[key] = _chosen(choice, others, facts, purse)
    return purse.known[key]


def _is_choice(wish: Wish) -> bool:
    """Say whether a wish is fulfilled as soon as one part of its condition fulfils it."""
    match wish.rule:
        case Some():
            return True in wish.values and False not in wish.values
        case Every():
            return False in wish.values and True not in wish.values
        case _:
            return False


def _chosen(
    choice: Wish, others: tuple[Wish, ...], facts: Mapping[str, Fact], purse: Purse
) -> bool | None:
    """Try each part of a choice beside the other wishes, the first that works."""
    inner = choice.rule.of if isinstance(choice.rule, Some | Every) else ()
    answer: bool | None = False
    for each in inner:
        found = can_be([*others, Wish(each, choice.values)], facts, purse)
        if found is True:
            return True
        answer = None if found is None else answer
    return answer


def _looked(wishes: tuple[Wish, ...], facts: Mapping[str, Fact], purse: Purse) -> bool | None:
    every = worlds([each.rule for each in wishes], facts)
    if every is None:
        return None
    for number, world in enumerate(every):
        if number >= purse.most or purse.left <= 0:
            return None
        purse.left -= 1
        if all(value(each.rule, world, {}) in each.values for each in wishes):
            return True
    return False
