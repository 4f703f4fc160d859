"""The tree of a condition: what must be true of a person and of an ask, in three values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeAlias

COMPANY = "company"
"""What a fact is of that a policy declares itself."""


class FactType(StrEnum):
    """What a fact can say."""

    YES_NO = "yes-no"
    WORD = "word"
    WORDS = "words"
    NUMBER = "number"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Fact:
    """Something a condition may ask about; `words` are the values it can have, if they are closed.

    What nobody said is unknown; of a `closed` fact (a choice somebody makes) it is no.
    """

    name: str
    says: str
    of: str
    type: FactType
    words: frozenset[str] | None = None
    closed: bool = False


class Order(StrEnum):
    """How a number or a date stands to another."""

    IS = "is"
    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="


@dataclass(frozen=True, slots=True)
class Says:
    """A yes-or-no fact says yes."""

    fact: str


@dataclass(frozen=True, slots=True)
class Among:
    """A word is among these words, or among those that another fact names."""

    fact: str
    words: frozenset[str] | str


@dataclass(frozen=True, slots=True)
class Compared:
    """A number or a date stands so to a value, or to another fact."""

    fact: str
    order: Order
    to: int | date | str


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody said what this fact is; itself only ever true or false."""

    fact: str


@dataclass(frozen=True, slots=True)
class Points:
    """What another clause says in its `when` is true; of a clause without one, always."""

    clause: str


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite; of what is unknown, unknown."""

    of: Rule


@dataclass(frozen=True, slots=True)
class Every:
    """All of these; false when one is false, unknown when none is false and one is unknown."""

    of: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """One of these; true when one is true, unknown when none is true and one is unknown."""

    of: tuple[Rule, ...]


Rule: TypeAlias = Says | Among | Compared | Known | Points | Not | Every | Some


def parts(rule: Rule) -> tuple[Rule, ...]:
    """Return a rule and every rule within it."""
    match rule:
        case Not(inner):
            return (rule, *parts(inner))
        case Every(inner) | Some(inner):
            return (rule, *(each for one in inner for each in parts(one)))
        case _:
            return (rule,)


def facts_of(rule: Rule) -> frozenset[str]:
    """Return the names of the facts a rule asks about, itself and not by pointing."""
    found: set[str] = set()
    for each in parts(rule):
        match each:
            case Says(fact) | Known(fact):
                found.add(fact)
            case Among(fact, other) | Compared(fact, _, other):
                found.add(fact)
                found |= {other} if isinstance(other, str) else set()
            case _:
                pass
    return frozenset(found)


def points_of(rule: Rule) -> frozenset[str]:
    """Return the ids of the clauses a rule points at."""
    return frozenset(each.clause for each in parts(rule) if isinstance(each, Points))
