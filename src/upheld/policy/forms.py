"""The shape of `policy.yaml`, as people write it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from upheld.data import vocabularies
from upheld.files import Form, OneOf, Words, YesNo, shown
from upheld.model import Action, FactType, Force, Regime

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


def _says(written: object) -> object:
    return {"says": written} if isinstance(written, str) else written


def _off(written: object) -> object:
    return {"off": True} if written == "off" else written


Day = Annotated[date, BeforeValidator(_day)]
Text = Annotated[str, AfterValidator(_some_words)]


def _words(vocabulary: str, *more: str) -> Callable[[], Iterable[str]]:
    """Return what lists a vocabulary, for the editors that complete a word of it."""
    return lambda: [*vocabularies().words(vocabulary), *more]


class DeclaredForm(Form):
    """What is declared of one category."""

    what: ClassVar[str] = "a category"
    one_of: ClassVar[OneOf] = {
        "purposes": _words("purposes"),
        "sources": _words("sources"),
        "recipients": _words("recipients"),
    }

    purposes: Words = Field((), description="Why data of this kind is held.")
    sources: Words = Field((), description="Where it comes from.")
    recipients: Words = Field((), description="Who else receives it.")


class PurposeForm(Form):
    """A purpose: the words people read, or a group with its legal basis."""

    what: ClassVar[str] = "a purpose"
    one_of: ClassVar[OneOf] = {"basis": _words("bases")}

    says: Annotated[Text, Field(description="The words people read.")]
    basis: Words = Field((), description="What makes it lawful (GDPR 6(1)).")
    interest: str | None = Field(
        None, description="The interest pursued, where the basis is `legitimate-interest`."
    )
    law: str | None = Field(
        None, description="The law that obliges, where the basis is `legal-obligation`."
    )
    automated: YesNo = Field(
        default=False, description="Whether a program alone decides something grave (GDPR 22)."
    )


class EntityForm(Form):
    """A legal person that the policy speaks for."""

    what: ClassVar[str] = "an entity"

    name: Text
    country: Annotated[Text, Field(description="ISO 3166 code.")]
    since: Annotated[Day | None, Field(alias="from")] = None
    until: Day | None = None


class RuleForm(Form):
    """What the rule of a clause reaches, and when; `strict` can say each anew."""

    what: ClassVar[str] = "a rule"
    one_of: ClassVar[OneOf] = {
        "categories": _words("categories"),
        "purposes": _words("purposes"),
        "recipients": _words("recipients"),
        "sources": _words("sources"),
        "channels": _words("channels"),
        "then": _words("obligations"),
        "unknown": lambda: ["forbids"],
        "force": lambda: list(Force),
        "regimes": lambda: list(Regime),
        "ground": _words("grounds"),
        "from": lambda: ["date", "end of year"],
    }

    categories: Words | None = Field(None, description="Kinds of data it reaches; left out: all.")
    purposes: Words | None = Field(None, description="Purposes it reaches; left out: all.")
    recipients: Words | None = Field(None, description="Who receives; left out: anybody.")
    sources: Words | None = Field(
        None,
        description="Opens these sources: nothing comes in from others.",
    )
    channels: Words | None = Field(None, description="Opens these ways in, as `sources` does.")
    when: str | None = Field(None, description="A condition that must be true.")
    unless: str | None = Field(None, description="A condition that must not be true.")
    unknown: str | None = Field(
        None, description="`forbids`: a `never` also holds where nobody knows."
    )
    then: Words | None = Field(None, description="What an allowed act must still do.")
    force: str | None = Field(None, description="How binding it is, if its kind does not say.")
    regimes: Words | None = Field(None, description="Laws it holds under; left out: all.")
    ground: str | None = Field(None, description="Why data may stay (of a `keep`).")
    lasts: Annotated[
        str | None, Field(alias="for", description="How long: `10 years`, `26 months`, `90 days`.")
    ] = None
    since: Annotated[
        str | None, Field(alias="from", description="From when: `date` or `end of year`.")
    ] = None


class StrictForm(RuleForm):
    """What the strict profile says instead, key by key; `off` leaves the clause out."""

    what: ClassVar[str] = "`strict`"

    off: YesNo = Field(default=False, description="The strict profile does without this clause.")


class ClauseForm(RuleForm):
    """One clause; exactly one of its first eight keys says its kind."""

    what: ClassVar[str] = "a clause"
    one_of: ClassVar[OneOf] = {
        "may": lambda: list(Action),
        "never": lambda: list(Action),
        "keep": _words("categories", "all"),
        "answer": _words("rights", "all"),
        "tell": _words("notices"),
        "guard": _words("safeguards"),
        "with": _words("contents"),
        "bases": _words("bases"),
    }

    may: Words | None = Field(None, description="Permits: collect, use, share, keep, …")
    never: Words | None = Field(None, description="Forbids: collect, use, share, keep, …")
    keep: Words | None = Field(None, description="Kinds of data that stay, or `all`.")
    answer: Words | None = Field(None, description="Rights that are answered, or `all`.")
    tell: Words | None = Field(None, description="What people are told.")
    guard: Words | None = Field(None, description="Safeguards that are kept up, or `all`.")
    definition: Words | None = Field(None, description="The term that is defined.")
    disclaimer: Words | None = Field(None, description="What is disclaimed.")
    id: Annotated[Text, Field(description="`section.name`; it never changes.")]
    check: Annotated[Text, Field(description="The check that shows it kept or broken.")]
    text: Annotated[Text, Field(description="The words people read.")]
    contents: Annotated[Words | None, Field(alias="with", description="What an answer holds.")] = (
        None
    )
    bases: Words | None = Field(None, description="Legal bases that the clause publishes.")
    limits: Words | None = Field(None, description="Clauses that a disclaimer takes back from.")
    link: str | None = Field(None, description="A web address that must answer.")
    strict: Annotated[
        StrictForm | None,
        BeforeValidator(_off, json_schema_input_type=Literal["off", False] | StrictForm),
    ] = Field(None, description="What the strict profile says instead; `off`: without this clause.")


class FactForm(Form):
    """A fact of the company's own that its conditions ask about."""

    what: ClassVar[str] = "a fact"
    one_of: ClassVar[OneOf] = {"type": lambda: list(FactType), "absent": lambda: ["no"]}

    says: Text
    type: str
    words: Words | None = None
    absent: str | None = None


