"""Rows go in an order that no foreign key minds, and a circle elsewhere does not disturb it."""

from __future__ import annotations

from upheld.datamap.parse import parse_store
from upheld.datamap.plan import children_first
from upheld.model import Schema

_HEAD = "kind: sql\nurl: env:SHOP\ncollections:\n"
_PEOPLE = """\
  customers:
    key: id
    person: yes
    people: [{match: email, identity: email, is: about}]
    fields: {id: none, email: {category: contact, identity: email}}
"""
_CHILD = """\
  {name}:
    key: id
    people: [{{follow: {by}, to: {to}, is: about}}]
    fields: {{id: none, {by}: none}}
"""


def test_children_go_before_their_parents_wherever_they_stand_in_the_file() -> None:
    orders = _CHILD.format(name="orders", by="customer", to="customers")
    lines = _CHILD.format(name="lines", by="order", to="orders")
    assert _order(_PEOPLE, orders, lines) == ["lines", "orders", "customers"]
    assert _order(lines, orders, _PEOPLE) == ["lines", "orders", "customers"]


def test_a_circle_of_two_that_must_point_at_each_other_leaves_the_others_in_order() -> None:
    orders = _CHILD.format(name="orders", by="customer", to="customers")
    first = _CHILD.format(name="first", by="last", to="last").replace(
        "people: [", "people: [{match: mail, identity: email, is: about}, "
    )
    last = _CHILD.format(name="last", by="first", to="first")
    found = _order(_PEOPLE, orders, first, last)
    assert found.index("orders") < found.index("customers")
    assert found.index("first") < found.index("last"), "as they stand in the file"


def _order(*collections: str) -> list[str]:
    mapped = parse_store(_HEAD + "".join(collections), "stores/shop.yaml")
    return [each.name for each in children_first(mapped, Schema({}, "none"))]
