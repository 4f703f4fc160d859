"""Shows a page: as HTML without script, as text, as JSON; pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from upheld.policy.pages import page as filled
from upheld.policy.pages import safe_link
from upheld.policy.render.nouns import Grid, Said, What

if TYPE_CHECKING:
    from collections.abc import Iterator

    from upheld.model import Json
    from upheld.policy.render.nouns import Page, Row, Section


def as_html(page: Page) -> str:
    """Return a page as one HTML file: no script, nothing from elsewhere, each clause an anchor."""
    return filled("page.html", page=page, policy=What.POLICY, is_table=_is_table, safe=safe_link)


def _is_table(part: Said | Grid) -> bool:
    return isinstance(part, Grid)


def as_text(page: Page) -> str:
    """Return a page as text, lines as long as their paragraphs."""
    lines = [page.title, "=" * len(page.title), "", f"Version of {page.revised}", ""]
    for each in page.lead:
        lines += _said(each, page)
    for section in page.sections:
        lines += ["", section.heading, "-" * len(section.heading)]
        for part in section.parts:
            lines += ["", *(_said(part, page) if isinstance(part, Said) else _grid(part))]
    lines += ["", f"{page.company}, {page.profile} profile, SHA-256 {page.digest}"]
    return "\n".join(lines) + "\n"


def _said(said: Said, page: Page) -> list[str]:
    named = [each for each in said.clauses if each != said.anchor or page.what is not What.POLICY]
    before = f"{said.anchor}: " if said.anchor in said.clauses else ""
    after = f" [{', '.join(named)}]" if named else ""
    return [f"{before}{said.words}{after}", *(f"  {link}" for link in said.links)]


def _grid(grid: Grid) -> Iterator[str]:
    yield grid.caption
    for row in grid.rows:
        yield ""
        cited = f" [{', '.join(row.clauses)}]" if row.clauses else ""
        yield f"* {row.head}{cited}"
        for head, cell in zip(grid.heads[1:], row.cells, strict=True):
            if cell:
                yield f"  {head}: {'; '.join(cell)}"


def as_json(page: Page) -> str:
    """Return a page as JSON, in the shape that `publish-a-policy.md` documents; it only grows."""
    found: dict[str, Json] = {
        "what": page.what,
        "title": page.title,
        "company": page.company,
        "revised": page.revised.isoformat(),
        "digest": page.digest,
        "profile": page.profile,
        "policy": page.policy,
        "lead": [_json_said(each) for each in page.lead],
        "sections": [_json_section(each) for each in page.sections],
    }
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


def _json_section(section: Section) -> dict[str, Json]:
    return {
        "anchor": section.anchor,
        "heading": section.heading,
        "parts": [
            _json_said(part) if isinstance(part, Said) else _json_grid(part)
            for part in section.parts
        ],
    }


def _json_said(said: Said) -> dict[str, Json]:
    return {
        "is": "paragraph",
        "words": said.words,
        "anchor": said.anchor,
        "clauses": list(said.clauses),
        "links": list(said.links),
    }


def _json_grid(grid: Grid) -> dict[str, Json]:
    return {
        "is": "table",
        "caption": grid.caption,
        "heads": list(grid.heads),
        "rows": [_json_row(each) for each in grid.rows],
    }


def _json_row(row: Row) -> dict[str, Json]:
    return {
        "head": row.head,
        "cells": [list(cell) for cell in row.cells],
        "anchor": row.anchor,
        "clauses": list(row.clauses),
    }