class PolicyForm(Form):
    """A whole policy."""

    what: ClassVar[str] = "a policy"
    one_of: ClassVar[OneOf] = {
        "categories": _words("categories"),
        "purposes": _words("purposes"),
        "recipients": _words("recipients"),
        "reach": _words("channels"),
    }

    title: Annotated[Text, Field(description="The title people read.")]
    company: Annotated[Text, Field(description="Who promises.")]
    contact: Annotated[Text, Field(description="Where people write to.")]
    revised: Annotated[Day, Field(description="The date of the last revision.")]
    categories: dict[str, DeclaredForm] = Field(description="Kinds of data that are held.")
    purposes: dict[str, Annotated[PurposeForm, BeforeValidator(_says)]] = Field(
        default_factory=dict, description="Why data is held, in the words people read."
    )
    recipients: dict[str, Text] = Field(
        default_factory=dict, description="Who else receives data, in the words people read."
    )
    entities: list[EntityForm] = Field(
        default_factory=list, description="Legal persons the policy speaks for."
    )
    reach: dict[str, Text] = Field(
        default_factory=dict, description="How the company is reached, by channel."
    )
    sections: dict[str, Text] = Field(
        default_factory=dict, description="Headings, by what stands before the dot of an id."
    )
    external: Words = Field((), description="Sites that we link to and others run.")
    facts: dict[str, FactForm] = Field(
        default_factory=dict, description="Facts of your own that conditions ask about."
    )
    clauses: list[ClauseForm]
