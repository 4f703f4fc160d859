"""The views of the board: versions of the policy, what was said, what changed, what answered."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from upheld.model import LinkSeen, Registered, Version

if TYPE_CHECKING:
    from collections.abc import Mapping

    from upheld.model import Document, Entry
    from upheld.ports import Home

BOARD = "board"
DOCUMENTS = "documents"
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
        noted = [entry.at.isoformat(), body["policy"], body["revised"]]
        more = [body["purposes"], body["said"]] if "said" in body else []
        seen.append([*noted, *more])
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


class DocumentFold:
    """The view of documents: of each file, what it was registered as and with which dates."""

    name = DOCUMENTS

    def key(self, entry: Entry) -> str | None:
        """Return the digest of the file, for an entry that registers a document."""
        return str(entry.body["sha256"]) if entry.kind == "document.registered" else None

    def step(self, state: str | None, index: int, entry: Entry) -> str:
        """Return what is known of a file after an entry."""
        del index
        body = entry.body
        said = [body["document"], body["about"], body["dated"], body["review"]]
        return json.dumps([*json.loads(state or "[]"), [*said, entry.at.isoformat()]])


def unwitnessed(state: str | None, document: Document) -> bool:
    """Say whether the log has not seen a document with these dates; of a state of its view."""
    dates = [document.dated.isoformat(), document.review.isoformat()]
    said = [document.kind, document.about, *dates]
    return all(known != said for *known, _ in json.loads(state or "[]"))


def registered(state: str | None, document: Document) -> Registered | None:
    """Return what the log saw of a document first; of a state of its view."""
    for kind, about, dated, review, at in json.loads(state or "[]"):
        if (kind, about) == (document.kind, document.about):
            days = date.fromisoformat(dated), date.fromisoformat(review)
            return Registered(datetime.fromisoformat(at), *days)
    return None


def versions(home: Home) -> tuple[Version, ...]:
    """Return the versions of the policy that home has seen, in order."""
    return noted(home.state(VERSIONS, VERSIONS) or "[]")


def noted(state: str) -> tuple[Version, ...]:
    """Return the versions that a state of their view holds.

    The first logs noted neither purposes nor what a version says: its bytes stand for that.
    """
    return tuple(
        Version(
            datetime.fromisoformat(at),
            digest,
            date.fromisoformat(revised),
            purposes=tuple(more[0]) if more else (),
            said=more[1] if more else digest,
        )
        for at, digest, revised, *more in json.loads(state)
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
