"""Rules about what a promise needs to be one: a basis, an end, a way in, a check, a link."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from upheld.data import capabilities
from upheld.model import Force, Kind, Schedule
from upheld.policy.linting.concerns import Concern
from upheld.policy.linting.paper import ids, listed
from upheld.policy.linting.remarks import Severity, Spot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from upheld.model import Basing, Clause, Document
    from upheld.policy.linting.paper import Paper

INTEREST, DUTY = "legitimate-interest", "legal-obligation"
_YEAR = Schedule(years=1)
_REGISTER = "upheld document add FILE --kind balancing-test --about purpose/"
_WAYS = ("self-service", "notifications", "unsubscribe")


def _purpose_without_basis(paper: Paper) -> Iterator[Spot]:
    """A purpose has no legal basis, or one that leaves out what it rests on.

    A legitimate interest has to be stated, a legal obligation names the law.
    """
    for name, basing in paper.policy.basing.items():
        wrong = _unfounded(name, basing)
        if wrong:
            yield Spot(wrong, (), (paper.line("purposes", name),), f"purposes.{name}")


def _unfounded(name: str, basing: Basing) -> str | None:
    if not basing.bases:
        return f"the purpose `{name}` has no basis; write `basis` beside `says`"
    if INTEREST in basing.bases and not basing.interest:
        return f"the purpose `{name}` rests on an interest that is not stated; write `interest`"
    if DUTY in basing.bases and not basing.law:
        return f"the purpose `{name}` rests on a law that is not named; write `law`"
    return None


def _balancing_missing(paper: Paper) -> Iterator[Spot]:
    """A purpose rests on a legitimate interest, and no balancing test of it is registered."""
    tests, resting = _tests(paper), list(_resting(paper))
    missing = [name for name in resting if f"purpose/{name}" not in tests]
    if missing and not tests:
        words = f"no balancing test is registered, of {listed(missing)}; `{_REGISTER}NAME`"
        lines = tuple(paper.line("purposes", name) for name in missing)
        yield Spot(words, (), lines, "purposes")
        return
    for name in missing:
        words = f"no balancing test of the purpose `{name}` is registered; `{_REGISTER}{name}`"
        yield Spot(words, (), (paper.line("purposes", name),), f"purposes.{name}")


def _balancing_overdue(paper: Paper) -> Iterator[Spot]:
    """A balancing test is overdue for review, is not what was registered, or is yet to come."""
    tests, today = _tests(paper), paper.context.today
    for name in _resting(paper):
        test = tests.get(f"purpose/{name}")
        if test is None or test.holds(today):
            continue
        if test.intact is False:
            wrong = f"is not what was registered ({test.file}); register it anew"
        elif test.review < today:
            wrong = f"was to be reviewed on {test.review}; review it and register it anew"
        else:
            wrong = f"is dated {test.dated}, a day to come; correct the date"
        words = f"the balancing test of the purpose `{name}` {wrong}"
        yield Spot(words, (), (paper.line("purposes", name),), f"purposes.{name}")


def _resting(paper: Paper) -> Iterator[str]:
    return (name for name, each in paper.policy.basing.items() if INTEREST in each.bases)


def _tests(paper: Paper) -> dict[str, Document]:
    found: dict[str, Document] = {}
    for each in paper.context.documents:
        known = found.get(each.about)
        if each.kind == "balancing-test" and (known is None or known.dated <= each.dated):
            found[each.about] = each
    return found


def _keep_without_end(paper: Paper) -> Iterator[Spot]:
    """A *keep* clause has neither a term nor a `when` that can come to an end.

    A `when` ends if something that changes by itself (a need, a contract, a claim), or a fact of
    the company's own, can make it not true by taking another value, all else being as it was.
    """
    for clause in paper.those(Kind.KEEP):
        if clause.ground not in paper.english.words["history"] and clause.id in paper.unending:
            words = f"`{clause.id}` keeps data without end; write `for` and `from`, or a `when`"
            yield paper.spot(words, (clause,))


def _right_nobody_can_use(paper: Paper) -> Iterator[Spot]:
    """A right is promised, and the policy names no way to use it.

    Any right needs an address, a telephone number or a page to write to. Settings that people
    change themselves need a page or an app; a way out of messages needs a link in them, a page or
    an address.
    """
    policy = paper.policy
    contact = any(sign in policy.contact for sign in ("@", "://", "www.")) or any(
        each.isdigit() for each in policy.contact
    )
    linked = any("unsubscribe_link" in each.then for each in paper.clauses)
    for clause in paper.those(Kind.ANSWER):
        named = {*policy.reach, *clause.scope.channels}
        if not named and not contact:
            words = f"`{clause.id}` promises a right and nothing says how to ask; fill in `reach`"
            yield paper.spot(words, (clause,))
            continue
        for right in _WAYS:
            ways = paper.english.words[f"way-{right}"]
            if (
                right in clause.what
                and not named & ways
                and not (right == "unsubscribe" and linked)
            ):
                words = (
                    f"`{clause.id}` promises `{right}` and names no way to it; put one of "
                    f"{', '.join(sorted(ways))} under `reach` or under its `channels`"
                )
                yield paper.spot(words, (clause,), about=f"{clause.id} {right}")


def _exception_without_ground(paper: Paper) -> Iterator[Spot]:
    """An exception says neither on what ground nor in which case, so that it swallows its rule."""
    for clause in paper.clauses:
        bare = clause.ground is None and clause.when is None and clause.unless is None
        if clause.force is Force.EXCEPTION and bare:
            words = f"`{clause.id}` is an exception without a ground; write `ground` or `when`"
            yield paper.spot(words, (clause,))


def _promise_without_check(paper: Paper) -> Iterator[Spot]:
    """A promise names a check that this version cannot carry out yet, so it stays unproven."""
    brought = {check: each for each in capabilities() for check in each.checks}
    waiting: dict[str, list[Clause]] = defaultdict(list)
    for clause in paper.clauses:
        if clause.force is Force.PROMISE and clause.check not in paper.context.built:
            capability = brought.get(clause.check)
            waiting[capability.name if capability else clause.check].append(clause)
    for missing, clauses in waiting.items():
        words = f"without `{missing}` nothing can check {ids(clauses)}"
        words = f"{words}; attest by documents, or read them as `unproven`"
        yield paper.spot(words, clauses, about=f"missing {missing}")


def _link_does_not_answer(paper: Paper) -> Iterator[Spot]:
    """A link of a clause does not answer."""
    links = paper.context.links or {}
    for clause in paper.clauses:
        wrong = links.get(clause.link) if clause.link else None
        if wrong is not None:
            words = f"the link of `{clause.id}` does not answer: {wrong}; correct it"
            yield paper.spot(words, (clause,))


def _links_not_asked(paper: Paper) -> Iterator[Spot]:
    """The links of the policy were not asked, because the check ran offline."""
    linked = [each for each in paper.clauses if each.link]
    if paper.context.links is None and linked:
        words = f"links not asked: {len(linked)}, in {ids(linked)}; run it without `--offline`"
        yield paper.spot(words, linked, about="links")


def _date_in_the_future(paper: Paper) -> Iterator[Spot]:
    """The policy is dated on a day to come."""
    revised = paper.policy.revised
    if revised > paper.context.today:
        words = f"the policy is dated {revised}, a day to come; publish it on that day"
        yield Spot(words, (), (paper.line("revised"),), "revised")


def _older_than_a_year(paper: Paper) -> Iterator[Spot]:
    """The policy was last revised more than twelve months ago; Californian law wants a review."""
    due = _YEAR.until(paper.policy.revised)
    if due < paper.context.today:
        words = f"the policy was to be reviewed by {due}; review it and move `revised`"
        yield Spot(words, (), (paper.line("revised"),), "revised")


_UNPROVEN = "its verdict is `unproven`"
CONCERNS = (
    Concern(
        "purpose-without-basis",
        Severity.WARNING,
        _purpose_without_basis,
        default="the purpose is used as declared; the check of the bases is broken or unproven",
        law="GDPR 6(1), 13(1)(c)-(d), 30",
    ),
    Concern(
        "balancing-test-missing",
        Severity.WARNING,
        _balancing_missing,
        default="the check of the balancing tests is unproven",
        law="GDPR 6(1)(f), 5(2)",
    ),
    Concern(
        "balancing-test-overdue",
        Severity.ERROR,
        _balancing_overdue,
        default="the check of the balancing tests is broken",
        law="GDPR 6(1)(f), 5(2)",
    ),
    Concern(
        "keep-without-end",
        Severity.WARNING,
        _keep_without_end,
        default="the data stays until the ground is taken back",
        law="GDPR 5(1)(e), 13(2)(a); Civ. Code 1798.100(a)(3)",
    ),
    Concern(
        "right-nobody-can-use",
        Severity.ERROR,
        _right_nobody_can_use,
        default="a request by any other way is taken all the same",
        law="GDPR 12(2), 7(3); 11 CCR 7020; 16 CFR 316.5",
    ),
    Concern(
        "exception-without-ground",
        Severity.ERROR,
        _exception_without_ground,
        default="the clause decides as written: wherever another points at it",
        law="GDPR 17(3), 23; Civ. Code 1798.105(d)",
    ),
    Concern(
        "promise-without-check",
        Severity.NOTE,
        _promise_without_check,
        default=_UNPROVEN,
    ),
    Concern(
        "link-does-not-answer",
        Severity.ERROR,
        _link_does_not_answer,
        default="the clause cannot be upheld while it does not",
        law="GDPR 12(1)-(2)",
    ),
    Concern(
        "links-not-asked",
        Severity.NOTE,
        _links_not_asked,
        default="nothing is said of them",
    ),
    Concern(
        "date-in-the-future",
        Severity.WARNING,
        _date_in_the_future,
        default="the text is in force as soon as Upheld reads it",
        law="GDPR 13(3)",
    ),
    Concern(
        "older-than-a-year",
        Severity.WARNING,
        _older_than_a_year,
        default="the text stays in force",
        law="Civ. Code 1798.130(a)(5)",
    ),
)
