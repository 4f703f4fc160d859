"""Tells the demo's story with the real command line; whatever comes out otherwise ends it."""

from __future__ import annotations

import os
import re
import shutil
import sys
from html import unescape
from typing import TYPE_CHECKING
from zipfile import ZipFile

from upheld.app import Upheld
from upheld.demo.cast import ASKER
from upheld.demo.company import OFFICER, bring_back, build
from upheld.demo.terminal import Terminal, otherwise

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date
    from pathlib import Path

_PROMISE = "gdpr.erase"
_ID = "R-1"
_FOUND = (
    "crm.customers: 1 gone",
    "service.invoices: 2 gone",
    "service.invoices: 4 retained",
    "web.page_views:",
)
_CELL = re.compile(r"<td>([^<]*)</td>")


def tell(folder: Path, *, people: int, today: date, say: Callable[[str], None]) -> None:
    """Write the company anew into `folder`, and tell its story in five beats and forty lines.

    Raises:
        BadInput: the folder holds something else, or cannot be written.
        UpheldError: a beat did not come out as told.
    """
    rows = build(folder, people=people, today=today)
    say(
        f"Tarnwick Calibration is made up: {people:,} customers, {rows:,} rows in {folder}/*.sqlite"
    )
    terminal = Terminal(folder, say)
    promised(terminal)
    found(terminal)
    erased(terminal)
    caught(terminal, today)
    put_right(terminal)
    _ends(terminal)


def promised(terminal: Terminal) -> None:
    """Beat 1: a sentence of the policy."""
    with Upheld.open(terminal.folder) as upheld:
        clause = upheld.company.policy.clause(_PROMISE)
    if clause is None:
        raise otherwise(f"the policy has no `{_PROMISE}`")
    terminal.say(f"1. It promises (policy.yaml:{clause.line}, {clause.id})")
    terminal.quotes(f'"{clause.text}"')


def found(terminal: Terminal) -> None:
    """Beat 2: from one e-mail address to a customer's rows in three databases."""
    terminal.say(
        "\n2. A customer asks to be erased. Her e-mail address leads to her rows in three databases"
    )
    words = f"--right erase --regime gdpr --identity email={ASKER.email}"
    terminal.shows(terminal.types(f"upheld request open {words}"), f"{_ID} is open")
    plan = terminal.types(f"upheld request plan {_ID}")
    terminal.shows(plan, *_FOUND, after=f"   (and {len(plan) - 1 - len(_FOUND)} lines more)")


def erased(terminal: Terminal) -> None:
    """Beat 3: signed and erased; the invoices stay, and she is told why."""
    terminal.say(
        "\n3. An officer signs this plan; only then is anything erased, and looked for again"
    )
    sign = f"upheld request sign {_ID} --key {OFFICER}"
    board = terminal.types(sign, f"upheld request apply {_ID}", "upheld check")
    terminal.shows(board, "9 promises:", after=_status(0))
    terminal.quotes(f'Her answer says why some stay: "{_why_kept(terminal.folder)}"')


def caught(terminal: Terminal, today: date) -> None:
    """Beat 4: a late row, and the clauses it breaks."""
    terminal.say("\n4. At night an import of event guests brings a row of hers back, unnoticed")
    bring_back(terminal.folder, today)
    board = terminal.types("upheld check", status=1)
    broken = _since(board, "broken", _PROMISE)
    late = "in crm.registrations that should be gone"
    terminal.shows(broken, _PROMISE, late, "9 promises:", after=_status(1))


def put_right(terminal: Terminal) -> None:
    """Beat 5: erased again, and proven to somebody who has only Python."""
    terminal.say(
        "\n5. Put right, and proven to a stranger who has the bundle and Python, nothing else"
    )
    board = terminal.types(f"upheld request apply {_ID}", "upheld check")
    terminal.shows(board, "9 promises:", after=_status(0))
    terminal.types(f"upheld prove {_ID} -o proof.zip")
    with ZipFile(terminal.folder / "proof.zip") as bundle:
        bundle.extract("verify.py", terminal.folder)
    proof = terminal.types("python3 -I verify.py proof.zip   # a file of the bundle")
    terminal.shows(proof, "rows were there again")
    terminal.shows(proof[::-1], "looked back: clean")
    terminal.shows(proof, "proven;", after=_status(0))


def _ends(terminal: Terminal) -> None:
    folder = terminal.folder
    terminal.say(f"\nHer answer: {folder / 'answers' / f'{_ID}.html'}")
    terminal.say(f"To try next, after `{_ready()}cd {folder}`:")
    account = "--identity account:crm=C-000042"
    terminal.says(f"upheld request run --right access {account} --yes --key {OFFICER}")
    terminal.says("upheld verify home.sqlite     # the whole log")
    terminal.says("upheld check                  # when you have changed a word of policy.yaml")


def _why_kept(folder: Path) -> str:
    """Return the first sentence that the letter gives for the invoices that stay."""
    page = (folder / "answers" / f"{_ID}.html").read_text("utf-8")
    cells = [unescape(cell) for cell in _CELL.findall(page)]
    for where, words in zip(cells[::3], cells[2::3], strict=True):
        if where == "service: invoices" and words.startswith("kept"):
            return f"{words.split('. ')[1]}."
    raise otherwise("the letter does not say why invoices are kept")


def _since(lines: list[str], *words: str) -> list[str]:
    """Return the lines from the one that says these words, and nothing else, to the last."""
    for at, line in enumerate(lines):
        if line.split() == [*words]:
            return lines[at:]
    raise otherwise(f"no line says `{' '.join(words)}`")


def _status(status: int) -> str:
    return f"   (exit status {status})"


def _ready() -> str:
    """Return what puts `upheld` on the path, where it is not there."""
    if shutil.which("upheld"):
        return ""
    return f". {os.path.relpath(sys.prefix)}/bin/activate && "
