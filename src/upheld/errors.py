"""Every refusal Upheld makes, as one tree.

```
UpheldError              exit
├── BadInput             2   what a person wrote is wrong; nothing was done
│   ├── BadFile          2   a file of the company's folder, with its line
│   └── BadIdentity      2   an identity that cannot be looked for
├── Refused              3   it could be done and was not: the plan, the person or the rows say no
│   ├── Stale            3   the world is no longer what was signed
│   ├── WouldFail        3   pre-flight: a constraint or another person stands in the way
│   └── NotSigned        3   no officer's valid signature on this plan
├── StoreFailed          4   a store could not be reached, read or written; nothing half done
│   └── StoreBusy        4   for now: it is locked, restarts or is crowded; later it may do
├── HomeFailed           4   home could not be read or written; nothing was appended
└── NotProven            1   a proof does not hold: a flipped bit, a dropped entry, a fork
```

Two more exit statuses are no refusals: 5 while a request waits for somebody, 70 for a bug of ours.

A message is lower case, has no full stop, says what was wrong, then what to do. It never holds
personal data: identities are named by kind, rows by collection and count, values not at all.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class UpheldError(Exception):
    """Anything Upheld refuses or cannot do; `status` is the exit status of the command line."""

    status = 4


class BadInput(UpheldError):
    """What a person wrote is wrong; nothing was done."""

    status = 2


class BadFile(BadInput):
    """A file of the company's folder is wrong, at `place` (`policy.yaml:14`)."""

    def __init__(self, place: str, wrong: str) -> None:
        super().__init__(f"{place}: {wrong}")
        self.place = place
        self.wrong = wrong


class BadIdentity(BadInput):
    """An identity that cannot be looked for; the value itself is never in the message."""


class Refused(UpheldError):
    """It could be done and was not: the plan, the person or the rows say no."""

    status = 3


class Stale(Refused):
    """The world is no longer what was signed; plan again."""


class WouldFail(Refused):
    """Pre-flight found a constraint or another person in the way; nothing was written."""


class NotSigned(Refused):
    """There is no officer's valid signature on this very plan."""


class StoreFailed(UpheldError):
    """A store could not be reached, read or written; its transaction is undone."""


class StoreBusy(StoreFailed):
    """A store is locked by another, restarts or takes no more connections; later it may do."""


class HomeFailed(UpheldError):
    """Home could not be read or written; nothing was appended."""


class NotProven(UpheldError):
    """A proof does not hold: a flipped bit, a dropped entry, a forked checkpoint."""

    status = 1


_SAFE = re.compile(r"[A-Za-z][A-Za-z_.:-]{0,39}|R-[0-9]{1,9}")


def quoted(word: str) -> str:
    """Return ` `word``, or nothing where it is not shaped like a code, a name of ours or an id.

    What was typed in the wrong place may be a person's address or number.

    >>> quoted("R-7"), quoted("no_date"), quoted("ada@example.com"), quoted("0333333")
    (' `R-7`', ' `no_date`', '', '')
    """
    return f" `{word}`" if _SAFE.fullmatch(word) else ""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean `x`?` for the nearest known word, or what is known if it is short.

    >>> did_you_mean("acess", ["access", "erase"])
    '; did you mean `access`?'
    >>> did_you_mean("acess", [])
    '; there is none yet'
    """
    words = sorted(known)
    if not words:
        return "; there is none yet"
    near = get_close_matches(word, words, n=1)
    if near:
        return f"; did you mean `{near[0]}`?"
    if len(words) <= 12:  # noqa: PLR2004 (a list longer than a line helps nobody)
        return f"; known: {', '.join(words)}"
    return ""
