"""Rules about what a policy says against law or against itself, seen in its structure.

With `rules_wording` these are the fifteen troubles that were found in the first policy ever run
through Upheld; any policy can have them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from upheld.data import retired_links, vocabularies
from upheld.model import Action, Force, Kind, Regime, points_of
from upheld.policy.links import lies_under, linked
from upheld.policy.linting.concerns import Concern
from upheld.policy.linting.paper import ids, listed
from upheld.policy.linting.remarks import Severity, Spot

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from upheld.model import Clause
    from upheld.policy.linting.paper import Paper
    from upheld.policy.linting.wordings import Topic

_TOLL_DIGITS = 11
"""Digits of a North American number with its country code."""


def _storage_against_adequacy(paper: Paper) -> Iterator[Spot]:
    """Data may go to another country, and another clause promises protection that nobody asks for.

    A *may* that transfers asks neither what makes the transfer lawful nor whose data it is, while a
    *never* or a safeguard says that it must be lawful: for some people both hold at once.
    """
    asking = [
        each
        for each in paper.those(Kind.NEVER, Kind.GUARD)
        if (each.kind is Kind.GUARD or Action.TRANSFER in each.what)
        and paper.asks(each, "adequacy")
    ]
    if not asking:
        return
    for clause in paper.those(Kind.MAY):
        free = not paper.asks(clause, "adequacy") and not paper.asks(clause, "whose")
        if Action.TRANSFER in clause.what and free and not _collecting(clause):
            words = (
                f"`{clause.id}` lets data leave and asks for nothing that makes it lawful, against "
                f"{ids(asking)}; ask for `tool` in its `when`, or leave out whose data it is not"
            )
            yield paper.spot(words, (clause, *asking))


def _collecting(clause: Clause) -> bool:
    return Action.COLLECT in clause.what


def _basis_not_published(paper: Paper) -> Iterator[Spot]:
    """Uses rest on a legal basis that no clause publishes.

    Relied on are the bases of the purposes, and consent where a condition asks for it or where it
    can be withdrawn. Published is what clauses list under `bases`; a clause that tells `bases` and
    lists none publishes all of them.
    """
    if any("bases" in each.what and not each.bases for each in paper.those(Kind.TELL)):
        return
    published = {basis for each in paper.clauses for basis in each.bases}
    relied = _relied_on(paper)
    missing = sorted(set(relied) - published)
    if missing:
        publishing = [each for each in paper.clauses if each.bases]
        relying = [clause for basis in missing for clause in relied[basis]]
        words = f"relied on and published nowhere: {listed(missing)}"
        if relying:
            words += f" (by {ids(relying)})"
        words += "; list each under `bases` of a clause that says so"
        found = paper.spot(words, (*publishing, *relying), about="bases")
        yield found if found.lines else Spot(words, (), (paper.line("purposes"),), "bases")


def _relied_on(paper: Paper) -> dict[str, list[Clause]]:
    relied: dict[str, list[Clause]] = {}
    for each in paper.policy.basing.values():
        for basis in each.bases:
            relied.setdefault(basis, [])
    for clause in paper.clauses:
        bases = {
            basis
            for purpose in clause.scope.purposes
            if clause.kind is Kind.MAY and purpose in paper.policy.basing
            for basis in paper.policy.basing[purpose].bases
        }
        asked = paper.spelled.asks_itself[clause.id]
        consenting = clause.kind is Kind.MAY and "consented" in asked
        withdrawing = "withdraw-consent" in clause.what or "withdrawn" in asked
        if consenting or withdrawing:
            bases.add("consent")
        for basis in bases:
            relied.setdefault(basis, []).append(clause)
    return relied


def _history_without_end(paper: Paper) -> Iterator[Spot]:
    """History is kept for ever, although another clause disposes of what nobody needs any more.

    A *keep* on the ground of somebody's history has neither a term nor a `when` that comes to an
    end (that somebody was a customer stays true for ever).
    """
    disposing = [each for each in paper.those(Kind.NEVER) if Action.KEEP in each.what]
    for clause in paper.those(Kind.KEEP):
        if clause.ground in paper.english.words["history"] and clause.id in paper.unending:
            words = f"`{clause.id}` keeps history without end"
            words += f", against {ids(disposing)}" if disposing else ""
            words += "; give it a term (`for` and `from`)"
            yield paper.spot(words, (clause, *disposing))


def _objection_incomplete(paper: Paper) -> Iterator[Spot]:
    """The right to object is promised with less in it than the law has.

    An objection to marketing must always be heeded; any other may be overridden only by compelling
    grounds, or for legal claims. Heeding every objection is more than the law wants, and complete.
    """
    answering = [each for each in paper.those(Kind.ANSWER) if "object" in each.what]
    if not answering:
        return
    stopping = [
        each
        for each in paper.those(Kind.NEVER)
        if Action.USE in each.what and "objected" in paper.spelled.asks[each.id]
    ]
    overridable = [each for each in stopping if each.unless is not None]
    pointed = {id for each in overridable if each.unless for id in points_of(each.unless)}
    excepting = [
        each
        for each in paper.clauses
        if each.force is Force.EXCEPTION
        and (each.id in pointed or "objected" in paper.spelled.asks[each.id])
    ]
    overridable += excepting
    if stopping and not overridable:
        return
    missing = []
    if not any(_heeds_marketing(paper, each) for each in stopping):
        missing.append("an objection to marketing always counts")
    if not any(paper.says(each, "outweighing") for each in overridable):
        missing.append("what outweighs another one: compelling grounds, or legal claims")
    if missing:
        words = f"the right to object leaves out: {' and '.join(missing)}"
        yield paper.spot(f"{words}; add a `never` for each", (*answering, *overridable, *stopping))


def _heeds_marketing(paper: Paper, never: Clause) -> bool:
    marketing = vocabularies().those("purposes", **{"class": "marketing"})
    purposes = set(never.scope.purposes)
    asks = paper.spelled.asks[never.id]
    meant = "purpose.marketing" in asks or (purposes and purposes <= marketing)
    return bool(meant) or never.unless is None


def _european_tests_differ(paper: Paper) -> Iterator[Spot]:
    """Who counts as European is said in two ways, or the United Kingdom is left out.

    Living there, visiting from there and being there are three different tests, and the law uses
    none of them: it asks where the company is, whom it addresses and whom it watches (GDPR 3).
    """
    tests: dict[str, Clause] = {}
    places: dict[frozenset[str], Clause] = {}
    europe, must = paper.english.words["europe"], paper.english.words["europe-must"]
    for clause in paper.clauses:
        named = paper.regions(clause) & europe
        if clause.regimes != frozenset(Regime):
            named |= {"EEA"} if Regime.GDPR in clause.regimes else frozenset()
            named |= {"UK"} if Regime.UK_GDPR in clause.regimes else frozenset()
        if named & must:
            places.setdefault(named & must, clause)
        if named or paper.says(clause, "europe"):
            for test in paper.english.which("test-", paper.words[clause.id]):
                tests.setdefault(test, clause)
    wrong: list[str] = []
    found: list[Clause] = []
    if len(tests) > 1:
        found += tests.values()
        wrong.append(f"in different words by {ids(tests.values())}")
    if len(places) > 1:
        found += places.values()
        wrong.append(f"with different regions by {ids(places.values())}")
    elif places and must not in places:
        found += places.values()
        wrong.append(f"without {listed(sorted(must - next(iter(places))))}")
    if wrong:
        words = f"who counts as European is said {', and '.join(wrong)}; say it once, for all"
        yield paper.spot(words, sorted(found, key=lambda each: each.line), about="europe")


def _repealed_ground(paper: Paper) -> Iterator[Spot]:
    """Data is kept on a ground that the law no longer has."""
    grounds = vocabularies().entries["grounds"]
    for clause in paper.clauses:
        entry = grounds.get(clause.ground or "", {})
        until = entry.get("until")
        if clause.ground and _is_past(until, paper.context.today):
            since = entry.get("since")
            words = f"`{clause.id}` keeps data on `{clause.ground}`, which ended on {until}"
            words += f" ({_lower(since)})" if isinstance(since, str) else ""
            yield paper.spot(f"{words}; take another ground, or leave it out", (clause,))


def _is_past(until: object, today: date) -> bool:
    return isinstance(until, type(today)) and until < today


def _lower(words: str) -> str:
    return words[:1].lower() + words[1:].rstrip(".")


def _retired_link(paper: Paper) -> Iterator[Spot]:
    """A clause sends people to a page that was retired, even if something still answers there."""
    retired = retired_links()
    for clause in paper.clauses:
        for link in linked(clause):
            why = next((why for old, why in retired.items() if lies_under(link, old)), None)
            if why:
                words = f"`{clause.id}` links to a page that was retired: {_lower(why)}"
                yield paper.spot(f"{words}; link to one that is kept up", (clause,))
                break


def _phone_not_toll_free(paper: Paper) -> Iterator[Spot]:
    """The telephone number for requests costs the caller, and the policy speaks to Californians.

    Californian law wants a number that is free to call, unless the company is only online.
    """
    number = paper.policy.reach.get("telephone")
    if number is None or Regime.CCPA not in paper.named:
        return
    digits = "".join(each for each in number if each.isdigit()).removeprefix("00")
    american = digits[-10:] if len(digits) in {10, _TOLL_DIGITS} else ""
    free = digits[:-10] in {"", "1"} and american[:3] in paper.english.words["toll-free"]
    if free:
        return
    clauses = [each for each in paper.clauses if "telephone" in each.scope.channels]
    words = "the telephone number under `reach` is not free to call; add one that is"
    lines = (paper.line("reach", "telephone"), *(each.line for each in clauses))
    yield Spot(words, tuple(each.id for each in clauses), lines, "reach.telephone")


def _not_published(paper: Paper) -> Iterator[Spot]:
    """Things that a law wants said are said nowhere in the policy.

    The list has dates and sources. A policy that names laws (`regimes`) is held to those it names,
    one that names none to all.
    """
    topics = paper.english.topics.values()
    saying = list(paper.those(Kind.TELL, Kind.ANSWER))
    missing = [
        each for each in topics if _applies(paper, each) and not _published(paper, each, saying)
    ]
    if missing:
        said = ", ".join(f"{each.says} ({each.law})" for each in missing)
        words = f"published nowhere: {said}; say each in a clause"
        yield Spot(words, (), (paper.line("title"),), "not-published")


def _applies(paper: Paper, topic: Topic) -> bool:
    return topic.since <= paper.context.today and bool(topic.regimes & paper.named)


def _published(paper: Paper, topic: Topic, saying: Sequence[Clause]) -> bool:
    for clause in saying:
        told = clause.kind is Kind.TELL and topic.tell & {*clause.what}
        answered = clause.kind is Kind.ANSWER and topic.answer in clause.what
        if (told or answered) and clause.regimes & topic.regimes:
            return True
    kept = list(paper.those(Kind.KEEP))
    return topic.terms and bool(kept) and all(each.id not in paper.unending for each in kept)


CONCERNS = (
    Concern(
        "storage-against-adequacy",
        Severity.WARNING,
        _storage_against_adequacy,
        default="the promise wins: nothing leaves without adequacy, a tool or an active listing",
        law="GDPR 44-46",
    ),
    Concern(
        "basis-not-published",
        Severity.WARNING,
        _basis_not_published,
        default="the register holds a basis for each purpose, published or not",
        law="GDPR 13(1)(c), 14(1)(c)",
    ),
    Concern(
        "history-without-end",
        Severity.WARNING,
        _history_without_end,
        default="kept as written; under `strict` it has to have a term",
        law="GDPR 5(1)(e), 13(2)(a)",
    ),
    Concern(
        "objection-incomplete",
        Severity.WARNING,
        _objection_incomplete,
        default="the clauses decide as written; add what is missing, under `strict` at least",
        law="GDPR 21(1)-(3)",
    ),
    Concern(
        "european-tests-differ",
        Severity.WARNING,
        _european_tests_differ,
        default="read alike: people in the EEA and in the UK both have what the GDPR gives",
        law="GDPR 3; Withdrawal Agreement (31 January 2020)",
    ),
    Concern(
        "repealed-ground",
        Severity.WARNING,
        _repealed_ground,
        default="honoured as written; leave it out under `strict` (`strict: off`)",
        law="Civ. Code 1798.105(d)(7) as amended",
    ),
    Concern(
        "retired-link",
        Severity.WARNING,
        _retired_link,
        default="the link is asked like any other; a list of authorities ships beside it",
        law="GDPR 12(1), 13(2)(d)",
    ),
    Concern(
        "phone-not-toll-free",
        Severity.WARNING,
        _phone_not_toll_free,
        default="requests by telephone are taken as they come",
        law="11 CCR 7020(b), Civ. Code 1798.130(a)(1)",
    ),
    Concern(
        "not-published",
        Severity.WARNING,
        _not_published,
        default="the law holds all the same, said or not",
        law="GDPR 12-14; Civ. Code 1798.100, 1798.130(a)(5); 11 CCR 7011",
    ),
)
