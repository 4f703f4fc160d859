"""Two processes that open a company's folder for the first time make one home, and both use it."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.crash.points import Point
from tests.crash.processes import Processes, processes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.crash.world import World

MOMENT = 1.5
"""Long enough for a process that waits for nobody to have made a home of its own."""

MAKING = (
    Point("file", ".home.sqlite.new", "remove", 1),
    Point("file", ".home.sqlite.new", "open", 1),
    Point("commit", "home", "before", 1),
    Point("file", "home.sqlite", "rename", 1),
)


MADE = Point("file", ".home.sqlite.making", "remove", 1)


def homes(world: World) -> set[str]:
    """Return the names of what is home, or was on the way to become it."""
    return {each.name for each in world.folder.iterdir() if "home" in each.name}


def until(met: Callable[[], bool]) -> None:
    """Wait a moment for what must not happen, or no longer than it takes to."""
    patience = time.monotonic() + MOMENT
    while time.monotonic() < patience and not met():
        time.sleep(0.01)


def waits(world: World) -> bool:
    """Say whether somebody waits for their turn to write to home."""
    assert world.home
    asked = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    with world.home.engine.connect() as connection:
        return bool(connection.exec_driver_sql(asked).scalar())


@pytest.fixture(scope="module")
def others() -> Iterator[Processes]:
    """Give another template, so that two processes can be at work."""
    with processes() as template:
        yield template


@pytest.mark.parametrize("world", ["all in files"], indirect=True, scope="module")
@pytest.mark.parametrize("point", MAKING, ids=lambda each: f"{each.what} {each.where}")
def test_whoever_comes_second_waits_and_has_the_same_home(
    world: World, started: Processes, others: Processes, point: Point
) -> None:
    others.tried(world, "known")  # it has started when it is needed
    world.reset()
    first = started.stopped(world, point, "ask", "ada@example.com")
    others.start(world, "ask", "bob@example.com")
    until((world.folder / "home.sqlite").exists)
    os.kill(first, signal.SIGCONT)
    both = [started.end(), others.end()]
    assert [each.code for each in both] == [0, 0], [each.error for each in both]
    assert started.run(world, "known").said == ["R-1", "R-2"]
    assert homes(world) == {"home.sqlite"}


@pytest.mark.parametrize("world", ["all in files"], indirect=True, scope="module")
@pytest.mark.parametrize("point", [*MAKING, MADE], ids=lambda e: f"{e.what} {e.where}")
def test_killed_while_it_makes_a_home_it_is_in_nobodys_way(
    world: World, started: Processes, point: Point
) -> None:
    world.reset()
    started.killed(world, point, "ask", "ada@example.com")
    assert started.run(world, "ask", "bob@example.com").said == "R-1"
    assert homes(world) == {"home.sqlite"}


@pytest.mark.parametrize("world", ["home and shop on PostgreSQL"], indirect=True, scope="module")
def test_on_a_server_whoever_comes_second_has_the_same_home_too(
    world: World, started: Processes, others: Processes
) -> None:
    others.tried(world, "known")  # it has started when it is needed
    world.reset()
    point = Point("commit", "home", "before", 1)
    first = started.stopped(world, point, "ask", "ada@example.com")
    others.start(world, "ask", "bob@example.com")
    until(lambda: waits(world))
    os.kill(first, signal.SIGCONT)
    both = [started.end(), others.end()]
    assert [each.code for each in both] == [0, 0], [each.error for each in both]
    assert started.run(world, "known").said == ["R-1", "R-2"]
