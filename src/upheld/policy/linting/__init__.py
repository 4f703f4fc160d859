"""The linter: runs a policy through rules, and says what was found, where, and what is done."""

from upheld.policy.linting.concerns import Concern
from upheld.policy.linting.registry import CONCERNS, FIFTEEN, GENERAL, lint, reference
from upheld.policy.linting.remarks import Context, Remark, Severity
from upheld.policy.linting.sarif import as_json, sarif

__all__ = [
    "CONCERNS",
    "FIFTEEN",
    "GENERAL",
    "Concern",
    "Context",
    "Remark",
    "Severity",
    "as_json",
    "lint",
    "reference",
    "sarif",
]
