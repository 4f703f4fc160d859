"""The nouns of safeguards: what guards a store, as it was probed or as somebody attests it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Safeguard(StrEnum):
    """What guards the data of a store against those who should not read, change or lose it."""

    IN_TRANSIT = "encrypted-in-transit"
    AT_REST = "encrypted-at-rest"
    LEAST_PRIVILEGE = "least-privilege"
    INTEGRITY = "integrity"
    RESTORE_TESTED = "restore-tested"


class Role(StrEnum):
    """What Upheld does in a store, each with as little access as it needs."""

    MAPPER = "mapper"
    READER = "reader"
    ERASER = "eraser"
    SEARCHER = "searcher"


class Dialect(StrEnum):
    """The SQL that roles are written in."""

    POSTGRESQL = "postgresql"
    MARIADB = "mariadb"


@dataclass(frozen=True, slots=True)
class Probe:
    """What asking a store about a safeguard showed; `held` None: it cannot be asked here.

    `words` say what was seen and what mends it: never a value of a row, never a secret.
    """

    safeguard: Safeguard
    held: bool | None
    words: str


@dataclass(frozen=True, slots=True)
class Guards:
    """What a store reports of its safeguards, each at most once."""

    probes: tuple[Probe, ...] = ()

    def probe(self, safeguard: Safeguard) -> Probe | None:
        """Return what was seen of a safeguard, if the store says anything of it."""
        return next((each for each in self.probes if each.safeguard is safeguard), None)
