"""The check of the clause about data that points at a person only together with other data."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from upheld.datamap.naming import Where, headed, meaning, words
from upheld.datamap.ours import collections, complete, places
from upheld.model import Finding, Judgement, Type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from upheld.model import Clause, Collection, Column, Seen

_STRONG = (
    r"(?:device_?)?fingerprints?|cookie|visitor(?:_?id)?|imei|idf[av]|gaid|aaid|udid|gclid|fbclid"
    r"|msclkid|ga_(?:client_)?id|ad(?:vert(?:ising|iser))?_?id|anon(?:ymous)?_?id"
    r"|pseudonym(?:ous|ised|ized)?"
)
_WEAK = (
    r"[a-z]*hash(?:ed)?|sha(?:_[0-9]+)?|md_5|[a-z]*token|session|device|mac|ip|ipv_[46]|ip_?addr(?:ess)?"
    r"|user_?agent"
)
_POINTER = re.compile(f"(?:^|_)(?:{_STRONG}|{_WEAK})(?:_?id)?(?:_|$)")
_KEYS = re.compile("(?:^|_)(?:uuid|guid)(?:_|$)")
_POINTER_ALONE = re.compile(f"(?:^|_)(?:{_STRONG})(?:_?(?:id|hash))?$")
"""What points at a person in whatever table it stands; a hash or a token may be of a thing."""

_MADE_OF_IT = re.compile(
    r"(?:_(?:[a-z]*hash(?:ed)?|sha|md|digest|token|encrypted|addr(?:ess)?|number|no|nr|[0-9]+))+$"
)
_ASKS = frozenset({"is", "has", "can", "allow", "allows", "send", "show", "support", "supports"})


def combined_classified(clause: Clause, seen: Seen) -> Finding:
    """What points at a person has a category, as do addresses and hashes of them in any table."""
    del clause
    pointers = [
        (name, place)
        for name, collection, place in places(seen)
        if collection.personal and _points(collection, place.name)
    ]
    gaps = [
        f"{name} can be joined to a person and is marked `none`"
        for name, place in pointers
        if place.category is None
    ]
    found = complete(seen, [*gaps, *_hidden(seen)])
    if found.judgement is not Judgement.UPHELD:
        return found
    if not pointers:
        return Finding(Judgement.NOT_EXERCISED, ("no field looks like a token, hash or device id",))
    counted = f"tokens, hashes and device ids, all classified: {len(pointers)}"
    how = "told by their names; no file called anonymous was joined with a store to see"
    return Finding(Judgement.UPHELD, (counted, how))


CHECKS = {"combined-classified": combined_classified}


def _points(collection: Collection, name: str) -> bool:
    """Say whether a field of a person's row can be joined to the person, by its name."""
    spelled = "_".join(words(name))
    if _POINTER.search(spelled):
        return True
    return bool(_KEYS.search(spelled)) and name not in _joined(collection)


def _joined(collection: Collection) -> set[str]:
    """Return the fields of which the map itself says how they lead to a row."""
    return {*collection.key, *(column for way in collection.ways for column in way.columns)}


def _hidden(seen: Seen) -> Iterator[str]:
    """Say what looks like an address, or a hash of one, in tables marked as not personal."""
    for mapped, collection in collections(seen):
        schema = seen.schemas.get(mapped.name)
        table = schema.tables.get(collection.name) if schema else None
        if collection.personal or table is None:
            continue
        for column in table.columns:
            if _identifies(column, collection.name):
                at = f"{mapped.name}.{collection.name}.{column.name}"
                yield f"{at} looks like a person's, and its table is marked `not personal`"


def _identifies(column: Column, table: str) -> bool:
    spoken = words(column.name)
    spelled = "_".join(spoken)
    if not spoken or spoken[0] in _ASKS:
        return False
    if _POINTER_ALONE.search(spelled):
        return True
    if column.type is Type.NUMBER and not spelled.endswith(("number", "_no", "_nr")):
        return False
    last = _MADE_OF_IT.sub("", spelled).rpartition("_")[2]
    of = meaning(replace(column, name=last, type=Type.TEXT), Where()).identity
    hashed = re.search(r"hash|sha|md_5|digest", spelled) is not None
    return of in {"email", "phone"} and (hashed or not headed(table, "organisations"))
