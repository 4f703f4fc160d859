"""The command line: parses what was typed, calls the façade, shows what it says."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from upheld import __version__
from upheld.cli import (
    demo,
    documents,
    folder,
    grants,
    lint,
    maps,
    people,
    proofs,
    requests,
    versions,
)
from upheld.errors import UpheldError

if TYPE_CHECKING:
    from collections.abc import Sequence

_BUG = 70
"""Exit status of a program that fails by its own fault (sysexits.h)."""

app = typer.Typer(
    name="upheld",
    help="A privacy policy that runs: what was promised, and proof that it was kept.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
policy = typer.Typer(help="The policy: checked, compared, rendered.", no_args_is_help=True)
policy.command("check")(lint.policy_check)
policy.command("diff")(versions.policy_diff)
policy.command("render")(versions.policy_render)
policy.command("versions")(versions.policy_versions)
app.add_typer(policy, name="policy")
app.add_typer(maps.app, name="map")
app.add_typer(requests.app, name="request")
app.add_typer(documents.app, name="document")
app.add_typer(people.app, name="people")
app.command("init")(folder.init)
app.command("check")(proofs.check)
app.command("grants")(grants.grants)
app.command("prove")(proofs.prove)
app.command("export")(proofs.export)
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
    except Exception as bug:  # noqa: BLE001 (its message may quote a person's data; its place cannot)
        sys.stderr.write(f"upheld: {_told(bug)}\n")
        sys.exit(_BUG)


def _told(bug: Exception) -> str:
    """Return what can be said of an exception nobody foresaw: its kind and place, not its words."""
    frames = traceback.extract_tb(bug.__traceback__)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "nowhere"
    ours = [f for f in frames if "upheld" in Path(f.filename).parts]
    within = f", from {Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else ""
    return (
        f"{type(bug).__name__} at {place}{within}; this is a bug of Upheld: report this line. "
        "What was half done is taken up again by running the command again"
    )
