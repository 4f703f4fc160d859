"""Where a policy sends people: the addresses in its clauses, as host and path."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from upheld.model import Clause


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


def lies_under(found: str, above: str) -> bool:
    """Say whether an address is another, or a page below it."""
    return found == above or found.startswith(f"{above}/")
