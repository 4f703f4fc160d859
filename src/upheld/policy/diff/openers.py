"""What a clause that opens sources or channels does: the first closes all others, the last none.

A *may* that names sources or channels permits nothing by itself. While no clause names a source
for an action, every source is open for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from upheld.policy.diff.nouns import Change, Dim
from upheld.policy.diff.parts import GAINS, SAID
from upheld.policy.diff.telling import protected
from upheld.policy.diff.version import OPENED, opens
from upheld.policy.diff.words import These, listed, reach

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from upheld.model import Clause
    from upheld.policy.diff.version import Version

_PLACES = {"sources": " from anywhere but ", "channels": " through anything but "}


def turned_about(
    clause: Clause, actions: Iterable[str], there: Version
) -> tuple[tuple[str, str], ...]:
    """Return the dimensions and actions that a clause opens and only its version has openers of."""
    if not opens(clause):
        return ()
    return tuple(
        (dim, action)
        for action in actions
        for dim in OPENED
        if getattr(clause.scope, dim) and (dim, action) not in there.openers
    )


def without(actions: Iterable[str], turned: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Return actions but for those that are turned about."""
    about = {action for _, action in turned}
    return tuple(each for each in actions if each not in about)


def closing(
    clause: Clause, about: Iterable[tuple[str, str]], here: Version, *, after: bool, dim: Dim
) -> Iterator[Change]:
    """Yield that all but what openers name is closed by the first of them, or open without any."""
    kind = GAINS[clause.kind][1 if after else 0]
    for opened, action in about:
        named = listed(here.openers[opened, action], "or")
        why = f"from now on only the {opened} that clauses name are open for it"
        if not after:
            why = f"no clause names {opened} for it any more, so any is open"
        words = f"`{clause.id}` {SAID[kind]} to {action} any data{_PLACES[opened]}{named}; {why}"
        regions = protected(clause.regimes)
        was, now = (None, clause.text) if after else (clause.text, None)
        yield Change(kind, clause.id, clause.line, words, dim, regions=regions, was=was, now=now)


def reached(
    dim: Dim, old: Clause, new: Clause, before: Version, after: Version
) -> tuple[These | None, These | None]:
    """Return what a clause reaches now and did not, and what it no longer reaches.

    One that opens sources and names none opens none, where others name some.
    """
    was, now = reach(old)[dim], reach(new)[dim]
    if dim.value in OPENED and opens(old) and opens(new):
        if was.words and not now.words and _open(dim, new, after):
            return None, was
        if now.words and not was.words and _open(dim, old, before):
            return now, None
    return gained(was, now), gained(now, was)


def _open(dim: Dim, clause: Clause, version: Version) -> bool:
    return any((dim.value, action) in version.openers for action in clause.what)


def gained(was: These, now: These) -> These | None:
    """Return what the second names and the first does not; None: nothing."""
    if not was.words:
        return None
    if not now.words:
        return These(was.words, but=True)
    added = tuple(word for word in now.words if word not in was.words)
    return These(added) if added else None
