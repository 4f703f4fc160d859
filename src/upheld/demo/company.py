"""Writes the folder of the made-up company anew: databases, maps, policy, keys."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from importlib import resources
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from upheld.demo.cast import cast
from upheld.demo.crm import crm, late_registration
from upheld.demo.dice import Dice
from upheld.demo.service import service
from upheld.demo.web import web
from upheld.errors import BadInput, StoreFailed
from upheld.evidence.keys import NAMES, make_key_file
from upheld.evidence.ssh import public_line

if TYPE_CHECKING:
    from datetime import date
    from importlib.resources.abc import Traversable
    from pathlib import Path

    from upheld.demo.rows import Records

MARKER = ".upheld-demo"
SEED = 20
OFFICER = "keys/officer"

_SAYS = "made by `upheld demo`, which empties this folder and writes it anew\n"


def build(folder: Path, *, people: int, today: date) -> int:
    """Write the folder anew; return how many rows its three databases hold.

    Raises:
        BadInput: the folder holds something else than a demo, or cannot be written.
        StoreFailed: a database cannot be written.
    """
    try:
        _clear(folder)
        _copy(resources.files("upheld.demo") / "company", folder)
        _appoint(folder)
        return sum(
            _fill(folder / f"{name}.sqlite", _script(name), records)
            for name, records in _records(people, today).items()
        )
    except OSError as error:
        raise BadInput(f"`{folder}` cannot be written: {(error.strerror or '').lower()}") from error
    except sqlite3.Error as error:
        raise StoreFailed(f"the databases in `{folder}` cannot be written; see `df`") from error


def bring_back(folder: Path, today: date) -> None:
    """Put a row of the erased customer into the CRM, as an import does that knows no better."""
    with closing(sqlite3.connect(folder / "crm.sqlite")) as crm_:
        last = int(crm_.execute("SELECT max(id) FROM registrations").fetchone()[0])
        row = late_registration(last + 1, today.isoformat())
        crm_.execute(_insert("registrations", len(row)), row)
        crm_.commit()


def _clear(folder: Path) -> None:
    """Empty a demo of before; whatever is not one is left alone."""
    folder.mkdir(parents=True, exist_ok=True)
    marker = folder / MARKER
    if not marker.is_file() and any(folder.iterdir()):
        raise BadInput(f"`{folder}` is not empty and no demo; choose another with `--dir`")
    marker.write_text(_SAYS, encoding="utf-8")
    for each in folder.iterdir():
        if each.is_dir() and not each.is_symlink():
            shutil.rmtree(each)
        elif each.name != MARKER:
            each.unlink()


def _copy(source: Traversable, target: Path) -> None:
    target.mkdir(exist_ok=True)
    for each in source.iterdir():
        if each.is_dir():
            _copy(each, target / each.name)
        else:
            (target / each.name).write_bytes(each.read_bytes())


def _appoint(folder: Path) -> None:
    """Make the keys of home, and an officer who may sign plans."""
    for name in NAMES:
        make_key_file(folder / "keys" / f"{name}.key")
    secret = Ed25519PrivateKey.generate()
    file = os.open(folder / OFFICER, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(file, "wb") as stream:
        stream.write(secret.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    with (folder / "upheld.toml").open("a", encoding="utf-8") as settings:
        settings.write(f'orla = "{public_line(folder / OFFICER)}"\n')


def _records(people: int, today: date) -> dict[str, Records]:
    dice = Dice(SEED, today)
    everybody = cast(people, dice)
    return {
        "crm": crm(everybody, dice),
        "service": service(everybody, dice),
        "web": web(everybody, dice),
    }


def _script(name: str) -> str:
    return (resources.files("upheld.demo") / "databases" / f"{name}.sql").read_text("utf-8")


def _fill(file: Path, script: str, records: Records) -> int:
    """Make one database, written once more at the end: no page holds what has moved to another."""
    with closing(sqlite3.connect(file, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("PRAGMA synchronous = OFF")
        database.executescript(script)
        database.execute("BEGIN")
        for table, rows in records.items():
            database.executemany(_insert(table, len(rows[0])), rows)
        database.execute("COMMIT")
        database.execute("VACUUM")
        database.execute("PRAGMA journal_mode = DELETE")
    return sum(len(rows) for rows in records.values())


def _insert(table: str, width: int) -> str:
    return f"INSERT INTO {table} VALUES ({', '.join('?' * width)})"  # noqa: S608 (our own names)
