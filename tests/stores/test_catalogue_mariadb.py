"""What the catalogue of a real MariaDB is read as."""

from __future__ import annotations

from contextlib import contextmanager
from secrets import token_hex
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from tests.stores.real import asked, catalogue, columns, made, seen
from upheld.model import Dialect, Reference, Type
from upheld.stores.sql.recording import steps_table

if TYPE_CHECKING:
    from collections.abc import Iterator

PEOPLE = "CREATE TABLE people (id INTEGER PRIMARY KEY, email VARCHAR(60) NOT NULL UNIQUE)"
TRIGGER = "CREATE TRIGGER counting BEFORE DELETE ON people FOR EACH ROW SET @gone = @gone + 1"


@contextmanager
def granted(url: str, rights: str) -> Iterator[str]:
    """Give the URL of a user who has some rights and no others; `{here}` is the database."""
    name, word, here = f"upheld_{token_hex(4)}", token_hex(16), sa.make_url(url).database
    made(url, f"CREATE USER {name}@'%' IDENTIFIED BY '{word}'")
    made(url, f"GRANT {rights.format(here=here)} TO {name}@'%'")
    try:
        theirs = sa.make_url(url).set(username=name, password=word)
        yield theirs.render_as_string(hide_password=False)
    finally:
        made(url, f"DROP USER {name}@'%'")


def test_names_are_as_they_were_written(mariadb_url: str) -> None:
    made(
        mariadb_url,
        "CREATE TABLE `select` (`from` TEXT, `camelCase` TEXT, `O'Brien` TEXT, `a.b` TEXT)",
        "CREATE TABLE `with.dot` (id INTEGER)",
        'CREATE TABLE `with "quote"` (id INTEGER)',
        steps_table(Dialect.MARIADB),
    )
    schema = catalogue(mariadb_url)
    assert set(schema.tables) == {"select", '"with.dot"', 'with "quote"'}
    assert list(columns(schema, "select")) == ["from", "camelCase", "O'Brien", "a.b"]


TYPES = {
    "VARCHAR(20)": (Type.TEXT, "varchar"),
    "CHAR(5)": (Type.TEXT, "char"),
    "LONGTEXT": (Type.TEXT, "longtext"),
    "JSON": (Type.TEXT, "json"),
    "INTEGER UNSIGNED": (Type.NUMBER, "int unsigned"),
    "DECIMAL(10,2)": (Type.NUMBER, "decimal(10,2)"),
    "BOOLEAN": (Type.NUMBER, "tinyint"),
    "BIT(3)": (Type.NUMBER, "bit"),
    "YEAR": (Type.NUMBER, "year"),
    "TIME": (Type.NUMBER, "time"),
    "DATE": (Type.DATE, "date"),
    "DATETIME(3)": (Type.DATE, "datetime"),
    "TIMESTAMP NULL": (Type.DATE, "timestamp"),
    "BINARY(16)": (Type.BYTES, "binary(16)"),
    "VARBINARY(20)": (Type.BYTES, "varbinary(20)"),
    "BLOB": (Type.BYTES, "blob"),
    "UUID": (Type.OTHER, "uuid"),
    "INET6": (Type.OTHER, "inet6"),
    "ENUM('well', 'ill)')": (Type.OTHER, "enum"),
    "SET('a', 'b')": (Type.OTHER, "set"),
    "POINT": (Type.OTHER, "point"),
}


def test_types_are_known_and_named(mariadb_url: str) -> None:
    parts = ", ".join(f"c{at} {kind}" for at, kind in enumerate(TYPES))
    made(mariadb_url, f"CREATE TABLE kinds ({parts})")
    found = columns(catalogue(mariadb_url), "kinds").values()
    assert {
        kind: (column.type, column.declared) for kind, column in zip(TYPES, found, strict=True)
    } == TYPES


