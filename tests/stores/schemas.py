"""Schemas with people in them, described once: tables, the map of them, and whose each row is."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from upheld.model import Act, Bond, Type

if TYPE_CHECKING:
    from collections.abc import Iterator

Value = int | str | date | None


@dataclass(frozen=True)
class Column:
    """A column; `keyed` is part of a key or points at one, which some servers must know."""

    name: str
    type: Type
    nullable: bool = True
    keyed: bool = False
    unique: bool = False


@dataclass(frozen=True)
class Link:
    """A foreign key; without a bond it is in the catalogue and not in the map."""

    name: str
    to: str
    onto: tuple[tuple[str, Type], ...]
    bond: Bond | None
    nullable: bool
    in_key: bool = False
    on_delete: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(f"{self.name}_{part}" for part, _ in self.onto)

    @property
    def columns(self) -> Iterator[Column]:
        for name, (_, kind) in zip(self.names, self.onto, strict=True):
            yield Column(name, kind, self.nullable, keyed=True)


@dataclass(frozen=True)
class Mail:
    """A column with somebody's e-mail, or with their telephone."""

    name: str
    bond: Bond
    nullable: bool
    kind: str = "email"

    @property
    def act(self) -> Act:
        return Act.BLANK if self.nullable else Act.REPLACE


@dataclass(frozen=True)
class Table:
    """A table: how its rows are named, whom they concern, and what becomes of them."""

    name: str
    own: tuple[tuple[str, Type], ...]
    stays: bool = False
    person: bool = False
    personal: bool = True
    links: tuple[Link, ...] = ()
    mails: tuple[Mail, ...] = ()
    act: Act = Act.REDACT
    unique: tuple[tuple[str, ...], ...] = ()

    @property
    def key(self) -> tuple[tuple[str, Type], ...]:
        led = ((c.name, c.type) for each in self.links if each.in_key for c in each.columns)
        return (*led, *self.own)

    @property
    def shared(self) -> bool:
        return bool(self.sides)

    @property
    def columns(self) -> Iterator[Column]:
        for name, kind in self.own:
            yield Column(name, kind, nullable=False, keyed=True)
        for link in self.links:
            yield from link.columns
        for mail in self.mails:
            unique = self.person and mail.bond is Bond.ABOUT
            yield Column(mail.name, Type.TEXT, mail.nullable, keyed=True, unique=unique)
        for side in self.sides:
            yield Column(f"said_{side}", Type.TEXT)
        if self.person:
            yield Column("full_name", Type.TEXT)
            yield Column("born", Type.DATE)
        if self.personal:
            yield Column("words", Type.TEXT)

    @property
    def sides(self) -> tuple[str, ...]:
        return tuple(each.name for each in self.ways if each.bond is Bond.SHARED)

    @property
    def ways(self) -> tuple[Link | Mail, ...]:
        return (*self.links, *self.mails)


@dataclass
class Row:
    """A row: what it holds, whose it is, whom else it names, and whose its sides are."""

    values: dict[str, Value] = field(default_factory=dict)
    owner: int | None = None
    names: dict[str, int | None] = field(default_factory=dict)
    sides: dict[str, int | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Town:
    """Tables, people, and the rows of each table."""

    tables: tuple[Table, ...]
    people: int
    rows: dict[str, list[Row]]

    def table(self, name: str) -> Table:
        """Return the table of a name."""
        return next(each for each in self.tables if each.name == name)

    def key(self, name: str, row: Row) -> tuple[object, ...]:
        return tuple(row.values[part] for part, _ in self.table(name).key)

    @property
    def collections(self) -> str:
        return "".join(_mapped(each, self) for each in self.tables)


def email(person: int) -> str:
    return f"u{person}@example.com"


def phone(person: int) -> str:
    return f"+44 20 7946 0{person:03}"


def written(mail: Mail, person: int) -> tuple[str, ...]:
    """Return the ways in which a column may hold somebody's identity."""
    if mail.kind == "email":
        return email(person), email(person).upper()
    return phone(person), f"+44 (20) 7946-0{person:03}", f"442079460{person:03}"


def full_name(person: int) -> str:
    return f"Nora{person} Kestrel{person}"


def _mapped(table: Table, town: Town) -> str:
    if not table.personal:
        return f"  {table.name}: not personal\n"
    ways = "".join(f"      - {{{each}}}\n" for each in _ways(table))
    fields = "".join(f"      {name}: {{{said}}}\n" for name, said in _fields(table, town))
    return (
        f"  {table.name}:\n    key: [{', '.join(name for name, _ in table.key)}]\n"
        f"    person: {'yes' if table.person else 'no'}\n    people:\n{ways}"
        f"    erase: {'fields' if table.stays else 'row'}\n    fields:\n{fields}"
    )


def _ways(table: Table) -> Iterator[str]:
    for mail in table.mails:
        yield f"match: {mail.name}, identity: {mail.kind}, is: {mail.bond}"
    for link in table.links:
        if link.bond is not None:
            yield f"follow: [{', '.join(link.names)}], to: {link.to}, is: {link.bond}"


def _fields(table: Table, town: Town) -> Iterator[tuple[str, str]]:
    for mail in table.mails:
        yield mail.name, f"category: contact, identity: {mail.kind}, erase: {mail.act}"
    for link in table.links:
        if table.stays and link.nullable and not town.table(link.to).stays:
            for name in link.names:
                yield name, "category: none, erase: blank"
    for way in table.ways:
        if way.bond is Bond.SHARED:
            of = ", ".join(way.names) if isinstance(way, Link) else way.name
            yield f"said_{way.name}", f"category: contact, erase: blank, of: [{of}]"
    if table.person:
        yield "full_name", "category: contact, identity: name, erase: blank"
        yield "born", "category: contact, erase: anonymise"
    yield "words", f"category: contact, erase: {table.act}"
