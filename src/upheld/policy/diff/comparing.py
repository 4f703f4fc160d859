"""Puts two versions of a policy beside each other, under both profiles; pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from upheld.model import Profile
from upheld.policy.diff.around import other_changes
from upheld.policy.diff.audiences import audiences
from upheld.policy.diff.clauses import clause_changes
from upheld.policy.diff.nouns import Audience, Change, Diff, Duty, End, Fault, Problem, Turn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from upheld.model import Policy


def changes(before: Policy, after: Policy) -> Diff:
    """Return what lies between two versions: changes, who must hear of them, what is wrong."""
    around = other_changes(before, after)
    found: dict[tuple[str, ...], Change] = {}
    heard: list[Audience] = []
    for profile in Profile:
        old, new = before.under(profile), after.under(profile)
        under = [replace(each, profiles=(profile,)) for each in clause_changes(old, new)]
        for each in under:
            key = (each.kind, each.at, each.sentence)
            first = found.get(key)
            found[key] = replace(first, profiles=(*first.profiles, profile)) if first else each
        heard += audiences(old, new, (*around, *under))
    every = (*around, *_ordered(found.values(), after))
    return Diff(
        before=_end(before),
        after=_end(after),
        changes=every,
        audiences=_gathered(heard),
        problems=tuple(_problems(before, after, every)),
    )


def _ordered(found: Iterable[Change], after: Policy) -> list[Change]:
    """Return changes in the order of the policy, whatever profile each was found under first."""
    every = (after.clauses, *after.profiles.values())
    there = {clause.id for clauses in every for clause in clauses}
    return sorted(found, key=lambda each: (each.at not in there, each.line))


def _gathered(heard: Iterable[Audience]) -> tuple[Audience, ...]:
    """Return audiences with those made one who are owed the same, for the same data, by one law."""
    found: dict[tuple[Duty | str | tuple[str, ...], ...], Audience] = {}
    for each in heard:
        key = (each.duty, each.who, each.when, each.why, each.law)
        first = found.get(key, each)
        about = tuple(dict.fromkeys((*first.about, *each.about)))
        because = tuple(dict.fromkeys((*first.because, *each.because)))
        found[key] = replace(first, about=about, because=because)
    return tuple(sorted(found.values(), key=lambda each: each.duty is Duty.TOLD))


def _end(policy: Policy) -> End:
    return End(policy.title, policy.revised, policy.digest, len(policy.clauses))


def _problems(before: Policy, after: Policy, found: Sequence[Change]) -> Iterator[Problem]:
    """Yield what is wrong with a change as a whole."""
    moved = before.revised != after.revised
    if after.revised < before.revised:
        yield Problem(
            Fault.DATE_BACKWARDS,
            f"`revised` moved back, from {before.revised} to {after.revised}; move it forward",
        )
    if found and not moved:
        yield Problem(
            Fault.TEXT_WITHOUT_DATE,
            f"the text changed and `revised` is still {after.revised}; "
            "a published version never changes: move the date forward",
        )
    elif before.digest != after.digest and not moved:
        yield Problem(
            Fault.TEXT_WITHOUT_DATE,
            "nothing that people read changed, but the bytes of the file did (its layout, order, "
            f"comments or facts), and `revised` is still {after.revised}; "
            "a published version never changes: take the change back, or move the date forward",
        )
    elif moved and not found:
        yield Problem(
            Fault.DATE_WITHOUT_TEXT,
            f"`revised` moved from {before.revised} to {after.revised} and nothing else did; "
            "people would look for a change in vain: take the date back",
        )
    for each in found:
        if each.kind is Turn.RENAMES:
            yield Problem(
                Fault.ID_RENAMED,
                f"`{each.was}` was renamed to `{each.now}`; an id never changes, since the log, "
                f"letters and links hold it: call it `{each.was}` again",
            )