def test_a_length_is_in_characters_and_only_text_has_one(mariadb_url: str) -> None:
    made(
        mariadb_url,
        "CREATE TABLE t (a VARCHAR(20), b CHAR(5), c TEXT, d TINYTEXT, e VARBINARY(9), f INTEGER)",
    )
    found = columns(catalogue(mariadb_url), "t")
    assert [each.length for each in found.values()] == [20, 5, None, 255, None, None]


def test_what_may_be_empty_and_what_is_computed_is_told(mariadb_url: str) -> None:
    made(
        mariadb_url,
        "CREATE TABLE t (a INTEGER AUTO_INCREMENT PRIMARY KEY, b VARCHAR(9), c TEXT NOT NULL, "
        "d VARCHAR(9) AS (UPPER(b)) STORED, e VARCHAR(9) AS (LOWER(b)) VIRTUAL)",
    )
    found = columns(catalogue(mariadb_url), "t")
    assert [each.nullable for each in found.values()] == [False, True, False, True, True]
    assert [each.generated for each in found.values()] == [False, False, False, True, True]


def test_what_the_database_compares_without_regard_to_case_folds(mariadb_url: str) -> None:
    made(
        mariadb_url,
        "CREATE TABLE t (a TEXT COLLATE utf8mb4_unicode_ci, b TEXT COLLATE utf8mb4_bin, "
        "c TEXT CHARACTER SET latin1 COLLATE latin1_general_cs, d INTEGER, e JSON)",
    )
    found = columns(catalogue(mariadb_url), "t")
    assert [each.folds for each in found.values()] == [True, False, False, False, False]


def test_foreign_keys_keep_the_order_of_their_columns_and_say_what_follows(
    mariadb_url: str,
) -> None:
    made(
        mariadb_url,
        "CREATE TABLE t (a INTEGER, b INTEGER, c INTEGER UNIQUE, PRIMARY KEY (b, a))",
        "CREATE TABLE u (id INTEGER PRIMARY KEY, x INTEGER, y INTEGER, z INTEGER, "
        "CONSTRAINT k1 FOREIGN KEY (y, x) REFERENCES t (b, a) ON DELETE CASCADE, "
        "CONSTRAINT k2 FOREIGN KEY (z) REFERENCES t (c) ON DELETE SET NULL, "
        "CONSTRAINT k3 FOREIGN KEY (x) REFERENCES u (id) ON DELETE RESTRICT, "
        "CONSTRAINT k4 FOREIGN KEY (y) REFERENCES u (id) ON DELETE NO ACTION)",
    )
    schema = catalogue(mariadb_url)
    assert schema.tables["t"].key == ("b", "a")
    assert schema.tables["u"].references == (
        Reference(("y", "x"), "t", ("b", "a"), "cascade"),
        Reference(("z",), "t", ("c",), "set null"),
        Reference(("x",), "u", ("id",), "restrict"),
        Reference(("y",), "u", ("id",), ""),
    )


def test_an_index_is_one_that_a_value_is_looked_up_by(mariadb_url: str) -> None:
    made(
        mariadb_url,
        "CREATE TABLE t (a INTEGER PRIMARY KEY, b VARCHAR(9), c VARCHAR(9), d POINT NOT NULL, "
        "UNIQUE (b, c), KEY (c, a), FULLTEXT (b), SPATIAL (d))",
    )
    found = catalogue(mariadb_url).tables["t"]
    assert found.indexes == (("a",), ("b", "c"), ("c", "a"))
    assert found.unique == (("a",), ("b", "c"))


def test_checks_and_triggers_are_named(mariadb_url: str) -> None:
    made(
        mariadb_url,
        PEOPLE,
        TRIGGER,
        "CREATE TABLE t (a INTEGER CHECK (a > 0), b JSON, CHECK (a < 9))",
    )
    schema = catalogue(mariadb_url)
    assert schema.tables["people"].triggers == ("counting",)
    assert set(schema.tables["t"].checks) == {"`a` > 0", "`a` < 9", "json_valid(`b`)"}


