"""What this machine gives a server: a folder, a port, a user with no rights, an end with ours."""

from __future__ import annotations

import ctypes
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import signal
    from collections.abc import Callable, Iterator, Sequence

NOBODY = "nobody"
MEMORY = Path("/dev/shm")  # noqa: S108
ROOM = 4 * 1024**3
EVERYWHERE = Path("/usr/sbin")  # not in the path of everybody on Debian
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Home:
    """Where one server lives, and as whom it runs: nobody but ourselves unless we are root."""

    place: Path
    user: str | None

    @property
    def log(self) -> Path:
        return self.place / "log"

    def run(self, *command: str | Path) -> None:
        """Run a command that prepares the server; what it says is in the log."""
        if self._popen(command, None).wait():
            raise RuntimeError(f"`{Path(command[0]).name}` failed\n{self.last_words()}")

    def start(self, command: Sequence[str | Path], last: signal.Signals) -> subprocess.Popen[bytes]:
        """Start a server that gets the signal `last` when this process ends, however it ends."""
        return self._popen(command, ends_with_us(last))

    def last_words(self) -> str:
        """Return the end of the log."""
        return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-15:])

    def _popen(
        self, command: Sequence[str | Path], first: Callable[[], None] | None
    ) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.place,
                env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "HOME": str(self.place)},
                start_new_session=True,
                preexec_fn=first,  # noqa: PLW1509 (at most one call of libc)
                user=self.user,
                group=None if self.user is None else pwd.getpwnam(self.user).pw_gid,
                extra_groups=None if self.user is None else [],
            )


@contextmanager
def home(within: Path, *users: str) -> Iterator[Home]:
    """Give a folder that the first user there is owns, and that goes with what is in it."""
    place = Path(tempfile.mkdtemp(prefix="server-", dir=within))
    user = unprivileged(*users)
    try:
        if user is not None:
            shutil.chown(place, user)
        yield Home(place, user)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def unprivileged(*users: str) -> str | None:
    """Return the user to run a server as, which root may not be; None if we are not root."""
    if os.geteuid() != 0:
        return None
    known = {each.pw_name for each in pwd.getpwall()}
    return next(each for each in (*users, NOBODY) if each in known)


def reachable(path: Path) -> bool:
    """Say whether a user without rights may look into a folder."""
    return all(each.stat().st_mode & 0o001 for each in (path, *path.parents))


def folder(prefix: str) -> Path:
    """Make a folder for temporary things that users without rights can pass through.

    In memory, where there is room and nobody named a folder: a MariaDB makes a table twice as fast.
    """
    usual = Path(tempfile.gettempdir()).resolve()
    suits = os.geteuid() != 0 or reachable(usual)
    disk = usual if suits else Path("/var/tmp")  # noqa: S108
    base = MEMORY if "TMPDIR" not in os.environ and _roomy(MEMORY) else disk
    place = Path(tempfile.mkdtemp(prefix=prefix, dir=base))
    place.chmod(0o711)
    return place


def _roomy(place: Path) -> bool:
    """Say whether servers can be kept in a folder, and started from it."""
    if not (place.is_dir() and os.access(place, os.W_OK | os.X_OK)):
        return False
    said = os.statvfs(place)
    return not said.f_flag & os.ST_NOEXEC and said.f_bavail * said.f_frsize > ROOM


def program(name: str) -> Path | None:
    """Return where a program is, looking also where Debian puts servers."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:{EVERYWHERE}")
    return Path(found) if found else None


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def ends_with_us(last: signal.Signals) -> Callable[[], None] | None:
    """Return what a child does before it starts, so that its parent's end is its own (Linux)."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None, use_errno=True)

    def ask() -> None:
        libc.prctl(PR_SET_PDEATHSIG, int(last), 0, 0, 0)

    return ask
