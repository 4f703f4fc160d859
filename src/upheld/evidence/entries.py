"""An entry as the bytes of a leaf: RFC 8785 canonical JSON of `at`, `kind` and the body."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime

import rfc8785

from upheld.errors import BadInput, NotProven
from upheld.model import Entry, Json


def write_entry(at: datetime, kind: str, body: Mapping[str, Json]) -> bytes:
    """Return the bytes of an entry; `at` keeps milliseconds, always 24 characters.

    >>> write_entry(datetime(2026, 7, 1, tzinfo=UTC), "person.minted", {"person": 1})
    b'{"at":"2026-07-01T00:00:00.000Z","kind":"person.minted","person":1}'
    """
    if not kind or "at" in body or "kind" in body:
        raise BadInput(
            "an entry needs a kind, and its body may not hold `at` or `kind`; rename the field"
        )
    try:
        return rfc8785.dumps({"at": stamp(at), "kind": kind, **body})
    except (ValueError, RecursionError):  # the cause would quote the value
        raise BadInput(
            f"an entry `{kind}` holds what canonical JSON has no form for; "
            "use text, numbers up to 2^53, lists and named fields"
        ) from None


def read_entry(index: int, leaf: bytes) -> Entry:
    """Return the entry that these bytes are."""
    try:
        body = json.loads(leaf)
        at, kind = body.pop("at"), body.pop("kind")
        return Entry(datetime.fromisoformat(at), str(kind), body)
    except (ValueError, KeyError, TypeError, AttributeError) as wrong:
        raise NotProven(f"entry {index} is not what Upheld writes; run `upheld verify`") from wrong


def stamp(at: datetime) -> str:
    """Return an instant as entries write it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
