"""Builds the shops that are measured: ten tables, and people who own a known number of rows."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain, count, cycle, islice
from pathlib import Path
from random import Random

HERE = Path(__file__).parent
BUILD = HERE.parent / "build" / "bench"
"""Where shops are kept once they are built; ignored by git."""

Share = Mapping[str, int]
"""How many rows of each table somebody owns, or a whole shop has."""

_Row = tuple[int | str, ...]

_PARENTS = {
    "addresses": "customers",
    "payment_methods": "customers",
    "orders": "customers",
    "tickets": "customers",
    "logins": "customers",
    "order_items": "orders",
    "payments": "orders",
    "shipments": "orders",
    "ticket_messages": "tickets",
}
TABLES = ("customers", *_PARENTS)

_SHARES = {
    "addresses": 300,
    "payment_methods": 200,
    "orders": 1600,
    "tickets": 400,
    "logins": 899,
    "order_items": 3200,
    "payments": 1600,
    "shipments": 1000,
    "ticket_messages": 800,
}
_TEN_THOUSAND = {"customers": 1, **_SHARES}
_HUNDRED = {
    "customers": 1,
    "addresses": 3,
    "payment_methods": 2,
    "orders": 16,
    "tickets": 4,
    "logins": 8,
    "order_items": 32,
    "payments": 16,
    "shipments": 10,
    "ticket_messages": 8,
}
_TWO_HUNDRED_THOUSAND = {
    "customers": 1,
    **{name: 20 * rows for name, rows in _SHARES.items()},
    "logins": 17_999,
}
_MILLION = {
    "customers": 50_000,
    "addresses": 80_000,
    "payment_methods": 60_000,
    "orders": 170_000,
    "tickets": 30_000,
    "logins": 40_000,
    "order_items": 280_000,
    "payments": 150_000,
    "shipments": 90_000,
    "ticket_messages": 50_000,
}
_MILLION_AND_ONE_LARGE_PERSON = {name: rows // 10 for name, rows in _MILLION.items()} | {
    name: _MILLION[name] // 10 + rows for name, rows in _TWO_HUNDRED_THOUSAND.items()
}


@dataclass(frozen=True, slots=True)
class Shop:
    """A shop: who owns how much of it; the rest is spread evenly over everybody else.

    `mixed`: rows lie in no order, as where thousands buy day by day; or else each person's rows lie
    side by side, as where everybody was imported once.
    """

    name: str
    people: Mapping[str, Share]
    totals: Share
    mixed: bool = False


WARM_UP = "s10k@example.com"
PAIRS = tuple(f"s10k{number}@example.com" for number in range(1, 6))
HUNDREDS = tuple(f"s100x{number}@example.com" for number in range(1, 7))
COUNTED = ("s100@example.com", "s10kb@example.com")
LARGE = "s200k@example.com"

_ERASED = {
    "s100@example.com": _HUNDRED,
    **dict.fromkeys(("s100b@example.com", *HUNDREDS), _HUNDRED),
    **dict.fromkeys((WARM_UP, "s10kb@example.com", *PAIRS), _TEN_THOUSAND),
}
SORTED = Shop("sorted", _ERASED, _MILLION)
MIXED = Shop("mixed", _ERASED, _MILLION, mixed=True)
"""One million rows; the people whose erasures are measured or counted."""

TENTH = Shop(
    "tenth",
    dict.fromkeys(HUNDREDS, _HUNDRED),
    {name: rows // 10 for name, rows in _MILLION.items()},
    mixed=True,
)
"""A shop of a tenth of that, with the same people of a hundred rows."""

COPIED = Shop("access", {LARGE: _TWO_HUNDRED_THOUSAND}, _MILLION_AND_ONE_LARGE_PERSON, mixed=True)
"""Three hundred thousand rows, two thirds of them of one person."""


def built(shop: Shop) -> Path:
    """Return the database of a shop, made now if this file or its schema has changed since."""
    words = Path(__file__).read_bytes() + (HERE / "shop.sql").read_bytes()
    path = BUILD / f"{shop.name}-{hashlib.sha256(words).hexdigest()[:12]}.sqlite"
    if not path.exists():
        BUILD.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.unlink(missing_ok=True)
        _fill(part, shop)
        for old in BUILD.glob(f"{shop.name}-*.sqlite"):
            old.unlink()
        part.replace(path)
    return path


def _fill(path: Path, shop: Shop) -> None:
    database = sqlite3.connect(path)
    database.executescript((HERE / "shop.sql").read_text("utf-8"))
    emails = chain(shop.people, (f"u{n}@example.com" for n in range(shop.totals["customers"])))
    _insert(database, "customers", islice(emails, shop.totals["customers"]))
    parents = {"customers": [[number] for number in range(1, len(shop.people) + 1)]}
    for name, parent in _PARENTS.items():
        owners = _owners(shop, name, parents[parent])
        _insert(database, name, owners)
        if name in _PARENTS.values():
            parents[name] = _owned(owners, len(shop.people))
        column = f"{parent.removesuffix('s')}_id"
        database.execute(f"CREATE INDEX {name}_{column} ON {name} ({column})")
    database.execute("ANALYZE")
    database.commit()
    database.close()


def _insert(database: sqlite3.Connection, name: str, owners: Iterable[int | str]) -> None:
    width = len(database.execute(f"PRAGMA table_info({name})").fetchall())
    places = ", ".join("?" * width)
    statement = f"INSERT INTO {name} VALUES ({places})"
    database.executemany(statement, map(_ROWS[name], count(1), owners))


def _owners(shop: Shop, name: str, parents: list[list[int]]) -> list[int]:
    """Return what each row hangs on: the people's own by turns on their parents, then the rest."""
    shares = zip(parents, shop.people.values(), strict=True)
    own = [of for mine, share in shares for of in islice(cycle(mine), share[name])]
    taken = {each for mine in parents for each in mine}
    others = cycle(n for n in range(1, shop.totals[_PARENTS[name]] + 1) if n not in taken)
    owners = [*own, *islice(others, shop.totals[name] - len(own))]
    if shop.mixed:
        Random(name).shuffle(owners)  # noqa: S311 (the same shop every time)
    return owners


