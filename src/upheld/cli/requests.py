"""`upheld request …`: answering a person who uses a right."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from upheld.cli import plans
from upheld.cli import show as shows
from upheld.cli.folder import Folder
from upheld.desk.letters import letter_name
from upheld.errors import BadInput
from upheld.model import Regime, Right, State

if TYPE_CHECKING:
    from collections.abc import Mapping

    from upheld.app import Upheld
    from upheld.datamap.document import Plan
    from upheld.model import Request

app = typer.Typer(help="Answering a person who uses a right.", no_args_is_help=True)

_WAITS = 5
"""Exit status while a request waits for somebody."""

Id = Annotated[str, typer.Argument(help="The request, as R-1.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Sql = Annotated[
    bool, typer.Option("--sql", help="The SQL that applying would run, without a value in it.")
]
RightOption = Annotated[Right, typer.Option("--right", help="The right that is used.")]
Identities = Annotated[
    list[str],
    typer.Option(
        "--identity",
        help="kind=value, as email=customer@example.com, or kind=- to type it; repeatable.",
    ),
]
Received = Annotated[
    str | None, typer.Option("--received", help="When it arrived, ISO 8601; now when left out.")
]
RegimeOption = Annotated[Regime, typer.Option("--regime", help="The law it is made under.")]
KeyFile = Annotated[Path, typer.Option("--key", help="An officer's ssh-ed25519 private key.")]


def _opened(folder: Path) -> Upheld:
    from upheld.app import Upheld  # noqa: PLC0415 (keeps --help quick)

    return Upheld.open(folder)


@app.command("open")
def open_(
    right: RightOption,
    identity: Identities,
    received: Received = None,
    regime: RegimeOption = Regime.NONE,
    folder: Folder = Path(),
) -> None:
    """Record a request; its clock runs from when it arrived."""
    with _opened(folder) as upheld:
        request = _open(upheld, right, identity, received, regime)
        typer.echo(f"{request.id} is open, due {request.due} ({request.rule})")
        typer.echo(f"next: upheld request plan {request.id}")


@app.command("plan")
def plan(
    id: Id,
    sql: Sql = False,  # noqa: FBT002
    as_json: Json = False,  # noqa: FBT002
    folder: Folder = Path(),
) -> None:
    """Find the person in every store, pre-flight, and freeze what will be done; writes no store."""
    with _opened(folder) as upheld:
        made = upheld.plan(id)
        plans.plan(made, _said(upheld, id) if sql else None, as_json=as_json)


@app.command("sign")
def sign(id: Id, key: KeyFile, folder: Folder = Path()) -> None:
    """Sign a plan as an officer."""
    with _opened(folder) as upheld:
        plans.signed(upheld.sign(id, key))


@app.command("apply")
def apply(id: Id, folder: Folder = Path()) -> None:
    """Carry out a signed plan, look back, and answer; running it again is harmless."""
    with _opened(folder) as upheld:
        _report(upheld, upheld.apply(id))


@app.command("attest")
def attest(
    id: Id,
    store: Annotated[str, typer.Option("--store", help="The manual store.")],
    file: Annotated[Path, typer.Option("--file", help="What shows that it was done.")],
    key: KeyFile,
    folder: Folder = Path(),
) -> None:
    """Give an officer's word that a checklist was carried out, with a file as evidence."""
    with _opened(folder) as upheld:
        upheld.attest(id, store, file=file, key=key)
        typer.echo(f"`{store}` is attested for {id}; next: upheld request apply {id}")


@app.command("close")
def close(
    id: Id,
    because: Annotated[str, typer.Option("--because", help="A code, as no_data.")],
    key: KeyFile,
    folder: Folder = Path(),
) -> None:
    """Close a request without doing what was asked, for a reason the person is told."""
    with _opened(folder) as upheld:
        request = upheld.close(id, because, key)
        typer.echo(f"{id} is closed: {request.outcome}")


@app.command("release")
def release(id: Id, key: KeyFile, folder: Folder = Path()) -> None:
    """Stop looking back on an erasure: the person came back, and who returns is new."""
    with _opened(folder) as upheld:
        upheld.release(id, key)
        typer.echo(f"{id} is no longer looked back on; the key to what it froze is destroyed")


