"""What it costs to start: importing the package, its command line, and what an install brings."""

from __future__ import annotations

from importlib.metadata import distribution
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bench.apart import python
from bench.figures import Figure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

GOAL_MS = 150
GOAL_PACKAGES = 40
_TIMES = 7

_BARE = ("-c", "pass")
_STARTS = {
    "`import upheld`": ("-c", "import upheld"),
    "`from upheld import Upheld`": ("-c", "from upheld import Upheld"),
    "`upheld --help`": ("-m", "upheld", "--help"),
}
_WITH_A_GOAL = "`import upheld`"


def figures(say: Callable[[str], None]) -> Iterator[Figure]:
    """Measure; `say` is told the parts of each figure."""
    times = _measured()
    bare = times.pop(_BARE)
    for what, arguments in _STARTS.items():
        yield _start(what, times[arguments], bare)
    brought = sorted(packages("upheld"))
    say(f"packages: {', '.join(brought)}")
    yield Figure(
        "packages a core install brings",
        f"< {GOAL_PACKAGES}",
        str(len(brought)),
        len(brought) < GOAL_PACKAGES,
    )


def packages(name: str) -> frozenset[str]:
    """Return what installing a distribution brings here, itself included and extras left out."""
    found: set[str] = set()
    waiting: list[tuple[str, frozenset[str]]] = [(name, frozenset())]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        wanted = waiting.pop()
        if wanted in seen:
            continue
        seen.add(wanted)
        found.add(canonicalize_name(wanted[0]))
        for words in distribution(wanted[0]).requires or ():
            need = Requirement(words)
            if _applies(need, wanted[1]):
                waiting.append((need.name, frozenset(need.extras)))
    return frozenset(found)


def _applies(need: Requirement, extras: frozenset[str]) -> bool:
    marker = need.marker
    return marker is None or any(marker.evaluate({"extra": each}) for each in ("", *extras))


def _measured() -> dict[tuple[str, ...], float]:
    """Return the median milliseconds of each start, all taking turns."""
    starts = (_BARE, *_STARTS.values())
    for each in starts:
        _taken(each)  # the first writes bytecode
    rounds = [[_taken(each) for each in starts] for _ in range(_TIMES)]
    return {
        each: median(column) for each, column in zip(starts, zip(*rounds, strict=True), strict=True)
    }


def _taken(arguments: tuple[str, ...]) -> float:
    start = perf_counter()
    python(*arguments)
    return (perf_counter() - start) * 1000


def _start(what: str, taken: float, bare: float) -> Figure:
    goal = what == _WITH_A_GOAL
    return Figure(
        f"{what}, beyond a bare interpreter",
        f"≤ {GOAL_MS} ms" if goal else "",
        f"{taken - bare:.0f} ms",
        taken - bare <= GOAL_MS if goal else None,
        floor=f"bare {bare:.0f} ms",
        ratio=taken / bare,
    )
