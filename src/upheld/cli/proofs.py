"""`upheld check`, `prove`, `verify` and `checkpoint`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from upheld.cli import show
from upheld.cli.folder import Folder
from upheld.errors import BadInput
from upheld.evidence import verify as auditor
from upheld.model import Judgement

if TYPE_CHECKING:
    from upheld.acts.prove.deep import Deep
    from upheld.evidence.wiping import Unwiped
    from upheld.model import Verdict


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
    deep: Annotated[  # noqa: FBT002
        bool,
        typer.Option("--deep", help="First search every text of every store for who was erased."),
    ] = False,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write the board as a page, with its history.")
    ] = None,
    badge: Annotated[
        Path | None, typer.Option("--badge", help="Write a badge (SVG) for a web page.")
    ] = None,
    folder: Folder = Path(),
) -> None:
    """Say whether each promise is kept, and why. Exit 1: one is broken, a secret or key is left."""
    from upheld.acts.prove import badge as drawn  # noqa: PLC0415 (keeps --help quick)
    from upheld.acts.prove.deep import look_deep  # noqa: PLC0415
    from upheld.app import Upheld  # noqa: PLC0415

    for file in (html, badge):
        _require_place(file)
    with Upheld.open(folder) as upheld:
        if audit:
            upheld.audit()
        if links:
            upheld.ask_links()
        searched = look_deep(upheld.company) if deep else None
        board = upheld.check()
        if html:
            _write(html, upheld.board(board))
        unwiped = upheld.unwiped()
    if badge:
        _write(badge, drawn(board))
    if as_json:
        typer.echo(json.dumps([_row(each) for each in board], indent=1))
    else:
        show.verdicts(board, everything=everything)
        if searched:
            typer.echo(_searched(searched))
    _end(board, upheld.company.secrets, unwiped)


def _end(
    board: tuple[Verdict, ...], secrets: tuple[str, ...], unwiped: Unwiped | None = None
) -> None:
    for place in secrets:
        typer.echo(f"secret in a file: {place}; move it to env:", err=True)
    if unwiped:
        typer.echo(unwiped.words, err=True)
    left = unwiped is not None and unwiped.wanted
    if secrets or left or any(each.verdict == Judgement.BROKEN for each in board):
        raise typer.Exit(1)


def _searched(deep: Deep) -> str:
    """Say what a deep look-back was about; what it found is on the board."""
    places = sum(map(len, deep.found.values()))
    pending = (
        f"pending: {rows} rows in {where}, which an open erasure takes ({id} was to leave none)"
        for id, taken in deep.pending.items()
        for where, rows in taken.items()
    )
    unseen = (
        f"not searched: {what} in {store}: {number}"
        for store, each in deep.unseen.items()
        for what, number in each.items()
    )
    first = (
        f"deep look-back: {deep.identities} identities of {deep.requests} erased, "
        f"{deep.left_out} not searched for; "
        f"places with rows: {places}, rows lawfully kept: {deep.kept}, "
        f"stores not seen whole: {len(deep.blind)}"
    )
    return "\n".join((first, *pending, *unseen))


def _row(verdict: Verdict) -> dict[str, object]:
    return {
        "id": verdict.id,
        "kind": verdict.kind,
        "verdict": verdict.verdict,
        "evidence": list(verdict.evidence),
        "checked_at": verdict.checked_at.isoformat(),
    }


def _require_place(file: Path | None) -> None:
    """Refuse a file that could not be written, before the work is done.

    Raises:
        BadInput: it is a folder, or its folder is not there.
    """
    try:
        fits = file is None or (file.parent.is_dir() and not file.is_dir())
    except OSError:
        fits = False
    if not fits:
        raise BadInput(_NO_PLACE.format(file))


def _write(file: Path, text: str) -> None:
    from upheld.evidence.overwriting import require_replaceable  # noqa: PLC0415

    require_replaceable(file, text.encode())
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadInput(_NO_PLACE.format(file)) from error


_NO_PLACE = "`{}` cannot be written; name a file in a folder that is there"


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


def export(
    output: Annotated[Path, typer.Option("-o", "--output", help="The file to write.")],
    folder: Folder = Path(),
) -> None:
    """Write the whole log into a file that an auditor can check, wherever home is.

    It holds entries, tree, documents and views; no alias, no key and nothing of the vault.
    """
    from upheld.app import Upheld  # noqa: PLC0415 (keeps --help quick)

    with Upheld.open(folder) as upheld:
        upheld.export(output)
    typer.echo(f"{output} is written; anybody can check it: upheld verify {output}")


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
