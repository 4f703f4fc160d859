"""Types commands as a person would, in the company's folder, and shows what they say."""

from __future__ import annotations

import shlex
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from upheld.errors import UpheldError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

WIDTH = 100
_MARGIN = "   "
_LONGEST_SECONDS = 120
_PROGRAMS = {
    "upheld": ("-X", "utf8", "-P", "-m", "upheld"),
    "python3": ("-X", "utf8"),
}


@dataclass(frozen=True, slots=True)
class Terminal:
    """A screen of a hundred columns, and a shell in `folder`."""

    folder: Path
    say: Callable[[str], None]

    def types(self, *commands: str, status: int = 0) -> list[str]:
        """Show commands, run one after the other, and return the lines that the last one prints.

        Raises:
            UpheldError: the last ends with another exit status than it should, another not with 0.
        """
        self.says(f"$ {' && '.join(commands)}")
        *first, last = commands
        for command in first:
            self._runs(command, status=0)
        return self._runs(last, status=status)

    def says(self, line: str) -> None:
        """Show one line, indented and cut to the width of the screen."""
        line = f"{_MARGIN}{line.rstrip()}"
        self.say(line if len(line) <= WIDTH else f"{line[: WIDTH - 3]}...")

    def quotes(self, words: str) -> None:
        """Show a sentence over as many lines as it needs."""
        for line in textwrap.wrap(words, WIDTH - len(_MARGIN)):
            self.says(line)

    def shows(self, lines: Sequence[str], *signs: str, after: str = "") -> None:
        """Show, for each sign, the first line that has it; `after` is added to the last.

        Raises:
            UpheldError: no line has the sign.
        """
        for sign in signs:
            line = next((each for each in lines if sign in each), None)
            if line is None:
                raise otherwise(f"no line says `{sign}`")
            self.says(line + (after if sign == signs[-1] else ""))

    def _runs(self, command: str, *, status: int) -> list[str]:
        program, *words = shlex.split(command, comments=True)
        try:
            done = subprocess.run(  # noqa: S603 (our own commands, no shell)
                [sys.executable, *_PROGRAMS[program], *words],
                cwd=self.folder,
                capture_output=True,
                encoding="utf-8",
                timeout=_LONGEST_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as late:
            wrong = f"`{command}` takes more than {_LONGEST_SECONDS} seconds"
            raise otherwise(wrong) from late
        if done.returncode != status:
            said = done.stderr.strip().splitlines()[-1:] or ["it gave no reason"]
            raise otherwise(f"`{command}` exits with {done.returncode}, not {status}: {said[0]}")
        return done.stdout.splitlines()


def otherwise(wrong: str) -> UpheldError:
    """Return the refusal to go on with a story that comes out otherwise than told."""
    return UpheldError(f"the demo did not come out as told: {wrong}; this is a bug, report it")
