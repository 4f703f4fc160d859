"""What the environment says of servers: which one to use, which to leave out, which to demand."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import sqlalchemy as sa

from upheld.model import Dialect

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

WITHOUT = "UPHELD_TEST_WITHOUT"
REQUIRE_ALL = ("CI", "UPHELD_TEST_REQUIRE_ALL")
NAMED_BY = {
    Dialect.POSTGRESQL: "UPHELD_TEST_POSTGRES",
    Dialect.MARIADB: "UPHELD_TEST_MARIADB",
}
DRIVERS = {Dialect.POSTGRESQL: "postgresql+psycopg", Dialect.MARIADB: "mariadb+pymysql"}
WORDS = {
    "postgres": Dialect.POSTGRESQL,
    "postgresql": Dialect.POSTGRESQL,
    "mariadb": Dialect.MARIADB,
}


NOT_TESTED = "NOT TESTED with {}"


class Missing(Exception):
    """A server that the tests need is not there; says what to do."""


def named(dialect: Dialect, environment: Mapping[str, str] = os.environ) -> str | None:
    """Return the URL that a variable gives for a server, whose password no message shows."""
    variable, driver = NAMED_BY[dialect], DRIVERS[dialect]
    written = environment.get(variable)
    if not written:
        return None
    if not written.startswith(f"{driver}://"):
        raise ValueError(f"`{variable}` must begin with `{driver}://`")
    try:
        sa.make_url(written)
    except (sa.exc.ArgumentError, ValueError):
        raise ValueError(f"`{variable}` is no URL: write `{driver}://USER@HOST:PORT/`") from None
    return written


def left_out(environment: Mapping[str, str]) -> frozenset[Dialect]:
    """Return the servers to do without; CI does without none."""
    words = [each.strip().lower() for each in environment.get(WITHOUT, "").split(",")]
    unknown = [each for each in words if each and each not in WORDS]
    if unknown:
        known = " and ".join(f"`{each}`" for each in ("postgres", "mariadb"))
        raise ValueError(f"`{WITHOUT}` knows {known}, not `{unknown[0]}`")
    demanded = [each for each in REQUIRE_ALL if environment.get(each, "") not in {"", "0", "false"}]
    if any(words) and demanded:
        raise ValueError(f"`{WITHOUT}` is refused where `{demanded[0]}` is set; unset one of them")
    return frozenset(WORDS[each] for each in words if each)


def check(environment: MutableMapping[str, str]) -> None:
    """Refuse what cannot be meant, and forget where libpq would go unasked.

    Raises:
        ValueError: what is wrong, and what to do.
    """
    left_out(environment)
    for each in Dialect:
        named(each, environment)
    if not environment.get(NAMED_BY[Dialect.POSTGRESQL]):
        for variable in [each for each in environment if each.startswith("PG")]:
            del environment[variable]
