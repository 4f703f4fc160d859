"""The made-up people of the demo: names of no language, numbers and addresses nobody has; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

_FIRST = ("Al", "Bre", "Cor", "Da", "Es", "Fen", "Gal", "Hes", "Ir", "Jo", "Kel", "Lum", "Mar", "Ne")
_MIDDLE = ("d", "l", "m", "n", "r", "s", "th", "v", "br", "nd", "rl", "st")
_LAST = ("a", "an", "e", "en", "ia", "in", "is", "o", "on", "or", "us", "y")
_HOUSE = ("Ash", "Brim", "Cald", "Dun", "Elm", "Fair", "Gorse", "Hol", "Kirk", "Lang", "Moss", "Oak")
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
    email="ilvane.torrowick@mossfield.example",
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


def cast(people: int, chance: Random) -> Cast:
    """Return as many made-up people; the same dice give the same ones."""
    count = max(people // 8, 1)
    organisations = ("Mossfield Instruments", *(_organisation(chance) for _ in range(1, count)))
    others = tuple(_person(id, count, chance) for id in range(2, people + 1))
    return Cast(others, organisations)


def _organisation(chance: Random) -> str:
    return f"{chance.choice(_HOUSE)}{chance.choice(_LAND)} {chance.choice(_TRADES)}"


def _person(id: int, organisations: int, chance: Random) -> Person:
    name = _HOSTILE[id - 2] if id - 2 < len(_HOSTILE) else _name(chance)
    local = "".join(letter for letter in name.lower() if letter in "abcdefghijklmnopqrstuvwxyz")
    organisation = chance.randint(1, organisations)
    email = f"{local[:40] or 'person'}{id}@org{organisation}.example"
    devices = chance.choice((0, 0, 1, 1, 1, 2))
    return Person(
        id=id,
        number=f"C-{id:06}",
        name=name,
        email=email.upper() if chance.random() < 0.02 else email,  # noqa: PLR2004 (one in fifty)
        phone=f"+999 {chance.randint(30, 99)} {id:08}" if chance.random() < 0.8 else None,  # noqa: PLR2004
        organisation=organisation,
        cookies=tuple(f"{chance.getrandbits(64):016x}" for _ in range(devices)),
        handle=_handle(id, name) if chance.random() < 0.4 else None,  # noqa: PLR2004
    )


def _name(chance: Random) -> str:
    first = chance.choice(_FIRST) + chance.choice(_MIDDLE) + chance.choice(_LAST)
    return f"{first} {chance.choice(_HOUSE)}{chance.choice(_LAND)}"


def _handle(id: int, name: str) -> str:
    return f"{name.split()[0][:20]}_{id}"
