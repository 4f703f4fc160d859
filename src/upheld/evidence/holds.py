"""Holds a file against everybody else until it is let go, or until its process has ended."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

from upheld.errors import Stale, quoted

if sys.platform != "win32":
    import fcntl


def taken(request: str) -> Stale:
    """Return the refusal for whoever comes second."""
    named = quoted(request).strip(" `") or "this request"
    return Stale(f"another apply is at work on {named}; wait until it has ended")


@contextmanager
def flocked(file: Path) -> Iterator[None]:
    """Lock a file of our own, and remove it afterwards; `BlockingIOError` if somebody has it."""
    descriptor = _locked(file)
    try:
        yield
    finally:
        with suppress(OSError):  # a file that stays is locked and removed by who comes next
            file.unlink()
        fcntl.flock(descriptor, fcntl.LOCK_UN)  # a child that was forked has the file open, too
        os.close(descriptor)


@contextmanager
def sqlite_locked(file: Path) -> Iterator[None]:
    """Lock a file where there is no `flock`, as SQLite does; an empty file stays behind."""
    with ExitStack() as stack:
        try:
            lock = sqlite3.connect(file, timeout=0, isolation_level=None)
            stack.enter_context(closing(lock)).execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as wrong:
            is_held = wrong.sqlite_errorcode == sqlite3.SQLITE_BUSY
            raise (BlockingIOError if is_held else OSError) from wrong
        yield


held = flocked if sys.platform != "win32" else sqlite_locked


def _locked(file: Path) -> int:
    """Return the locked file; whoever had it before may just have removed the one we opened."""
    while True:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_at(file, descriptor):
                return descriptor
        except OSError:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _is_at(file: Path, descriptor: int) -> bool:
    with suppress(FileNotFoundError):
        return os.path.samestat(file.stat(), os.fstat(descriptor))
    return False
