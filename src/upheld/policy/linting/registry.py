"""Every rule of the linter, what runs a policy through them, and the page that lists them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upheld.policy.linting import (
    rules_conditions,
    rules_duties,
    rules_law,
    rules_wording,
    rules_words,
)
from upheld.policy.linting.paper import lay_out
from upheld.policy.linting.remarks import Remark, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from upheld.model import Policy
    from upheld.policy.linting.concerns import Concern
    from upheld.policy.linting.remarks import Context, Spot

_FIFTEEN = (
    "storage-against-adequacy",
    "basis-not-published",
    "sale-exception-ambiguous",
    "silence-as-consent",
    "strength-differs",
    "history-without-end",
    "objection-incomplete",
    "european-tests-differ",
    "repealed-ground",
    "vendor-policies-against-deletion",
    "best-effort-promise",
    "partners-joint-control",
    "retired-link",
    "phone-not-toll-free",
    "not-published",
)
"""The troubles of the first policy that was ever run through Upheld, in their order."""

_BY_ID = {each.id: each for each in (*rules_law.CONCERNS, *rules_wording.CONCERNS)}
FIFTEEN: tuple[Concern, ...] = tuple(_BY_ID[id] for id in _FIFTEEN)
GENERAL: tuple[Concern, ...] = (
    *rules_conditions.CONCERNS,
    *rules_duties.CONCERNS,
    *rules_words.CONCERNS,
)
CONCERNS: tuple[Concern, ...] = (*GENERAL, *FIFTEEN)


def lint(policy: Policy, context: Context) -> tuple[Remark, ...]:
    """Return what every rule finds in a policy as it is read: the gravest first, then by line."""
    paper = lay_out(policy, context)
    found = [_remark(concern, spot) for concern in CONCERNS for spot in concern.find(paper)]
    order = list(Severity)
    return tuple(sorted(found, key=lambda each: (order.index(each.severity), each.line, each.rule)))


def _remark(concern: Concern, spot: Spot) -> Remark:
    return Remark(
        rule=concern.id,
        severity=concern.severity,
        message=spot.message,
        default=concern.default,
        law=concern.law,
        lines=spot.lines,
        about=spot.about,
        clauses=spot.clauses,
    )


def reference() -> str:
    """Return the page that describes every rule, for the documentation."""
    return "\n".join(
        (
            _HEAD,
            "## The rules\n",
            *_section(GENERAL),
            "## The fifteen\n",
            _FIFTEEN_HEAD,
            *_section(FIFTEEN),
        )
    )


def _section(concerns: tuple[Concern, ...]) -> Iterator[str]:
    for each in concerns:
        yield f"### {each.id}\n"
        yield f"*{each.severity}.* {each.says}\n"
        law = f" Law: {each.law}." if each.law else ""
        yield f"Until somebody decides: {each.default}.{law}\n"


_HEAD = """\
# What can be found in a policy

Generated from the rules themselves by `make reference`; not written by hand.

`upheld policy check` runs a policy through every rule here. How to read what it says stands in
[Check a policy](../howto/check-a-policy.md). An *error* is wrong in itself, a *warning* wants a
decision, a *note* is good to know. What Upheld does until somebody decides is said with each.
"""
_FIFTEEN_HEAD = """\
What the first policy that was run through Upheld stumbled over. Any policy is asked the same,
from its structure and, where the trouble lies in the words, from English wordings in
`data/lint.yaml`.
"""
