"""Reads `stores/NAME.yaml` into a `StoreMap`."""

from __future__ import annotations

import re
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from upheld.datamap.exposed import holds_password
from upheld.datamap.forms import NOT_PERSONAL, CollectionForm, StoreForm
from upheld.datamap.guesses import is_guess, told, without_marks
from upheld.datamap.troubles import troubles
from upheld.errors import BadFile
from upheld.files import filled, shown, unknown, written
from upheld.model import (
    Act,
    Bond,
    Collection,
    Follow,
    How,
    Keep,
    Match,
    Place,
    Right,
    Safeguard,
    Spelling,
    StoreMap,
    Task,
    Way,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from upheld.datamap.forms import FieldForm, KeepForm, WayForm
    from upheld.files import Trouble, Written

_STEM = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_ODD = (
    "a path into JSON takes no quotation marks, backslashes or control characters; "
    "name the column itself"
)


def parse_store(text: str, name: str) -> StoreMap:
    """Return the map of one store; `name` is the path of its file, whose stem names the store.

    A guess (`about?`) is read as its word and told in `guesses`, but a guessed bond is MENTIONS:
    no row is anybody's until a human says so. A field that says nothing of `erase` is RETAIN in a
    collection that is kept, LEAVE if it is not personal, BLANK otherwise.

    Raises:
        BadFile: the first thing that is wrong, by line, and how many more there are.
    """
    stem = _stem(name)
    paper = written(text, name)
    form = filled(without_marks(paper), StoreForm).form
    paper.refuse([*troubles(form), *_guarding(form), *_paths(form)])
    return StoreMap(
        name=stem,
        kind=form.kind,
        url=form.url,
        country=form.country,
        collections=tuple(
            _collection(each, form, paper, name) for name, each in form.collections.items()
        ),
        tasks=tuple(
            Task(Right(right), text) for right, texts in form.tasks.items() for text in texts
        ),
        within=_within(form),
        guesses=told(paper),
        file=name,
        digest=sha256(text.encode()).hexdigest(),
        attested=frozenset(map(Safeguard, form.guards)),
    )


def _stem(name: str) -> str:
    stem = name.rpartition("/")[2].removesuffix(".yaml")
    if not _STEM.fullmatch(stem):
        wrong = f"{shown(stem)} cannot name a store; use lower-case letters, digits, `-` and `_`"
        raise BadFile(f"{name}:1", wrong)
    return stem


def _guarding(form: StoreForm) -> Iterator[Trouble]:
    """Yield what is wrong in what a store says of its safeguards, a password in its URL first."""
    if holds_password(form.url):
        yield ("url",), "`url` holds a password; put it in a variable and write `env:NAME` here"
    for word, how in form.guards.items():
        if word not in set(Safeguard):
            yield ("guards", word), unknown(word, list(Safeguard), "safeguard")
        if how != "attested":
            yield ("guards", word), f"{shown(how)} says nothing of a safeguard; write `attested`"


def _paths(form: StoreForm) -> Iterator[Trouble]:
    """Yield paths in JSON that no two databases would read alike."""
    for name, each in form.collections.items():
        at = ("collections", name)
        for field in each.fields_:
            if _odd(field):
                yield (*at, "fields", field), _ODD
        for index, way in enumerate(each.people):
            if any(map(_odd, (*way.follow, *way.onto, way.match or ""))):
                yield (*at, "people", index), _ODD


def _odd(name: str) -> bool:
    path = name.partition("$.")[2]
    return any(letter in '"\\' or not letter.isprintable() for letter in path)


def _within(form: StoreForm) -> timedelta:
    return timedelta(days=int(form.within.split()[0])) if form.within else timedelta()


def _collection(form: CollectionForm, store: StoreForm, paper: Written, name: str) -> Collection:
    path = ("collections", name)
    return Collection(
        name=name,
        key=form.key,
        ways=tuple(
            _way(each, store, guessed=is_guess(paper, (*path, "people", index, "is")))
            for index, each in enumerate(form.people)
        ),
        places=tuple(_place(field, each, form) for field, each in form.fields_.items()),
        delete=form.erase == "row",
        keep=_keep(form.keep) if form.keep else None,
        person=form.person,
        personal=form is not NOT_PERSONAL,
        line=paper.lines[path],
        controller=form.controller or store.controller,
        channels=form.channels,
    )


def _way(form: WayForm, store: StoreForm, *, guessed: bool) -> Way:
    bond = Bond.MENTIONS if guessed else Bond(form.bond)
    if form.match is not None:
        return Match(form.match, form.identity or "", bond, _stored(form.stored))
    to = form.to or ""
    return Follow(form.follow, to, form.onto or store.collections[to].key, bond)


def _stored(written: str | None) -> Spelling | None:
    if written is None:
        return None
    how, _, country = written.partition(" ")
    return Spelling(How(how), country or None)


def _place(name: str, form: FieldForm, within: CollectionForm) -> Place:
    category = None if form.category == "none" else form.category
    stored = form.stored or next((w.stored for w in within.people if w.match == name), None)
    return Place(
        name=name,
        category=category,
        act=_act(form, kept=within.keep is not None),
        source=form.source or (within.source if category else None),
        identity=form.identity,
        secret=form.secret,
        of=form.of,
        stored=_stored(stored) if form.identity else None,
    )


def _act(form: FieldForm, *, kept: bool) -> Act:
    if form.erase:
        return Act(form.erase)
    if form.category == "none":
        return Act.LEAVE
    return Act.RETAIN if kept else Act.BLANK


def _keep(form: KeepForm) -> Keep:
    return Keep(form.under, form.since, form.within)
