from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest

from tests.house.tree import ROOT, SOURCE, files

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


def copied(to: Path) -> Path:
    """Copy what git knows, as a fresh clone would have it."""
    for file in files():
        target = to / file.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, target)
    return to


def test_the_wheel_holds_every_file_of_the_package(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=copied(tmp_path / "clone"), check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    ours = {f.relative_to(SOURCE.parent).as_posix() for f in files() if SOURCE in f.parents}
    packed = {name for name in ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert packed == ours


def test_a_fresh_clone_sets_itself_up_and_knows_it_is_done(tmp_path: Path) -> None:
    clone = copied(tmp_path / "clone")
    make = ["make", "setup", f"PYTHON={sys.executable}"]
    subprocess.run(make, cwd=clone, check=True, capture_output=True, timeout=300)
    say = [str(clone / ".venv/bin/python"), "-c", "import upheld; print(upheld.__file__)"]
    where = subprocess.run(say, cwd=tmp_path, check=True, capture_output=True, text=True)
    assert where.stdout.startswith(str(clone))
    again = subprocess.run(make, cwd=clone, check=True, capture_output=True, text=True)
    assert "Nothing to be done" in again.stdout


def test_a_machine_without_python_is_told_what_to_install(tmp_path: Path) -> None:
    clone = copied(tmp_path / "clone")
    tools = tmp_path / "bin"
    tools.mkdir()
    for tool in ("sh", "dirname"):
        (tools / tool).symlink_to(shutil.which(tool) or "")
    told = subprocess.run(
        [str(tools / "sh"), "scripts/setup.sh"],
        cwd=clone,
        env={"PATH": str(tools)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode != 0
    assert "no Python 3.11 or newer found; install one" in told.stderr
