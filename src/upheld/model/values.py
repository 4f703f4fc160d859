"""Values that every noun is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

Scalar: TypeAlias = str | int | float | bytes | None
Key: TypeAlias = tuple[Scalar, ...]
Identity: TypeAlias = tuple[str, str]
"""What somebody is known by: its kind, and its value in normal form."""
Json: TypeAlias = str | int | float | bool | Sequence["Json"] | Mapping[str, "Json"] | None
