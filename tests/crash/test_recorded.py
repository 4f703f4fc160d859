"""What an erasure did is told as it was, though the process died before it wrote a receipt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.crash.points import Point
from upheld.model import State

if TYPE_CHECKING:
    from tests.crash.processes import Processes
    from tests.crash.world import World
    from upheld.model import Json

LATE = "INSERT INTO orders VALUES (12, 1, 'late', 1), (13, 1, 'late', 1), (14, 1, 'late', 1)"
LATER = "INSERT INTO orders VALUES (15, 1, 'later', 1)"
COMMITTED = {name: Point("commit", name, "after", 1) for name in ("shop", "web")}

places = pytest.mark.parametrize(
    "world",
    ["all in files", "shop on MariaDB", "home and shop on PostgreSQL"],
    indirect=True,
    scope="module",
)
"""Both kinds of home, and every kind of store."""


@dataclass(frozen=True)
class Tale:
    """A request that was signed before the rows came that it was to erase, too."""

    world: World
    processes: Processes

    def begin(self, *before: str) -> None:
        self.world.reset()
        assert self.processes.run(self.world, "prepare").said == State.SIGNED
        self.world.do(*before, LATE)

    def die(self, at: Point) -> None:
        self.processes.killed(self.world, at, "apply")

    def ending(self) -> dict[str, Json]:
        """Go on to the end; return it."""
        assert self.processes.run(self.world, "apply", minute=30).said == State.CLOSED
        ending = self.processes.run(self.world, "ending", minute=60).said
        assert isinstance(ending, dict)
        return ending

    def steps(self) -> dict[str, int]:
        steps = self.processes.run(self.world, "steps", minute=60).said
        assert isinstance(steps, dict)
        return {name: int(str(number)) for name, number in steps.items()}


@pytest.fixture
def tale(world: World, started: Processes) -> Tale:
    """Give a request whose plan does not know of all the rows."""
    return Tale(world, started)


def deleted(ending: dict[str, Json]) -> int:
    """Return how many orders the letter says were deleted."""
    told = ending["told"]
    assert isinstance(told, list)
    (said,) = [str(each) for each in told if "'orders'" in str(each)]
    return int(said.partition("rows=")[2].partition(",")[0])


@places
@pytest.mark.parametrize("store", COMMITTED)
def test_killed_before_the_receipt_it_tells_of_rows_that_came_after_the_plan(
    tale: Tale, store: str
) -> None:
    tale.begin()
    unhurt = tale.ending()
    assert deleted(unhurt) == 5
    assert "interrupted" not in str(unhurt["letter"])
    tale.begin()
    tale.die(COMMITTED[store])
    assert tale.ending() == unhurt
    steps = tale.steps()
    assert (steps[f"step.intended R-1/{store}"], steps[f"step.receipt R-1/{store}"]) == (2, 2)


@places
def test_killed_twice_it_adds_up_what_each_attempt_has_done(tale: Tale) -> None:
    tale.begin()
    tale.die(COMMITTED["shop"])
    tale.world.do(LATER)
    tale.die(COMMITTED["shop"])
    ending = tale.ending()
    assert deleted(ending) == 6
    assert "interrupted" not in str(ending["letter"])
    assert ending["proven"] == unquestioned(ending)
    assert tale.steps()["step.receipt R-1/shop"] == 3


@places
def test_killed_before_the_commit_it_has_done_nothing_twice(tale: Tale) -> None:
    tale.begin()
    tale.die(Point("commit", "shop", "before", 1))
    ending = tale.ending()
    assert deleted(ending) == 5
    assert "interrupted" not in str(ending["letter"])
    assert tale.steps()["step.receipt R-1/shop"] == 1


@places
def test_where_nothing_may_be_recorded_the_letter_says_whose_figures_it_has(tale: Tale) -> None:
    tale.begin("DROP TABLE upheld_step")
    tale.die(COMMITTED["shop"])
    ending = tale.ending()
    assert deleted(ending) == 2
    assert "In shop our work was interrupted before it was counted" in str(ending["letter"])
    shown = tale.processes.run(tale.world, "shown", minute=60).said
    assert "R-1/shop: attempt 2, at least" in str(shown)
    assert "; what an attempt before it did was not recorded" in str(shown)


@places
def test_a_table_made_after_the_process_died_knows_nothing_of_it(tale: Tale) -> None:
    tale.begin("DROP TABLE upheld_step")
    tale.die(COMMITTED["shop"])
    tale.world.do(LATER, tale.world.steps_table)
    ending = tale.ending()
    assert deleted(ending) == 2
    assert "interrupted" in str(ending["letter"])


@places
def test_planned_anew_after_the_process_died_the_letter_says_there_may_be_more(tale: Tale) -> None:
    tale.begin()
    tale.die(COMMITTED["shop"])
    tale.world.do(LATER)
    assert tale.processes.run(tale.world, "plan_again", minute=20).said == State.SIGNED
    ending = tale.ending()
    assert deleted(ending) == 1
    assert "In shop our work was interrupted" in str(ending["letter"])


@places
def test_where_nothing_may_be_recorded_and_nothing_was_lost_nobody_doubts(tale: Tale) -> None:
    tale.begin("DROP TABLE upheld_step")
    tale.world.do("DELETE FROM orders WHERE note = 'late'")
    tale.die(Point("commit", "shop", "before", 1))
    ending = tale.ending()
    assert deleted(ending) == 2
    assert "interrupted" not in str(ending["letter"])


def unquestioned(ending: dict[str, Json]) -> list[Json]:
    """Return what the auditor's file says at last where all holds."""
    proven = ending["proven"]
    assert isinstance(proven, list)
    words = ["proven; that no entry of this request was left out, only the whole log shows"]
    return [*words, *["proven"] * (len(proven) - 1)]
