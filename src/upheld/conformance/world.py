"""The hostile world every store is tested in: a person, their household, and names that bite."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from upheld.model import (
    Clause,
    Column,
    Force,
    Key,
    Kind,
    Policy,
    Reference,
    Right,
    Schedule,
    Table,
    Type,
)

TODAY = date(2026, 7, 1)
"""The day it is in the world."""

PEOPLE = 'Person of "Record"'
ORDERS = "order"
ITEMS = "order item's"
INVOICES = "Rechnungsbelege für Käufer"
MESSAGES = "ノート"
TEAMS = "group"
LOG = "100%_log"
GENRES = "genre"

EMAIL = "o'brien_100%+kestrel@example.com"
PHONE = "+44 (0)7000 123456"
NAME = 'Ada "Ω" O\'Brien \u202e\u05dd\u05d9\u05e8\u05de\u202c \N{GRINNING FACE} Kestrel-Canary'

HOSTILE = (
    "%",
    "___",
    "' OR 1=1 --",
    '"; DROP TABLE genre; --',
    "{}[]$.key",
    "\u202egnirts \u05d0\u05d1\u05d2",
    "x" * 320,
    "\N{GRINNING FACE}",
    "NULL",
    "0",
    "99999999999999999999999999",
)
"""Identities that nobody in the world has, whatever a database makes of them."""


@dataclass(frozen=True, slots=True)
class World:
    """Tables with rows, the map of them, and what is known beforehand of one person in them.

    `hers` are the keys of rows that concern her, by table; `kept` those of them that an erasure
    leaves byte for byte; `tokens` are texts that nothing may hold after an erasure, `canaries`
    these and the ones in kept rows; `late` is a row of hers that arrives afterwards.
    """

    tables: tuple[Table, ...]
    rows: Mapping[str, tuple[Key, ...]]
    collections: str
    given: Mapping[str, str]
    hers: Mapping[str, frozenset[Key]]
    kept: Mapping[str, frozenset[Key]]
    tokens: tuple[str, ...]
    late: tuple[str, Key]
    bystanders_own: tuple[str, Key]

    @property
    def canaries(self) -> tuple[str, ...]:
        """Every text of hers that no message may hold."""
        return (*self.tokens, _KEPT, NAME, PHONE, EMAIL)

    def key(self, table: str, row: Key) -> Key:
        """Return the key of a row."""
        shape = next(each for each in self.tables if each.name == table)
        names = [column.name for column in shape.columns]
        return tuple(row[names.index(name)] for name in shape.key)


def _canary(place: str) -> str:
    """Return a text that stands nowhere else: a token, a NUL, and four hundred letters."""
    return f"canary-{place}-7431\0 % ___ '{'z' * 400}"


_KEPT = "canary-kept-7431"
_TOKENS = (
    EMAIL,
    "Kestrel-Canary",
    *(f"canary-{place}-7431" for place in ("order", "item", "invoice", "said", "heard", "log")),
)


def _table(name: str, columns: tuple[Column, ...], *, key: tuple[str, ...], **to: str) -> Table:
    references = tuple(Reference((column,), target, ("id",)) for column, target in to.items())
    return Table(
        name=name,
        columns=columns,
        key=key,
        references=references,
        indexes=(key,),
        unique=(key,),
        checks=(),
        triggers=(),
    )


def _number(name: str, *, nullable: bool = False) -> Column:
    return Column(name, Type.NUMBER, nullable)


def _text(name: str, *, nullable: bool = True) -> Column:
    return Column(name, Type.TEXT, nullable)


def _day(name: str) -> Column:
    return Column(name, Type.DATE, nullable=True)


_ID = ("id",)
_TABLES = (
    _table(
        PEOPLE,
        (
            _number("id"),
            _text("e-mail", nullable=False),
            _text("select"),
            _text("Telefon Nr."),
            _day("geburtsDatum"),
            _text("Straße"),
            _text("notes%"),
            _text("cookie"),
        ),
        key=_ID,
    ),
    _table(
        ORDERS, (_number("id"), _number("customerId"), _text("group")), key=_ID, customerId=PEOPLE
    ),
    _table(
        ITEMS,
        (_number("orderId"), _number("line no"), _text('"engraving"')),
        key=("orderId", "line no"),
        orderId=ORDERS,
    ),
    replace(
        _table(
            INVOICES,
            (_number("id"), _number("personId"), _day("issued"), _text("billing `name`")),
            key=_ID,
            personId=PEOPLE,
        ),
        checks=("id > 0",),
    ),
    _table(
        MESSAGES,
        (
            _number("id"),
            _number("from_id", nullable=True),
            _number("to_id", nullable=True),
            _text("from_note"),
            _text("to_note"),
            _text("body"),
        ),
        key=_ID,
        from_id=PEOPLE,
        to_id=PEOPLE,
    ),
    _table(
        TEAMS,
        (_number("id"), _number("owner", nullable=True), _text("title")),
        key=_ID,
        owner=PEOPLE,
    ),
    _table(
        LOG,
        (_text("at", nullable=False), _text("session", nullable=False), _text("line")),
        key=("at", "session"),
    ),
    _table(GENRES, (_number("id"), _text("name")), key=_ID),
)

_STREET = "1 Shared Street \N{HOUSE BUILDING}"
_ROWS: Mapping[str, tuple[Key, ...]] = {
    PEOPLE: (
        (
            *(1, EMAIL.title(), NAME, PHONE, "1970-05-06", _STREET),
            f"wrote as {EMAIL.upper()}, rang from 44-(0)-7000/123456. {NAME}!",
            "ADA",
        ),
        (2, "bob@example.com", "Bob O'Brien", PHONE, "1971-01-01", _STREET, f"on {PHONE}", "ada"),
        (3, "o'brien-100abc+kestrel@example.com", "%", None, None, "___", "", "AD_"),
        (4, "brien_100%+kestrel@example.com", "NULL", "", None, None, "a\0b", ""),
    ),
    ORDERS: (
        *((10, 1, _canary("order")), (11, 1, None)),
        *((20, 2, "for Bob"), (30, 3, "%")),
    ),
    ITEMS: ((10, 1, _canary("item")), (10, 2, ""), (20, 1, "for Bob"), (30, 1, "___")),
    INVOICES: (
        *((1, 1, "2024-02-29", _KEPT), (2, 1, "2001-03-01", _canary("invoice"))),
        *((3, 2, "2024-03-01", "Bob O'Brien"), (4, 2, "2001-03-01", "Bob O'Brien")),
    ),
    MESSAGES: (
        (1, 1, 2, _canary("said"), "Bob's own", f"hi, {EMAIL} here"),
        (2, 2, 1, "Bob's own", _canary("heard"), f"dear <{EMAIL}>"),
        (3, 1, 1, _canary("said"), _canary("heard"), "to myself"),
        (4, 1, None, _canary("said"), None, None),
        (5, 2, 3, "Bob's own", "%", "not about her"),
        (6, None, None, None, None, ""),
    ),
    TEAMS: ((1, 1, f"friends of {EMAIL}"), (2, 2, "friends of Bob"), (3, None, None)),
    LOG: (
        *(("2026-01-01", "ADA", _canary("log")), ("2026-01-01", "ada", "Bob's")),
        *(("2026-01-02", "AD_", "%"), ("2026-01-03", "", "nobody's")),
    ),
    GENRES: ((1, "Jazz"), (2, "0x00")),
}

_COLLECTIONS = """\
collections:
  'Person of "Record"':
    key: id
    person: yes
    people:
      - {match: e-mail, identity: email, is: about}
      - {match: id, identity: "account:town", is: about}
    erase: fields
    fields:
      id: {category: account, identity: "account:town", erase: leave}
      e-mail: {category: contact, identity: email, erase: replace}
      select: {category: contact, identity: name}
      Telefon Nr.: {category: contact, identity: phone}
      geburtsDatum: {category: demographic, erase: anonymise}
      Straße: contact
      "notes%": {category: contact, erase: redact}
      cookie: {category: network_activity, identity: "cookie:town"}
  order:
    key: id
    people: [{follow: customerId, to: 'Person of "Record"', is: about}]
    fields: {id: none, customerId: none, group: commercial}
  "order item's":
    key: [orderId, line no]
    people: [{follow: orderId, to: order, is: about}]
    fields: {orderId: none, line no: none, '"engraving"': commercial}
  Rechnungsbelege für Käufer:
    key: id
    people: [{follow: personId, to: 'Person of "Record"', is: about}]
    keep: {under: retain.legal-tax, from: issued}
    fields: {id: none, personId: none, issued: financial, billing `name`: financial}
  ノート:
    key: id
    people:
      - {follow: from_id, to: 'Person of "Record"', is: shared}
      - {follow: to_id, to: 'Person of "Record"', is: shared}
    fields:
      id: none
      from_id: none
      to_id: none
      from_note: {category: contact, of: from_id}
      to_note: {category: contact, of: to_id}
      body: {category: contact, erase: redact}
  group:
    key: id
    people: [{follow: owner, to: 'Person of "Record"', is: mentions}]
    fields: {id: none, owner: none, title: {category: contact, erase: redact}}
  "100%_log":
    key: [at, session]
    people: [{match: session, identity: "cookie:town", is: about}]
    fields: {at: none, session: network_activity, line: network_activity}
  genre: not personal
