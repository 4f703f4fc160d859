"""What the catalogue of a real PostgreSQL is read as."""

from __future__ import annotations

from secrets import token_hex
from typing import TYPE_CHECKING

import pytest

from tests.stores.real import asked, catalogue, columns, made, seen
from upheld.model import Dialect, Reference, Type
from upheld.stores.sql.recording import steps_table

if TYPE_CHECKING:
    from collections.abc import Iterator

PEOPLE = "CREATE TABLE people (id integer PRIMARY KEY, email text NOT NULL UNIQUE)"


@pytest.fixture
def role(postgres_url: str) -> Iterator[str]:
    """Give a role that may read what is in the schema `public`, and nothing else."""
    name = f"upheld_reader_{token_hex(4)}"
    reads = f"ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO {name}"
    made(postgres_url, f"CREATE ROLE {name}", reads)
    yield name
    made(postgres_url, f"DROP OWNED BY {name}", f"DROP ROLE {name}")


def test_a_table_is_named_bare_where_the_search_path_finds_it(postgres_url: str) -> None:
    made(
        postgres_url,
        "CREATE SCHEMA crm",
        PEOPLE,
        "CREATE TABLE crm.people (id integer PRIMARY KEY)",
        "CREATE TABLE crm.orders (id integer PRIMARY KEY REFERENCES people)",
    )
    schema = catalogue(postgres_url)
    assert set(schema.tables) == {"people", "crm.people", "crm.orders"}
    assert [each.to for each in schema.tables["crm.orders"].references] == ["people"]
    moved = catalogue(postgres_url, "SET search_path = crm, public")
    assert set(moved.tables) == {"people", "public.people", "orders"}
    assert [each.to for each in moved.tables["orders"].references] == ["public.people"]


def test_names_are_as_they_were_written(postgres_url: str) -> None:
    made(
        postgres_url,
        'CREATE SCHEMA "odd.one"',
        'CREATE TABLE "select" ("from" text, "camelCase" text, "O""Brien" text, "a.b" text)',
        'CREATE TABLE "with.dot" (id integer)',
        'CREATE TABLE "with ""quote""" (id integer)',
        'CREATE TABLE "odd.one"."say ""it""" (id integer)',
    )
    schema = catalogue(postgres_url)
    assert set(schema.tables) == {
        "select",
        '"with.dot"',
        'with "quote"',
        '"odd.one"."say ""it"""',
    }
    assert list(columns(schema, "select")) == ["from", "camelCase", 'O"Brien', "a.b"]


TYPES = {
    "text": (Type.TEXT, "text"),
    "varchar(20)": (Type.TEXT, "character varying"),
    "char(5)": (Type.TEXT, "bpchar"),
    "name": (Type.TEXT, "name"),
    "integer": (Type.NUMBER, "integer"),
    "numeric(10,2)": (Type.NUMBER, "numeric(10,2)"),
    "boolean": (Type.NUMBER, "boolean"),
    "time": (Type.NUMBER, "time without time zone"),
    "interval": (Type.NUMBER, "interval"),
    "date": (Type.DATE, "date"),
    "timestamp": (Type.DATE, "timestamp without time zone"),
    "timestamptz(3)": (Type.DATE, "timestamp(3) with time zone"),
    "bytea": (Type.BYTES, "bytea"),
    "uuid": (Type.OTHER, "uuid"),
    "json": (Type.OTHER, "json"),
    "jsonb": (Type.OTHER, "jsonb"),
    "varchar(20)[]": (Type.OTHER, "character varying[]"),
    "inet": (Type.OTHER, "inet"),
    "xml": (Type.OTHER, "xml"),
    "tsvector": (Type.OTHER, "tsvector"),
    "daterange": (Type.OTHER, "daterange"),
    "bit(8)": (Type.OTHER, '"bit"'),
}


def test_types_are_known_and_named_as_a_cast_names_them(postgres_url: str) -> None:
    parts = ", ".join(f"c{at} {kind}" for at, kind in enumerate(TYPES))
    made(postgres_url, f"CREATE TABLE kinds ({parts})")
    found = columns(catalogue(postgres_url), "kinds").values()
    assert {
        kind: (column.type, column.declared) for kind, column in zip(TYPES, found, strict=True)
    } == TYPES


