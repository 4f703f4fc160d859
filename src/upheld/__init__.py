"""Upheld: a privacy policy that runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from upheld.app import Upheld

__all__ = ["Upheld", "__version__"]
__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """Load the façade when it is first asked for, so that `import upheld` stays quick."""
    if name == "Upheld":
        from upheld.app import Upheld  # noqa: PLC0415 (that is the point)

        return Upheld
    message = f"module `upheld` has no attribute `{name}`"
    raise AttributeError(message)
