"""Whose signature counts: the officers that the company's folder names today."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upheld.errors import NotSigned
from upheld.evidence import ssh

if TYPE_CHECKING:
    from upheld.acts.company import Company


def officer_key(company: Company, officer: str) -> str:
    """Return the public key of an officer of today by its fingerprint, or raise `NotSigned`."""
    for public in company.officers.values():
        if ssh.fingerprint(public) == officer:
            return public
    raise NotSigned(
        f"the key {officer} is no officer's; add its public half to [officers] in upheld.toml"
    )
