"""Puts two versions of a policy beside each other, under both profiles; pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from upheld.model import Profile
from upheld.policy.diff.around import other_changes
from upheld.policy.diff.audiences import audiences
from upheld.policy.diff.cases import Purse
from upheld.policy.diff.clauses import clause_changes
from upheld.policy.diff.nouns import Audience, Change, Diff, Duty, End, Fault, Problem, Turn
from upheld.policy.diff.touch import steady
from upheld.policy.diff.version import Version

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from upheld.model import Policy


def changes(before: Policy, after: Policy) -> Diff:
    """Return what lies between two versions: changes, who must hear of them, what is wrong."""
    around = other_changes(before, after)
    found: dict[tuple[str, ...], Change] = {}
    heard: list[Audience] = []
    read: list[tuple[tuple[Version, Version], tuple[Change, ...]]] = []
    purse = Purse()
    for profile in Profile:
        both = [each.under(profile) for each in (before, after)]
        pair = next((pair for pair, _ in read if _same(pair, both)), None)
        if pair is None:
            pair = Version.of(both[0], purse), Version.of(both[1], purse)
            made = _made(*read[0], pair) if read else {}
            read.append((pair, clause_changes(*pair, made)))
            heard += audiences(*pair, (*around, *read[-1][1]))
        for each in next(those for done, those in read if done is pair):
            key = (each.kind, each.at, each.sentence)
            first = found.get(key)
            under = (*(first.profiles if first else ()), profile)
            found[key] = replace(first or each, profiles=under)
    every = (*around, *_ordered(found.values(), after))
    return Diff(
        before=_end(before),
        after=_end(after),
        changes=every,
        audiences=_gathered(heard),
        problems=tuple(_problems(before, after, every)),
    )


def _made(
    read: tuple[Version, Version], found: Sequence[Change], pair: tuple[Version, Version]
) -> Mapping[str, Sequence[Change]]:
    """Return the changes found under one profile that are the same under another, by clause."""
    made: dict[str, list[Change]] = {id: [] for id in steady(read, pair)}
    for each in found:
        if each.at in made:
            made[each.at].append(each)
    return made


def _same(pair: tuple[Version, Version], both: Sequence[Policy]) -> bool:
    """Say whether versions read under one profile are word for word those under another."""
    return all(each.policy.clauses == other.clauses for each, other in zip(pair, both, strict=True))


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
    elif before.said != after.said and not moved:
        yield Problem(
            Fault.TEXT_WITHOUT_DATE,
            "nothing that people read changed, but what the file says did (its order, or words "
            f"that no clause uses), and `revised` is still {after.revised}; "
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
