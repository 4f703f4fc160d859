"""Checks of the clauses about the policy itself; pure over what was seen."""

from __future__ import annotations

import re
from calendar import month_name
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING

from upheld.errors import BadInput
from upheld.model import Finding, Force, Judgement, Kind, Regime, Right, facts_of, points_of
from upheld.policy.documents import newest, redated
from upheld.policy.logic import value, worlds
from upheld.policy.opening import Opening
from upheld.policy.render import as_text, letter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from upheld.model import Clause, Policy, Rule, Seen, Version
    from upheld.policy.logic import Rules, World

_BROKEN, _UPHELD = Judgement.BROKEN, Judgement.UPHELD
_UNPROVEN, _IDLE = Judgement.UNPROVEN, Judgement.NOT_EXERCISED
_DEEMED = "deemed_acceptance_of_version"


def revision_dated(clause: Clause, seen: Seen) -> Finding:
    """Whenever the text changed, the date of revision moved, and moved forward."""
    del clause
    if not seen.versions:
        return Finding(_UNPROVEN, (_NO_VERSION,))
    proper, mended, fault = _dated(seen)
    if fault:
        return Finding(_BROKEN, (fault, _MOVE))
    past = tuple(f"put right: {each}" for each in mended)
    if len(proper) == 1:
        words = f"one version, dated {proper[0].revised}; it has not been revised"
        return Finding(_IDLE, (words, *past))
    words = f"{len(proper)} versions, each dated later than the one before"
    return Finding(_UPHELD, (words, *past))


def _dated(seen: Seen) -> tuple[list[Version], list[str], str | None]:
    """Return the versions that were properly dated, the faults put right, and the one that is."""
    proper = [seen.versions[0]]
    mended: list[str] = []
    fault: str | None = None
    for version in seen.versions[1:]:
        latest = proper[-1]
        if (version.said, version.revised) == (latest.said, latest.revised):
            mended, fault = [*mended, *([fault] if fault else [])], None
        elif version.revised > latest.revised:
            mended, fault = [*mended, *([fault] if fault else [])], None
            proper.append(version)
        else:
            fault = (
                f"the text seen on {seen.day(version.seen)} differs from the version of "
                f"{latest.revised}, but is dated {version.revised}"
            )
    return proper, mended, fault


_NO_VERSION = "home has not seen a version of the policy yet"
_MOVE = "to put right: move `revised` to a later date"


def roll_up(clause: Clause, seen: Seen) -> Finding:
    """No other clause is broken, and none that binds the company lacks its evidence."""
    others = [each for each in seen.verdicts if each.id != clause.id]
    broken = [each.id for each in others if each.verdict == Judgement.BROKEN]
    if broken:
        return Finding(_BROKEN, (f"broken: {', '.join(broken)}",))
    binding = [each for each in others if each.force in _BINDING]
    unproven = [each.id for each in binding if each.verdict == Judgement.UNPROVEN]
    if unproven:
        return Finding(_UNPROVEN, (f"unproven: {', '.join(unproven)}",))
    promises = [each for each in binding if each.force is Force.PROMISE]
    upheld = sum(1 for each in promises if each.verdict in _KEPT)
    if not upheld:
        return Finding(_IDLE, ("no other promise has been put to the test",))
    words = f"promises upheld: {upheld}, none broken"
    attested = [each.id for each in binding if each.verdict == Judgement.ATTESTED]
    if attested:
        paper = f"of these by a person's word and a paper alone: {', '.join(attested)}"
        return Finding(Judgement.ATTESTED, (words, paper))
    return Finding(_UPHELD, (words,))


_BINDING = (Force.PROMISE, Force.CONDITION, Force.EXCEPTION)
_KEPT = (Judgement.UPHELD, Judgement.ATTESTED)


def version_registered(clause: Clause, seen: Seen) -> Finding:
    """The text in force is the first that the log has under the date it shows."""
    policy = seen.policy
    named = set(_days_in(clause.text))
    if named and policy.revised not in named:
        words = f"its words name another day than `revised`, which is {policy.revised}"
        return Finding(_BROKEN, (words, "to put right: write the day of the revision into them"))
    dated = [each for each in seen.versions if each.revised == policy.revised]
    if not dated:
        return Finding(_UNPROVEN, (_NO_VERSION,))
    if policy.said != dated[0].said and policy.digest != dated[0].digest:
        first = seen.day(dated[0].seen)
        words = f"another text was published under {policy.revised}, first seen on {first}"
        return Finding(_BROKEN, (words, _MOVE))
    words = f"the text in force is the one registered for {policy.revised}"
    return Finding(_UPHELD, (words, f"SHA-256 {dated[0].digest}"))