def test_an_enumeration_is_no_text(postgres_url: str) -> None:
    made(
        postgres_url,
        "CREATE SCHEMA crm",
        "CREATE TYPE mood AS ENUM ('well', 'ill')",
        """CREATE TYPE crm."Size" AS ENUM ('s', 'l')""",
        'CREATE TABLE people (mood mood, size crm."Size")',
    )
    found = columns(catalogue(postgres_url), "people")
    assert {each.type for each in found.values()} == {Type.OTHER}
    assert [each.declared for each in found.values()] == ["mood", 'crm."Size"']


def test_a_length_is_in_characters_and_only_text_has_one(postgres_url: str) -> None:
    made(
        postgres_url,
        "CREATE TABLE t (a varchar(20), b char(5), c text, d numeric(9,2), e name, f bit(8))",
    )
    found = columns(catalogue(postgres_url), "t")
    assert [each.length for each in found.values()] == [20, 5, None, None, 63, None]


def test_a_domain_is_what_it_is_over_in_its_own_name(postgres_url: str) -> None:
    made(
        postgres_url,
        "CREATE DOMAIN code AS varchar(12) CHECK (VALUE <> '')",
        "CREATE DOMAIN short_code AS code NOT NULL CHECK (length(VALUE) < 9)",
        "CREATE TABLE t (id integer PRIMARY KEY, a code, b short_code, CHECK (id > 0))",
    )
    schema = catalogue(postgres_url)
    found = columns(schema, "t")
    assert [(e.type, e.declared, e.length, e.nullable) for e in found.values()] == [
        (Type.NUMBER, "integer", None, False),
        (Type.TEXT, "code", 12, True),
        (Type.TEXT, "short_code", 12, False),
    ]
    words = " ".join(schema.tables["t"].checks)
    assert [part in words for part in ("id > 0", "<> ''", "< 9")] == [True, True, True]
    assert len(schema.tables["t"].checks) == 3


def test_what_the_database_compares_without_regard_to_case_folds(postgres_url: str) -> None:
    made(
        postgres_url,
        "CREATE EXTENSION citext",
        "CREATE DOMAIN address AS citext",
        "CREATE TABLE t (a citext, b address, c text)",
    )
    found = columns(catalogue(postgres_url), "t")
    assert [each.folds for each in found.values()] == [True, True, False]
    assert {each.type for each in found.values()} == {Type.TEXT}


@pytest.mark.parametrize(
    ("locale", "folds"),
    [
        ("und-u-ks-level2", True),
        ("und-u-ks-level1", True),
        ("@colStrength=secondary", True),
        ("und-u-kc-true-ks-level1", False),
        ("und-u-kn-true", False),
    ],
)
def test_a_collation_folds_that_disregards_case(
    postgres_url: str, locale: str, *, folds: bool
) -> None:
    """Only ICU compares so; the catalogue says it, whatever a server was built with."""
    made(
        postgres_url,
        "CREATE COLLATION any_case (provider = libc, locale = 'C')",
        f"UPDATE pg_collation SET collisdeterministic = false, collcollate = '{locale}' "
        "WHERE collname = 'any_case'",
    )
    made(
        postgres_url,
        "CREATE DOMAIN address AS text COLLATE any_case",
        "CREATE TABLE t (a text COLLATE any_case, b address, c text)",
    )
    found = columns(catalogue(postgres_url), "t")
    assert [each.folds for each in found.values()] == [folds, folds, False]
    assert [bool(each.loosely) for each in found.values()] == [True, True, False]


def test_what_the_database_computes_is_generated(postgres_url: str) -> None:
    made(
        postgres_url,
        "CREATE TABLE t ("
        "a integer GENERATED ALWAYS AS IDENTITY, b integer GENERATED BY DEFAULT AS IDENTITY, "
        "c text, d text GENERATED ALWAYS AS (upper(c)) STORED)",
    )
    found = columns(catalogue(postgres_url), "t")
    assert [each.generated for each in found.values()] == [True, False, False, True]


FULL_TEXT = "FOR EACH ROW EXECUTE FUNCTION tsvector_update_trigger(wörter, 'pg_catalog.simple', c)"