"""


def hostile_world() -> World:
    """Return the world, made anew."""
    return World(
        tables=_TABLES,
        rows=_ROWS,
        collections=_COLLECTIONS,
        given={"email": EMAIL},
        hers={
            PEOPLE: frozenset({(1,)}),
            ORDERS: frozenset({(10,), (11,)}),
            ITEMS: frozenset({(10, 1), (10, 2)}),
            INVOICES: frozenset({(1,), (2,)}),
            MESSAGES: frozenset({(1,), (2,), (3,), (4,)}),
            TEAMS: frozenset({(1,)}),
            LOG: frozenset({("2026-01-01", "ADA")}),
        },
        kept={INVOICES: frozenset({(1,)})},
        tokens=_TOKENS,
        late=(ORDERS, (12, 1, _canary("order"))),
        bystanders_own=(ORDERS, (21, 2, "another one for Bob")),
    )


def policy() -> Policy:
    """Return a policy that promises erasure, and keeps invoices to the end of the tenth year."""
    erase = Clause("right.delete", Kind.ANSWER, (Right.ERASE,), Force.PROMISE, "", "", 1)
    keep = Clause(
        id="retain.legal-tax",
        kind=Kind.KEEP,
        what=("financial",),
        force=Force.PERMISSION,
        text="",
        check="",
        line=2,
        ground="legal-tax",
        schedule=Schedule(10, from_year_end=True),
    )
    return Policy("", "", "", TODAY, {}, {}, {}, (erase, keep), "0" * 64)
