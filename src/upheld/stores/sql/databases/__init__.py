"""Reaches a database: what SQLAlchemy does not say alike of every kind of them."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Protocol

import sqlalchemy as sa

from upheld.errors import BadInput
from upheld.stores.sql.databases.mariadb import MariaDb
from upheld.stores.sql.databases.needs import Need
from upheld.stores.sql.databases.postgres import Postgres
from upheld.stores.sql.databases.sqlite import Sqlite

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

_KINDS: Mapping[str, type[Sqlite | Postgres | MariaDb]] = {
    "sqlite": Sqlite,
    "postgresql": Postgres,
    "mariadb": MariaDb,
    "mysql": MariaDb,
}
_EXAMPLES = "`sqlite:///file.sqlite`, `postgresql://…` or `mariadb://…`"


class Mode(Enum):
    """What a connection is opened for."""

    LOOKING = "a glance, each statement by itself"
    READING = "several things read as of one moment"
    WRITING = "a transaction that writes"


LOOKING, READING, WRITING = Mode.LOOKING, Mode.READING, Mode.WRITING


class Database(Protocol):
    """One kind of database, and the engine that reaches one of it."""

    typeless: bool
    """Whether a value of any kind may stand in any column."""

    defers: bool
    """Whether all foreign keys are put off to the end of a transaction."""

    row_by_row: bool
    """Whether a foreign key is minded at each row, and not at the end of the statement."""

    alone: bool
    """Whether nobody else can write while somebody does."""

    rights_are_read: bool
    """Whether the catalogue tells what a role may do; else it is tried in a transaction."""

    locks_by_update: bool
    """Whether a role must be let update a column of what it locks."""

    prepares: bool
    """Whether its driver keeps ready what was asked often, and forgets it at a rollback."""

    @property
    def engine(self) -> sa.Engine:
        """What opens connections."""
        ...

    def glance(self, connection: sa.Connection) -> None:
        """Prepare for statements that each stand by themselves."""
        ...

    def begin(self, connection: sa.Connection, *, write: bool) -> None:
        """Begin a transaction: a snapshot to read, or one that writes and waits for nobody long."""
        ...

    def defer(self, connection: sa.Connection) -> None:
        """Put off to the end of the transaction what foreign keys can be put off."""
        ...

    def committed(self, connection: sa.Connection) -> None:
        """Overwrite what a commit has left of the rows it erased, where that is ours to do."""
        ...

    def lock(
        self, connection: sa.Connection, rows: Iterable[sa.Select[tuple[object, ...]]]
    ) -> None:
        """Lock rows against others until the transaction ends."""
        ...

    def lockable(
        self, connection: sa.Connection, tables: Mapping[str, sa.TableClause]
    ) -> frozenset[str]:
        """Name those tables of which this role, if it may delete rows, may also lock them."""
        ...

    def open(self, connection: sa.Connection, since: Sequence[str] | None) -> tuple[str, ...]:
        """Name transactions of others that may still bring rows: of `since`, or all there are."""
        ...

    def watched(
        self, connection: sa.Connection, tables: Mapping[str, sa.TableClause]
    ) -> Callable[[int], Mapping[str, int | None]]:
        """Return what says afterwards how many rows fewer tables have by what is done from here on.

        It is told how many rows were deleted by what was said to the database; where no others
        were, by triggers, it may leave all tables out. None stands for all that a table had.
        """
        ...

    def sizes(
        self, connection: sa.Connection, tables: Mapping[sa.TableClause, int]
    ) -> Mapping[str, int]:
        """Return how many rows tables have: counted, to twenty times the number given.

        How much larger than that a table is, the database may estimate.
        """
        ...

    def lacks(self, connection: sa.Connection, needs: Sequence[Need]) -> Iterable[str]:
        """Say what the role is not let do, in a transaction that is undone."""
        ...

    def elsewhere(self, connection: sa.Connection, needs: Sequence[Need]) -> Iterable[str]:
        """Say where foreign keys of other databases point at what is to go; `lacks` says it, too.

        One may be made after the step was planned.
        """
        ...

    def unread(
        self, connection: sa.Connection, tables: Mapping[sa.TableClause, Sequence[str]]
    ) -> Mapping[sa.TableClause, Sequence[str]]:
        """Name those of these columns that the role may not read."""
        ...


def reached(name: str, url: str) -> Database:
    """Return the database at a URL, for the store `name`; nothing is opened yet.

    Raises:
        BadInput: the URL is no database URL, or of a kind that is not supported.
    """
    try:
        address = sa.make_url(url)
        kind = _KINDS.get(address.get_backend_name())
    except sa.exc.ArgumentError as error:
        raise BadInput(f"store `{name}` has no usable url; write {_EXAMPLES}") from error
    if kind is None or not address.database:
        raise BadInput(
            f"store `{name}` is of a kind that is not supported, or its url names no database; "
            f"write {_EXAMPLES}"
        )
    try:
        return kind(address)
    except ModuleNotFoundError as error:
        raise BadInput(
            f"store `{name}` needs a driver that is not installed; {kind.installed_by}"
        ) from error


__all__ = ["LOOKING", "READING", "WRITING", "Database", "Mode", "Need", "reached"]
