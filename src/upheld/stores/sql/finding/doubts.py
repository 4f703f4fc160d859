"""Finds what only a person can decide: whose a row of people is, where identities disagree."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import sqlalchemy as sa

from upheld.identity import base
from upheld.model import Bond, Match
from upheld.stores.sql.finding import alone, people
from upheld.stores.sql.finding.following import counts, keys_of
from upheld.stores.sql.fitting import unmapped_heirs
from upheld.stores.sql.functions import spelled
from upheld.stores.sql.functions.keys import in_keys, listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from upheld.model import Collection, Key
    from upheld.stores.sql.finding.rows import Selector


def found(connection: sa.Connection, selector: Selector, before: Selector) -> Iterator[str]:
    """Say, of what finding added to a closure, what nobody but a person can decide.

    Who else bears what led to rows is asked when no store finds any more.
    """
    yield from alone.of_two(connection, selector)
    yield from _crowds(connection, selector, before)
    yield from _contested(connection, selector, before)
    yield from _contradicted(connection, selector, before)


def crowded(connection: sa.Connection, selector: Selector, before: Selector) -> Iterator[str]:
    """Name the collections of people in which rows beside the ones frozen are there now.

    Rows are one person's where each bears another one of the identities presented. Also those of
    rows that are theirs by nothing but what somebody else bears, too.
    """
    yield from alone.doubted(connection, selector)
    yield from _crowds(connection, selector, before)


def _crowds(connection: sa.Connection, selector: Selector, before: Selector) -> Iterator[str]:
    yield from _keyed_twice(connection, selector)
    for collection in of_people(selector):
        news = _news(selector, before, collection)
        known_by = any(isinstance(way, Match) for way in collection.ways)
        if not known_by or not news or len(selector.keys[collection.name]) == 1:
            continue
        rows = selector.rows(collection, Bond.ABOUT)
        query = people.counted_apart(selector, collection, rows)
        every, *apart = (int(each) for each in connection.execute(query).one())
        if every > 1 and every not in apart:
            yield _crowded(selector.mapped.name, collection)


def _keyed_twice(connection: sa.Connection, selector: Selector) -> Iterator[str]:
    """Name the tables in which a key of theirs is also that of a row which inherits from it.

    A key tells apart the rows of one table, and not those of its heirs.
    """
    for collection in selector.mapped.collections:
        shape = selector.schema.tables.get(collection.name)
        keys = selector.keys.get(collection.name)
        if not shape or not keys or not unmapped_heirs(selector.mapped, shape):
            continue
        rows = in_keys(selector.fields(collection, collection.key), listed(keys))
        [number] = counts(connection, selector, [(collection, rows)])
        if number > len(keys):
            yield (
                f"rows of `{selector.mapped.name}.{collection.name}` and of a table that inherits "
                f"from it have the same key; map `{shape.heirs[0]}`, too"
            )


def _crowded(store: str, collection: Collection) -> str:
    kinds = (way.identity for way in collection.ways if isinstance(way, Match))
    account = next((kind for kind in kinds if base(kind) == "account"), None)
    example = f" (as `{account}=1` and `{account}=2`)" if account else ""
    return (
        f"the identities lead to two or more people in `{store}.{collection.name}`; "
        "open the request again with one more `--identity` that tells them apart, "
        f"or, if all are this person's, with one for each row{example}"
    )


@dataclass(frozen=True, slots=True)
class _Case:
    """What some rows bear of the identities presented, by kind, and where they bear others."""

    borne: frozenset[tuple[str, object]]
    others: tuple[str, ...]

    def told_apart(self, cases: Iterable[_Case]) -> bool:
        """Say whether all that these rows bear is borne by better ones, too."""
        better = [each.borne for each in cases if len(each.borne) > len(self.borne)]
        return self.borne <= frozenset().union(*better)


def _contested(connection: sa.Connection, selector: Selector, before: Selector) -> Iterator[str]:
    """Say where a row bears one identity presented, and in the place of another a foreign one.

    If another row bears more of them, they are there to tell the two apart.
    """
    for collection in of_people(selector):
        query = people.contested(selector, collection, before)
        if query is None:
            continue
        kinds = list(people.presented(selector, collection))
        cases = [_case(kinds, tuple(row)) for row in connection.execute(query)]
        for case in cases:
            if case.others and not case.told_apart(cases):
                kind = base(case.others[0])
                yield (
                    f"a row of `{selector.mapped.name}.{collection.name}` bears one of the "
                    f"identities presented and another {kind} than the one presented; check with "
                    "the person, give the identity the row has, or leave it out"
                )
                break


def _case(kinds: list[str], row: tuple[object, ...]) -> _Case:
    borne, others = row[: len(kinds)], row[len(kinds) :]
    return _Case(
        frozenset((k, value) for k, value in zip(kinds, borne, strict=True) if value is not None),
        tuple(kind for kind, other in zip(kinds, others, strict=True) if other),
    )


def _contradicted(connection: sa.Connection, selector: Selector, before: Selector) -> Iterator[str]:
    """Name the collections of people whose rows, newly found, bear another identity than presented.

    Whoever was led to by an account number of another system may be somebody else: the stores
    disagree, and only a person can tell.
    """
    for collection in of_people(selector):
        news = _news(selector, before, collection)
        if not news or (strangers := people.strangers(selector, collection)) is None:
            continue
        columns = selector.fields(collection, collection.key)
        rows = sa.and_(in_keys(columns, listed(news)), strangers)
        if any(counts(connection, selector, [(collection, rows)])):
            yield (
                f"a row of `{selector.mapped.name}.{collection.name}` is theirs by what another "
                "store says, but bears another identity than was presented; if it is theirs, open "
                "the request again with that identity too"
            )


def reassigned(
    connection: sa.Connection, selector: Selector, collections: Iterable[Collection]
) -> Iterator[tuple[Collection, Key]]:
    """Yield rows of people frozen by their key that may be somebody else's now."""
    for collection in collections:
        if (rows := people.reassigned(selector, collection)) is not None:
            for key in keys_of(connection, selector, collection, rows):
                yield collection, key


