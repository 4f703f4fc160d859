"""Random schemas with random people in them, the map of each, and how a database is made of it.

Everything is drawn so that an erasure has no reason to be refused: no row is about two people, and
what stays can be cut off from what goes.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from upheld.model import Act, Bond, Type

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Value = int | str | date | None
PEOPLE = "t0"
MOST_TABLES = 12


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

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(f"{self.name}_{part}" for part, _ in self.onto)

    @property
    def columns(self) -> Iterator[Column]:
        for name, (_, type) in zip(self.names, self.onto, strict=True):
            yield Column(name, type, self.nullable, keyed=True)


@dataclass(frozen=True)
class Mail:
    """A column with somebody's e-mail."""

    name: str
    bond: Bond
    nullable: bool

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

    @property
    def key(self) -> tuple[tuple[str, Type], ...]:
        led = ((c.name, c.type) for each in self.links if each.in_key for c in each.columns)
        return (*led, *self.own)

    @property
    def shared(self) -> bool:
        return any(each.bond is Bond.SHARED for each in (*self.links, *self.mails))

    @property
    def columns(self) -> Iterator[Column]:
        for name, type in self.own:
            yield Column(name, type, nullable=False, keyed=True)
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
        ways = (*self.links, *self.mails)
        return tuple(each.name for each in ways if each.bond is Bond.SHARED)


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
        return next(each for each in self.tables if each.name == name)

    def key(self, name: str, row: Row) -> tuple[Value, ...]:
        return tuple(row.values[part] for part, _ in self.table(name).key)

    @property
    def collections(self) -> str:
        return "".join(_mapped(each, self) for each in self.tables)


def email(person: int) -> str:
    return f"u{person}@example.com"


def full_name(person: int) -> str:
    return f"Nora{person} Kestrel{person}"


# --- the map --------------------------------------------------------------------------------------


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
        yield f"match: {mail.name}, identity: email, is: {mail.bond}"
    for link in table.links:
        if link.bond is not None:
            yield f"follow: [{', '.join(link.names)}], to: {link.to}, is: {link.bond}"


def _fields(table: Table, town: Town) -> Iterator[tuple[str, str]]:
    for mail in table.mails:
        yield mail.name, f"category: contact, identity: email, erase: {mail.act}"
    for link in table.links:
        if table.stays and link.nullable and not town.table(link.to).stays:
            for name in link.names:
                yield name, "category: none, erase: blank"
    for way in (*table.links, *table.mails):
        if way.bond is Bond.SHARED:
            of = ", ".join(way.names) if isinstance(way, Link) else way.name
            yield f"said_{way.name}", f"category: contact, erase: blank, of: [{of}]"
    if table.person:
        yield "full_name", "category: contact, identity: name, erase: blank"
        yield "born", "category: contact, erase: anonymise"
    yield "words", f"category: contact, erase: {table.act}"


# --- tables ---------------------------------------------------------------------------------------


@st.composite
def towns(draw: st.DrawFn) -> Town:
    """Draw tables, each leading to earlier ones; then cycles; then people and rows."""
    tables = [draw(_people(PEOPLE))]
    for number in range(1, draw(st.integers(1, MOST_TABLES))):
        kind = draw(st.sampled_from([_about, _about, _about, _shared, _people, _plain]))
        name = f"t{number}"
        made = kind(name) if kind in {_people, _plain} else kind(name, tuple(tables))
        tables.append(draw(made))
    for number in range(draw(st.integers(0, 2))):
        _turn_back(draw, tables, f"back{number}")
    town = Town(tuple(tables), draw(st.integers(2, 4)), {})
    for table in tables:
        town.rows[table.name] = _rows(draw, town, table)
    _point_back(draw, town)
    for table in tables:
        for row in town.rows[table.name]:
            _speak(draw, table, row)
    return town


_KEYS = st.lists(st.sampled_from([Type.NUMBER, Type.TEXT]), min_size=1, max_size=2)


def _key(draw: st.DrawFn) -> tuple[tuple[str, Type], ...]:
    return tuple((f"k{at}", type) for at, type in enumerate(draw(_KEYS)))


@st.composite
def _people(draw: st.DrawFn, name: str) -> Table:
    mail = Mail("email", Bond.ABOUT, nullable=draw(st.booleans()))
    act = draw(st.sampled_from([Act.REDACT, Act.BLANK]))
    return Table(name, _key(draw), draw(st.booleans()), person=True, mails=(mail,), act=act)


