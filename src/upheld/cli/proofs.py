"""`upheld check`, `prove`, `verify` and `checkpoint`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from upheld.cli import show
from upheld.cli.folder import Folder
from upheld.evidence import verify as auditor
from upheld.model import Judgement


def check(  # noqa: PLR0913, PLR0917 (the options of a command)
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,  # noqa: FBT002
    everything: Annotated[  # noqa: FBT002
        bool, typer.Option("--all", help="Permissions, definitions and disclaimers too.")
    ] = False,
    audit: Annotated[  # noqa: FBT002
        bool, typer.Option("--audit", help="First fold the whole log again; slow on a long one.")
    ] = False,
    links: Annotated[  # noqa: FBT002
        bool, typer.Option("--links", help="First ask every link of the policy whether it answers.")
    ] = False,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write the board as a page, with its history.")
    ] = None,
    badge: Annotated[
        Path | None, typer.Option("--badge", help="Write a badge (SVG) for a web page.")
    ] = None,
    folder: Folder = Path(),
) -> None:
    """Say of each promise whether it is kept, and why we say so. Exit 1 when a clause is broken."""
    from upheld.acts.prove import badge as drawn  # noqa: PLC0415 (keeps --help quick)
    from upheld.app import Upheld  # noqa: PLC0415

    with Upheld.open(folder) as upheld:
        if audit:
            upheld.audit()
        if links:
            upheld.ask_links()
        board = upheld.check()
        if html:
            html.write_text(upheld.board(board), encoding="utf-8")
    if badge:
        badge.write_text(drawn(board), encoding="utf-8")
    if as_json:
        rows = [
            {
                "id": each.id,
                "kind": each.kind,
                "verdict": each.verdict,
                "evidence": list(each.evidence),
                "checked_at": each.checked_at.isoformat(),
            }
            for each in board
        ]
        typer.echo(json.dumps(rows, indent=1))
    else:
        show.verdicts(board, everything=everything)
    if any(each.verdict == Judgement.BROKEN for each in board):
        raise typer.Exit(1)


def prove(
    id: Annotated[str, typer.Argument(help="The request, as R-1.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The bundle to write.")],
    folder: Folder = Path(),
) -> None:
    """Write a bundle that proves what was done for a request, with the program that checks it."""
    from upheld.app import Upheld  # noqa: PLC0415

    with Upheld.open(folder) as upheld:
        upheld.prove(id, output)
    typer.echo(f"{output} is written; anybody can check it: upheld verify {output}")
    typer.echo("or, without Upheld: unzip it and run `python3 verify.py` on it")


def verify(
    file: Annotated[Path, typer.Argument(help="A bundle, or a home database.")],
    since: Annotated[
        Path | None, typer.Option("--since", help="An older checkpoint, or the checkpoints file.")
    ] = None,
    key: Annotated[
        str | None, typer.Option("--key", help="The verifier key the company publishes.")
    ] = None,
) -> None:
    """Find any flipped bit, dropped entry or forked checkpoint; needs no folder and no key."""
    arguments = [str(file)]
    arguments += ["--since", str(since)] if since else []
    arguments += ["--key", key] if key else []
    raise typer.Exit(auditor.main(arguments))


def checkpoint(folder: Folder = Path()) -> None:
    """Append the signed head of the log to the file `checkpoints`; commit that file."""
    from upheld.app import Upheld  # noqa: PLC0415

    with Upheld.open(folder) as upheld:
        typer.echo(upheld.checkpoint(), nl=False)
