"""A process that has imported everything, and forks one for each job: `python -m` this module.

A job is a line of JSON on its input. Whoever asked reads a line when the process that does the job
stands still, and another one when it has ended: by which signal or status, and what it said.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
import tempfile
import traceback
from contextlib import redirect_stdout
from datetime import timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NoReturn, TextIO

import sqlalchemy as sa

from tests.crash.points import Point, Watch
from tests.crash.story import START, Story
from tests.crash.world import founded
from tests.servers.machine import ends_with_us
from upheld.errors import UpheldError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from upheld.model import Json


def serve(asked: TextIO, told: TextIO) -> None:
    """Do jobs until nobody asks any more."""
    warm()
    for line in asked:
        for outcome in done(json.loads(line)):
            told.write(json.dumps(outcome) + "\n")
            told.flush()


def warm() -> None:
    """Answer a request of a company of its own: what that loads, no process loads again."""
    for url in ("postgresql+psycopg://", "mariadb+pymysql://"):
        sa.create_engine(url).dialect.identifier_preparer.quote("loaded")
    with tempfile.TemporaryDirectory() as place, redirect_stdout(sys.stderr):
        world = founded(Path(place), None, None)
        story = Story(world.fresh, {}, START)
        story.answer()
        story.ending()
    gc.collect()
    gc.freeze()


def done(job: Mapping[str, Any]) -> Iterator[dict[str, Json]]:
    """Do a job in a process of its own; yield each time that it stands still, and its end."""
    with tempfile.TemporaryFile() as said:
        child = os.fork()
        if not child:
            become(job, said)
        while True:
            _, status = os.waitpid(child, os.WUNTRACED)
            if not os.WIFSTOPPED(status):
                break
            yield {"stopped": child}
        said.seek(0)
        code = os.waitstatus_to_exitcode(status)
        yield {"code": code, **json.loads(said.read() or "{}")}


def become(job: Mapping[str, Any], into: IO[bytes]) -> NoReturn:
    """Be the process that does the job, and end with the status of the command line."""
    if (prepare := ends_with_us(signal.SIGKILL)) is not None:
        prepare()
    os.environ.update(job["environment"])
    folder = Path(job["folder"])
    story = Story(folder, job["environment"], START + timedelta(minutes=job["minute"]))
    watch = Watch(folder, job["names"])
    if job["at"] is not None:
        watch.end_at(Point(*job["at"]), job["by"])
    if job["watched"]:
        watch.begin()
    gc.disable()
    status, outcome = told(lambda: getattr(story, job["do"])(*job["with"]))
    into.write(json.dumps({**outcome, "points": [*watch.seen]}).encode())
    into.flush()
    os._exit(status)


def told(act: Callable[[], Json]) -> tuple[int, dict[str, Json]]:
    """Do something; return the exit status, and what is said of it."""
    try:
        return 0, {"said": act()}
    except UpheldError as refusal:
        return refusal.status, {"refusal": str(refusal), "error": traceback.format_exc()}
    except Exception:  # noqa: BLE001 (whatever it is, the test shall see it)
        return 70, {"error": traceback.format_exc()}


if __name__ == "__main__":
    serve(sys.stdin, sys.stdout)
