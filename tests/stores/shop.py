"""A database for one test: its tables, its map, and short ways to plan, act and compare."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tests.stores.sites import quoted
from upheld.conformance.world import TODAY, policy
from upheld.datamap.closure import starting
from upheld.datamap.parse import parse_store
from upheld.datamap.plan import answering, erasures
from upheld.identity import normalise
from upheld.model import Declined, Done, Regime, Right, Step
from upheld.stores.sql import SqlStore

if TYPE_CHECKING:
    from pathlib import Path

    from upheld.model import Closure, Counted, StoreMap

SECRET = bytes(range(32))

CUSTOMERS = """\
  customers:
    key: id
    person: yes
    people:
      - {match: email, identity: email, is: about}
      - {match: id, identity: "account:shop", is: about}
    fields:
      id: {category: account, identity: "account:shop", erase: leave}
      email: {category: contact, identity: email}
"""
"""The map of a table `customers` whose rows go."""


@dataclass(frozen=True)
class Shop:
    """A database and its map."""

    path: Path
    collections: str

    @property
    def mapped(self) -> StoreMap:
        text = f"kind: sql\nurl: sqlite:///x.sqlite\ncollections:\n{self.collections}"
        return parse_store(text, "stores/shop.yaml")

    @property
    def store(self) -> SqlStore:
        """Open the store anew."""
        return SqlStore(self.mapped, f"sqlite:///{self.path}")

    def run(self, statements: str) -> None:
        """Do to the database what its owner's software would, with foreign keys off."""
        with closing(sqlite3.connect(self.path)) as connection:
            connection.executescript(statements)

    def rows(self, table: str) -> list[tuple[object, ...]]:
        """Return every row of a table, raw, in order of its first column."""
        with closing(sqlite3.connect(self.path)) as connection:
            connection.text_factory = lambda stored: stored.decode(errors="surrogateescape")
            return connection.execute(f"SELECT * FROM {quoted(table)} ORDER BY 1").fetchall()

    def everything(self) -> dict[str, list[tuple[object, ...]]]:
        """Return every row of every table, and how each value is stored."""
        with closing(sqlite3.connect(self.path)) as connection:
            names = [
                name
                for (name,) in connection.execute(
                    "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
                )
            ]
        return {name: self.rows(name) for name in names}

    def find(self, **given: str) -> Closure:
        """Find a person by identities: `email=…`, and `account=…` for the shop's own numbers."""
        return self.store.find(closure(**given)).closure

    def step(self, **given: str) -> Step:
        """Find a person and plan their erasure."""
        return self.planned(self.find(**given))

    def planned(self, found: Closure) -> Step:
        """Plan an erasure from what was found."""
        clauses = answering(policy(), Right.ERASE, Regime.NONE)
        schema = self.store.schema()
        what = erasures(policy(), self.mapped, schema, clauses=clauses, today=TODAY)
        return Step("R-1/shop", Right.ERASE, found, what, SECRET, TODAY)

    def erase(self, **given: str) -> tuple[Counted, ...]:
        """Erase a person: previewed, carried out, repeated, and looked back on."""
        step = self.step(**given)
        preview = self.store.preview(step)
        assert preview.refusals == ()
        counted = self.carry_out(step)
        assert counted == preview.counted
        once = self.everything()
        self.carry_out(step)
        assert self.everything() == once, "a repeat changes nothing"
        assert self.store.look_back(step).late == {}
        with closing(sqlite3.connect(self.path)) as connection:
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        return counted

    def carry_out(self, step: Step) -> tuple[Counted, ...]:
        """Carry a step out; it must be done."""
        outcome = self.store.act(step)
        assert isinstance(outcome, Done), outcome
        return outcome.counted

    def refuses(self, step: Step, *words: str, act: bool = True) -> None:
        """See that preview and act refuse with these words, and that not a byte was written."""
        before = self.path.read_bytes()
        said = "; ".join(self.store.preview(step).refusals)
        for word in words:
            assert word in said
        if act:
            outcome = self.store.act(step)
            assert isinstance(outcome, Declined)
            for word in words:
                assert word in outcome.why
        assert self.path.read_bytes() == before

    def with_map(self, collections: str) -> Shop:
        """Return the same database under another map."""
        return replace(self, collections=collections)


def closure(**given: str) -> Closure:
    """Return the closure of a person who presents identities."""
    kinds = {"account": "account:shop", "cookie": "cookie:shop"}
    named = {kinds.get(kind, kind): value for kind, value in given.items()}
    return starting({kind: [normalise(kind, value)] for kind, value in named.items()}).of("shop")


def build(folder: Path, tables: str, collections: str) -> Shop:
    """Make a database from statements, and give it a map."""
    made = Shop(folder / "shop.sqlite", collections)
    made.run(tables)
    return made
