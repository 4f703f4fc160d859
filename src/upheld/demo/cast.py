"""The made-up people of the demo: names of no language, numbers and addresses nobody has; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from upheld.demo.dice import Dice

_FIRST = (
    "Al",
    "Bre",
    "Cor",
    "Da",
    "Es",
    "Fen",
    "Gal",
    "Hes",
    "Ir",
    "Jo",
    "Kel",
    "Lum",
    "Mar",
    "Ne",
)
_MIDDLE = ("d", "l", "m", "n", "r", "s", "th", "v", "br", "nd", "rl", "st")
_LAST = ("a", "an", "e", "en", "ia", "in", "is", "o", "on", "or", "us", "y")
_HOUSE = (
    "Ash",
    "Brim",
    "Cald",
    "Dun",
    "Elm",
    "Fair",
    "Gorse",
    "Hol",
    "Kirk",
    "Lang",
    "Moss",
    "Oak",
)
_LAND = ("beck", "by", "combe", "dale", "field", "garth", "holt", "mere", "more", "ness", "thorpe")
_TRADES = ("Foods", "Glass", "Instruments", "Laboratories", "Mills", "Motors", "Pumps", "Water")

# Names that break what was only ever tried with plain ones.
_HOSTILE = (
    "Brenda O'Mossby",
    "100 % Holtness",
    "___ Underbeck",
    "ADA CALDMERE",
    "ada caldmere",
    "Robert'); DROP TABLE customers;--",
    "\u202eنور الدين\u202c",
    "Zoë Łąkadale",
    "  Two  Spaces  ",
    "A" * 400,
)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody the company knows; not everybody has a phone, a device or a place in the forum."""

    id: int
    number: str
    name: str
    email: str
    phone: str | None
    organisation: int
    cookies: tuple[str, ...] = ()
    handle: str | None = None


ASKER = Person(
    id=1,
    number="C-000001",
    name="Ilvane Torrowick",
    email="ilvane@mossfield.example",
    phone="+999 20 5550 0142",
    organisation=1,
    cookies=("7d0c52a9e41b68f3", "b16e03f7a8d2954c"),
    handle="ilvane_t",
)
"""The customer who asks to be erased. She has two devices, and her name is nobody else's."""


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody in the story; `others` are the bystanders, whose rows nobody may touch."""

    others: tuple[Person, ...]
    organisations: tuple[str, ...]

    @property
    def everybody(self) -> tuple[Person, ...]:
        """Return all customers, in the order of their numbers."""
        return (ASKER, *self.others)


def cast(people: int, dice: Dice) -> Cast:
    """Return as many made-up people; the same dice give the same ones."""
    count = max(people // 8, 1)
    organisations = ("Mossfield Instruments", *(_organisation(dice) for _ in range(1, count)))
    others = tuple(_person(id, count, dice) for id in range(2, people + 1))
    return Cast(others, organisations)


def _organisation(dice: Dice) -> str:
    return f"{dice.one_of(_HOUSE)}{dice.one_of(_LAND)} {dice.one_of(_TRADES)}"


def _person(id: int, organisations: int, dice: Dice) -> Person:
    name = _HOSTILE[id - 2] if id - 2 < len(_HOSTILE) else _name(dice)
    local = "".join(letter for letter in name.lower() if letter in "abcdefghijklmnopqrstuvwxyz")
    organisation = dice.number(1, organisations)
    email = f"{local[:40] or 'person'}{id}@org{organisation}.example"
    return Person(
        id=id,
        number=f"C-{id:06}",
        name=name,
        email=email.upper() if dice.happens(0.02) else email,
        phone=f"+999 {dice.number(30, 99)} {id:08}" if dice.happens(0.8) else None,
        organisation=organisation,
        cookies=tuple(dice.token() for _ in range(dice.one_of((0, 0, 1, 1, 1, 2)))),
        handle=_handle(id, name) if dice.happens(0.4) else None,
    )


def _name(dice: Dice) -> str:
    first = dice.one_of(_FIRST) + dice.one_of(_MIDDLE) + dice.one_of(_LAST)
    return f"{first} {dice.one_of(_HOUSE)}{dice.one_of(_LAND)}"


def _handle(id: int, name: str) -> str:
    return f"{name.split(maxsplit=1)[0][:20]}_{id}"
