"""Rules about what clauses permit and forbid: contradictions, and conditions that do nothing."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING

from upheld.model import Kind
from upheld.policy.linting.cases import TRUE, Purse, Wish, can_be
from upheld.policy.linting.concerns import Concern
from upheld.policy.linting.paper import ids
from upheld.policy.linting.remarks import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from upheld.model import Clause
    from upheld.policy.linting.paper import Paper
    from upheld.policy.linting.remarks import Spot


def _contradiction(paper: Paper) -> Iterator[Spot]:
    """A clause permits only what another clause always forbids, or several do together.

    The reach of the *may* (or *keep*) lies inside the reach of the *never*, and in every case in
    which the first permits, the second forbids. Up to three prohibitions are looked at together.
    """
    for clause, nevers in paper.compared.against:
        forbid = "always forbids" if len(nevers) == 1 else "together always forbid"
        words = f"`{clause.id}` permits only what {ids(nevers)} {forbid}; take one back"
        yield paper.spot(words, (clause, *nevers))


def _terms_differ(paper: Paper) -> Iterator[Spot]:
    """Two *keep* clauses keep the same kind of data on the same ground for different times.

    Where their conditions or laws never hold together, the times may differ.
    """
    kept: dict[tuple[str, str | None], list[Clause]] = defaultdict(list)
    for clause in paper.those(Kind.KEEP):
        for category in clause.what:
            kept[category, clause.ground].append(clause)
    seen: set[tuple[str, str]] = set()
    for (category, ground), clauses in kept.items():
        for first, second in pairwise(clauses):
            if (first.id, second.id) not in seen and _together(paper, first, second):
                seen.add((first.id, second.id))
                words = (
                    f"`{first.id}` and `{second.id}` keep `{category}` on the ground `{ground}` "
                    f"for different times ({_term(first)}, {_term(second)}); give both the same"
                )
                yield paper.spot(words, (second, first))


def _together(paper: Paper, first: Clause, second: Clause) -> bool:
    if _length(first) == _length(second) or not first.regimes & second.regimes:
        return False
    rules = (paper.spelled.when.get(first.id), paper.spelled.when.get(second.id))
    wishes = [Wish(rule, TRUE) for rule in rules if rule is not None]
    return can_be(wishes, paper.spelled.facts, Purse()) is not False


def _length(clause: Clause) -> tuple[int, int, bool] | None:
    term = clause.schedule
    return (12 * term.years + term.months, term.days, term.from_year_end) if term else None


def _term(clause: Clause) -> str:
    if clause.schedule is None:
        return "no term"
    start = "the end of the year" if clause.schedule.from_year_end else "the date"
    return f"{clause.schedule.term} from {start}"


def _dead_condition(paper: Paper) -> Iterator[Spot]:
    """A condition that no case fulfils: the clause never applies, or its `unless` never helps."""
    for clause in paper.compared.dead:
        if clause.unless is None:
            words = f"`{clause.id}` never applies: nothing can make its `when` true"
        elif clause.when is None:
            words = f"`{clause.id}` never applies: its `unless` is always true"
        else:
            words = f"`{clause.id}` never applies: whenever its `when` is true, so is its `unless`"
        yield paper.spot(f"{words}; correct the condition, or leave the clause out", (clause,))
    for clause in paper.compared.idle:
        words = f"nothing can make the `unless` of `{clause.id}` true; correct it, or leave it out"
        yield paper.spot(words, (clause,))


def _too_many_cases(paper: Paper) -> Iterator[Spot]:
    """Conditions with more cases than are worth trying: nobody says whether they contradict."""
    found = [paper.by_id[id] for id in sorted(paper.compared.left_out)]
    found.sort(key=lambda each: each.line)
    if found:
        words = (
            f"not looked at for contradictions, too many cases: {ids(found)}; "
            "split the conditions, or give parts of them to definitions"
        )
        yield paper.spot(words, found, about="too-many-cases")


CONCERNS = (
    Concern(
        "contradiction",
        Severity.ERROR,
        _contradiction,
        default="the `never` wins, whatever the order of the clauses",
        law="GDPR 5(1)(a)",
    ),
    Concern(
        "terms-differ",
        Severity.WARNING,
        _terms_differ,
        default="the longest time keeps the data",
        law="GDPR 5(1)(e)",
    ),
    Concern(
        "dead-condition",
        Severity.WARNING,
        _dead_condition,
        default="the clause stands and decides nothing",
    ),
    Concern(
        "too-many-cases",
        Severity.NOTE,
        _too_many_cases,
        default="the clauses decide as written; only this comparison was left out",
    ),
)
