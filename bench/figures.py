"""A figure beside its goal and its floor, and the one table that shows them all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured, against its goal (`ok` None: it has none) and against its floor.

    `floor` is the least the machine could do, measured in the same run; `ratio` is measured over
    floor. A time without its floor says more about the machine than about us.
    """

    what: str
    goal: str
    measured: str
    ok: bool | None
    floor: str = ""
    ratio: float | None = None


_HEAD = ("figure", "goal", "measured", "floor", "ratio", "")


def table(figures: Sequence[Figure]) -> str:
    """Return the figures as lines of text, the columns aligned."""
    lines = [_HEAD, *(_cells(each) for each in figures)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEAD))]
    ruled = [lines[0], tuple("─" * width for width in widths), *lines[1:]]
    return "\n".join(_joined(line, widths) for line in ruled)


def markdown(figures: Sequence[Figure]) -> str:
    """Return the figures as a table for `README.md`."""
    lines = [_HEAD, ("---",) * len(_HEAD), *(_cells(each) for each in figures)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def missed(figures: Sequence[Figure]) -> Iterator[str]:
    """Yield a loud line for each goal that was not reached."""
    for each in figures:
        if each.ok is False:
            yield f"MISS: {each.what}: {each.measured}, goal {each.goal}"


def _cells(figure: Figure) -> tuple[str, ...]:
    ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}"
    verdict = {True: "ok", False: "MISS", None: ""}[figure.ok]
    return (figure.what, figure.goal, figure.measured, figure.floor, ratio, verdict)


def _joined(line: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
