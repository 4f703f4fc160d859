"""Asks the links of a policy whether they answer."""

from __future__ import annotations

import http.client
import queue
import socket
import ssl
import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib import error, request

from upheld import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_AT_ONCE = 8
_PATIENCE = timedelta(seconds=5)
_IN_ALL = timedelta(minutes=2)
_HANDLERS = (
    request.ProxyHandler,
    request.HTTPHandler,
    request.HTTPSHandler,
    request.HTTPRedirectHandler,
    request.HTTPDefaultErrorHandler,
    request.HTTPErrorProcessor,
)
"""What speaks http and https and follows a redirect; nothing that opens a file."""


def probe(
    links: Iterable[str], timeout: timedelta = _PATIENCE, in_all: timedelta = _IN_ALL
) -> Mapping[str, str | None]:
    """Return what was wrong with each link, or None where it answered.

    Each is asked with HEAD, and with GET where that is refused; only by http and https, a few at a
    time. A link that has not answered when all of them have had `in_all` has not answered.
    """
    asked = list(dict.fromkeys(links))
    found: dict[str, str | None] = {}
    waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
    for link in asked:
        waiting.put(link)
    askers = [
        threading.Thread(target=_ask_all, args=(waiting, found, timeout), daemon=True)
        for _ in range(min(_AT_ONCE, len(asked)))
    ]
    until = time.monotonic() + in_all.total_seconds()
    for each in askers:
        each.start()
    for each in askers:
        each.join(max(0.0, until - time.monotonic()))
    late = f"no answer within {_seconds(in_all)}"
    return {link: found.get(link, late) for link in asked}


def _ask_all(
    waiting: queue.SimpleQueue[str], found: dict[str, str | None], timeout: timedelta
) -> None:
    while True:
        try:
            link = waiting.get_nowait()
        except queue.Empty:
            return
        found[link] = _wrong(link, timeout)


def _wrong(link: str, timeout: timedelta) -> str | None:
    """Return what is wrong with one link, in words without anything the other side wrote."""
    if not link.lower().startswith(("http://", "https://")):
        return "is no http or https address"
    try:
        try:
            _knock(link, "HEAD", timeout)
        except error.HTTPError as refused:
            refused.close()
            _knock(link, "GET", timeout)
    except error.HTTPError as refused:
        refused.close()
        return f"answers {refused.code}"
    except error.URLError as failed:
        return _failed(failed.reason, timeout)
    except (OSError, http.client.HTTPException, ValueError) as failed:
        return _failed(failed, timeout)
    return None


def _knock(link: str, method: str, timeout: timedelta) -> None:
    opener = request.OpenerDirector()
    for handler in _HANDLERS:
        opener.add_handler(handler())
    words = {"User-Agent": f"upheld/{__version__} (asks whether links answer)"}
    asking = request.Request(link, method=method, headers=words)  # noqa: S310 (http or https only)
    opener.open(asking, timeout=timeout.total_seconds()).close()


_FAILURES: tuple[tuple[type[BaseException], str], ...] = (
    (TimeoutError, "no answer within {timeout}"),
    (ssl.SSLError, "its certificate cannot be trusted"),
    (socket.gaierror, "no such host"),
    (ConnectionRefusedError, "refuses to be connected"),
    (ConnectionError, "breaks the connection off"),
    (ValueError, "is no web address"),
    (http.client.InvalidURL, "is no web address"),
)
"""The words for what failed; the first that fits."""


def _failed(reason: BaseException | str, timeout: timedelta) -> str:
    words = next((w for kind, w in _FAILURES if isinstance(reason, kind)), "cannot be reached")
    return words.format(timeout=_seconds(timeout))


def _seconds(span: timedelta) -> str:
    return f"{span.total_seconds():g} seconds"
