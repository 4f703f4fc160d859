"""Says which identities tell one person from all others in any text, wherever it stands; pure."""

from __future__ import annotations

import re

from upheld.identity import base

_SHORTEST_PHONE = 9
_SHORTEST_WORD = 6
_SHORTEST_NUMBER = 12
_SIGNS = 4

_STRIKING = re.compile(r"[A-Z0-9]")


def telling(kind: str, value: str) -> bool:
    """Say whether an identity, met in any text, is hardly ever anything else.

    Every e-mail address is; a telephone of nine digits or more; an account or a cookie that mixes
    letters and digits, six characters or more, four of them digits or capitals, or has twelve
    digits. A shorter number is too often a price or a date, a name too often somebody else's.

    >>> telling("email", "jo@x.com"), telling("phone", "4420794600"), telling("phone", "12345")
    (True, True, False)
    >>> telling("account:crm", "C-000042"), telling("account:shop", "7431"), telling("name", "ada")
    (True, False, False)
    """
    digits = sum(map(str.isdigit, value))
    match base(kind):
        case "email":
            return True
        case "phone":
            return digits >= _SHORTEST_PHONE
        case "account" | "cookie":
            mixed = digits > 0 and any(map(str.isalpha, value)) and len(value) >= _SHORTEST_WORD
            striking = len(_STRIKING.findall(value)) >= _SIGNS
            return digits >= _SHORTEST_NUMBER or (mixed and striking)
        case _:
            return False
