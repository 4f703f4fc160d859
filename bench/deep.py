"""A deep look-back: megabytes of text a second, beside reading the same rows and nothing else.

Everything happens in one process, so its own time on the processor is what is measured.
"""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time
from typing import TYPE_CHECKING
from urllib.parse import quote

from bench.figures import Figure
from bench.shop import BUILD
from upheld.conformance.world import TODAY, policy
from upheld.datamap.parse import parse_store
from upheld.datamap.plan import answering, erasures
from upheld.model import Closure, Regime, Right, Step
from upheld.model.searching import Needle
from upheld.stores.sql import SqlStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

GOAL = 50
_ESCAPED: Mapping[str, Callable[[str], str]] = {
    "URLs": partial(quote, safe=" "),
    "mail": lambda text: text.replace("=", "=3D").replace("@", "=40"),
}
_MEGABYTE = 1_000_000
_ROWS = 150_000
_TIMES = 5
_MANY = (1_000, 10_000)
_HITS = _ROWS // 50
_TABLES = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT);
CREATE INDEX customers_email ON customers (lower(email));
CREATE TABLE tickets (id INTEGER PRIMARY KEY, customer INTEGER, closed DATE, mail TEXT,
  subject TEXT, body TEXT, meta JSON);
"""
_COLUMNS = "mail, subject, body, meta"
_UNMAPPED = "kind: sql\nurl: sqlite:///deep.sqlite\ncollections: {}\n"
_MAP = """\
kind: sql
url: sqlite:///deep.sqlite
collections:
  customers:
    key: id
    person: yes
    people: [{match: email, identity: email, is: about}]
    erase: fields
    fields: {id: none, email: {category: contact, identity: email}}
  tickets:
    key: id
    people: [{follow: customer, to: customers, is: about}]
    keep: {under: retain.legal-tax, from: closed}
    fields: {id: none, customer: none, closed: none, mail: contact, subject: contact,
      body: contact, meta: contact}
"""


def figures(say: Callable[[str], None]) -> Iterator[Figure]:
    """Measure; `say` is told the parts of each figure."""
    BUILD.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=BUILD) as name:
        path = Path(name) / "deep.sqlite"
        size = _filled(path)
        say(f"deep: {size:.0f} MB of text in {_ROWS:,} rows")
        for people in _MANY:
            yield _of_one(path, size, people)
        yield _of_many(path, size, _MANY[-1])
        for how, escaped in _ESCAPED.items():
            there = path.with_name(f"{how}.sqlite")
            yield _of_one(there, _filled(there, escaped), _MANY[0], how)


def _of_one(path: Path, size: float, people: int, how: str = "") -> Figure:
    """Search for people of whom one stands in the texts, once, in a table nobody mapped."""
    store = SqlStore(parse_store(_UNMAPPED, "stores/deep.yaml"), f"sqlite:///{path}")
    needles = [*_needles(people), Needle(people, "email", _email(_ROWS - 1))]
    what = f"deep look-back for {people:,} people, three identities each"
    what += f", every text escaped as in {how}" if how else ""
    goal = None if how else GOAL
    return _figure(path, size, what, partial(_searched, store, needles, _nobody), 1, goal)


def _of_many(path: Path, size: float, people: int) -> Figure:
    """Search for people of whom many stand in rows that a ground keeps: one row in fifty."""
    store = SqlStore(mapped := parse_store(_MAP, "stores/deep.yaml"), f"sqlite:///{path}")
    found = [Needle(people + n, "email", _email(n * 50)) for n in range(_HITS)]
    needles = [*_needles(people - _HITS), *found]
    clauses = answering(policy(), Right.ERASE, Regime.NONE)
    what = erasures(policy(), mapped, store.schema(), clauses=clauses, today=TODAY)

    def step(person: int) -> Step:
        row = (person - people) * 50
        given = {"email": frozenset({_email(row)})}
        closure = Closure(given, given, {"customers": frozenset({(row + 1,)})})
        return Step(f"R-{person}/deep", Right.ERASE, closure, what, bytes(32), TODAY)

    words = f"the same for {people:,}, {_HITS:,} of them in rows that are kept"
    return _figure(path, size, words, partial(_searched, store, needles, step), _HITS, None)


def _searched(store: SqlStore, needles: list[Needle], step: Callable[[int], Step]) -> int:
    return sum(hit.rows for hit in store.search(needles, step))


def _figure(  # noqa: PLR0913, PLR0917 (what is searched, and what it must come to)
    path: Path, size: float, what: str, search: Callable[[], int], hits: int, goal: int | None
) -> Figure:
    taken, floors = [], []
    for _ in range(_TIMES):
        start = process_time()
        found = search()
        taken.append(process_time() - start)
        assert found == hits, found
        floors.append(_by_hand(path))
    speed, floor = size / median(taken), size / median(floors)
    return Figure(
        what,
        f"≥ {goal} MB/s" if goal else "",
        f"{speed:.0f} MB/s",
        speed >= goal if goal else None,
        floor=f"reading alone {floor:.0f} MB/s",
        ratio=floor / speed,
    )


def _nobody(person: int) -> Step:
    raise AssertionError(f"no row is mapped, so nobody is asked about: {person}")


def _by_hand(path: Path) -> float:
    """Read the same fields of the same rows, with nothing around it; seconds."""
    start = process_time()
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute(f"SELECT {_COLUMNS} FROM tickets")
        while rows.fetchmany(1000):
            pass
    return process_time() - start


def _needles(people: int) -> Iterator[Needle]:
    """Yield identities like those in the texts, of nobody who is in them."""
    for person in range(people):
        yield Needle(person, "email", f"gone.{person}@example.com")
        yield Needle(person, "phone", str(33_100_000_000 + person * 7919))
        yield Needle(person, "account:crm", f"D-{person:06}")


def _filled(path: Path, escaped: Callable[[str], str] = str) -> float:
    """Fill a table that looks like a help desk's; return its text in megabytes."""
    dice = random.Random(7)  # noqa: S311 (a made-up help desk)
    words = ["".join(dice.choices("abcdefghijklmnopqrstuvwxyz", k=n % 9 + 2)) for n in range(3000)]
    bodies = [escaped(_text(dice, words, 100)) for _ in range(3000)]
    rows = (
        (
            escaped(_email(n)),
            " ".join(dice.choices(words, k=8)),
            dice.choice(bodies),
            f'{{"agent": {n % 50}, "tags": ["open", "mail"], "ip": "10.0.0.{n % 255}"}}',
        )
        for n in range(_ROWS)
    )
    with closing(sqlite3.connect(path)) as database, database:
        database.executescript(_TABLES)
        into = f"INSERT INTO tickets ({_COLUMNS}) VALUES (?, ?, ?, ?)"
        database.executemany(into, rows)
        database.execute("UPDATE tickets SET customer = id, closed = '2026-01-01'")
        database.execute("INSERT INTO customers (id) SELECT id FROM tickets")
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
