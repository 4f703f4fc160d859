"""Where a policy sends people: the addresses in its clauses, as host and path."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from upheld.model import Clause

UNREACHABLE = "unreachable: "
"""Begins what is said of a link that nobody could ask: that is no answer of the other side."""

UNLISTED = "links to no authority"
"""Said of a page that answers, and from which no link leads to an authority."""

_WEB = re.compile(r"https?://[^\s/?#\\\x00-\x20\x7f][^\s\\\x00-\x20\x7f]*", re.IGNORECASE)
_SOMEBODY = re.compile(r"[^/](@|%40)", re.IGNORECASE)


def linked(clause: Clause) -> Iterator[str]:
    """Yield the host and path of the link of a clause, and of each address in its words."""
    words = clause.text.split() if "://" in clause.text else []
    for word in (clause.link or "", *words):
        found = address(word.strip("()<>.,;"))
        if found:
            yield found


def address(link: str) -> str:
    """Return the host and path of a web address, or nothing if it is none.

    >>> address("https://WWW.Acme.example:8443/privacy/?lang=en#rights")
    'acme.example/privacy'
    """
    _, scheme, rest = link.partition("://")
    if not scheme:
        return ""
    host, slash, path = rest.partition("#")[0].partition("?")[0].partition("/")
    host = host.rpartition("@")[2].partition(":")[0].lower().removeprefix("www.")
    return f"{host}{slash}{path}".rstrip("/")


def fault(link: str) -> str | None:
    """Return what is wrong with a link that a policy gives, without repeating it.

    It is shown to everybody and goes into the log: no name, password or e-mail address in it.

    >>> fault("https://bob.example@acme.example/")
    'holds a name or a password; write the address without what stands before the `@`'
    """
    if not _WEB.fullmatch(link):
        return "is no web address; write it like `https://acme.example/privacy`"
    host = re.split(r"[/?#]", link.partition("://")[2], maxsplit=1)[0]
    if "@" in host or "%" in host:
        return "holds a name or a password; write the address without what stands before the `@`"
    if _SOMEBODY.search(link):
        return "holds an e-mail address; link to a page without it"
    return None


def lies_under(found: str, above: str) -> bool:
    """Say whether an address is another, or a page below it."""
    return found == above or found.startswith(f"{above}/")
