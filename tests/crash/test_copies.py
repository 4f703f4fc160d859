"""Of a copy either all is handed out or nothing, and none outlives an erasure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from upheld.model import State

if TYPE_CHECKING:
    from tests.crash.points import Point
    from tests.crash.processes import Processes
    from tests.crash.world import World

pytestmark = [
    pytest.mark.slow,
    pytest.mark.parametrize("world", ["all in files"], indirect=True, scope="module"),
]


def test_no_half_of_a_copy_is_ever_handed_out(world: World, started: Processes) -> None:
    world.reset()
    points = of_writing(started.watched(world, "answer", "access"))
    whole = started.run(world, "copy", minute=60).said
    assert isinstance(whole, dict)
    assert (whole["state"], whole["answered"]) == (State.CLOSED, True)
    assert whole["files"] == ["R-1.zip"]
    halves = 0
    for point in points:
        world.reset()
        started.killed(world, point, "answer", "access")
        left = started.run(world, "handed").said
        assert isinstance(left, dict)
        assert left["copy"] in (None, whole["copy"]), point
        halves += left["files"] == ["R-1.zip.part"]
        assert started.run(world, "copy", minute=60).said == whole, point
    assert halves >= 5, "some were killed while a half was there, under another name"


def test_killed_anywhere_an_erasure_leaves_no_earlier_copy(
    world: World, started: Processes
) -> None:
    world.reset()
    points = started.watched(world, "erase_after_copy")
    left = started.run(world, "erase_after_copy", minute=60).said
    assert isinstance(left, list)
    assert "answers/R-2.html" in left
    assert "answers/R-1.zip" not in left
    removing = next(
        n for n, each in enumerate(points) if each[1:3] == ("answers/R-1.zip", "remove")
    )
    near = [each for each in points[removing - 40 :] if each.kind in {"file", "commit"}]
    assert len(near) >= 8
    for point in near:
        world.reset()
        started.killed(world, point, "erase_after_copy")
        assert started.run(world, "erase_after_copy", minute=60).said == left, point


def of_writing(points: list[Point]) -> list[Point]:
    """Return points from where the copy is begun: of files, commits, some while it is filled."""
    begun = next(n for n, each in enumerate(points) if each.where.startswith("answers/R-1.zip"))
    rest = points[begun - 2 :]
    filled = [each for each in rest if each.kind == "statement" and each.where != "home"]
    return [each for each in rest if each.kind in {"file", "commit"}] + filled[::4]
