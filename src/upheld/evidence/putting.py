"""Statements that put rows in whether or not there are any of the same key, in one go."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, CursorResult, Table
from sqlalchemy.dialects import postgresql, sqlite

Value = bytes | str | int


class Put:
    """Puts rows into a table; of those whose key is there already, either these or those stay."""

    def __init__(self, table: Table, *, over: bool) -> None:
        """Make the statement of each kind of database; `over` puts them in place of those."""
        key = [each.name for each in table.primary_key]
        rest = [each.name for each in table.columns if not each.primary_key]
        here, there = sqlite.insert(table), postgresql.insert(table)
        if over:
            here = here.on_conflict_do_update(
                index_elements=key, set_={name: here.excluded[name] for name in rest}
            )
            there = there.on_conflict_do_update(
                index_elements=key, set_={name: there.excluded[name] for name in rest}
            )
        else:
            here = here.on_conflict_do_nothing(index_elements=key)
            there = there.on_conflict_do_nothing(index_elements=key)
        counted = {"preserve_rowcount": True}
        self._by_kind = {
            "sqlite": here.execution_options(**counted),
            "postgresql": there.execution_options(**counted),
        }

    def one(self, connection: Connection, **row: Value) -> bool:
        """Put one row in; say whether it was put."""
        return self._put(connection, row).rowcount == 1

    def all(self, connection: Connection, rows: Iterable[dict[str, Value]]) -> None:
        """Put rows in, one at least."""
        self._put(connection, list(rows))

    def _put(
        self, connection: Connection, rows: dict[str, Value] | list[dict[str, Value]]
    ) -> CursorResult[tuple[()]]:
        return connection.execute(self._by_kind[connection.dialect.name], rows)
