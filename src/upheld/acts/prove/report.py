"""The board as a page that people read, and as a badge; pure over verdicts and history."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined

from upheld.model import Force, Judgement

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from upheld.acts.prove.folds import Turn
    from upheld.model import Policy, Verdict

_PAGES = Environment(
    loader=PackageLoader("upheld.acts.prove", "pages"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_BINDING = (Force.PROMISE, Force.CONDITION, Force.EXCEPTION)
_RED, _GREEN, _AMBER, _GREY = "#b3261e", "#1b6e3c", "#6b5900", "#555"
_SIGNS = {
    Judgement.UPHELD: "upheld",
    Judgement.ATTESTED: "attested",
    Judgement.BROKEN: "broken",
    Judgement.UNPROVEN: "unproven",
}


@dataclass(frozen=True, slots=True)
class Headline:
    """The clauses of one force: how many there are, and how many of each verdict."""

    force: str
    number: int
    counts: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One clause of the board, as the page shows it."""

    id: str
    force: str
    text: str
    verdict: str
    sign: str
    evidence: tuple[str, ...]


def headlines(board: Sequence[Verdict]) -> tuple[Headline, ...]:
    """Return what is true of each force, promises first; a force nobody has is left out."""
    found = []
    for force in Force:
        said = Counter(each.verdict for each in board if each.force is force)
        if said:
            counts = tuple((word.value, said[word]) for word in Judgement if said[word])
            found.append(Headline(force.value, said.total(), counts))
    return tuple(found)


def page(
    policy: Policy,
    board: Sequence[Verdict],
    turns: Iterable[Turn],
    *,
    at: datetime,
    checkpoint: str,
) -> str:
    """Return the board as HTML: every clause with its words, verdict and evidence, and its history.

    It holds no script and asks for nothing from elsewhere.
    """
    texts = {clause.id: clause.text for clause in policy.clauses}
    rows = [_row(each, texts) for each in board]
    return _PAGES.get_template("board.html").render(
        policy=policy,
        at=at,
        headlines=headlines(board),
        groups=[
            (policy.sections.get(name, name), tuple(found))
            for name, found in groupby(rows, key=lambda row: row.id.partition(".")[0])
        ],
        turns=list(reversed(list(turns))),
        checkpoint=checkpoint,
    )


def _row(verdict: Verdict, texts: dict[str, str]) -> Row:
    sign = _SIGNS.get(Judgement(verdict.verdict), "quiet")
    text = texts.get(verdict.id, "")
    return Row(verdict.id, verdict.force, text, verdict.verdict, sign, verdict.evidence)


def badge(board: Sequence[Verdict]) -> str:
    """Return a badge as SVG: of the promises, how many are upheld, or how many are broken.

    What is upheld by somebody's word alone is counted apart.
    """
    words, colour = _told(board)
    left, right = 92, 12 + 7 * len(words)
    return _PAGES.get_template("badge.svg").render(
        words=words, colour=colour, left=left, right=right
    )


def _told(board: Sequence[Verdict]) -> tuple[str, str]:
    """Return what a badge says, and its colour."""
    broken = sum(1 for each in board if each.verdict == Judgement.BROKEN)
    if broken:
        return f"{broken} broken", _RED
    promises = Counter(each.verdict for each in board if each.force is Force.PROMISE)
    upheld, attested = promises[Judgement.UPHELD], promises[Judgement.ATTESTED]
    if not promises:
        return "no promises", _GREY
    words = f"{upheld} of {promises.total()} promises upheld"
    words += f", {attested} attested" if attested else ""
    return words, _GREEN if upheld + attested == promises.total() else _AMBER
