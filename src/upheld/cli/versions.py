"""`upheld policy …`: what a change of policy does, and the pages that people read."""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from upheld.cli.folder import Folder
from upheld.errors import BadInput
from upheld.model import Profile, Regime

if TYPE_CHECKING:
    from upheld.model import Policy
    from upheld.policy.render import Page

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class Shape(StrEnum):
    """What a page is written as."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"


class What(StrEnum):
    """What a policy is rendered to."""

    PAGE = "page"
    NOTICE = "notice"
    LETTER = "letter"


Output = Annotated[
    Path | None, typer.Option("-o", "--output", help="The file to write.", show_default="print it")
]
Reading = Annotated[
    Profile | None,
    typer.Option("--profile", help="Which reading of the policy.", show_default="the folder's"),
]


def policy_diff(
    before: Annotated[str, typer.Argument(help="A policy file, or the date of a version.")],
    after: Annotated[str, typer.Argument(help="A policy file, or the date of a version.")],
    shape: Annotated[Shape, typer.Option("--as", help="How to show it.")] = Shape.TEXT,
    output: Output = None,
    folder: Folder = Path(),
) -> None:
    """Say what a change of policy does, and who must be told or asked. Exit 1 on a finding."""
    from upheld.policy.diff import as_html, as_json, as_text, changes  # noqa: PLC0415

    found = changes(_version(before, folder), _version(after, folder))
    shown = {Shape.TEXT: as_text, Shape.JSON: as_json, Shape.HTML: as_html}[shape](found)
    _write(shown, output)
    if found.problems:
        raise typer.Exit(1)


def policy_render(  # noqa: PLR0913, PLR0917 (one for each thing a reader can choose)
    what: Annotated[What, typer.Argument(help="What to render.")] = What.PAGE,
    form: Annotated[
        Path | None, typer.Option("--form", help="The form that a notice is for.")
    ] = None,
    right: Annotated[
        str | None, typer.Option("--right", help="The right that a letter answers, as `erase`.")
    ] = None,
    regime: Annotated[Regime, typer.Option("--regime", help="The law it is under.")] = Regime.NONE,
    shape: Annotated[Shape, typer.Option("--as", help="How to show it.")] = Shape.HTML,
    profile: Reading = None,
    output: Output = None,
    folder: Folder = Path(),
) -> None:
    """Render the policy page, the notice of a form, or the sections of a letter."""
    from upheld.policy.render import letter, notice, page, parse_form  # noqa: PLC0415

    policy = _in_force(folder, profile)
    made: Page
    if what is What.NOTICE:
        if form is None:
            raise BadInput("a notice is for a form; name its file with `--form`")
        made = notice(policy, parse_form(_read(form), form.name, policy))
    elif what is What.LETTER:
        if right is None:
            raise BadInput("a letter answers a right; name it with `--right`, as `--right erase`")
        made = letter(policy, right, regime)
    else:
        made = page(policy)
    _write(_shaped(made, shape), output)


def policy_versions(folder: Folder = Path()) -> None:
    """List the versions that were in force: date, hash, when the log first saw each."""
    from upheld.app import Upheld  # noqa: PLC0415 (keeps --help quick)

    with Upheld.open(folder) as upheld:
        for each in upheld.versions():
            typer.echo(f"{each.revised}  {each.digest}  first seen {each.seen:%Y-%m-%d %H:%M} UTC")


def _shaped(made: Page, shape: Shape) -> str:
    from upheld.policy.render import as_html, as_json, as_text  # noqa: PLC0415

    return {Shape.TEXT: as_text, Shape.JSON: as_json, Shape.HTML: as_html}[shape](made)


def _version(named: str, folder: Path) -> Policy:
    """Return the policy of a file, or of the version that the log has under a date."""
    path = Path(named)
    if not path.is_file() and _DAY.fullmatch(named):
        from upheld.app import Upheld  # noqa: PLC0415 (keeps --help quick)

        with Upheld.open(folder) as upheld:
            return upheld.version(_day(named))
    return _parsed(path)


def _day(named: str) -> date:
    try:
        return date.fromisoformat(named)
    except ValueError:
        raise BadInput(f"`{named}` is no date; write it like `2026-11-01`") from None


def _in_force(folder: Path, profile: Profile | None) -> Policy:
    """Return the policy of a folder, under a profile or under the one it has settled on."""
    from upheld.config import parse_settings  # noqa: PLC0415

    policy = _parsed(folder / "policy.yaml")
    settings = folder / "upheld.toml"
    if profile is None and settings.is_file():
        profile = parse_settings(_read(settings)).profile
    return policy.under(profile) if profile else policy


def _parsed(path: Path) -> Policy:
    from upheld.acts.prove import CHECKS  # noqa: PLC0415
    from upheld.policy.parse import parse_policy  # noqa: PLC0415

    return parse_policy(_read(path), path.name, CHECKS)


def _read(path: Path) -> str:
    from upheld.files import decoded  # noqa: PLC0415

    try:
        return decoded(path.read_bytes(), path.name)
    except OSError as error:
        raise BadInput(f"`{path}` cannot be read; name a file that is there") from error


def _write(shown: str, output: Path | None) -> None:
    from upheld.evidence.overwriting import require_replaceable  # noqa: PLC0415

    if output is None:
        typer.echo(shown, nl=False)
        return
    require_replaceable(output, shown.encode())
    try:
        output.write_bytes(shown.encode())
    except OSError as error:
        raise BadInput(f"`{output}` cannot be written; name a file in a folder that is") from error
    typer.echo(f"{output} is written")
