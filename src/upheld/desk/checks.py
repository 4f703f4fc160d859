"""Checks of the clauses that promise an answer; pure over what was seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upheld.model import Finding, Judgement, Outcome, Right

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from upheld.model import Clause, Counted, Request, Seen

_UPHELD, _BROKEN = Judgement.UPHELD, Judgement.BROKEN

_SHOWN = 3
_SHOWN_BY_ROWS = frozenset({"copy", "items"})
"""What an answer in time shows without a list: rows that were counted, by `copy-complete`."""


def access_answered(clause: Clause, seen: Seen) -> Finding:
    """Every request to see data, from anybody, is answered within its time."""
    requests = _requests(clause, seen, Right.ACCESS)
    found = _answered(requests, seen)
    listed = [each for each in clause.contents if each not in _SHOWN_BY_ROWS]
    if found.judgement is not _UPHELD or not listed:
        return found
    lists = _lists(requests, listed)
    return Finding(lists.judgement, (*found.evidence, *lists.evidence))


def answers_list_contents(clause: Clause, seen: Seen) -> Finding:
    """Every answer holds the yes or no and the lists that the clause promises."""
    return _lists(_requests(clause, seen, Right.ACCESS), list(clause.contents))


def _lists(requests: list[Request], promised: list[str]) -> Finding:
    """Say whether every copy lists what was promised; that there is nothing is an answer, too."""
    answered = [each for each in requests if _copied(each) or each.outcome == "no_data"]
    if not answered:
        words = f"nothing was answered under this clause that could list {_and(promised)}"
        return Finding(Judgement.NOT_EXERCISED, (words,))
    lacking = {
        each.id: [word for word in _owed(each, promised) if word not in (each.listed or ())]
        for each in answered
        if each.listed is not None
    }
    wrong = [
        f"{id}: the answer does not list {_and(words)}" for id, words in lacking.items() if words
    ]
    if wrong:
        return Finding(_BROKEN, tuple(wrong))
    if old := [each.id for each in answered if each.listed is None]:
        words = (
            f"of answers given before it was recorded nobody can tell what they list: {len(old)}"
        )
        return Finding(Judgement.UNPROVEN, (words,))
    return Finding(_UPHELD, (f"answers that list {_and(promised)}: {len(answered)}",))


def _owed(request: Request, promised: list[str]) -> list[str]:
    """Return what an answer must list: of nothing, that it is nothing."""
    nothing = request.outcome == "no_data"
    return [word for word in promised if word == "confirmation"] if nothing else promised


def erasure_answered(clause: Clause, seen: Seen) -> Finding:
    """Every request to erase, from anybody, is answered within its time, with a reason."""
    return _answered(_requests(clause, seen, Right.ERASE), seen)


def copy_complete(clause: Clause, seen: Seen) -> Finding:
    """Every copy holds as many rows as the stores counted, and is still the copy recorded."""
    answered = [r for r in _requests(clause, seen, Right.ACCESS) if r.outcome == "full"]
    wrong = [
        f"{r.id}: the copy holds {r.rows} rows, the stores counted {r.counted_rows}"
        for r in answered
        if r.rows != r.counted_rows
    ]
    wrong += [
        f"{r.id}: the file to hand out is not the copy that was recorded (its SHA-256 differs)"
        for r in answered
        if seen.copies.get(r.id) is False
    ]
    if wrong:
        return Finding(_BROKEN, tuple(wrong))
    if not answered:
        return Finding(Judgement.NOT_EXERCISED, ("no copy was handed out under this clause",))
    rows = sum(request.rows for request in answered)
    return Finding(
        _UPHELD,
        (
            f"copies: {len(answered)}, {_rows(rows)}, each as counted by the stores",
            f"still here and intact: {len(seen.copies)}; the rest is removed",
        ),
    )


def erasure_complete(clause: Clause, seen: Seen) -> Finding:
    """Looking back now from every erasure under this clause finds no row that should be gone."""
    return _nothing_left(_requests(clause, seen, Right.ERASE), seen)


def nothing_left(clause: Clause, seen: Seen) -> Finding:
    """No erased person's row is left, and nothing is kept past the end of its ground."""
    erased = _requests(clause, seen, Right.ERASE)
    found = _nothing_left(erased, seen)
    spent = [words for request in erased for words in _spent(request, seen)]
    if spent:
        earlier = found.evidence if found.judgement is _BROKEN else ()
        return Finding(_BROKEN, (*earlier, *spent))
    return found


