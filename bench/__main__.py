"""`make bench`: every figure beside its goal and its floor, measured in one run."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from bench import access, catalogue, deep, erase, log, policy, server, starting
from bench.figures import markdown, missed, table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from bench.figures import Figure

    Measure = Callable[[Callable[[str], None]], Iterable[Figure]]

PARTS: Mapping[str, Measure] = {
    "erase": erase.figures,
    "access": access.figures,
    "server": server.figures,
    "catalogue": catalogue.figures,
    "deep": deep.figures,
    "policy": policy.figures,
    "log": lambda _: log.figures(),
    "starting": starting.figures,
}


def main() -> int:
    """Measure, print one table, and return the exit status."""
    asked = _arguments()
    say = _aloud if asked.verbose else _in_silence
    parts = asked.parts or list(PARTS)
    figures = []
    for name in parts:
        for figure in PARTS[name](say):
            say(f"{figure.what}: {figure.measured} (goal {figure.goal}; {figure.floor})")
            figures.append(figure)
    print((markdown if asked.markdown else table)(figures))
    misses = list(missed(figures))
    for line in misses:
        print(line)
    return 1 if misses and asked.strict else 0


class _Asked(argparse.Namespace):
    parts: list[str]
    verbose: bool
    strict: bool
    markdown: bool


def _arguments() -> _Asked:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"only: {', '.join(PARTS)}")
    parser.add_argument("--verbose", action="store_true", help="say the parts of each figure")
    parser.add_argument("--strict", action="store_true", help="exit with 1 when a goal is missed")
    parser.add_argument("--markdown", action="store_true", help="print the table of README.md")
    asked = parser.parse_args(namespace=_Asked())
    if unknown := set(asked.parts) - set(PARTS):
        parser.error(f"no part `{min(unknown)}`; known: {', '.join(PARTS)}")
    return asked


def _aloud(words: str) -> None:
    print(words, flush=True)


def _in_silence(words: str) -> None:
    del words


if __name__ == "__main__":
    sys.exit(main())
