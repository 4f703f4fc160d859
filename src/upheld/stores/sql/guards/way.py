"""Says whether somebody on the way to a server can read along."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from upheld.model import Probe, Safeguard

if TYPE_CHECKING:
    import sqlalchemy as sa


@dataclass(frozen=True, slots=True)
class Link:
    """How this very session reached its server, as the server sees it."""

    cipher: str | None
    socket: bool
    loopback: bool
    remedy: str


def in_transit(url: sa.URL, link: Link) -> Probe:
    """Say whether somebody on the way can read along.

    A server that sees a socket where our address names a host sees a pooler; what a loopback
    address leads to, a proxy may have carried there from far away.
    """
    safeguard = Safeguard.IN_TRANSIT
    hosts = [*_words(url.query.get("host", url.host)), *_words(url.query.get("unix_socket"))]
    far = bool(hosts) and not hosts[-1].startswith("/")
    if link.cipher:
        return Probe(safeguard, held=True, words=f"this session is encrypted: {link.cipher}")
    if link.socket and not far:
        words = "over a socket of this machine: nothing travels"
        return Probe(safeguard, held=True, words=words)
    if link.socket or link.loopback:
        words = f"not encrypted by the server; what stands between cannot be asked; {link.remedy}"
        return Probe(safeguard, held=None, words=words)
    return Probe(safeguard, held=False, words=f"this session is not encrypted; {link.remedy}")


def _words(said: str | tuple[str, ...] | None) -> tuple[str, ...]:
    return said if isinstance(said, tuple) else (said,) if said else ()
