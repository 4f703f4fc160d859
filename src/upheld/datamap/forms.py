"""The shape of `stores/NAME.yaml`, as people write it."""

from __future__ import annotations

from typing import Annotated, ClassVar, TypeAlias

from pydantic import BeforeValidator, Field

from upheld.files import Form, Words, YesNo, shown


class WayForm(Form):
    """How a row concerns a person: by an identity in a column, or by a row it points at."""

    what: ClassVar[str] = "a way to a person"

    match: str | None = None
    identity: str | None = None
    stored: str | None = None
    follow: Words = ()
    to: str | None = None
    onto: Words = ()
    bond: Annotated[str, Field(alias="is")]


class KeepForm(Form):
    """The clause that a collection's rows are needed under, and what dates them."""

    what: ClassVar[str] = "`keep`"

    under: str
    since: Annotated[str | None, Field(alias="from")] = None
    within: Annotated[str | None, Field(alias="with")] = None


class FieldForm(Form):
    """One field; its short form is its category alone."""

    what: ClassVar[str] = "a field"

    category: str
    identity: str | None = None
    stored: str | None = None
    erase: str | None = None
    source: str | None = None
    secret: YesNo = False
    of: Words = ()


def _category_alone(written: object) -> object:
    return {"category": written} if isinstance(written, str) and written else written


class CollectionForm(Form):
    """One collection that holds personal data."""

    what: ClassVar[str] = "a collection"

    key: Words = ()
    person: YesNo = False
    people: list[WayForm] = Field(default_factory=list)
    erase: str = "row"
    keep: KeepForm | None = None
    source: str | None = None
    channels: Words = ()
    controller: str | None = None
    fields_: Annotated[
        dict[str, Annotated[FieldForm, BeforeValidator(_category_alone)]], Field(alias="fields")
    ] = Field(default_factory=dict)


NOT_PERSONAL = CollectionForm()


def _not_personal(written: object) -> object:
    if not isinstance(written, str):
        return written
    if written != "not personal":
        raise ValueError(f"must be `not personal` or a group of keys, not {shown(written)}")
    return NOT_PERSONAL


Collections: TypeAlias = dict[str, Annotated[CollectionForm, BeforeValidator(_not_personal)]]


class StoreForm(Form):
    """One store."""

    what: ClassVar[str] = "a store"

    kind: str
    url: str = ""
    country: str | None = None
    controller: str | None = None
    collections: Collections = Field(default_factory=dict)
    within: str | None = None
    tasks: dict[str, Words] = Field(default_factory=dict)
    guards: dict[str, str] = Field(default_factory=dict)
