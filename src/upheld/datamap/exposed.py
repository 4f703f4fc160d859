"""Finds secrets that are written out in a company's files; says where and of what kind, only."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from upheld.data import vocabularies

if TYPE_CHECKING:
    from collections.abc import Iterator

_IN_URL = re.compile(r"//[^\s/?#:@'\"]*:(?!\$\{)[^\s/?#@'\"]+@")
_IN_QUERY = re.compile(r"[?&](?:ssl)?passw(?:or)?d=(?!\$\{)[^\s&'\"#]", re.IGNORECASE)
_BLOCK = re.compile(r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----")
_AWS = re.compile(r"(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])")
_NAMED = re.compile(
    r"""(?:^|[{,])\s*(?:-\s+)?["']?[\w.-]{0,60}?
        (?:password|passwd|passphrase|secret|token|(?:api|access|private)[_-]?key)["']?
        \s*[:=]\s*(?P<value>"[^"]*"|'[^']*'|[^\s,}\]#][^,}\]#]*)""",
    re.IGNORECASE | re.VERBOSE,
)
_REFERENCES = ("env:", "file:", "${")
_WORDS = frozenset({"", "yes", "no", "true", "false", "null", "~", "none", "not personal"})
"""What a file of a company says of a secret without telling it: `secret: yes`, `token: none`."""


def secrets_in(text: str, name: str) -> tuple[str, ...]:
    r"""Return where secrets stand in the text of a file, as `name:line (kind)`; never the secret.

    A password in a URL, a private key, an access key of AWS, and a key such as `password` whose
    value is neither a reference (`env:NAME`, `file:PATH`) nor a word of a map.

    >>> secrets_in("home: sqlite:///home.sqlite\ntoken: env:TOKEN\nsecret: hunter2", "a.yaml")
    ('a.yaml:3 (a secret beside its name)',)
    """
    return tuple(
        f"{name}:{number} ({kind})"
        for number, line in enumerate(text.split("\n"), start=1)
        for kind in _kinds(line)
    )


def holds_password(url: str) -> bool:
    """Say whether a URL has a password in it.

    >>> holds_password("postgresql://crm:hunter2@db.example/crm"), holds_password("env:CRM_URL")
    (True, False)
    """
    return bool(_IN_URL.search(url) or _IN_QUERY.search(url))


def _kinds(line: str) -> Iterator[str]:
    if holds_password(line):
        yield "a password in a URL"
    if _BLOCK.search(line):
        yield "a private key"
    if _AWS.search(line):
        yield "an access key of AWS"
    if any(_is_literal(found["value"]) for found in _NAMED.finditer(line)):
        yield "a secret beside its name"


def _is_literal(value: str) -> bool:
    bare = value.strip().strip("\"'").strip()
    if bare.startswith((*_REFERENCES, "{", "[")):
        return False
    word = bare.removesuffix("?").lower()
    return word not in _WORDS and word not in vocabularies().categories