@pytest.mark.parametrize(
    ("trigger", "fills"),
    [
        (f"BEFORE INSERT OR UPDATE ON t {FULL_TEXT}", True),
        (f"BEFORE INSERT ON t {FULL_TEXT}", False),
        (f"BEFORE INSERT OR UPDATE OF d ON t {FULL_TEXT}", False),
        (f"BEFORE INSERT OR UPDATE ON t {FULL_TEXT.replace('ROW', 'ROW WHEN (NEW.d > 0)')}", False),
    ],
)
def test_full_text_that_a_trigger_always_fills_is_generated(
    postgres_url: str, trigger: str, *, fills: bool
) -> None:
    made(
        postgres_url,
        "CREATE TABLE t (c text, d integer, wörter tsvector, more tsvector)",
        f"CREATE TRIGGER fill {trigger}",
    )
    found = columns(catalogue(postgres_url), "t")
    assert (found["wörter"].generated, found["more"].generated) == (fills, False)


def test_foreign_keys_keep_the_order_of_their_columns_and_say_what_follows(
    postgres_url: str,
) -> None:
    made(
        postgres_url,
        "CREATE TABLE t (a integer, b integer, c text UNIQUE, PRIMARY KEY (b, a))",
        "CREATE TABLE u (id integer PRIMARY KEY, x integer, y integer, z text, "
        "CONSTRAINT k1 FOREIGN KEY (x, y) REFERENCES t (a, b) ON DELETE CASCADE, "
        "CONSTRAINT k2 FOREIGN KEY (z) REFERENCES t (c) ON DELETE SET NULL, "
        "CONSTRAINT k3 FOREIGN KEY (y, x) REFERENCES t ON DELETE RESTRICT, "
        "CONSTRAINT k4 FOREIGN KEY (z) REFERENCES t (c) ON DELETE SET DEFAULT, "
        "CONSTRAINT k5 FOREIGN KEY (z) REFERENCES t (c))",
    )
    schema = catalogue(postgres_url)
    assert schema.tables["t"].key == ("b", "a")
    assert schema.tables["u"].references == (
        Reference(("x", "y"), "t", ("a", "b"), "cascade"),
        Reference(("z",), "t", ("c",), "set null"),
        Reference(("y", "x"), "t", ("b", "a"), "restrict"),
        Reference(("z",), "t", ("c",), "set default"),
        Reference(("z",), "t", ("c",), ""),
    )


def test_a_partitioned_table_speaks_for_its_partitions(postgres_url: str) -> None:
    made(
        postgres_url,
        PEOPLE,
        "CREATE TABLE visits (id integer, who integer REFERENCES people ON DELETE CASCADE, "
        "day date, seen integer, CHECK (seen > 0), PRIMARY KEY (id, day)) PARTITION BY RANGE (day)",
        "CREATE TABLE visits_old PARTITION OF visits FOR VALUES FROM (MINVALUE) TO ('2026-01-01') "
        "PARTITION BY LIST (id)",
        "CREATE TABLE visits_oldest PARTITION OF visits_old DEFAULT",
        "ALTER TABLE visits_oldest ADD CONSTRAINT own FOREIGN KEY (seen) REFERENCES people",
        "CREATE TABLE notes (visit integer, day date, "
        "FOREIGN KEY (visit, day) REFERENCES visits (id, day))",
    )
    schema = catalogue(postgres_url)
    assert set(schema.tables) == {"people", "visits", "notes"}
    visits = schema.tables["visits"]
    assert visits.key == ("id", "day")
    assert visits.checks == ("CHECK ((seen > 0))",)
    assert sorted(visits.references, key=lambda each: each.columns) == [
        Reference(("seen",), "people", ("id",), ""),
        Reference(("who",), "people", ("id",), "cascade"),
    ]
    to_visits = Reference(("visit", "day"), "visits", ("id", "day"), "")
    assert schema.tables["notes"].references == (to_visits,)


def test_an_index_is_one_that_a_value_is_looked_up_by(postgres_url: str) -> None:
    made(
        postgres_url,
        'CREATE TABLE t (a integer PRIMARY KEY, b text, "C" text UNIQUE, d integer[])',
        'CREATE INDEX ON t (lower("C"), b)',
        "CREATE UNIQUE INDEX ON t (b, lower(b))",
        "CREATE UNIQUE INDEX ON t (b) INCLUDE (a)",
        "CREATE INDEX ON t USING hash (a)",
        "CREATE INDEX ON t (b, a) WHERE a > 0",
        "CREATE INDEX ON t USING gin (d)",
    )
    found = catalogue(postgres_url).tables["t"]
    assert found.indexes == (("C",), ("a",), ("b",), ("b", "lower(b)"), ('lower("C")', "b"))
    assert found.unique == (("C",), ("a",), ("b",))


