from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.stores.shop import CUSTOMERS, Shop, build

if TYPE_CHECKING:
    from collections.abc import Mapping

PEOPLE = "customers"


@dataclass(frozen=True)
class Kind:
    """A table under another one: what its links may be, and how its rows are erased."""

    name: str
    parent: str
    orphans: bool
    stays: bool
    act: str
    selfish: bool
    naming: bool

    @property
    def ddl(self) -> str:
        link = f"up INTEGER {'' if self.orphans else 'NOT NULL'} REFERENCES {self.parent}"
        again = f"again INTEGER REFERENCES {self.name}"
        seen = f"seen INTEGER REFERENCES {PEOPLE}"
        columns = f"id INTEGER PRIMARY KEY, {link}, {again}, {seen}, words TEXT"
        return f"CREATE TABLE {self.name} ({columns})"

    @property
    def mapped(self) -> str:
        ways = [f"{{follow: up, to: {self.parent}, is: about}}"]
        ways += [f"{{follow: again, to: {self.name}, is: mentions}}"] if self.selfish else []
        ways += [f"{{follow: seen, to: {PEOPLE}, is: mentions}}"] if self.naming else []
        lines = "".join(f"      - {way}\n" for way in ways)
        cut = "      up: {category: none, erase: blank}\n" if self.stays and self.orphans else ""
        return (
            f"  {self.name}:\n    key: id\n    people:\n{lines}"
            f"    erase: {'fields' if self.stays else 'row'}\n    fields:\n{cut}"
            f"      words: {{category: contact, erase: {self.act}}}\n"
        )


@dataclass(frozen=True)
class Row:
    """A row of a kind: whose it is, whom it names, and what it holds."""

    kind: str
    values: tuple[int | str | None, ...]
    owner: int | None
    names: int | None


@dataclass(frozen=True)
class Town:
    """Kinds of tables, people, and rows in them."""

    kinds: tuple[Kind, ...]
    people: int
    rows: tuple[Row, ...]


def email(person: int) -> str:
    return f"u{person}@example.com"


@st.composite
def towns(draw: st.DrawFn) -> Town:
    """Draw a town; every row of a table that stays hangs on one that stays, or can be cut off."""
    kinds: list[Kind] = []
    standing = {PEOPLE}
    for number in range(draw(st.integers(1, 4))):
        parent = draw(st.sampled_from([PEOPLE, *(kind.name for kind in kinds)]))
        orphans = draw(st.booleans())
        stays = draw(st.booleans()) and (orphans or parent in standing)
        act = draw(st.sampled_from(["redact", "blank"] if stays else ["redact"]))
        selfish, naming = draw(st.booleans()), draw(st.booleans())
        kinds.append(Kind(f"t{number}", parent, orphans, stays, act, selfish, naming))
        standing |= {f"t{number}"} if stays else set()
    people = draw(st.integers(2, 4))
    rows: list[Row] = []
    for kind in kinds:
        for number in range(draw(st.integers(0, 8))):
            row = draw(_row(kind, number, people, tuple(rows)))
            rows += [row] if row else []
    return Town(tuple(kinds), people, tuple(rows))


@st.composite
def _row(
    draw: st.DrawFn, kind: Kind, number: int, people: int, rows: tuple[Row, ...]
) -> Row | None:
    owners: Mapping[int | None, int | None] = (
        {person: person for person in range(people)}
        if kind.parent == PEOPLE
        else {int(str(row.values[0])): row.owner for row in rows if row.kind == kind.parent}
    )
    choices = [*owners, *([None] if kind.orphans else [])]
    if not choices:
        return None
    up = draw(st.sampled_from(choices))
    owner = owners.get(up)
    before = [row.values[0] for row in rows if row.kind == kind.name]
    again = draw(st.sampled_from([None, *before])) if kind.selfish else None
    names = draw(st.sampled_from([None, *range(people)])) if kind.naming else None
    spoken = [each for each in (owner, names if kind.act == "redact" else None) if each is not None]
    words = " & ".join(draw(st.sampled_from([email(p), email(p).upper()])) for p in spoken)
    return Row(kind.name, (number, up, again, names, f"{words} %"), owner, names)


def built(folder: Path, town: Town) -> Shop:
    """Make the town's database."""
    people = ", ".join(f"({n}, '{email(n)}')" for n in range(town.people))
    tables = ";\n".join(
        [
            "PRAGMA synchronous = OFF; BEGIN",
            f"CREATE TABLE {PEOPLE} (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE)",
            f"INSERT INTO {PEOPLE} VALUES {people}",
            *(kind.ddl for kind in town.kinds),
            "COMMIT;",
        ]
    )
    standing = any(kind.stays and not kind.orphans for kind in town.kinds)
    customers = CUSTOMERS.replace("identity: email}\n", "identity: email, erase: replace}\n")
    if standing:
        customers = customers.replace("    fields:", "    erase: fields\n    fields:")
    shop = build(folder, tables, customers + "".join(kind.mapped for kind in town.kinds))
    with closing(sqlite3.connect(shop.path)) as connection, connection:
        for row in town.rows:
            connection.execute(f"INSERT INTO {row.kind} VALUES (?, ?, ?, ?, ?)", row.values)
    return shop


_law = settings(
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@given(town=towns(), data=st.data())
@settings(_law, max_examples=25)
def test_of_one_erased_nothing_is_left_and_of_the_others_everything(
    town: Town, data: st.DataObject
) -> None:
    _holds(town, data)


@pytest.mark.slow
@given(town=towns(), data=st.data())
@settings(_law, max_examples=250)
def test_in_many_towns_nothing_is_left_of_one_erased_and_of_the_others_everything(
    town: Town, data: st.DataObject
) -> None:
    _holds(town, data)


def _holds(town: Town, data: st.DataObject) -> None:
    erased = data.draw(st.integers(0, town.people - 1))
    with tempfile.TemporaryDirectory() as folder:
        shop = built(Path(folder), town)
        before = shop.everything()
        shop.erase(email=email(erased))  # and foreign keys hold, a repeat and looking back agree
        after = shop.everything()
    assert email(erased) not in repr(after).casefold()
    assert [row for row in before[PEOPLE] if row[0] != erased] == [
        row for row in after[PEOPLE] if row[0] != erased
    ]
    for kind in town.kinds:
        own = {row.values[0] for row in town.rows if row.kind == kind.name and row.owner == erased}
        left = {row[0]: row for row in after[kind.name]}
        for row in (row for row in town.rows if row.kind == kind.name and row.owner != erased):
            now = left[row.values[0]]
            assert now[1] == row.values[1], "it hangs where it hung"
            if row.names != erased:
                assert now[3:] == row.values[3:]
                assert now[2] == row.values[2] or row.values[2] in own
        if not kind.stays:
            assert not own & set(left)
