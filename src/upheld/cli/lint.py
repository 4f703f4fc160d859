"""`upheld policy check`: runs a policy through the linter."""

from __future__ import annotations

import json
import textwrap
from collections import Counter
from dataclasses import replace
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

import typer

from upheld import __version__
from upheld.cli.folder import Folder
from upheld.errors import BadInput
from upheld.model import Profile

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from upheld.model import Document, Policy
    from upheld.policy.linting import Remark

_COLOURS = {
    "error": typer.colors.RED,
    "warning": typer.colors.YELLOW,
    "note": typer.colors.BLUE,
}
_WIDE = 100


class FailOn(StrEnum):
    """What a check fails on: remarks of this severity and above, or none."""

    ERROR = "error"
    WARNING = "warning"
    NEVER = "never"


def policy_check(  # noqa: PLR0913, PLR0917 (each is an option of the command)
    file: Annotated[
        Path | None,
        typer.Argument(help="A policy.", show_default="policy.yaml of the company's folder"),
    ] = None,
    folder: Folder = Path(),
    profile: Annotated[
        Profile | None,
        typer.Option(
            "--profile", help="How to read it.", show_default="as upheld.toml says, or seed"
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,  # noqa: FBT002
    as_sarif: Annotated[  # noqa: FBT002
        bool, typer.Option("--sarif", help="Print SARIF 2.1.0, for code review.")
    ] = False,
    offline: Annotated[  # noqa: FBT002
        bool, typer.Option("--offline", help="Do not ask the links whether they answer.")
    ] = False,
    fail_on: Annotated[
        FailOn, typer.Option("--fail-on", help="What exit status 1 is for.")
    ] = FailOn.ERROR,
) -> None:
    """Look for what is wrong in the policy: contradictions, gaps, and what the law asks beyond."""
    from upheld.policy.linting import Severity, as_json as plain, sarif  # noqa: PLC0415, I001 (keeps --help quick)

    if as_json and as_sarif:
        raise BadInput("`--json` and `--sarif` are two forms of one answer; choose one")
    path = file or folder / "policy.yaml"
    name = _named(path)
    remarks = _remarks(path, name, profile or _profile(path.parent), offline=offline)
    if as_sarif:
        typer.echo(json.dumps(sarif(remarks, quote(name), __version__), indent=1))
    elif as_json:
        typer.echo(json.dumps(plain(remarks, name), indent=1, ensure_ascii=False))
    else:
        _show(remarks, name)
    if fail_on is not FailOn.NEVER:
        limit = Severity(fail_on.value)
        if any(each.severity.reaches(limit) for each in remarks):
            raise typer.Exit(1)


def _named(path: Path) -> str:
    """Return a path as seen from here, as code review wants it; its name if it lies elsewhere."""
    whole, here = path.resolve(), Path.cwd()
    return whole.relative_to(here).as_posix() if whole.is_relative_to(here) else path.name


def _remarks(path: Path, name: str, profile: Profile, *, offline: bool) -> tuple[Remark, ...]:
    from upheld.acts.links import probe  # noqa: PLC0415
    from upheld.acts.prove.registry import BUILT, CHECKS  # noqa: PLC0415
    from upheld.app import now  # noqa: PLC0415
    from upheld.files import decoded  # noqa: PLC0415
    from upheld.policy.linting import Context, lint  # noqa: PLC0415
    from upheld.policy.parse import parse_policy  # noqa: PLC0415

    policy = parse_policy(decoded(_bytes(path), name), name, CHECKS, profile)
    context = Context(
        today=now().date(),
        documents=_documents(path.parent),
        links=None if offline else probe(_links(policy)),
        built=frozenset(BUILT),
    )
    return lint(policy, context)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        words = "give its path, or the company's folder with --dir"
        raise BadInput(f"`{path}` cannot be read; {words}") from error


def _links(policy: Policy) -> Sequence[str]:
    return [each.link for each in policy.clauses if each.link]


def _profile(folder: Path) -> Profile:
    from upheld.config import parse_settings  # noqa: PLC0415
    from upheld.files import decoded  # noqa: PLC0415

    path = folder / "upheld.toml"
    if not path.is_file():
        return Profile.SEED
    return parse_settings(decoded(_bytes(path), path.name)).profile


def _documents(folder: Path) -> tuple[Document, ...]:
    """Return the documents registered beside a policy, each compared with its file."""
    from upheld.files import decoded  # noqa: PLC0415
    from upheld.policy.documents import parse_documents  # noqa: PLC0415

    path = folder / "documents.yaml"
    if not path.is_file():
        return ()
    listed = parse_documents(decoded(_bytes(path), path.name), path.name)
    return tuple(replace(each, intact=_is_intact(folder, each)) for each in listed)


def _is_intact(folder: Path, document: Document) -> bool:
    path = folder / document.file
    return path.is_file() and sha256(path.read_bytes()).hexdigest() == document.sha256


def _show(remarks: Sequence[Remark], name: str) -> None:
    counts: Mapping[str, int] = Counter(each.severity for each in remarks)
    last = ""
    for each in remarks:
        if each.severity != last:
            typer.secho(f"{each.severity}s: {counts[each.severity]}", bold=True)
            last = each.severity
        place = typer.style(f"{name}:{each.line}", fg=_COLOURS[each.severity])
        typer.echo(f"  {place} {each.rule}")
        _tell(each.message)
        _tell(f"until somebody decides: {each.default}" + (f" [{each.law}]" if each.law else ""))
    found = ", ".join(f"{each}s: {counts.get(each, 0)}" for each in _COLOURS)
    typer.echo(f"{name}: {found}")


def _tell(words: str) -> None:
    lines = textwrap.wrap(words, _WIDE - 6, break_long_words=False, break_on_hyphens=False)
    typer.echo("\n".join(f"      {line}" for line in lines))
