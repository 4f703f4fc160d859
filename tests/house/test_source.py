from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING

import pytest

from tests.house.tree import SOURCE, dotted, imported, modules, named, parsed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LINES_OF_A_FILE = 400
# A stranger is handed one file; splitting it would give them more to carry, not less to read.
LINES_OF_THE_AUDITORS_FILE = 1000
LINES_OF_A_FUNCTION = 50
PURE = ("model", "ports", "errors", "data", "files", "calendar", "identity", "config")
PURE_ROOMS = ("policy", "datamap", "desk", "decide")
CLOCK_AND_DISK = {"now", "utcnow", "today", "open", "read_bytes", "write_text", "write_bytes"}

AUDITORS_FILE = SOURCE / "evidence" / "verify.py"

each_module = pytest.mark.parametrize("module", modules(), ids=named)


def functions(module: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(parsed(module)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def calls(module: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(parsed(module)):
        match node:
            case ast.Call(func=ast.Attribute(attr=name)) | ast.Call(func=ast.Name(id=name)):
                yield node.lineno, name


def is_pure(module: Path) -> bool:
    room = dotted(module).split(".")[1:2]
    return room[0] in (*PURE, *PURE_ROOMS) if room else False


@each_module
def test_a_module_opens_with_a_sentence_that_says_what_it_is_for(module: Path) -> None:
    words = ast.get_docstring(parsed(module))
    assert words, f"{named(module)} has no docstring; say in one sentence what it is for"
    assert words.splitlines()[0].rstrip().endswith((".", ":", "?")), "end its first line as one"


@each_module
def test_a_file_can_be_read_at_one_sitting(module: Path) -> None:
    lines = len(module.read_text(encoding="utf-8").splitlines())
    limit = LINES_OF_THE_AUDITORS_FILE if module == AUDITORS_FILE else LINES_OF_A_FILE
    assert lines <= limit, f"{named(module)} has {lines} lines; split it by subject"


@each_module
def test_a_function_fits_on_a_screen(module: Path) -> None:
    long = [
        f"{named(module)}:{each.lineno} {each.name} has {size} lines"
        for each in functions(module)
        if (size := (each.end_lineno or each.lineno) - each.lineno + 1) > LINES_OF_A_FUNCTION
    ]
    assert not long, "; ".join(long)


@each_module
def test_nothing_is_typed_any(module: Path) -> None:
    names = {node.id for node in ast.walk(parsed(module)) if isinstance(node, ast.Name)}
    assert "Any" not in names, f"{named(module)} uses `Any`; say what the value is"


@pytest.mark.parametrize("module", [m for m in modules() if is_pure(m)], ids=named)
def test_nouns_and_rules_ask_no_clock_and_no_disk(module: Path) -> None:
    """Import-linter sees modules; `date.today()` and `open()` need no import of their own."""
    asked = [
        f"{named(module)}:{line} calls `{name}`"
        for line, name in calls(module)
        if name in CLOCK_AND_DISK
    ]
    assert not asked, "; ".join(asked) + "; take it as an argument"


def test_the_auditors_file_needs_python_alone() -> None:
    names = {name.partition(".")[0] for name in imported(AUDITORS_FILE)}
    foreign = names - sys.stdlib_module_names
    assert not foreign, f"`verify.py` imports {sorted(foreign)}; a stranger has only Python"
