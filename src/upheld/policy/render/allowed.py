"""Which clauses allow to collect a kind of data, and to use it for a purpose; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from upheld.model import Action, Kind
from upheld.policy.render.deciding import Ask, Case, Deciding, meanings, opens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from upheld.model import Clause, Policy
    from upheld.policy.logic import World


@dataclass(frozen=True, slots=True)
class Judged:
    """Why something can never be allowed, or None; and which clauses only the moment decides."""

    why: str | None = None
    later: tuple[Clause, ...] = ()


def declared(policy: Policy, category: str, purpose: str) -> str | None:
    """Return what the policy does not declare of a kind of data, or None."""
    found = policy.categories.get(category)
    if found is None:
        return f"the policy does not declare `{category}`; declare it under `categories`"
    if purpose not in found.purposes:
        return (
            f"the policy does not hold `{category}` for `{purpose}`; add it to the `purposes` "
            f"of `categories.{category}`, or ask for something else"
        )
    return None


def silent(policy: Policy) -> bool:
    """Say whether a policy has no *may* at all; it then goes by what it declares."""
    return not any(clause.kind is Kind.MAY for clause in policy.clauses)


def judged(policy: Policy, ask: Ask) -> Judged:
    """Return why no world allows an ask, naming the clause; or which clauses decide at the time."""
    deciding = Deciding(policy, ask)
    grants, nevers = deciding.cases(Kind.MAY), deciding.cases(Kind.NEVER)
    groups = [] if silent(policy) else [_able(deciding, grants)]
    if groups == [()]:
        return Judged(_ungranted(ask, grants))
    for way in ask.ways:
        naming, fit = deciding.openers(way)
        if naming and not (able := _able(deciding, fit)):
            return Judged(_shut(ask, way, fit[0].clause if fit else naming[0]))
        groups += [able] if naming else []
    firing = tuple(each for each in nevers if deciding.ever([each], each.forbids) is not False)
    for each in firing:
        if deciding.ever([each], _allowing([], (each,))) is False:
            return Judged(_forbidden(ask, (each,)))
    return _together(deciding, ask, groups, firing)


def asks(category: str, purpose: str, channel: str, source: str) -> tuple[Ask, Ask]:
    """Return what a field of a form asks of a policy: to collect, and to use what came in."""
    ways = {"channel": channel, "source": source}
    return (
        Ask(Action.COLLECT, category, purpose, ways),
        Ask(Action.USE, category, purpose, {}),
    )


def _together(
    deciding: Deciding, ask: Ask, groups: list[tuple[Case, ...]], firing: tuple[Case, ...]
) -> Judged:
    """Return what the clauses come to beside each other."""
    if deciding.surely(groups, firing):
        return Judged()
    every = [case for group in groups for case in group]
    found = deciding.ever([*every, *firing], _allowing(groups, firing))
    if found is not None:
        return Judged(None if found else _forbidden(ask, firing or tuple(every)))
    for each in firing:
        if deciding.ever([*every, each], _allowing(groups, (each,))) is False:
            return Judged(_forbidden(ask, (each,)))
    return Judged(later=tuple(each.clause for each in (*every, *firing)))


def _able(deciding: Deciding, cases: tuple[Case, ...]) -> tuple[Case, ...]:
    return tuple(each for each in cases if deciding.ever([each], each.permits) is not False)


def _allowing(groups: list[tuple[Case, ...]], nevers: Iterable[Case]) -> Callable[[World], bool]:
    """Return what says whether one clause of each group permits and none of the others forbids."""
    return lambda world: (
        all(any(case.permits(world) for case in group) for group in groups)
        and not any(case.forbids(world) for case in nevers)
    )


def _asked(ask: Ask) -> str:
    by = f" by `{ask.ways['channel']}`" if "channel" in ask.ways else ""
    return f"{ask.action} `{ask.category}`{by}"


def _ungranted(ask: Ask, grants: tuple[Case, ...]) -> str:
    if grants:
        named = grants[0].clause.id
        return (
            f"no clause permits to {_asked(ask)} for `{ask.purpose}`: what `{named}` asks for can "
            "never hold there; change its conditions, or take the field or the purpose out"
        )
    if ask.action is Action.USE:
        return (
            f"no clause permits to {_asked(ask)} for `{ask.purpose}`; add one with `may: use` "
            f"and `purposes: {ask.purpose}`, or take the purpose out"
        )
    return (
        f"no clause permits to {_asked(ask)} for `{ask.purpose}`; add one with "
        f"`may: collect` and `categories: {ask.category}`, or take the field out"
    )


def _shut(ask: Ask, way: str, opener: Clause) -> str:
    return (
        f"no clause permits to {_asked(ask)}: `{opener.id}` opens some {way}s to "
        f"`{ask.action}`, and none opens `{ask.ways[way]}` for `{ask.category}`; add it to a "
        f"clause's `{way}s`, or take the field out"
    )


def _forbidden(ask: Ask, cases: tuple[Case, ...]) -> str:
    ids = [f"`{each.clause.id}`" for each in cases]
    who = f"{ids[0]} forbids" if len(ids) == 1 else f"{', '.join(ids)} together forbid"
    return (
        f"{who} to {ask.action} `{ask.category}` for `{ask.purpose}` in every case; take the "
        "field or the purpose out, or change the clause"
    )


def collecting(policy: Policy, category: str, channel: str, source: str) -> tuple[Clause, ...]:
    """Return the clauses that permit to collect it; those that name kinds of data, if any does."""
    found = [
        clause
        for clause in _of(policy, Kind.MAY, Action.COLLECT)
        if _within(channel, clause.scope.channels) and _within(source, clause.scope.sources)
        if _within(category, clause.scope.categories)
    ]
    grants = [clause for clause in found if not opens(clause)]
    named = [clause for clause in grants if clause.scope.categories]
    return (*(named or grants), *(clause for clause in found if opens(clause)))


def using(policy: Policy, category: str, purpose: str) -> tuple[Clause, ...]:
    """Return the clauses that permit to use a kind of data for a purpose; those that name it."""
    means = meanings(purpose)
    found = [
        clause
        for clause in _of(policy, Kind.MAY, Action.USE)
        if not clause.scope.purposes or means & {*clause.scope.purposes}
        if _within(category, clause.scope.categories)
    ]
    return tuple(clause for clause in found if clause.scope.purposes) or tuple(found)


def sharing(policy: Policy, category: str) -> tuple[Clause, ...]:
    """Return the clauses that permit to share a kind of data, and name whom with."""
    return tuple(
        clause
        for clause in _of(policy, Kind.MAY, Action.SHARE)
        if clause.scope.recipients and _within(category, clause.scope.categories)
    )


def _of(policy: Policy, kind: Kind, action: Action) -> Iterable[Clause]:
    return [each for each in policy.clauses if each.kind is kind and action in each.what]


def _within(word: str, named: tuple[str, ...]) -> bool:
    return not named or word in named
