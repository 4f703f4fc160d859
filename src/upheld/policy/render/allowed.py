"""Which clauses allow to collect a kind of data, and to use it for a purpose; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upheld.model import Action, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from upheld.model import Clause, Policy


def barred(
    policy: Policy, category: str, *, channel: str = "", source: str = "", purpose: str = ""
) -> str | None:
    """Return why the policy does not allow it, naming what is missing; None: it does.

    Of a `purpose` it is asked whether data may be used for it, otherwise whether it may be
    collected. What a *may* says of its conditions is left to the moment itself.
    """
    declared = policy.categories.get(category)
    if declared is None:
        return f"the policy does not declare `{category}`; declare it under `categories`"
    if purpose:
        if purpose not in declared.purposes:
            return (
                f"the policy does not hold `{category}` for `{purpose}`; add it to the `purposes` "
                f"of `categories.{category}`, or ask for something else"
            )
        if _some(policy, Action.USE) and not using(policy, category, purpose):
            return (
                f"no clause permits to use `{category}` for `{purpose}`; add one with `may: use` "
                f"and `purposes: {purpose}`, or take the purpose out"
            )
        return None
    if _some(policy, Action.COLLECT) and not collecting(policy, category, channel, source):
        return (
            f"no clause permits to collect `{category}` by `{channel}`; add one with "
            f"`may: collect` and `categories: {category}`, or take the field out"
        )
    return _forbidden(policy, category, channel, source)


def collecting(policy: Policy, category: str, channel: str, source: str) -> tuple[Clause, ...]:
    """Return the clauses that permit to collect it; those that name kinds of data, if any does."""
    found = [
        clause
        for clause in _of(policy, Kind.MAY, Action.COLLECT)
        if _within(channel, clause.scope.channels) and _within(source, clause.scope.sources)
    ]
    closed = any(each.scope.categories for each in _of(policy, Kind.MAY, Action.COLLECT))
    return tuple(
        clause
        for clause in found
        if category in clause.scope.categories or (not closed and not clause.scope.categories)
    )


def using(policy: Policy, category: str, purpose: str) -> tuple[Clause, ...]:
    """Return the clauses that permit to use a kind of data for a purpose, and name it."""
    return tuple(
        clause
        for clause in _of(policy, Kind.MAY, Action.USE)
        if purpose in clause.scope.purposes and _within(category, clause.scope.categories)
    )


def sharing(policy: Policy, category: str) -> tuple[Clause, ...]:
    """Return the clauses that permit to share a kind of data, and name whom with."""
    return tuple(
        clause
        for clause in _of(policy, Kind.MAY, Action.SHARE)
        if clause.scope.recipients and _within(category, clause.scope.categories)
    )


def _forbidden(policy: Policy, category: str, channel: str, source: str) -> str | None:
    """Return which clause forbids to collect it, whatever anybody says or chooses."""
    for clause in _of(policy, Kind.NEVER, Action.COLLECT):
        scope = clause.scope
        reached = _within(category, scope.categories) and not scope.purposes
        by_this_way = _within(channel, scope.channels) and _within(source, scope.sources)
        if reached and by_this_way and clause.when is None and clause.unless is None:
            return f"`{clause.id}` forbids to collect `{category}`; take the field out"
    return None


def _of(policy: Policy, kind: Kind, action: Action) -> Iterable[Clause]:
    return [each for each in policy.clauses if each.kind is kind and action in each.what]


def _some(policy: Policy, action: Action) -> bool:
    return bool(_of(policy, Kind.MAY, action))


def _within(word: str, named: tuple[str, ...]) -> bool:
    return not named or word in named
