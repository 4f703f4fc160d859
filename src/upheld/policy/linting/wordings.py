"""English wordings and topics that the linter looks for; data, read from `lint.yaml`."""

from __future__ import annotations

import re
import string
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

from upheld.data import read
from upheld.model import Regime

if TYPE_CHECKING:
    from collections.abc import Mapping

_GAPS = str.maketrans({**dict.fromkeys(string.punctuation + "“”‘…–—", " "), "'": "'", "’": "'"})  # noqa: RUF001
_File: TypeAlias = "dict[str, dict[str, list[str]]]"


@dataclass(frozen=True, slots=True)
class Topic:
    """Something that a law wants published, since when, and how a policy publishes it.

    One of these is enough: a `tell` of one of these words, an answer of the right under the regime,
    or (`terms`) an end on every clause that keeps.
    """

    says: str
    law: str
    regimes: frozenset[Regime]
    since: date
    tell: frozenset[str]
    answer: str | None
    terms: bool


@dataclass(frozen=True, slots=True)
class Wordings:
    """What the linter knows of English, of words that mean more than they say, and of topics.

    `phrases` are looked for in the words of a clause as `plain` gives them, and only where one of
    their `first` words stands; `words` are sets of words of the policy language.
    """

    phrases: Mapping[str, tuple[str, ...]]
    first: Mapping[str, frozenset[str]]
    words: Mapping[str, frozenset[str]]
    topics: Mapping[str, Topic]
    weak_disposal: re.Pattern[str]

    def says(self, what: str, words: str) -> bool:
        """Say whether one of these phrases stands in the plain words of a clause."""
        if self.first[what].isdisjoint(words.split()):
            return False
        return any(each in words for each in self.phrases[what])

    def which(self, prefix: str, words: str) -> frozenset[str]:
        """Return which of the groups of phrases that begin so stand in the plain words."""
        return frozenset(
            name.removeprefix(prefix)
            for name in self.phrases
            if name.startswith(prefix) and self.says(name, words)
        )


def plain(text: str) -> str:
    """Return words in lower case, one space between and around them, without punctuation.

    >>> plain("We may, e.g., delete it.")
    ' we may e g delete it '
    """
    return f" {' '.join(text.lower().translate(_GAPS).split())} "


@cache
def wordings() -> Wordings:
    """Return the wordings this version ships."""
    found: _File = read("lint.yaml")  # type: ignore[assignment]
    topics: dict[str, dict[str, str | bool | date | list[str]]] = found["topics"]  # type: ignore[assignment]
    phrases = {
        name: tuple(plain(each) for each in several) for name, several in found["phrases"].items()
    }
    return Wordings(
        phrases=phrases,
        first={
            name: frozenset(each.split()[0] for each in several)
            for name, several in phrases.items()
        },
        words={name: frozenset(map(str, words)) for name, words in found["words"].items()},
        topics={name: _topic(each) for name, each in topics.items()},
        weak_disposal=_weak(found["disposal"]),
    )


def _topic(entry: Mapping[str, str | bool | date | list[str]]) -> Topic:
    since, regimes, tell = entry["since"], entry.get("regimes"), entry.get("tell", [])
    answer = entry.get("answer")
    return Topic(
        says=str(entry["says"]),
        law=str(entry["law"]),
        regimes=frozenset(map(Regime, regimes if isinstance(regimes, list) else Regime)),
        since=since if isinstance(since, date) else date.min,
        tell=frozenset(tell if isinstance(tell, list) else ()),
        answer=str(answer) if answer else None,
        terms=entry.get("terms") is True,
    )


def _weak(disposal: Mapping[str, list[str]]) -> re.Pattern[str]:
    """Return what finds a company that only *may* or *would* dispose of data.

    What a person may ask for does not count: `you may delete your posts` binds nobody.
    """
    modals, between, verbs, not_after = (
        "|".join(map(re.escape, disposal[name]))
        for name in ("modals", "between", "verbs", "not_after")
    )
    behind = "".join(f"(?<! {each})" for each in not_after.split("|"))
    return re.compile(f"{behind} (?:{modals})(?: (?:{between}))* (?:{verbs})(?= )")
