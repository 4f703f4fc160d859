"""Reads the file of a form that collects data: its fields, what each is for; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from upheld.data import vocabularies
from upheld.files import Form, Words, YesNo, parsed, shown, unknown
from upheld.policy.forms import Text
from upheld.policy.pages import safe_link
from upheld.policy.render.allowed import asks, declared, judged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from upheld.files import Path, Trouble
    from upheld.model import Policy


class FieldForm(Form):
    """One field of a form."""

    what: ClassVar[str] = "a field"

    category: Annotated[Text, Field(description="What kind of data it asks for.")]
    purposes: Annotated[Words, Field(description="What it is asked for.")]
    required: Annotated[YesNo, Field(description="Whether the form can be sent without it.")]
    label: str | None = Field(None, description="What people see beside it; left out: its key.")
    refusing: str | None = Field(None, description="What happens to somebody who leaves it out.")


class CollectionForm(Form):
    """A form by which data is collected."""

    what: ClassVar[str] = "a form"

    title: Annotated[Text, Field(description="What people call the form.")]
    channel: Annotated[Text, Field(description="The way by which it comes in, as `web-form`.")]
    source: str = Field("direct-forms", description="Where the data comes from.")
    policy: str = Field("policy.html", description="The address of the policy page.")
    fields: dict[str, FieldForm] = Field(description="The fields, by name.")


def parse_form(text: str, name: str, policy: Policy) -> CollectionForm:
    """Return the form that a file says, if the policy allows to collect all of it.

    Raises:
        BadFile: a word nobody knows, or data that no clause allows to collect; with its line.
    """
    paper = parsed(text, name, CollectionForm)
    paper.written.refuse(_troubles(paper.form, policy))
    return paper.form


def _troubles(form: CollectionForm, policy: Policy) -> Iterator[Trouble]:
    words = vocabularies()
    if form.channel not in words.words("channels"):
        yield ("channel",), unknown(form.channel, words.words("channels"), "channel")
    if form.source not in words.sources:
        yield ("source",), unknown(form.source, words.sources, "source")
    if not safe_link(form.policy):
        yield ("policy",), f"{shown(form.policy)} is no address of a page; write one with https"
    if not form.fields:
        yield ("fields",), "`fields` is empty; a form asks for something"
    for key, field in form.fields.items():
        yield from _field(form, field, policy, ("fields", key))


def _field(form: CollectionForm, field: FieldForm, policy: Policy, path: Path) -> Iterator[Trouble]:
    if field.category not in vocabularies().categories:
        words = unknown(field.category, policy.categories, "category")
        yield (*path, "category"), words
        return
    if field.category not in policy.categories:
        yield (*path, "category"), declared(policy, field.category, "") or ""
    if not field.purposes:
        yield (*path, "purposes"), "`purposes` is empty; say what the field is for"
    for purpose in field.purposes:
        if purpose not in vocabularies().purposes:
            yield (*path, "purposes"), unknown(purpose, policy.purposes, "purpose")
        elif field.category in policy.categories:
            yield from _purpose(form, field, policy, purpose, path)


def _purpose(
    form: CollectionForm, field: FieldForm, policy: Policy, purpose: str, path: Path
) -> Iterator[Trouble]:
    """Yield why a field may not be collected and used for a purpose; one reason is enough."""
    missing = declared(policy, field.category, purpose)
    if missing:
        yield (*path, "purposes"), missing
    elif form.channel in vocabularies().words("channels") and form.source in vocabularies().sources:
        collect, use = asks(field.category, purpose, form.channel, form.source)
        if why := judged(policy, collect).why:
            yield (*path, "category"), why
        elif why := judged(policy, use).why:
            yield (*path, "purposes"), why
