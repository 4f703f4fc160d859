"""Names every point where a process touches home, a store or its folder, and ends it at one.

A point is the moment before a statement goes to a database, the moments before and after a commit
of what was written, and the moment before a file is opened to write, flushed, locked, renamed or
removed. What happens between two of them stays within the process, and dies with it.
"""

from __future__ import annotations

import os
import re
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine.default import DefaultDialect

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from _typeshed import FileDescriptorLike

_TABLE = re.compile(r"\s*(INSERT INTO|UPDATE|DELETE FROM|CREATE TABLE)\s+([\w.\"`]+)")
_CHANGES = {"INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "VACUUM", "PRAGMA"}
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


class Point(NamedTuple):
    """A moment in the life of a process: the nth of its name."""

    kind: str
    where: str
    what: str
    nth: int

    @property
    def writes(self) -> bool:
        """Whether the world may be another one after what comes next."""
        if self.kind == "statement":
            return self.what.partition(" ")[0] in _CHANGES
        return self.kind in {"commit", "file"}


class Watch:
    """What a process has touched, in order; at one point it sends itself a signal."""

    def __init__(self, folder: Path, names: Mapping[str, str]) -> None:
        """Watch whatever is under a folder; `names` says what databases of servers are called."""
        self.seen: list[Point] = []
        self._counts: Counter[tuple[str, str, str]] = Counter()
        self._folder = str(folder)
        self._names = names
        self._deadly: tuple[Point, int] | None = None

    def end_at(self, point: Point, by: int) -> None:
        """Let the process end, or stand still, at a point."""
        self._deadly = (point, by)

    def begin(self) -> None:
        """Watch from now on, until the process ends."""
        sa.event.listen(sa.Engine, "before_cursor_execute", self._executing)
        sa.event.listen(sa.pool.Pool, "connect", lambda *_: self._reach("connect", "", ""))
        DefaultDialect.do_commit = self._committing(DefaultDialect.do_commit)  # type: ignore[method-assign]
        os.fsync = self._flushing(os.fsync)  # type: ignore[assignment]
        sys.addaudithook(self._audited)

    def _reach(self, kind: str, where: str, what: str) -> None:
        name = (kind, where, what)
        self._counts[name] += 1
        point = Point(*name, self._counts[name])
        self.seen.append(point)
        if self._deadly is not None and point == self._deadly[0]:
            os.kill(os.getpid(), self._deadly[1])

    def _executing(self, connection: sa.Connection, _: object, statement: str, *__: object) -> None:
        found = _TABLE.match(statement)
        verb = found[1].split()[0] if found else statement.split(maxsplit=1)[0].rstrip(";")
        table = f" {found[2]}" if found else ""
        self._reach("statement", self._where(connection), verb + table)
        if verb in _CHANGES:
            connection.info["wrote"] = True

    def _committing(
        self, commit: Callable[[DefaultDialect, sa.PoolProxiedConnection], None]
    ) -> Callable[[DefaultDialect, sa.PoolProxiedConnection], None]:
        def committed(dialect: DefaultDialect, connection: sa.PoolProxiedConnection) -> None:
            where = str(connection.info["where"])
            if not connection.info.pop("wrote", False):
                commit(dialect, connection)
                return
            self._reach("commit", where, "before")
            commit(dialect, connection)
            self._reach("commit", where, "after")

        return committed

    def _flushing(
        self, flush: Callable[[FileDescriptorLike], None]
    ) -> Callable[[FileDescriptorLike], None]:
        def flushed(file: FileDescriptorLike) -> None:
            self._reach("file", "an open file", "flush")
            flush(file)

        return flushed

    def _audited(self, event: str, args: tuple[object, ...]) -> None:
        """See what Python is about to do to a file."""
        match event, args:
            case "open", (str() | Path() as path, _, int(flags)) if flags & _WRITES:
                self._file(path, "open")
            case "os.remove", (str() | Path() as path, *_):
                self._file(path, "remove")
            case "os.mkdir", (str() | Path() as path, *_):
                self._file(path, "make")
            case "os.rename", (_, str() | Path() as path, *_):
                self._file(path, "rename")
            case "fcntl.flock", _:
                self._reach("file", "hold", "lock")
            case _:
                pass

    def _file(self, path: str | Path, what: str) -> None:
        if str(path).startswith(self._folder):
            self._reach("file", self._relative(path), what)

    def _relative(self, path: str | Path) -> str:
        return str(path).removeprefix(self._folder).lstrip("/") or "."

    def _where(self, connection: sa.Connection) -> str:
        """Return `home`, `shop` or `web`."""
        if "where" not in connection.info:
            connection.info["where"] = self._named(connection)
        return str(connection.info["where"])

    def _named(self, connection: sa.Connection) -> str:
        if connection.dialect.name != "sqlite":
            return self._names[str(connection.engine.url.database)]
        driver = connection.connection.driver_connection
        assert driver is not None
        (_, _, file) = driver.execute("PRAGMA database_list").fetchone()
        return Path(file).name.removeprefix(".").partition(".")[0]
