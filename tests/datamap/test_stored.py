"""How a column stores identities: what a map may declare, and what follows from it."""

from __future__ import annotations

import pytest

from upheld.datamap.drift import drift
from upheld.datamap.parse import parse_store
from upheld.errors import BadFile
from upheld.model import Column, How, Match, Schema, Spelling, StoreMap, Table, Type

MAP = """\
kind: sql
url: sqlite:///crm.sqlite
collections:
  people:
    key: id
    person: yes
    people: [{match: x, identity: "KIND", is: about, stored: FORM}]
    fields:
      x: {category: contact, identity: "KIND"}
      y: {category: contact, identity: "KIND", stored: FORM}
      z: none
"""


def store(kind: str, form: str) -> StoreMap:
    return parse_store(MAP.replace("KIND", kind).replace("FORM", form), "stores/crm.yaml")


@pytest.mark.parametrize(
    ("kind", "form", "spelling"),
    [
        ("email", "normalised", Spelling(How.NORMALISED)),
        ("email", "sha256", Spelling(How.SHA256)),
        ("phone", "e164", Spelling(How.E164)),
        ("phone", "national GB", Spelling(How.NATIONAL, "GB")),
        ("account:crm", "uuid", Spelling(How.UUID)),
        ("cookie:web", "sha256", Spelling(How.SHA256)),
    ],
)
def test_a_form_is_declared_once_for_way_and_field(
    kind: str, form: str, spelling: Spelling
) -> None:
    (people,) = store(kind, form).collections
    (way,) = people.ways
    assert isinstance(way, Match)
    assert way.stored == spelling
    assert [place.stored for place in people.places] == [spelling, spelling, None]
    assert store(kind, form).forms == {spelling}


@pytest.mark.parametrize(
    ("kind", "form", "wrong"),
    [
        ("email", "lower", "no form of an identity; known: e164, national"),
        ("email", "e164", "`e164` is no form of this identity"),
        ("email", "uuid", "`uuid` is no form of this identity"),
        ("account:crm", "national GB", "`national` is no form of this identity"),
        ("phone", "national", "needs the country whose numbers they are"),
        ("phone", "national UK", "needs the country whose numbers they are"),
        ("phone", "national gb", "needs the country whose numbers they are"),
        ("phone", "e164 GB", "`e164` stands alone"),
    ],
)
def test_what_is_no_form_is_refused_with_its_line(kind: str, form: str, wrong: str) -> None:
    with pytest.raises(BadFile) as refused:
        store(kind, form)
    assert refused.value.place == "stores/crm.yaml:7"
    assert wrong in refused.value.wrong


@pytest.mark.parametrize(
    ("old", "new", "line", "wrong"),
    [
        ("z: none", "z: {category: contact, stored: sha256}", 11, "no form of this identity"),
        (
            "z: none",
            "z: {category: contact, identity: name, stored: sha256}",
            11,
            "no form of this identity",
        ),
        (
            'x: {category: contact, identity: "phone"}',
            "x: {category: contact, identity: phone, stored: sha256}",
            9,
            "`people` says that the column is stored otherwise",
        ),
    ],
    ids=["of no identity", "of a name", "two of one column"],
)
def test_a_field_says_its_form_only_where_it_has_one(
    old: str, new: str, line: int, wrong: str
) -> None:
    text = MAP.replace("KIND", "phone").replace("FORM", "e164")
    assert old in text
    with pytest.raises(BadFile) as refused:
        parse_store(text.replace(old, new), "stores/crm.yaml")
    assert refused.value.place == f"stores/crm.yaml:{line}"
    assert wrong in refused.value.wrong


@pytest.mark.parametrize(
    ("kind", "form", "served"),
    [("email", "sha256", True), ("phone", "e164", True), ("phone", "national GB", False)],
)
def test_an_index_on_the_column_serves_what_is_held_to_the_letter(
    kind: str,
    form: str,
    served: bool,  # noqa: FBT001
) -> None:
    columns = (
        Column("id", Type.NUMBER, nullable=False),
        *(Column(name, Type.TEXT, nullable=True) for name in "xyz"),
    )
    table = Table("people", columns, ("id",), (), (("id",), ("x",)), (("id",),), (), ())
    found = drift(store(kind, form), Schema({"people": table}, ""))
    assert any("is compared in every row" in str(each) for each in found) is not served
