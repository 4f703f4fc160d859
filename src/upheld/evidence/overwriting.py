"""Minds what is there already where a file is to be written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upheld.errors import BadInput

if TYPE_CHECKING:
    from pathlib import Path

_BEGINNING = 8


def require_replaceable(file: Path, what: bytes | None = None) -> None:
    """Refuse to write over anything but what begins as `what`, or is empty; None: over anything.

    Raises:
        BadInput: it is a folder, or a file of another kind: home and its keys are files, too.
    """
    try:
        if not file.name or file.is_dir():
            raise BadInput(f"`{file}` is a folder; name a file in it")
        if not file.exists():
            return
        if not file.is_file():
            raise BadInput(f"`{file}` cannot be written whole: it is no ordinary file")
        with file.open("rb") as stream:
            begins = stream.read(_BEGINNING)
    except OSError as error:
        raise BadInput(
            f"`{file.name}` cannot be written; name a file in a folder that is there"
        ) from error
    if begins and (what is None or not begins.startswith(what[:_BEGINNING])):
        raise BadInput(
            f"`{file.name}` is there already, and may be something else; name a new file, "
            "or remove that one first"
        )
