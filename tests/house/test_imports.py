from __future__ import annotations

import doctest
import importlib
import subprocess
import sys
from importlib.metadata import requires
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.tree import ROOT, dotted, modules

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_PACKAGES = 40
HEAVY = ("sqlalchemy", "typer", "rich", "pydantic", "jinja2", "cryptography", "yaml")


def loaded_by(statement: str) -> set[str]:
    script = f"import sys; {statement}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return {name.partition(".")[0] for name in done.stdout.split()}


def needed(name: str) -> Iterator[str]:
    """Yield what a package needs without extras, on this machine."""
    for wanted in map(Requirement, requires(name) or ()):
        if wanted.marker is None or wanted.marker.evaluate({"extra": ""}):
            yield canonicalize_name(wanted.name)


def importable() -> list[str]:
    """Return every module but the one that starts the command line when imported."""
    return [dotted(path) for path in modules() if path.name != "__main__.py"]


def test_import_upheld_loads_nothing_heavy() -> None:
    assert not loaded_by("import upheld") & set(HEAVY)


def test_a_core_install_stays_below_forty_packages() -> None:
    found, waiting = {"upheld"}, ["upheld"]
    while waiting:
        for name in needed(waiting.pop()):
            if name not in found:
                found.add(name)
                waiting.append(name)
    assert len(found) < MOST_PACKAGES, sorted(found)


@pytest.mark.parametrize("module", importable())
def test_every_example_in_a_docstring_runs(module: str) -> None:
    failed, _ = doctest.testmod(importlib.import_module(module), report=True)
    assert failed == 0, f"examples of `{module}` fail; the output above says which"