def passed_on(store: str, collection: str) -> str:
    """Say that nobody can tell whose a row is that was found for a request."""
    return (
        f"a row of `{store}.{collection}` that was found for this request now bears another "
        "identity or none, and may be somebody else's; look who it is, then open a new request"
    )


def noted(connection: sa.Connection, selector: Selector, before: Selector) -> Selector:
    """Return the selector with keys of rows that bore no identity when they were found.

    Nothing but the number tells that such a row is the person's.
    """
    keys = dict(selector.keys)
    for collection in of_people(selector):
        nameless = people.nameless(selector, collection)
        news = _news(selector, before, collection)
        if people.stays(collection) or nameless is None or not news:
            continue
        columns = selector.fields(collection, collection.key)
        rows = sa.and_(in_keys(columns, listed(news)), nameless)
        at = people.bare(collection.name)
        if found := keys_of(connection, selector, collection, rows):
            keys[at] = keys.get(at, frozenset()) | found
    return selector.of(replace(selector.closure, keys=keys))


def without(frozen: Selector, strangers: Iterable[tuple[Collection, Key]]) -> Selector:
    """Return a selector that no longer leads to rows whose key has passed to somebody else."""
    closure = frozen.closure
    keys, given, identities = dict(closure.keys), dict(closure.given), dict(closure.identities)
    for collection, key in strangers:
        keys[collection.name] = keys[collection.name] - {key}
        for way in collection.ways:
            if isinstance(way, Match) and collection.key == (way.column,):
                value = frozenset({spelled(key[0])})
                for kinds in (given, identities):
                    kinds[way.identity] = kinds.get(way.identity, frozenset()) - value
    return frozen.of(replace(closure, given=given, identities=identities, keys=keys))


def of_people(selector: Selector) -> Iterator[Collection]:
    """Yield the collections whose rows are people."""
    return (each for each in selector.mapped.collections if each.person)


def _news(selector: Selector, before: Selector, collection: Collection) -> frozenset[Key]:
    none: frozenset[Key] = frozenset()
    return selector.keys.get(collection.name, none) - before.keys.get(collection.name, none)