@app.command("show")
def show(
    id: Id,
    sql: Sql = False,  # noqa: FBT002
    as_json: Json = False,  # noqa: FBT002
    folder: Folder = Path(),
) -> None:
    """Show where a request stands; with `--sql`, its plan and what it would say to stores now."""
    with _opened(folder) as upheld:
        if sql:
            plans.plan(_planned(upheld, id), _said(upheld, id), as_json=as_json)
        else:
            shows.request(upheld.request(id), as_json=as_json)


@app.command("list")
def list_(as_json: Json = False, folder: Folder = Path()) -> None:  # noqa: FBT002
    """List every request with its due date."""
    with _opened(folder) as upheld:
        shows.requests(upheld.requests(), as_json=as_json)


@app.command("run")
def run(  # noqa: PLR0913, PLR0917 (the options of open, sign and apply)
    key: KeyFile,
    id: Annotated[str | None, typer.Argument(help="A request, or --right and --identity.")] = None,
    right: Annotated[Right | None, typer.Option("--right", help="The right that is used.")] = None,
    identity: Annotated[
        list[str] | None, typer.Option("--identity", help="kind=value; repeatable.")
    ] = None,
    received: Received = None,
    regime: RegimeOption = Regime.NONE,
    yes: Annotated[bool, typer.Option("--yes", help="Apply without asking.")] = False,  # noqa: FBT002
    folder: Folder = Path(),
) -> None:
    """Do all of it: open (or take up) a request, plan, sign, apply, answer."""
    with _opened(folder) as upheld:
        if id is None:
            if right is None or not identity:
                raise BadInput("give a request, as R-1, or `--right` and `--identity`")
            id = _open(upheld, right, identity, received, regime).id
        made = upheld.plan(id)
        plans.plan(made, None, as_json=False)
        if not yes and not typer.confirm(f"Carry out {id}?"):
            typer.echo(f"{id} is planned and not signed; nothing was done")
            raise typer.Exit(3)
        request = upheld.sign(id, key)
        if request.state is State.PLANNED:
            plans.signed(request)
            raise typer.Exit(_WAITS)
        _report(upheld, upheld.apply(id))


def _planned(upheld: Upheld, id: str) -> Plan:
    from upheld.acts.answer.plan import planned  # noqa: PLC0415 (keeps --help quick)

    return planned(upheld.company, upheld.request(id))[0]


def _said(upheld: Upheld, id: str) -> Mapping[str, tuple[str, ...]]:
    from upheld.acts.answer.plan import statements  # noqa: PLC0415 (keeps --help quick)

    return statements(upheld.company, id)


def _open(
    upheld: Upheld, right: Right, identity: list[str], received: str | None, regime: Regime
) -> Request:
    given = [read_identity(each) for each in identity]
    return upheld.open_request(right, given, regime=regime, received=_instant(received))


def read_identity(identity: str) -> str:
    """Return an identity, read from standard input where it is typed as `kind=-`.

    What stands on a command line is seen by others on the machine, and kept by the shell.
    """
    kind, _, value = identity.partition("=")
    return f"{kind}={sys.stdin.readline().strip()}" if value == "-" else identity


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadInput("`--received` is no ISO 8601 time; write 2026-11-24T09:00:00Z") from error
    if instant.tzinfo is None:
        raise BadInput("`--received` needs a zone; write 2026-11-24T09:00:00Z")
    return instant


def _report(upheld: Upheld, request: Request) -> None:
    match request.state:
        case State.CLOSED:
            copied = request.right is Right.ACCESS and request.outcome == "full"
            name = f"{request.id}.zip" if copied else letter_name(request.id, request.answers)
            typer.echo(f"{request.id} is closed: {request.outcome}")
            typer.echo(f"answer: {upheld.company.answers / name}")
        case State.REOPENED:
            typer.echo(f"{request.id}: rows keep arriving; apply again when their writer stops")
            raise typer.Exit(3)
        case _:
            for name, step in request.steps.items():
                if step.counted is None and step.token:
                    store = name.partition("/")[2]
                    typer.echo(f"waiting for `{store}`, by hand, due {step.due}:")
                    for task in upheld.company.maps[store].tasks:
                        if task.right is request.right:
                            typer.echo(f"  - {task.text}")
                    attest_ = f"upheld request attest {request.id} --store {store}"
                    typer.echo(f"when it is done: {attest_} --file FILE --key KEY")
            if open_ := list(shows.waiting(request)):
                for words in open_:
                    typer.echo(words)
                typer.echo(f"when they are over: upheld request apply {request.id}")
            raise typer.Exit(_WAITS)