def kept_within_schedule(clause: Clause, seen: Seen) -> Finding:
    """Every row kept under this ground is there, has an end, and the end has not passed."""
    kept = [
        (request, where, counted)
        for request in seen.requests
        for where, counted in _retained(request)
        if counted.clause == clause.id
    ]
    spent = [
        words for request in seen.requests for words in _spent(request, seen, clause=clause.id)
    ]
    if spent:
        return Finding(_BROKEN, tuple(spent))
    if not kept:
        return Finding(Judgement.NOT_EXERCISED, ("nothing is kept from an erasure on this ground",))
    doubts = {
        words for request, where, counted in kept for words in _doubt(request, where, counted, seen)
    }
    if doubts:
        return Finding(Judgement.UNPROVEN, tuple(sorted(doubts)))
    rows = _rows(sum(counted.rows for _, _, counted in kept))
    last = max((counted.until for _, _, counted in kept if counted.until), default=None)
    until = f", the last until {last}" if last else ""
    requests = len({request.id for request, _, _ in kept})
    words = f"{rows} kept after erasure and there now, requests: {requests}{until}"
    return Finding(_UPHELD, (words,))


CHECKS = {
    "access-answered": access_answered,
    "answers-list-contents": answers_list_contents,
    "erasure-answered": erasure_answered,
    "copy-complete": copy_complete,
    "erasure-complete": erasure_complete,
    "nothing-left": nothing_left,
    "kept-within-schedule": kept_within_schedule,
}


def _requests(clause: Clause, seen: Seen, right: Right) -> list[Request]:
    return [r for r in seen.requests if r.right is right and r.regime in clause.regimes]


def _copied(request: Request) -> bool:
    """Say whether a request was answered with a copy, not closed with a letter that refuses."""
    return request.answer is not None and request.outcome in {"full", "partial"}


def _and(contents: list[str]) -> str:
    return " and ".join(contents)


def _answered(requests: list[Request], seen: Seen) -> Finding:
    overdue = [r for r in requests if r.answered is None and r.due < seen.today]
    late = [r for r in requests if r.answered and seen.day(r.answered) > r.due]
    wrong = [f"{r.id}: due {r.due}, not answered" for r in overdue]
    wrong += [f"{r.id}: due {r.due}, answered {seen.day(r.answered)}" for r in late if r.answered]
    if wrong:
        return Finding(_BROKEN, tuple(wrong))
    answered = [r for r in requests if r.answered]
    if not answered:
        waiting = f"{len(requests)} still within their time" if requests else "nobody has asked"
        return Finding(Judgement.NOT_EXERCISED, (waiting,))
    words = f"answered within their time: {len(answered)} of {len(requests)}"
    return Finding(_UPHELD, (words, *_outcomes(answered)))


def _outcomes(answered: Iterable[Request]) -> tuple[str, ...]:
    counts: dict[str, int] = {}
    for request in answered:
        outcome = request.outcome or "reopened"
        counts[outcome] = counts.get(outcome, 0) + 1
    return tuple(f"{number} {outcome}" for outcome, number in sorted(counts.items()))


