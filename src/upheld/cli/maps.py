"""`upheld map …`: where personal data is."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from upheld.cli.folder import Folder

app = typer.Typer(help="Where personal data is.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("new")
def new(
    url: Annotated[str, typer.Argument(help="Its URL, or env:NAME of a variable that holds it.")],
    name: Annotated[str, typer.Option("--name", help="What to call the store.")],
    folder: Folder = Path(),
) -> None:
    """Draft stores/NAME.yaml from the catalogue; every guess in it ends in `?`."""
    from upheld.app import new_map  # noqa: PLC0415 (keeps --help quick)

    path = new_map(folder, url, name)
    typer.echo(f"{path} is drafted. Read it, correct it, take away each `?` you agree with, or")
    typer.echo(f"accept all of them: upheld map accept {name}")


@app.command("accept")
def accept(
    name: Annotated[str, typer.Argument(help="The store.")],
    folder: Folder = Path(),
) -> None:
    """Accept every guess that is left in stores/NAME.yaml."""
    from upheld.app import accept_map  # noqa: PLC0415

    typer.echo(f"{accept_map(folder, name)} guesses accepted in stores/{name}.yaml")


@app.command("check")
def check(
    name: Annotated[str | None, typer.Argument(help="One store; all when left out.")] = None,
    as_json: Json = False,  # noqa: FBT002
    folder: Folder = Path(),
) -> None:
    """Compare the map with the stores: drift, unmapped fields, slow look-ups. Exit 1 if broken."""
    from upheld.app import Upheld  # noqa: PLC0415

    with Upheld.open(folder) as upheld:
        findings = upheld.drift(name)
    if as_json:
        typer.echo(json.dumps([asdict(each) for each in findings], indent=1))
    else:
        for each in findings:
            typer.echo(f"{each.severity:<8} {each.place}: {each.words}; {each.next_step}")
        typer.echo(f"findings: {len(findings)}")
    if any(each.severity == "broken" for each in findings):
        raise typer.Exit(1)
