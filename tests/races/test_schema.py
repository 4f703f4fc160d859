"""Tables that change between plan and apply, or in the midst of it."""

from __future__ import annotations

import pytest

from tests.races.village import LOOK_BACK, Village, before
from upheld.errors import Refused, Stale
from upheld.model import State

_CHANGES = {
    "a column is added": ("ALTER TABLE customers ADD COLUMN nickname VARCHAR(200)",) * 2,
    "a type is changed": (
        "ALTER TABLE orders ALTER COLUMN note TYPE TEXT",
        "ALTER TABLE orders MODIFY note LONGTEXT",
    ),
    "a column is renamed": ("ALTER TABLE parcels RENAME COLUMN address TO street",) * 2,
    "a table is renamed": ("ALTER TABLE letters RENAME TO notes",) * 2,
}
_MAPPED = "      street: contact\n      nickname: contact"


@pytest.mark.parametrize("change", _CHANGES)
def test_a_schema_changed_since_the_plan_makes_it_stale_and_nothing_is_written(
    village: Village, change: str
) -> None:
    with village.town.open() as upheld:
        id = village.signed(upheld)
        village.write(_CHANGES[change][not village.is_postgres])
        tables = ("customers", "orders", "parcels")
        there = {name: village.rows(name) for name in tables}
        with pytest.raises(Stale, match="the tables of `shop` changed after the plan; run `upheld"):
            upheld.apply(id)
        assert upheld.request(id).state is State.SIGNED
        assert {name: village.rows(name) for name in tables} == there


_DO = "DELETE FROM customers WHERE id <> OLD.customer_id"
_EACH = "CREATE TRIGGER others AFTER UPDATE ON orders FOR EACH ROW"
_FUNCTION = f"""CREATE FUNCTION others() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN {_DO}; RETURN NULL; END $$"""
_OTHERS = """CREATE TABLE others (id INTEGER PRIMARY KEY,
FOREIGN KEY (id) REFERENCES orders (id) ON DELETE CASCADE)"""
_AWAY = "ALTER TABLE parcels RENAME COLUMN address TO street"
_ANEW = "ALTER TABLE parcels ADD COLUMN address VARCHAR(200)"
_MEANWHILE = {
    "a column is added": ((_CHANGES["a column is added"][0],),) * 2,
    "a trigger is made": ((_FUNCTION, f"{_EACH} EXECUTE FUNCTION others()"), (f"{_EACH} {_DO}",)),
    "a key is made": ((_OTHERS, "INSERT INTO others SELECT id FROM orders"),) * 2,
    "a column is put in the place of another": ((_AWAY, _ANEW),) * 2,
}


@pytest.mark.parametrize("change", _MEANWHILE)
def test_tables_that_change_while_it_waits_for_a_lock_stop_it(
    village: Village, change: str
) -> None:
    """What triggers, keys and columns came meanwhile, nobody has looked at."""
    with village.town.open() as upheld:
        id = village.signed(upheld)
        there: dict[str, list[tuple[object, ...]]] = {}

        def intrude() -> None:
            village.write(*_MEANWHILE[change][not village.is_postgres])
            there.update(village.everything())

        came = before(upheld, "FOR UPDATE", intrude)
        with pytest.raises(Refused, match="the tables of `shop` changed meanwhile; plan again"):
            upheld.apply(id)
        assert came
        assert upheld.request(id).outcome is None
    assert village.everything() == there


def test_a_column_added_in_the_midst_of_it_keeps_the_request_open(village: Village) -> None:
    """What stands in a column that nobody mapped was not erased: nobody may say it was."""
    with village.town.open() as upheld:
        id = village.signed(upheld)
        came = before(upheld, LOOK_BACK, lambda: village.write(_CHANGES["a column is added"][0]))
        with pytest.raises(Stale, match="the tables of `shop` changed after the plan"):
            upheld.apply(id)
        assert came
        assert upheld.request(id).outcome is None
    village.town.edit("stores/shop.yaml", "      street: contact", _MAPPED)
    with village.town.open() as upheld:
        upheld.plan(id)
        upheld.sign(id, village.town.key)
        assert upheld.apply(id).state is State.CLOSED
