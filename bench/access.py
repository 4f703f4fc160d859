"""Answering the access of a person with 200,000 rows: memory, in a process of its own.

Run as `python -m bench.access FOLDER` it answers, and prints what that took as JSON.
"""

from __future__ import annotations

import csv
import json
import resource
import sqlite3
import sys
import zipfile
from io import TextIOWrapper
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, TypedDict

from bench.apart import python
from bench.company import DATABASE, OFFICER, company
from bench.figures import Figure
from bench.shop import COPIED, LARGE, TABLES
from upheld.app import Upheld
from upheld.model import Right, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

GOAL = 60
_ROWS = 200_000


class Taken(TypedDict):
    """What an answer took: memory before it and at its highest (MB), seconds, and its rows."""

    idle: float
    peak: float
    seconds: float
    rows: int
    answer: str


def figures(say: Callable[[str], None]) -> Iterator[Figure]:
    """Measure; `say` is told the parts of each figure."""
    with company(COPIED) as folder:
        taken = apart(folder)
        found = rows_in(Path(taken["answer"]))
        assert found == taken["rows"] == _ROWS, f"{found} rows in the answer"
        floor = _by_hand(folder)
    above = taken["peak"] - taken["idle"]
    say(f"access: {taken['idle']:.0f} MB idle, {taken['peak']:.0f} MB at the highest")
    yield Figure(
        f"access of {_ROWS:,} rows: memory above idle",
        f"≤ {GOAL} MB",
        f"{above:.0f} MB",
        above <= GOAL,
        floor=f"idle {taken['idle']:.0f} MB",
        ratio=taken["peak"] / taken["idle"],
    )
    yield Figure(
        f"access of {_ROWS:,} rows: request to zip",
        "",
        f"{taken['seconds']:.1f} s",
        None,
        floor=f"CSV and JSON by hand {floor:.1f} s",
        ratio=taken["seconds"] / floor,
    )


def apart(folder: Path, email: str = LARGE) -> Taken:
    """Answer in a new process, whose memory nothing else has touched."""
    python("-c", "import bench.access")  # writes bytecode
    taken: Taken = json.loads(python("-m", "bench.access", str(folder), email))
    return taken


def _answer(folder: Path, email: str) -> Taken:
    with Upheld.open(folder) as upheld:
        idle, start = _memory("VmRSS"), perf_counter()
        id = upheld.open_request(Right.ACCESS, [f"email={email}"]).id
        upheld.plan(id)
        upheld.sign(id, folder / OFFICER)
        request = upheld.apply(id)
        seconds = perf_counter() - start
        assert request.state is State.CLOSED, f"{id} is {request.state}"
        answer = str(upheld.company.answers / f"{id}.zip")
        peak = _memory("VmHWM")
        return Taken(idle=idle, peak=peak, seconds=seconds, rows=request.rows, answer=answer)


def _memory(name: str) -> float:
    """Return a figure of this process in MB: `VmRSS` as it is, `VmHWM` at its highest so far.

    The kernel's own account where there is one: `ru_maxrss` also counts what the parent had.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(each for each in status.read_text("utf-8").splitlines() if name in each)
        return int(line.split()[1]) / 1024
    highest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return highest / (1 << 20 if sys.platform == "darwin" else 1024)


def rows_in(answer: Path) -> int:
    """Count the records of an answer, in its CSV and again in its JSON."""
    with zipfile.ZipFile(answer) as archive:
        names = archive.namelist()
        tables = sum(_records(archive, name) for name in names if name.endswith(".csv"))
        lists = [name for name in names if name.startswith("data/") and name.endswith(".json")]
        objects = sum(len(json.loads(archive.read(name))) for name in lists)
    assert tables == objects, f"{tables} rows as CSV and {objects} as JSON"
    return tables


def _records(archive: zipfile.ZipFile, name: str) -> int:
    with TextIOWrapper(archive.open(name), encoding="utf-8", newline="") as lines:
        return sum(1 for _ in csv.reader(lines)) - 1


_MINE = {
    "customers": "email = :email",
    "order_items": "order_id IN (SELECT id FROM orders WHERE {})",
    "payments": "order_id IN (SELECT id FROM orders WHERE {})",
    "shipments": "order_id IN (SELECT id FROM orders WHERE {})",
    "ticket_messages": "ticket_id IN (SELECT id FROM tickets WHERE {})",
}
_OWNED = "customer_id = (SELECT id FROM customers WHERE email = :email)"


def _by_hand(folder: Path) -> float:
    """Write the same rows as CSV and JSON into a zip, with nothing around it; seconds."""
    start = perf_counter()
    database = sqlite3.connect(folder / DATABASE)
    with zipfile.ZipFile(folder / "by-hand.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name in TABLES:
            where = _MINE.get(name, "{}").format(_OWNED)
            query = f"SELECT * FROM {name} WHERE {where} ORDER BY id"
            rows = database.execute(query, {"email": LARGE})
            columns = [each[0] for each in rows.description]
            with TextIOWrapper(archive.open(f"{name}.csv", "w"), "utf-8", newline="") as stream:
                csv.writer(stream).writerows(rows)
            rows = database.execute(query, {"email": LARGE})
            with TextIOWrapper(archive.open(f"{name}.json", "w"), "utf-8") as stream:
                for row in rows:
                    stream.write(json.dumps(dict(zip(columns, row, strict=True))) + "\n")
    database.close()
    return perf_counter() - start


if __name__ == "__main__":
    print(json.dumps(_answer(Path(sys.argv[1]), sys.argv[2])))
