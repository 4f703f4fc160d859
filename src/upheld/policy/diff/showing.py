"""Shows a diff: as text for a terminal, as JSON for a program, as a page for people; pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from upheld.policy.diff.nouns import Dim, Duty, Turn
from upheld.policy.pages import page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from upheld.model import Json
    from upheld.policy.diff.nouns import Audience, Change, Diff, End

HEADINGS = {
    Turn.PERMITS: "Newly permitted",
    Turn.NO_LONGER_PERMITS: "No longer permitted",
    Turn.FORBIDS: "Newly forbidden",
    Turn.NO_LONGER_FORBIDS: "No longer forbidden",
    Turn.PROMISES: "Newly promised",
    Turn.NO_LONGER_PROMISES: "No longer promised",
    Turn.LENGTHENS: "Kept for longer",
    Turn.SHORTENS: "Kept for shorter",
    Turn.TELLS: "Newly told",
    Turn.NO_LONGER_TELLS: "No longer told",
    Turn.GUARDS: "Newly guarded",
    Turn.NO_LONGER_GUARDS: "No longer guarded",
    Turn.DISCLAIMS: "Newly disclaimed",
    Turn.NO_LONGER_DISCLAIMS: "No longer disclaimed",
    Turn.DEFINES: "Newly defined",
    Turn.NO_LONGER_DEFINES: "No longer defined",
    Turn.DECLARES: "Newly declared",
    Turn.NO_LONGER_DECLARES: "No longer declared",
    Turn.RECLASSIFIES: "Classified otherwise",
    Turn.RENAMES: "Renamed",
    Turn.REWORDS: "Said in other words",
}
_DUTIES = {Duty.ASKED: "must be asked", Duty.TOLD: "must be told"}
_NOTHING = "nothing lies between these two versions"


def as_text(diff: Diff) -> str:
    """Return a diff as lines for a terminal, by what the changes do."""
    lines = [f"from {_end(diff.before)}", f"to   {_end(diff.after)}"]
    for problem in diff.problems:
        lines += ["", f"finding: {problem.words}"]
    for kind in Turn:
        found = diff.of(kind)
        if found:
            lines += ["", f"{HEADINGS[kind]} ({len(found)})"]
            lines += [line for each in found for line in _change(each)]
    if diff.audiences:
        lines += ["", "Who must be asked or told"]
        lines += [f"  {audience(each)}" for each in diff.audiences]
    elif diff.changes:
        lines += ["", "Nobody must be told or asked"]
    else:
        lines += ["", _NOTHING]
    return "\n".join(lines) + "\n"


def audience(each: Audience) -> str:
    """Return whom something is owed, what and why, in a sentence."""
    about = ", ".join(f"`{word}`" for word in each.about if word)
    why = f"{each.why}: {about}" if about else each.why
    return f"{each.who} {_DUTIES[each.duty]} {each.when}, since {why} ({each.law})"


def aside(change: Change) -> str:
    """Return what stands in brackets after a change: its line, and a profile if only one has it."""
    only = f", {change.profiles[0]} profile only" if len(change.profiles) == 1 else ""
    return f"line {change.line}{only}"


def _change(change: Change) -> Iterator[str]:
    yield f"  {change.sentence} ({aside(change)})"
    if change.kind is Turn.REWORDS and change.about is Dim.TEXT and "“" not in change.sentence:
        yield f"    before: {change.was}"
        yield f"    now:    {change.now}"


def _end(end: End) -> str:
    return f"{end.title}, {end.revised}, SHA-256 {end.digest[:16]}…"


def as_json(diff: Diff) -> str:
    """Return a diff as JSON, in the shape that `change-a-policy.md` documents; it only grows."""
    found: dict[str, Json] = {
        "before": _json_end(diff.before),
        "after": _json_end(diff.after),
        "findings": [{"fault": each.fault, "words": each.words} for each in diff.problems],
        "changes": [_json_change(each) for each in diff.changes],
        "audiences": [_json_audience(each) for each in diff.audiences],
    }
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


def _json_end(end: End) -> dict[str, Json]:
    return {
        "title": end.title,
        "revised": end.revised.isoformat(),
        "digest": end.digest,
        "clauses": end.clauses,
    }


def _json_change(change: Change) -> dict[str, Json]:
    return {
        "kind": change.kind,
        "at": change.at,
        "about": change.about,
        "line": change.line,
        "sentence": change.sentence,
        "profiles": list(change.profiles),
        "through": list(change.through),
        "regions": sorted(change.regions),
        "categories": list(change.categories),
        "was": change.was,
        "now": change.now,
    }


def _json_audience(each: Audience) -> dict[str, Json]:
    return {
        "duty": each.duty,
        "who": each.who,
        "when": each.when,
        "why": each.why,
        "law": each.law,
        "regions": list(each.regions),
        "categories": list(each.categories),
        "about": list(each.about),
        "because": list(each.because),
    }


def as_html(diff: Diff) -> str:
    """Return a diff as one page without script; the first change of a clause has its id."""
    groups = [(kind, HEADINGS[kind], _anchored(diff, kind)) for kind in Turn if diff.of(kind)]
    return page(
        "diff.html",
        diff=diff,
        groups=groups,
        audience=audience,
        aside=aside,
    )


def _anchored(diff: Diff, kind: Turn) -> list[tuple[str | None, Change]]:
    first: dict[str, Change] = {}
    for turn in Turn:
        for each in diff.of(turn):
            first.setdefault(each.at, each)
    return [(each.at if first[each.at] is each else None, each) for each in diff.of(kind)]
