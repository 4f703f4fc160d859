"""What can be wrong in a map that has the right shape: unknown words, loose ends."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from upheld.data import vocabularies
from upheld.datamap.forms import NOT_PERSONAL
from upheld.files import shown, unknown
from upheld.identity import base, known_country
from upheld.model import Act, Bond, How, Right

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from upheld.datamap.forms import CollectionForm, FieldForm, KeepForm, StoreForm, WayForm
    from upheld.files import Path, Trouble

_DAYS = re.compile(r"[1-9][0-9]{0,2} days?")
_COUNTRY = re.compile(r"[A-Z]{2}")
_OWNER = re.compile(r"[a-z0-9][a-z0-9_-]*")
_KINDS = ("sql", "manual")
_ROWS = ("row", "fields")


def troubles(form: StoreForm) -> Iterator[Trouble]:
    """Yield everything wrong in a store's form, each with the path where it was written."""
    if form.country is not None and not _COUNTRY.fullmatch(form.country):
        yield ("country",), f"{shown(form.country)} is no country; write two capitals, like `US`"
    match form.kind:
        case "sql":
            yield from _sql(form)
        case "manual":
            yield from _manual(form)
        case _:
            yield ("kind",), unknown(form.kind, _KINDS, "kind of store")


def _manual(form: StoreForm) -> Iterator[Trouble]:
    for key, value in (("url", form.url), ("collections", form.collections)):
        if value:
            yield (key,), f"`{key}` is not for a manual store, which has `tasks`; take it out"
    if not form.tasks:
        yield (), "`tasks` is missing; say what is done by hand, for `access` and for `erase`"
    for right, texts in form.tasks.items():
        if right not in set(Right):
            yield ("tasks", right), unknown(right, list(Right), "right")
        if not texts or not all(text.strip() for text in texts):
            yield ("tasks", right), f"{shown(right)} has an empty task; say what to do"
    if not form.within or not _DAYS.fullmatch(form.within):
        yield ("within",), "`within` must say in how many days the tasks are done, like `10 days`"


def _sql(form: StoreForm) -> Iterator[Trouble]:
    for key, value in (("within", form.within), ("tasks", form.tasks)):
        if value:
            yield (key,), f"`{key}` is for a manual store; take it out"
    if not form.url:
        yield ("url",), "`url` is missing; write it, or `env:NAME` to keep it out of this file"
    yield from _two_people(form.collections)
    reached = _reached(form.collections)
    for name, collection in form.collections.items():
        if collection is not NOT_PERSONAL:
            yield from _collection(form, collection, ("collections", name), reached)


def _two_people(collections: Mapping[str, CollectionForm]) -> Iterator[Trouble]:
    """Refuse one kind of account in two collections of people: number 1 of each is a stranger."""
    keys: dict[str, str] = {}
    for name, each in collections.items():
        for index, way in enumerate(each.people if each.person else ()):
            kind = way.identity or ""
            if (way.match,) == each.key and kind.startswith("account"):
                if other := keys.get(kind):
                    path = ("collections", name, "people", index, "identity")
                    yield path, f"{shown(kind)} is also the key of `{other}`; call this one its own"
                keys[kind] = name


def _reached(collections: Mapping[str, CollectionForm]) -> set[str]:
    """Return the collections from whose rows a person is found, however many steps away."""
    reached: set[str] = set()
    while True:
        more = {
            name
            for name, each in collections.items()
            if any(way.match is not None or way.to in reached for way in each.people)
        }
        if more == reached:
            return reached
        reached = more


def _collection(
    form: StoreForm, collection: CollectionForm, path: Path, reached: set[str]
) -> Iterator[Trouble]:
    name = str(path[-1])
    if not collection.key or not all(collection.key):
        yield path, f"`key` is missing in {shown(name)}; name the columns that tell rows apart"
    if collection.erase not in _ROWS:
        yield (*path, "erase"), unknown(collection.erase, _ROWS, "way to erase a row")
    for index, way in enumerate(collection.people):
        at = (*path, "people", index)
        yield from _bond(way, at)
        yield from _match(way, at) if way.match is not None else _follow(form, way, at)
        if way.to in form.collections and way.to not in reached:
            yield (*at, "to"), f"{shown(way.to)} leads to nobody; give it a `match` under `people`"
    if collection.keep:
        yield from _keep(form, collection.keep, (*path, "keep"), name)
    words = vocabularies()
    if collection.source is not None and collection.source not in words.sources:
        yield (*path, "source"), unknown(collection.source, words.sources, "source")
    for channel in collection.channels:
        if channel not in words.words("channels"):
            yield (*path, "channels"), unknown(channel, words.words("channels"), "channel")
    for field, place in collection.fields_.items():
        yield from _field(collection, place, (*path, "fields", field))


def _bond(way: WayForm, path: Path) -> Iterator[Trouble]:
    if way.bond not in set(Bond):
        yield (*path, "is"), unknown(way.bond, list(Bond), "bond")
    if way.match is not None and (way.follow or way.to or way.onto):
        yield path, "a way has `match` or `follow`, not both; write two ways"
    if way.match is None and not way.follow:
        yield path, "a way has `match` with `identity`, or `follow` with `to`; add one"


