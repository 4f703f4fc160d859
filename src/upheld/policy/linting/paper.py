"""A policy laid out for the linter: its clauses by id, their plain words, what they ask about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from upheld.model import Kind, Regime
from upheld.policy.linting.compare import Comparison, compare
from upheld.policy.linting.ending import unending
from upheld.policy.linting.remarks import Spot
from upheld.policy.linting.spelled import Spelled, spell
from upheld.policy.linting.wordings import Wordings, plain, wordings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from upheld.model import Clause, Policy
    from upheld.policy.linting.remarks import Context

_NAMED = 4
"""Ids that a message names before it counts; all of them are in the remark."""


@dataclass(frozen=True, slots=True)
class Paper:
    """A policy and what is known beside it; what several rules ask, worked out once.

    `words` are the plain words of each clause by its id; `named` the laws that the policy names
    anywhere, all of them where it names none; `unending` the *keep* clauses that nothing ends.
    """

    policy: Policy
    context: Context
    by_id: Mapping[str, Clause]
    words: Mapping[str, str]
    spelled: Spelled
    compared: Comparison
    unending: frozenset[str]
    english: Wordings
    named: frozenset[Regime]

    @property
    def clauses(self) -> tuple[Clause, ...]:
        """Every clause, in order."""
        return self.policy.clauses

    def those(self, *kinds: Kind) -> Iterator[Clause]:
        """Yield the clauses of these kinds, in order."""
        return (each for each in self.clauses if each.kind in kinds)

    def says(self, clause: Clause, *what: str) -> bool:
        """Say whether the words of a clause hold one phrase of each group."""
        return all(self.english.says(each, self.words[clause.id]) for each in what)

    def asks(self, clause: Clause, group: str) -> bool:
        """Say whether a clause asks about one of a group of facts, itself or by pointing."""
        return bool(self.spelled.asks[clause.id] & self.english.words[group])

    def regions(self, clause: Clause) -> frozenset[str]:
        """Return the regions that the conditions of a clause name, itself or by pointing."""
        return self.spelled.regions[clause.id]

    def spot(self, message: str, clauses: Iterable[Clause], about: str = "") -> Spot:
        """Return a place made of clauses; it is shown at the first."""
        named = tuple(dict.fromkeys(each.id for each in clauses))
        lines = tuple(self.by_id[id].line for id in named)
        return Spot(message, named, lines, about or " ".join(named))

    def line(self, *path: str) -> int:
        """Return where a word is declared, or the key it should stand under, or the top."""
        lines = self.policy.lines
        return lines.get(".".join(path), lines.get(path[0], 1))


def lay_out(policy: Policy, context: Context) -> Paper:
    """Return a policy laid out for reading."""
    spelled, english = spell(policy), wordings()
    return Paper(
        policy=policy,
        context=context,
        by_id={each.id: each for each in policy.clauses},
        words={each.id: plain(each.text) for each in policy.clauses},
        spelled=spelled,
        compared=compare(policy, spelled),
        unending=unending(policy, spelled, english),
        english=english,
        named=_named_laws(policy),
    )


def _named_laws(policy: Policy) -> frozenset[Regime]:
    named = [each.regimes for each in policy.clauses if each.regimes != frozenset(Regime)]
    found = frozenset().union(*named) - {Regime.NONE}
    return found or frozenset(Regime)


def ids(clauses: Iterable[Clause]) -> str:
    """Return the ids of clauses as a message names them: a few, then how many more."""
    every = list(dict.fromkeys(each.id for each in clauses))
    shown = ", ".join(f"`{each}`" for each in every[:_NAMED])
    return shown if len(every) <= _NAMED else f"{shown} and {len(every) - _NAMED} more"


def listed(words: Iterable[str]) -> str:
    """Return words in backticks, as a message lists them."""
    return ", ".join(f"`{each}`" for each in words)