@st.composite
def _plain(draw: st.DrawFn, name: str) -> Table:
    return Table(name, _key(draw), stays=True, personal=False)


@st.composite
def _about(draw: st.DrawFn, name: str, before: tuple[Table, ...]) -> Table:
    stays = draw(st.booleans())
    owned = [each for each in before if each.personal and not each.shared]
    links = [
        _link(draw, f"up{at}", draw(st.sampled_from(owned)), Bond.ABOUT, stays=stays)
        for at in range(draw(st.integers(0, 2)))
    ]
    if links and draw(st.booleans()):
        target = next(each for each in owned if each.name == links[0].to)
        if target.stays or not stays:
            links[0] = replace(links[0], nullable=False, in_key=True)
    mails = [Mail("mail", Bond.ABOUT, draw(st.booleans()))] if draw(st.booleans()) else []
    if not links and not mails:
        links.append(_link(draw, "up0", before[0], Bond.ABOUT, stays=stays))
    if draw(st.booleans()):
        mails.append(Mail("cc", Bond.MENTIONS, draw(st.booleans())))
    for at in range(draw(st.integers(0, 2))):
        seen = draw(st.sampled_from(owned))
        links.append(_link(draw, f"seen{at}", seen, Bond.MENTIONS, stays=stays))
    if draw(st.booleans()):
        links.append(_link(draw, "silent", draw(st.sampled_from(owned)), None, stays=stays))
    plain = [each for each in before if not each.personal]
    if plain and draw(st.booleans()):
        links.append(_link(draw, "sort", draw(st.sampled_from(plain)), None, stays=stays))
    act = draw(st.sampled_from([Act.REDACT, Act.BLANK]))
    table = Table(name, _key(draw), stays, links=tuple(links), mails=tuple(mails), act=act)
    if draw(st.booleans()):
        again = draw(st.sampled_from([None, Bond.ABOUT, Bond.MENTIONS]))
        self = Link("again", name, table.key, again, nullable=True)
        table = replace(table, links=(*table.links, self))
    return table


def _link(draw: st.DrawFn, name: str, to: Table, bond: Bond | None, *, stays: bool) -> Link:
    """Draw a foreign key that need not stand in the way: what stays can be cut off."""
    holding = stays or bond in {Bond.MENTIONS, Bond.SHARED}
    nullable = draw(st.booleans()) or (holding and not to.stays)
    return Link(name, to.name, to.key, bond, nullable)


@st.composite
def _shared(draw: st.DrawFn, name: str, before: tuple[Table, ...]) -> Table:
    stays = draw(st.booleans())
    act = draw(st.sampled_from([Act.REDACT, Act.BLANK]))
    if draw(st.booleans()):
        mails = tuple(Mail(side, Bond.SHARED, draw(st.booleans())) for side in ("a", "b"))
        return Table(name, _key(draw), stays, mails=mails, act=act)
    people = [each for each in before if each.person]
    links = [
        _link(draw, side, draw(st.sampled_from(people)), Bond.SHARED, stays=stays)
        for side in ("a", "b")
    ]
    return Table(name, _key(draw), stays, links=tuple(links), act=act)


def _turn_back(draw: st.DrawFn, tables: list[Table], name: str) -> None:
    """Let an earlier table point at a later one, so that there is a cycle or may be one."""
    able = [at for at, each in enumerate(tables) if each.personal and not each.shared]
    if len(able) < 2:  # noqa: PLR2004 (a pair)
        return
    at = draw(st.sampled_from(able[:-1]))
    to = tables[draw(st.sampled_from([each for each in able if each > at]))]
    bonds = [None, Bond.MENTIONS] if tables[at].person else [None, Bond.MENTIONS, Bond.ABOUT]
    link = Link(name, to.name, to.key, draw(st.sampled_from(bonds)), nullable=True)
    tables[at] = replace(tables[at], links=(*tables[at].links, link))


# --- rows -----------------------------------------------------------------------------------------


def _rows(draw: st.DrawFn, town: Town, table: Table) -> list[Row]:
    made: list[Row] = []
    if table.person:
        whose = range(town.people)
        owners = [p for p in whose if table.name == PEOPLE or draw(st.booleans())]
    else:
        owners = [
            draw(st.integers(0, town.people - 1)) for _ in range(draw(st.integers(0, 6)))
        ]
    for number, owner in enumerate(owners):
        if row := _row(draw, town, table, number, owner, made):
            made.append(row)
    return made


