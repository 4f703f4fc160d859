"""Who is looked for across all stores: merging what each finds, and freezing it; pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import cast

from upheld.model import Closure, Key

_Kinds = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Frozen:
    """A person's closure over all stores: identities they share, row keys by store."""

    given: _Kinds
    identities: _Kinds
    keys: Mapping[str, Mapping[str, frozenset[Key]]] = field(default_factory=dict)

    def of(self, store: str) -> Closure:
        """Return the part that one store is asked with."""
        return Closure(self.given, self.identities, self.keys.get(store, {}))

    def joined(self, store: str, closure: Closure) -> Frozen:
        """Return this with what one store found; identities travel on to the others."""
        none: frozenset[str] = frozenset()
        kinds = {*self.identities, *closure.identities}
        identities = {
            kind: self.identities.get(kind, none) | closure.identities.get(kind, none)
            for kind in kinds
        }
        return Frozen(self.given, identities, {**self.keys, store: closure.keys})


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
            store: {name: sorted(map(list, keys), key=repr) for name, keys in collections.items()}
            for store, collections in frozen.keys.items()
        },
    }
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode()


def from_bytes(sealed: bytes) -> Frozen:
    """Return the closure that `to_bytes` wrote."""
    plain = json.loads(sealed)
    keys = cast("Mapping[str, Mapping[str, list[list[str | int | float | None]]]]", plain["keys"])
    return Frozen(
        {kind: frozenset(values) for kind, values in plain["given"].items()},
        {kind: frozenset(values) for kind, values in plain["identities"].items()},
        {
            store: {name: frozenset(map(tuple, rows)) for name, rows in collections.items()}
            for store, collections in keys.items()
        },
    )
