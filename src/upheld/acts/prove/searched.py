"""The view of deep look-backs: when the last one was, what it could not see, what it found."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from upheld.model import Entry
    from upheld.ports import Home

RUN = "stores.searched"
SEARCHED = "request.searched"
_VIEW = "searched"


@dataclass(frozen=True, slots=True)
class Searched:
    """What the log says of deep look-backs: rows by request and place; stores not seen whole.

    `unseen` says, by store, of what is never read how much there was.
    """

    at: datetime | None
    blind: Mapping[str, str]
    found: Mapping[str, Mapping[str, int]]
    unseen: Mapping[str, Mapping[str, int]]


class SearchedFold:
    """The view of what deep look-backs found, by request, and of the last one under its own key."""

    name = _VIEW

    def key(self, entry: Entry) -> str | None:
        """Return the request of an entry that says what was found for it, or the kind of a run."""
        if entry.kind == RUN:
            return RUN
        return str(entry.body["request"]) if entry.kind == SEARCHED else None

    def step(self, state: str | None, index: int, entry: Entry) -> str:
        """Return what was found last."""
        del state, index
        if entry.kind == SEARCHED:
            return json.dumps(entry.body["found"], sort_keys=True)
        unseen = entry.body.get("unseen", {})
        return json.dumps([entry.at.isoformat(), entry.body["blind"], unseen], sort_keys=True)


def searched(home: Home) -> Searched:
    """Return what is known of deep look-backs."""
    found = {key: json.loads(state) for key, state in home.states(_VIEW)}
    at, blind, *unseen = found.pop(RUN, (None, {}))
    seen = unseen[0] if unseen else {}  # a run of before it was counted says nothing of it
    return Searched(datetime.fromisoformat(at) if at else None, blind, found, seen)
