"""Wherever an erasure is killed, and started again, it comes to one same ending."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from upheld.model import State

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.crash.points import Point
    from tests.crash.processes import Processes
    from tests.crash.world import World
    from upheld.model import Json

SHARES = 4


@dataclass(frozen=True)
class Whole:
    """An erasure nothing happened to: the points it came by, and its ending."""

    world: World
    processes: Processes
    points: list[Point]
    ending: dict[str, Json]
    missed: list[Point] = field(default_factory=list)

    def otherwise(self, points: Iterable[Point]) -> dict[Point, str]:
        """Kill the process at each of these points; return where it ended otherwise, and in what.

        The world is whole again each time before the request arrives.
        """
        found = {each: self._other(each) for each in points}
        return {point: what for point, what in found.items() if what}

    def _other(self, point: Point) -> str:
        self.world.reset()
        if not self.processes.reached(self.world, point, "answer"):
            self.missed.append(point)
        again = self.processes.tried(self.world, "resume", minute=60)
        if not isinstance(again.said, dict):
            return again.error
        names = {*self.ending, *again.said}
        return ", ".join(n for n in sorted(names) if self.ending.get(n) != again.said.get(n))


@pytest.fixture(scope="module")
def whole(world: World, started: Processes) -> Whole:
    """Give an erasure nothing happened to."""
    world.reset()
    points = started.watched(world, "answer")
    ending = started.run(world, "ending", minute=60).said
    assert isinstance(ending, dict)
    return Whole(world, started, points, ending)


def test_an_erasure_comes_by_enough_points_for_this_to_mean_something(whole: Whole) -> None:
    kinds = Counter((each.kind, each.where) for each in whole.points)
    assert kinds["statement", "home"] >= 90
    assert kinds["statement", "shop"] >= 25
    assert kinds["statement", "web"] >= 25
    assert kinds["commit", "home"] >= 20
    assert kinds["commit", "shop"] == kinds["commit", "web"] == 2
    named = {(each.kind, each.where.rpartition("/")[2], each.what) for each in whole.points}
    assert {
        ("file", "R-1.html.part", "open"),
        ("file", "an open file", "flush"),
        ("file", "R-1.html", "rename"),
        ("commit", "home", "before"),
        ("commit", "home", "after"),
    } <= named
    told = " ".join(each.what for each in whole.points if each.where == "shop")
    for verb in ("SELECT", "DELETE", "UPDATE"):
        assert verb in told
    assert any(each.kind == "connect" for each in whole.points)
    assert len(set(whole.points)) == len(whole.points) >= 250


def test_the_ending_is_of_an_erasure_that_erased(whole: Whole) -> None:
    assert whole.ending["state"] == [State.CLOSED, "partial", 11, True]
    assert whole.ending["known"] is None
    assert whole.ending["invoices"] == [
        ["100", "1", "2024-05-01", "Ada Lovelace-Canary", "None"],
        ["200", "2", "2024-05-01", "Bob", "tok_3"],
    ]
    assert whole.ending["transfers"] == [
        ["1", "None", "2", "None", "of Bob"],
        ["2", "2", "None", "of Bob", "None"],
        ["4", "2", "3", "of Bob", "of Carol"],
    ]
    assert whole.ending["customers"] == [
        ["1", "@erased.invalid", "None", "None", "None"],
        ["2", "bob@example.com", "Bob Byron", "+44 20 794600", "1 Canary Street"],
        ["3", "carol@example.com", "Carol O'Brien", "+44 30 111111", "9 Elsewhere"],
    ]


def test_killed_once_a_commit_is_durable_it_comes_to_the_same_ending(whole: Whole) -> None:
    """And just before the two that erase; what else is undone, the commit before has left."""
    commits = [each for each in whole.points if each.kind == "commit"]
    chosen = [each for each in commits if each.what == "after" or each.where != "home"]
    assert len(chosen) == 15
    if whole.world.shop and not whole.world.home:
        chosen = chosen[-9:]  # until the shop is written to, it is as with all in files
    assert whole.otherwise(chosen) == {}


@pytest.mark.parametrize("world", ["all in files"], indirect=True, scope="module")
def test_killed_at_a_file_or_a_change_of_a_store_it_comes_to_the_same_ending(whole: Whole) -> None:
    chosen = [
        each
        for each in whole.points
        if each.kind == "file"
        or (each.kind, each.writes, each.where != "home") == ("statement", True, True)
    ]
    assert len(chosen) >= 30
    assert whole.otherwise(chosen[::SHARES]) == {}  # the others are left to the slow tests


@pytest.mark.slow
@pytest.mark.parametrize("share", range(SHARES))
def test_killed_at_any_point_at_all_it_comes_to_the_same_ending(whole: Whole, share: int) -> None:
    chosen = whole.points[share::SHARES]
    assert whole.otherwise(chosen) == {}
    # How often it is looked for transactions depends on what others do on the server meanwhile.
    waits = {("statement", each) for each in ("shop", "web")}
    assert all((each.kind, each.where) in waits and each.nth > 1 for each in whole.missed)
    assert len(whole.missed) <= len(chosen) // 5
