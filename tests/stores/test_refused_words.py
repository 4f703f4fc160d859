"""What is said of a rule that a database would not let us break: its names, never a value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from tests.stores.base import ADA, Base, made
from upheld.model import Declined

if TYPE_CHECKING:
    from pathlib import Path

_GATED = """CREATE FUNCTION shut() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM gate) THEN
    RAISE EXCEPTION USING MESSAGE = OLD.email, TABLE = OLD.email, COLUMN = OLD.n,
      SCHEMA = OLD.n, CONSTRAINT = OLD.email, DETAIL = OLD.email, ERRCODE = '23514';
  END IF;
  RETURN NEW;
END $$"""
_TRIGGER = "CREATE TRIGGER shut BEFORE UPDATE ON people FOR EACH ROW EXECUTE FUNCTION shut()"

_INTO_OTHER = "INSERT INTO other VALUES (OLD.n)"
_AGAIN = f"""CREATE FUNCTION again() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN {_INTO_OTHER}; RETURN NEW; END $$"""
_EACH = "CREATE TRIGGER t BEFORE UPDATE ON people FOR EACH ROW"
AGAIN = {
    "sqlite": (f"CREATE TRIGGER t BEFORE UPDATE ON people BEGIN {_INTO_OTHER}; END",),
    "postgresql": (_AGAIN, f"{_EACH} EXECUTE FUNCTION again()"),
    "mariadb": (f"{_EACH} {_INTO_OTHER}",),
}


def gated(url: str) -> Base:
    base = made(url, "n text", "n: none", "'Lovelace'", "'x'")
    base.run("CREATE TABLE gate (id integer)", _GATED, _TRIGGER)
    return base


def test_a_trigger_that_gives_values_as_names_is_not_repeated_when_it_comes_late(
    postgres_url: str,
) -> None:
    base = gated(postgres_url)
    step = base.step(email=ADA)
    base.run("INSERT INTO gate VALUES (1)")
    assert base.store.act(step) == Declined(
        "store `shop` refuses: the check would be broken; change what the map does to that field, "
        "plan again"
    )


def test_a_trigger_that_gives_values_as_names_is_not_repeated_in_a_plan(postgres_url: str) -> None:
    base = gated(postgres_url)
    base.run("INSERT INTO gate VALUES (1)")
    [said] = base.store.preview(base.step(email=ADA)).refusals
    assert "the check would be broken" in said


def test_a_trigger_that_names_a_table_of_the_catalogue_and_no_column_of_it(
    postgres_url: str,
) -> None:
    base = gated(postgres_url)
    base.run(
        "INSERT INTO gate VALUES (1)",
        _GATED.replace("CREATE", "CREATE OR REPLACE").replace(
            "TABLE = OLD.email", "TABLE = 'gate'"
        ),
    )
    [said] = base.store.preview(base.step(email=ADA)).refusals
    assert "the check on `gate` would be broken" in said


@pytest.mark.parametrize("space", ["", "crm."])
def test_a_rule_of_a_server_is_told_by_its_table_and_column(postgres_url: str, space: str) -> None:
    base = Base(
        postgres_url,
        f"""
collections:
  {space}people:
    key: id
    person: yes
    people: [{{match: email, identity: email, is: about}}]
    erase: fields
    fields: {{id: none, email: contact}}
