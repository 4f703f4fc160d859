"""What the name and type of a column suggest about what it holds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from upheld.data import Hint, hints
from upheld.model import Act, Column, Type, name_parts

if TYPE_CHECKING:
    from upheld.model import Table

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


@lru_cache(maxsize=1 << 14)
def words(name: str) -> tuple[str, ...]:
    """Return the words of a name in lower case.

    >>> words("BillingPostalCode"), words("CUSTOMER_ID")
    (('billing', 'postal', 'code'), ('customer', 'id'))
    """
    return tuple(word.lower() for word in _WORDS.findall(name))


def spoken(table: str) -> tuple[str, ...]:
    """Return the words of the name of a table, whatever schema it is in.

    >>> spoken("staff.SupplierContacts")
    ('supplier', 'contacts')
    """
    return words(name_parts(table)[-1])


def held(table: Table, name: str) -> Column | None:
    """Return the column a field is in: of `profile$.address.city`, a path in JSON, `profile`."""
    named = {each.name: each for each in table.columns}
    return named.get(name) or named.get(name.partition("$.")[0])


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
        if _can_hold(column, hint) and where.fits(hint) and _looks(hint).search(spelled):
            plain = column.type is not Type.OTHER or column.declared == "uuid"
            return Meaning(
                category=None if hint.category == "none" else hint.category,
                identity=hint.identity if plain else None,
                act=Act(hint.erase) if hint.erase and is_words(column) else None,
                secret=hint.secret,
            )
    unknown = where.concerned and column.type in (Type.TEXT, Type.BYTES, Type.OTHER)
    return Meaning("unlisted" if unknown else None, known=False)


def is_words(column: Column) -> bool:
    """Say whether a column can hold any word: no list of words, no JSON, nothing of fixed form."""
    return column.type is not Type.OTHER and column.declared != "json"


def _can_hold(column: Column, hint: Hint) -> bool:
    """Say whether a hint is about columns of this type; what is of another is often made of text.

    A list of addresses, a word of an enumeration and an address in JSON are as personal as text.
    """
    return column.type in hint.types or (column.type is Type.OTHER and Type.TEXT in hint.types)


def _about_things(column: Column, where: Where) -> bool:
    """Say whether the name of a column in a table that leads to nobody is about no person."""
    links = hints().links
    known = links["things"] | links["described"] if where.things else links["things"]
    said = [singular(word) for word in words(column.name) if not word.isdigit()]
    return bool(said) and known.issuperset(said)


def named(table: str, kind: str) -> bool:
    """Say whether the name of a table holds a word of a kind, like `staff` or `money`."""
    return not hints().tables[kind].isdisjoint(map(singular, spoken(table)))


def headed(table: str, kind: str) -> bool:
    """Say whether rows are what a kind of word says: `app_users` are people, `user_logs` are not.

    >>> headed("CustomerMaster", "people"), headed("customer_payments", "people")
    (True, False)
    """
    said = [singular(word) for word in spoken(table)]
    while len(said) > 1 and (said[-1] in hints().tables["lists"] or said[-1].isdigit()):
        said.pop()
    return bool(said) and said[-1] in hints().tables[kind]


def addressed(columns: tuple[Column, ...]) -> bool:
    """Say whether a table holds postal addresses."""
    spelled = {word for column in columns for word in words(column.name)}
    return bool(spelled & {"city", "town", "street", "postcode", "zip", "postal"})


@cache
def _looks(hint: Hint) -> re.Pattern[str]:
    edge = ("^", "$") if hint.whole else ("(?:^|_)", "(?:_|$)")
    return re.compile(f"{edge[0]}(?:{hint.looks}){edge[1]}")
