"""Why a request is closed without doing all that was asked; every code has words for the letter."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

CODES: Mapping[str, str] = MappingProxyType(
    {
        "no_data": "We looked in every system we have and found no data about you.",
        "identity_unverified": "We could not make sure that the request came from you.",
        "agent_unauthorised": "We could not make sure that you authorised who wrote to us.",
        "not_identifiable": "What we hold cannot be linked to you with what you gave us.",
        "processor_redirect": "The data is held for another company; we sent your request on.",
        "unfounded": "The request had no foundation that the law asks for.",
        "excessive_repeated": "The same request was made again too soon.",
        "withdrawn": "You withdrew the request.",
        "duplicate": "You had already asked, and that request is being answered.",
    }
)
"""Codes by which an officer can close a request (LAW §6), with the sentence a person reads."""
