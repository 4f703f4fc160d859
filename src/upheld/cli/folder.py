"""`upheld init`: writes a company's folder that works."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from upheld.errors import BadInput
from upheld.evidence.keys import NAMES, make_key_file

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

Folder = Annotated[
    Path, typer.Option("--dir", "-C", help="The company's folder.", show_default="here")
]


def init(
    folder: Annotated[Path, typer.Argument(help="The folder to make.")],
) -> None:
    """Write a company's folder: settings, a policy of twelve clauses, and three keys."""
    if folder.exists() and any(folder.iterdir()):
        raise BadInput(f"`{folder}` is there and not empty; choose a new folder")
    folder.mkdir(parents=True, exist_ok=True)
    _copy(resources.files("upheld") / "examples" / "company", folder)
    for name in NAMES:
        make_key_file(folder / "keys" / f"{name}.key")
    typer.echo(
        f"{folder} is ready. Its keys are in {folder / 'keys'}: back them up, apart from home."
    )
    typer.echo("Next: add an officer's public key to [officers] in upheld.toml, then")
    typer.echo("      upheld map new sqlite:///YOUR.sqlite --name NAME")


def _copy(source: Traversable, target: Path) -> None:
    for each in source.iterdir():
        name = each.name.replace("dot-", ".", 1) if each.name.startswith("dot-") else each.name
        if each.is_dir():
            (target / name).mkdir(exist_ok=True)
            _copy(each, target / name)
        elif not name.endswith((".py", ".pyc")):
            (target / name).write_bytes(each.read_bytes())
