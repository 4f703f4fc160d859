"""Checks of what is registered beside the clauses: entities, bases, documents, links; pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from upheld.data import retired_links
from upheld.model import Finding, Judgement
from upheld.policy.documents import newest, redated
from upheld.policy.links import UNLISTED, UNREACHABLE, address, lies_under, linked

if TYPE_CHECKING:
    from datetime import date

    from upheld.model import Clause, Document, Entity, LinkSeen, Seen

_BROKEN, _UPHELD = Judgement.BROKEN, Judgement.UPHELD
_UNPROVEN, _IDLE = Judgement.UNPROVEN, Judgement.NOT_EXERCISED
_INTEREST, _DUTY = "legitimate-interest", "legal-obligation"
_OTHERS = frozenset({"customer", "partner"})
_ASKED_WITHIN = timedelta(days=30)


def entities_registered(clause: Clause, seen: Seen) -> Finding:
    """Every store is in the hands of an entity that the policy speaks for today."""
    del clause
    entities = seen.policy.entities
    if not entities:
        words = "the policy names no entity; list under `entities` whom it speaks for"
        return Finding(_UNPROVEN, (words,))
    bound = {each.name for each in entities if _stands(each, seen)}
    hands = {
        f"{mapped.name}.{each.name}": each.controller
        for mapped in seen.maps.values()
        for each in mapped.collections
        if each.personal
    }
    strangers = [
        f"{place} is in the hands of `{of}`, for whom the policy does not speak today"
        for place, of in sorted(hands.items())
        if of is not None and of not in bound | _OTHERS
    ]
    if not bound:
        strangers.insert(0, "no entity of the policy stands today; look at `from` and `until`")
    if strangers:
        return Finding(_BROKEN, tuple(strangers))
    words = f"entities: {len(bound)}, stores: {len(seen.maps)}"
    if len(entities) == 1:
        alone = "there is one entity: what names no `controller` is its own"
        return Finding(_UPHELD if seen.maps else _IDLE, (words, alone))
    bare = sorted(place for place, of in hands.items() if of is None)
    if bare:
        ask = f"of {len(entities)} entities, whose it is: write `controller` in the map"
        return Finding(_UNPROVEN, (ask, *(f"{place} names no `controller`" for place in bare)))
    return Finding(_UPHELD if hands else _IDLE, (words,))


def _stands(entity: Entity, seen: Seen) -> bool:
    since, until = entity.since or seen.today, entity.until or seen.today
    return since <= seen.today <= until


def bases_recorded(clause: Clause, seen: Seen) -> Finding:
    """Every purpose has a legal basis on record; an interest pursued is stated."""
    del clause
    basing = seen.policy.basing
    if not basing:
        return Finding(_IDLE, ("the policy declares no purpose",))
    bare = sorted(name for name, each in basing.items() if not each.bases)
    if len(bare) == len(basing):
        words = "no purpose has a basis on record; give each its `basis` under `purposes`"
        return Finding(_UNPROVEN, (words,))
    wrong = [f"`{name}` has no basis" for name in bare]
    wrong += [
        f"`{name}` rests on an interest that is not stated; write `interest`"
        for name, each in sorted(basing.items())
        if _INTEREST in each.bases and not (each.interest or "").strip()
    ]
    if wrong:
        return Finding(_BROKEN, tuple(wrong))
    return Finding(_UPHELD, (f"purposes with a basis on record: {len(basing)}",))


def balancing_current(clause: Clause, seen: Seen) -> Finding:
    """Every purpose that rests on an interest has a balancing test whose review is not overdue."""
    del clause
    resting = sorted(n for n, each in seen.policy.basing.items() if _INTEREST in each.bases)
    if not resting:
        return Finding(_IDLE, ("no purpose rests on a legitimate interest",))
    tests = newest(seen.documents, "balancing-test")
    if not tests:
        words = "no balancing test is registered; upheld document add FILE --kind balancing-test"
        return Finding(_UNPROVEN, (words,))
    wrong = [
        f"`{name}`: {_fault(tests.get(f'purpose/{name}'), seen)}"
        for name in resting
        if _fault(tests.get(f"purpose/{name}"), seen)
    ]
    wrong += redated(seen, "balancing-test", {f"purpose/{name}" for name in resting})
    if wrong:
        return Finding(_BROKEN, tuple(wrong))
    first = min(tests[f"purpose/{name}"].review for name in resting)
    words = f"balancing tests in date: {len(resting)}, the first to be reviewed on {first}"
    return Finding(Judgement.ATTESTED, (words,))


def _fault(document: Document | None, seen: Seen) -> str:
    if document is None:
        return "no balancing test is registered"
    if document.intact is False:
        return f"{document.file} is gone or was changed since it was registered"
    if document.review < seen.today:
        return f"its balancing test was to be reviewed on {document.review}"
    if document.dated > seen.today:
        return f"its balancing test is dated {document.dated}, a day to come"
    return ""


def obligations_named(clause: Clause, seen: Seen) -> Finding:
    """Every purpose that rests on a legal duty names the law."""
    del clause
    resting = {n: each for n, each in seen.policy.basing.items() if _DUTY in each.bases}
    if not resting:
        return Finding(_IDLE, ("no purpose rests on a legal duty",))
    bare = sorted(name for name, each in resting.items() if not (each.law or "").strip())
    if bare:
        return Finding(_BROKEN, tuple(f"`{name}` names no law; write `law`" for name in bare))
    return Finding(_UPHELD, (f"purposes that name the law they rest on: {len(resting)}",))


def authorities_listed(clause: Clause, seen: Seen) -> Finding:
    """The link to the authorities answers, leads to one, and is not one that was retired."""
    if clause.link is None:
        return Finding(_BROKEN, ("the clause gives no `link`; add one to a list of authorities",))
    bare = address(clause.link)
    retired = next((why for old, why in retired_links().items() if lies_under(bare, old)), None)
    if retired:
        return Finding(_BROKEN, (f"the link was retired: {retired}", _LIST))
    asked = seen.links.get(clause.link)
    if asked is None or seen.at - asked.at > _ASKED_WITHIN:
        words = "the link was not asked in the last 30 days; run `upheld check --links`"
        return Finding(_UNPROVEN, (words,))
    return _heard(asked, seen.day(asked.at))


def _heard(asked: LinkSeen, day: date) -> Finding:
    if asked.wrong is None:
        found = f"the link answered on {day}, and it leads to an authority"
        return Finding(_UPHELD, (found, "whether to that of each person was not looked at"))
    if asked.wrong == UNLISTED:
        words = f"the page answered on {day}, but no link on it leads to an authority we know of"
        return Finding(_UNPROVEN, (words, _LIST))
    if asked.wrong.startswith(UNREACHABLE):
        words = f"on {day} nobody could ask: {asked.wrong}; run `upheld check --links` again"
        return Finding(_UNPROVEN, (words,))
    return Finding(_BROKEN, (f"on {day} the link was asked, and {asked.wrong}", _LIST))


_LIST = "to put right: link to a page that lists the authorities, such as your own"


def external_marked(clause: Clause, seen: Seen) -> Finding:
    """Every site that the policy links to and that is not ours is marked as somebody else's."""
    del clause
    ours = address(_web(seen.policy.reach.get("web-site", ""))).partition("/")[0]
    known = [address(_web(each)) for each in seen.policy.external]
    linked_to = {each for clause in seen.policy.clauses for each in linked(clause)}
    theirs = {each for each in linked_to if not _of(each, ours)}
    bare = sorted(each for each in theirs if not any(_of(each, site) for site in known))
    if bare:
        words = tuple(f"`{each}` is linked to and not marked under `external`" for each in bare)
        return Finding(_BROKEN, words)
    return Finding(_UPHELD, (f"pages of others that are linked to, all marked: {len(theirs)}",))


def _web(site: str) -> str:
    return site if "://" in site else f"https://{site}"


def _of(page: str, site: str) -> bool:
    """Say whether a page lies on a site, or on one below its name."""
    host = page.partition("/")[0]
    return bool(site) and (lies_under(page, site) or host.endswith(f".{site}"))


CHECKS = {
    "entities-registered": entities_registered,
    "bases-recorded": bases_recorded,
    "balancing-current": balancing_current,
    "obligations-named": obligations_named,
    "authorities-listed": authorities_listed,
    "external-marked": external_marked,
}
