"""Whatever the schema: of one erased nothing is left, of the others everything, and it all holds.

The law of `test_sql_property` over what real schemas have besides: composite keys, several tables
of people, rows of two people, links that turn back, and columns that lead to people in another
role; rules of what follows a delete, unique links and telephones; on every kind of database.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.stores.drawing import towns
from tests.stores.place import Place
from tests.stores.schemas import Link, Mail, Row, Table, Town, email, full_name, written
from upheld.model import Act, Bond, Done, Type

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.stores.place import Answer, Rows
    from tests.stores.schemas import Value

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
@settings(_law, max_examples=6)
def test_a_few_schemas_in_a_file(tmp_path: Path, town: Town, data: st.DataObject) -> None:
    _holds(f"sqlite:///{tmp_path / 'shop.sqlite'}", town, data.draw(_anybody(town)))


@given(town=towns(), data=st.data())
@settings(_law, max_examples=3)
def test_a_few_schemas_in_postgresql(postgres_url: str, town: Town, data: st.DataObject) -> None:
    _holds(postgres_url, town, data.draw(_anybody(town)))


@given(town=towns(), data=st.data())
@settings(_law, max_examples=3)
def test_a_few_schemas_in_mariadb(mariadb_url: str, town: Town, data: st.DataObject) -> None:
    _holds(mariadb_url, town, data.draw(_anybody(town)))


def test_links_that_may_be_empty_are_cut_where_tables_point_in_a_circle(database_url: str) -> None:
    """Found by chance: nobody could go, since the first table in the file was emptied first."""
    back = Link("back", "t1", _ID, None, nullable=True)
    first = Table("t0", _ID, person=True, mails=(_MAIL,), links=(back,))
    last = Table("t1", _ID, links=(Link("up", "t0", _ID, Bond.ABOUT, nullable=False),))
    rows = [
        [_person(0, back_k0=5), _person(1, back_k0=6)],
        [_row(5, 0, up_k0=0), _row(6, 1, up_k0=1)],
    ]
    _holds(database_url, _town((first, last), rows), 0)


def test_a_circle_elsewhere_does_not_delete_before_what_stays_is_cut_off(database_url: str) -> None:
    back = Link("back", "t1", _ID, None, nullable=True)
    tables = (
        Table("t0", _ID, person=True, mails=(_MAIL,), links=(back,)),
        Table("t1", _ID, links=(Link("up", "t0", _ID, Bond.ABOUT, nullable=False),)),
        Table("t2", _ID, stays=True, links=(Link("up", "t0", _ID, Bond.ABOUT, nullable=True),)),
        Table("t3", _ID, links=(Link("up", "t2", _ID, Bond.ABOUT, nullable=False),)),
        Table("t4", _ID, links=(Link("up", "t3", _ID, Bond.ABOUT, nullable=False),)),
    )
    rows = [[_person(0, back_k0=5), _person(1, back_k0=None)], [_row(5, 0, up_k0=0)]]
    _holds(database_url, _town(tables, [*rows, [_row(7, 0, up_k0=0)], [], []]), 0)


def test_who_must_point_at_what_stays_does_not_go_before_it_is_cut_off(database_url: str) -> None:
    first = Table("t0", _ID, stays=True, person=True, mails=(_MAIL,))
    last = Link("back", "t2", _ID, None, nullable=True)
    tickets = Table("t1", _ID, stays=True, mails=(replace(_MAIL, name="mail"),), links=(last,))
    answers = Table("t2", _ID, links=(Link("up", "t1", _ID, Bond.ABOUT, nullable=False),))
    own = [[_row(5, 0, mail=email(0), back_k0=6)], [_row(6, 0, up_k0=5)]]
    _holds(database_url, _town((first, tickets, answers), [[_person(0), _person(1)], *own]), 0)


def test_what_stays_and_is_nobodys_afterwards_names_nobody_at_once(database_url: str) -> None:
    first = Table("t0", _ID, stays=True, person=True, mails=(_MAIL,))
    seen = Link("seen", "t0", _ID, Bond.MENTIONS, nullable=True)
    last = Table("t1", _ID, stays=True, mails=(replace(_MAIL, name="mail"),), links=(seen,))
    own = _row(5, 0, mail=email(0), seen_k0=0)
    own.names["seen"] = 0
    _holds(database_url, _town((first, last), [[_person(0), _person(1)], [own]]), 0)


def test_rows_that_take_others_of_their_table_with_them_are_all_counted(database_url: str) -> None:
    """Found by chance: SQLite counted an answer only where its question did not take it along."""
    first = Table("t0", _ID, person=True, mails=(_MAIL,))
    up = Link("up", "t0", _ID, Bond.ABOUT, nullable=False)
    again = Link("again", "t1", _ID, None, nullable=True, on_delete="CASCADE")
    own = [_row(5, 0, up_k0=0, again_k0=None), _row(6, 0, up_k0=0, again_k0=5)]
    tables = (first, Table("t1", _ID, links=(up, again)))
    _holds(database_url, _town(tables, [[_person(0), _person(1)], own]), 0)


@pytest.mark.slow
@given(town=towns(), data=st.data())
@settings(_law, max_examples=200)
def test_many_schemas_in_a_file(tmp_path: Path, town: Town, data: st.DataObject) -> None:
    _holds(f"sqlite:///{tmp_path / 'shop.sqlite'}", town, data.draw(_anybody(town)))


@pytest.mark.slow
@given(town=towns(), data=st.data())
@settings(_law, max_examples=40)
def test_many_schemas_in_postgresql(postgres_url: str, town: Town, data: st.DataObject) -> None:
    _holds(postgres_url, town, data.draw(_anybody(town)))


@pytest.mark.slow
@given(town=towns(), data=st.data())
@settings(_law, max_examples=40)
def test_many_schemas_in_mariadb(mariadb_url: str, town: Town, data: st.DataObject) -> None:
    _holds(mariadb_url, town, data.draw(_anybody(town)))


_ID = (("k0", Type.NUMBER),)
_MAIL = Mail("email", Bond.ABOUT, nullable=True)
_PHONE = Mail("phone", Bond.ABOUT, nullable=False, kind="phone")


def _town(tables: tuple[Table, ...], rows: list[list[Row]]) -> Town:
    named = {table.name: each for table, each in zip(tables, rows, strict=True)}
    return Town(tables, len(rows[0]), named)


def _person(number: int, **links: Value) -> Row:
    who: dict[str, Value] = {"full_name": full_name(number), "born": date(1980, 5, 17)}
    row = _row(number, number, email=email(number), **links)
    row.values |= who
    return row


def _row(number: int, owner: int, **values: Value) -> Row:
    words = f"{full_name(owner)} & 100 %"
    return Row({"k0": number, "words": words, **values}, owner=owner)


def _anybody(town: Town) -> st.SearchStrategy[int]:
    return st.integers(0, town.people - 1)


def _holds(url: str, town: Town, erased: int) -> None:
    place = Place(url, town)
    with place.built():
        before = place.everything()
        others = [each for each in range(town.people) if each != erased]
        answers = {each: place.answer(email(each)) for each in others}
        _erase(place, erased)
        after = place.everything()
        for identifier in (email(erased), full_name(erased), *written(_PHONE, erased)):
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
