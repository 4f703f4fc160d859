"""Draws schemas with people in them, of which an erasure has no reason to be refused.

No row is about two people, and what stays can be cut off from what goes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from tests.stores.schemas import Link, Mail, Row, Table, Town, email, full_name, written
from upheld.model import Act, Bond, Type

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_TABLES = 12
FIRST = "t0"
_KEYS = st.lists(st.sampled_from([Type.NUMBER, Type.TEXT]), min_size=1, max_size=2)
_ACTS = st.sampled_from([Act.REDACT, Act.BLANK])
_RULES = st.sampled_from(["", "CASCADE", "SET NULL", "RESTRICT"])
_KINDS = st.sampled_from(["about", "about", "about", "shared", "people", "plain"])


@st.composite
def towns(draw: st.DrawFn) -> Town:
    """Draw tables, each leading to earlier ones; then links that turn back; then rows."""
    tables = _Tables(draw, [])
    tables.people(FIRST)
    for number in range(1, draw(st.integers(1, MOST_TABLES))):
        tables.any(f"t{number}")
    for number in range(draw(st.integers(0, 2))):
        tables.turn_back(f"back{number}")
    town = Town(tuple(tables.made), draw(st.integers(2, 4)), {})
    for table in town.tables:
        _Rows(draw, town, table).fill()
    for table in town.tables:
        _Rows(draw, town, table).point_back()
    for table in town.tables:
        for row in town.rows[table.name]:
            _speak(draw, table, row)
    return town


@dataclass(frozen=True)
class _Tables:
    """Tables as they are drawn, one after another."""

    draw: st.DrawFn
    made: list[Table]

    def any(self, name: str) -> None:
        """Draw a table of any kind."""
        kind = self.draw(_KINDS)
        draws = {"about": self.about, "shared": self.shared, "people": self.people}
        draws.get(kind, self.plain)(name)

    def people(self, name: str) -> None:
        """Draw a table of people: one row each, with their e-mail and name."""
        mails = [Mail("email", Bond.ABOUT, nullable=self._maybe())]
        if self._maybe() and (name == FIRST or self._phones):
            mails.append(Mail("phone", Bond.ABOUT, nullable=False, kind="phone"))
        act = self.draw(_ACTS)
        stays = self._maybe()
        self.made.append(Table(name, self._key(), stays, person=True, mails=tuple(mails), act=act))

    def plain(self, name: str) -> None:
        """Draw a table that has nothing to do with people."""
        self.made.append(Table(name, self._key(), stays=True, personal=False))

    def about(self, name: str) -> None:
        """Draw a table whose rows are one person's each, and may name others."""
        stays, owned = self._maybe(), [t for t in self.made if t.personal and not t.shared]
        links = [self._link(f"up{n}", owned, Bond.ABOUT, stays=stays) for n in range(self._upto(2))]
        mails = [Mail("mail", Bond.ABOUT, self._maybe(), self._kind())] if self._maybe() else []
        if not links and not mails:
            links.append(self._link("up0", owned[:1], Bond.ABOUT, stays=stays))
        if links and self._maybe() and (not stays or self._named(links[0].to).stays):
            links[0] = _held(replace(links[0], nullable=False, in_key=True))
        if self._maybe():
            mails.append(Mail("cc", Bond.MENTIONS, self._maybe(), self._kind()))
        links += [
            self._link(f"seen{n}", owned, Bond.MENTIONS, stays=stays) for n in range(self._upto(2))
        ]
        if self._maybe():
            links.append(self._link("silent", owned, None, stays=stays))
        if self._maybe() and (plain := [t for t in self.made if not t.personal]):
            links.append(self._link("sort", plain, None, stays=stays))
        act, key = self.draw(_ACTS), self._key()
        table = Table(name, key, stays, links=tuple(links), mails=tuple(mails), act=act)
        if self._maybe():
            bond = self.draw(st.sampled_from([None, Bond.ABOUT, Bond.MENTIONS]))
            again = Link("again", name, table.key, bond, nullable=True, on_delete=self._rule())
            table = replace(table, links=(*table.links, again))
        self.made.append(replace(table, unique=self._unique(table)))

    def shared(self, name: str) -> None:
        """Draw a table whose rows are two people's, each with a side of their own."""
        stays, act, key = self._maybe(), self.draw(_ACTS), self._key()
        table = Table(name, key, stays, act=act)
        if self._maybe():
            mails = tuple(Mail(side, Bond.SHARED, self._maybe()) for side in ("a", "b"))
            self.made.append(replace(table, mails=mails))
            return
        people = [each for each in self.made if each.person]
        links = [self._link(side, people, Bond.SHARED, stays=stays) for side in ("a", "b")]
        table = replace(table, links=tuple(links))
        self.made.append(replace(table, unique=self._unique(table)))

    def turn_back(self, name: str) -> None:
        """Let an earlier table point at a later one, so that there may be a cycle."""
        able = [at for at, each in enumerate(self.made) if each.personal and not each.shared]
        if able[1:]:
            at = self.draw(st.sampled_from(able[:-1]))
            to = self.made[self.draw(st.sampled_from([each for each in able if each > at]))]
            about = [] if self.made[at].person else [Bond.ABOUT]
            bond = self.draw(st.sampled_from([None, Bond.MENTIONS, *about]))
            link = Link(name, to.name, to.key, bond, nullable=True, on_delete=self._rule())
            self.made[at] = replace(self.made[at], links=(*self.made[at].links, link))

    def _link(self, name: str, to: Sequence[Table], bond: Bond | None, *, stays: bool) -> Link:
        """Draw a foreign key that need not stand in the way: what stays can be cut off."""
        target = self.draw(st.sampled_from(to))
        holding = stays or bond in {Bond.MENTIONS, Bond.SHARED}
        nullable = self._maybe() or (holding and not target.stays)
        return _held(Link(name, target.name, target.key, bond, nullable, on_delete=self._rule()))

    def _unique(self, table: Table) -> tuple[tuple[str, ...], ...]:
        """Draw whether rows are told apart by what they point at, as those of a table between."""
        links = [each.names for each in table.links]
        if not links or not self._maybe():
            return ()
        return (tuple(name for names in links[: self._upto(1) + 1] for name in names),)

    @property
    def _phones(self) -> bool:
        return any(each.kind == "phone" for each in self.made[0].mails)

    def _kind(self) -> str:
        return self.draw(st.sampled_from(["email", "phone"])) if self._phones else "email"

    def _rule(self) -> str:
        return self.draw(_RULES)

    def _key(self) -> tuple[tuple[str, Type], ...]:
        return tuple((f"k{at}", kind) for at, kind in enumerate(self.draw(_KEYS)))

    def _named(self, name: str) -> Table:
        return next(each for each in self.made if each.name == name)

    def _maybe(self) -> bool:
        return self.draw(st.booleans())

    def _upto(self, most: int) -> int:
        return self.draw(st.integers(0, most))