def _row(  # noqa: PLR0913, PLR0917 (what a row depends on)
    draw: st.DrawFn, town: Town, table: Table, number: int, owner: int, before: list[Row]
) -> Row | None:
    row = Row({name: number if t is Type.NUMBER else f"k{number}" for name, t in table.own})
    row.owner = owner if table.personal and not table.shared else None
    if not table.person and row.owner is not None and not _told(draw, town, table, row, before):
        return None
    for mail in table.mails:
        _mail(draw, town, table, row, mail)
    for link in table.links:
        if link.bond is Bond.ABOUT and not table.person:
            continue
        if link.to not in town.rows and link.to != table.name:
            row.values |= dict.fromkeys(link.names)  # it points back, later
        elif not _aim(draw, town, table, row, link, before):
            return None
    return row


def _told(
    draw: st.DrawFn, town: Town, table: Table, row: Row, before: Iterable[Row]
) -> bool:
    """Draw the ways to the row's owner; False if there is no such row to lead to."""
    about = [each for each in table.links if each.bond is Bond.ABOUT]
    every = {**town.rows, table.name: before}
    there = {
        each.name: [one for one in every.get(each.to, ()) if one.owner == row.owner]
        for each in about
    }
    mail = any(each.bond is Bond.ABOUT and not each.nullable for each in table.mails)
    sure = [each for each in about if not each.nullable]
    if not all(there[each.name] for each in sure):
        return False
    led = mail
    for link in about:
        rows = there[link.name]
        one = draw(st.sampled_from([*([None] if link.nullable else []), *rows])) if rows else None
        led = led or one is not None
        _set(town, row, link, one)
    maybe = [each for each in table.mails if each.bond is Bond.ABOUT and each.nullable]
    for each in maybe:
        row.values[each.name] = email(row.owner or 0) if draw(st.booleans()) else None
        led = led or row.values[each.name] is not None
    row.owner = row.owner if led else None
    return True


def _mail(draw: st.DrawFn, town: Town, table: Table, row: Row, mail: Mail) -> None:
    if mail.bond is Bond.ABOUT:
        if mail.name not in row.values:
            written = email(row.owner or 0)
            row.values[mail.name] = draw(st.sampled_from([written, written.upper()]))
        return
    anybody = [*range(town.people), *([None] if mail.nullable else [])]
    person = draw(st.sampled_from(anybody))
    row.values[mail.name] = None if person is None else email(person)
    whose = row.sides if mail.bond is Bond.SHARED else row.names
    whose[mail.name] = person


def _aim(  # noqa: PLR0913, PLR0917 (what a link may point at)
    draw: st.DrawFn, town: Town, table: Table, row: Row, link: Link, before: Iterable[Row]
) -> bool:
    """Point a link at a row that it may point at; False if it must and there is none."""
    rows = list(before if link.to == table.name else town.rows[link.to])
    if link.bond is None and town.table(link.to).personal or link.bond is Bond.ABOUT:
        rows = [each for each in rows if each.owner == row.owner]
    choices = [*([None] if link.nullable else []), *rows]
    if not choices:
        return False
    one = draw(st.sampled_from(choices))
    _set(town, row, link, one)
    whose = row.sides if link.bond is Bond.SHARED else row.names
    if link.bond in {Bond.SHARED, Bond.MENTIONS}:
        whose[link.name] = one.owner if one else None
    return True


def _set(town: Town, row: Row, link: Link, one: Row | None) -> None:
    key = [None] * len(link.onto) if one is None else [one.values[part] for part, _ in link.onto]
    row.values |= dict(zip(link.names, key, strict=True))


def _point_back(draw: st.DrawFn, town: Town) -> None:
    """Fill the links to later tables, now that there are rows in them."""
    for table in town.tables:
        for link in table.links:
            if link.name.startswith("back"):
                for row in town.rows[table.name]:
                    _aim(draw, town, table, row, link, town.rows[table.name])


def _speak(draw: st.DrawFn, table: Table, row: Row) -> None:
    """Write texts that name whoever they may name: whose they are, and who can be redacted."""
    for side in table.sides:
        person = row.sides.get(side)
        row.values[f"said_{side}"] = None if person is None else f"by {email(person)}"
    if table.person:
        row.values |= {"full_name": full_name(row.owner or 0), "born": date(1980, 5, 17)}
    others = {*row.names.values(), *row.sides.values()} if table.act is Act.REDACT else set()
    people = sorted({row.owner, *others} - {None}, key=str)
    said = [draw(st.sampled_from([email, full_name]))(each) for each in people if each is not None]
    if table.personal:
        row.values["words"] = " & ".join([*said, "100 %"])
