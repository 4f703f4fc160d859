"""Records in the database itself what a step did, in the same transaction, where its owner allows.

The table holds ids of steps, digests of plans, names of collections and counts, and nobody's data.
A row is one step under one plan; each attempt that did something adds a line to it, so that whoever
repeats the step after a crash reads what the attempt before has done.
"""

from __future__ import annotations

import hmac
import json
from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

import sqlalchemy as sa

from upheld.model import STEPS, Bond, Counted, Dialect, Outcome, Recorded
from upheld.stores.sql.catalogue.gathered import STEP_COLUMNS
from upheld.stores.sql.databases import Need

if TYPE_CHECKING:
    from collections.abc import Iterator

    from upheld.model import Done, Schema, Step

_INTO = f"INSERT INTO {STEPS} (step, plan, counted) VALUES (:step, :plan, :counted) "  # noqa: S608 (a name of ours)
_ADDING = (
    f"{_INTO}ON CONFLICT (step, plan) DO UPDATE "
    f"SET counted = {STEPS}.counted || excluded.counted RETURNING counted"
)
_ADDING_MARIADB = (
    f"{_INTO}ON DUPLICATE KEY UPDATE counted = concat(counted, VALUES(counted)) RETURNING counted"
)
_TABLE = (
    "CREATE TABLE upheld_step (step {name} NOT NULL, plan {plan} NOT NULL, counted {text} NOT NULL,"
    " PRIMARY KEY (step, plan)){more};"
)
_IN_MARIADB = " ENGINE = InnoDB, CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"


def steps_table(dialect: Dialect | None = None) -> str:
    """Return what an owner says to make the table; with no dialect, to a file of SQLite."""
    match dialect:
        case Dialect.POSTGRESQL:
            return _TABLE.format(name="varchar(300)", plan="varchar(64)", text="text", more="")
        case Dialect.MARIADB:
            return _TABLE.format(
                name="varchar(300)", plan="varchar(64)", text="mediumtext", more=_IN_MARIADB
            )
        case None:
            return _TABLE.format(name="TEXT", plan="TEXT", text="TEXT", more="")
        case _:
            assert_never(dialect)


def recorded(connection: sa.Connection, step: Step, done: Done) -> Done:
    """Record what was done; return it with what other attempts under the plan have recorded."""
    mine = _line(step, done.counted)
    given = {"step": step.id, "plan": _plan(step), "counted": mine}
    result = connection.execute(sa.text(_statement(connection.dialect.name)), given)
    whole = str(result.scalar_one())
    before = tuple(map(_read, whole.removesuffix(mine).splitlines()))
    return replace(
        done, statements=(*done.statements, result.context.statement or ""), before=before
    )


def said(dialect: sa.Dialect, schema: Schema) -> Iterator[str]:
    """Yield what recording says to the database, with names in the place of values."""
    if schema.records:
        yield _statement(dialect.name)


def needed(schema: Schema) -> Iterator[Need]:
    """Yield what recording must be let do."""
    if schema.records:
        table = sa.table(STEPS, *map(sa.column, STEP_COLUMNS))
        yield Need(table, STEPS, deletes=False, columns=STEP_COLUMNS, adds=True)


def _plan(step: Step) -> str:
    """Return the digest of a plan under the secret of its request.

    Another home that numbers its requests alike, and plans the same, shares no row with this one.
    """
    return hmac.digest(step.secret, step.plan.encode(), "sha256").hex()


def _statement(dialect: str) -> str:
    return _ADDING if dialect in {"sqlite", "postgresql"} else _ADDING_MARIADB


def _line(step: Step, counted: tuple[Counted, ...]) -> str:
    """Return what is added to the row: nothing where a repeat found nothing to do."""
    touched = [
        [each.collection, each.bond, each.outcome, each.rows, each.clause]
        for each in counted
        if each.outcome is not Outcome.RETAINED
    ]
    return json.dumps({"fence": step.fence, "counted": touched}) + "\n" if touched else ""


def _read(line: str) -> Recorded:
    said = json.loads(line)
    return Recorded(
        int(said["fence"]),
        tuple(
            Counted(collection, Bond(bond), Outcome(outcome), rows, clause)
            for collection, bond, outcome, rows, clause in said["counted"]
        ),
    )
