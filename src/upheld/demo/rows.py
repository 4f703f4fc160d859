"""What the demo's databases are filled with: rows by table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

Row: TypeAlias = tuple[str | int | None, ...]
Records: TypeAlias = Mapping[str, Sequence[Row]]