def test_partitions_are_one_table(mariadb_url: str) -> None:
    made(mariadb_url, "CREATE TABLE t (a INTEGER PRIMARY KEY) PARTITION BY HASH (a) PARTITIONS 4")
    assert list(catalogue(mariadb_url).tables) == ["t"]


def test_what_is_no_table_and_what_cannot_be_undone_lies_beside(mariadb_url: str) -> None:
    made(
        mariadb_url,
        PEOPLE,
        "CREATE VIEW active AS SELECT * FROM people",
        "CREATE TABLE log (words TEXT) ENGINE = MyISAM",
        "CREATE TABLE old (words TEXT) ENGINE = Aria",
        "CREATE TABLE prices (words TEXT) WITH SYSTEM VERSIONING",
        "CREATE SEQUENCE numbers",
    )
    schema = catalogue(mariadb_url)
    assert set(schema.tables) == {"people", "log", "old", "prices"}
    assert schema.beside == {
        "active": "a view",
        "log": "a table of MyISAM, which undoes nothing",
        "old": "a table of Aria, which undoes nothing",
        "prices": "a table that keeps what its rows were",
    }


def test_another_database_of_the_server_is_not_read(mariadb_url: str) -> None:
    made(mariadb_url, PEOPLE)
    assert list(catalogue(mariadb_url).tables) == ["people"]
    assert "mysql" not in " ".join(catalogue(mariadb_url).beside)


@pytest.mark.parametrize(
    ("rights", "sees"),
    [
        ("SELECT ON `{here}`.*", False),
        ("SELECT, TRIGGER ON `{here}`.*", True),
        ("ALL PRIVILEGES ON `{here}`.*", True),
        ("SELECT, TRIGGER ON *.*", True),
        (r"SELECT, TRIGGER ON `upheld\_%`.*", True),
        ("SELECT, TRIGGER ON `upheld_%`.*", True),
    ],
)
def test_a_role_that_may_not_see_triggers_is_told_so(
    mariadb_url: str, rights: str, *, sees: bool
) -> None:
    made(mariadb_url, PEOPLE, TRIGGER)
    with granted(mariadb_url, rights) as theirs:
        schema = catalogue(theirs)
    assert schema.tables["people"].triggers == (("counting",) if sees else ())
    assert schema.beside == ({} if sees else {"triggers": "hidden from this role"})


def test_triggers_of_another_database_say_nothing_of_this_one(mariadb_url: str) -> None:
    made(mariadb_url, PEOPLE, TRIGGER)
    with granted(mariadb_url, "SELECT ON `{here}`.*") as theirs:
        made(mariadb_url, f"GRANT TRIGGER ON `other%`.* TO {sa.make_url(theirs).username}@'%'")
        assert catalogue(theirs).beside == {"triggers": "hidden from this role"}


CHANGES = {
    "ALTER TABLE people ADD COLUMN born DATE": "ALTER TABLE people DROP COLUMN born",
    "ALTER TABLE people MODIFY email VARCHAR(50) NOT NULL": (
        "ALTER TABLE people MODIFY email VARCHAR(60) NOT NULL"
    ),
    "ALTER TABLE people MODIFY email VARCHAR(60)": (
        "ALTER TABLE people MODIFY email VARCHAR(60) NOT NULL"
    ),
    "RENAME TABLE people TO persons": "RENAME TABLE persons TO people",
    "ALTER TABLE people ADD CONSTRAINT c CHECK (id > 0)": "ALTER TABLE people DROP CONSTRAINT c",
    "CREATE INDEX late ON people (email, id)": "DROP INDEX late ON people",
    "CREATE TABLE orders (who INTEGER)": "DROP TABLE orders",
    "ALTER TABLE visits ADD CONSTRAINT k FOREIGN KEY (who) REFERENCES people (id)": (
        "ALTER TABLE visits DROP FOREIGN KEY k"
    ),
    "ALTER TABLE visits DROP FOREIGN KEY j": (
        "ALTER TABLE visits ADD CONSTRAINT j FOREIGN KEY (who) REFERENCES people (id)"
    ),
    "CREATE VIEW active AS SELECT 1": "DROP VIEW active",
    TRIGGER: "DROP TRIGGER counting",
    "ALTER TABLE visits ENGINE = InnoDB WITH SYSTEM VERSIONING": "SELECT 1",
}


