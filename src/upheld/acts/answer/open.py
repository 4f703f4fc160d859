"""Takes a request in, by any channel: it is recorded, and its clock runs."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from upheld.acts.known import GIVEN, known, read_pairs
from upheld.datamap.closure import Frozen, starting
from upheld.desk.clocks import due, receipt_date
from upheld.desk.states import VIEW
from upheld.errors import BadInput, HomeFailed, Refused
from upheld.identity import of_a_household
from upheld.model import Regime, Request, Right, State

if TYPE_CHECKING:
    from collections.abc import Iterable

    from upheld.acts.company import Company

_CLOCK_NOISE = timedelta(minutes=5)


def open_request(
    company: Company,
    right: Right,
    identities: Iterable[tuple[str, str]],
    *,
    regime: Regime = Regime.NONE,
    received: datetime | None = None,
) -> Request:
    """Record that a person uses a right; return the request with its due date.

    `identities` are normalised (`upheld.identity.presented`). They go to the vault under the
    request's own key; the log only ever names an ordinal.

    Raises:
        BadInput: no identity, or a date of receipt in the future.
        Refused: the identities belong to two people, or the same request is still open.
    """
    identities = sorted(set(identities))
    if not identities:
        raise BadInput("a request needs an identity; add `--identity email=…`")
    arrived = received or company.now()
    if arrived > company.now() + _CLOCK_NOISE:
        raise BadInput("`--received` lies in the future; write when the request arrived")
    sure = [each for each in identities if not of_a_household(each[0])] or identities
    person = _known_person(company, sure)
    if person is not None:
        _require_first(company, person, right)
    clock = due(regime, receipt_date(arrived, company.zone))
    with company.home.writing() as home:
        id = f"R-{home.count(VIEW) + 1}"
        if person is None:
            person = home.mint()
        for kind, value in identities:
            if (kind, value) in sure or company.home.person(kind, value) in {None, person}:
                home.alias(kind, value, person)
        home.seal(id, GIVEN, json.dumps(identities).encode())
        home.append(
            "request.opened",
            {
                "request": id,
                "person": person,
                "right": right.value,
                "regime": regime.value,
                "received": arrived.isoformat(),
                "due": clock.on.isoformat(),
                "rule": clock.rule,
            },
        )
        return company.written(home, id)


def start(company: Company, request: Request) -> tuple[Frozen, tuple[str, ...]]:
    """Return what finding begins with, as `started` does, from what home holds."""
    return started(company, request, company.home.unseal(request.id, GIVEN))


def started(
    company: Company, request: Request, given: bytes | None
) -> tuple[Frozen, tuple[str, ...]]:
    """Return what finding begins with: what was presented, and what was before, of who was joined.

    Also the kinds of what this request did not present.

    Raises:
        Refused: the request's key was destroyed.
        HomeFailed: the vault lost them.
    """
    if given is None:
        if request.state is State.CLOSED:
            raise Refused(f"{request.id} is closed and its key destroyed; open a new request")
        raise HomeFailed(f"the vault has lost what {request.id} was opened with; restore home")
    presented = read_pairs(given)
    before = known(company, request.person) - set(presented)
    found: dict[str, list[str]] = {}
    for kind, value in (*presented, *sorted(before)):
        found.setdefault(kind, []).append(value)
    return starting(found), tuple(sorted({kind for kind, _ in before}))


def _known_person(company: Company, identities: Iterable[tuple[str, str]]) -> int | None:
    people = {company.home.person(kind, value) for kind, value in identities} - {None}
    if len(people) > 1:
        raise Refused("these identities belong to two people; open one request for each")
    return next(iter(people), None)


def _require_first(company: Company, person: int, right: Right) -> None:
    for request in company.requests_of(person):
        if request.state is not State.CLOSED and request.right is right:
            raise Refused(
                f"{request.id} of the same person for the same right is still open, due "
                f"{request.due}; a repeat does not restart its clock"
            )
