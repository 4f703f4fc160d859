"""Write the pages of docs/reference that are made from the code, and the JSON Schemas.

`python -m scripts.reference` writes them; with `--check` it only says whether each is current, and
whether every command, argument and option is described (exit status 1 if not).
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from enum import Enum
from inspect import cleandoc
from pathlib import Path
from typing import TYPE_CHECKING, TypeGuard, get_args, get_type_hints

from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption
from typer.main import get_command

from scripts import language
from upheld.acts.prove import CHECKS
from upheld.cli.main import app
from upheld.model import Kind
from upheld.policy.linting import reference as findings
from upheld.policy.troubles import ID, TERM
from upheld.schemas import SCHEMAS, Json, json_schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from typer import Typer

ROOT = Path(__file__).parent.parent
REFERENCE = ROOT / "docs" / "reference"
SCHEMA_FILES = ROOT / "src" / "upheld" / "data" / "schemas"
HEAD = """\
# The command line

Generated from the commands themselves by `make reference`; not written by hand.

Every command exits with 0 when it did what was asked. Otherwise:

| status | means |
|---|---|
| 1 | a promise is broken, or a proof does not hold |
| 2 | something you wrote is wrong: a file, an identity, an option; nothing was done |
| 3 | it could be done and was not: the plan, the person or the rows say no |
| 4 | a store or home could not be reached, read or written |
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One argument or option of a command, as the page shows it."""

    name: str
    wanted: str
    help: str


@dataclass(frozen=True, slots=True)
class Command:
    """One command: its words (`map new`), what it does, what it takes."""

    words: str
    help: str
    rows: tuple[Row, ...]


def commands(app: Typer) -> tuple[Command, ...]:
    """Return every command of an application that is not hidden, in the order of its help."""
    return tuple(_walk(get_command(app), ()))


def undocumented(all_commands: tuple[Command, ...]) -> tuple[str, ...]:
    """Return what has no description: `request open` or `request open --right`."""
    return tuple(
        name
        for command in all_commands
        for name, text in (
            (command.words, command.help),
            *((f"{command.words} {row.name}", row.help) for row in command.rows),
        )
        if not text
    )


def page(all_commands: tuple[Command, ...]) -> str:
    """Return the page that describes these commands."""
    return "\n".join([HEAD, *(_section(command) for command in all_commands)])


def _walk(node: object, words: tuple[str, ...]) -> Iterator[Command]:
    if isinstance(node, TyperGroup):
        for name, child in node.commands.items():
            yield from _walk(child, (*words, name))
    elif isinstance(node, TyperCommand) and not node.hidden:
        hints = get_type_hints(node.callback) if node.callback else {}
        rows = tuple(
            _row(each, hints)
            for each in node.params
            if isinstance(each, TyperArgument | TyperOption) and not each.hidden
        )
        yield Command(" ".join(words), cleandoc(node.help or ""), rows)


def _row(param: TyperArgument | TyperOption, hints: Mapping[str, object]) -> Row:
    if isinstance(param, TyperArgument):
        return Row((param.metavar or param.name or "").upper(), _wanted(param), param.help or "")
    value = "" if param.is_flag else f" {_value(param, hints.get(param.name or ''))}"
    name = ", ".join((*param.opts, *param.secondary_opts))
    return Row(f"{name}{value}", _wanted(param), param.help or "")


def _value(param: TyperOption, hint: object) -> str:
    choices = next((each for each in (hint, *get_args(hint)) if _is_enum(each)), None)
    if choices is not None:
        return "|".join(str(each.value) for each in choices)
    return param.metavar or max(param.opts, key=len).lstrip("-").upper()


def _is_enum(hint: object) -> TypeGuard[type[Enum]]:
    return isinstance(hint, type) and issubclass(hint, Enum)


def _wanted(param: TyperArgument | TyperOption) -> str:
    if param.required:
        return "required, may be given again" if param.multiple else "required"
    if param.multiple or param.nargs == -1:
        return "may be given again"
    if isinstance(param.show_default, str):
        return f"default: {param.show_default}"
    silent = param.default is None or isinstance(param.default, bool) or callable(param.default)
    if silent or param.default in ("", ()):
        return ""
    return f"default `{getattr(param.default, 'value', param.default)}`"


def _section(command: Command) -> str:
    lines = [f"## `upheld {command.words}`", "", command.help, ""]
    if command.rows:
        lines += ["| takes | | |", "|---|---|---|"]
        lines += [
            f"| `{_cell(row.name)}` | {_cell(row.wanted)} | {_cell(row.help)} |"
            for row in command.rows
        ]
        lines += [""]
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def main(words: list[str]) -> int:
    """Write the pages, or with `--check` say what is missing or stale; return the exit status."""
    bare = undocumented(commands(app))
    for name in bare:
        print(f"`upheld {name}` has no description; add one where it is declared")
    stale = [path for path, text in pages().items() if _read(path) != text]
    for path in stale:
        if words == ["--check"]:
            print(f"{path.relative_to(ROOT)} is stale; run `make reference`")
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_text(pages()[path], encoding="utf-8")
    return 1 if bare or (stale and words == ["--check"]) else 0


def pages() -> dict[Path, str]:
    """Return every generated page, by its path."""
    return {
        REFERENCE / "cli.md": page(commands(app)),
        REFERENCE / "policy-language.md": language.page(),
        REFERENCE / "checks.md": language.checks_page(),
        REFERENCE / "policy-findings.md": findings(),
        **{SCHEMA_FILES / f"{kind}.json": schema(kind) for kind in SCHEMAS},
    }


def schema(kind: str) -> str:
    """Return the JSON Schema of a kind of file, as it ships."""
    made = json_schema(SCHEMAS[kind](), title=f"Upheld: {kind}", id=f"urn:upheld:{kind}")
    if kind == "policy":
        _told_more(made)
    return json.dumps(made, indent=1, ensure_ascii=False) + "\n"


def _told_more(made: dict[str, Json]) -> None:
    """Let an editor also refuse two kinds, an unknown check, an id or a term in another form."""
    parts = _group(made["$defs"])
    clause = _group(parts["ClauseForm"])
    clause["oneOf"] = [{"required": [kind.value]} for kind in Kind]
    keys = _group(clause["properties"])
    keys["check"] = {**_group(keys["check"]), "enum": [*sorted(CHECKS)]}
    keys["id"] = {**_group(keys["id"]), "pattern": f"^{ID.pattern}$"}
    for rule in (clause, _group(parts["StrictForm"])):
        terms = _group(rule["properties"])
        terms["for"] = {**_group(terms["for"]), "pattern": f"^{TERM.pattern}$"}


def _group(value: Json) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise TypeError(value)
    return value


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
