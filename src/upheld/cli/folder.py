"""`upheld init`: writes a company's folder that works."""

from __future__ import annotations

from enum import Enum
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from upheld.errors import BadInput
from upheld.evidence.keys import NAMES, make_key_file
from upheld.evidence.ssh import fingerprint

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

Folder = Annotated[
    Path, typer.Option("--dir", "-C", help="The company's folder.", show_default="here")
]


class Example(Enum):
    """The policies that ship: what a folder can begin with."""

    COMPANY = "company"
    REFERENCE = "reference"
    SHOP = "shop"
    BLANK = "blank"


_KEY_WORDS = 2
"""Words of a public key: its kind and the key."""


def init(
    folder: Annotated[Path, typer.Argument(help="The folder to make.")],
    example: Annotated[
        Example, typer.Option("--example", help="What to begin with; see `examples` in the docs.")
    ] = Example.COMPANY,
    officer: Annotated[
        Path | None, typer.Option("--officer", help="Who signs plans: an ssh-ed25519 .pub file.")
    ] = None,
) -> None:
    """Write a company's folder: settings, a policy to begin with, schemas, and three keys."""
    if folder.exists() and any(folder.iterdir()):
        raise BadInput(f"`{folder}` is there and not empty; choose a new folder")
    public = _public_key(officer) if officer else None
    folder.mkdir(parents=True, exist_ok=True)
    _copy(resources.files("upheld") / "examples" / example.value, folder)
    (folder / "schemas").mkdir(exist_ok=True)
    _copy(resources.files("upheld.data") / "schemas", folder / "schemas")
    for name in NAMES:
        make_key_file(folder / "keys" / f"{name}.key")
    typer.echo(
        f"{folder} is ready. Its keys are in {folder / 'keys'}: back them up, apart from home."
    )
    if public:
        with (folder / "upheld.toml").open("a", encoding="utf-8") as settings:
            settings.write(f'officer = "{public}"\n')
    else:
        typer.echo("Add an officer's public key to [officers] in upheld.toml; nobody can sign yet.")
    typer.echo(f"Next: cd {folder} && upheld map new sqlite:///YOUR.sqlite --name NAME")


def _public_key(file: Path) -> str:
    """Return the key of a `.pub` file without its comment, which may name a person."""
    try:
        words = file.read_text("utf-8").split()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"`{file.name}` cannot be read; give an ssh-ed25519 .pub file") from error
    if len(words) < _KEY_WORDS or words[0] != "ssh-ed25519":
        raise BadInput(f"`{file.name}` is no ssh-ed25519 public key; `ssh-keygen -t ed25519`")
    fingerprint(" ".join(words[:_KEY_WORDS]))
    return " ".join(words[:_KEY_WORDS])


def _copy(source: Traversable, target: Path) -> None:
    for each in source.iterdir():
        name = each.name.replace("dot-", ".", 1) if each.name.startswith("dot-") else each.name
        if each.is_dir():
            (target / name).mkdir(exist_ok=True)
            _copy(each, target / name)
        elif not name.endswith((".py", ".pyc")):
            (target / name).write_bytes(each.read_bytes())
