"""Renders the notice at collection of a form (GDPR 13, CCPA 1798.100(a)); pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upheld.model import Action, Among, Kind, Says, parts
from upheld.policy.render.allowed import asks, collecting, judged, sharing, silent, using
from upheld.policy.render.nouns import Grid, Page, Row, Said, Section, What
from upheld.policy.render.tables import (
    anyway,
    complaining,
    ending,
    how_long,
    ids,
    keeping,
    purpose,
    recipient,
    rights,
    slug,
    titled,
    ways,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from upheld.model import Clause, Policy
    from upheld.policy.render.forms import CollectionForm, FieldForm

_SALE = frozenset({"sale", "cross-context-ads", "buyer", "consideration"})


def notice(policy: Policy, form: CollectionForm) -> Page:
    """Return the notice of a form that the policy allows; `parse_form` made sure that it does."""
    lead = f"{policy.company} asks for the data below. The whole policy is linked at each point."
    return Page(
        What.NOTICE,
        f"{form.title}: what happens with your data",
        policy.company,
        policy.revised,
        policy.digest,
        policy.profile,
        lead=(Said(lead, links=(form.policy,)),),
        sections=(
            Section("data", "What we ask for, and why", (_data(policy, form),)),
            Section("fields", "What you must fill in", tuple(_fields(policy, form))),
            Section("sale", "Whether it is sold or shared", tuple(_sale(policy))),
            *_more("transfers", "To which countries it goes", _transfers(policy)),
            *_more("decided", "What is decided at the time", _decided(policy, form)),
            Section("rights", "Your rights", tuple(_rights(policy))),
            Section("contact", "How to reach us", (ways(policy),)),
        ),
        policy=form.policy,
    )


def _more(anchor: str, heading: str, parts: Iterator[Said]) -> tuple[Section, ...]:
    """Return a section, if there is something to say in it."""
    found = tuple(parts)
    return (Section(anchor, heading, found),) if found else ()


def _data(policy: Policy, form: CollectionForm) -> Grid:
    """Return the table by kind of data: the fields, purposes, recipients, how long, clauses."""
    kinds = dict.fromkeys(field.category for field in form.fields.values())
    heads = ("Kind of data", "What for", "Who receives it", "How long")
    return Grid("What we ask for", heads, tuple(_kind(policy, form, each) for each in kinds))


def _kind(policy: Policy, form: CollectionForm, category: str) -> Row:
    fields = {name: each for name, each in form.fields.items() if each.category == category}
    wanted = dict.fromkeys(word for each in fields.values() for word in each.purposes)
    shared = sharing(policy, category)
    declared = policy.categories[category].recipients
    whom = dict.fromkeys((*declared, *(word for each in shared for word in each.scope.recipients)))
    clauses: list[Clause] = [*collecting(policy, category, form.channel, form.source)]
    clauses += [clause for word in wanted for clause in using(policy, category, word)]
    clauses += [*shared, *keeping(policy, category), *ending(policy, category)]
    labels = ", ".join(each.label or titled(name) for name, each in fields.items())
    return Row(
        f"{titled(category)}: {labels}",
        (
            tuple(purpose(policy, word) for word in wanted),
            tuple(recipient(policy, word) for word in whom) or ("nobody outside",),
            how_long(policy, category),
        ),
        anchor=f"category-{category}",
        clauses=ids(clauses),
    )


def _fields(policy: Policy, form: CollectionForm) -> Iterator[Said]:
    """Yield of each field whether it must be filled in and what refusing means."""
    anchors: set[str] = set()
    for number, (name, field) in enumerate(form.fields.items(), 1):
        anchor = f"field-{slug(name)}"
        while anchor in anchors:
            anchor = f"{anchor}-{number}"
        anchors.add(anchor)
        yield Said(f"{field.label or titled(name)}: {_refusing(field)}", anchor=anchor)
    sections = {
        clause.group
        for field in form.fields.values()
        for clause in collecting(policy, field.category, form.channel, form.source)
    }
    for clause in policy.clauses:
        if clause.group in sections and clause.kind not in {Kind.MAY, Kind.DEFINITION}:
            yield Said(clause.text, (clause.id,))


def _refusing(field: FieldForm) -> str:
    if field.required:
        return f"required. {field.refusing or 'Without it the form cannot be sent.'}"
    return f"optional. {field.refusing or 'You can leave it out, and nothing else changes.'}"


def _sale(policy: Policy) -> Iterator[Said]:
    sharing = [each for each in policy.clauses if Action.SHARE in each.what]
    nevers = [each for each in sharing if each.kind is Kind.NEVER and _of_sale(each)]
    sold = [each for each in sharing if each.kind is Kind.MAY and _of_sale(each)]
    for clause in (*nevers, *sold):
        yield Said(clause.text, (clause.id,))
    if not nevers and not sold:
        yield Said("Our policy has no clause on selling data, and none that permits it.")


def _transfers(policy: Policy) -> Iterator[Said]:
    """Yield the clauses on transfers to other countries, and those that say something of them."""
    for clause in policy.clauses:
        about = Action.TRANSFER in clause.what and {*clause.what} <= {"transfer", "share"}
        decides = clause.kind in {Kind.MAY, Kind.NEVER} and about and not _of_sale(clause)
        if decides or (clause.kind is Kind.TELL and "transfers" in clause.what):
            yield Said(clause.text, (clause.id,), links=(clause.link,) if clause.link else ())


def _decided(policy: Policy, form: CollectionForm) -> Iterator[Said]:
    """Yield what this notice cannot say beforehand, and the clauses that say it at the time."""
    if silent(policy):
        yield Said("No clause of our policy permits anything; it says what we hold, and what for.")
    later = [
        clause
        for field in form.fields.values()
        for word in field.purposes
        for ask in asks(field.category, word, form.channel, form.source)
        for clause in judged(policy, ask).later
    ]
    if later:
        words = "It depends on you and on the day whether we may. These clauses decide at the time."
        yield Said(words, ids(later))


def _of_sale(clause: Clause) -> bool:
    """Say whether a clause is about data that is sold, or given out for advertising."""
    rules = [rule for rule in (clause.when, clause.unless) if rule is not None]
    named: set[str] = set()
    for each in (part for rule in rules for part in parts(rule)):
        match each:
            case Among(_, frozenset() as words):
                named |= words
            case Says(fact):
                named.add(fact)
            case _:
                pass
    reached = {*clause.scope.recipients, *clause.scope.purposes}
    return bool(named & _SALE or reached & {*_SALE, "marketing_partner"})


def _rights(policy: Policy) -> Iterator[Said | Grid]:
    found = rights(policy)
    if found.rows:
        yield found
    yield from (Said(clause.text, (clause.id,)) for clause in anyway(policy))
    for clause in policy.clauses:
        if complaining(clause):
            yield Said(clause.text, (clause.id,), links=(clause.link,) if clause.link else ())
