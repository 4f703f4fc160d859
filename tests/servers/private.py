"""A server that this process starts, and that ends with it."""

from __future__ import annotations

import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from tests.servers.machine import free_port
from tests.servers.server import Server

if TYPE_CHECKING:
    import signal
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from tests.servers.machine import Home
    from upheld.model import Dialect

SECONDS_TO_START = 60.0
SECONDS_TO_STOP = 30.0
PORTS_TRIED = 5


@dataclass(frozen=True)
class Kind:
    """How servers of one kind are started, reached and ended."""

    dialect: Dialect
    command: Callable[[Home, int], Sequence[str | Path]]
    url: Callable[[int], str]
    socket: Callable[[Home, int], Path]
    gently: signal.Signals
    at_once: signal.Signals


@dataclass
class Private(Server):
    """A server that may be stopped, killed and started again: its URL and its data stay."""

    kind: Kind
    home: Home
    port: int
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and come back when it answers."""
        if self.process is not None:
            raise RuntimeError("the server runs; stop it first")
        self.process = self.home.start(self.kind.command(self.home, self.port), self.kind.at_once)
        try:
            self._await_answer(self.process)
        except BaseException:
            self.stop(immediate=True)
            raise

    def stop(self, *, immediate: bool = False) -> None:
        """Stop it, as its administrator would or as a failure of the machine would."""
        if self.process is None:
            return
        self.process.send_signal(self.kind.at_once if immediate else self.kind.gently)
        try:
            self.process.wait(SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def restart(self, *, immediate: bool = False) -> None:
        """Stop it and start it again, at the same address."""
        self.stop(immediate=immediate)
        self.start()

    def _await_answer(self, process: subprocess.Popen[bytes]) -> None:
        """Ask once its own socket is there: then the port is its own, and nobody else's."""
        patience = time.monotonic() + SECONDS_TO_START
        while process.poll() is None and time.monotonic() < patience:
            if self.kind.socket(self.home, self.port).exists() and self._answers():
                return
            time.sleep(0.02)
        raise RuntimeError(f"the server did not start\n{self.home.last_words()}")

    def _answers(self) -> bool:
        try:
            self.engine().connect().close()
        except sa.exc.DBAPIError:
            return False
        return True


@contextmanager
def started(kind: Kind, home: Home) -> Iterator[Private]:
    """Give a running server, which ends in haste: its data goes with it."""
    server = first_start(kind, home)
    try:
        yield server
    finally:
        server.stop(immediate=True)


def first_start(kind: Kind, home: Home) -> Private:
    """Start a server on a port that was free; try another if somebody took it meanwhile."""
    for left in reversed(range(PORTS_TRIED)):
        port = free_port()
        server = Private(kind.dialect, kind.url(port), kind, home, port)
        try:
            server.start()
        except RuntimeError:
            if not left:
                raise
        else:
            return server
    raise AssertionError("the last try has raised or returned")
