"""Says in words in which cases something holds: `where region is EEA or UK`."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from upheld.data import vocabularies
from upheld.model import FactType
from upheld.policy.diff.choices import OTHER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from upheld.policy.diff.cases import Cases
    from upheld.policy.diff.choices import Choice

_MOST = 3
_LONGEST = 240
_LISTED = 6
REGION = "region"


def where(cases: Cases, held: int) -> str | None:
    """Return the words for a set of cases, or None where words would not say it.

    `where …` is the whole of it; `for example where …` a part.
    """
    found: list[str] = []
    left = held
    while left and len(found) < _MOST:
        literals = _widest(cases, held, left)
        words = [_literal(cases, name, which) for name, which in literals.items()]
        if not words or any(each is None for each in words):
            return None
        found.append(" and ".join(each for each in words if each))
        left &= ~_cube(cases, literals)
    if not found:
        return None
    whole = ", or where ".join(sorted(found))
    if not left and len(whole) <= _LONGEST:
        return f"where {whole}"
    return f"for example where {min(found, key=len)}"


def regions_in(cases: Cases, held: int) -> frozenset[str]:
    """Return the regions of the people that a set of cases may concern."""
    every = vocabularies().words("regions")
    if REGION not in cases.choices:
        return every
    said = cases.choices[REGION]
    here = {each for at, each in enumerate(said) if cases.bits(REGION)[at] & held}
    spread = cases.alike[REGION]
    named = {word for words in spread.values() for word in words}
    meant = {word for each, words in spread.items() if each in here for word in words}
    if OTHER in here or None in here:
        return every - (named - meant)
    return every & meant


def _widest(cases: Cases, held: int, left: int) -> dict[str, frozenset[int]]:
    """Return facts and choices that one case of `left` has, widened as far as `held` goes."""
    at = (left & -left).bit_length() - 1
    literals: dict[str, frozenset[int]] = {}
    for name, choices in cases.choices.items():
        at, mine = divmod(at, len(choices))
        literals[name] = frozenset({mine})
    for name in cases.choices:
        rest = _cube(cases, {other: which for other, which in literals.items() if other != name})
        fit = frozenset(
            each for each, bits in enumerate(cases.bits(name)) if not rest & bits & ~held
        )
        if len(fit) == len(cases.choices[name]):
            del literals[name]
        else:
            literals[name] = fit
    return literals


def _cube(cases: Cases, literals: dict[str, frozenset[int]]) -> int:
    found = cases.all
    for name, which in literals.items():
        found &= cases.some(name, which)
    return found


def _literal(cases: Cases, name: str, which: frozenset[int]) -> str | None:
    said = cases.choices[name]
    values = [said[at] for at in sorted(which)]
    if name in cases.related:
        return None
    match cases.facts[name].type:
        case FactType.YES_NO:
            return _yes_no(name, values)
        case FactType.WORD:
            return _word(cases, name, values)
        case FactType.NUMBER | FactType.DATE:
            return _range(cases, name, which)
        case FactType.WORDS:
            return None


def _yes_no(name: str, values: Sequence[Choice]) -> str:
    words = ["unknown" if each is None else "yes" if each else "no" for each in values]
    return f"`{name}` is {' or '.join(words)}"


def _word(cases: Cases, name: str, values: Sequence[Choice]) -> str:
    said, spread = cases.choices[name], cases.alike[name]
    known = {each for each in said if each is not None}
    if known <= {*values}:
        return f"`{name}` is known"
    unsaid = ["unknown"] if None in values else []
    words = sorted(word for each, words in spread.items() if each in values for word in words)
    if OTHER in values:
        out = sorted(word for each, all_ in spread.items() if each not in values for word in all_)
        return f"`{name}` is not {_some(out)}" + (
            "" if unsaid or None not in said else " but known"
        )
    return f"`{name}` is {_some([*words, *unsaid])}"


def _some(words: Sequence[str]) -> str:
    if len(words) <= _LISTED:
        return " or ".join(words)
    return f"{', '.join(words[: _LISTED // 2])} or {len(words) - _LISTED // 2} others"


def _range(cases: Cases, name: str, which: frozenset[int]) -> str | None:
    """Return `is at most 15`, `is 16 to 17` …; each run of neighbours is one part."""
    said = cases.choices[name]
    dated = cases.facts[name].type is FactType.DATE
    last = len(said) - (2 if None in said else 1)
    words = []
    for low, high in _runs(sorted(at for at in which if said[at] is not None)):
        first, final = _shown(said[low], dated=dated), _shown(said[high], dated=dated)
        if low == 0 and high == last:
            words.append("known")
        elif low == 0:
            words.append(f"at most {final}")
        elif high == last:
            words.append(f"at least {first}")
        else:
            words.append(first if low == high else f"{first} to {final}")
    words += ["unknown"] if any(said[at] is None for at in which) else []
    return f"`{name}` is {' or '.join(words)}"


def _runs(numbers: Sequence[int]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for each in numbers:
        if found and found[-1][1] == each - 1:
            found[-1] = (found[-1][0], each)
        else:
            found.append((each, each))
    return found


def _shown(said: Choice, *, dated: bool) -> str:
    return date.fromordinal(said).isoformat() if dated and isinstance(said, int) else str(said)
