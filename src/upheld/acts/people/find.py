"""Says what is known of whoever bears some identities, and who may be the same: never a value."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from upheld.acts import finding
from upheld.datamap.closure import starting
from upheld.errors import BadInput
from upheld.model import Dossier, Proposal, Sign, Traits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from upheld.acts.company import Company
    from upheld.datamap.closure import Frozen

_PLAIN = (str, int, float, type(None))


def find(company: Company, identities: Iterable[tuple[str, str]]) -> Dossier:
    """Look a person up in every store and in home; nothing is opened, written or acted upon.

    `identities` are normalised (`upheld.identity.presented`).

    Raises:
        BadInput: no identity was given.
        Refused: only a person can tell whose a row is.
    """
    given: dict[str, list[str]] = {}
    for kind, value in identities:
        given.setdefault(kind, []).append(value)
    if not given:
        raise BadInput("looking somebody up needs an identity; add `--identity email=…`")
    closure, rows = finding.find(company, starting(given))
    people = tuple(sorted(_people(company, closure.identities)))
    requests = (each for person in people for each in company.requests_of(person))
    return Dossier(
        people,
        tuple(sorted((each.id for each in requests), key=lambda id: int(id.partition("-")[2]))),
        tuple(sorted(kind for kind, values in closure.identities.items() if values)),
        {store: dict(counts) for store, counts in rows.items() if counts},
        tuple(_proposals(company, closure)),
    )


def _people(company: Company, identities: Mapping[str, frozenset[str]]) -> set[int]:
    """Return the people home knows by what was presented or by what the stores say to it."""
    known = (
        company.home.person(kind, value)
        for kind, values in identities.items()
        for value in sorted(values)
        if not kind.startswith("name")
    )
    return {person for person in known if person is not None}


def _proposals(company: Company, closure: Frozen) -> Iterator[Proposal]:
    traits = Traits()
    for name, store in company.stores.items():
        traits = traits.joined(store.traits(closure.of(name)))
    for name, store in company.stores.items():
        rows: dict[tuple[str, str], list[Sign]] = {}
        for each in store.alike(closure.of(name), traits):
            if each.more:
                yield Proposal(name, each.collection, None, (each.sign,))
                continue
            for key in each.keys:
                plain = [part if isinstance(part, _PLAIN) else str(part) for part in key]
                row = company.reference(json.dumps([name, each.collection, plain]))
                rows.setdefault((each.collection, row), []).append(each.sign)
        for (collection, row), signs in rows.items():
            yield Proposal(name, collection, row, tuple(signs))
