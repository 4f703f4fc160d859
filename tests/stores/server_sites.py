"""Sites on servers: a database of PostgreSQL or of MariaDB, filled with a world."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import sqlalchemy as sa

from upheld.datamap.parse import parse_store
from upheld.model import Key, Pending, Step, StoreMap, Table, Type
from upheld.stores.sql import SqlStore

if TYPE_CHECKING:
    from collections.abc import Mapping

    from upheld.conformance.store import Everything
    from upheld.conformance.world import World
    from upheld.model import Scalar
    from upheld.ports import Store

_SPELLED = {
    "postgresql": {Type.NUMBER: "bigint", Type.TEXT: "text", Type.DATE: "date"},
    "mariadb": {Type.NUMBER: "bigint", Type.TEXT: "longtext", Type.DATE: "date"},
}
_KEY_OF_WORDS = {"mariadb": "varchar(190) COLLATE utf8mb4_nopad_bin"}


@dataclass(frozen=True)
class ServerSite:
    """A fresh database of a server, at a URL, filled with a world."""

    world: World
    url: str

    def __post_init__(self) -> None:
        """Make the tables and fill them."""
        with self._engine.begin() as connection:
            for table in self.world.tables:
                connection.exec_driver_sql(self._ddl(table).replace("%", "%%"))
            for name, rows in self.world.rows.items():
                for row in rows:
                    self._insert(connection, name, row)

    @property
    def mapped(self) -> StoreMap:
        text = f"kind: sql\nurl: env:TOWN\n{self.world.collections}"
        return parse_store(text, "stores/town.yaml")

    @property
    def shown(self) -> Mapping[str, frozenset[Key]]:
        return self.world.hers

    def store(self) -> Store:
        return SqlStore(self.mapped, self.url)

    def everything(self) -> Everything:
        with self._engine.connect() as connection:
            return {
                table.name: {
                    self.world.key(table.name, tuple(row)): tuple(row)
                    for row in connection.exec_driver_sql(
                        f"SELECT * FROM {self.quoted(table.name)}".replace("%", "%%")
                    )
                }
                for table in self.world.tables
            }

    def traces(self, token: bytes) -> int:
        """Count in what the server shows; its files it overwrites in its own time."""
        return repr(self.everything()).casefold().count(token.decode().casefold())

    def write(self, table: str, row: Key) -> None:
        with self._engine.begin() as connection:
            for setting in self._impatient:
                connection.exec_driver_sql(setting)
            self._insert(connection, table, row)

    def come_back(self, table: str, row: Key) -> Mapping[str, int]:
        self.write(table, row)
        return {table: 1}

    def settle(self, pending: Pending, step: Step) -> None:
        raise AssertionError(f"a database is never pending: {pending}, {step.id}")

    def impossible(self, step: Step) -> Step:
        """Return the step with no room for a single row."""
        return replace(step, erasures=tuple(replace(each, ceiling=0) for each in step.erasures))

    def cut_off(self) -> tuple[Store, ...]:
        """Nobody listens, there is no such database, and the role may not come in."""
        address = sa.make_url(self.url)
        wrong = (
            address.set(host="127.0.0.1", port=1),
            address.set(database="nothing_of_this_name"),
            address.set(username="nobody_of_this_name"),
        )
        urls = (each.render_as_string(hide_password=False) for each in wrong)
        return tuple(SqlStore(self.mapped, url) for url in urls)

    def quoted(self, name: str) -> str:
        """Return a name as this server takes any name."""
        mark = '"' if self._kind == "postgresql" else "`"
        return mark + name.replace(mark, mark * 2) + mark

    @cached_property
    def _engine(self) -> sa.Engine:
        return sa.create_engine(self.url, poolclass=sa.NullPool)

    @property
    def _kind(self) -> str:
        return self._engine.dialect.name.replace("mysql", "mariadb")

    @property
    def _impatient(self) -> tuple[str, ...]:
        if self._kind == "postgresql":
            return ("SET LOCAL lock_timeout = '100ms'",)
        return ("SET SESSION innodb_lock_wait_timeout = 0, lock_wait_timeout = 0",)

    def _insert(self, connection: sa.Connection, table: str, row: Key) -> None:
        given: tuple[Scalar, ...] = tuple(self._held(each) for each in row)
        places = ", ".join(["%s"] * len(row))
        name = self.quoted(table).replace("%", "%%")  # beside parameters
        connection.exec_driver_sql(f"INSERT INTO {name} VALUES ({places})", given)

    def _held(self, value: Scalar) -> Scalar:
        """Return a value as the server can hold it: PostgreSQL's texts have no NUL."""
        if self._kind == "postgresql" and isinstance(value, str):
            return value.replace("\0", "")
        return value

    def _ddl(self, table: Table) -> str:
        spelled = _SPELLED[self._kind]
        parts = []
        for each in table.columns:
            words = each.name in table.key and each.type is Type.TEXT
            kind = (words and _KEY_OF_WORDS.get(self._kind)) or spelled[each.type]
            parts.append(f"{self.quoted(each.name)} {kind}{'' if each.nullable else ' NOT NULL'}")
        parts.append(f"PRIMARY KEY ({', '.join(map(self.quoted, table.key))})")
        parts += [
            f"FOREIGN KEY ({', '.join(map(self.quoted, each.columns))}) "
            f"REFERENCES {self.quoted(each.to)} ({', '.join(map(self.quoted, each.onto))})"
            for each in table.references
        ]
        parts += [f"CHECK ({each})" for each in table.checks]
        return f"CREATE TABLE {self.quoted(table.name)} ({', '.join(parts)})"
