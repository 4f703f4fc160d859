"""Finds secrets that are written out in a company's files; says where and of what kind, only."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from upheld.data import vocabularies
from upheld.model import Act

if TYPE_CHECKING:
    from collections.abc import Iterator

_IN_URL = re.compile(r"(?<!/)//[^\s/?#:@'\"]{0,100}:(?!\$\{|\d{1,5}(?:[/?#]|$))[^\s@'\"]{1,200}@")
_PASSWORD_ASKED = re.compile(
    r"[?&](?:ssl)?(?:passw(?:or)?d|pwd)=(?!\$?\{|<)[^\s&'\"#]", re.IGNORECASE
)
_SECRET_ASKED = re.compile(
    r"[?&][\w.-]{0,40}?(?:token|secret|(?:api|access|secret|auth)[_-]?key)=(?!\$?\{|<)[^\s&'\"#]",
    re.IGNORECASE,
)
_BLOCK = re.compile(r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----|AGE-SECRET-KEY-1")
_AWS = re.compile(r"(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])")
_TOKEN = re.compile(
    r"""(?<![\w-])(?:
        gh[pousr]_[A-Za-z0-9]{10,} | github_pat_\w{10,} | glpat-[\w-]{10,} | npm_[A-Za-z0-9]{20,}
        | xox[a-z]-[\w-]{6,} | xapp-[\w-]{10,} | [rs]k_(?:live|test)_\w{10,}
        | sk-[\w-]{20,} | AIza[\w-]{30,} | eyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]{5,}
    )""",
    re.VERBOSE,
)
_BEARER = re.compile(
    r"\b(?:Bearer|authorization[\"']?\s*[:=]\s*[\"']?(?:Basic|Token))\s+"
    r"(?=[\w.~+/=-]*\d|[\w.~+/=-]{16})[\w.~+/=-]{6,}",
    re.IGNORECASE,
)
_NAME = r"""["']?(?P<name>[\w.-]{0,60}?
    (?:password|passwd|passphrase|pwd|(?<=[_.-])pass|secret|token
    |(?:api|access|private|secret|signing|client|encryption|shared|auth)[_-]?key))["']?"""
_NAMED = re.compile(
    rf"""(?:(?P<start>^\s*(?:-\s+)*)|[{{,]\s*){_NAME}\s*[:=]\s*
        (?P<value>"[^"]*"|'[^']*'|[^\s,}}\]#][^,}}\]#]*)""",
    re.IGNORECASE | re.VERBOSE,
)
_ASSIGNED = re.compile(rf"""[\s'";]{_NAME}=(?P<value>[^\s;&'"]+)""", re.IGNORECASE | re.VERBOSE)
_AWAITS = re.compile(
    rf"(?:^\s*(?:-\s+)*|[{{,]\s*){_NAME}\s*:\s*(?:[|>][+\d-]*\s*)?(?:\#.*)?$",
    re.IGNORECASE | re.VERBOSE,
)
_OPENS = re.compile(r"^(?P<indent>\s*+(?:-\s++)*+)[^#]*:\s+[|>][+\d-]*\s*(?:#.*)?$")
_ENTRY = re.compile(r"\s*(?:-\s|[\w.\"'-]+\s*[:=](?:\s|$)|[}\]{\[])")
_COMMENT = re.compile(r"(?:^|\s)#+\s*(?P<words>.*)$")
_REFERENCES = ("env:", "file:", "${", "{", "[")
_MASKED = re.compile(
    r"\d+ (?:minute|hour|day|week|month|year)s?\b.*|[*xX.•…-]+|<.*>?|\*\w+|[|>][+\d-]*"
)
"""What stands in a secret's place and is none: a term, stars, `<NAME>`, an alias, a `>-`."""

_WORDS = frozenset({"", "yes", "no", "true", "false", "null", "~", "none", "not personal", *Act})
"""What a file of a company says of a secret without telling it: `secret: yes`, `token: leave`."""


def secrets_in(text: str, name: str) -> tuple[str, ...]:
    r"""Return where secrets stand in the text of a file, as `name:line (kind)`; never the secret.

    A password in a URL, a private key, a token by its shape, and a name such as `password` whose
    value is neither a reference (`env:NAME`, `file:PATH`) nor a word of a map. Comments are read
    like any line; in them, and in the lines of a text, only one word alone is taken for a secret.

    >>> secrets_in("home: sqlite:///home.sqlite\ntoken: env:TOKEN\nsecret: hunter2", "a.yaml")
    ('a.yaml:3 (a secret beside its name)',)
    """
    return tuple(
        f"{name}:{number} ({kind})"
        for number, line, prose, awaited in _lines(text)
        for kind in _kinds(line, prose=prose, awaited=awaited)
    )


def holds_password(url: str) -> bool:
    """Say whether a URL has a password, or another secret, in it.

    >>> holds_password("postgresql://crm:hunter2@db.example/crm"), holds_password("env:CRM_URL")
    (True, False)
    """
    return any(each.search(url) for each in (_IN_URL, _PASSWORD_ASKED, _SECRET_ASKED))


def _lines(text: str) -> Iterator[tuple[int, str, bool, bool]]:
    """Yield each line: whether it is of a text, whether the line before names a secret it holds."""
    inside: int | None = None
    awaited = False
    for number, line in enumerate(text.split("\n"), start=1):
        bare = line.strip()
        if inside is not None and bare and len(line) - len(line.lstrip()) <= inside:
            inside = None
        yield number, line, inside is not None, awaited
        if bare and not bare.startswith("#"):
            awaited = bool(_AWAITS.search(line))
        if inside is None and (opens := _OPENS.match(line)):
            inside = len(opens["indent"]) if not awaited else None


def _kinds(line: str, *, prose: bool, awaited: bool) -> Iterator[str]:
    if _IN_URL.search(line) or _PASSWORD_ASKED.search(line):
        yield "a password in a URL"
    elif _SECRET_ASKED.search(line):
        yield "a secret in a URL"
    if _BLOCK.search(line):
        yield "a private key"
    if _AWS.search(line):
        yield "an access key of AWS"
    if _TOKEN.search(line) or _BEARER.search(line):
        yield "a token"
    elif _beside_a_name(line, prose=prose, awaited=awaited):
        yield "a secret beside its name"


def _beside_a_name(line: str, *, prose: bool, awaited: bool) -> bool:
    if awaited and not _ENTRY.match(line) and not line.lstrip().startswith("#"):
        return _is_literal(line.split(" #", maxsplit=1)[0], alone=True)
    said = _COMMENT.search(line)
    parts = [(line, prose), *([(said["words"], True)] if said else [])]
    if any(
        _is_literal(found["value"], alone=text or found["start"] is None or "." in found["name"])
        for part, text in parts
        for found in _NAMED.finditer(part)
    ):
        return True
    return any(_is_literal(found["value"], alone=True) for found in _ASSIGNED.finditer(line))


def _is_literal(value: str, *, alone: bool) -> bool:
    """Say whether a value is a secret; `alone`: only if it is one word, or stands in quotes."""
    given = value.strip()
    bare = given.strip("\"'").strip()
    if bare.startswith(_REFERENCES) or _MASKED.fullmatch(bare):
        return False
    if alone and " " in bare and given[:1] not in {'"', "'"}:
        return False
    word = bare.removesuffix("?").lower()
    return word not in _WORDS and word not in vocabularies().categories
