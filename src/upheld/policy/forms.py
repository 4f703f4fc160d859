"""The shape of `policy.yaml`, as people write it."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, ClassVar

from pydantic import AfterValidator, BeforeValidator, Field

from upheld.files import Form, Words, shown

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def _day(written: object) -> object:
    if isinstance(written, date):
        return written
    try:
        return (
            date.fromisoformat(str(written)) if _DAY.fullmatch(str(written)) else _no_day(written)
        )
    except ValueError:
        return _no_day(written)


def _no_day(written: object) -> object:
    raise ValueError(f"must be a date like `2026-11-01`, not {shown(str(written))}")


def _some_words(written: str) -> str:
    if not written.strip():
        raise ValueError("is empty; write the words that people read")
    return written.strip()


Day = Annotated[date, BeforeValidator(_day)]
Text = Annotated[str, AfterValidator(_some_words)]


class DeclaredForm(Form):
    """What is declared of one category."""

    what: ClassVar[str] = "a category"

    purposes: Words = ()
    sources: Words = ()
    recipients: Words = ()


class ClauseForm(Form):
    """One clause; exactly one of its first eight keys says its kind."""

    what: ClassVar[str] = "a clause"

    may: Words | None = None
    never: Words | None = None
    keep: Words | None = None
    answer: Words | None = None
    tell: Words | None = None
    guard: Words | None = None
    definition: Words | None = None
    disclaimer: Words | None = None
    id: Text
    check: Text
    text: Text
    force: str | None = None
    regimes: Words | None = None
    ground: str | None = None
    lasts: Annotated[str | None, Field(alias="for")] = None
    since: Annotated[str | None, Field(alias="from")] = None


class PolicyForm(Form):
    """A whole policy."""

    what: ClassVar[str] = "a policy"

    title: Text
    company: Text
    contact: Text
    revised: Day
    categories: dict[str, DeclaredForm]
    purposes: dict[str, Text] = Field(default_factory=dict)
    recipients: dict[str, Text] = Field(default_factory=dict)
    clauses: list[ClauseForm]
