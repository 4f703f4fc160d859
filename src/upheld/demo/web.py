"""Made-up rows of `web.sqlite`: what visitors read, and what members write; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upheld.demo.cast import ASKER

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from upheld.demo.cast import Cast, Person
    from upheld.demo.dice import Dice
    from upheld.demo.rows import Records, Row

_BROWSERS = ("Lynx 2.9", "NetSurf 3.11", "Dillo 3.1")
_PAGES = ("/", "/prices", "/certificates", "/forum", "/events", "/about")
_TITLES = ("Drift of old balances", "Which oil?", "Dust", "A second opinion", "Zero will not hold")
_THINGS = ("Warm it up for an hour.", "Ours did the same last year.", "Look at the seal first.")
_ASKERS_POSTS = 4


def web(cast: Cast, dice: Dice) -> Records:
    """Return the rows of each table, whatever points after what it points at."""
    strangers = [dice.token() for _ in range(len(cast.others) // 4)]
    known = [cookie for person in cast.everybody for cookie in person.cookies]
    members = [person for person in cast.everybody if person.handle]
    threads = list(_threads(members, dice))
    return {
        "visitors": [_visitor(cookie, dice) for cookie in (*known, *strangers)],
        "page_views": list(_page_views([*known, *strangers], dice)),
        "members": [_member(id, person, dice) for id, person in enumerate(members, start=1)],
        "forum_threads": threads,
        "forum_posts": list(_posts(members, len(threads), dice)),
    }


def _visitor(cookie: str, dice: Dice) -> Row:
    address = f"192.0.2.{dice.number(1, 254)}"
    return cookie, dice.one_of(_BROWSERS), address, dice.day()


def _page_views(cookies: Sequence[str], dice: Dice) -> Iterator[Row]:
    id = 0
    for cookie in cookies:
        for _ in range(dice.number(1, 6)):
            id += 1
            yield id, cookie, dice.one_of(_PAGES), dice.one_of((None, "a search")), dice.day()


def _member(id: int, person: Person, dice: Dice) -> Row:
    signature = f"{person.name}, {person.email}" if dice.happens(0.5) else None
    secret = f"scrypt${dice.token()}${dice.token()}"
    return id, person.number, person.handle, secret, signature, dice.day()


def _threads(members: Sequence[Person], dice: Dice) -> Iterator[Row]:
    yield 1, 1, f"A question by {ASKER.name}", dice.day()
    for id in range(2, len(members) // 4 + 2):
        yield id, dice.number(1, len(members)), dice.one_of(_TITLES), dice.day()


def _posts(members: Sequence[Person], threads: int, dice: Dice) -> Iterator[Row]:
    """Yield what the customer who asks wrote and an answer to each, then all the rest."""
    for id in range(1, _ASKERS_POSTS + 1):
        yield id, 1, 1, None, f"{ASKER.name} again: does anybody know?", dice.day()
    for id in range(_ASKERS_POSTS + 1, 2 * _ASKERS_POSTS + 1):
        author, words = dice.number(2, len(members)), f"{ASKER.name}, {dice.one_of(_THINGS)}"
        yield id, 1, author, id - _ASKERS_POSTS, words, dice.day()
    for id in range(2 * _ASKERS_POSTS + 1, 2 * len(members) + 1):
        author = dice.number(2, len(members))
        answered = dice.number(2 * _ASKERS_POSTS, id - 1) if dice.happens(0.4) else None
        thread, words = dice.number(1, threads), f"{members[author - 1].name}: "
        yield id, thread, author, answered, words + dice.one_of(_THINGS), dice.day()
