"""`upheld people …`: who is who, in the stores and in home."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from upheld.cli.folder import Folder
from upheld.cli.requests import Identities, Json, KeyFile, read_identity
from upheld.model import Bond

if TYPE_CHECKING:
    from collections.abc import Iterator

    from upheld.model import Dossier, Proposal

app = typer.Typer(help="Who is who, in the stores and in home.", no_args_is_help=True)


@app.command("find")
def find(identity: Identities, as_json: Json = False, folder: Folder = Path()) -> None:  # noqa: FBT002
    """Look a person up in every store: rows by number, never values. Opens and writes nothing."""
    from upheld.app import Upheld  # noqa: PLC0415 (keeps --help quick)

    with Upheld.open(folder) as upheld:
        found = upheld.find_person([read_identity(each) for each in identity])
    typer.echo(json.dumps(_plain(found), indent=1) if as_json else "\n".join(_lines(found)))


@app.command("merge")
def merge(
    key: KeyFile,
    person: Annotated[
        list[int] | None, typer.Argument(help="Two people, by the numbers home has for them.")
    ] = None,
    identity: Annotated[
        list[str] | None, typer.Option("--identity", help="A person by kind=value; repeatable.")
    ] = None,
    folder: Folder = Path(),
) -> None:
    """Join two people of home who turn out to be one, signed by an officer."""
    from upheld.app import Upheld  # noqa: PLC0415

    with Upheld.open(folder) as upheld:
        kept = upheld.merge(person or (), [read_identity(each) for each in identity or ()], key)
        requests = [each.id for each in upheld.company.requests_of(kept)]
    typer.echo(f"they are person {kept}; requests: {', '.join(requests) or 'none'}")


def _lines(found: Dossier) -> Iterator[str]:
    numbers = " and ".join(map(str, found.people))
    yield f"person {numbers} in home" if found.people else "nobody in home"
    if len(found.people) > 1:
        merging = f"upheld people merge {' '.join(map(str, found.people[:2]))} --key KEY"
        yield f"  the stores say that they are one; if so: {merging}"
    yield f"requests: {', '.join(found.requests) or 'none'}"
    yield f"known by: {', '.join(found.kinds)}"
    for store, counts in found.rows.items():
        for (collection, bond), rows in counts.items():
            how = "" if bond is Bond.ABOUT else f" ({bond})"
            yield f"  {store}.{collection}{how}: {rows}"
    if found.proposals:
        yield "perhaps the same person; nothing is done by such signs, ask whoever can tell:"
    yield from (f"  {_proposed(each)}" for each in found.proposals)


def _proposed(proposal: Proposal) -> str:
    signs = ", ".join(proposal.signs)
    where = f"{proposal.store}.{proposal.collection}"
    if proposal.row is None:
        return f"{where}: too many rows to name have {signs}"
    return f"{where} {proposal.row}: {signs}"


def _plain(found: Dossier) -> dict[str, object]:
    return {
        "people": found.people,
        "requests": found.requests,
        "kinds": found.kinds,
        "rows": [
            {"store": store, "collection": collection, "bond": bond, "rows": rows}
            for store, counts in found.rows.items()
            for (collection, bond), rows in counts.items()
        ],
        "proposals": [
            {
                "store": each.store,
                "collection": each.collection,
                "row": each.row,
                "signs": [sign.name.lower() for sign in each.signs],
            }
            for each in found.proposals
        ],
    }
