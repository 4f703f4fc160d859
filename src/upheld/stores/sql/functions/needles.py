"""What a text is searched for: the identities of a person, however they are written."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import sqlalchemy as sa

from upheld.identity import base

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_SHORTEST_NEEDLE = 2
_DASHES = "\u2010-\u2015"


@dataclass(frozen=True, slots=True)
class Needles:
    """Patterns, longest first."""

    patterns: tuple[str, ...] = field(repr=False)


class Patterns(sa.types.UserDefinedType[object]):
    """Needles as a parameter: for SQLite a JSON list, for servers one pattern of theirs."""

    cache_ok = True

    def bind_processor(self, dialect: sa.Dialect) -> Callable[[object], object]:
        """Return what turns needles into the parameter of this kind of database."""
        # PCRE counts only ASCII among letters and spaces unless it is told otherwise.
        ahead = "" if dialect.name == "postgresql" else "(*UCP)"

        def said(needles: object) -> object:
            patterns = cast("Needles", needles).patterns
            return json.dumps(patterns) if dialect.name == "sqlite" else ahead + "|".join(patterns)

        return said


def needles(identities: Mapping[str, Iterable[str]]) -> Needles:
    """Return what a text is searched for.

    The patterns are such as Python, PostgreSQL and PCRE read alike, in any case of letters
    whatever a database makes of case.
    """
    patterns = {
        pattern
        for kind, values in identities.items()
        for value in values
        if (pattern := _pattern(base(kind), value))
    }
    return Needles(tuple(sorted(patterns, key=lambda pattern: (-len(pattern), pattern))))


def _pattern(kind: str, value: str) -> str | None:
    if len(value) < _SHORTEST_NEEDLE:
        return None
    match kind:
        case "email":
            return rf"(?<![\w.+-]){_letters(value)}(?![\w-])"
        case "phone":
            return r"\+?(?<!\d)" + rf"[\s()./{_DASHES}-]*".join(value) + r"(?!\d)"
        case "name":
            return r"(?<!\w)" + r"\s+".join(map(_letters, value.split())) + r"(?!\w)"
        case _:
            return None


def _letters(word: str) -> str:
    """Return a pattern of a word: accents written either way, `ß` for the `ss` it folds to."""
    return "".join(map(_letter, word)).replace("[sS][sS]", "(?:[sS][sS]|ß|ẞ)")


def _letter(letter: str) -> str:
    forms = dict.fromkeys((letter, letter.upper(), letter.lower(), letter.title()))
    parted = (unicodedata.normalize("NFD", each) for each in forms)
    every = list(dict.fromkeys([*forms, *parted]))
    if len(every) == 1:
        return re.escape(letter)
    if all(len(each) == 1 for each in every):
        return f"[{''.join(every)}]"
    return f"(?:{'|'.join(map(re.escape, every))})"
