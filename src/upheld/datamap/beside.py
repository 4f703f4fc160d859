"""What lies beside the tables of a store, and what that means for an erasure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from upheld.datamap.told import Drift, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from upheld.model import Schema, StoreMap


@dataclass(frozen=True, slots=True)
class _Advice:
    """How bad what begins with these words is; `{}` stands for its name, `{what}` for the words."""

    begins: str
    severity: Severity
    then: str
    words: str = "`{}` is {what}"


_ADVICE = (
    _Advice("a view", Severity.NOTE, "map the tables it shows, and not the view"),
    _Advice(
        "a materialised view",
        Severity.WARNING,
        "it keeps what was erased until `REFRESH MATERIALIZED VIEW {}`: do so after each erasure",
    ),
    _Advice(
        "a foreign table",
        Severity.WARNING,
        "its rows are in another database: map that as a store of its own",
    ),
    _Advice(
        "large objects",
        Severity.WARNING,
        "nothing says whose they are: keep what is personal in `bytea`, or unlink it by hand",
        "the database holds {what}, which no table contains",
    ),
    _Advice(
        "hidden from this role",
        Severity.WARNING,
        "grant it `TRIGGER`, so that a preview names them",
        "the {} of the database are {what}",
    ),
    _Advice(
        "a table whose rows are also those of another",
        Severity.NOTE,
        "map both, as tables of their own: then each row is counted and erased in one",
    ),
    _Advice(
        "a table that keeps what its rows were",
        Severity.WARNING,
        "it keeps what was erased until `DELETE HISTORY FROM {}`: do so after each erasure",
    ),
    _Advice(
        "a table of ",
        Severity.BROKEN,
        "run `ALTER TABLE {} ENGINE=InnoDB`; until then an erasure that stops is half done",
    ),
)
"""By the words a store says; the first that fits."""

_UNKNOWN = _Advice("", Severity.NOTE, "see whether it holds personal data, and erase that by hand")


def beside(mapped: StoreMap, schema: Schema) -> Iterator[Drift]:
    """Yield what is to be known of each thing that lies beside the tables.

    What concerns a table that holds nothing personal is a note.
    """
    for name, what in schema.beside.items():
        advice = next((each for each in _ADVICE if what.startswith(each.begins)), _UNKNOWN)
        collection = mapped.collection(name)
        personal = collection is None or collection.personal
        yield Drift(
            advice.severity if personal else Severity.NOTE,
            f"{mapped.file}:{collection.line if collection else 1}",
            advice.words.format(name, what=what),
            advice.then.format(name),
        )
