"""Finds a person in all stores; identities travel from one to the next."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from upheld.identity import base

if TYPE_CHECKING:
    from collections.abc import Mapping

    from upheld.acts.company import Company
    from upheld.datamap.closure import Frozen
    from upheld.model import Bond

Counts: TypeAlias = "Mapping[str, Mapping[tuple[str, Bond], int]]"
"""Rows by store, then by collection and bond."""

_Told: TypeAlias = "tuple[Mapping[str, frozenset[str]], frozenset[str], frozenset[str]]"


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
    if not _telephones(closure.identities) - _telephones(closure.given):
        return closure, rows
    return _settled(company, closure, sure=False, count=count)


def _settled(
    company: Company, closure: Frozen, *, sure: bool, count: bool
) -> tuple[Frozen, Counts]:
    """Ask in rounds, each store the same in each, so that the order of their names is nothing."""
    rows: dict[str, Mapping[tuple[str, Bond], int]] = {}
    known: dict[str, _Told] = {}
    while waiting := [name for name in company.stores if known.get(name) != _told(closure)]:
        before = closure
        for name in waiting:
            found = company.stores[name].find(replace(before.of(name), sure=sure), count=count)
            rows[name] = found.rows
            known[name] = _told(before.joined(name, found.closure))
            closure = closure.joined(name, found.closure)
    return closure, rows


def _told(closure: Frozen) -> _Told:
    """Return what of a closure every store is told."""
    return closure.identities, closure.dialled, closure.households


def _telephones(kinds: Mapping[str, frozenset[str]]) -> frozenset[str]:
    return frozenset().union(*(kinds[kind] for kind in kinds if base(kind) == "phone"))