def test_an_index_that_could_not_be_built_is_none(postgres_url: str) -> None:
    made(postgres_url, "CREATE TABLE t (a integer)", "CREATE INDEX broken ON t (a)")
    made(
        postgres_url,
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'broken'::regclass",
    )
    assert catalogue(postgres_url).tables["t"].indexes == ()


def test_what_excludes_rows_is_a_check(postgres_url: str) -> None:
    made(postgres_url, "CREATE TABLE t (at daterange, EXCLUDE USING gist (at WITH &&))")
    (check,) = catalogue(postgres_url).tables["t"].checks
    assert check == "EXCLUDE USING gist (at WITH &&)"


def test_triggers_and_rules_that_change_an_erasure_are_named(postgres_url: str) -> None:
    made(
        postgres_url,
        PEOPLE,
        "CREATE TABLE orders (who integer REFERENCES people)",
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        "CREATE TRIGGER refusing BEFORE DELETE ON people FOR EACH ROW EXECUTE FUNCTION refuse()",
        "CREATE TRIGGER asleep BEFORE DELETE ON people FOR EACH ROW EXECUTE FUNCTION refuse()",
        "ALTER TABLE people DISABLE TRIGGER asleep",
        "CREATE RULE keeping AS ON DELETE TO orders DO INSTEAD NOTHING",
    )
    schema = catalogue(postgres_url)
    assert schema.tables["people"].triggers == ("refusing",)
    assert schema.tables["orders"].triggers == ("keeping",)


def test_what_is_no_table_lies_beside(postgres_url: str) -> None:
    made(
        postgres_url,
        PEOPLE,
        "CREATE SCHEMA crm",
        "CREATE VIEW active AS SELECT * FROM people",
        "CREATE MATERIALIZED VIEW crm.counted AS SELECT count(*) FROM people",
        "CREATE FOREIGN DATA WRAPPER nothing",
        "CREATE SERVER elsewhere FOREIGN DATA WRAPPER nothing",
        "CREATE FOREIGN TABLE remote (id integer) SERVER elsewhere",
        "CREATE TABLE customers (since date) INHERITS (people)",
        "CREATE SEQUENCE numbers",
    )
    beside = {
        "active": "a view",
        "crm.counted": "a materialised view",
        "remote": "a foreign table",
        "customers": "a table whose rows are also those of another",
    }
    schema = catalogue(postgres_url)
    assert set(schema.tables) == {"people", "customers"}
    assert schema.beside == beside
    made(postgres_url, "SELECT lo_create(0)")
    assert catalogue(postgres_url).beside == beside | {"large objects": "large objects"}


def test_who_inherits_from_a_table_is_told_however_far_down(postgres_url: str) -> None:
    made(
        postgres_url,
        PEOPLE,
        "CREATE TABLE customers (since date) INHERITS (people)",
        "CREATE TABLE members () INHERITS (customers)",
        "CREATE TABLE days (day date) PARTITION BY RANGE (day)",
        "CREATE TABLE past PARTITION OF days FOR VALUES FROM (MINVALUE) TO ('2026-01-01')",
    )
    tables, before = catalogue(postgres_url).tables, seen(postgres_url)
    assert {name: table.heirs for name, table in tables.items()} == {
        "people": ("customers", "members"),
        "customers": ("members",),
        "members": (),
        "days": (),
    }
    made(postgres_url, "ALTER TABLE members NO INHERIT customers")
    assert catalogue(postgres_url).tables["customers"].heirs == ()
    assert seen(postgres_url) != before


def test_our_own_tables_and_those_of_a_session_are_left_out(postgres_url: str) -> None:
    made(postgres_url, steps_table(Dialect.POSTGRESQL))
    temporary = "CREATE TEMPORARY TABLE scratch (id text)"
    assert catalogue(postgres_url, temporary).tables == {}


