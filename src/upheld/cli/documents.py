"""`upheld document …`: registers what people attest, and shows the register."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from upheld.cli.folder import Folder

if TYPE_CHECKING:
    from upheld.model import Document

app = typer.Typer(help="Documents that attest what no program can see.", no_args_is_help=True)

_DAY = ["%Y-%m-%d"]


@app.command("add")
def add(  # noqa: PLR0913, PLR0917 (the options of a command)
    file: Annotated[Path, typer.Argument(help="The document; it stays in the company's folder.")],
    kind: Annotated[
        str, typer.Option("--kind", help="What it is, like `balancing-test` or `safeguard`.")
    ],
    about: Annotated[
        str,
        typer.Option(
            "--about",
            help="What it attests: `purpose/support`, `store/crm encrypted-at-rest`.",
        ),
    ],
    review: Annotated[
        datetime, typer.Option("--review", formats=_DAY, help="When it must be looked at again.")
    ],
    dated: Annotated[
        datetime | None,
        typer.Option("--dated", formats=_DAY, help="When it was made.", show_default="today"),
    ] = None,
    folder: Folder = Path(),
) -> None:
    """Register a document: its hash and dates go into documents.yaml, and into the log."""
    from upheld.app import Upheld  # noqa: PLC0415 (keeps --help quick)

    with Upheld.open(folder) as upheld:
        added = upheld.add_document(
            file, kind, about, review=review.date(), dated=dated.date() if dated else None
        )
    typer.echo(f"{added.file} is registered as {added.kind} of {added.about}")
    typer.echo(f"SHA-256 {added.sha256}, to be reviewed on {added.review}")


@app.command("list")
def listed(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,  # noqa: FBT002
    folder: Folder = Path(),
) -> None:
    """List the documents, and whether each is in date and what was registered."""
    from upheld.app import Upheld  # noqa: PLC0415

    with Upheld.open(folder) as upheld:
        found, today = upheld.documents(), upheld.company.today
    if as_json:
        rows = [
            {
                "kind": each.kind,
                "about": each.about,
                "file": each.file,
                "sha256": each.sha256,
                "dated": each.dated.isoformat(),
                "review": each.review.isoformat(),
                "holds": each.holds(today),
            }
            for each in found
        ]
        typer.echo(json.dumps(rows, indent=1))
        return
    for each in found:
        state = _state(each, today)
        typer.echo(f"{each.kind:<18} {each.about:<36} {each.file:<32} {state}")
    if not found:
        typer.echo("no document is registered; upheld document add FILE --kind … --about …")


def _state(document: Document, today: date) -> str:
    if document.intact is False:
        return "gone or changed"
    if document.redated:
        return "dates differ from those registered"
    if document.dated > today:
        return f"dated {document.dated}, a day to come"
    review = document.review
    return f"overdue since {review}" if review < today else f"to be reviewed on {review}"
