"""All that an act works with: policy, map, stores, home, clock and officers of one company."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from upheld.desk.states import OF_PERSON, VIEW, from_state
from upheld.errors import BadInput, quoted
from upheld.evidence.views import PEOPLE, goes_by
from upheld.model import Document, Policy, Request, StoreMap
from upheld.model.erasing import Limits
from upheld.ports import Clock, Home, Store, Writing


@dataclass(frozen=True, slots=True)
class Company:
    """One company's folder, opened.

    `watch` is how long an erasure is looked back on; `limits` are what one officer may sign alone;
    `texts` are the files of the map, as they were read, and `policy_text` that of the policy;
    `secrets` says where a file of the folder holds one; `bind` opens a store by a map, which can
    be one of earlier; `reference` names a row so that it is known again and says nothing.
    """

    folder: Path
    policy: Policy
    maps: Mapping[str, StoreMap]
    stores: Mapping[str, Store]
    home: Home
    clock: Clock
    zone: ZoneInfo
    officers: Mapping[str, str]
    watch: timedelta
    limits: Limits
    texts: Mapping[str, bytes]
    bind: Callable[[StoreMap], Store]
    reference: Callable[[str], str]
    policy_text: bytes
    documents: tuple[Document, ...]
    secrets: tuple[str, ...]

    @property
    def today(self) -> date:
        """The civil date where the desk is."""
        return self.clock().astimezone(self.zone).date()

    @property
    def answers(self) -> Path:
        """The folder answers are written to."""
        return self.folder / "answers"

    def now(self) -> datetime:
        """This instant."""
        return self.clock()

    def request(self, id: str) -> Request:
        """Return where a request stands.

        Raises:
            BadInput: there is no such request.
        """
        return _read(self.home.state(VIEW, id), id)

    def written(self, home: Writing, id: str) -> Request:
        """Return where a request stands as of a transaction.

        Raises:
            BadInput: there is no such request.
        """
        return _read(home.state(VIEW, id), id)

    def remove_copy(self, id: str) -> None:
        """Remove a copy, and what a killed process left of one."""
        for name in (f"{id}.zip", f"{id}.zip.part"):
            (self.answers / name).unlink(missing_ok=True)

    def person(self, ordinal: int) -> int:
        """Return the ordinal a person goes by, whichever of theirs is given."""
        return goes_by(self.home.state, ordinal)

    def requests_of(self, person: int) -> tuple[Request, ...]:
        """Return the requests of one person under all their ordinals, in order."""
        joined, theirs = (PEOPLE, str(person)), (OF_PERSON, str(person))
        states = self.home.states_at([joined, theirs])
        if joined in states:
            theirs = (OF_PERSON, str(self.person(int(states[joined]))))
            states = self.home.states_at([theirs])
        ids = tuple(self._opened_by(states.get(theirs)))
        states = self.home.states_at([(VIEW, id) for id in ids])
        found = (_read(states.get((VIEW, id)), id) for id in ids)
        return tuple(sorted(found, key=lambda each: each.entries[0]))

    def _opened_by(self, state: str | None) -> Iterator[str]:
        for each in json.loads(state or "[]"):
            if isinstance(each, int):
                yield from self._opened_by(self.home.state(OF_PERSON, str(each)))
            else:
                yield each

    def requests(self) -> tuple[Request, ...]:
        """Return every request, in order."""
        found = (from_state(state) for _, state in self.home.states(VIEW))
        return tuple(sorted(found, key=lambda each: each.entries[0]))


def _read(state: str | None, id: str) -> Request:
    if state is None:
        raise BadInput(f"there is no request{quoted(id)}; see `upheld request list`")
    return from_state(state)
