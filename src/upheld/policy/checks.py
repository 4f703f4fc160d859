"""Checks of the clauses about the policy itself; pure over what was seen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from upheld.model import Finding, Force, Judgement, Kind, facts_of
from upheld.policy.logic import expanded, value, worlds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from upheld.model import Clause, Fact, Rule, Seen

_BROKEN, _UPHELD = Judgement.BROKEN, Judgement.UPHELD
_UNPROVEN, _IDLE = Judgement.UNPROVEN, Judgement.NOT_EXERCISED
_DEEMED = "deemed_acceptance_of_version"


def revision_dated(clause: Clause, seen: Seen) -> Finding:
    """Whenever the text changed, the date of revision moved, and moved forward."""
    del clause
    versions = seen.versions
    if not versions:
        return Finding(Judgement.UNPROVEN, ("home has not seen a version of the policy yet",))
    past: list[str] = []
    fault: str | None = None
    proper = versions[0]
    for version in versions[1:]:
        if version.digest == proper.digest:
            fault = None
        elif version.revised > proper.revised:
            past += [fault] if fault else []
            fault, proper = None, version
        else:
            fault = (
                f"the text seen on {seen.day(version.seen)} differs from the version of "
                f"{proper.revised}, but is dated {version.revised}"
            )
    if fault:
        return Finding(Judgement.BROKEN, (fault, "to put right: move `revised` to a later date"))
    if len(versions) == 1:
        words = f"one version, dated {proper.revised}; it has not been revised"
        return Finding(Judgement.NOT_EXERCISED, (words,))
    words = f"{len(versions)} versions, each dated later than the one before"
    return Finding(Judgement.UPHELD, (words, *(f"put right: {each}" for each in past)))


def roll_up(clause: Clause, seen: Seen) -> Finding:
    """No other clause is broken, and none that binds the company lacks its evidence."""
    others = [each for each in seen.verdicts if each.id != clause.id]
    broken = [each.id for each in others if each.verdict == Judgement.BROKEN]
    if broken:
        return Finding(Judgement.BROKEN, (f"broken: {', '.join(broken)}",))
    promises = [each for each in others if each.force is Force.PROMISE]
    unproven = [each.id for each in promises if each.verdict == Judgement.UNPROVEN]
    if unproven:
        return Finding(Judgement.UNPROVEN, (f"unproven: {', '.join(unproven)}",))
    kept = {Judgement.UPHELD, Judgement.ATTESTED}
    upheld = sum(1 for each in promises if each.verdict in kept)
    if not upheld:
        return Finding(Judgement.NOT_EXERCISED, ("no other promise has been put to the test",))
    return Finding(Judgement.UPHELD, (f"promises upheld: {upheld}, none broken",))


def version_registered(clause: Clause, seen: Seen) -> Finding:
    """The text in force is the one that the log has under the date it shows."""
    del clause
    dated = [each for each in seen.versions if each.revised == seen.policy.revised]
    others = [each for each in dated if each.digest != seen.policy.digest]
    if others:
        first = seen.day(others[0].seen)
        words = f"another text was published under {seen.policy.revised}, first seen on {first}"
        return Finding(_BROKEN, (words, "to put right: move `revised` to a later date"))
    if not dated:
        return Finding(_UNPROVEN, ("home has not seen a version of the policy yet",))
    words = f"the text in force has the hash registered for {seen.policy.revised}"
    return Finding(_UPHELD, (words, f"SHA-256 {seen.policy.digest}"))


def versions_kept(clause: Clause, seen: Seen) -> Finding:
    """Every version that was ever in force can still be read, word for word."""
    del clause
    lost = [
        f"the text of {each.revised} is lost or altered"
        for each in seen.versions
        if each.kept is not True
    ]
    if lost:
        return Finding(_BROKEN, (*lost, "to put right: restore home from a backup"))
    if not seen.versions:
        return Finding(_UNPROVEN, ("home has not seen a version of the policy yet",))
    latest = f"versions kept: {len(seen.versions)}; compare two with `upheld policy diff`"
    return Finding(_UPHELD, (latest,))


def extra_notice_sent(clause: Clause, seen: Seen) -> Finding:
    """Where a version was announced to people, the report of who was reached is on file."""
    del clause
    announced = [each for each in seen.documents if each.kind == "notice-campaign"]
    if not announced:
        words = "no version was announced by a message of its own"
        return Finding(_IDLE, (words, "to record one: upheld document add --kind notice-campaign"))
    known = {f"version/{each.revised}" for each in seen.versions}
    wrong = [
        f"{each.file}: {each.about} was never in force"
        for each in announced
        if each.about not in known
    ]
    wrong += [
        f"{each.file} is gone or was changed since it was registered"
        for each in announced
        if each.intact is False
    ]
    if wrong:
        return Finding(_BROKEN, tuple(wrong))
    words = f"versions announced: {len(announced)}, each with its report"
    return Finding(Judgement.ATTESTED, (words,))


def never_deemed(clause: Clause, seen: Seen) -> Finding:
    """No clause permits anything because somebody went on using a service."""
    rules = seen.policy.rules
    wrong = [
        each.id
        for each in seen.policy.clauses
        if each.kind in {Kind.MAY, Kind.KEEP}
        and each.when is not None
        and _leans_on(expanded(each.when, rules), seen.policy.facts)
    ]
    if wrong:
        words = f"permits because use went on after a new version: {', '.join(wrong)}"
        return Finding(_BROKEN, (words, "to put right: ask for consent in `when`"))
    permits = sum(1 for each in seen.policy.clauses if each.kind in {Kind.MAY, Kind.KEEP})
    words = f"no clause of the {permits} that permit takes silence for consent"
    return Finding(_UPHELD, (words, f"profile {seen.policy.profile}", f"stated by {clause.id}"))


def _leans_on(rule: Rule, facts: Mapping[str, Fact]) -> bool:
    """Say whether deemed acceptance alone can make a condition true that is not true without."""
    if _DEEMED not in facts_of(rule):
        return False
    every = worlds((rule,), facts)
    if every is None:
        return True
    return any(
        value(rule, world, {}) is True
        and value(rule, {name: each for name, each in world.items() if name != _DEEMED}, {})
        is not True
        for world in every
        if _DEEMED in world
    )


def new_purpose_versioned(clause: Clause, seen: Seen) -> Finding:
    """A purpose that was not there at first came with a version of a later date."""
    del clause
    versions = [each for each in seen.versions if each.purposes]
    if not versions:
        return Finding(_UNPROVEN, ("home has not seen the purposes of a version yet",))
    undated = list(_slipped_in(seen))
    if undated:
        return Finding(_BROKEN, (*undated, "to put right: move `revised` to a later date"))
    added = set(versions[-1].purposes) - set(versions[0].purposes)
    if not added:
        return Finding(_IDLE, ("no purpose was added since the first version",))
    words = f"added with a later date: {', '.join(sorted(added))}"
    return Finding(
        _UNPROVEN,
        (words, "missing: purpose-gate, which records the first use of each; not in this version"),
    )


def _slipped_in(seen: Seen) -> Iterator[str]:
    """Yield each purpose that a text brought in under a date that had been published without."""
    for index, version in enumerate(seen.versions):
        earlier = seen.versions[:index]
        before = {purpose for each in earlier for purpose in each.purposes}
        if earlier and version.revised <= max(each.revised for each in earlier):
            for purpose in sorted(set(version.purposes) - before):
                yield f"`{purpose}` came in under {version.revised}, a date already published"


def never_first(clause: Clause, seen: Seen) -> Finding:
    """Nobody must write to the company before they may complain to an authority."""
    telling = [
        each
        for each in seen.policy.clauses
        if each.id == clause.id
        or (each.kind is Kind.TELL and {"complaint", "authorities"} & {*each.what})
        or (each.kind is Kind.ANSWER and "complain" in each.what)
    ]
    wrong = [
        f"{each.id} holds only on a condition; take out its `when` and `unless`"
        for each in telling
        if each.when is not None or each.unless is not None
    ]
    wrong += [
        f"{each.id} makes writing to you first a condition of complaining"
        for each in telling
        if _CONDITION.search(each.text)
    ]
    if wrong:
        return Finding(_BROKEN, tuple(wrong))
    return Finding(_UPHELD, (f"clauses on complaints, none with a condition: {len(telling)}",))


_CONDITION = re.compile(
    r"\b(must|have to|has to|need to|required to|only after|not before|unless you)\b"
    r"[^.]*\b(first|before|contact|write|ask)\b",
    re.IGNORECASE,
)

CHECKS = {
    "revision-dated": revision_dated,
    "roll-up": roll_up,
    "version-registered": version_registered,
    "versions-kept": versions_kept,
    "archive-kept": versions_kept,
    "extra-notice-sent": extra_notice_sent,
    "never-deemed": never_deemed,
    "new-purpose-versioned": new_purpose_versioned,
    "never-first": never_first,
}