""",
    )
    base.run(
        "CREATE SCHEMA crm",
        f"CREATE TABLE {space}people (id integer PRIMARY KEY, email text)",
        f"INSERT INTO {space}people VALUES (1, '{ADA}')",
    )
    step = base.step(email=ADA)
    base.run(
        "CREATE FUNCTION full_again() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"INSERT INTO {space}other VALUES (NULL); RETURN NEW; END $$",
        f"CREATE TABLE {space}other (mail text NOT NULL)",
        f"CREATE TRIGGER t BEFORE UPDATE ON {space}people FOR EACH ROW "
        "EXECUTE FUNCTION full_again()",
    )
    done = base.store.act(step)
    assert isinstance(done, Declined)
    assert f"the constraint NOT NULL on `{space}other.mail` would be broken" in done.why


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("CHECK (n <> 'Lovelace')", "the check would be broken"),
        ("CONSTRAINT polite CHECK (n <> 'Lovelace')", "the check on `polite` would be broken"),
        ("NOT NULL", "the constraint NOT NULL on `other.n` would be broken"),
        ("UNIQUE", "the constraint UNIQUE on `other.n` would be broken"),
    ],
)
def test_a_rule_of_sqlite_is_told_by_its_names(tmp_path: Path, rule: str, words: str) -> None:
    base = made(f"sqlite:///{tmp_path}/x.sqlite", "n text", "n: contact", "'Lovelace'", "'x'")
    base.run(
        f"CREATE TABLE other (n text {rule})",
        "INSERT INTO other VALUES ('b')",
        "CREATE TRIGGER t BEFORE UPDATE ON people BEGIN INSERT INTO other VALUES "
        f"({'NULL' if 'NULL' in rule else 'old.n' if 'CHECK' in rule else repr('b')}); END",
    )
    [said] = base.store.preview(base.step(email=ADA)).refusals
    assert words in said
    assert "Lovelace" not in said


def test_a_unique_index_over_more_than_whole_values_is_told_by_its_name(
    database_url: str,
) -> None:
    kind = sa.make_url(database_url).get_backend_name()
    base = made(database_url, "n varchar(90)", "n: contact", "'Lovelace'", "'x'")
    on = "n(4)" if kind == "mariadb" else "(substr(n, 1, 4))"
    base.run(
        "CREATE TABLE other (n varchar(90))",
        f'CREATE UNIQUE INDEX "it\'s . one" ON other ({on})'.replace(
            '"', "`" if kind == "mariadb" else '"'
        ),
        "INSERT INTO other VALUES ('Lovelace for key')",
        *AGAIN[kind],
    )
    [said] = base.store.preview(base.step(email=ADA)).refusals
    assert "the constraint UNIQUE on index `it's . one` of `other` would be broken" in said
    assert "Lovelace" not in said


def test_a_unique_index_of_a_partition_is_told_with_the_whole_table(postgres_url: str) -> None:
    base = made(postgres_url, "n text", "n: contact", "'Lovelace'", "'x'")
    base.run(
        "CREATE TABLE other (n text) PARTITION BY RANGE (n)",
        "CREATE TABLE other_all PARTITION OF other DEFAULT",
        "CREATE UNIQUE INDEX once_only ON other (n)",
        "INSERT INTO other VALUES ('Lovelace')",
        *AGAIN["postgresql"],
    )
    [said] = base.store.preview(base.step(email=ADA)).refusals
    assert "the constraint UNIQUE on index `other_all_n_idx` of `other` would be broken" in said


def test_a_name_that_several_tables_of_mariadb_give_a_key_is_told_with_each(
    mariadb_url: str,
) -> None:
    base = made(mariadb_url, "n varchar(90)", "n: contact", "'Lovelace'", "'x'")
    base.run(
        "CREATE TABLE other (n varchar(90) UNIQUE)",
        "CREATE TABLE third (n varchar(90) UNIQUE)",
        "INSERT INTO other VALUES ('Lovelace')",
        *AGAIN["mariadb"],
    )
    [said] = base.store.preview(base.step(email=ADA)).refusals
    assert "the constraint UNIQUE on index `n` of `other` or `third` would be broken" in said


def test_a_trigger_of_mariadb_that_gives_values_as_names_is_not_repeated(mariadb_url: str) -> None:
    base = made(mariadb_url, "n text", "n: contact", "'Lovelace'", "'x'")
    base.run(
        "CREATE TRIGGER t BEFORE UPDATE ON people FOR EACH ROW SIGNAL SQLSTATE '23000' SET "
        "MESSAGE_TEXT = 'Duplicate entry ''x'' for key ''Lovelace''', TABLE_NAME = 'Lovelace', "
        "MYSQL_ERRNO = 1062"
    )
    [said] = base.store.preview(base.step(email=ADA)).refusals
    assert "refuses: the constraint UNIQUE would be broken" in said


def test_a_value_that_a_column_does_not_take_the_form_of_is_refused_in_words(
    mariadb_url: str,
) -> None:
    """What is no UUID stands here for a value of any type that is written amiss."""
    some = "'6ccd780c-baba-1026-9564-5b8c656024db'"
    base = made(mariadb_url, "n uuid", "n: contact", some, some)
    base.run(f"{_EACH} SET NEW.n = 'Lovelace'")
    [said] = base.store.preview(base.step(email=ADA)).refusals
    assert "the form of a column's values would be broken" in said
    assert "Lovelace" not in said
