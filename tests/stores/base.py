"""A database of people made by a few statements, with a map: found, erased and looked back at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import sqlalchemy as sa

from upheld.conformance.world import TODAY, policy
from upheld.datamap.parse import parse_store
from upheld.datamap.plan import answering, erasures
from upheld.model import Closure, Done, Key, Regime, Right, Step
from upheld.stores.sql import SqlStore

if TYPE_CHECKING:
    from collections.abc import Iterable

ADA, BOB = "ada@example.com", "bob@example.com"


@dataclass(frozen=True)
class Base:
    """A database made by statements, with a map."""

    url: str
    text: str

    def run(self, *statements: str) -> None:
        engine = sa.create_engine(self.url, poolclass=sa.NullPool)
        with engine.execution_options(no_parameters=True).begin() as connection:
            for each in statements:
                connection.exec_driver_sql(each)

    def rows(self, query: str) -> list[Key]:
        engine = sa.create_engine(self.url, poolclass=sa.NullPool)
        with engine.execution_options(no_parameters=True).connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(query)]

    @property
    def store(self) -> SqlStore:
        mapped = parse_store(f"kind: sql\nurl: env:SHOP\n{self.text}", "stores/shop.yaml")
        return SqlStore(mapped, self.url)

    def step(self, **given: str) -> Step:
        store = self.store
        kinds = {kind: frozenset({value}) for kind, value in given.items()}
        found = store.find(Closure(kinds, kinds))
        clauses = answering(policy(), Right.ERASE, Regime.NONE)
        mapped = parse_store(f"kind: sql\nurl: env:SHOP\n{self.text}", "stores/shop.yaml")
        what = erasures(policy(), mapped, store.schema(), clauses=clauses, today=TODAY)
        return Step("R-1/shop", Right.ERASE, found.closure, what, bytes(32), date(2026, 8, 1))

    def erase(self, **given: str) -> Step:
        step = self.step(**given)
        store = self.store
        preview = store.preview(step)
        assert preview.refusals == ()
        done = store.act(step)
        assert isinstance(done, Done), done
        assert done.counted == preview.counted
        assert store.look_back(step).late == {}
        assert isinstance(store.act(step), Done)
        assert store.preview(step).counted == (), "a repeat finds nothing to do"
        return step

    def shown(self, **given: str) -> Iterable[tuple[str, tuple[str, ...], Key]]:
        step = self.step(**given)
        for rows in self.store.look(step.closure):
            for row in rows.batch:
                yield rows.collection, rows.columns, row


PEOPLE = """
collections:
  people:
    key: id
    person: yes
    people: [{match: email, identity: email, is: about}]
    erase: fields
    fields:
      id: none
      email: {category: contact, identity: email, erase: replace}
"""


def made(url: str, columns: str, fields: str, *rows: str) -> Base:
    """Make a table of people with more columns, which the map calls as it is told."""
    kind = "uuid" if url.startswith("postgresql") else "char(36)"
    base = Base(url, PEOPLE + "".join(f"      {each}\n" for each in fields.split("\n")))
    statements = [each for each in columns.split(";;") if each.strip()]
    table = f"CREATE TABLE people (id {kind} PRIMARY KEY, email varchar(80) NOT NULL UNIQUE"
    base.run(*statements[:-1], f"{table}, {statements[-1]})")
    for number, (email, row) in enumerate(zip((ADA, BOB), rows, strict=True)):
        id = f"00000000-0000-0000-0000-00000000000{number}"
        base.run(f"INSERT INTO people VALUES ('{id}', '{email}', {row})")
    return base
