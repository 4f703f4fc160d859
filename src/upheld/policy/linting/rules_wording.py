"""Rules about what a policy says against itself in words, each beside the structure it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upheld.model import Action, Among, Every, Force, Kind, Some, points_of
from upheld.policy.linting.concerns import Concern
from upheld.policy.linting.paper import ids
from upheld.policy.linting.remarks import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from upheld.model import Clause, Rule
    from upheld.policy.linting.paper import Paper
    from upheld.policy.linting.remarks import Spot

_DEEMED = "deemed_acceptance_of_version"
_ASKING = "law_requires_consent"
_ERASING = frozenset({"erase", "erase-public"})


def _sale_exception_ambiguous(paper: Paper) -> Iterator[Spot]:
    """The promise not to sell has an exception, so that it can be read as a permission to sell.

    Sale is what a *never share* reaches or names as a purpose (`sale`), a recipient (`buyer`) or a
    consideration, or what its words say.
    Named with it are the clauses that share with partners in the words of the policy itself, which
    lead the reader round in a circle.
    """
    circular = _circular(paper)
    for clause in paper.those(Kind.NEVER):
        if Action.SHARE not in clause.what or not _on_sale(paper, clause):
            continue
        taken_back = clause.unless is not None or paper.says(clause, "except")
        if taken_back or (circular and _reaches_sale(paper, clause)):
            words = f"`{clause.id}` forbids sale"
            words += " and takes something back" if taken_back else ""
            words += (
                f", and what partners get is explained by the policy itself in {ids(circular)}"
                if circular
                else ""
            )
            yield paper.spot(f"{words}; forbid sale without exception", (clause, *circular))


def _circular(paper: Paper) -> list[Clause]:
    """Return what lets partners have data in the words of the policy itself."""
    partners = paper.english.words["partners"]
    sharing = [
        each
        for each in paper.those(Kind.MAY)
        if Action.SHARE in each.what and partners & {*each.scope.recipients}
    ]
    pointed = {id for each in sharing if each.when for id in points_of(each.when)}
    found = [*sharing, *(paper.by_id[id] for id in sorted(pointed))]
    return [each for each in found if paper.says(each, "as-described")]


def _on_sale(paper: Paper, clause: Clause) -> bool:
    bought = "consideration" in paper.spelled.asks[clause.id]
    return bought or _reaches_sale(paper, clause) or paper.says(clause, "sale")


def _reaches_sale(paper: Paper, clause: Clause) -> bool:
    """Say whether the reach of a clause, or what its `when` names, is sale or a buyer."""
    named = {*clause.scope.purposes, *clause.scope.recipients}
    return bool(paper.english.words["sale"] & (named | _named(paper.spelled.when.get(clause.id))))


def _named(rule: Rule | None) -> frozenset[str]:
    """Return the purposes and recipients that a condition names, and does not deny."""
    match rule:
        case Among("purpose" | "recipient", frozenset() as words):
            return words
        case Every(inner) | Some(inner):
            return frozenset().union(*map(_named, inner))
        case _:
            return frozenset()


def _silence_as_consent(paper: Paper) -> Iterator[Spot]:
    """Going on using a service is taken for agreement.

    Consent is an act: silence and going on are none. Found in the words of a clause, or in a
    condition that asks about deemed acceptance.
    """
    asking = [each for each in paper.clauses if _ASKING in paper.spelled.asks_itself[each.id]]
    for clause in paper.clauses:
        if clause.kind is Kind.NEVER or paper.says(clause, "denying"):
            continue
        asked = clause.unless is None and _DEEMED in paper.spelled.asks_itself[clause.id]
        if asked or paper.says(clause, "going-on", "agreeing"):
            others = [each for each in asking if each is not clause]
            words = f"`{clause.id}` takes going on for agreement"
            words += f", although consent is asked for in {ids(others)}" if others else ""
            yield paper.spot(f"{words}; ask, and record the answer", (clause, *others))


def _strength_differs(paper: Paper) -> Iterator[Spot]:
    """Disposing of data is a choice in one clause and a duty in another.

    A choice is a *may delete*, or a company that *may* or *would* delete in the words of a clause
    that binds it.
    """
    disposing = [each for each in paper.clauses if _disposes(each)]
    weak = [each for each in disposing if _weak(paper, each)]
    firm = [each for each in disposing if each not in weak]
    if weak and firm:
        words = (
            f"deleting is left to you in {ids(weak)} and promised in {ids(firm)}; "
            "say the same in all of them"
        )
        yield paper.spot(words, (*weak, *firm), about="disposal")


def _disposes(clause: Clause) -> bool:
    match clause.kind:
        case Kind.NEVER:
            return Action.KEEP in clause.what
        case Kind.MAY:
            return Action.DELETE in clause.what
        case Kind.ANSWER:
            return bool(_ERASING & {*clause.what})
        case _:
            return False


def _weak(paper: Paper, clause: Clause) -> bool:
    said = paper.english.weak_disposal.search(paper.words[clause.id])
    return clause.kind is Kind.MAY or said is not None


def _vendor_policies(paper: Paper) -> Iterator[Spot]:
    """Data at vendors is left to the vendors' own policies, though its erasure is promised."""
    erasing = [each for each in paper.those(Kind.ANSWER) if "erase" in each.what]
    if not erasing:
        return
    vendors = paper.english.words["vendors"]
    for clause in paper.those(Kind.DISCLAIMER):
        limited = {*clause.limits}
        about = vendors & {*clause.scope.recipients} or paper.says(clause, "vendor")
        taking = [each for each in erasing if each.id in limited]
        if about and (taking or paper.says(clause, "own-policy")):
            words = (
                f"`{clause.id}` leaves data to the policies of vendors, from whom {ids(erasing)} "
                "must have it erased; say that your promises hold there, too"
            )
            yield paper.spot(words, (clause, *erasing))


