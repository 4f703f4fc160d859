"""Checks of the clauses about the policy itself; pure over what was seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upheld.model import Finding, Force, Judgement

if TYPE_CHECKING:
    from upheld.model import Clause, Seen


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


CHECKS = {"revision-dated": revision_dated, "roll-up": roll_up}
