"""Joins two people of home who turn out to be one, by an officer's word."""

from __future__ import annotations

import json
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from upheld.acts.known import drop, given_pairs, known, learn, presented_by
from upheld.acts.officers import officer_key
from upheld.desk.states import VIEW, from_state
from upheld.errors import BadInput, HomeFailed, Refused, Stale
from upheld.evidence import ssh
from upheld.model import Right, State

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from upheld.acts.company import Company
    from upheld.model import Request
    from upheld.ports import Writing

NAMESPACE = "upheld-join"

_WAITING = {State.OPEN, State.PLANNED}
"""A request of which nothing is signed yet: it is planned with what both people presented."""


def merge(
    company: Company, people: Iterable[int], identities: Iterable[tuple[str, str]], key: Path
) -> int:
    """Join two people, named by ordinal or by what they are known by; return the ordinal they keep.

    It is the older one. What both presented is kept until they are erased, so that who asks by one
    identity is found by all. Requests of either that wait for a plan or a signature are planned
    anew with it. To join them again changes nothing.

    Raises:
        BadInput: these are not two people of home, or nobody says what one of them presented.
        Refused: data of one of them is being erased, or was.
        Stale: somebody is at work on a request of theirs.
        NotSigned: the key is no officer's.
    """
    identities = list(identities)
    named = [*people, *(_known(company, kind, value) for kind, value in identities)]
    if len(named) < 2:  # noqa: PLR2004 (it takes two to be joined)
        raise BadInput("it takes two people to join; see `upheld people find` for their numbers")
    joined = {company.person(each) for each in named}
    if len(joined) > 2:  # noqa: PLR2004 (two, and no more)
        raise BadInput("more than two people are named; join two, then the next to them")
    person, other = min(joined), max(joined)
    if person == other:
        return person
    signature = ssh.sign(f"{person}\n{other}".encode(), key, namespace=NAMESPACE)
    officer = ssh.signer(signature, namespace=NAMESPACE)
    officer_key(company, officer)
    with _held(company, person, other), company.home.writing() as home:
        requests = _requests(company, home, person, other)
        _require_no_erasure(requests)
        if home.join(person, other, {"officer": officer, "signature": signature}):
            learn(company, home, person, _presented(company, (person, other), identities))
            if known(company, other):
                drop(home, other)
            _plan_anew(company, home, requests)
    return person


def _known(company: Company, kind: str, value: str) -> int:
    person = company.home.person(kind, value)
    if person is None:
        raise BadInput(f"home knows nobody by the `{kind}` given; nobody is there to be joined")
    return person


@contextmanager
def _held(company: Company, *people: int) -> Iterator[None]:
    """Let nobody else be at work on a request of these people.

    Raises:
        Stale: somebody is.
    """
    with ExitStack() as stack:
        for each in (request for person in people for request in company.requests_of(person)):
            if each.state is not State.CLOSED:
                stack.enter_context(company.home.holding(each.id))
        yield


def _requests(company: Company, home: Writing, person: int, other: int) -> list[Request]:
    """Return the requests of both as they stand now that nobody else can write."""
    if {company.person(person), company.person(other)} != {person, other}:
        raise Stale("one of them was joined to somebody a moment ago; look again, then join")
    found = (*company.requests_of(person), *company.requests_of(other))
    states = {each.id: home.state(VIEW, each.id) for each in found}
    return [from_state(state) for state in states.values() if state is not None]


def _require_no_erasure(requests: Iterable[Request]) -> None:
    """Refuse where rows were signed to go of a person who would be another one then."""
    for each in requests:
        if each.right is not Right.ERASE:
            continue
        if each.carried is not None and each.state is State.CLOSED:
            raise Refused(
                f"{each.id} has erased one of them, and who returns is new; open a request with "
                "all identities that they present now"
            )
        if each.state not in {*_WAITING, State.CLOSED} or each.steps:
            raise Refused(
                f"{each.id}, an erasure of one of them, is {each.state}; apply it first, or plan "
                "it again, which takes its signature back"
            )


def _presented(
    company: Company, people: Iterable[int], identities: Iterable[tuple[str, str]]
) -> frozenset[tuple[str, str]]:
    """Return what both presented: a tag of home leads to a person, and to no identity.

    Raises:
        BadInput: of one of them home holds none any more, and none was given.
    """
    found: set[tuple[str, str]] = set(identities)
    for each in people:
        theirs = presented_by(company, each)
        if not theirs and not any(company.home.person(*pair) == each for pair in identities):
            raise BadInput(
                f"home no longer holds what person {each} presented, since their requests are "
                f"closed; give it, too: `upheld people merge {' '.join(map(str, people))} "
                "--identity email=…`"
            )
        found |= theirs
    return frozenset(found)


def _plan_anew(company: Company, home: Writing, requests: Iterable[Request]) -> None:
    """Let requests that wait begin again: they are planned with what both presented."""
    for each in requests:
        if each.state in _WAITING and not each.steps:
            given = given_pairs(company, each)
            if given is None:
                raise HomeFailed(f"the vault has lost what {each.id} was opened with; restore home")
            home.destroy(each.id)
            home.seal(each.id, "given", json.dumps(given).encode())
            if each.plan is not None:
                home.append("request.outdated", {"request": each.id})
