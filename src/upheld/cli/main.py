"""The command line: parses what was typed, calls the façade, shows what it says."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from upheld import __version__
from upheld.cli import demo, folder, maps, proofs, requests
from upheld.errors import UpheldError

if TYPE_CHECKING:
    from collections.abc import Sequence

app = typer.Typer(
    name="upheld",
    help="A privacy policy that runs: what was promised, and proof that it was kept.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(maps.app, name="map")
app.add_typer(requests.app, name="request")
app.command("init")(folder.init)
app.command("check")(proofs.check)
app.command("prove")(proofs.prove)
app.command("verify")(proofs.verify)
app.command("checkpoint")(proofs.checkpoint)
app.command("demo")(demo.demo)


def _version(show: bool) -> None:  # noqa: FBT001 (typer calls it so)
    if show:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[  # noqa: FBT002
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    del version


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command; a refusal is one line on standard error and its exit status."""
    try:
        app(args=list(arguments) if arguments is not None else None)
    except UpheldError as refusal:
        sys.stderr.write(f"upheld: {refusal}\n")
        sys.exit(refusal.status)
