"""The tables of a policy: kinds of data, how long it stays, rights, ways to reach us; pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from upheld.data import vocabularies
from upheld.model import Action, Every, Force, Kind, Regime, Says, Some
from upheld.policy.render.nouns import Grid, Row

if TYPE_CHECKING:
    from collections.abc import Iterable

    from upheld.model import Clause, Policy, Rule

ALL = "all"
REGIMES = {
    Regime.GDPR: "European Economic Area (GDPR)",
    Regime.UK_GDPR: "United Kingdom (UK GDPR)",
    Regime.CCPA: "California (CCPA)",
    Regime.NONE: "elsewhere",
}
CHOICES = {
    "withdraw-consent": "withdrawn",
    "unsubscribe": "opted_out",
    "object": "objected",
    "restrict": "restricted",
    "opt-out": "gpc",
}
"""The fact by which a condition reads that somebody used a right."""
_ODD = re.compile(r"[^\w.-]+")


def slug(word: str) -> str:
    """Return a word as a part of the id of an element.

    >>> slug("a b"), slug("e-mail")
    ('a-b', 'e-mail')
    """
    return _ODD.sub("-", word)


def titled(word: str) -> str:
    """Return a word of a vocabulary as the beginning of a line.

    >>> titled("third_party_contact"), titled("e-mail")
    ('Third party contact', 'E-mail')
    """
    plain = word if word == "e-mail" else word.replace("_", " ").replace("-", " ")
    return plain.capitalize()


def meaning(vocabulary: str, word: str) -> str:
    """Return what a word of a vocabulary means, in one line."""
    return str(vocabularies().entries[vocabulary].get(word, {}).get("says", word))


def ids(clauses: Iterable[Clause]) -> tuple[str, ...]:
    """Return the ids of clauses, each once."""
    return tuple(dict.fromkeys(clause.id for clause in clauses))


def purpose(policy: Policy, name: str) -> str:
    """Return the words of a purpose, with what makes it lawful if the policy says so."""
    words, basing = policy.purposes.get(name) or meaning("purposes", name), policy.basing.get(name)
    if basing is None or not basing.bases:
        return words
    bases = " or ".join(each.replace("-", " ") for each in basing.bases)
    interest = f", {basing.interest}" if basing.interest else ""
    law = f", {basing.law}" if basing.law else ""
    alone = "; a program alone decides" if basing.automated else ""
    return f"{words} (basis: {bases}{interest}{law}{alone})"


def recipient(policy: Policy, name: str) -> str:
    """Return the words of a recipient."""
    return policy.recipients.get(name) or meaning("recipients", name)


def keeping(policy: Policy, category: str) -> tuple[Clause, ...]:
    """Return the clauses by which data of a category stays, but for exceptions to an erasure."""
    return tuple(
        clause
        for clause in policy.clauses
        if clause.kind is Kind.KEEP and clause.force is not Force.EXCEPTION
        if {category, ALL} & {*clause.what}
    )


def ending(policy: Policy, category: str) -> tuple[Clause, ...]:
    """Return the clauses that forbid to keep data of a category any longer."""
    return tuple(
        clause
        for clause in policy.clauses
        if clause.kind is Kind.NEVER and clause.what == (Action.KEEP,)
        if not clause.scope.categories or category in clause.scope.categories
    )


def complaining(clause: Clause) -> bool:
    """Say whether a clause tells people that they may complain, or to whom."""
    told = {"complaint", "authorities", "appeals"} & {*clause.what}
    return bool(clause.kind is Kind.TELL and told) or (
        clause.kind is Kind.ANSWER and "complain" in clause.what
    )


def term(clause: Clause) -> str:
    """Return how long a *keep* clause keeps, and on what ground."""
    ground = meaning("grounds", clause.ground) if clause.ground else "no ground stated"
    if clause.schedule is None:
        return f"as long as this holds: {ground}"
    start = "the end of the year it was made in" if clause.schedule.from_year_end else "its date"
    return f"{clause.schedule.term} from {start}: {ground}"


def how_long(policy: Policy, category: str) -> tuple[str, ...]:
    """Return how long data of a category stays: each term, or the rule where none is stated."""
    terms = tuple(term(clause) for clause in keeping(policy, category))
    if ending(policy, category):
        return (*terms, "otherwise as long as a purpose needs it")
    return terms or ("this policy states no term",)


def kinds_of_data(policy: Policy) -> Grid:
    """Return the table of kinds of data: why it is held, from where, for whom, how long."""
    words = vocabularies()
    return Grid(
        "Kinds of data that we hold",
        (
            "Kind of data",
            "What it is",
            "What for",
            "From where",
            "Who receives it",
            "How long",
        ),
        tuple(
            Row(
                titled(name),
                (
                    (words.categories.get(name, ""),),
                    tuple(purpose(policy, each) for each in declared.purposes) or ("nothing",),
                    tuple(words.sources.get(each, each) for each in declared.sources),
                    tuple(recipient(policy, each) for each in declared.recipients)
                    or ("nobody outside",),
                    how_long(policy, name),
                ),
                anchor=f"category-{name}",
                clauses=ids((*_naming(policy, name), *keeping(policy, name))),
            )
            for name, declared in policy.categories.items()
        ),
    )


def _naming(policy: Policy, category: str) -> tuple[Clause, ...]:
    return tuple(
        clause
        for clause in policy.clauses
        if clause.kind is Kind.MAY and category in clause.scope.categories
    )


def rights(policy: Policy) -> Grid:
    """Return the table of rights: what each is, who has it, what an answer holds."""
    found: list[Row] = []
    for right in vocabularies().entries["rights"]:
        answers = promising(policy, right)
        if answers:
            contents = dict.fromkeys(word for clause in answers for word in clause.contents)
            found.append(
                Row(
                    titled(right),
                    (
                        (meaning("rights", right),),
                        where(answers),
                        tuple(meaning("contents", word) for word in contents),
                    ),
                    anchor=f"right-{right}",
                    clauses=ids(answers),
                )
            )
    heads = ("Right", "What it is", "Who has it", "What an answer holds")
    return Grid("Your rights", heads, tuple(found))


def answering(policy: Policy, right: str) -> tuple[Clause, ...]:
    """Return the clauses that name a right; where no clause names any, those on all rights."""
    answers = [clause for clause in policy.clauses if clause.kind is Kind.ANSWER]
    named = tuple(clause for clause in answers if right in clause.what)
    return named if len(answers) > len(anyway(policy)) else anyway(policy)


def promising(policy: Policy, right: str) -> tuple[Clause, ...]:
    """Return the clauses that promise a right: those that answer it, and those that heed it.

    A *never* heeds it where it is a promise that stops something once the person has chosen so.
    """
    fact = CHOICES.get(right)
    heeding = tuple(
        clause
        for clause in policy.clauses
        if clause.kind is Kind.NEVER and clause.force is Force.PROMISE
        if fact and clause.when is not None and fact in _said(clause.when)
    )
    return (*answering(policy, right), *heeding)


def _said(rule: Rule) -> frozenset[str]:
    """Return the facts that help a condition come true by saying yes."""
    match rule:
        case Says(fact):
            return frozenset({fact})
        case Every(inner) | Some(inner):
            return frozenset(fact for each in inner for fact in _said(each))
        case _:
            return frozenset()


def anyway(policy: Policy) -> tuple[Clause, ...]:
    """Return the clauses on how every right is used."""
    return tuple(
        clause for clause in policy.clauses if clause.kind is Kind.ANSWER and ALL in clause.what
    )


def where(answers: Iterable[Clause]) -> tuple[str, ...]:
    """Return where people live whom clauses protect."""
    regimes = {regime for clause in answers for regime in clause.regimes}
    if regimes == {*Regime}:
        return ("everybody",)
    return tuple(REGIMES.get(each, each.value) for each in Regime if each in regimes)


def ways(policy: Policy) -> Grid:
    """Return the table of ways to reach the company."""
    reach = policy.reach or {"contact": policy.contact}
    rows = tuple(
        Row(titled(way), ((at,),), anchor=f"reach-{slug(way)}") for way, at in reach.items()
    )
    return Grid("How to reach us", ("Way", "At"), rows)
