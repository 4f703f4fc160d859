"""Starts processes of a company that do one thing each, and are killed where a test says."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.crash.points import Point

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.crash.world import World
    from upheld.model import Json

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Ended:
    """How a process ended: by what signal (as a negative number) or status, and what it said."""

    code: int
    said: Json
    points: list[Point] = field(default_factory=list)
    refusal: str = ""
    error: str = ""

    @property
    def killed(self) -> bool:
        return self.code == -signal.SIGKILL

    @property
    def acted(self) -> int:
        """How many transactions of stores were committed."""
        return sum(
            each[:3] == ("commit", each.where, "after")
            for each in self.points
            if each.where != "home"
        )


@dataclass(frozen=True)
class Processes:
    """A template of processes, which does one job after another."""

    template: subprocess.Popen[str]

    def run(self, world: World, do: str, *words: str, minute: int = 0) -> Ended:
        """Let a process do something to the end."""
        ended = self.tried(world, do, *words, minute=minute)
        assert ended.code == 0, ended.error
        return ended

    def tried(self, world: World, do: str, *words: str, minute: int = 0) -> Ended:
        """Let a process do something, which may be refused."""
        self._ask(world, do, words, minute)
        return self.end()

    def watched(self, world: World, do: str, *words: str) -> list[Point]:
        """Let a process do something to the end; return the points it comes by."""
        self.start(world, do, *words)
        ended = self.end()
        assert ended.code == 0, ended.error
        return ended.points

    def start(self, world: World, do: str, *words: str) -> None:
        """Let a process begin with something, and do not wait for its end."""
        self._ask(world, do, words, 0, watched=True)

    def killed(self, world: World, at: Point, do: str, *words: str) -> None:
        """Let a process do something until it is killed at a point."""
        assert self.reached(world, at, do, *words), f"it never came by {at}: it ended by itself"

    def reached(self, world: World, at: Point, do: str, *words: str) -> bool:
        """Let a process do something until it is killed at a point; say whether it came by it."""
        self._ask(world, do, words, 0, watched=True, at=at, by=signal.SIGKILL)
        ended = self.end()
        assert ended.killed or not ended.code, f"on the way to {at}: {ended.error}"
        world.wait()
        return ended.killed

    def stopped(self, world: World, at: Point, do: str, *words: str) -> int:
        """Let a process do something until it stands still at a point; return its number."""
        self._ask(world, do, words, 0, watched=True, at=at, by=signal.SIGSTOP)
        told = self._line()
        assert "stopped" in told, told.get("error")
        return int(told["stopped"])

    def end(self) -> Ended:
        """Wait for the end of the process."""
        told = self._line()
        return Ended(
            told["code"],
            told.get("said"),
            [Point(*each) for each in told.get("points", ())],
            told.get("refusal", ""),
            told.get("error", ""),
        )

    def _ask(  # noqa: PLR0913 (what a job says)
        self,
        world: World,
        do: str,
        words: tuple[str, ...],
        minute: int,
        *,
        watched: bool = False,
        at: Point | None = None,
        by: int = 0,
    ) -> None:
        job = {"do": do, "with": words, "minute": minute, "watched": watched, "at": at, "by": by}
        assert self.template.stdin is not None
        self.template.stdin.write(json.dumps({**world.job, **job}) + "\n")
        self.template.stdin.flush()

    def _line(self) -> dict[str, Any]:
        assert self.template.stdout is not None
        line = self.template.stdout.readline()
        assert line, "the template of processes has ended"
        told: dict[str, Any] = json.loads(line)
        return told


@contextmanager
def processes() -> Iterator[Processes]:
    """Give a template, which ends with what it has started, be that standing still."""
    template = subprocess.Popen(
        [sys.executable, "-m", "tests.crash.template"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join((str(ROOT), *sys.path))},
    )
    with template:
        try:
            yield Processes(template)
        finally:
            template.kill()
