"""What a policy means: the slow, obvious judge of one ask, which defines the fast ones.

An ask is allowed when a clause permits it and none forbids it, whatever the order of the clauses.

- A *may* permits when it reaches the ask, its `when` is true and its `unless` is not true.
- A *keep* permits keeping, on the same terms.
- A *may* that names sources or channels permits nothing by itself. It opens them: an ask that says
  its source is allowed only if one of the clauses that open sources for its action, where the
  policy has any, names it and would permit. So with channels.
- A *never* forbids when it reaches the ask, its `when` is true (or unknown, where it is `closed`)
  and its `unless` is not true.
- No other kind decides; a clause that one of these points at decides with it.

`because` names the clauses sought; of an ask that is refused also those that forbid it; of one that
is allowed the *never* clauses that only their `unless` held back; and what these point at. The
clauses sought are those that permit. Where none does, they are those that reach the ask, and those
that name its purpose or its recipient but not its category; exceptions are not among them, for
nobody asks for an exception. A clause pointed at is named if it made a condition come out as it
did: the `when` of any of these, and the `unless` of a *never* that it held back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from upheld.data import vocabularies
from upheld.model import Action, Every, Force, Kind, Not, Points, Some
from upheld.policy.logic import value

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from upheld.model import Clause, Policy, Rule
    from upheld.policy.logic import Rules, Said, World


@dataclass(frozen=True, slots=True)
class Ask:
    """What somebody wants to do with data of a kind, for a purpose; `self` receives what stays."""

    action: Action
    category: str
    purpose: str
    recipient: str
    facts: Mapping[str, Said]


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether it may, and the clauses that say so, sorted."""

    allowed: bool
    because: tuple[str, ...]


def decide(policy: Policy, ask: Ask) -> Answer:
    """Return what a policy says of an ask."""
    world = {**ask.facts, **_of_ask(policy, ask)}
    reaching = [clause for clause in policy.clauses if reaches(clause, ask)]
    granting = [clause for clause in reaching if clause.kind is not Kind.NEVER]
    permits = [c for c in granting if not _opens(c) and _permits(policy, c, world)]
    shut = [clause for clause in _shut(policy, ask, world) if permits]
    called = [c for c in reaching if c.kind is Kind.NEVER and _called(policy, c, world)]
    forbids = [clause for clause in called if not _excused(policy, clause, world)]
    allowed = bool(permits) and not forbids and not shut
    decided = [*(permits or _sought(policy, ask)), *shut, *(called if allowed else forbids)]
    pointed = [
        *(id for c in decided for id in _reasons(c.when, world, policy.rules)),
        *(id for c in called if allowed for id in _reasons(c.unless, world, policy.rules)),
    ]
    because = {*(clause.id for clause in decided), *pointed}
    return Answer(allowed, tuple(sorted(because)))


def reaches(clause: Clause, ask: Ask) -> bool:
    """Say whether an ask is of the kind that a clause is about."""
    scope = clause.scope
    if clause.kind is Kind.KEEP:
        return ask.action is Action.KEEP and bool({ask.category, "all"} & {*clause.what})
    return _names(clause, ask) and (not scope.categories or ask.category in scope.categories)


def meanings(purpose: str) -> frozenset[str]:
    """Return a purpose and the declared ones that it stands for."""
    bare = purpose.removeprefix("combine-for:")
    stands = vocabularies().entries["purposes"].get(bare, {}).get("means", [])
    return frozenset({bare, *(stands if isinstance(stands, list) else ())})


def _names(clause: Clause, ask: Ask) -> bool:
    """Say whether a clause is about the action, the purpose and the recipient of an ask."""
    scope = clause.scope
    return (
        clause.kind in {Kind.MAY, Kind.NEVER}
        and ask.action in clause.what
        and (not scope.purposes or bool(meanings(ask.purpose) & {*scope.purposes}))
        and (not scope.recipients or ask.recipient in scope.recipients)
    )


def _sought(policy: Policy, ask: Ask) -> list[Clause]:
    return [
        clause
        for clause in policy.clauses
        if clause.kind in {Kind.MAY, Kind.KEEP} and not _opens(clause)
        if clause.force is not Force.EXCEPTION
        if reaches(clause, ask)
        or (_names(clause, ask) and (clause.scope.purposes or clause.scope.recipients))
    ]


def _opens(clause: Clause) -> bool:
    return clause.kind is Kind.MAY and bool(clause.scope.sources or clause.scope.channels)


def _shut(policy: Policy, ask: Ask, world: Mapping[str, Said]) -> list[Clause]:
    """Return clauses that open sources, or channels, for the action, if none opens this one."""
    shut: list[Clause] = []
    for dimension in ("sources", "channels"):
        said = world.get(dimension.removesuffix("s"))
        openers = [
            clause
            for clause in policy.clauses
            if _opens(clause) and getattr(clause.scope, dimension) and ask.action in clause.what
        ]
        opened = (
            said in getattr(each.scope, dimension)
            and reaches(each, ask)
            and _permits(policy, each, world)
            for each in openers
        )
        if said is not None and openers and not any(opened):
            shut += [each for each in openers if said in getattr(each.scope, dimension)]
            shut += [] if shut else openers[:1]
    return shut


def _permits(policy: Policy, clause: Clause, world: Mapping[str, Said]) -> bool:
    allowed = value(clause.when, world, policy.rules) is True
    return allowed and not _excused(policy, clause, world)


def _called(policy: Policy, clause: Clause, world: Mapping[str, Said]) -> bool:
    found = value(clause.when, world, policy.rules)
    return found is True or (found is None and clause.closed)


def _excused(policy: Policy, clause: Clause, world: Mapping[str, Said]) -> bool:
    return clause.unless is not None and value(clause.unless, world, policy.rules) is True


def _reasons(rule: Rule | None, world: World, rules: Rules) -> frozenset[str]:
    """Return the clauses pointed at that made a condition true, false or unknown, as it is."""
    match rule:
        case Points(clause):
            return frozenset({clause})
        case Not(inner):
            return _reasons(inner, world, rules)
        case Every(inner) | Some(inner):
            whole = value(rule, world, rules)
            alike = [each for each in inner if value(each, world, rules) is whole]
            return frozenset().union(*(_reasons(each, world, rules) for each in alike))
        case _:
            return frozenset()


def _of_ask(policy: Policy, ask: Ask) -> dict[str, Said]:
    words = vocabularies()
    bare = ask.purpose.removeprefix("combine-for:")
    marketing = words.those("purposes", **{"class": "marketing"})
    means = meanings(ask.purpose)
    uses = [c for c in policy.clauses if c.kind is Kind.MAY and Action.USE in c.what]
    naming = [clause for clause in uses if means & {*clause.scope.purposes}]
    found: dict[str, Said] = {
        "action": ask.action.value,
        "category": ask.category,
        "purpose": bare,
        "recipient": ask.recipient,
        "recipient.self": ask.recipient == "self",
        "purpose.declared": bool(naming),
        "purpose.new": bare.startswith("new:"),
        "purpose.marketing": bool(means & marketing),
        "purpose.essential": bool(means & words.those("purposes", essential=True)),
        "purpose.disposal": bool(means & words.those("purposes", disposal=True)),
        "purpose.combining": bare != ask.purpose,
    }
    if naming:
        found["purpose.permits"] = _permitted(naming, ask.category)
    return found


def _permitted(clauses: Iterable[Clause], category: str) -> bool:
    every = [clause.scope.categories for clause in clauses]
    return any(not categories or category in categories for categories in every)
