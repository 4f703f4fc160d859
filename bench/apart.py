"""Runs Python in a process of its own, as it runs where the package was installed."""

from __future__ import annotations

import os
import subprocess
import sys

from bench.shop import BUILD, HERE


def python(*arguments: str) -> bytes:
    """Run a new interpreter to its end and return what it printed."""
    command = [sys.executable, *arguments]
    done = subprocess.run(
        command, cwd=HERE.parent, env=_environment(), stdout=subprocess.PIPE, check=True
    )
    return done.stdout


def _environment() -> dict[str, str]:
    """Let bytecode be kept, as an install by pip keeps it, and keep it out of the way."""
    kept = {name: each for name, each in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": str(BUILD / "bytecode")}
