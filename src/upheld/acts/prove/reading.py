"""Reads a version of the policy that was in force, from what home kept of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upheld.acts.prove.folds import versions
from upheld.acts.prove.registry import CHECKS
from upheld.errors import BadInput, HomeFailed
from upheld.policy.parse import parse_policy

if TYPE_CHECKING:
    from datetime import date

    from upheld.acts.company import Company
    from upheld.model import Policy


def version(company: Company, revised: date) -> Policy:
    """Return the version of a date, as it was published; of several under one date, the last.

    Raises:
        BadInput: no version has this date.
        HomeFailed: home no longer has its text.
    """
    dated = [each for each in versions(company.home) if each.revised == revised]
    if not dated:
        known = ", ".join(str(each.revised) for each in versions(company.home))
        raise BadInput(f"no version is dated {revised}; there are: {known or 'none'}")
    text = company.home.document(dated[-1].digest)
    if text is None:
        words = "name its file instead, or restore home from a backup"
        raise HomeFailed(f"home does not have the text of {revised}; {words}")
    return parse_policy(text.decode(), f"policy of {revised}", CHECKS)
