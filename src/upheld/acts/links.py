"""Asks the links of a policy whether they answer."""

from __future__ import annotations

import http.client
import queue
import re
import socket
import ssl
import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib import error, parse, request

from upheld import __version__
from upheld.policy.links import UNLISTED, UNREACHABLE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

_AT_ONCE = 8
_PATIENCE = timedelta(seconds=5)
_IN_ALL = timedelta(minutes=2)
_READ = 200_000
"""How many bytes of a page are read."""

_HREF = re.compile(r"""<a(?:rea)?\s[^<>]{0,2000}?href\s*=\s*["']?([^"'\s<>]+)""", re.IGNORECASE)
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
    links: Iterable[str],
    *,
    timeout: timedelta = _PATIENCE,
    in_all: timedelta = _IN_ALL,
    seek: Collection[str] = (),
) -> Mapping[str, str | None]:
    """Return what was wrong with each link, or None where it answered.

    Each is asked with HEAD, and with GET where that is refused; only by http and https, a few at a
    time. What begins with `UNREACHABLE` is no answer: no network, no such host, nothing in time. A
    link whose turn had not come when all of them had had `in_all` was not asked, and is left out.
    With `seek` the beginning of each page is read, and one that neither is on such a site nor links
    to one is `UNLISTED`.
    """
    asked = list(dict.fromkeys(links))
    found: dict[str, str | None] = {}
    waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
    late = f"{UNREACHABLE}no answer within {_seconds(in_all)}"
    for link in asked:
        waiting.put(link)
    askers = [
        threading.Thread(target=_ask_all, args=(waiting, found, late, timeout, seek), daemon=True)
        for _ in range(min(_AT_ONCE, len(asked)))
    ]
    until = time.monotonic() + in_all.total_seconds()
    for each in askers:
        each.start()
    for each in askers:
        each.join(max(0.0, until - time.monotonic()))
    begun = dict(found)
    return {link: begun[link] for link in asked if link in begun}


def _ask_all(
    waiting: queue.SimpleQueue[str],
    found: dict[str, str | None],
    late: str,
    timeout: timedelta,
    seek: Collection[str],
) -> None:
    """Ask what is waiting; while a link is being asked, it is late."""
    while True:
        try:
            link = waiting.get_nowait()
        except queue.Empty:
            return
        found[link] = late
        found[link] = _wrong(link, timeout, seek)


def _wrong(link: str, timeout: timedelta, seek: Collection[str]) -> str | None:
    """Return what is wrong with one link, in words without anything the other side wrote."""
    if not link.lower().startswith(("http://", "https://")):
        return "is no http or https address"
    try:
        return _heard(link, timeout, seek)
    except error.HTTPError as refused:
        refused.close()
        return f"answers {refused.code}"
    except error.URLError as failed:
        return _failed(failed.reason, timeout)
    except (OSError, http.client.HTTPException, ValueError) as failed:
        return _failed(failed, timeout)


def _heard(link: str, timeout: timedelta, seek: Collection[str]) -> str | None:
    if seek:
        hosts = set(_hosts(*_knock(link, "GET", timeout)))
        known = any(host == site or host.endswith(f".{site}") for host in hosts for site in seek)
        return None if known else UNLISTED
    try:
        _knock(link, "HEAD", timeout)
    except error.HTTPError as refused:
        refused.close()
        _knock(link, "GET", timeout)
    return None


def _hosts(page: bytes, at: str) -> Iterator[str]:
    """Yield the host of a page, and of each of its links that is no comment."""
    shown = "".join(
        part.partition("-->")[2] if number else part
        for number, part in enumerate(page.decode("utf-8", "replace").split("<!--"))
    )
    for link in ("", *_HREF.findall(shown)):
        try:
            host = parse.urlsplit(parse.urljoin(at, link)).hostname
        except ValueError:
            continue
        yield (host or "").removeprefix("www.")


def _knock(link: str, method: str, timeout: timedelta) -> tuple[bytes, str]:
    """Return how a page begins, and where it was found in the end."""
    opener = request.OpenerDirector()
    for handler in _HANDLERS:
        opener.add_handler(handler())
    words = {"User-Agent": f"upheld/{__version__} (asks whether links answer)"}
    asking = request.Request(link, method=method, headers=words)  # noqa: S310 (http or https only)
    with opener.open(asking, timeout=timeout.total_seconds()) as answer:
        return answer.read(_READ if method == "GET" else 0), answer.geturl()


_FAILURES: tuple[tuple[type[BaseException], str], ...] = (
    (TimeoutError, f"{UNREACHABLE}no answer within {{timeout}}"),
    (ssl.SSLError, f"{UNREACHABLE}its certificate cannot be trusted"),
    (socket.gaierror, f"{UNREACHABLE}no such host"),
    (ConnectionRefusedError, f"{UNREACHABLE}refuses to be connected"),
    (ConnectionError, f"{UNREACHABLE}breaks the connection off"),
    (ValueError, "is no web address"),
    (http.client.InvalidURL, "is no web address"),
)
"""The words for what failed; the first that fits."""


def _failed(reason: BaseException | str, timeout: timedelta) -> str:
    other = f"{UNREACHABLE}nobody can say why"
    words = next((w for kind, w in _FAILURES if isinstance(reason, kind)), other)
    return words.format(timeout=_seconds(timeout))


def _seconds(span: timedelta) -> str:
    return f"{span.total_seconds():g} seconds"