_MONTHS = {name.lower(): number for number, name in enumerate(month_name) if name}
_DAY = re.compile(
    r"(?P<iso>\d{4}-\d{2}-\d{2})"
    r"|(?P<month>[A-Z][a-z]+) (?P<day>\d{1,2})(?:st|nd|rd|th)?,? (?P<year>\d{4})"
    r"|(?P<day2>\d{1,2})(?:st|nd|rd|th)? (?P<month2>[A-Z][a-z]+),? (?P<year2>\d{4})"
)


def _days_in(text: str) -> Iterator[date]:
    """Yield the days that a text names in English: `January 23, 2020`, `23 January 2020`."""
    for found in _DAY.finditer(text):
        month = _MONTHS.get((found["month"] or found["month2"] or "").lower(), 0)
        year, day = found["year"] or found["year2"], found["day"] or found["day2"]
        with suppress(ValueError):
            yield (
                date.fromisoformat(found["iso"])
                if found["iso"]
                else date(int(year), month, int(day))
            )


def versions_kept(clause: Clause, seen: Seen) -> Finding:
    """Every version that was ever in force can still be read, word for word."""
    del clause
    lost = [
        f"the text of {each.revised} is lost or altered"
        for each in seen.versions
        if each.kept is False
    ]
    if lost:
        return Finding(_BROKEN, (*lost, "to put right: restore home from a backup"))
    before = [str(each.revised) for each in seen.versions if each.kept is None]
    if before or not seen.versions:
        words = f"noted before texts were kept: {', '.join(before)}" if before else _NO_VERSION
        return Finding(_UNPROVEN, (words,))
    latest = f"versions kept: {len(seen.versions)}; compare two with `upheld policy diff`"
    return Finding(_UPHELD, (latest,))


def extra_notice_sent(clause: Clause, seen: Seen) -> Finding:
    """Where a version was announced to people, the report of who was reached is on file.

    Of two reports about one version the later counts. Its review is not asked for: whom a message
    reached does not change.
    """
    del clause
    announced = newest(seen.documents, "notice-campaign")
    if not announced:
        words = "no version was announced by a message of its own"
        return Finding(_IDLE, (words, "to record one: upheld document add --kind notice-campaign"))
    known = {f"version/{each.revised}" for each in seen.versions}
    wrong = [
        f"{each.file}: {each.about} was never in force"
        for each in announced.values()
        if each.about not in known
    ]
    wrong += [
        f"{each.file} is gone or was changed since it was registered"
        for each in announced.values()
        if each.intact is False
    ]
    wrong += redated(seen, "notice-campaign", announced)
    if wrong:
        return Finding(_BROKEN, tuple(wrong))
    words = f"versions announced: {len(announced)}, each with its report"
    return Finding(Judgement.ATTESTED, (words, "the day of a report's review is not asked for"))


def never_deemed(clause: Clause, seen: Seen) -> Finding:
    """No clause permits anything, or forbids less, because somebody went on using a service."""
    deciding = [each for each in seen.policy.clauses if each.kind in _DECIDING]
    leaning = {each.id: _leans(each, seen.policy) for each in deciding}
    wrong = [id for id, leans in leaning.items() if leans]
    if wrong:
        words = f"takes going on for a yes: {', '.join(wrong)}"
        return Finding(_BROKEN, (words, "to put right: ask for consent in its condition"))
    unclear = [id for id, leans in leaning.items() if leans is None]
    if unclear:
        words = f"too many facts to tell whether silence counts in: {', '.join(unclear)}"
        return Finding(_UNPROVEN, (words, "to put right: ask for less in one condition"))
    words = (
        f"clauses that permit or forbid, none of which takes silence for consent: {len(leaning)}"
    )
    return Finding(_UPHELD, (words, f"profile {seen.policy.profile}", f"stated by {clause.id}"))


_DECIDING = (Kind.MAY, Kind.KEEP, Kind.NEVER)


def _leans(clause: Clause, policy: Policy) -> bool | None:
    """Say whether deemed acceptance alone lets a clause permit, or keeps it from forbidding."""
    if _DEEMED not in _reached(clause, policy.rules):
        return False
    opening = Opening(policy.rules)
    when, unless = opening.of(clause.when), opening.of(clause.unless) if clause.unless else None
    if when is None or (clause.unless and unless is None):
        return None
    every = worlds([when, unless] if unless else [when], policy.facts)
    if every is None:
        return None
    return any(
        _lets(clause.kind, when, unless, world, closed=clause.closed)
        and not _lets(clause.kind, when, unless, _without(world), closed=clause.closed)
        for world in every
        if _DEEMED in world
    )


