"""A COMMIT that the server carried out, and whose reply never came, is no COMMIT that failed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.crash.proxy import Proxy, proxy
from upheld.model import State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.crash.processes import Processes
    from tests.crash.world import Database, World
    from upheld.model import Json

HOME_FAILED = 4


@pytest.mark.parametrize(
    "world", ["shop on PostgreSQL", "shop on MariaDB"], indirect=True, scope="module"
)
def test_a_store_whose_reply_is_lost_has_acted_once(world: World, started: Processes) -> None:
    assert world.shop
    ending = unhurt(world, started)
    with proxy(world.shop.url, b"DELETE FROM") as between:
        led = replace(world, shop=by(between, world.shop))
        led.reset()
        between.lose_reply(1)
        assert started.run(led, "answer").said == State.CLOSED
        assert between.lost == 1
        assert started.run(led, "ending", minute=60).said == ending
        steps = started.run(led, "steps", minute=60).said
    assert isinstance(steps, dict)
    assert (steps["step.intended R-1/shop"], steps["step.receipt R-1/shop"]) == (2, 2)


@pytest.mark.parametrize("world", ["home and shop on PostgreSQL"], indirect=True, scope="module")
def test_a_home_whose_reply_is_lost_in_an_apply_goes_on_from_there(
    world: World, started: Processes
) -> None:
    for entry in (b"step.intended", b"step.receipt", b"request.closed"):
        assert next(lost(world, started, "apply", entry)) == "the same ending", entry


@pytest.mark.slow
@pytest.mark.parametrize(
    "world",
    ["home and shop on PostgreSQL", "home on PostgreSQL, shop on MariaDB"],
    indirect=True,
    scope="module",
)
def test_a_home_whose_reply_is_lost_anywhere_goes_on_from_there(
    world: World, started: Processes
) -> None:
    endings = list(lost(world, started, "answer"))
    assert len(endings) >= 10
    assert {*endings} == {"the same ending"}


def unhurt(world: World, started: Processes) -> Json:
    """Return the ending of an erasure nothing happened to."""
    world.reset()
    started.run(world, "answer")
    return started.run(world, "ending", minute=60).said


def by(between: Proxy, database: Database) -> Database:
    """Return a database by way of a proxy."""
    return replace(database, url=between.through(database.url))


def lost(world: World, started: Processes, do: str, entry: bytes = b"") -> Iterator[str]:
    """Lose the reply to each COMMIT of home in turn; yield how it ended, once it was tried again.

    Each of those by which an entry is appended, or where none is named, each there is: a process
    that opens a connection settles it by a COMMIT, too.
    """
    assert world.home
    ending, tried = unhurt(world, started), 0
    with proxy(world.home.url, entry) as between:
        led = replace(world, home=by(between, world.home))
        while True:
            tried += 1
            world.reset()
            if do == "apply":
                started.run(world, "prepare")
            between.lose_reply(tried)
            first = started.tried(led, do)
            if not between.lost:
                break
            assert first.code in {0, HOME_FAILED}, first.error
            between.lose_reply(0)
            again = started.run(led, "resume", minute=60).said
            yield "the same ending" if again == ending else f"another one after COMMIT {tried}"
