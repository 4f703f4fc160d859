from __future__ import annotations

import importlib
import inspect
import pkgutil
from pathlib import Path
from typing import TYPE_CHECKING

import upheld.evidence
import upheld.stores
from upheld.conformance import HomeContract, StoreContract
from upheld.ports import Home, Store

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import ModuleType

_TESTS = Path(__file__).parent.parent


def filling(port: type, package: ModuleType) -> set[str]:
    """Name the classes of a package that have every verb of a port."""
    modules = [
        importlib.import_module(found.name)
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    ]
    return {each.__name__ for module in modules for each in _fill(port, module)}


def _fill(port: type, module: ModuleType) -> Iterator[type]:
    verbs = {name for name in vars(port) if not name.startswith("_")}
    for _, each in inspect.getmembers(module, inspect.isclass):
        if each.__module__ == module.__name__ and verbs <= set(dir(each)):
            yield each


def contracts(contract: type, folder: str) -> set[str]:
    """Name the test classes in a folder of tests that take on a contract."""
    for path in sorted((_TESTS / folder).glob("test_*.py")):
        importlib.import_module(f"tests.{folder}.{path.stem}")
    return {each.__name__ for each in _below(contract)}


def _below(above: type) -> Iterator[type]:
    found: list[type] = above.__subclasses__()
    for each in found:
        yield each
        yield from _below(each)


def without(names: Iterable[str], tested: set[str]) -> list[str]:
    """Name the classes that no test class is named for."""
    return sorted(name for name in names if f"Test{name}" not in tested)


def test_every_store_has_a_contract() -> None:
    stores = filling(Store, upheld.stores)
    assert {"SqlStore", "ManualStore"} <= stores
    assert without(stores, contracts(StoreContract, "stores")) == [], (
        "add to tests/stores a subclass of StoreContract named `Test` and the store's name"
    )


def test_every_home_has_a_contract() -> None:
    homes = filling(Home, upheld.evidence)
    assert homes
    assert without(homes, contracts(HomeContract, "evidence")) == []


def test_a_store_without_a_contract_is_noticed(tmp_path: Path) -> None:
    """A store file is written beside ours for a moment; nobody has tested it."""
    verbs = [name for name in vars(Store) if not name.startswith("_")]
    body = "\n".join(f"    def {verb}(self): ..." for verb in verbs)
    (tmp_path / "ftp.py").write_text(f"class FtpStore:\n{body}\n", "utf-8")
    (tmp_path / "half.py").write_text("class Half:\n    def schema(self): ...\n", "utf-8")
    places = upheld.stores.__path__
    places.append(str(tmp_path))
    try:
        stores = filling(Store, upheld.stores)
    finally:
        places.remove(str(tmp_path))
    assert without(stores, contracts(StoreContract, "stores")) == ["FtpStore"]
