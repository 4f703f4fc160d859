"""Made-up rows of `service.sqlite`: what customers order, are sent, and ask; pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from upheld.demo.cast import ASKER

if TYPE_CHECKING:
    from upheld.demo.cast import Cast, Person
    from upheld.demo.dice import Dice
    from upheld.demo.rows import Records, Row

_KINDS = ("balance", "caliper", "hygrometer", "manometer", "thermometer", "torque wrench")
_SUBJECTS = ("Certificate missing", "Return by Friday", "Wrong serial number", "New quote")
_AGENTS = 25
_YEAR = 365
_ASKERS_ORDERS = (40, 200, 700, 1500, 11 * _YEAR + 20, 11 * _YEAR + 200)
"""How many days ago she ordered: four invoices are still kept, two are older than ten years."""


@dataclass(slots=True)
class _Books:
    """The tables, as they fill."""

    cast: Cast
    dice: Dice
    instruments: list[Row] = field(default_factory=list)
    orders: list[Row] = field(default_factory=list)
    certificates: list[Row] = field(default_factory=list)
    invoices: list[Row] = field(default_factory=list)
    invoice_lines: list[Row] = field(default_factory=list)
    tickets: list[Row] = field(default_factory=list)
    ticket_messages: list[Row] = field(default_factory=list)


def service(cast: Cast, dice: Dice) -> Records:
    """Return the rows of each table, whatever points after what it points at."""
    books = _Books(cast, dice)
    for id, _ in enumerate(cast.organisations, start=1):
        for _ in range(dice.number(3, 9)):
            _instrument(books, id)
    for days in _ASKERS_ORDERS:
        _order(books, ASKER, dice.ago(days))
    _ticket(books, ASKER, cookie=None)
    _ticket(books, ASKER, cookie=ASKER.cookies[0])
    for person in cast.others:
        _history(books, person)
    return {
        "agents": [_agent(id) for id in range(1, _AGENTS + 1)],
        "instruments": books.instruments,
        "orders": books.orders,
        "certificates": books.certificates,
        "invoices": books.invoices,
        "invoice_lines": books.invoice_lines,
        "tickets": books.tickets,
        "ticket_messages": books.ticket_messages,
    }


def _agent(id: int) -> Row:
    return id, f"agent{id}@tarnwick.example", f"Agent Number-{id}"


def _instrument(books: _Books, organisation: int) -> None:
    dice, id = books.dice, len(books.instruments) + 1
    serial = f"SN{dice.number(10_000, 99_999)}"
    books.instruments.append((id, organisation, dice.one_of(_KINDS), serial))


def _history(books: _Books, person: Person) -> None:
    dice = books.dice
    for _ in range(dice.one_of((0, 1, 1, 2, 4))):
        _order(books, person, dice.day())
    if dice.happens(0.4):
        _ticket(books, person, cookie=None)
    if person.cookies and dice.happens(0.3):
        _ticket(books, person, cookie=person.cookies[0])


def _order(books: _Books, person: Person, day: str) -> None:
    """Add an order with what comes of it: mostly a certificate, always an invoice of two lines."""
    dice, id = books.dice, len(books.orders) + 1
    instrument = dice.number(1, len(books.instruments))
    cents = dice.number(40, 900) * 100
    note = f"ask for {person.name}, {person.phone or 'at the gate'}" if dice.happens(0.5) else None
    books.orders.append((id, person.number, instrument, day, note, cents))
    if person is ASKER or dice.happens(0.75):
        _certificate(books, person, (id, instrument, day))
    _invoice(books, person, day, cents)


def _certificate(books: _Books, person: Person, order: tuple[int, int, str]) -> None:
    dice, others = books.dice, books.cast.others
    witnessed = not books.certificates or dice.happens(0.3)  # hers is the first, and shared
    witness = dice.one_of(others) if witnessed else None
    witness = witness if witness is not person else None
    remarks = f"adjusted with {person.name} present" if dice.happens(0.3) else None
    signed = (person.number, person.name)
    seen = (witness.number, witness.name) if witness else (None, None)
    books.certificates.append((len(books.certificates) + 1, *order, *signed, *seen, remarks))


def _invoice(books: _Books, person: Person, day: str, cents: int) -> None:
    dice, id = books.dice, len(books.invoices) + 1
    alone = person is not ASKER and dice.happens(0.1)  # a sole trader is their own company
    billed = person.name if alone else books.cast.organisations[person.organisation - 1]
    card = f"tok_{dice.token()}" if dice.happens(0.5) else None
    books.invoices.append((id, person.number, day, billed, person.name, card, cents))
    for share, words in ((cents * 4 // 5, "calibration"), (cents - cents * 4 // 5, "transport")):
        books.invoice_lines.append((len(books.invoice_lines) + 1, id, words, share))


def _ticket(books: _Books, person: Person, *, cookie: str | None) -> None:
    """Add a conversation; a chat begun before signing in knows only the cookie."""
    dice, id = books.dice, len(books.tickets) + 1
    number = None if cookie else person.number
    agent, day, subject = dice.number(1, _AGENTS), dice.day(), dice.one_of(_SUBJECTS)
    books.tickets.append((id, number, cookie, agent, subject, day))
    said = (
        (None, f"Hello, {person.name} here. Write to {person.email}, or call {person.phone}."),
        (agent, f"Dear {person.name}, we have found it and come back to you."),
        (None, "Thank you."),
    )
    for author, words in said:
        books.ticket_messages.append((len(books.ticket_messages) + 1, id, author, words, day))
