"""Asks a file of SQLite what guards it: its mode, its folders, its pages."""

from __future__ import annotations

import os
import shlex
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from upheld.model import Probe, Safeguard

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from upheld.model import StoreMap

_LARGEST_READ_THROUGH = 256 * 1024 * 1024
"""Bytes of a file that SQLite checks in a quarter of a second (measured); more would be felt."""

_OTHERS = stat.S_IRGRP | stat.S_IWGRP | stat.S_IROTH | stat.S_IWOTH


def file_of(connection: sa.Connection) -> str:
    """Return the path of the file that SQLite has opened."""
    databases = connection.exec_driver_sql("PRAGMA database_list")
    return next(str(path) for _, name, path in databases if name == "main")


def probes(connection: sa.Connection, mapped: StoreMap) -> Iterator[Probe]:
    """Yield what is true of any file, who reaches this one, and whether its pages are whole."""
    del mapped
    said = "the file is read in this process: nothing travels"
    yield Probe(Safeguard.IN_TRANSIT, held=True, words=said)
    pages, size = (
        int(connection.exec_driver_sql(f"PRAGMA {word}").scalar_one())
        for word in ("page_count", "page_size")
    )
    yield _modes(Path(file_of(connection)))
    yield _quick_check(connection, pages * size)


def _modes(path: Path) -> Probe:
    """Say who can read and write a file of SQLite, and those it keeps beside it for a while."""
    if os.name != "posix":
        words = "who can read the file cannot be told from its mode on this system"
        return Probe(Safeguard.LEAST_PRIVILEGE, held=None, words=words)
    beside = (path.with_name(f"{path.name}{end}") for end in ("-journal", "-wal", "-shm"))
    files = {
        each.name: mode for each in (path, *beside) if (mode := _mode(each)) and mode & _OTHERS
    }
    above = {str(each): mode for each in path.parents if (mode := _mode(each)) and _is_loose(mode)}
    if not files and not above:
        words = f"`{path.name}` can be read and written by its owner alone"
        return Probe(Safeguard.LEAST_PRIVILEGE, held=True, words=words)
    said = [f"`{name}` has mode {mode:04o}" for name, mode in files.items()]
    said += [f"its folder `{name}` has mode {mode:04o}" for name, mode in above.items()]
    mend = [f"chmod go-rwx {_in_shell(files)}"] if files else []
    mend += [f"chmod go-w {_in_shell(above)}"] if above else []
    words = f"{', '.join(said)}: others than its owner reach it; {' && '.join(mend)}"
    return Probe(Safeguard.LEAST_PRIVILEGE, held=False, words=words)


def _is_loose(mode: int) -> bool:
    """Say whether others may put a file of theirs in the place of one in a folder of this mode."""
    return bool(mode & (stat.S_IWGRP | stat.S_IWOTH)) and not mode & stat.S_ISVTX


def _in_shell(names: Iterable[str]) -> str:
    return " ".join(shlex.quote(f"./{each}" if each.startswith("-") else each) for each in names)


def _mode(path: Path) -> int | None:
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        return None


def _quick_check(connection: sa.Connection, size: int) -> Probe:
    if size > _LARGEST_READ_THROUGH:
        words = "the file is too large to be read through each time; run PRAGMA quick_check"
        return Probe(Safeguard.INTEGRITY, held=None, words=words)
    try:
        found = connection.exec_driver_sql("PRAGMA quick_check(100)").scalars().all()
    except sa.exc.DBAPIError as error:
        if "CORRUPT" in str(getattr(error.orig, "sqlite_errorname", "")):
            words = "the file is damaged, by PRAGMA quick_check; restore it from a backup"
            return Probe(Safeguard.INTEGRITY, held=False, words=words)
        words = "its wholeness cannot be asked here; run PRAGMA quick_check in its own software"
        return Probe(Safeguard.INTEGRITY, held=None, words=words)
    if found == ["ok"]:
        return Probe(
            Safeguard.INTEGRITY, held=True, words="the file is whole, by PRAGMA quick_check"
        )
    words = f"the file has faults, by PRAGMA quick_check: {len(found)}; restore it from a backup"
    return Probe(Safeguard.INTEGRITY, held=False, words=words)
