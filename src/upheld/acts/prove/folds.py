"""The views of the board: versions of the policy, what was said, what changed, what answered."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from upheld.model import LinkSeen, Version

if TYPE_CHECKING:
    from collections.abc import Mapping

    from upheld.model import Entry
    from upheld.ports import Home

BOARD = "board"
HISTORY = "history"
LINKS = "links"
VERSIONS = "versions"

_REMEMBERED = 200
"""How many changes of the board its view holds; the log holds all of them."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A time at which the board said something new: how many of each verdict, and what turned."""

    at: datetime
    counts: Mapping[str, int]
    turned: Mapping[str, tuple[str | None, str]]


class BoardFold:
    """The view of the board: what it said last."""

    name = BOARD

    def key(self, entry: Entry) -> str | None:
        """Return the one key of this view for an entry that holds verdicts."""
        return BOARD if entry.kind == "verdicts" else None

    def step(self, state: str | None, index: int, entry: Entry) -> str:
        """Return the board after an entry."""
        del state, index
        return json.dumps(entry.body["board"], sort_keys=True)


class HistoryFold:
    """The view of how the board changed, the latest changes of it."""

    name = HISTORY

    def key(self, entry: Entry) -> str | None:
        """Return the one key of this view for an entry that holds verdicts."""
        return HISTORY if entry.kind == "verdicts" else None

    def step(self, state: str | None, index: int, entry: Entry) -> str:
        """Return the history after an entry."""
        del index
        history = json.loads(state) if state else {"board": {}, "turns": []}
        before, after = history["board"], dict(json.loads(json.dumps(entry.body["board"])))
        turned = {
            id: [before.get(id), verdict]
            for id, verdict in after.items()
            if before.get(id) != verdict
        }
        turned |= {id: [verdict, "gone"] for id, verdict in before.items() if id not in after}
        said = list(after.values())
        counts = {word: said.count(word) for word in sorted(set(said))}
        turns = [*history["turns"], [entry.at.isoformat(), counts, turned]][-_REMEMBERED:]
        return json.dumps({"board": after, "turns": turns}, sort_keys=True)


class VersionFold:
    """The view of policy versions, in the order home saw them."""

    name = VERSIONS

    def key(self, entry: Entry) -> str | None:
        """Return the one key of this view for an entry that names a version."""
        return VERSIONS if entry.kind == "policy.in-force" else None

    def step(self, state: str | None, index: int, entry: Entry) -> str:
        """Return the versions after an entry."""
        del index
        seen = json.loads(state or "[]")
        body = entry.body
        purposes = body.get("purposes", [])
        seen.append([entry.at.isoformat(), body["policy"], body["revised"], purposes])
        return json.dumps(seen)


class LinkFold:
    """The view of links: when each was asked last, and what was wrong with it."""

    name = LINKS

    def key(self, entry: Entry) -> str | None:
        """Return the one key of this view for an entry that says which links answered."""
        return LINKS if entry.kind == "links.asked" else None

    def step(self, state: str | None, index: int, entry: Entry) -> str:
        """Return what is known of each link after an entry."""
        del index
        known = json.loads(state or "{}")
        answers = entry.body["answers"]
        known |= {
            link: [entry.at.isoformat(), wrong]
            for link, wrong in (answers.items() if isinstance(answers, dict) else ())
        }
        return json.dumps(known, sort_keys=True)


def versions(home: Home) -> tuple[Version, ...]:
    """Return the versions of the policy that home has seen, in order."""
    seen = json.loads(home.state(VERSIONS, VERSIONS) or "[]")
    return tuple(
        Version(datetime.fromisoformat(at), digest, date.fromisoformat(revised), tuple(purposes))
        for at, digest, revised, purposes in seen
    )


def links(home: Home) -> Mapping[str, LinkSeen]:
    """Return what is known of each link that was asked."""
    known = json.loads(home.state(LINKS, LINKS) or "{}")
    return {
        link: LinkSeen(datetime.fromisoformat(at), wrong) for link, (at, wrong) in known.items()
    }


def history(home: Home) -> tuple[Turn, ...]:
    """Return how the board changed, the oldest first."""
    kept = json.loads(home.state(HISTORY, HISTORY) or '{"turns": []}')
    return tuple(
        Turn(
            datetime.fromisoformat(at),
            counts,
            {id: (before, after) for id, (before, after) in turned.items()},
        )
        for at, counts, turned in kept["turns"]
    )
