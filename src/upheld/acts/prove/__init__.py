"""Says of each clause whether it is kept: sees, probes, checks, and records what changed."""

from upheld.acts.prove.board import check
from upheld.acts.prove.deep import look_deep
from upheld.acts.prove.folds import (
    BoardFold,
    DocumentFold,
    HistoryFold,
    LinkFold,
    VersionFold,
    history,
    links,
    versions,
)
from upheld.acts.prove.noting import note_documents, note_links, note_policy
from upheld.acts.prove.reading import version
from upheld.acts.prove.registering import add_document
from upheld.acts.prove.registry import AWAITED, BUILT, CHECKS
from upheld.acts.prove.report import badge, page
from upheld.acts.prove.searched import SearchedFold
from upheld.acts.prove.seeing import looked_at

__all__ = [
    "AWAITED",
    "BUILT",
    "CHECKS",
    "BoardFold",
    "DocumentFold",
    "HistoryFold",
    "LinkFold",
    "SearchedFold",
    "VersionFold",
    "add_document",
    "badge",
    "check",
    "history",
    "links",
    "look_deep",
    "looked_at",
    "note_documents",
    "note_links",
    "note_policy",
    "page",
    "version",
    "versions",
]
