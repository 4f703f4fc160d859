"""Makes a home where there is none yet: once, whoever else is about to make it, too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep

from upheld.errors import HomeFailed
from upheld.evidence.holds import held
from upheld.evidence.home import SqlHome
from upheld.evidence.keys import Keys
from upheld.ports import Clock, Fold

_SQLITE = "sqlite:///"
_PATIENCE, _MOMENT = 10.0, 0.05


def found(url: str, keys: Keys, *, origin: str, clock: Clock, folds: Sequence[Fold] = ()) -> None:
    """Make a home that is there when it is whole: a file takes its name at the end.

    Raises:
        HomeFailed: it cannot be made, or another process is making it and does not get on.
    """
    if url.startswith(_SQLITE):
        path = _path(url)
        with _alone(_making(path)):
            if not path.exists():
                fresh = path.with_name(f".{path.name}.new")
                fresh.unlink(missing_ok=True)
                _made(f"{_SQLITE}{fresh}", keys, origin=origin, clock=clock, folds=folds)
                fresh.replace(path)
        return
    try:
        _made(url, keys, origin=origin, clock=clock, folds=folds)
    except HomeFailed:  # a server lets one make it, and tells the other that it is there
        if not SqlHome.is_there(url):
            raise


def tidy(url: str) -> None:
    """Remove what a process has left that was killed just after it had made a home.

    Somebody who still waits for it will see that home is there, and make nothing.
    """
    if url.startswith(_SQLITE) and (making := _making(_path(url))).exists():
        with suppress(OSError):  # who may only read leaves it to others
            making.unlink()


def _path(url: str) -> Path:
    return Path(url.removeprefix(_SQLITE).partition("?")[0])


def _making(path: Path) -> Path:
    return path.with_name(f".{path.name}.making")


def _made(url: str, keys: Keys, *, origin: str, clock: Clock, folds: Sequence[Fold]) -> None:
    SqlHome.create(url, keys, origin=origin, clock=clock, folds=folds).close()


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Wait until nobody else has the file, and have it."""
    patience = monotonic() + _PATIENCE
    with ExitStack() as stack:
        while not _taken(stack, file):
            if monotonic() > patience:
                raise HomeFailed(
                    "home is being made by another process; wait until it is there, then try again"
                )
            sleep(_MOMENT)
        yield


def _taken(stack: ExitStack, file: Path) -> bool:
    try:
        stack.enter_context(held(file))
    except BlockingIOError:
        return False
    except OSError as wrong:
        raise HomeFailed(
            "home cannot be made; check that its folder is there, can be written and has room"
        ) from wrong
    return True