def _best_effort(paper: Paper) -> Iterator[Spot]:
    """A promise is only to try.

    Named with it are the disclaimers that take it back.
    """
    taken_back: dict[str, list[Clause]] = {}
    for each in paper.those(Kind.DISCLAIMER):
        for id in each.limits:
            taken_back.setdefault(id, []).append(each)
    for clause in paper.clauses:
        if clause.force is Force.PROMISE and paper.says(clause, "trying"):
            disclaiming = taken_back.get(clause.id, [])
            words = f"`{clause.id}` promises only to try"
            words += f", and even that is taken back in {ids(disclaiming)}" if disclaiming else ""
            yield paper.spot(
                f"{words}; say what is done, and when it is not", (clause, *disclaiming)
            )


def _partners_joint(paper: Paper) -> Iterator[Spot]:
    """Partners who collect by the company's own means are said to be none of its business.

    In law both may answer for it together, whatever the policy says.
    """
    partners = paper.english.words["partners"]
    for clause in paper.those(Kind.DISCLAIMER):
        about = (
            bool(partners & {*clause.scope.recipients})
            or "controller" in paper.spelled.asks[clause.id]
            or paper.says(clause, "partner")
        )
        if about and paper.says(clause, "our-means", "not-ours"):
            words = (
                f"`{clause.id}` keeps out of what partners collect by your means; "
                "agree with them who answers for what (GDPR 26), and say so"
            )
            yield paper.spot(words, (clause,))


CONCERNS = (
    Concern(
        "sale-exception-ambiguous",
        Severity.WARNING,
        _sale_exception_ambiguous,
        default="never sold; partners get data only for a declared purpose of the company",
        law="Civ. Code 1798.120, 1798.140(ad)",
    ),
    Concern(
        "silence-as-consent",
        Severity.WARNING,
        _silence_as_consent,
        default="recorded as deemed, and never counted where consent is needed",
        law="GDPR 4(11), 7; 11 CCR 7004",
    ),
    Concern(
        "strength-differs",
        Severity.WARNING,
        _strength_differs,
        default="each of them is a duty, once the need has ended",
        law="GDPR 5(1)(e), 17(1)",
    ),
    Concern(
        "vendor-policies-against-deletion",
        Severity.WARNING,
        _vendor_policies,
        default="erasure, access and isolation are owed for the copies of vendors, too",
        law="GDPR 28; 11 CCR 7022(b)-(c)",
    ),
    Concern(
        "best-effort-promise",
        Severity.WARNING,
        _best_effort,
        default="what was seen and not heeded breaks it; what was not seen is to be logged",
        law="GDPR 12(1), 5(1)(a)",
    ),
    Concern(
        "partners-joint-control",
        Severity.WARNING,
        _partners_joint,
        default="such data is marked as theirs, and used for nothing",
        law="GDPR 26",
    ),
)
