"""The log's figures: durable entries, verified entries, proofs, bytes; `python -m bench.log`."""

from __future__ import annotations

import random
import sqlite3
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from hashlib import sha256
from itertools import islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING

from bench.figures import Figure, missed, table
from upheld.evidence import merkle, notes, verify
from upheld.evidence.home import SqlHome
from upheld.evidence.keys import Keys

if TYPE_CHECKING:
    from upheld.model import Entry, Json

ENTRIES = 1_000_000
BATCH = 1000
PROOFS = 1000


class Seen:
    """A view as cheap as views get: per request, its last entry."""

    name = "seen"

    def key(self, entry: Entry) -> str | None:
        """Return the request."""
        return str(entry.body["request"]) if "request" in entry.body else None

    def step(self, state: str | None, index: int, entry: Entry) -> str:
        """Return the index."""
        del state, entry
        return str(index)


def figures(entries: int = ENTRIES) -> tuple[Figure, ...]:
    """Measure everything on one new home with so many entries."""
    with TemporaryDirectory(dir=_disk()) as folder:
        file = Path(folder) / "home.sqlite"
        keys = Keys(b"h" * 32, b"w" * 32, b"l" * 32)
        home = SqlHome.create(
            f"sqlite:///{file}", keys, origin="bench.example", clock=_clock, folds=[Seen()]
        )
        wrote = _appended(home, entries)
        floor = _appended_by_hand(Path(folder) / "floor.sqlite", entries)
        home.close()
        checked, read = _verified(file), _hashed_by_hand(file)
        home = SqlHome.open(
            f"sqlite:///{file}", keys, origin="bench.example", clock=_clock, folds=[Seen()]
        )
        proofs = _proofs(home)
        home.close()
        leaves = sum(len(leaf) for leaf in islice(_leaves(), entries))
        return (
            _rate("log: durable entries, batches of 1,000", 10_000, wrote, floor),
            _rate("log: entries verified", 200_000, checked, read),
            _proof("median", median(proofs)),
            _proof("worst of 1,000", max(proofs)),
            _bytes(file.stat().st_size / entries, leaves / entries),
        )


def main() -> int:
    """Print the figures."""
    found = figures(int(sys.argv[1]) if len(sys.argv) > 1 else ENTRIES)
    print("\n".join([table(found), *missed(found)]))
    return 0


def _clock() -> datetime:
    return datetime(2026, 7, 1, 12, tzinfo=UTC)


def _disk() -> Path:
    """Return a folder on the disk the code is on; `/tmp` may be memory."""
    build = Path(__file__).parents[1] / "build"
    build.mkdir(exist_ok=True)
    return build


def _bodies() -> Iterator[tuple[str, dict[str, Json]]]:
    n = 0
    while True:
        n += 1
        yield "step.intended", {"request": f"R-{n // 4}", "step": f"R-{n // 4}/crm", "attempt": 1}


def _leaves() -> Iterator[bytes]:
    from upheld.evidence.entries import write_entry  # noqa: PLC0415 (only for the floor)

    return (write_entry(_clock(), kind, body) for kind, body in _bodies())


def _appended(home: SqlHome, entries: int) -> float:
    bodies = list(islice(_bodies(), entries))
    start = perf_counter()
    for at in range(0, entries, BATCH):
        with home.writing() as writing:
            for kind, body in bodies[at : at + BATCH]:
                writing.append(kind, body)
    return entries / (perf_counter() - start)


def _appended_by_hand(file: Path, entries: int) -> float:
    """Insert the same bytes in the same batches under the same settings, and no tree."""
    leaves = list(islice(_leaves(), entries))
    with closing(sqlite3.connect(file, isolation_level=None)) as bare:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON"):
            bare.execute(f"PRAGMA {pragma}")
        bare.execute("CREATE TABLE entry (n INTEGER PRIMARY KEY, leaf BLOB NOT NULL)")
        start = perf_counter()
        for at in range(0, entries, BATCH):
            bare.execute("BEGIN IMMEDIATE")
            rows = enumerate(leaves[at : at + BATCH], at)
            bare.executemany("INSERT INTO entry VALUES (?, ?)", rows)
            bare.execute("COMMIT")
        return entries / (perf_counter() - start)


def _verified(file: Path) -> float:
    start = perf_counter()
    size = verify.check(file).size
    return size / (perf_counter() - start)


def _hashed_by_hand(file: Path) -> float:
    """Read every entry and hash it once, with nothing to compare."""
    with closing(sqlite3.connect(file)) as bare:
        start = perf_counter()
        rows: Iterable[tuple[bytes]] = bare.execute("SELECT leaf FROM entry ORDER BY n")
        size = sum(1 for (leaf,) in rows if sha256(b"\0" + leaf).digest())
        return size / (perf_counter() - start)


def _proofs(home: SqlHome) -> list[float]:
    """Return milliseconds for each of a thousand proofs, each checked after.

    Each is made three times and the fastest counts: on a shared machine the slowest is the
    scheduler's.
    """
    head = notes.read(home.checkpoint(), home.verifier)
    dice, times = random.Random(1), list[float]()  # noqa: S311
    for _ in range(PROOFS):
        index = dice.randrange(head.size)
        tries = list[float]()
        for _ in range(3):
            start = perf_counter()
            home.inclusion(index, head.size)
            tries.append((perf_counter() - start) * 1000)
        times.append(min(tries))
        proof, leaf = home.inclusion(index, head.size), home.raw(index)
        assert merkle.inclusion_root(leaf, index, head.size, proof) == head.root
    return times


def _rate(what: str, goal: int, measured: float, floor: float) -> Figure:
    return Figure(
        what=what,
        goal=f"≥ {goal:,}/s",
        measured=f"{measured:,.0f}/s",
        ok=measured >= goal,
        floor=f"{floor:,.0f}/s",
        ratio=floor / measured,
    )


def _proof(which: str, measured: float) -> Figure:
    return Figure(
        what=f"log: inclusion proof, {which}",
        goal="≤ 1 ms",
        measured=f"{measured:.2f} ms",
        ok=measured <= 1,
    )


def _bytes(measured: float, floor: float) -> Figure:
    return Figure(
        what="log: bytes an entry, views and tiles included",
        goal="≤ 250",
        measured=f"{measured:.0f}",
        ok=measured <= 250,
        floor=f"{floor:.0f}",
        ratio=measured / floor,
    )


if __name__ == "__main__":
    sys.exit(main())
