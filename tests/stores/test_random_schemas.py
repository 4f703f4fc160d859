"""Whatever the schema: of one erased nothing is left, of the others everything, and it all holds.

The law of `test_sql_property` over what real schemas have besides: composite keys, several tables
of people, rows of two people, links that turn back, and columns that lead to people in another
role; on every kind of database.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.stores.drawing import towns
from tests.stores.place import Place
from tests.stores.schemas import email, full_name
from upheld.model import Act, Done

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.stores.place import Answer, Rows
    from tests.stores.schemas import Row, Table, Town

_law = settings(
    derandomize=True,
    database=None,
    phases=(Phase.generate,),  # to shrink takes longer than to read what was found
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.function_scoped_fixture,
    ],
)


@given(town=towns(), data=st.data())
@settings(_law, max_examples=25)
def test_a_few_schemas_in_a_file(tmp_path: Path, town: Town, data: st.DataObject) -> None:
    _holds(f"sqlite:///{tmp_path / 'shop.sqlite'}", town, data)


@given(town=towns(), data=st.data())
@settings(_law, max_examples=4)
def test_a_few_schemas_in_postgresql(postgres_url: str, town: Town, data: st.DataObject) -> None:
    _holds(postgres_url, town, data)


@given(town=towns(), data=st.data())
@settings(_law, max_examples=4)
def test_a_few_schemas_in_mariadb(mariadb_url: str, town: Town, data: st.DataObject) -> None:
    _holds(mariadb_url, town, data)


@pytest.mark.slow
@given(town=towns(), data=st.data())
@settings(_law, max_examples=200)
def test_many_schemas_in_a_file(tmp_path: Path, town: Town, data: st.DataObject) -> None:
    _holds(f"sqlite:///{tmp_path / 'shop.sqlite'}", town, data)


@pytest.mark.slow
@given(town=towns(), data=st.data())
@settings(_law, max_examples=40)
def test_many_schemas_in_postgresql(postgres_url: str, town: Town, data: st.DataObject) -> None:
    _holds(postgres_url, town, data)


@pytest.mark.slow
@given(town=towns(), data=st.data())
@settings(_law, max_examples=40)
def test_many_schemas_in_mariadb(mariadb_url: str, town: Town, data: st.DataObject) -> None:
    _holds(mariadb_url, town, data)


def _holds(url: str, town: Town, data: st.DataObject) -> None:
    place, erased = Place(url, town), data.draw(st.integers(0, town.people - 1))
    with place.built():
        before = place.everything()
        others = [each for each in range(town.people) if each != erased]
        answers = {each: place.answer(email(each)) for each in others}
        _erase(place, erased)
        after = place.everything()
        for identifier in (email(erased), full_name(erased)):
            assert identifier.casefold() not in repr(after).casefold(), "no identifier is left"
        for table in town.tables:
            for row in town.rows[table.name]:
                key = town.key(table.name, row)
                was, now = before[table.name][key], after[table.name].get(key)
                _row_is_right(table, row, was, now, erased)
        for each in others:
            _answer_is_right(town, answers[each], place.answer(email(each)), erased)


def _erase(place: Place, person: int) -> None:
    """Erase a person: as foreseen, whole, breaking no constraint, and once."""
    step = place.step(email(person))
    preview = place.store.preview(step)
    assert not preview.refusals, "; ".join(preview.refusals)
    outcome = place.store.act(step)
    assert isinstance(outcome, Done), outcome
    assert outcome.counted == preview.counted, "it does what was foreseen"
    assert place.hangs_together()
    assert place.store.look_back(step).late == {}
    once: Rows = place.everything()
    place.store.act(step)
    assert place.everything() == once, "a repeat changes nothing"


def _row_is_right(
    table: Table,
    row: Row,
    was: Mapping[str, object],
    now: Mapping[str, object] | None,
    erased: int,
) -> None:
    if not _is_others(row, erased):
        assert table.stays or now is None, "a row of the erased is gone"
        return
    assert now is not None, "a row of somebody else is there"
    assert _same(was, now, _may_change(table, row, erased)), "nothing else was changed"
    for link in table.links:
        if link.nullable and (row.names | row.sides).get(link.name) == erased:
            assert all(now[name] is None for name in link.names), "a link to the erased is cut"
    staying = {row.owner, *row.names.values(), *row.sides.values()} - {erased, None}
    for person in (each for each in staying if each is not None):
        for said in (email(person), full_name(person)):
            assert (said in str(was["words"])) == (said in str(now["words"]))


def _answer_is_right(town: Town, before: Answer, after: Answer, erased: int) -> None:
    """See that somebody is shown what they were shown, but for what named the erased."""
    assert after.keys() <= before.keys()
    for (name, bond), shown in before.items():
        table, now = town.table(name), after.get((name, bond), {})
        for row in (each for each in town.rows[name] if _is_others(each, erased)):
            key, free = town.key(name, row), _may_change(table, row, erased)
            assert (key in shown) == (key in now)
            assert key not in shown or _same(shown[key], now[key], free)


def _is_others(row: Row, erased: int) -> bool:
    """Say whether a row is there for others, or nobody's, and so outlives the erased."""
    if row.sides:
        return set(row.sides.values()) - {None} != {erased}
    return row.owner != erased


def _may_change(table: Table, row: Row, erased: int) -> set[str]:
    """Name the columns of somebody else's row that the erasure of a person may change."""
    named = {way for way, person in (row.names | row.sides).items() if person == erased}
    columns = {each.name: each.names for each in table.links}
    free = {name for way in named for name in columns.get(way, (way, f"said_{way}"))}
    free |= {f"said_{way}" for way in named & row.sides.keys()}
    return free | {"words"} if named and table.act is Act.REDACT else free


def _same(was: Mapping[str, object], now: Mapping[str, object], free: set[str]) -> bool:
    """Say whether two rows are the same, names and all, but for some columns."""
    kept = [(name, was[name]) for name in was if name not in free]
    return kept == [(name, now[name]) for name in now if name not in free]
