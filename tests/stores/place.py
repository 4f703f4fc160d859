"""A database of any kind in which a schema stands for the time of one test."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from tests.stores.shop import SECRET, closure
from upheld.conformance.world import TODAY, policy
from upheld.datamap.parse import parse_store
from upheld.datamap.plan import answering, erasures
from upheld.model import Regime, Right, Step, Type
from upheld.stores.sql import SqlStore

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tests.stores.schemas import Row, Table, Town, Value
    from upheld.model import Bond, StoreMap

    Keyed = Mapping[tuple[object, ...], Mapping[str, object]]
    Rows = Mapping[str, Keyed]
    Answer = Mapping[tuple[str, Bond], Keyed]

_SPELLED = {
    "sqlite": {Type.NUMBER: "INTEGER", Type.TEXT: "TEXT", Type.DATE: "DATE"},
    "postgresql": {Type.NUMBER: "bigint", Type.TEXT: "text", Type.DATE: "date"},
    "mariadb": {Type.NUMBER: "bigint", Type.TEXT: "longtext", Type.DATE: "date"},
}
_KEYED = {"mariadb": {Type.TEXT: "varchar(120)"}}
_DROPPED = {"mariadb": "SET foreign_key_checks = 0"}


@dataclass(frozen=True)
class Place:
    """A town in the database at a URL."""

    url: str
    town: Town

    @property
    def mapped(self) -> StoreMap:
        text = f"kind: sql\nurl: env:SHOP\ncollections:\n{self.town.collections}"
        return parse_store(text, "stores/shop.yaml")

    @property
    def store(self) -> SqlStore:
        """Open the store anew."""
        return SqlStore(self.mapped, self.url)

    @contextmanager
    def built(self) -> Iterator[None]:
        """Make the tables and fill them; take them away again."""
        try:
            self._do(map(self._ddl, self.town.tables))
            if self._kind != "sqlite":
                added = ((t.name, key) for t in self.town.tables for key in _foreign(t))
                self._do(f"ALTER TABLE {name} ADD {key}" for name, key in added)
            self._fill()
            yield
        finally:
            self._do(self._drops())

    def everything(self) -> Rows:
        """Return every row of every table, by its key."""
        with self._engine.connect() as connection:
            return {
                table.name: {
                    tuple(row[name] for name, _ in table.key): dict(row)
                    for row in connection.exec_driver_sql(f"SELECT * FROM {table.name}").mappings()
                }
                for table in self.town.tables
            }

    def hangs_together(self) -> bool:
        """Say whether every foreign key leads somewhere; servers let none lead nowhere."""
        if self._kind != "sqlite":
            return True
        with self._engine.connect() as connection:
            return not connection.exec_driver_sql("PRAGMA foreign_key_check").all()

    def answer(self, person: str) -> Answer:
        """Return all that a person is shown who asks now, each row by its key."""
        store = self.store
        shown: dict[tuple[str, Bond], dict[tuple[object, ...], Mapping[str, object]]] = {}
        for rows in store.look(store.find(closure(email=person)).closure):
            parts = [name for name, _ in self.town.table(rows.collection).key]
            there = shown.setdefault((rows.collection, rows.bond), {})
            for each in rows.batch:
                row = dict(zip(rows.columns, each, strict=True))
                there[tuple(row[name] for name in parts)] = row
        return shown

    def step(self, person: str) -> Step:
        """Find a person and plan their erasure."""
        store = self.store
        found = store.find(closure(email=person)).closure
        clauses = answering(policy(), Right.ERASE, Regime.NONE)
        what = erasures(policy(), self.mapped, store.schema(), clauses=clauses, today=TODAY)
        return Step("R-1/shop", Right.ERASE, found, what, SECRET, TODAY)

    @property
    def _engine(self) -> sa.Engine:
        return sa.create_engine(self.url, poolclass=sa.NullPool)

    @property
    def _kind(self) -> str:
        return sa.make_url(self.url).get_backend_name()

    def _do(self, statements: Iterable[str]) -> None:
        with self._engine.begin() as connection:
            for each in statements:
                connection.exec_driver_sql(each)

    def _ddl(self, table: Table) -> str:
        parts = []
        for each in table.columns:
            spelled = _SPELLED[self._kind] | (_KEYED.get(self._kind, {}) if each.keyed else {})
            never = "" if each.nullable else " NOT NULL"
            parts.append(f"{each.name} {spelled[each.type]}{never}{' UNIQUE' * each.unique}")
        parts.append(f"PRIMARY KEY ({', '.join(name for name, _ in table.key)})")
        parts += [f"UNIQUE ({', '.join(names)})" for names in table.unique]
        parts += _foreign(table) if self._kind == "sqlite" else []
        return f"CREATE TABLE {table.name} ({', '.join(parts)})"

    def _fill(self) -> None:
        """Insert all rows, and set what may point at one that comes later when all are there."""
        with self._engine.begin() as connection:
            for table, row in self._each():
                late = {name for names in _late(table) for name in names}
                values = {k: None if k in late else v for k, v in row.values.items()}
                places = ", ".join(f":{name}" for name in values)
                said = f"INSERT INTO {table.name} ({', '.join(values)}) VALUES ({places})"
                connection.execute(sa.text(said), values)
            for table, row in self._each():
                for names in _late(table):
                    to = ", ".join(f"{name} = :{name}" for name in names)
                    where = " AND ".join(f"{name} = :{name}" for name, _ in table.key)
                    said = f"UPDATE {table.name} SET {to} WHERE {where}"
                    connection.execute(sa.text(said), self._named(table, row, names))

    def _each(self) -> Iterator[tuple[Table, Row]]:
        for table in self.town.tables:
            for row in self.town.rows[table.name]:
                yield table, row

    def _named(self, table: Table, row: Row, names: tuple[str, ...]) -> dict[str, Value]:
        return {name: row.values[name] for name in (*names, *(part for part, _ in table.key))}

    def _drops(self) -> Iterator[str]:
        yield from [_DROPPED[self._kind]] if self._kind in _DROPPED else []
        for table in self.town.tables:
            cascade = " CASCADE" * (self._kind == "postgresql")
            yield f"DROP TABLE IF EXISTS {table.name}{cascade}"


def _foreign(table: Table) -> list[str]:
    return [
        f"FOREIGN KEY ({', '.join(link.names)}) "
        f"REFERENCES {link.to} ({', '.join(name for name, _ in link.onto)})"
        f"{f' ON DELETE {link.on_delete}' * bool(link.on_delete)}"
        for link in table.links
    ]


def _late(table: Table) -> list[tuple[str, ...]]:
    return [link.names for link in table.links if link.name.startswith(("back", "again"))]
