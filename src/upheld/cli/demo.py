"""`upheld demo`: a made-up company keeps a promise, breaks one, and is caught."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

_FEWEST = 100


def demo(
    folder: Annotated[
        Path, typer.Option("--dir", help="The folder to write; a demo of before is written anew.")
    ] = Path("demo"),
    people: Annotated[
        int, typer.Option("--people", min=_FEWEST, help="How many customers the company has.")
    ] = 20_000,
) -> None:
    """Tell a made-up company's story in five beats: promised, found, erased, caught, put right."""
    from upheld.demo.story import tell  # noqa: PLC0415 (keeps --help quick)

    tell(folder, people=people, today=datetime.now(UTC).date(), say=typer.echo)
