"""What a change of policy does, in words, and who must hear of it."""

from upheld.policy.diff.comparing import changes
from upheld.policy.diff.nouns import Audience, Change, Diff, Duty, Fault, Problem, Turn
from upheld.policy.diff.showing import as_html, as_json, as_text

__all__ = [
    "Audience",
    "Change",
    "Diff",
    "Duty",
    "Fault",
    "Problem",
    "Turn",
    "as_html",
    "as_json",
    "as_text",
    "changes",
]
