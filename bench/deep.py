"""A deep look-back: megabytes of text a second, beside reading the same rows and nothing else."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING

from bench.figures import Figure
from bench.shop import BUILD
from upheld.datamap.parse import parse_store
from upheld.model.searching import Needle
from upheld.stores.sql import SqlStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from upheld.model import Step

GOAL = 50
_MEGABYTE = 1_000_000
_ROWS = 150_000
_TIMES = 5
_MANY = (1_000, 10_000)
_TABLE = "CREATE TABLE tickets (mail TEXT, subject TEXT, body TEXT, meta JSON)"
_COLUMNS = "mail, subject, body, meta"
_MAP = "kind: sql\nurl: sqlite:///deep.sqlite\ncollections: {}\n"


def figures(say: Callable[[str], None]) -> Iterator[Figure]:
    """Measure; `say` is told the parts of each figure."""
    BUILD.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=BUILD) as name:
        path = Path(name) / "deep.sqlite"
        size = _filled(path)
        say(f"deep: {size:.0f} MB of text in {_ROWS:,} rows")
        for people in _MANY:
            yield _figure(path, size, people)


def _figure(path: Path, size: float, people: int) -> Figure:
    store = SqlStore(parse_store(_MAP, "stores/deep.yaml"), f"sqlite:///{path}")
    needles = [*_needles(people), Needle(people, "email", _email(_ROWS - 1))]
    taken, floors = [], []
    for _ in range(_TIMES):
        start = perf_counter()
        hits = list(store.search(needles, _nobody))
        taken.append(perf_counter() - start)
        assert [(hit.needle, hit.rows) for hit in hits] == [(len(needles) - 1, 1)], hits
        floors.append(_by_hand(path))
    speed, floor = size / median(taken), size / median(floors)
    return Figure(
        f"deep look-back for {people:,} people, three identities each",
        f"≥ {GOAL} MB/s",
        f"{speed:.0f} MB/s",
        speed >= GOAL,
        floor=f"reading alone {floor:.0f} MB/s",
        ratio=floor / speed,
    )


def _nobody(person: int) -> Step:
    raise AssertionError(f"no row is mapped, so nobody is asked about: {person}")


def _by_hand(path: Path) -> float:
    """Read the same fields of the same rows, with nothing around it; seconds."""
    start = perf_counter()
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute(f"SELECT {_COLUMNS} FROM tickets")
        while rows.fetchmany(1000):
            pass
    return perf_counter() - start


def _needles(people: int) -> Iterator[Needle]:
    """Yield identities like those in the texts, of nobody who is in them."""
    for person in range(people):
        yield Needle(person, "email", f"gone.{person}@example.com")
        yield Needle(person, "phone", str(33_100_000_000 + person * 7919))
        yield Needle(person, "account:crm", f"D-{person:06}")


def _filled(path: Path) -> float:
    """Fill a table that looks like a help desk's; return its text in megabytes."""
    dice = random.Random(7)  # noqa: S311 (a made-up help desk)
    words = ["".join(dice.choices("abcdefghijklmnopqrstuvwxyz", k=n % 9 + 2)) for n in range(3000)]
    bodies = [_text(dice, words, 100) for _ in range(3000)]
    rows = (
        (
            _email(n),
            " ".join(dice.choices(words, k=8)),
            dice.choice(bodies),
            f'{{"agent": {n % 50}, "tags": ["open", "mail"], "ip": "10.0.0.{n % 255}"}}',
        )
        for n in range(_ROWS)
    )
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(_TABLE)
        database.executemany(f"INSERT INTO tickets ({_COLUMNS}) VALUES (?, ?, ?, ?)", rows)
        lengths = " + ".join(f"length({each})" for each in _COLUMNS.split(", "))
        (octets,) = database.execute(f"SELECT sum({lengths}) FROM tickets").fetchone()
    return int(octets) / _MEGABYTE


def _text(dice: random.Random, words: list[str], length: int) -> str:
    """Return a text with what is met in one: addresses, telephones, numbers, dates."""
    odd = (
        lambda n: _email(10**7 + n),
        lambda n: f"+44 20 {n // 10**4:04} {n % 10**4:04}",
        lambda n: f"C-{n:08}",
        lambda n: f"2026-07-{n % 28 + 1:02} 12:{n % 60:02}",
    )
    found = dice.choices(words, k=length)
    for at in range(0, length, 16):
        found[at] = dice.choice(odd)(dice.randrange(10**8))
    return " ".join(found)


def _email(number: int) -> str:
    return f"person.{number}@{('example.com', 'mail.example.org')[number % 2]}"