@pytest.mark.slow
def test_a_fingerprint_is_another_after_any_change_and_the_same_after_none(
    mariadb_url: str,
) -> None:
    made(
        mariadb_url,
        PEOPLE,
        "CREATE TABLE visits (who INTEGER, KEY (who), "
        "CONSTRAINT j FOREIGN KEY (who) REFERENCES people (id))",
    )
    before = seen(mariadb_url)
    made(mariadb_url, "INSERT INTO people VALUES (1, 'ada@example.com')", "ANALYZE TABLE people")
    for change, back in CHANGES.items():
        assert seen(mariadb_url) == before, change
        made(mariadb_url, change)
        assert seen(mariadb_url) != before, change
        made(mariadb_url, back)
    with granted(mariadb_url, "ALL PRIVILEGES ON `{here}`.*") as theirs:
        assert seen(theirs) != seen(mariadb_url)


@pytest.mark.parametrize(
    "other", ["people (id) ON DELETE SET NULL", "visits (id) ON DELETE CASCADE"]
)
def test_a_foreign_key_of_the_same_name_to_elsewhere_is_another_fingerprint(
    mariadb_url: str, other: str
) -> None:
    key = "ALTER TABLE visits ADD CONSTRAINT j FOREIGN KEY (who) REFERENCES"
    made(mariadb_url, PEOPLE, "CREATE TABLE visits (id INTEGER PRIMARY KEY, who INTEGER)")
    made(mariadb_url, f"{key} people (id) ON DELETE CASCADE")
    before = seen(mariadb_url)
    made(mariadb_url, "ALTER TABLE visits DROP FOREIGN KEY j", f"{key} {other}")
    assert seen(mariadb_url) != before


def test_a_fingerprint_is_another_when_a_role_comes_to_see_triggers(mariadb_url: str) -> None:
    made(mariadb_url, PEOPLE)
    with granted(mariadb_url, "SELECT ON `{here}`.*") as theirs:
        before = seen(theirs)
        user = sa.make_url(theirs)
        made(mariadb_url, f"GRANT TRIGGER ON `{user.database}`.* TO {user.username}@'%'")
        assert seen(theirs) != before


def test_many_tables_take_no_more_questions_than_one(mariadb_url: str) -> None:
    made(mariadb_url, PEOPLE)
    before = asked(mariadb_url)
    made(
        mariadb_url,
        *(f"CREATE TABLE t{at} (id INTEGER PRIMARY KEY REFERENCES people (id))" for at in range(9)),
    )
    assert asked(mariadb_url) == before


@pytest.mark.parametrize(
    ("rights", "tables", "columns_"),
    [
        ("SELECT (id), UPDATE (email) ON `{here}`.people", True, True),
        ("DELETE, UPDATE (email) ON `{here}`.people", True, True),
        ("SELECT, UPDATE (email) ON `{here}`.people", True, False),
        ("ALL PRIVILEGES ON `{here}`.people", True, False),
        ("DELETE ON `{here}`.*", True, True),
        ("REFERENCES ON `{here}`.*", False, False),
        ("SELECT ON *.*", False, False),
    ],
)
def test_where_a_role_is_shown_only_what_it_has_a_right_on_that_is_told(
    mariadb_url: str, *, rights: str, tables: bool, columns_: bool
) -> None:
    made(mariadb_url, PEOPLE)
    with granted(mariadb_url, rights) as theirs:
        schema = catalogue(theirs)
        assert schema.veiled is tables
        assert {each.veiled for each in schema.tables.values()} <= {columns_}
        whole = "people" in schema.tables and len(schema.tables["people"].columns) == 2
        assert whole or columns_
    assert not catalogue(mariadb_url).veiled
