"""`upheld grants`: what an administrator runs so that Upheld can do its work and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from upheld.cli.folder import Folder
from upheld.errors import BadInput, did_you_mean, quoted
from upheld.model import Dialect, Role

_USUAL = (Role.MAPPER, Role.READER, Role.ERASER)


def grants(
    store: Annotated[str, typer.Argument(help="The store.")],
    role: Annotated[
        Role | None, typer.Option("--role", help="One role; the first three when left out.")
    ] = None,
    dialect: Annotated[
        Dialect | None,
        typer.Option("--as", help="The SQL to write.", show_default="that of the store"),
    ] = None,
    folder: Folder = Path(),
) -> None:
    """Print the SQL for roles in a store, each with exactly what the map needs.

    The searcher, for `upheld check --deep`, may read every table: it is written only when named.
    """
    from upheld.app import Upheld  # noqa: PLC0415 (keeps --help quick)

    with Upheld.open(folder) as upheld:
        stores = upheld.company.stores
        if store not in stores:
            raise BadInput(f"there is no store{quoted(store)}{did_you_mean(store, stores)}")
        typer.echo(stores[store].grants((role,) if role else _USUAL, dialect), nl=False)
