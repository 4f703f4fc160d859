"""Erasing and copying on PostgreSQL: of a million rows, and of a hundred people at once."""

from __future__ import annotations

import os
import re
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

from bench import by_hand, pg_shop
from bench.access import apart, rows_in
from bench.company import OFFICER, VARIABLE, company
from bench.erase import STATEMENTS, TIMES, Pair, erased, told
from bench.figures import Figure
from bench.shop import COPIED, COUNTED, HUNDREDS, LARGE, MIXED, PAIRS, TABLES, TENTH, WARM_UP
from upheld.app import Upheld
from upheld.model import Right, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import psycopg

    from tests.servers import Private

    Connection = psycopg.Connection[tuple[object, ...]]

_ROWS = 10_000
_COPIED = 200_000
_MEMORY = 60
_ABOVE = 0.1
_GROWN = 1.5
_HUNDRED = 100
_HANDS = 2
_FIRST = [f"u{number}@example.com" for number in range(20)]
"""Who is erased before anything is measured: until then a connection prepares its statements."""
_COUNTED = """
SELECT coalesce(sum(calls), 0)::bigint FROM pg_stat_statements s
JOIN pg_database d ON d.oid = s.dbid WHERE d.datname = %s
"""


def figures(say: Callable[[str], None]) -> Iterator[Figure]:
    """Measure; `say` is told the parts of each figure."""
    with pg_shop.server() as one:
        url = pg_shop.load(one, MIXED, "shop")
        hand, whole = (pg_shop.copied(one, url, name) for name in ("hand", "whole"))
        with at(url) as folder, Upheld.open(folder) as upheld, pg_shop.connected(hand) as floor:
            floor.autocommit = True
            yield from _erasures(one, upheld, floor, say)
        _require_same(url, hand)
        yield from _grown(one, whole, say)
        yield from _many(url)
        yield from _copied(pg_shop.load(one, COPIED, "copied"), say)


@contextmanager
def at(url: str) -> Iterator[Path]:
    """Make a company's folder around a shop on a server."""
    os.environ[VARIABLE] = url
    with company(None) as folder:
        yield folder


