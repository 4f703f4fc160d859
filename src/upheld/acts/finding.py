"""Finds a person in all stores; identities travel from one to the next."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from upheld.datamap.closure import starting
from upheld.errors import Refused
from upheld.identity import comparable, of_a_household, undecided, without
from upheld.model import Bond, Match

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from upheld.acts.company import Company
    from upheld.datamap.closure import Frozen

Counts: TypeAlias = "Mapping[str, Mapping[tuple[str, Bond], int]]"
"""Rows by store, then by collection and bond."""


def find(company: Company, start: Frozen, *, count: bool = True) -> tuple[Frozen, Counts]:
    """Ask every store until none knows more; count rows, or only see whether there are any.

    A telephone found on the way leads on only when all else has come to its end: it may be a
    household's, and whatever store is asked first must make no difference.

    Raises:
        Refused: only a person can tell whose a row is.
    """
    closure, rows = _found(company, start, count=count)
    closure = with_shared(company, closure)
    require_undoubted(company, closure)
    return closure, rows


def with_shared(company: Company, closure: Frozen) -> Frozen:
    """Return the closure with what somebody else bears by now of what alone leads to rows."""
    if not closure.alone:
        return replace(closure, shared=frozenset())
    borne = (store.borne(closure.of(name)) for name, store in company.stores.items())
    return replace(closure, shared=frozenset().union(*borne))


def require_undoubted(company: Company, closure: Frozen) -> None:
    """Find once as if what somebody else bears, too, led nowhere: no row may be missing then.

    It begins with what was presented: what a doubtful row was first to tell is no sign.

    Raises:
        Refused: rows are theirs by nothing but that.
    """
    if not closure.shared:
        return
    _, every = _found(company, replace(closure, shared=frozenset()))
    surely = replace(starting(without(closure.given, closure.shared)), shared=closure.shared)
    _, sure = _found(company, surely)
    for store, found in every.items():
        for (collection, bond), rows in found.items():
            if bond is Bond.ABOUT and rows > sure[store].get((collection, bond), 0):
                for way in _shared_ways(company, closure, store, collection):
                    raise Refused(undecided(store, collection, way))


def _shared_ways(company: Company, closure: Frozen, store: str, collection: str) -> Iterator[Match]:
    """Yield the ways of a collection by what somebody else bears, too."""
    kinds = {kind for kind, _ in closure.shared}
    mapped = company.maps[store].collection(collection)
    for way in mapped.ways if mapped else ():
        if isinstance(way, Match) and way.bond is Bond.ABOUT and comparable(way.identity) in kinds:
            yield way


def _found(company: Company, start: Frozen, *, count: bool = True) -> tuple[Frozen, Counts]:
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
