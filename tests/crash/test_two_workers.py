"""Two processes at one request, and one process twice: what is done is done once."""

from __future__ import annotations

import os
import signal
from collections import Counter
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from tests.crash.processes import Ended, Processes, processes
from upheld.model import State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.crash.points import Point
    from tests.crash.world import World

STEPS = {
    f"step.{kind} R-1/{store}": 1 for kind in ("intended", "receipt") for store in ("shop", "web")
}
REFUSED = 3

homes = pytest.mark.parametrize(
    "world", ["all in files", "home and shop on PostgreSQL"], indirect=True, scope="module"
)


@pytest.fixture(scope="module")
def others() -> Iterator[Processes]:
    """Give another template, so that two processes can be at work."""
    with processes() as template:
        yield template


@pytest.fixture(scope="module")
def on_server(world: World) -> World:
    """Give a company whose home is on a server."""
    assert world.home
    return world


@homes
def test_to_apply_twice_changes_nothing(world: World, started: Processes) -> None:
    world.reset()
    started.run(world, "answer")
    ending = started.run(world, "ending", minute=60).said
    letter = world.folder / "answers" / "R-1.html"
    written = letter.stat()
    again = started.tried(world, "apply", minute=90)
    assert (again.code, again.said) == (0, State.CLOSED)
    assert started.run(world, "ending", minute=120).said == ending
    assert letter.stat() == written
    assert started.run(world, "steps", minute=120).said == STEPS


@homes
def test_whoever_comes_second_is_refused_wherever_the_first_stands(
    world: World, started: Processes, others: Processes
) -> None:
    points = of_applying(world, started)
    ending = started.run(world, "ending", minute=60).said
    assert {each.where for each in points} == {"home", "shop", "web"}
    for point in points:
        prepared(world, started)
        first = started.stopped(world, point, "apply")
        others.start(world, "apply")
        second = others.end()
        assert (second.code, second.acted) == (REFUSED, 0), point
        assert second.refusal.startswith("another apply is at work on R-1; wait until"), point
        os.kill(first, signal.SIGCONT)
        ended = started.end()
        assert (ended.said, ended.acted) == (State.CLOSED, 2), point
        assert started.run(world, "steps", minute=60).said == STEPS, point
        assert started.run(world, "ending", minute=60).said == ending, point


@homes
def test_of_two_that_begin_at_once_only_one_acts(
    world: World, started: Processes, others: Processes
) -> None:
    prepared(world, started)
    both: list[Ended] = []
    for each in (started, others):
        each.start(world, "apply")
    both.extend(each.end() for each in (started, others))
    assert sorted(each.acted for each in both) == [0, 2]
    idle = next(each for each in both if not each.acted)
    assert idle.code == REFUSED or idle.said == State.CLOSED
    assert started.run(world, "steps", minute=60).said == STEPS


@pytest.mark.parametrize("world", ["home and shop on PostgreSQL"], indirect=True, scope="module")
def test_whoever_lost_their_hold_writes_nothing_more(
    on_server: World, started: Processes, others: Processes
) -> None:
    points = of_applying(on_server, started)
    ending = started.run(on_server, "ending", minute=60).said
    acted = next(each for each in points if each[:3] == ("commit", "shop", "after"))
    prepared(on_server, started)
    first = started.stopped(on_server, acted, "apply")
    lose_holds(on_server)
    others.start(on_server, "apply")
    assert others.end().said == State.CLOSED
    os.kill(first, signal.SIGCONT)
    late = started.end()
    assert late.code == 4
    assert "the connection that held a request was lost" in late.refusal
    told = started.run(on_server, "steps", minute=60).said
    assert told == {**STEPS, "step.intended R-1/shop": 2, "step.receipt R-1/shop": 2}
    assert started.run(on_server, "ending", minute=60).said == ending


def prepared(world: World, started: Processes) -> None:
    """Make everything as it is when the plan is signed."""
    world.reset()
    assert started.run(world, "prepare").said == State.SIGNED


def of_applying(world: World, started: Processes) -> list[Point]:
    """Apply to the end; return moments that differ: of an intent, in acts, of what comes next."""
    prepared(world, started)
    commits = [each for each in started.watched(world, "apply") if each.kind == "commit"]
    assert Counter(each.where for each in commits) == {"home": 12, "shop": 2, "web": 2}
    chosen = {("home", "before"), ("shop", "before"), ("shop", "after"), ("web", "after")}
    return [each for each in commits if each.nth == 1 and each[1:3] in chosen]


def lose_holds(world: World) -> None:
    """End the sessions that hold a request, as a network that fails would."""
    assert world.home
    ended = sa.text(
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
        " AND database = (SELECT oid FROM pg_database WHERE datname = :name)"
    )
    with world.home.engine.connect() as connection:
        name = sa.make_url(world.home.url).database
        assert connection.execute(ended, {"name": name}).scalars().all() == [True]
