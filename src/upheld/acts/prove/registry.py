"""Every check a clause can name: those of the capabilities that exist, and those still awaited."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upheld.data import Capability, capabilities
from upheld.datamap import checks as map_checks
from upheld.datamap import safeguards
from upheld.desk import checks as desk_checks
from upheld.model import Finding, Judgement
from upheld.policy import checks as policy_checks
from upheld.policy import register_checks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from upheld.model import Clause, Seen

    Check = Callable[[Clause, Seen], Finding]


def _awaiting(name: str, capability: Capability) -> Check:
    """Return the check of what this version cannot see: unproven, and what is missing for it."""
    evidence = (
        f"to be seen: {capability.checks[name]}",
        f"missing: {capability.name} ({capability.brings}), {capability.says}",
    )

    def awaited(clause: Clause, seen: Seen) -> Finding:
        del clause, seen
        return Finding(Judgement.UNPROVEN, evidence)

    return awaited


BUILT: Mapping[str, Check] = {
    **desk_checks.CHECKS,
    **map_checks.CHECKS,
    **safeguards.CHECKS,
    **policy_checks.CHECKS,
    **register_checks.CHECKS,
}
"""The checks of what this version can see."""

AWAITED: Mapping[str, Check] = {
    name: _awaiting(name, capability) for capability in capabilities() for name in capability.checks
}
"""The checks of what it cannot see yet; each moves up with the capability that it needs."""

CHECKS: Mapping[str, Check] = {**AWAITED, **BUILT}
"""Every check a clause can name."""