def _reached(clause: Clause, rules: Rules) -> frozenset[str]:
    """Return the facts that a clause asks about, itself or by pointing; each clause once."""
    found: set[str] = set()
    seen: set[str] = set()
    waiting = [rule for rule in (clause.when, clause.unless) if rule]
    while waiting:
        rule = waiting.pop()
        found |= facts_of(rule)
        fresh = points_of(rule) - seen
        seen |= fresh
        waiting += [inner for id in fresh if (inner := rules[id])]
    return frozenset(found)


def _without(world: World) -> World:
    return {name: each for name, each in world.items() if name != _DEEMED}


def _lets(
    kind: Kind, when: Rule | None, unless: Rule | None, world: World, *, closed: bool
) -> bool:
    """Say whether a clause permits in a world, or of a *never*, whether it does not forbid."""
    found = value(when, world, {})
    called = found is True or (closed and found is None)
    holds = called and not (unless is not None and value(unless, world, {}) is True)
    return not holds if kind is Kind.NEVER else holds


def new_purpose_versioned(clause: Clause, seen: Seen) -> Finding:
    """A purpose that was not there at first came with a version of a later date."""
    del clause
    versions = [each for each in seen.versions if each.purposes]
    if not versions:
        return Finding(_UNPROVEN, ("home has not seen the purposes of a version yet",))
    undated = _slipped_in(versions)
    if undated:
        return Finding(_BROKEN, (*undated, _MOVE))
    added = set(versions[-1].purposes) - set(versions[0].purposes)
    if not added:
        return Finding(_IDLE, ("no purpose was added since the first version",))
    words = f"added with a later date: {', '.join(sorted(added))}"
    return Finding(
        _UNPROVEN,
        (words, "missing: purpose-gate, which records the first use of each; not in this version"),
    )


def _slipped_in(versions: list[Version]) -> tuple[str, ...]:
    """Return the purposes in force that came in under a date already published, and only so."""
    named, latest = set(versions[0].purposes), versions[0].revised
    slipped: dict[str, date] = {}
    for version in versions[1:]:
        now = set(version.purposes)
        if version.revised > latest:
            named, latest, slipped = named | now, version.revised, {}
        else:
            slipped = {name: day for name, day in slipped.items() if name in now}
            slipped |= {name: version.revised for name in now - named if name not in slipped}
    return tuple(
        f"`{name}` came in under {day}, a date already published"
        for name, day in sorted(slipped.items())
    )


def never_first(clause: Clause, seen: Seen) -> Finding:
    """Nobody must write to the company before they may complain, neither by a clause nor a letter.

    It reads English: a sentence that makes one thing wait for the other.
    """
    policy = seen.policy
    telling = [
        each
        for each in policy.clauses
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
        if _makes_wait(each.text)
    ]
    letters = _letters(policy)
    wrong += [
        f"a letter on `{name}` makes writing to you first a condition of complaining"
        for name, text in letters.items()
        if _makes_wait(text)
    ]
    if wrong:
        return Finding(_BROKEN, tuple(wrong))
    words = f"clauses on complaints, none with a condition: {len(telling)}; letters: {len(letters)}"
    return Finding(_UPHELD, (words,))


def _letters(policy: Policy) -> dict[str, str]:
    """Return the words of every letter that a policy has, by right and law."""
    found: dict[str, str] = {}
    for right in Right:
        for regime in Regime:
            with suppress(BadInput):
                found[f"{right} under {regime}"] = as_text(letter(policy, right, regime))
    return found


_SENTENCE = re.compile(r"[^.!?;\n]+")
_WAITS = re.compile(
    r"\b(only (once|after|if|when)|after you|once you|until you|unless you|provided (that )?you"
    r"|must|have to|has to|need to|required to)\b",
    re.IGNORECASE,
)
_FOR_US = re.compile(r"\b(us|we|contact|write|wrote|written|ask|asked|tell|told)\b", re.IGNORECASE)
_DENIED = re.compile(r"\b(not|never|nobody|no need|without)\b|n't\b", re.IGNORECASE)
_UNTIL = re.compile(r"\b(not|never|cannot|can't)\b.*\b(before|until|unless)\b", re.IGNORECASE)
_COMPLAINS = re.compile(r"\b(authorit|complain|complaint|first|before|take it|case)", re.IGNORECASE)


def _makes_wait(text: str) -> bool:
    """Say whether a sentence lets nobody complain before they wrote to the company."""
    return any(
        bool(_FOR_US.search(sentence) and _COMPLAINS.search(sentence))
        and bool(
            _UNTIL.search(sentence) or (_WAITS.search(sentence) and not _DENIED.search(sentence))
        )
        for sentence in _SENTENCE.findall(text)
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
