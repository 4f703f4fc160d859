"""Makes a company's folder around a copy of a shop."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bench.shop import BUILD, HERE, Shop, built
from upheld.evidence.keys import NAMES, make_key_file
from upheld.evidence.ssh import public_line

if TYPE_CHECKING:
    from collections.abc import Iterator

OFFICER = "keys/officer"
DATABASE = "shop.sqlite"
VARIABLE = "BENCH_SHOP"


@contextmanager
def company(shop: Shop | None) -> Iterator[Path]:
    """Make a folder with policy, map, keys and a copy of the shop; remove it afterwards.

    Without one its store is wherever the variable `BENCH_SHOP` says.
    """
    BUILD.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=BUILD) as name:
        folder = Path(name)
        if shop:
            shutil.copy(built(shop), folder / DATABASE)
        policy = files("upheld") / "examples" / "company" / "policy.yaml"
        (folder / "policy.yaml").write_bytes(policy.read_bytes())
        (folder / "stores").mkdir()
        mapped = (HERE / "shop.yaml").read_text("utf-8")
        if shop is None:
            mapped = mapped.replace(f"sqlite:///{DATABASE}", f"env:{VARIABLE}")
        (folder / "stores" / "shop.yaml").write_text(mapped, "utf-8")
        for each in NAMES:
            make_key_file(folder / "keys" / f"{each}.key")
        _make_officer(folder / OFFICER)
        (folder / "upheld.toml").write_text(_settings(folder), "utf-8")
        yield folder


def _make_officer(path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    path.chmod(0o600)


def _settings(folder: Path) -> str:
    keys = "".join(f'{each} = "file:keys/{each}.key"\n' for each in NAMES)
    return (
        'home = "sqlite:///home.sqlite"\norigin = "bench.example/log"\nzone = "UTC"\n'
        f'[keys]\n{keys}[officers]\nada = "{public_line(folder / OFFICER)}"\n'
    )
