"""Reads a file that stands in the company's folder: where it stands, and its SHA-256."""

from __future__ import annotations

import hashlib
import os
import stat
from typing import TYPE_CHECKING

from upheld.errors import BadInput, quoted

if TYPE_CHECKING:
    from pathlib import Path

_SAFELY = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
"""Opening never waits, as it would for the other end of a pipe."""


def filed(folder: Path, file: Path) -> tuple[str, str]:
    """Return the path of a file from the folder it must stand in, and its SHA-256 in hex.

    Raises:
        BadInput: it is not there, not in the folder, empty, or no file with an end.
    """
    try:
        real = file.resolve(strict=True)
        name = real.relative_to(folder.resolve()).as_posix()
        if not stat.S_ISREG(real.stat().st_mode):
            raise BadInput(f"what{quoted(file.name)} names is no file; give the path of one")
        with os.fdopen(os.open(real, _SAFELY), "rb") as stream:
            found = os.fstat(stream.fileno())
            if not stat.S_ISREG(found.st_mode) or not found.st_size:
                raise BadInput(f"the file{quoted(file.name)} is empty; it attests nothing")
            return name, hashlib.file_digest(stream, "sha256").hexdigest()
    except (OSError, RuntimeError) as error:
        raise BadInput(f"the file{quoted(file.name)} cannot be read; give its path") from error
    except ValueError:
        words = "the file is not in the company's folder; put it there, where it is kept with it"
        raise BadInput(words) from None
