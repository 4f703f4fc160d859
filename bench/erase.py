"""Erasing a person with 10,000 rows in ten tables of one million, beside the same work by hand."""

from __future__ import annotations

import shutil
import sqlite3
from dataclasses import dataclass
from itertools import pairwise
from time import perf_counter
from typing import TYPE_CHECKING

import sqlalchemy as sa

from bench import by_hand
from bench.company import DATABASE, OFFICER, company
from bench.figures import Figure
from bench.shop import COUNTED, MIXED, PAIRS, SORTED, TABLES, WARM_UP, Shop
from upheld.app import Upheld
from upheld.model import Right, State
from upheld.stores.sql import SqlStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

TIMES = 3.0
"""The goal, where rows lie as they do in a database that lives."""

STATEMENTS = 60
_ROWS = 10_000


@dataclass(frozen=True, slots=True)
class Pair:
    """One erasure by hand and one by Upheld, of the same rows, one after the other; seconds."""

    by_hand: float
    phases: Mapping[str, float]

    @property
    def upheld(self) -> float:
        """From the request to its close."""
        return sum(self.phases.values())

    @property
    def ratio(self) -> float:
        """How many times the work by hand."""
        return self.upheld / self.by_hand


def figures(say: Callable[[str], None]) -> Iterator[Figure]:
    """Measure; `say` is told the parts of each figure."""
    yield from _of(MIXED, "among everybody's", TIMES, say)
    yield from _of(SORTED, "side by side", None, say)


def _of(shop: Shop, lie: str, goal: float | None, say: Callable[[str], None]) -> Iterator[Figure]:
    with company(shop) as folder, Upheld.open(folder) as upheld:
        copied = folder / "by-hand.sqlite"
        shutil.copy(folder / DATABASE, copied)
        floor = by_hand.connect(copied)
        _pair(upheld, floor, WARM_UP)
        pairs = [_pair(upheld, floor, email) for email in PAIRS]
        few, many = (_statements(upheld, email) for email in COUNTED)
        for email in COUNTED:
            by_hand.erase(floor, email)
        floor.close()
        _require_same(folder / DATABASE, copied)
    for each in pairs:
        say(f"erase, rows {lie}: {told(each)}")
    yield _time(pairs, lie, goal)
    yield _counted(few, many, lie)


def erased(upheld: Upheld, email: str) -> Mapping[str, float]:
    """Erase a person, from request to close; return the seconds of each phase."""
    times = [perf_counter()]
    id = upheld.open_request(Right.ERASE, [f"email={email}"]).id
    times.append(perf_counter())
    upheld.plan(id)
    times.append(perf_counter())
    upheld.sign(id, upheld.company.folder / OFFICER)
    times.append(perf_counter())
    request = upheld.apply(id)
    times.append(perf_counter())
    assert request.state is State.CLOSED, f"{id} is {request.state}"
    assert request.clean, f"{id} was not looked back on, or rows were left"
    spans = (after - before for before, after in pairwise(times))
    return dict(zip(("open", "plan", "sign", "apply"), spans, strict=True))


def _pair(upheld: Upheld, floor: sqlite3.Connection, email: str) -> Pair:
    start = perf_counter()
    changed = by_hand.erase(floor, email)
    taken = perf_counter() - start
    assert changed == _ROWS, f"{changed} rows were erased by hand"
    return Pair(taken, erased(upheld, email))


def _time(pairs: list[Pair], lie: str, goal: float | None) -> Figure:
    middle = sorted(pairs, key=lambda each: each.ratio)[len(pairs) // 2]
    return Figure(
        f"erase {_ROWS:,} rows of a million, {lie}",
        f"≤ {goal:.0f} times by hand" if goal else "",
        f"{middle.upheld * 1000:.0f} ms",
        middle.ratio <= goal if goal else None,
        floor=f"by hand {middle.by_hand * 1000:.0f} ms",
        ratio=middle.ratio,
    )


def _counted(few: int, many: int, lie: str) -> Figure:
    return Figure(
        f"erase {_ROWS:,} rows, {lie}: statements in the store",
        f"≤ {STATEMENTS}, as for 100 rows",
        str(many),
        many == few and many <= STATEMENTS,
        floor=f"100 rows: {few}",
        ratio=many / few,
    )


def told(pair: Pair) -> str:
    """Say the parts of a pair."""
    phases = ", ".join(f"{name} {seconds * 1000:.0f}" for name, seconds in pair.phases.items())
    return f"by hand {pair.by_hand * 1000:.0f} ms; Upheld {pair.upheld * 1000:.0f} ms ({phases})"


def _statements(upheld: Upheld, email: str) -> int:
    """Count what SQLite itself executes for one erasure, from the opening of each connection on.

    BEGIN, COMMIT and PRAGMA are included.
    """
    store = upheld.company.stores["shop"]
    assert isinstance(store, SqlStore)
    seen: list[str] = []

    def watch(connection: sqlite3.Connection, *_: object) -> None:
        connection.set_trace_callback(seen.append)

    sa.event.listen(store.engine, "connect", watch, insert=True)
    erased(upheld, email)
    sa.event.remove(store.engine, "connect", watch)
    return len(seen)


def _require_same(ours: Path, by_hand_: Path) -> None:
    """Both did the same work: the two shops differ in nothing but replaced addresses."""
    database = sqlite3.connect(ours)
    database.execute("ATTACH ? AS hand", (str(by_hand_),))
    for name in TABLES:
        shape = database.execute(f"PRAGMA table_info({name})")
        columns = ", ".join(row[1] for row in shape if (name, row[1]) != ("customers", "email"))
        for one, other in (("main", "hand"), ("hand", "main")):
            query = (
                f"SELECT {columns} FROM {one}.{name} EXCEPT SELECT {columns} FROM {other}.{name}"
            )
            differ = database.execute(f"SELECT count(*) FROM ({query})").fetchone()[0]
            assert not differ, f"{differ} rows of {name} are not as they are by hand"
    left = database.execute("SELECT count(*) FROM customers WHERE email GLOB 's10*'").fetchone()[0]
    assert left == 1, f"{left - 1} of the addresses to be replaced are still there"
    database.close()
