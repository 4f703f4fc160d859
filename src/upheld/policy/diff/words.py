"""The words of a rule, as a privacy officer would say them: `to share `contact` data with …`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from upheld.data import vocabularies
from upheld.model import Kind, Regime
from upheld.policy.conditions import said
from upheld.policy.diff.nouns import Dim

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from upheld.model import Clause, Schedule

ALL = "all"


@dataclass(frozen=True, slots=True)
class These:
    """Some words of a vocabulary, or, where `but`, all words but these; none at all is anything."""

    words: tuple[str, ...] = ()
    but: bool = False


def reach(clause: Clause) -> Mapping[Dim, These]:
    """Return what a clause reaches, by dimension; nothing named is anything."""
    scope = clause.scope
    regimes = () if clause.regimes == frozenset(Regime) else tuple(sorted(clause.regimes))
    return {
        Dim.WHAT: These(() if clause.what == (ALL,) else clause.what),
        Dim.CATEGORIES: These(scope.categories),
        Dim.PURPOSES: These(scope.purposes),
        Dim.RECIPIENTS: These(scope.recipients),
        Dim.SOURCES: These(scope.sources),
        Dim.CHANNELS: These(scope.channels),
        Dim.REGIMES: These(regimes),
    }


def listed(words: Iterable[str], last: str = "and") -> str:
    """Return words as a list in a sentence.

    >>> listed(["a", "b", "c"])
    '`a`, `b` and `c`'
    """
    *most, final = [f"`{each}`" for each in words]
    return f"{', '.join(most)} {last} {final}" if most else final


def doing(clause: Clause, anew: Mapping[Dim, These] | None = None, when: str | None = None) -> str:
    """Return what a clause permits, forbids, promises …; `anew` and `when` replace parts of it."""
    at = {**reach(clause), **(anew or {})}
    found = _object(clause, at)
    if clause.kind is not Kind.KEEP:
        found += _of(at[Dim.PURPOSES], " for ", "anything but ")
    found += _of(at[Dim.RECIPIENTS], _toward(clause), "anybody but ")
    found += _of(at[Dim.SOURCES], " from ", "anywhere but ")
    found += _of(at[Dim.CHANNELS], " through ", "anything but ")
    found += _of(at[Dim.REGIMES], " under ", "any law but ")
    return found + (condition(clause) if when is None else when)


def _object(  # noqa: PLR0911 (one line for each kind)
    clause: Clause, at: Mapping[Dim, These]
) -> str:
    what, data = at[Dim.WHAT], _data(at[Dim.CATEGORIES])
    match clause.kind:
        case Kind.MAY | Kind.NEVER:
            return f"to {_plain(what.words, 'or')} {data}"
        case Kind.KEEP:
            return f"to keep {_data(what)} {term(clause.schedule)}"
        case Kind.ANSWER:
            return f"to answer {_words(what, 'every right')}"
        case Kind.TELL:
            return f"people of {_words(what, 'everything')}"
        case Kind.GUARD:
            return f"{data} by {_words(what, 'every safeguard')}"
        case Kind.DEFINITION:
            return f"what {_words(what, 'everything')} means"
        case Kind.DISCLAIMER:
            return _words(what, "everything")


def _plain(words: tuple[str, ...], last: str) -> str:
    *most, final = words
    return f"{', '.join(most)} {last} {final}" if most else final


def _data(these: These) -> str:
    if not these.words:
        return "any data"
    return f"any data but {listed(these.words)}" if these.but else f"{listed(these.words)} data"


def _words(these: These, every: str) -> str:
    if not these.words:
        return every
    return f"{every} but {listed(these.words)}" if these.but else listed(these.words)


def _of(these: These, before: str, but: str) -> str:
    if not these.words:
        return ""
    return f"{before}{but if these.but else ''}{listed(these.words, 'or')}"


def _toward(clause: Clause) -> str:
    return " with " if {"share", "transfer"} & {*clause.what} else " by "


def condition(clause: Clause) -> str:
    """Return the words of a clause's condition: `, where `consented`, unless `objected``."""
    found = f", where `{said(clause.when)}`" if clause.when else ""
    found += " or nobody knows" if clause.closed and clause.when else ""
    return found + (f", unless `{said(clause.unless)}`" if clause.unless else "")


def term(schedule: Schedule | None) -> str:
    """Return the words of a term, from when it runs included."""
    if schedule is None:
        return "without a stated end"
    start = "the end of the year" if schedule.from_year_end else "its date"
    return f"for {schedule.term} from {start}"


def meaning(vocabulary: str, word: str) -> str:
    """Return what a word of a vocabulary means, in one line."""
    return str(vocabularies().entries[vocabulary].get(word, {}).get("says", word))
