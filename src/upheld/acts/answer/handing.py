"""Writes what is handed to a person: whole or not at all, and readable by its owner only."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from upheld.errors import HomeFailed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def handing(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that takes its name when it is whole and on disk.

    Raises:
        HomeFailed: it cannot be written; nothing of it is left.
    """
    part = path.with_suffix(path.suffix + ".part")
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        part.unlink(missing_ok=True)
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)
    except OSError as error:
        raise HomeFailed("the answer cannot be written; is the disk full?") from error
    finally:
        part.unlink(missing_ok=True)
