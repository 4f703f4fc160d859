"""What a person is known by: kinds of identity, and the one form each is compared in; pure."""

from __future__ import annotations

import re
import unicodedata

from upheld.errors import BadIdentity, did_you_mean, quoted

LONGEST = 320
"""Characters in the longest identity that can be looked for: an address of RFC 5321."""

NORMALISER = "1"
"""Version of `normalise`; part of every tag, so that a new form never collides with an old one."""

KINDS = frozenset({"email", "phone", "account", "cookie", "name"})
"""Kinds; all but `name` find a person. A kind can be qualified by a system: `account:crm`."""

_SHORTEST_PHONE = 5


def base(kind: str) -> str:
    """Return a kind without its qualifier.

    >>> base("account:crm")
    'account'
    """
    return kind.partition(":")[0]


def normalise(kind: str, value: str) -> str:
    """Return the form in which identities of this kind are compared.

    E-mail addresses are compared without regard to case (mailbox providers treat them so), phone
    numbers by their digits, names without case and repeated spaces, all else to the letter.

    Raises:
        BadIdentity: the kind is unknown, or the value cannot be one of that kind.

    >>> normalise("email", " ADA@Example.com ")
    'ada@example.com'
    >>> normalise("phone", "+44 (0)20 7946-0000")
    '4402079460000'
    """
    if base(kind) not in KINDS:
        raise BadIdentity(f"no kind of identity{quoted(kind)}{did_you_mean(base(kind), KINDS)}")
    value = unicodedata.normalize("NFC", value).strip()
    _require_usable(kind, value)
    match base(kind):
        case "email":
            return _email(value)
        case "phone":
            return _phone(value)
        case "name":
            return " ".join(value.split()).casefold()
        case _:
            return value


def presented(words: str) -> tuple[str, str]:
    """Read `kind=value` as a person typed it, normalised.

    >>> presented("email=Ada@Example.com")
    ('email', 'ada@example.com')
    """
    kind, equals, value = words.partition("=")
    if not equals:
        raise BadIdentity("an identity is written `kind=value`, as in `email=customer@example.com`")
    if base(kind) == "name":
        raise BadIdentity("a name does not tell people apart; give an e-mail, phone or account")
    return kind, normalise(kind, value)


def _require_usable(kind: str, value: str) -> None:
    if not value:
        raise BadIdentity(f"the {kind} identity is empty; write `{kind}=value`")
    if len(value) > LONGEST:
        raise BadIdentity(f"the {kind} identity is longer than {LONGEST} characters; check it")
    if any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in value):
        raise BadIdentity(f"the {kind} identity holds a control character; type it again by hand")


def _email(value: str) -> str:
    local, at, domain = value.rpartition("@")
    if not (at and local and domain):
        raise BadIdentity("the email identity has no `@` with text on both sides; check it")
    return value.lower()


def _phone(value: str) -> str:
    digits = re.sub(r"\D", "", value)
    if len(digits) < _SHORTEST_PHONE:
        raise BadIdentity(f"the phone identity has fewer than {_SHORTEST_PHONE} digits; check it")
    return digits
