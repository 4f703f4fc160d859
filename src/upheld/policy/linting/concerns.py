"""The noun of what can be wrong in a policy: a rule, with what Upheld does about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from upheld.policy.linting.paper import Paper
    from upheld.policy.linting.remarks import Severity, Spot


@dataclass(frozen=True, slots=True)
class Concern:
    """One thing that can be wrong in a policy, as a rule that any policy is run through.

    `find` is the rule, and its docstring the documentation. `default` is what Upheld does about it
    until somebody decides; `law` where it comes from.
    """

    id: str
    severity: Severity
    find: Callable[[Paper], Iterator[Spot]]
    default: str
    law: str = ""

    @property
    def says(self) -> str:
        """What the rule looks for, in one paragraph."""
        return " ".join((self.find.__doc__ or "").split())
