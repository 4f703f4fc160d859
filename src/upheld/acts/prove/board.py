"""Draws the board: what was seen, a verdict for each clause, and what follows from it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from upheld.acts.prove.folds import BOARD
from upheld.acts.prove.noting import note_documents, note_policy
from upheld.acts.prove.registry import CHECKS
from upheld.acts.prove.seeing import see
from upheld.model import Force, Judgement, State, Verdict

if TYPE_CHECKING:
    from upheld.acts.company import Company
    from upheld.model import Clause, Json, Seen

_LAST = "roll-up"
"""The check that needs the verdicts of all the others."""


def check(company: Company) -> tuple[Verdict, ...]:
    """Return a verdict for each clause, in the order of the policy.

    Every erasure is looked back on now; rows found where none should be reopen it.
    """
    note_policy(company)
    note_documents(company, company.documents)
    seen = see(company)
    _reopen(company, seen)
    _release(company, seen)
    first = {c.id: _verdict(c, seen) for c in company.policy.clauses if c.check != _LAST}
    rest = replace(seen, verdicts=tuple(first.values()))
    verdicts = tuple(first.get(c.id) or _verdict(c, rest) for c in company.policy.clauses)
    _record(company, verdicts)
    return verdicts


def _verdict(clause: Clause, seen: Seen) -> Verdict:
    found = CHECKS[clause.check](clause, seen)
    judged, evidence = found.judgement, found.evidence
    if judged is not Judgement.BROKEN and clause.force is Force.DISCLAIMER:
        judged = Judgement.OUT_OF_SCOPE
    return Verdict(clause.id, clause.kind, clause.force, judged.value, evidence, seen.at)


def _release(company: Company, seen: Seen) -> None:
    """Destroy the keys of erasures that were looked back on long enough and keep nothing."""
    for request in seen.requests:
        clean = seen.late.get(request.id) == {}
        old = request.answered and request.answered + company.watch < seen.at
        if clean and old and request.outcome == "full":
            with company.home.writing() as home:
                home.append("request.released", {"request": request.id})
                home.destroy(request.id)


def _reopen(company: Company, seen: Seen) -> None:
    for request in seen.requests:
        rows = seen.late.get(request.id)
        if rows and request.state is State.CLOSED:
            with company.home.writing() as home:
                home.append(
                    "request.looked-back",
                    {"request": request.id, "clean": False, "late": dict(rows)},
                )
                home.append("request.reopened", {"request": request.id, "cause": "late rows"})


def _record(company: Company, verdicts: tuple[Verdict, ...]) -> None:
    """Append what the board says, when it says something new."""
    board: dict[str, Json] = {each.id: each.verdict for each in verdicts}
    before = company.home.state(BOARD, BOARD)
    if before is None or json.loads(before) != board:
        with company.home.writing() as home:
            home.append("verdicts", {"policy": company.policy.digest, "board": board})