def test_a_table_is_hidden_from_a_role_that_its_policies_are_for(
    postgres_url: str, role: str
) -> None:
    made(postgres_url, PEOPLE, "CREATE TABLE open (id integer)")
    made(postgres_url, "ALTER TABLE people ENABLE ROW LEVEL SECURITY")

    def hidden(*before: str) -> list[str]:
        found = catalogue(postgres_url, *before).tables
        return [name for name, table in found.items() if table.hidden]

    assert hidden() == []
    assert hidden(f"SET ROLE {role}") == ["people"]
    made(postgres_url, f"ALTER TABLE people OWNER TO {role}")
    assert hidden(f"SET ROLE {role}") == []
    made(postgres_url, "ALTER TABLE people FORCE ROW LEVEL SECURITY")
    assert hidden(f"SET ROLE {role}") == ["people"]
    made(postgres_url, f"ALTER ROLE {role} BYPASSRLS")
    assert hidden(f"SET ROLE {role}") == []


UNCHANGED = (
    "BEFORE UPDATE ON people FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()"
)
CHANGES = [
    "ALTER TABLE people ADD COLUMN born date",
    "ALTER TABLE people ALTER COLUMN email TYPE varchar(40)",
    "ALTER TABLE people ALTER COLUMN email DROP NOT NULL",
    "ALTER TABLE people RENAME COLUMN email TO mail",
    "ALTER TABLE people RENAME TO persons",
    "ALTER TABLE people ADD CHECK (id > 0)",
    "ALTER TABLE people ENABLE ROW LEVEL SECURITY",
    "CREATE INDEX ON people (lower(email))",
    "DROP INDEX late",
    "CREATE TABLE orders (who integer REFERENCES people)",
    "CREATE VIEW seen AS SELECT 1",
    f"CREATE TRIGGER t {UNCHANGED}",
    "ALTER TABLE people DISABLE TRIGGER first",
    "CREATE RULE r AS ON DELETE TO people DO INSTEAD NOTHING",
    "ALTER TABLE old DISABLE RULE lasting",
    "ALTER TYPE mood ADD VALUE 'so so'",
    "ALTER DOMAIN code ADD CHECK (VALUE <> '')",
    "ALTER DOMAIN code SET NOT NULL",
    "ALTER TABLE old INHERIT people",
    "CREATE SCHEMA crm",
    "SELECT lo_create(0)",
]


def test_a_fingerprint_is_another_after_any_change_and_the_same_after_none(
    postgres_url: str, role: str
) -> None:
    made(
        postgres_url,
        PEOPLE,
        "CREATE INDEX late ON people (email, id)",
        "CREATE TYPE mood AS ENUM ('well', 'ill')",
        "CREATE DOMAIN code AS text",
        "CREATE TABLE old (id integer NOT NULL, email text NOT NULL, mood mood, code code)",
        f"CREATE TRIGGER first {UNCHANGED}",
        "CREATE RULE lasting AS ON DELETE TO old DO INSTEAD NOTHING",
    )
    before = seen(postgres_url)
    made(postgres_url, "INSERT INTO people VALUES (1, 'ada@example.com')", "ANALYZE people")
    assert seen(postgres_url, "CREATE TEMPORARY TABLE scratch (id text)") == before
    assert seen(postgres_url, f"SET ROLE {role}") != before
    assert seen(postgres_url, "SET search_path = pg_catalog") != before
    for change in CHANGES:
        assert seen(postgres_url, change) != before, change
    assert seen(postgres_url) == before


def test_a_fingerprint_is_another_when_a_role_comes_to_see_all_rows(
    postgres_url: str, role: str
) -> None:
    made(postgres_url, PEOPLE, "ALTER TABLE people ENABLE ROW LEVEL SECURITY")
    before = seen(postgres_url, f"SET ROLE {role}")
    made(postgres_url, f"ALTER ROLE {role} BYPASSRLS")
    assert seen(postgres_url, f"SET ROLE {role}") != before


def test_a_digest_is_another_after_a_change_that_an_erasure_must_know(postgres_url: str) -> None:
    made(postgres_url, PEOPLE)
    before = catalogue(postgres_url).digest
    assert catalogue(postgres_url, "CREATE VIEW seen AS SELECT 1").digest == before
    for change in ("ALTER TABLE people ADD COLUMN born date", "CREATE TABLE t (id integer)"):
        assert catalogue(postgres_url, change).digest != before


def test_many_tables_take_no_more_questions_than_one(postgres_url: str) -> None:
    made(postgres_url, PEOPLE)
    before = asked(postgres_url)
    made(
        postgres_url,
        *(f"CREATE TABLE t{at} (id integer PRIMARY KEY REFERENCES people)" for at in range(20)),
    )
    assert asked(postgres_url) == before
