"""Which values of a fact are enough to tell conditions apart."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import TYPE_CHECKING, TypeAlias

from upheld.model import Among, Compared, Fact, FactType

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from upheld.model import Rule

Choice: TypeAlias = "bool | str | int | frozenset[str] | None"

OTHER = "another"


def choices_of(fact: Fact, every: Sequence[Rule]) -> list[Choice]:
    """Return values enough of a fact to tell apart what conditions ask of it."""
    unsaid: list[Choice] = [] if fact.closed else [None]
    match fact.type:
        case FactType.YES_NO:
            return [True, False, *unsaid]
        case FactType.WORD:
            named = [*alike(fact.name, every)]
            whole = {word for words in alike(fact.name, every).values() for word in words}
            others = [] if fact.words is not None and fact.words <= whole else [OTHER]
            return [*named, *others, *unsaid]
        case FactType.WORDS:
            asked = [
                each.fact for each in every if isinstance(each, Among) and each.words == fact.name
            ]
            words = sorted({word for one in asked for word in alike(one, every)})
            return [
                frozenset(),
                *(frozenset({w}) for w in words),
                frozenset({*words, OTHER}),
                *unsaid,
            ]
        case FactType.NUMBER | FactType.DATE:
            return [*_around(fact, every), *unsaid]


def alike(fact: str, every: Iterable[Rule]) -> dict[str, tuple[str, ...]]:
    """Return the words that conditions name of a fact, by the first of those always together."""
    lists = {
        each.words
        for each in every
        if isinstance(each, Among) and each.fact == fact and isinstance(each.words, frozenset)
    }
    together: dict[frozenset[frozenset[str]], list[str]] = defaultdict(list)
    for word in sorted({word for each in lists for word in each}):
        together[frozenset(each for each in lists if word in each)].append(word)
    return {words[0]: tuple(words) for words in together.values()}


def _around(fact: Fact, every: Iterable[Rule]) -> list[int]:
    """Return every number a fact is compared with, if only through others, and its neighbours."""
    compared = [each for each in every if isinstance(each, Compared)]
    linked = fact.name in related(compared)
    named = {
        number(each.to)
        for each in compared
        if not isinstance(each.to, str) and (linked or each.fact == fact.name)
        if isinstance(each.to, date) is (fact.type is FactType.DATE)
    }
    middle = named or {date(2020, 1, 1).toordinal() if fact.type is FactType.DATE else 1}
    return sorted({near for each in middle for near in (each - 1, each, each + 1)})


def related(every: Iterable[Rule]) -> frozenset[str]:
    """Return the facts that are compared with another fact."""
    found: set[str] = set()
    for each in every:
        match each:
            case Among(fact, str(other)) | Compared(fact, _, str(other)):
                found |= {fact, other}
            case _:
                pass
    return frozenset(found)


def number(said: Choice | date) -> int:
    """Return a number or a date as a number."""
    if isinstance(said, date):
        return said.toordinal()
    return said if isinstance(said, int) else 0