def _held(link: Link) -> Link:
    """Return a link by a rule that it can have: what must point somewhere is never emptied."""
    never = link.on_delete == "SET NULL" and not link.nullable
    return replace(link, on_delete="") if never else link


@dataclass(frozen=True)
class _Rows:
    """The rows of one table as they are drawn; those of earlier tables are there."""

    draw: st.DrawFn
    town: Town
    table: Table

    def fill(self) -> None:
        """Draw the rows; what they may point at in the table itself are the ones before."""
        rows = self.town.rows.setdefault(self.table.name, [])
        for number, owner in enumerate(self._owners()):
            row = self._row(number, owner)
            rows += [row] if row and not self._is_there(row) else []

    def _is_there(self, row: Row) -> bool:
        """Say whether a row is told apart from none of those before by what is unique."""
        mine = [[row.values[name] for name in names] for names in self.table.unique]
        return any(
            None not in values and values == [each.values[name] for name in names]
            for each in self.town.rows[self.table.name]
            for names, values in zip(self.table.unique, mine, strict=True)
        )

    def point_back(self) -> None:
        """Fill the links to later tables, now that there are rows in them."""
        for link in self.table.links:
            if link.name.startswith("back"):
                for row in self.town.rows[self.table.name]:
                    self._aim(row, link)

    def _owners(self) -> list[int]:
        everybody = range(self.town.people)
        if self.table.person:
            first = self.table.name == FIRST
            return [each for each in everybody if first or self.draw(st.booleans())]
        return self.draw(st.lists(st.sampled_from(everybody), max_size=6))

    def _row(self, number: int, owner: int) -> Row | None:
        """Draw a row; None if it would have to point at one that is not there."""
        row = Row({k: number if t is Type.NUMBER else f"k{number}" for k, t in self.table.own})
        if self.table.personal and not self.table.shared:
            row.owner = owner
            if not self._lead_home(row):
                return None
        for mail in self.table.mails:
            if mail.bond is not Bond.ABOUT:
                self._name(row, mail)
        for link in self.table.links:
            if link.name.startswith("back"):
                row.values |= dict.fromkeys(link.names)
            elif link.bond is not Bond.ABOUT and not self._aim(row, link):
                return None
        return row

    def _lead_home(self, row: Row) -> bool:
        """Draw the ways to the owner; where all are empty it is nobody's row."""
        led = False
        for mail in (each for each in self.table.mails if each.bond is Bond.ABOUT):
            none = [None] if mail.nullable and not self.table.person else []
            said = [*written(mail, row.owner or 0), *none]
            row.values[mail.name] = self.draw(st.sampled_from(said))
            led = led or row.values[mail.name] is not None
        for link in self.table.links:
            if link.bond is Bond.ABOUT and not link.name.startswith("back"):
                if not self._aim(row, link):
                    return False
                led = led or row.values[link.names[0]] is not None
        row.owner = row.owner if led else None
        return True

    def _name(self, row: Row, mail: Mail) -> None:
        none = [None] if mail.nullable else []
        person = self.draw(st.sampled_from([*range(self.town.people), *none]))
        row.values[mail.name] = None if person is None else written(mail, person)[0]
        (row.sides if mail.bond is Bond.SHARED else row.names)[mail.name] = person

    def _aim(self, row: Row, link: Link) -> bool:
        """Point a link at a row that it may point at; False if it must and there is none."""
        rows: list[Row | None] = [*self.town.rows[link.to]]
        if link.bond in {None, Bond.ABOUT} and self.town.table(link.to).personal:
            rows = [each for each in rows if each and each.owner == row.owner]
        if link.nullable:
            rows.insert(0, None)
        if not rows:
            return False
        one = self.draw(st.sampled_from(rows))
        for name, (part, _) in zip(link.names, link.onto, strict=True):
            row.values[name] = one.values[part] if one else None
        if link.bond in {Bond.SHARED, Bond.MENTIONS}:
            whose = row.sides if link.bond is Bond.SHARED else row.names
            whose[link.name] = one.owner if one else None
        return True


def _speak(draw: st.DrawFn, table: Table, row: Row) -> None:
    """Write texts that name whoever they may name: whose they are, and who can be redacted."""
    for side, person in row.sides.items():
        row.values[f"said_{side}"] = None if person is None else f"by {email(person)}"
    if table.person:
        row.values |= {"full_name": full_name(row.owner or 0), "born": date(1980, 5, 17)}
    others = (*row.names.values(), *row.sides.values()) if table.act is Act.REDACT else ()
    people = dict.fromkeys(each for each in (row.owner, *others) if each is not None)
    said = [draw(st.sampled_from([email(each), full_name(each)])) for each in people]
    if table.personal:
        row.values["words"] = " & ".join([*said, "100 %"])