def _nothing_left(requests: list[Request], seen: Seen) -> Finding:
    late = [
        f"{request.id}: {_rows(rows)} in {where} that should be gone"
        for request in requests
        for where, rows in sorted(seen.late.get(request.id, {}).items())
    ]
    if late:
        ids = sorted({request.id for request in requests if seen.late.get(request.id)})
        return Finding(
            _BROKEN,
            (
                *late,
                f"to put right: upheld request apply {ids[0]} (plan it again if the map changed)",
                f"or, if the person came back: upheld request release {ids[0]}",
            ),
        )
    blind = [f"{r.id}: {seen.blind[r.id]}" for r in requests if r.id in seen.blind]
    if blind:
        return Finding(Judgement.UNPROVEN, tuple(blind))
    done = [r for r in requests if r.id in seen.late]
    released = sum(1 for r in requests if r.released)
    if not done and released:
        words = f"looked back to the end of their watch: nothing left, requests: {released}"
        return Finding(_UPHELD, (words,))
    if not done:
        return Finding(Judgement.NOT_EXERCISED, ("nobody has been erased under this clause",))
    mended = sum(1 for request in done if request.breaches)
    again = (f"reopened since they were closed: {mended}",) if mended else ()
    words = f"looked back now: nothing left, requests: {len(done)}"
    by_hand = sum(1 for request in done if any(each.attested for each in request.steps.values()))
    if by_hand:
        attested = f"in part by an officer's word and a file alone, requests: {by_hand}"
        evidence = (words, attested, *_statements(done), *again, *_unsearched(seen))
        return Finding(Judgement.ATTESTED, evidence)
    return Finding(_UPHELD, (words, *_statements(done), *again, *_unsearched(seen)))


def _unsearched(seen: Seen) -> Iterator[str]:
    for store, found in sorted(seen.unsearched.items()):
        for what, number in sorted(found.items()):
            yield f"the last deep look-back did not search: {what} in {store}: {number}"


def _statements(requests: list[Request]) -> tuple[str, ...]:
    """Name what was said to stores, by the digest under which home keeps the words."""
    steps = {name: step for r in requests for name, step in r.steps.items() if step.sql}
    shown = [
        f"{name}: {step.statements} statements, document {(step.sql or '')[:12]}"
        for name, step in list(steps.items())[-_SHOWN:]
    ]
    more = len(steps) - len(shown)
    return (*shown, *([f"and of {more} steps before"] if more else []))


def _retained(request: Request) -> list[tuple[str, Counted]]:
    """Return what the last plan that was carried out keeps, each with its `store.collection`."""
    steps = request.receipts.get(request.carried or "", {})
    return [
        (f"{name.partition('/')[2]}.{counted.collection}", counted)
        for name, each in steps.items()
        for counted in each
        if counted.outcome is Outcome.RETAINED
    ]


def _doubt(request: Request, where: str, counted: Counted, seen: Seen) -> list[str]:
    """Say what the stores do not bear out of a receipt for rows that are kept."""
    if request.released:
        return []
    if request.id in seen.blind:
        return [f"{request.id}: {seen.blind[request.id]}"]
    there = seen.kept.get(request.id, {}).get(where, 0)
    if there >= counted.rows:
        return []
    return [
        f"{request.id}: {_rows(counted.rows)} of {where} kept by the receipt, {there} there now"
    ]


def _spent(request: Request, seen: Seen, clause: str | None = None) -> list[str]:
    """Say what is kept past the end of its ground: as seen, or by date where nobody looks now."""
    again = f"to put right: upheld request plan {request.id}, sign, apply"
    found = [
        f"{request.id}: {_rows(rows)} of {where} kept past the end of {ground}; {again}"
        for (where, ground), rows in seen.spent.get(request.id, {}).items()
        if clause in {None, ground}
    ]
    by_date = [
        f"{request.id}: {_rows(counted.rows)} of {where} kept until {counted.until}; look them up"
        for where, counted in _retained(request)
        if request.released and counted.until and counted.until < seen.today
        if clause in {None, counted.clause}
    ]
    return found + by_date


def _rows(number: int) -> str:
    return f"{number} row" if number == 1 else f"{number} rows"
