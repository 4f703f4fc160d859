"""Whatever the schema: of one erased nothing is left, of the others everything, and it all holds.

The law of `test_sql_property` over what real schemas have besides: composite keys, several tables
of people, rows of two people, cycles, and columns that lead to people in another role.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.stores.schemas import (
    PEOPLE,
    Row,
    Table,
    Town,
    Value,
    email,
    full_name,
    towns,
)
from tests.stores.shop import SECRET, closure
from upheld.conformance.world import TODAY, policy
from upheld.datamap.parse import parse_store
from upheld.datamap.plan import answering, erasures
from upheld.model import Act, Bond, Done, Key, Regime, Right, Step, Type
from upheld.stores.sql import SqlStore

Rows = Mapping[str, Mapping[Key, Mapping[str, object]]]
Answer = Mapping[tuple[str, Bond], Mapping[Key, Mapping[str, object]]]

_SPELLED = {
    "sqlite": {Type.NUMBER: "INTEGER", Type.TEXT: "TEXT", Type.DATE: "DATE"},
    "postgresql": {Type.NUMBER: "bigint", Type.TEXT: "text", Type.DATE: "date"},
    "mysql": {Type.NUMBER: "bigint", Type.TEXT: "longtext", Type.DATE: "date"},
}
_KEYED = {"mysql": {Type.TEXT: "varchar(120)"}}


@dataclass(frozen=True)
class Place:
    """A database that a town is built in, and torn down again."""

    url: str
    town: Town

    @property
    def store(self) -> SqlStore:
        text = f"kind: sql\nurl: env:SHOP\ncollections:\n{self.town.collections}"
        return SqlStore(parse_store(text, "stores/shop.yaml"), self.url)

    @contextmanager
    def built(self) -> Iterator[None]:
        """Make the tables and fill them; links that may lead on or back are set last."""
        self._do(self._ddl(each) for each in self.town.tables)
        try:
            if self._dialect != "sqlite":
                self._do(f"ALTER TABLE {t.name} ADD {f}" for t in self.town.tables for f in _foreign(t))
            self._fill()
            yield
        finally:
            self._do(self._undone())

    def everything(self) -> Rows:
        """Return every row of every table, by its key."""
        with self._engine.connect() as connection:
            return {
                table.name: {
                    tuple(row[name] for name, _ in table.key): dict(row)
                    for row in connection.execute(sa.text(f"SELECT * FROM {table.name}")).mappings()
                }
                for table in self.town.tables
            }

    def hangs_together(self) -> bool:
        """Say whether every foreign key leads somewhere: servers see to that themselves."""
        if self._dialect != "sqlite":
            return True
        with self._engine.connect() as connection:
            return not connection.exec_driver_sql("PRAGMA foreign_key_check").all()

    def answer(self, person: int) -> Answer:
        """Return all that a person is shown who asks now."""
        store = self.store
        shown: dict[tuple[str, Bond], dict[Key, Mapping[str, object]]] = {}
        for rows in store.look(store.find(closure(email=email(person))).closure):
            parts = [name for name, _ in self.town.table(rows.collection).key]
            there = shown.setdefault((rows.collection, rows.bond), {})
            for each in rows.batch:
                row = dict(zip(rows.columns, each, strict=True))
                there[tuple(row[name] for name in parts)] = row
        return shown

    def step(self, person: int) -> Step:
        """Find a person and plan their erasure."""
        store = self.store
        found = store.find(closure(email=email(person))).closure
        clauses = answering(policy(), Right.ERASE, Regime.NONE)
        mapped = parse_store(
            f"kind: sql\nurl: env:SHOP\ncollections:\n{self.town.collections}", "stores/shop.yaml"
        )
        what = erasures(policy(), mapped, store.schema(), clauses=clauses, today=TODAY)
        return Step("R-1/shop", Right.ERASE, found, what, SECRET, TODAY)

    @property
    def _engine(self) -> sa.Engine:
        return sa.create_engine(self.url, poolclass=sa.NullPool)

    @property
    def _dialect(self) -> str:
        return sa.make_url(self.url).get_backend_name().replace("mariadb", "mysql")

    def _do(self, statements: Iterator[str]) -> None:
        with self._engine.begin() as connection:
            for each in statements:
                connection.exec_driver_sql(each)

    def _ddl(self, table: Table) -> str:
        spelled = _SPELLED[self._dialect]
        parts = []
        for each in table.columns:
            keyed = _KEYED.get(self._dialect, {}) if each.keyed else {}
            kind = keyed.get(each.type, spelled[each.type])
            unique = " UNIQUE" if each.unique else ""
            parts.append(f"{each.name} {kind}{'' if each.nullable else ' NOT NULL'}{unique}")
        parts.append(f"PRIMARY KEY ({', '.join(name for name, _ in table.key)})")
        if self._dialect == "sqlite":
            parts += _foreign(table)
        return f"CREATE TABLE {table.name} ({', '.join(parts)})"

    def _fill(self) -> None:
        with self._engine.begin() as connection:
            for table in self.town.tables:
                late = {name for link in _late(table) for name in link}
                for row in self.town.rows[table.name]:
                    early = {k: None if k in late else v for k, v in row.values.items()}
                    places = ", ".join(f":{name}" for name in early)
                    said = f"INSERT INTO {table.name} ({', '.join(early)}) VALUES ({places})"
                    connection.execute(sa.text(said), early)
            for table in self.town.tables:
                for names in _late(table):
                    for row in self.town.rows[table.name]:
                        connection.execute(*self._pointed(table, row, names))

    def _pointed(
        self, table: Table, row: Row, names: tuple[str, ...]
    ) -> tuple[sa.TextClause, dict[str, Value]]:
        to = ", ".join(f"{name} = :{name}" for name in names)
        where = " AND ".join(f"{name} = :{name}" for name, _ in table.key)
        wanted = (*names, *(name for name, _ in table.key))
        values = {name: row.values[name] for name in wanted}
        return sa.text(f"UPDATE {table.name} SET {to} WHERE {where}"), values

    def _undone(self) -> Iterator[str]:
        if self._dialect == "mysql":
            yield "SET foreign_key_checks = 0"
        cascade = " CASCADE" if self._dialect == "postgresql" else ""
        for table in self.town.tables:
            yield f"DROP TABLE IF EXISTS {table.name}{cascade}"


def _foreign(table: Table) -> list[str]:
    return [
        f"FOREIGN KEY ({', '.join(link.names)}) "
        f"REFERENCES {link.to} ({', '.join(name for name, _ in link.onto)})"
        for link in table.links
    ]


def _late(table: Table) -> list[tuple[str, ...]]:
    """Links that point into the table itself or to a later one."""
    return [link.names for link in table.links if link.name.startswith(("back", "again"))]


def _may_change(table: Table, row: Row, erased: int) -> set[str]:
    """Columns of somebody else's row that the erasure of a person may change."""
    links = {each.name: each.names for each in table.links}
    named = {way for way, person in (row.names | row.sides).items() if person == erased}
    found = {name for way in named for name in links.get(way, (way,))}
    found |= {f"said_{side}" for side, person in row.sides.items() if person == erased}
    return found | ({"words"} if named and table.act is Act.REDACT else set())


