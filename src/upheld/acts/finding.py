"""Finds a person in all stores; identities travel from one to the next."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from upheld.identity import of_a_household

if TYPE_CHECKING:
    from collections.abc import Mapping

    from upheld.acts.company import Company
    from upheld.datamap.closure import Frozen
    from upheld.model import Bond

Counts: TypeAlias = "Mapping[str, Mapping[tuple[str, Bond], int]]"
"""Rows by store, then by collection and bond."""


def find(company: Company, start: Frozen, *, count: bool = True) -> tuple[Frozen, Counts]:
    """Ask every store until none knows more; count rows, or only see whether there are any.

    A telephone found on the way leads on only when all else has come to its end: it may be a
    household's, and whatever store is asked first must make no difference.

    Raises:
        Refused: only a person can tell whose a row is.
    """
    if len(company.stores) == 1:
        return _settled(company, start, sure=False, count=count)
    closure, rows = _settled(company, start, sure=True, count=count)
    if _telephones(closure.identities) - _telephones(closure.given):
        closure, rows = _settled(company, closure, sure=False, count=count)
    known = with_shared(company, closure)
    return _settled(company, known, sure=False, count=count) if known.shared else (closure, rows)


def with_shared(company: Company, closure: Frozen) -> Frozen:
    """Return the closure with what somebody else bears by now of what alone leads to rows.

    Within one store it is seen there, and when it matters.
    """
    if not closure.alone or len(company.stores) == 1:
        return replace(closure, shared=frozenset())
    borne = (store.borne(closure.of(name)) for name, store in company.stores.items())
    return replace(closure, shared=frozenset().union(*borne))


def _settled(
    company: Company, closure: Frozen, *, sure: bool, count: bool
) -> tuple[Frozen, Counts]:
    """Ask in rounds, each store the same in each, so that the order of their names is nothing."""
    rows: dict[str, Mapping[tuple[str, Bond], int]] = {}
    known: dict[str, Mapping[str, frozenset[str]]] = {}
    while waiting := [name for name in company.stores if known.get(name) != closure.identities]:
        before = closure
        for name in waiting:
            found = company.stores[name].find(replace(before.of(name), sure=sure), count=count)
            rows[name] = found.rows
            known[name] = before.joined(name, found.closure).identities
            closure = closure.joined(name, found.closure)
    return closure, rows


def _telephones(kinds: Mapping[str, frozenset[str]]) -> frozenset[str]:
    return frozenset().union(*(kinds[kind] for kind in kinds if of_a_household(kind)))
