"""Who is looked for across all stores: merging what each finds, and freezing it; pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias, cast

from upheld.model import Closure, Identity, Key

_Kinds = Mapping[str, frozenset[str]]
_Plain: TypeAlias = str | int | float | dict[str, str] | None


@dataclass(frozen=True, slots=True)
class Frozen:
    """A person's closure over all stores: identities they share, row keys by store.

    `alone` and `shared` are those of `upheld.model.Closure`. What is shared may be another thing
    tomorrow, so it is not kept.
    """

    given: _Kinds
    identities: _Kinds
    keys: Mapping[str, Mapping[str, frozenset[Key]]] = field(default_factory=dict)
    alone: frozenset[Identity] = frozenset()
    shared: frozenset[Identity] = frozenset()

    def of(self, store: str) -> Closure:
        """Return the part that one store is asked with."""
        return Closure(
            self.given,
            self.identities,
            self.keys.get(store, {}),
            alone=self.alone,
            shared=self.shared,
        )

    def joined(self, store: str, closure: Closure) -> Frozen:
        """Return this with what one store found; identities travel on to the others."""
        return replace(
            self,
            identities=_either(self.identities, closure.identities),
            keys={**self.keys, store: closure.keys},
            alone=self.alone | closure.alone,
        )


def _either(some: _Kinds, more: _Kinds) -> _Kinds:
    none: frozenset[str] = frozenset()
    return {kind: some.get(kind, none) | more.get(kind, none) for kind in {*some, *more}}


def starting(given: Mapping[str, Iterable[str]]) -> Frozen:
    """Return the closure of a person who presented these normalised identities."""
    kinds = {kind: frozenset(values) for kind, values in given.items()}
    return Frozen(kinds, kinds)


def to_bytes(frozen: Frozen) -> bytes:
    """Return the closure as it is sealed in the vault."""
    plain = {
        "given": {kind: sorted(values) for kind, values in frozen.given.items()},
        "identities": {kind: sorted(values) for kind, values in frozen.identities.items()},
        "keys": {
            store: {name: sorted(map(_plain, keys), key=repr) for name, keys in collections.items()}
            for store, collections in frozen.keys.items()
        },
        "alone": sorted(frozen.alone),
    }
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode()


def from_bytes(sealed: bytes) -> Frozen:
    """Return the closure that `to_bytes` wrote."""
    plain = json.loads(sealed)
    keys = cast("Mapping[str, Mapping[str, list[list[_Plain]]]]", plain["keys"])
    return Frozen(
        {kind: frozenset(values) for kind, values in plain["given"].items()},
        {kind: frozenset(values) for kind, values in plain["identities"].items()},
        {
            store: {name: frozenset(map(_key, rows)) for name, rows in collections.items()}
            for store, collections in keys.items()
        },
        frozenset((kind, value) for kind, value in plain.get("alone", ())),
    )


def _plain(key: Key) -> list[_Plain]:
    """Return a key as JSON can say it: bytes, as UUIDs are often stored, by their hex digits."""
    return [{"hex": part.hex()} if isinstance(part, bytes) else part for part in key]


def _key(plain: list[_Plain]) -> Key:
    return tuple(bytes.fromhex(part["hex"]) if isinstance(part, dict) else part for part in plain)