def _others(table: Table, row: Row, erased: int) -> bool:
    """Say whether a row is there because of others, and not gone with the erased."""
    if row.sides:
        return bool(set(row.sides.values()) - {erased, None}) or not set(row.sides.values()) - {None}
    return row.owner != erased


def _same(before: Mapping[str, object], after: Mapping[str, object], free: set[str]) -> bool:
    return {k: v for k, v in before.items() if k not in free} == {
        k: v for k, v in after.items() if k not in free
    }


def _identifiers(person: int) -> tuple[str, str]:
    return email(person), full_name(person).casefold()


def law(place: Place, erased: int) -> None:
    """Erase a person, and see that nothing else has happened."""
    town = place.town
    before, answers = place.everything(), {p: place.answer(p) for p in range(town.people)}
    step = place.step(erased)
    preview = place.store.preview(step)
    assert not preview.refusals, "; ".join(preview.refusals)
    outcome = place.store.act(step)
    assert isinstance(outcome, Done), outcome
    assert outcome.counted == preview.counted, "it does what was foreseen"
    after = place.everything()
    for identifier in _identifiers(erased):
        assert identifier not in repr(after).casefold(), "no identifier is left"
    assert place.hangs_together()
    place.store.act(step)
    assert place.everything() == after, "a repeat changes nothing"
    assert place.store.look_back(step).late == {}
    for table in town.tables:
        for row in town.rows[table.name]:
            _row_is_right(town, table, row, before, after, erased)
    for person in set(range(town.people)) - {erased}:
        _answer_is_right(town, answers[person], place.answer(person), erased)


def _row_is_right(
    town: Town, table: Table, row: Row, before: Rows, after: Rows, erased: int
) -> None:
    key = town.key(table.name, row)
    was, now = before[table.name][key], after[table.name].get(key)
    if _others(table, row, erased):
        assert now is not None, "somebody else's row is there"
        free = _may_change(table, row, erased)
        assert _same(was, now, free)
        _is_cut(table, row, now, erased)
        kept = [p for p in (row.owner, *row.names.values(), *row.sides.values()) if p != erased]
        for person in (each for each in kept if each is not None and "words" in was):
            for said in (email(person), full_name(person)):
                assert (said in str(was["words"])) == (said in str(now["words"]))
    elif not table.stays:
        assert now is None, "a row of the erased is gone"


def _is_cut(table: Table, row: Row, now: Mapping[str, object], erased: int) -> None:
    for link in table.links:
        if link.nullable and (row.names | row.sides).get(link.name) == erased:
            assert all(now[name] is None for name in link.names), "a link to the erased is cut"


def _answer_is_right(town: Town, before: Answer, after: Answer, erased: int) -> None:
    """See that a person is shown what they were shown, but for what named the erased."""
    by_key = {
        name: {town.key(name, row): row for row in rows} for name, rows in town.rows.items()
    }
    for (name, bond), rows in before.items():
        table = town.table(name)
        left = {k for k, row in by_key[name].items() if _others(table, row, erased)}
        now = after.get((name, bond), {})
        assert rows.keys() & left == now.keys() & left
        for key in rows.keys() & left:
            assert _same(rows[key], now[key], _may_change(table, by_key[name][key], erased))
    assert after.keys() <= before.keys()


_LAW = {
    "deadline": None,
    "derandomize": True,
    "database": None,
    "suppress_health_check": [*HealthCheck],
}


@given(town=towns(), data=st.data())
@settings(max_examples=100, **_LAW)
def test_it_holds(tmp_path_factory, town: Town, data: st.DataObject) -> None:
    url = f"sqlite:///{tmp_path_factory.mktemp('x')}/x.sqlite"
    place = Place(url, town)
    with place.built():
        law(place, data.draw(st.integers(0, town.people - 1)))
