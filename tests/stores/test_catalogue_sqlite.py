"""What the catalogue of SQLite is read as, where the tests of the store do not ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.stores.real import catalogue, columns, made
from upheld.model import Reference

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Give a fresh, empty database."""
    return f"sqlite:///{tmp_path / 'fresh.sqlite'}"


def test_foreign_keys_say_what_follows(url: str) -> None:
    made(
        url,
        "CREATE TABLE t (id INTEGER PRIMARY KEY)",
        "CREATE TABLE u (a INTEGER REFERENCES t ON DELETE CASCADE)",
        "CREATE TABLE v (a INTEGER REFERENCES t ON DELETE SET NULL)",
        "CREATE TABLE w (a INTEGER REFERENCES t ON DELETE NO ACTION)",
    )
    tables = catalogue(url).tables
    assert [tables[name].references for name in "uvw"] == [
        (Reference(("a",), "t", ("id",), "cascade"),),
        (Reference(("a",), "t", ("id",), "set null"),),
        (Reference(("a",), "t", ("id",), ""),),
    ]


def test_a_view_lies_beside(url: str) -> None:
    made(url, "CREATE TABLE t (id INTEGER)", "CREATE VIEW v AS SELECT * FROM t")
    schema = catalogue(url)
    assert (list(schema.tables), schema.beside) == (["t"], {"v": "a view"})


def test_a_name_with_a_dot_is_in_quotes(url: str) -> None:
    made(
        url,
        'CREATE TABLE "with.dot" (id INTEGER PRIMARY KEY, "a.b" TEXT)',
        'CREATE TABLE t (a INTEGER REFERENCES "with.dot")',
    )
    schema = catalogue(url)
    assert set(schema.tables) == {'"with.dot"', "t"}
    assert schema.tables["t"].references[0].to == '"with.dot"'
    assert list(columns(schema, '"with.dot"')) == ["id", "a.b"]


def test_types_keep_their_word(url: str) -> None:
    made(url, "CREATE TABLE t (a VARCHAR(20), b JSON, c)")
    found = columns(catalogue(url), "t")
    assert [each.declared for each in found.values()] == ["varchar", "json", ""]
