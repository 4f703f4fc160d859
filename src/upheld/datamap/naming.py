"""What the name and type of a column suggest about what it holds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from upheld.data import Hint, hints
from upheld.model import Act, Column, Type

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


@dataclass(frozen=True, slots=True)
class Where:
    """What is known of a table when its columns are guessed.

    `lone` tables lead to nobody, so far as is known; `things` are lone by what they are, too.
    """

    people: bool = False
    concerned: bool = False
    addressed: bool = False
    lone: bool = False
    things: bool = False

    def fits(self, hint: Hint) -> bool:
        """Say whether a hint speaks of such tables."""
        match hint.where:
            case "people":
                return self.people
            case "concerned":
                return self.concerned
            case "addressed":
                return self.addressed
            case _:
                return True


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a column is guessed to hold; `category` None is not personal; `known` by its name."""

    category: str | None
    identity: str | None = None
    act: Act | None = None
    secret: bool = False
    known: bool = True


def words(name: str) -> tuple[str, ...]:
    """Return the words of a name in lower case.

    >>> words("BillingPostalCode"), words("CUSTOMER_ID")
    (('billing', 'postal', 'code'), ('customer', 'id'))
    """
    return tuple(word.lower() for word in _WORDS.findall(name))


def singular(word: str) -> str:
    """Return a noun without its plural ending, well enough to compare names of tables.

    >>> [singular(word) for word in ("companies", "addresses", "invoices", "status")]
    ['company', 'address', 'invoice', 'status']
    """
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def meaning(column: Column, where: Where) -> Meaning:
    """Return what a column is guessed to hold in a table like this."""
    if where.lone and _about_things(column, where):
        return Meaning(None)
    spelled = "_".join(words(column.name))
    for hint in hints().columns:
        if column.type in hint.types and where.fits(hint) and _looks(hint).search(spelled):
            return Meaning(
                category=None if hint.category == "none" else hint.category,
                identity=hint.identity,
                act=Act(hint.erase) if hint.erase else None,
                secret=hint.secret,
            )
    unknown = where.concerned and column.type in (Type.TEXT, Type.BYTES, Type.OTHER)
    return Meaning("unlisted" if unknown else None, known=False)


def _about_things(column: Column, where: Where) -> bool:
    """Say whether the name of a column in a table that leads to nobody is about no person."""
    links = hints().links
    known = links["things"] | links["described"] if where.things else links["things"]
    spoken = [singular(word) for word in words(column.name) if not word.isdigit()]
    return bool(spoken) and known.issuperset(spoken)


def named(table: str, kind: str) -> bool:
    """Say whether the name of a table holds a word of a kind, like `staff` or `money`."""
    return not hints().tables[kind].isdisjoint(map(singular, words(table)))


def headed(table: str, kind: str) -> bool:
    """Say whether rows are what a kind of word says: `app_users` are people, `user_logs` are not.

    >>> headed("CustomerMaster", "people"), headed("customer_payments", "people")
    (True, False)
    """
    spoken = [singular(word) for word in words(table)]
    while len(spoken) > 1 and (spoken[-1] in hints().tables["lists"] or spoken[-1].isdigit()):
        spoken.pop()
    return bool(spoken) and spoken[-1] in hints().tables[kind]


def addressed(columns: tuple[Column, ...]) -> bool:
    """Say whether a table holds postal addresses."""
    spelled = {word for column in columns for word in words(column.name)}
    return bool(spelled & {"city", "town", "street", "postcode", "zip", "postal"})


@cache
def _looks(hint: Hint) -> re.Pattern[str]:
    edge = ("^", "$") if hint.whole else ("(?:^|_)", "(?:_|$)")
    return re.compile(f"{edge[0]}(?:{hint.looks}){edge[1]}")
