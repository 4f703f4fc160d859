"""Renders the policy page: every clause in force with its words, and what they come to; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upheld.model import Kind
from upheld.policy.render.nouns import Grid as Table
from upheld.policy.render.nouns import Page, Row, Said, Section, What
from upheld.policy.render.tables import anyway, kinds_of_data, rights, term, titled, ways

if TYPE_CHECKING:
    from collections.abc import Iterator

    from upheld.model import Clause, Entity, Policy


def page(policy: Policy) -> Page:
    """Return the page of a policy: its clauses by section, each with its id as anchor."""
    return Page(
        What.POLICY,
        policy.title,
        policy.company,
        policy.revised,
        policy.digest,
        policy.profile,
        lead=(Said(f"{policy.company} answers for this policy. Write to {policy.contact}."),),
        sections=(*_sections(policy), *_summary(policy)),
    )


def _summary(policy: Policy) -> Iterator[Section]:
    yield Section("kinds-of-data", "Kinds of data, one by one", (kinds_of_data(policy),))
    found = rights(policy)
    how = [Said(clause.text, (clause.id,)) for clause in anyway(policy)]
    if found.rows:
        yield Section("rights", "Your rights, and how to use them", (found, *how, ways(policy)))
    else:
        yield Section("rights", "How to reach us", (ways(policy),))
    if policy.entities:
        yield Section("entities", "For whom this policy speaks", (_entities(policy),))


def _entities(policy: Policy) -> Table:
    rows = tuple(
        Row(each.name, ((each.country,), (_days(each),)), anchor=f"entity-{at}")
        for at, each in enumerate(policy.entities, 1)
    )
    return Table("Legal persons", ("Name", "Country", "When"), rows)


def _days(entity: Entity) -> str:
    since = f"since {entity.since}" if entity.since else ""
    until = f"until {entity.until}" if entity.until else ""
    return f"{since} {until}".strip() or "today"


def _sections(policy: Policy) -> Iterator[Section]:
    """Yield the sections in the order in which their first clause stands."""
    groups = dict.fromkeys(clause.group for clause in policy.clauses)
    for group in groups:
        heading = policy.sections.get(group) or titled(group)
        clauses = [clause for clause in policy.clauses if clause.group == group]
        yield Section(f"section-{group}", heading, tuple(map(_clause, clauses)))


def _clause(clause: Clause) -> Said:
    words = clause.text
    if clause.kind is Kind.KEEP:
        words += f" (Kept: {term(clause)}.)"
    return Said(words, (clause.id,), clause.id, (clause.link,) if clause.link else ())
