"""Sites of our two kinds of store: how each is set up in a world, and seen from outside."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from upheld.datamap.parse import parse_store
from upheld.model import Attestation, Key, Pending, Right, Step, StoreMap, Table, Type
from upheld.stores.manual import ManualStore
from upheld.stores.sql import SqlStore

if TYPE_CHECKING:
    from collections.abc import Mapping

    from upheld.conformance.store import Everything
    from upheld.conformance.world import World
    from upheld.model import Scalar
    from upheld.ports import Store

_SPELLED = {Type.NUMBER: "INTEGER", Type.TEXT: "TEXT", Type.DATE: "DATE", Type.BYTES: "BLOB"}


def quoted(name: str) -> str:
    """Return a name as SQL takes any name."""
    return '"' + name.replace('"', '""') + '"'


def ddl(table: Table) -> str:
    """Return the statement that makes a table."""
    parts = [
        f"{quoted(each.name)} {_SPELLED[each.type]}{'' if each.nullable else ' NOT NULL'}"
        for each in table.columns
    ]
    parts.append(f"PRIMARY KEY ({', '.join(map(quoted, table.key))})")
    parts += [
        f"UNIQUE ({', '.join(map(quoted, each))})" for each in table.unique if each != table.key
    ]
    parts += [
        f"FOREIGN KEY ({', '.join(map(quoted, each.columns))}) "
        f"REFERENCES {quoted(each.to)} ({', '.join(map(quoted, each.onto))})"
        for each in table.references
    ]
    parts += [f"CHECK ({each})" for each in table.checks]
    return f"CREATE TABLE {quoted(table.name)} ({', '.join(parts)})"


def _insert(table: str, row: Key) -> str:
    return f"INSERT INTO {quoted(table)} VALUES ({', '.join('?' * len(row))})"


@dataclass(frozen=True)
class SqlSite:
    """A SQLite file filled with a world, in one of its journal modes."""

    world: World
    folder: Path
    journal: str = "delete"

    def __post_init__(self) -> None:
        """Make the file and fill it."""
        with closing(self._connected()) as connection, connection:
            connection.execute(f"PRAGMA journal_mode = {self.journal}")
            for table in self.world.tables:
                connection.execute(ddl(table))
            for name, rows in self.world.rows.items():
                connection.executemany(_insert(name, rows[0]), rows)

    @property
    def path(self) -> Path:
        return self.folder / "town.sqlite"

    @property
    def mapped(self) -> StoreMap:
        text = f"kind: sql\nurl: sqlite:///town.sqlite\n{self.world.collections}"
        return parse_store(text, "stores/town.yaml")

    @property
    def shown(self) -> Mapping[str, frozenset[Key]]:
        return self.world.hers

    def store(self) -> Store:
        return self._at(self.path)

    def everything(self) -> Everything:
        with closing(self._connected()) as connection:
            return {
                table.name: {
                    self.world.key(table.name, row): row
                    for row in connection.execute(f"SELECT * FROM {quoted(table.name)}")
                }
                for table in self.world.tables
            }

    def traces(self, token: bytes) -> int:
        files = self.folder.glob("town.sqlite*")
        return sum(each.read_bytes().lower().count(token.lower()) for each in files)

    def write(self, table: str, row: Key) -> None:
        with closing(self._connected()) as connection, connection:
            connection.execute(_insert(table, row), row)

    def come_back(self, table: str, row: Key) -> Mapping[str, int]:
        self.write(table, row)
        return {table: 1}

    def settle(self, pending: Pending, step: Step) -> None:
        raise AssertionError(f"a database is never pending: {pending}, {step.id}")

    def impossible(self, step: Step) -> Step:
        """Return the step with no room for a single row."""
        return replace(step, erasures=tuple(replace(each, ceiling=0) for each in step.erasures))

    def cut_off(self) -> tuple[Store, ...]:
        broken = self.folder / "broken.sqlite"
        broken.write_bytes(b"this is no database" * 100)
        return (self._at(self.folder / "nowhere" / "at" / "all.sqlite"), self._at(broken))

    def _at(self, path: Path) -> SqlStore:
        return SqlStore(self.mapped, f"sqlite:///{path}")

    def _connected(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=0)


@dataclass(frozen=True)
class ManualSite:
    """A filing cabinet with a world in it, and an officer who does as the checklist says."""

    world: World
    cabinet: dict[str, dict[Key, Key]] = field(default_factory=dict)
    attested: dict[str, Attestation] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Fill the cabinet."""
        for table in self.world.tables:
            self.cabinet[table.name] = {}
        for name, rows in self.world.rows.items():
            for row in rows:
                self.write(name, row)

    @property
    def mapped(self) -> StoreMap:
        tasks = "tasks: {erase: [Open the cabinet, Shred what is the person's]}"
        return parse_store(f"kind: manual\nwithin: 10 days\n{tasks}\n", "stores/town.yaml")

    @property
    def shown(self) -> Mapping[str, frozenset[Key]]:
        """Nothing: what is in the cabinet only a person can look up."""
        return {}

    def store(self) -> Store:
        return ManualStore(self.mapped, self.attested.get)

    def everything(self) -> Everything:
        return {name: dict(rows) for name, rows in self.cabinet.items()}

    def traces(self, token: bytes) -> int:
        return repr(self.cabinet).lower().count(token.decode().lower())

    def write(self, table: str, row: Key) -> None:
        self.cabinet[table][self.world.key(table, row)] = row

    def come_back(self, table: str, row: Key) -> Mapping[str, int]:
        """Nothing is reported: nobody looks into the cabinet twice."""
        self.write(table, row)
        return {}

    def settle(self, pending: Pending, step: Step) -> None:
        assert step.right is Right.ERASE
        for table, keys in self.world.hers.items():
            for key in keys - self.world.kept.get(table, frozenset()):
                self.cabinet[table][key] = tuple(map(self._blackened, self.cabinet[table][key]))
        at = datetime(2026, 7, 1, tzinfo=UTC)
        self.attested[pending.token] = Attestation(pending.token, "SHA256:x", "0" * 64, at)

    def impossible(self, step: Step) -> Step:
        """Return the step for a right that the cabinet has no checklist for."""
        return replace(step, right=Right.ACCESS)

    def cut_off(self) -> tuple[Store, ...]:
        """Return none: a checklist is always at hand."""
        return ()

    def _blackened(self, value: Scalar) -> Scalar:
        hers = (token.casefold() for token in self.world.tokens)
        return None if any(token in str(value).casefold() for token in hers) else value
