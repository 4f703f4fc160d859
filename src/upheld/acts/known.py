"""Keeps what two people have presented whom an officer joined, until they are erased.

Home's tags say that an identity leads to somebody, and never which identities lead to them. So of
who was joined, whoever asks by one of them later is found by all: they are sealed under a key of
the person's own. What a request claims is kept by nobody else: an officer has not signed for it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from upheld.identity import of_a_household
from upheld.model import State

if TYPE_CHECKING:
    from collections.abc import Iterable

    from upheld.acts.company import Company
    from upheld.model import Request
    from upheld.ports import Writing

GIVEN = "given"
_NAME = "known"


def known(company: Company, person: int) -> frozenset[tuple[str, str]]:
    """Return the identities that one person has presented, where they are more than one."""
    return _sealed(company, company.person(person))


def presented_by(company: Company, person: int) -> frozenset[tuple[str, str]]:
    """Return all that home still holds of what a person presented, by requests that wait too."""
    found = set(known(company, person))
    for each in company.requests_of(person):
        if each.state is not State.CLOSED:
            found.update(given_pairs(company, each) or ())
    return frozenset(found)


def given_pairs(company: Company, request: Request) -> list[tuple[str, str]] | None:
    """Return the identities a request was opened with; None where the vault has none."""
    sealed = company.home.unseal(request.id, GIVEN)
    return None if sealed is None else read_pairs(sealed)


def learn(
    company: Company, home: Writing, person: int, identities: Iterable[tuple[str, str]]
) -> None:
    """Keep what a person presented beside what is kept already, if that makes more than one.

    A telephone is left out: it may be a household's, or somebody else's later.
    """
    sure = {(kind, value) for kind, value in identities if not of_a_household(kind)}
    whole = known(company, person) | sure
    if len(whole) > 1:
        home.seal(_place(person), _NAME, json.dumps(sorted(whole)).encode())


def drop(home: Writing, person: int) -> None:
    """Destroy what is kept of a person, and the key of it."""
    home.destroy(_place(person))


def _sealed(company: Company, ordinal: int) -> frozenset[tuple[str, str]]:
    sealed = company.home.unseal(_place(ordinal), _NAME)
    return frozenset() if sealed is None else frozenset(read_pairs(sealed))


def _place(person: int) -> str:
    return f"person {person}"


def read_pairs(sealed: bytes) -> list[tuple[str, str]]:
    """Return the identities that were sealed."""
    return [(kind, value) for kind, value in json.loads(sealed)]
