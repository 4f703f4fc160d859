"""Renders the sections of a letter about a right: what is promised, held, kept, and whom to ask."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, TypedDict, cast

from upheld.data import read, vocabularies
from upheld.errors import BadInput, did_you_mean, quoted
from upheld.model import Force, Kind, Regime, facts_of, points_of
from upheld.policy.render.nouns import Grid, Page, Row, Said, Section, What
from upheld.policy.render.tables import (
    ALL,
    CHOICES,
    REGIMES,
    anyway,
    complaining,
    ids,
    meaning,
    promising,
    term,
    titled,
    ways,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from upheld.model import Clause, Policy, Rule

_KEEPS = frozenset({"erase", "erase-public"})
_REGIONS = {Regime.GDPR: ("EEA",), Regime.UK_GDPR: ("UK",), Regime.CCPA: ("US-CA",)}


class _Authority(TypedDict):
    region: str
    country: str
    name: str
    link: str


class _Directory(TypedDict):
    directory: _Authority
    authorities: list[_Authority]


def letter(policy: Policy, right: str, regime: Regime) -> Page:
    """Return the sections of a letter that answers a right under a regime.

    Raises:
        BadInput: nobody knows the right, or no clause promises it under this regime.
    """
    known = vocabularies().words("rights")
    if right not in known:
        raise BadInput(f"no right is called so{quoted(right)}{did_you_mean(right, known)}")
    promises = tuple(each for each in promising(policy, right) if regime in each.regimes)
    if not promises:
        raise BadInput(
            f"no clause promises `{right}` under `{regime}`; add one with `answer: {right}`, "
            "or name the law it is promised under"
        )
    asked = f"You asked {policy.company}: {meaning('rights', right)[0].lower()}"
    asked += f"{meaning('rights', right)[1:]}. The rules that hold for you: {REGIMES[regime]}."
    ways_of = [each for each in anyway(policy) if regime in each.regimes and each not in promises]
    exceptions = tuple(_exceptions(policy, right, regime))
    return Page(
        What.LETTER,
        f"Your request to {policy.company}: {titled(right).lower()}",
        policy.company,
        policy.revised,
        policy.digest,
        policy.profile,
        lead=(),
        sections=(
            Section("asked", "What you asked for", (Said(asked),)),
            Section("promised", "What we promise", tuple(map(_said, promises))),
            Section("answer", "What our answer holds", _contents(promises)),
            *([Section("exceptions", "What may stay as it is", exceptions)] if exceptions else []),
            Section("complaint", "If you think we got this wrong", tuple(_wrong(policy, regime))),
            Section("contact", "How to reach us", (*map(_said, ways_of), ways(policy))),
        ),
        policy="policy.html",
    )


def _said(clause: Clause) -> Said:
    return Said(clause.text, (clause.id,), links=(clause.link,) if clause.link else ())


def _contents(promises: tuple[Clause, ...]) -> tuple[Said, ...]:
    held: dict[str, list[str]] = {}
    for clause in promises:
        for word in clause.contents:
            held.setdefault(word, []).append(clause.id)
    return tuple(
        Said(f"{meaning('contents', word)}.", tuple(clauses), f"content-{word}")
        for word, clauses in held.items()
    ) or (Said("What was done, and where something was not, why.", ids(promises)),)


def _exceptions(policy: Policy, right: str, regime: Regime) -> Iterator[Grid | Said]:
    """Yield what may stay: of an erasure what is kept, of others what their exceptions say."""
    kept = [
        clause
        for clause in policy.clauses
        if clause.kind is Kind.KEEP and regime in clause.regimes and right in _KEEPS
        if _outlasts(clause, regime)
    ]
    if kept:
        heads = ("What", "Why", "How long, and on what ground")
        yield Grid("What the policy keeps", heads, tuple(map(_kept, kept)))
    speaking = [each for each in policy.clauses if CHOICES.get(right) in _facts(each)]
    pointed = {id for each in speaking for rule in _rules(each) for id in points_of(rule)}
    for clause in policy.clauses:
        excepts = clause.force is Force.EXCEPTION and clause.kind is not Kind.KEEP
        if excepts and regime in clause.regimes and (clause in speaking or clause.id in pointed):
            yield _said(clause)


def _outlasts(clause: Clause, regime: Regime) -> bool:
    """Say whether data may stay on this ground although somebody asked for its erasure.

    The house rule has no law of its own: there, every ground will do that a law knows.
    """
    if clause.force is Force.EXCEPTION:
        return True
    known = vocabularies().entries["grounds"].get(clause.ground or "", {}).get("regimes")
    laws = known if isinstance(known, list) else []
    return bool(laws) and (regime is Regime.NONE or regime in laws)


def _kept(clause: Clause) -> Row:
    what = "all data" if clause.what == (ALL,) else ", ".join(map(titled, clause.what))
    cells = ((clause.text,), (term(clause),))
    return Row(what, cells, anchor=f"exception-{clause.id}", clauses=(clause.id,))


def _rules(clause: Clause) -> tuple[Rule, ...]:
    return tuple(rule for rule in (clause.when, clause.unless) if rule is not None)


def _facts(clause: Clause) -> frozenset[str]:
    return frozenset(fact for rule in _rules(clause) for fact in facts_of(rule))


def _wrong(policy: Policy, regime: Regime) -> Iterator[Said]:
    yield Said(f"Write to us at {policy.contact}, and we look again.")
    for clause in policy.clauses:
        if complaining(clause) and regime in clause.regimes:
            yield _said(clause)
    authorities = _authorities(regime)
    if authorities:
        names = "; ".join(name for name, _ in authorities)
        links = tuple(link for _, link in authorities)
        yield Said(
            f"You can complain to an authority, without writing to us first: {names}.", links=links
        )
    else:
        yield Said("You can complain to the authority for data protection where you live.")
    yield Said("You can also go to court.")


@cache
def _authorities(regime: Regime) -> tuple[tuple[str, str], ...]:
    """Return the authorities of a regime, with their links; of the EEA the page that lists them."""
    found = cast("_Directory", read("authorities.yaml"))
    regions = _REGIONS.get(regime, ())
    if found["directory"]["region"] in regions:
        return ((found["directory"]["name"], found["directory"]["link"]),)
    return tuple((e["name"], e["link"]) for e in found["authorities"] if e["region"] in regions)
