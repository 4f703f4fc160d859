"""The nouns of what people read: a page of sections, each of paragraphs and tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from upheld.model import Profile


class What(StrEnum):
    """What a policy is rendered to."""

    POLICY = "policy"
    NOTICE = "notice"
    LETTER = "letter"


_ACROSS = 4
"""Columns that a page has room for."""


@dataclass(frozen=True, slots=True)
class Said:
    """A paragraph, and the clauses it says or comes from; with an `anchor` it can be linked to."""

    words: str
    clauses: tuple[str, ...] = ()
    anchor: str | None = None
    links: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: what it is about, then its cells, each of which is a list."""

    head: str
    cells: tuple[tuple[str, ...], ...]
    anchor: str | None = None
    clauses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Grid:
    """A table; `heads` are those of its columns, but for the one of clauses."""

    caption: str
    heads: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def long(self) -> bool:
        """Whether a row says too much to be read across a page; it is then read downwards."""
        return len(self.heads) > _ACROSS

    @property
    def cites(self) -> bool:
        """Whether any row names clauses."""
        return any(row.clauses for row in self.rows)


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page with a heading of its own; no two have the same anchor."""

    anchor: str
    heading: str
    parts: tuple[Said | Grid, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """What people read, of one version under one profile.

    `policy` is the address of the policy page, that clauses are linked to; empty on itself.
    """

    what: What
    title: str
    company: str
    revised: date
    digest: str
    profile: Profile
    lead: tuple[Said, ...]
    sections: tuple[Section, ...]
    policy: str = ""
