"""Made-up rows of `crm.sqlite`: who the customers are; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upheld.demo.cast import ASKER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from upheld.demo.cast import Cast, Person
    from upheld.demo.dice import Dice
    from upheld.demo.rows import Records, Row

_COUNTRIES = ("AT", "BE", "DE", "DK", "FR", "GB", "IE", "NL", "SE", "US")
_TITLES = ("Buyer", "Head of quality", "Laboratory manager", "Metrologist", "Technician")
_LABELS = ("laptop", "phone", "tablet", "the one in the lab")
_TOPICS = ("Torque", "Pressure", "Humidity", "Mass", "Temperature", "Dimension")
_EVENTS = 40


def crm(cast: Cast, dice: Dice) -> Records:
    """Return the rows of each table, whatever points after what it points at."""
    return {
        "organisations": list(_organisations(cast, dice)),
        "customers": [_customer(person, dice) for person in cast.everybody],
        "devices": list(_devices(cast, dice)),
        "events": [_event(id, dice) for id in range(1, _EVENTS + 1)],
        "registrations": list(_registrations(cast, dice)),
    }


def late_registration(id: int, day: str) -> Row:
    """Return the row that a nightly import brings back: it knows the e-mail, not the customer."""
    return (id, 1, None, ASKER.email, ASKER.name, "vegetarian", day)


def _organisations(cast: Cast, dice: Dice) -> Iterator[Row]:
    contacts = {person.organisation: person for person in cast.everybody[::-1]}
    for id, name in enumerate(cast.organisations, start=1):
        contact = contacts.get(id)
        note = f"{contact.name} signs; call {contact.phone or 'the desk'}" if contact else None
        yield id, name, dice.one_of(_COUNTRIES), contact.id if contact else None, note


def _customer(person: Person, dice: Dice) -> Row:
    note = f"{person.name} would rather be called than written to" if dice.happens(0.1) else None
    return (
        person.id,
        person.number,
        person.organisation,
        person.email,
        person.name,
        person.phone,
        dice.one_of(_TITLES),
        f"scrypt${dice.token()}${dice.token()}",
        note,
        dice.day(),
    )


def _devices(cast: Cast, dice: Dice) -> Iterator[Row]:
    owned = ((person, cookie) for person in cast.everybody for cookie in person.cookies)
    for id, (person, cookie) in enumerate(owned, start=1):
        yield id, person.id, cookie, dice.one_of(_LABELS)


def _event(id: int, dice: Dice) -> Row:
    return id, f"{dice.one_of(_TOPICS)} days", dice.one_of(("Aarhus", "Graz", "Leeds")), dice.day()


def _registrations(cast: Cast, dice: Dice) -> Iterator[Row]:
    going = [person for person in cast.others if dice.happens(0.7)]
    for id, person in enumerate((ASKER, ASKER, *going), start=1):
        note = f"badge: {person.name}" if dice.happens(0.2) else None
        event = dice.number(1, _EVENTS)
        yield id, event, person.id, person.email.lower(), person.name, note, dice.day()