def _match(way: WayForm, path: Path) -> Iterator[Trouble]:
    if not way.match:
        yield (*path, "match"), "`match` is empty; name a column"
    if way.identity is None:
        yield path, "`identity` is missing; say what the column holds, like `email`"
    elif way.identity == "name":
        yield (*path, "identity"), "a `name` finds nobody: people share names; match another column"
    else:
        yield from _identity(way.identity, path)
    yield from _stored(way.stored, way.identity, (*path, "stored"))


_FORMS = {
    How.E164: {"phone"},
    How.NATIONAL: {"phone"},
    How.UUID: {"account", "cookie"},
}
"""Kinds of identity that a form is for; any other form is for all that find somebody."""


def _stored(written: str | None, identity: str | None, path: Path) -> Iterator[Trouble]:
    if written is None:
        return
    how, _, country = written.partition(" ")
    if how not in set(How):
        yield path, unknown(how, list(How), "form of an identity")
        return
    kind = base(identity or "name")
    if kind == "name" or kind not in _FORMS.get(How(how), {kind}):
        yield path, f"{shown(how)} is no form of this identity; leave `stored` out if unsure"
    if how == How.NATIONAL and not known_country(country):
        yield path, "`national` needs the country whose numbers they are; write `national GB`"
    if how != How.NATIONAL and country:
        yield path, f"{shown(how)} stands alone; take away what follows it"


def _identity(written: str, path: Path) -> Iterator[Trouble]:
    known = vocabularies().identities
    kind, colon, owner = written.partition(":")
    if kind not in known:
        yield (*path, "identity"), unknown(kind, known, "identity")
    elif colon and (kind == "name" or not _OWNER.fullmatch(owner)):
        yield (*path, "identity"), f"{shown(written)} is no identity; write it like `account:crm`"


def _follow(form: StoreForm, way: WayForm, path: Path) -> Iterator[Trouble]:
    for key, value in (("identity", way.identity), ("stored", way.stored)):
        if value is not None:
            yield (*path, key), f"`{key}` belongs to `match`; take it out"
    if way.to is None:
        if way.follow:
            yield path, "`to` is missing; say which collection the columns point at"
        return
    yield from _target(form, way.to, (*path, "to"))
    target = form.collections.get(way.to)
    if target is None or target is NOT_PERSONAL:
        return
    for column in way.onto:
        if column not in _columns(target):
            yield (*path, "onto"), unknown(column, _columns(target), f"column of {shown(way.to)}")
    if way.follow and len(way.follow) != len(way.onto or target.key):
        yield path, "`follow` names more or fewer columns than it points at; name as many"


def _target(form: StoreForm, to: str, path: Path) -> Iterator[Trouble]:
    if to not in form.collections:
        yield path, unknown(to, form.collections, "collection of this file")
    elif form.collections[to] is NOT_PERSONAL:
        yield path, f"{shown(to)} is marked as not personal; nobody is found through it"


def _keep(form: StoreForm, keep: KeepForm, path: Path, name: str) -> Iterator[Trouble]:
    if (keep.since is None) == (keep.within is None):
        yield path, "`keep` has `from` (the column that dates a row) or `with` (a collection)"
    if keep.within is None:
        return
    if keep.within == name:
        yield (*path, "with"), f"{shown(name)} cannot be kept with itself; name its parent"
        return
    yield from _target(form, keep.within, (*path, "with"))
    parent = form.collections.get(keep.within)
    if parent is None or parent is NOT_PERSONAL:
        return
    if parent.keep is None:
        yield (*path, "with"), f"{shown(keep.within)} has no `keep` itself; add one there"
    bonds = {way.bond for way in form.collections[name].people if way.to == keep.within}
    if not bonds:
        yield (*path, "with"), f"no way follows {shown(keep.within)}; add one under `people`"
    elif bonds == {Bond.MENTIONS}:
        words = "is only mentioned; what is kept with it follows it with `is: about` or `shared`"
        yield (*path, "with"), f"{shown(keep.within)} {words}"


def _field(collection: CollectionForm, place: FieldForm, path: Path) -> Iterator[Trouble]:
    words = vocabularies()
    if place.category != "none" and place.category not in words.categories:
        yield (*path, "category"), unknown(place.category, [*words.categories, "none"], "category")
    if place.source is not None and place.source not in words.sources:
        yield (*path, "source"), unknown(place.source, words.sources, "source")
    if place.identity is not None:
        yield from _identity(place.identity, path)
    yield from _stored(place.stored, place.identity, (*path, "stored"))
    said = {way.stored for way in collection.people if way.match == path[-1]} - {None}
    if place.stored is not None and said - {place.stored}:
        yield (*path, "stored"), "`people` says that the column is stored otherwise; say it once"
    if place.erase is not None and place.erase not in set(Act):
        yield (*path, "erase"), unknown(place.erase, list(Act), "way to erase a field")
    if place.erase == Act.RETAIN and collection.keep is None:
        yield (*path, "erase"), "`retain` needs a `keep` that says under which clause; add one"
    ways = [way.follow or (way.match or "",) for way in collection.people]
    if place.of and place.of not in ways:
        known = [", ".join(way) for way in ways]
        yield (*path, "of"), unknown(", ".join(place.of), known, "way of this collection")


def _columns(collection: CollectionForm) -> set[str]:
    ways = (way.follow or (way.match or "",) for way in collection.people)
    return {*collection.fields_, *collection.key, *(column for way in ways for column in way)}