def _erasures(
    one: Private, upheld: Upheld, floor: Connection, say: Callable[[str], None]
) -> Iterator[Figure]:
    _pair(upheld, floor, WARM_UP)
    for email in _FIRST:
        _pair(upheld, floor, email)
    hundreds = [_pair(upheld, floor, email) for email in HUNDREDS]
    for each in hundreds:
        say(f"erase 100 rows on PostgreSQL: {told(each)}")
    ours, theirs = (median(getattr(e, name) for e in hundreds) for name in ("upheld", "by_hand"))
    yield Figure(
        "PostgreSQL: erase 100 rows of a million",
        "≤ 1.5 times by hand + 100 ms",
        f"{ours * 1000:.0f} ms",
        ours <= 1.5 * theirs + _ABOVE,
        floor=f"by hand {theirs * 1000:.0f} ms",
        ratio=ours / theirs,
    )
    pairs = [_pair(upheld, floor, email) for email in PAIRS]
    for each in pairs:
        say(f"erase on PostgreSQL: {told(each)}")
    middle = sorted(pairs, key=lambda each: each.ratio)[len(pairs) // 2]
    yield Figure(
        f"PostgreSQL: erase {_ROWS:,} rows of a million",
        f"≤ {TIMES:.0f} times by hand",
        f"{middle.upheld * 1000:.0f} ms",
        middle.ratio <= TIMES,
        floor=f"by hand {middle.by_hand * 1000:.0f} ms",
        ratio=middle.ratio,
    )
    few, many = (_statements(one, upheld, email) for email in COUNTED)
    for email in COUNTED:
        _by_hand(floor, email)
    yield Figure(
        f"PostgreSQL: erase {_ROWS:,} rows: statements in the store, by pg_stat_statements",
        f"≤ {STATEMENTS}, as for 100 rows",
        str(many),
        many == few and many <= STATEMENTS,
        floor=f"100 rows: {few}",
        ratio=many / few,
    )


def _pair(upheld: Upheld, floor: Connection, email: str) -> Pair:
    start = perf_counter()
    _by_hand(floor, email)
    return Pair(perf_counter() - start, erased(upheld, email))


def _by_hand(floor: Connection, email: str) -> None:
    """Do what the published baseline does, where it is at hand, or else what ours does."""
    for statement in _baseline():
        floor.execute(statement, {"email": email} if "%(email)s" in statement else None)


def _baseline() -> Sequence[str]:
    published = pg_shop.SHARED / "baseline.sql"
    if published.exists():
        words = published.read_text("utf-8").replace("%", "%%").replace(":'email'", "%(email)s")
        lines = re.sub(r"(?m)^(--|\\).*$", "", words)
        return [each.strip() for each in lines.split(";") if each.strip()]
    work = [(t, what, where.replace(":email", "%(email)s")) for t, what, where in by_hand.WORK]
    return [
        "BEGIN ISOLATION LEVEL REPEATABLE READ",
        *(f"SELECT count(*) FROM {table} WHERE {where}" for table, _, where in work),
        *(f"UPDATE {table} SET {what} WHERE {where}" for table, what, where in work),
        "COMMIT",
    ]


def _require_same(ours: str, by_hand_: str) -> None:
    """Both did the same work: the two shops differ in nothing but replaced addresses."""
    here, there = pg_shop.sums(ours), pg_shop.sums(by_hand_)
    differ = [table for table in TABLES if here[table] != there[table]]
    assert not differ, f"rows of {', '.join(differ)} are not as they are by hand"
    erased_ = [pg_shop.addresses(url, "s10%") for url in (ours, by_hand_)]
    assert erased_ == [1, 1], f"of the addresses to be replaced there are still {erased_}"


def _statements(one: Private, upheld: Upheld, email: str) -> int:
    """Count what the server itself executes for one erasure, BEGIN and COMMIT included."""
    one.run("SELECT pg_stat_statements_reset()")
    erased(upheld, email)
    with pg_shop.connected(one.url) as admin:
        found = admin.execute(_COUNTED, ("shop",)).fetchone()
    assert found
    return int(str(found[0]))


def _grown(one: Private, url: str, say: Callable[[str], None]) -> Iterator[Figure]:
    """Erase people of a hundred rows from tables of a size, and of a tenth of it, in turns."""
    times: dict[str, list[float]] = {}
    tenth = pg_shop.load(one, TENTH, "tenth")
    with at(url) as large:
        whole = Upheld.open(large)
        with whole, at(tenth) as small, Upheld.open(small) as part:
            for email in _FIRST:
                for upheld in (part, whole):
                    erased(upheld, email)
            for email in HUNDREDS:
                for name, upheld in (("tenth", part), ("whole", whole)):
                    times.setdefault(name, []).append(sum(erased(upheld, email).values()))
    small_, large_ = median(times["tenth"][1:]), median(times["whole"][1:])
    say(f"erase 100 rows of 100,000: {small_ * 1000:.0f} ms; of 1,000,000: {large_ * 1000:.0f} ms")
    yield Figure(
        "PostgreSQL: erase 100 rows, tables ten times as large: median",
        f"< {_GROWN} times",
        f"{large_ * 1000:.0f} ms",
        large_ < _GROWN * small_,
        floor=f"a tenth of the rows {small_ * 1000:.0f} ms",
        ratio=large_ / small_,
    )


def _many(url: str) -> Iterator[Figure]:
    """Answer a hundred people at once, by two workers on one home."""
    people = [f"u{number}@example.com" for number in range(1_000, 1_000 + 2 * _HUNDRED)]
    goals = {Right.ACCESS: 10, Right.ERASE: 15}
    with at(url) as folder:
        Upheld.open(folder).__exit__()  # home is made by the first who opens the folder
        for (right, goal), some in zip(
            goals.items(), (people[:_HUNDRED], people[_HUNDRED:]), strict=True
        ):
            start = perf_counter()
            shares = [(folder, right, some[n::_HANDS]) for n in range(_HANDS)]
            with ProcessPoolExecutor(_HANDS, get_context("spawn")) as hands:
                closed = sum(hands.map(_answered, shares))
            seconds = perf_counter() - start
            assert closed == _HUNDRED, f"{closed} requests were closed"
            yield Figure(
                f"PostgreSQL: {_HUNDRED} requests to {right} at once",
                f"≤ {goal} s",
                f"{seconds:.1f} s",
                seconds <= goal,
            )


def _answered(share: tuple[Path, Right, Sequence[str]]) -> int:
    folder, right, emails = share
    closed = 0
    with Upheld.open(folder) as upheld:
        for email in emails:
            id = upheld.open_request(right, [f"email={email}"]).id
            upheld.plan(id)
            upheld.sign(id, folder / OFFICER)
            closed += upheld.apply(id).state is State.CLOSED
    return closed


def _copied(url: str, say: Callable[[str], None]) -> Iterator[Figure]:
    with at(url) as folder:
        taken = apart(folder, LARGE)
        found = rows_in(Path(taken["answer"]))
        assert found == taken["rows"] == _COPIED, f"{found} rows in the answer"
    above = taken["peak"] - taken["idle"]
    say(f"access on PostgreSQL: {taken['idle']:.0f} MB idle, {taken['peak']:.0f} at the highest")
    yield Figure(
        f"PostgreSQL: access of {found:,} rows: memory above idle",
        f"≤ {_MEMORY} MB",
        f"{above:.0f} MB",
        above <= _MEMORY,
        floor=f"idle {taken['idle']:.0f} MB",
        ratio=taken["peak"] / taken["idle"],
    )