def _owned(owners: list[int], people: int) -> list[list[int]]:
    """Return, for each of the people, the numbers of the rows that are theirs."""
    owned: list[list[int]] = [[] for _ in range(people)]
    for number, customer in enumerate(owners, 1):
        if customer <= people:
            owned[customer - 1].append(number)
    return owned


_START = datetime(2024, 1, 1, tzinfo=UTC)
_TIMES = tuple((_START + timedelta(days=day)).strftime("%Y-%m-%d %H:%M:%S") for day in range(700))


def _time(n: int) -> str:
    return _TIMES[n % len(_TIMES)]


_ROWS: Mapping[str, Callable[[int, int | str], _Row]] = {
    "customers": lambda n, email: (
        n,
        email,
        f"Name {n}",
        f"+4470000{n}",
        f"{1940 + n % 60}-05-06",
        _time(n),
    ),
    "addresses": lambda n, of: (n, of, f"{n} High St", "Town", f"PC{of}", "GB"),
    "payment_methods": lambda n, of: (n, of, f"Holder {of}", f"4111{of:012}", "12/30"),
    "orders": lambda n, of: (n, of, _time(n), f"c{of}@example.com", f"leave at door {of}", 1000),
    "tickets": lambda n, of: (n, of, f"help {of}", f"c{of}@example.com"),
    "logins": lambda n, of: (n, of, f"10.0.0.{n % 250}", f"Mozilla/5.0 {of}", _time(n)),
    "order_items": lambda n, of: (n, of, f"SKU{n % 999}", 1, f"for {of}"),
    "payments": lambda n, of: (n, of, f"Payer {of}", f"10.1.{n % 250}.9", 1000),
    "shipments": lambda n, of: (n, of, f"Recipient {of}", f"+44{of}", f"TRK{of}"),
    "ticket_messages": lambda n, of: (n, of, f"message body {of}", f"Author {of}"),
}
