"""What columns of servers can be, each as a place: found, shown, erased, and left elsewhere."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from tests.stores.base import ADA, BOB, PEOPLE, Base, made
from upheld.errors import Refused, StoreFailed
from upheld.model import Closure, Declined, Done

if TYPE_CHECKING:
    from tests.servers import Server


@pytest.mark.parametrize("of", ["DATABASE", "ROLE"])
def test_a_role_that_was_told_to_only_read_is_refused_before_anything_is_signed(
    postgres_url: str, of: str
) -> None:
    base = made(postgres_url, "n integer", "n: none", "1", "2")
    address = sa.make_url(postgres_url)
    name = f"reader_{secrets.token_hex(6)}" if of == "ROLE" else str(address.database)
    if of == "ROLE":
        base.run(f"CREATE ROLE {name} LOGIN SUPERUSER")
        url = address.set(username=name).render_as_string(hide_password=False)
        base = Base(url, base.text)
    owner = Base(postgres_url, base.text)
    owner.run(f"ALTER {of} {name} SET default_transaction_read_only = on")
    try:
        refusals = base.store.preview(base.step(email=ADA)).refusals
    finally:
        owner.run(
            "SET TRANSACTION READ WRITE",
            f"ALTER {of} {name} RESET default_transaction_read_only",
            *([f"DROP ROLE {name}"] if of == "ROLE" else []),
        )
    assert refusals == ("store `shop` is read-only; give Upheld a role that may write",)


def test_a_path_into_json_is_a_place_of_its_own(database_url: str) -> None:
    """Found by an e-mail inside, blanked, replaced and redacted inside; the rest stays."""
    kind = {"p": "jsonb", "m": "json", "s": "text"}[database_url[0]]
    profile = (
        '{"contact": {"mail": "ADA@example.com", "city": "Ely"}, "note": "ask ada@example.com",'
        ' "plan": "gold"}'
    )
    other = '{"contact": {"mail": "bob@example.com", "city": "Rye"}, "note": "none", "plan": "tin"}'
    fields = (
        "profile$.contact.mail: {category: contact, identity: email, erase: replace}\n"
        "profile$.contact.city: contact\n"
        "profile$.note: {category: contact, erase: redact}\n"
        "profile$.plan: none"
    )
    base = made(database_url, f"profile {kind}", fields, f"'{profile}'", f"'{other}'")
    base = Base(base.url, base.text.replace("match: email,", "match: profile$.contact.mail,"))
    before = base.rows("SELECT * FROM people WHERE email = 'bob@example.com'")
    [(_, columns, row)] = base.shown(email=ADA)
    assert row[columns.index("profile$.contact.city")] == "Ely"
    base.erase(email=ADA)
    assert base.rows("SELECT * FROM people WHERE email = 'bob@example.com'") == before
    [left] = base.rows("SELECT * FROM people WHERE email <> 'bob@example.com'")
    said = str(left).casefold()
    assert "ada@" not in said
    assert "ely" not in said
    assert "gold" in said
    assert "ask [erased]" in said
    assert said.count("@erased.invalid") == 2


@pytest.mark.parametrize(
    "profile",
    [
        '{"contact": {"mail": "ada@example.com", "mail": "ada@example.com"}}',
        '{"contact": {"mail": "ada@example.com"}, "contact": {"mail": "ada@example.com"}}',
        '{"contact": {"mail": null, "mail": "ada@example.com"}}',
    ],
)
def test_a_name_that_is_twice_in_json_is_erased_twice_or_refused(
    database_url: str, profile: str
) -> None:
    """PostgreSQL keeps the last one only; elsewhere the others would stay."""
    kind = {"p": "json", "m": "json", "s": "text"}[database_url[0]]
    other = '{"contact": {"mail": "bob@example.com", "mail": "", "mails": 1}}'
    base = made(
        database_url,
        f"profile {kind}",
        "profile$.contact.mail: {category: contact, erase: blank}",
        f"'{profile}'",
        f"'{other}'",
    )
    if database_url.startswith("postgresql"):
        base.erase(email=ADA)
        assert "ada@" not in str(base.rows("SELECT profile::text FROM people"))
        return
    [refusal] = base.store.preview(base.step(email=ADA)).refusals
    assert refusal.startswith(
        "`shop.people.profile$.contact.mail` is there twice in the JSON of 1 rows"
    )
    assert isinstance(base.store.act(base.step(email=ADA)), Declined)
    base.run('UPDATE people SET profile = \'{"contact": {"mail": "x", "mails": {}}}\'')
    base.erase(email=ADA)


@pytest.mark.parametrize(
    ("value", "other"),
    [("null", "[]"), ('""', '{"contact": null}'), ("[ ]", "{}"), ("{}", '{"contact": []}')],
)
def test_json_without_what_a_path_says_stops_nothing(
    database_url: str, value: str, other: str
) -> None:
    """Nothing stands in the column, or on the way, or what is empty."""
    kind = {"p": "jsonb", "m": "json", "s": "text"}[database_url[0]]
    fields = "".join(
        f"{column}$.contact.mail: {{category: contact, identity: email, erase: replace}}\n"
        f"{column}$.contact.mail.old: {{category: contact, erase: redact}}\n"
        f"{column}$.city: contact\n"
        for column in ("a", "b")
    )
    row = f"'{value}', '{other}'"
    columns = f"a {kind}, b {kind.removesuffix('b')}"
    base = made(database_url, columns, fields.strip(), row, row)
    part = "replace(CAST({} AS char(99)), ' ', '')"
    asked = f"SELECT {part.format('a')}, {part.format('b')} FROM people ORDER BY id"
    before = base.rows(asked)
    base.erase(email=ADA)
    assert base.rows(asked) == before


def test_json_is_changed_where_a_path_leads_and_nowhere_else(postgres_url: str) -> None:
    fields = "profile$.a.mail: contact\nprofile$.b.mail: contact\nprofile$.tags.0: contact"
    value = '\'{"a": [], "b": {"mail": "x", "more": 1}, "tags": ["ada", "y"]}\''
    base = made(postgres_url, "profile jsonb", fields, value, value)
    base.erase(email=ADA)
    left = base.rows("SELECT profile::text FROM people WHERE email <> 'bob@example.com'")
    assert left == [('{"a": [], "b": {"mail": null, "more": 1}, "tags": [null, "y"]}',)]


def test_json_as_a_whole_is_not_redacted_like_a_text(postgres_url: str) -> None:
    base = made(
        postgres_url,
        "profile jsonb",
        "profile: {category: contact, erase: redact}",
        *("""'{"a": 1}'""",) * 2,
    )
    [refusal] = base.store.preview(base.step(email=ADA)).refusals
    assert refusal.startswith("`shop.people.profile` is JSON and cannot be redacted as a text")
    assert isinstance(base.store.act(base.step(email=ADA)), Declined)


def test_an_array_holds_identities_and_is_redacted_by_element(postgres_url: str) -> None:
    base = made(
        postgres_url,
        "mails text[], numbers int[]",
        "mails: {category: contact, identity: email, erase: redact}\nnumbers: contact",
        """'{"ada@work.example", "x \\"quoted\\" y", "other@x.example"}', '{1,2}'""",
        "'{bob@work.example}', '{3}'",
    )
    base = Base(base.url, base.text.replace("match: email,", "match: mails,"))
    before = base.rows("SELECT * FROM people WHERE email = 'bob@example.com'")
    [(_, columns, row)] = base.shown(email="ada@work.example")
    assert row[columns.index("numbers")] == "[1, 2]"
    base.erase(email="ada@work.example")
    assert base.rows("SELECT * FROM people WHERE email = 'bob@example.com'") == before
    [left] = base.rows("SELECT mails, numbers FROM people WHERE email LIKE 'erased-%'")
    assert repr(left) == repr((["[erased]", 'x "quoted" y', "[erased]"], None))


def test_an_array_of_several_dimensions_keeps_its_shape(postgres_url: str) -> None:
    base = made(
        postgres_url,
        "flat text[], wide varchar(90)[], deep text[], none text[]",
        "\n".join(
            f"{each}: {{category: contact, identity: email, erase: redact}}"
            for each in ("flat", "wide", "deep", "none")
        ),
        '\'[3:3]={ada@example.com}\', \'{{a,ada@example.com,NULL},{",","}",""}}\', '
        "'{{{x,y}},{{ada@example.com,w}}}', '{}'",
        "NULL, '{{a}}', NULL, NULL",
    )
    base.erase(email=ADA)
    left = "SELECT flat::text, wide::text, deep::text, none::text FROM people"
    assert base.rows(f"{left} WHERE email LIKE 'erased-%'") == [
        (
            "[3:3]={[erased]}",
            '{{a,[erased],NULL},{",","}",""}}',
            "{{{x,y}},{{[erased],w}}}",
            "{}",
        )
    ]
    assert base.rows(f"{left} WHERE email = '{BOB}'") == [(None, "{{a}}", None, None)]


SOME_RULE = (
    "DO $$ BEGIN CREATE COLLATION odd (provider = icu, locale = 'und-u-ks-level1-kc', "
    "deterministic = false); "
    "EXCEPTION WHEN feature_not_supported THEN "
    "CREATE COLLATION odd (provider = libc, locale = 'C'); "
    "UPDATE pg_collation SET collisdeterministic = false WHERE collname = 'odd'; END $$"
)
"""A server without ICU compares to the letter, and says that it does not."""


@pytest.mark.parametrize("stored", ["", ", stored: normalised"])
def test_a_collation_may_disregard_accents_and_mind_case(postgres_url: str, stored: str) -> None:
    base = made(
        postgres_url,
        f"{SOME_RULE};;mail text COLLATE odd, said text COLLATE odd",
        f"mail: {{category: contact, identity: email, erase: blank{stored}}}\n"
        "said: {category: contact, erase: redact}",
        "'ADA@Work.example', 'to Ada@work.example'",
        "'\u00e1da@work.example', 'x'",
    )
    base = Base(
        base.url, base.text.replace("match: email, identity: email", "match: mail, identity: email")
    )
    if stored:
        base.run("UPDATE people SET mail = lower(mail)")
    base.erase(email="ada@work.example")
    assert base.rows("SELECT mail, said FROM people ORDER BY id") == [
        (None, "to [erased]"),
        ("\u00e1da@work.example", "x"),
    ]


ODD = {
    "an enum": (
        "CREATE TYPE mood AS ENUM ('glad', 'sad');;mood mood",
        "mood: demographic",
        "'sad'",
    ),
    "a domain": (
        "CREATE DOMAIN street AS text CHECK (value <> '');;s street",
        "s: contact",
        "'Elm'",
    ),
    "an address": ("ip inet", "ip: network_activity", "'10.0.0.1'"),
    "bytes": ("photo bytea", "photo: contact", "'\\xff00'::bytea"),
    "a time with a zone": ("at timestamptz", "at: network_activity", "'2026-07-01 23:30-05'"),
    "an array of bytes": ("x bytea[]", "x: contact", "ARRAY['\\x00'::bytea]"),
    "numbers that are none": ("x float8[]", "x: contact", "'{Infinity,1}'"),
    "a multirange": ("x int4multirange", "x: contact", "'{[1,2)}'"),
    "a range": ("stay daterange", "stay: contact", "'[2026-01-01,2026-02-01)'"),
    "an interval": ("stayed interval", "stayed: contact", "'3 days'"),
    "a reserved word": ('"user" text', "user: contact", "'Ada'"),
    "camelCase": ('"homeTown" text', "homeTown: contact", "'Ely'"),
}


@pytest.mark.parametrize("what", ODD)
def test_a_column_of_postgresql_is_shown_and_blanked(postgres_url: str, what: str) -> None:
    columns, fields, value = ODD[what]
    base = made(postgres_url, columns, fields, value, value)
    before = base.rows("SELECT * FROM people WHERE email = 'bob@example.com'")
    [(_, _, row)] = base.shown(email=ADA)
    assert row[-1] is not None
    base.erase(email=ADA)
    assert base.rows("SELECT * FROM people WHERE email = 'bob@example.com'") == before
    [left] = base.rows("SELECT * FROM people WHERE email LIKE 'erased-%'")
    assert left[-1] is None


REPLACED = {
    "smallint": "7",
    "integer": "7",
    "bigint": "7",
    "numeric(6,2)": "7.25",
    "varchar(12)": "'Ada'",
    "varchar(60)": "'Ada'",
    "char(30)": "'Ada'",
    "text": "'Ada'",
}


@pytest.mark.parametrize("kind", [*REPLACED, "uuid", "bytea", "citext"])
def test_a_replacement_fits_the_type_on_postgresql(postgres_url: str, kind: str) -> None:
    value = {
        "uuid": "'00000000-0000-0000-0000-00000000000a'",
        "bytea": "'\\x00'::bytea",
        "citext": "'Ada'",
    }.get(kind, REPLACED.get(kind))
    more = "CREATE EXTENSION IF NOT EXISTS citext;;" if kind == "citext" else ""
    try:
        base = made(
            postgres_url,
            f"{more}x {kind} NOT NULL",
            "x: {category: contact, erase: replace}",
            *(f"{value}",) * 2,
        )
    except sa.exc.DBAPIError as error:
        if kind != "citext":
            raise
        pytest.fail(f"no citext here: {type(error.orig).__name__}")
    before = base.rows("SELECT x FROM people WHERE email = 'bob@example.com'")
    base.erase(email=ADA)
    assert base.rows("SELECT x FROM people WHERE email = 'bob@example.com'") == before
    assert base.rows("SELECT x FROM people WHERE email LIKE 'erased-%'") != before


@pytest.mark.parametrize(
    "kind", [*REPLACED, "tinyint", "mediumint", "varbinary(32)", "longblob", "longtext"]
)
def test_a_replacement_fits_the_type_on_mariadb(mariadb_url: str, kind: str) -> None:
    value = REPLACED.get(kind, "7" if "int" in kind else "'Ada'")
    base = made(
        mariadb_url,
        f"x {kind} NOT NULL",
        "x: {category: contact, erase: replace}",
        *(value,) * 2,
    )
    before = base.rows("SELECT x FROM people WHERE email = 'bob@example.com'")
    base.erase(email=ADA)
    assert base.rows("SELECT x FROM people WHERE email = 'bob@example.com'") == before
    assert base.rows("SELECT x FROM people WHERE email LIKE 'erased-%'") != before


@pytest.mark.parametrize("kind", ["date", "timestamp", "timestamptz", "text"])
def test_a_date_is_made_coarser_on_postgresql(postgres_url: str, kind: str) -> None:
    base = made(
        postgres_url,
        f"born {kind}",
        "born: {category: demographic, erase: anonymise}",
        *("'1970-05-06'",) * 2,
    )
    base.erase(email=ADA)
    born = "SELECT left(born::text, 10) FROM people ORDER BY id"
    assert base.rows(born) == [("1970-01-01",), ("1970-05-06",)]


@pytest.mark.parametrize("kind", ["date", "datetime", "timestamp NULL", "varchar(30)"])
def test_a_date_is_made_coarser_on_mariadb(mariadb_url: str, kind: str) -> None:
    base = made(
        mariadb_url,
        f"born {kind}",
        "born: {category: demographic, erase: anonymise}",
        *("'1975-05-06'",) * 2,
    )
    base.erase(email=ADA)
    born = "SELECT left(born, 10) FROM people ORDER BY id"
    assert base.rows(born) == [("1975-01-01",), ("1975-05-06",)]


def test_what_the_database_compares_without_case_is_told_apart(mariadb_url: str) -> None:
    """`ADA` and `ada` are two accounts, though the server takes them for one; spaces count, too."""
    text = PEOPLE.replace("match: email, identity: email", "match: login, identity: 'account:shop'")
    base = Base(mariadb_url, text.replace("id: none", "id: none\n      login: account"))
    base.run(
        "CREATE TABLE people (id int PRIMARY KEY, email varchar(80) NOT NULL, login varchar(40)) "
        "COLLATE utf8mb4_general_ci",
        "INSERT INTO people VALUES (1, 'a@x.example', 'ADA'), (2, 'b@x.example', 'ada'), "
        "(3, 'c@x.example', 'Ada ')",
    )
    found = base.step(**{"account:shop": "ADA"})
    assert found.closure.keys["people"] == {(1,)}


def test_a_role_that_may_not_write_is_refused_before_anything_is_written(postgres_url: str) -> None:
    base = made(postgres_url, "x text", "x: contact", *("'Ada'",) * 2)
    role = "upheld_test_reader"
    base.run(
        f"DO $$ BEGIN CREATE ROLE {role} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
        f"GRANT SELECT ON people TO {role}",
    )
    try:
        asked = sa.make_url(postgres_url).set(username=role).render_as_string(hide_password=False)
        reader = Base(asked, base.text)
        refusals = reader.store.preview(reader.step(email=ADA)).refusals
        (refusal,) = refusals
        assert refusal.startswith("store `shop` does not let this role update rows of `people`")
        with pytest.raises(StoreFailed, match="refuses this role something it needs"):
            reader.store.act(reader.step(email=ADA))
    finally:
        base.run(f"DROP OWNED BY {role}", f"DROP ROLE {role}")


def test_row_level_security_is_refused_and_never_taken_for_nothing(postgres_url: str) -> None:
    base = made(postgres_url, "x text", "x: contact", *("'Ada'",) * 2)
    role = "upheld_test_blinkered"
    base.run(
        f"DO $$ BEGIN CREATE ROLE {role} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
        f"GRANT SELECT, UPDATE ON people TO {role}",
        "ALTER TABLE people ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY bobs ON people USING (email LIKE 'bob%')",
    )
    try:
        asked = sa.make_url(postgres_url).set(username=role).render_as_string(hide_password=False)
        with pytest.raises(Refused, match=r"row-level security hides rows of `shop\.people`"):
            Base(asked, base.text).step(email=ADA)
    finally:
        base.run(f"DROP OWNED BY {role}", f"DROP ROLE {role}")


CIRCLE = """
collections:
  people:
    key: id
    person: yes
    people: [{match: email, identity: email, is: about}]
    fields: {id: none, email: {category: contact, identity: email}, home: none}
  addresses:
    key: id
    people: [{follow: person, to: people, is: about}]
    fields: {id: none, person: none, next: none, last: none, street: contact}
"""


def test_rows_that_point_in_a_circle_go_all_the_same(database_url: str) -> None:
    """People point at an address, addresses at people, and at one another."""
    base = Base(database_url, CIRCLE)
    base.run(
        "CREATE TABLE people (id int PRIMARY KEY, email varchar(80) NOT NULL, home int)",
        "CREATE TABLE addresses (id int PRIMARY KEY, person int NOT NULL, next int, last int, "
        "street varchar(80), FOREIGN KEY (last) REFERENCES addresses (id), "
        "FOREIGN KEY (person) REFERENCES people (id), "
        "FOREIGN KEY (next) REFERENCES addresses (id))",
        f"INSERT INTO people VALUES (1, '{ADA}', NULL), (2, '{BOB}', NULL)",
        "INSERT INTO addresses VALUES (1, 1, NULL, NULL, 'Elm'), (2, 1, 1, 1, 'Oak'), "
        "(3, 2, NULL, NULL, 'Fir')",
        "UPDATE addresses SET next = 2, last = 2 WHERE id = 1",
        "UPDATE people SET home = id WHERE id < 2",
    )
    if not database_url.startswith("sqlite"):
        base.run("ALTER TABLE people ADD FOREIGN KEY (home) REFERENCES addresses (id)")
    base.erase(email=ADA)
    assert base.rows("SELECT id FROM people") == [(2,)]
    assert base.rows("SELECT id FROM addresses") == [(3,)]


LINKED = """
collections:
  people:
    key: code
    person: yes
    people: [{match: email, identity: email, is: about}]
    fields: {code: none, email: {category: contact, identity: email}}
  orders:
    key: id
    people: [{follow: person, to: people, is: about}]
    fields: {id: none, person: none, note: commercial}
"""
LOOSE = {
    "postgresql": ("text", "citext"),
    "mariadb": (
        "varchar(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        "varchar(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci",
    ),
    "sqlite": ("text", "text COLLATE NOCASE"),
}


def test_a_link_that_disregards_case_leads_to_nobody_elses_rows(database_url: str) -> None:
    """`abc` and `ABC` are two people, though the column that points at them takes both for one."""
    base = Base(database_url, LINKED)
    kind = next(each for each in LOOSE if database_url.startswith(each))
    key, link = LOOSE[kind]
    if kind == "postgresql":
        base.run("CREATE EXTENSION citext")
    base.run(
        f"CREATE TABLE people (code {key} PRIMARY KEY, email varchar(80) NOT NULL)",
        f"CREATE TABLE orders (id int PRIMARY KEY, person {link}, note varchar(20))",
        f"INSERT INTO people VALUES ('abc', '{ADA}'), ('ABC', '{BOB}')",
        "INSERT INTO orders VALUES (1, 'abc', 'ada'), (2, 'ABC', 'bob')",
    )
    assert {row[0] for name, _, row in base.shown(email=ADA) if name == "orders"} == {1}
    base.erase(email=ADA)
    assert base.rows("SELECT id FROM orders") == [(2,)]


MYISAM = """
collections:
  people:
    key: id
    person: yes
    people: [{match: email, identity: email, is: about}]
    fields: {id: none, email: {category: contact, identity: email}}
"""


def test_a_table_that_undoes_nothing_is_refused_before_anything_is_tried(mariadb_url: str) -> None:
    base = Base(mariadb_url, MYISAM)
    base.run(
        "CREATE TABLE people (id int PRIMARY KEY, email varchar(80) NOT NULL, CHECK (id > 0)) "
        "ENGINE = MyISAM",
        f"INSERT INTO people VALUES (1, '{ADA}'), (2, '{BOB}')",
    )
    [refusal] = base.store.preview(base.step(email=ADA)).refusals
    assert refusal.startswith("`shop.people` is a table that undoes nothing")
    assert isinstance(base.store.act(base.step(email=ADA)), Declined)
    assert base.rows("SELECT id FROM people ORDER BY id") == [(1,), (2,)]


def test_rows_of_another_database_that_would_go_too_stand_in_the_way(
    mariadb_server: Server, mariadb_url: str
) -> None:
    base = Base(mariadb_url, MYISAM)
    base.run(
        "CREATE TABLE people (id int PRIMARY KEY, email varchar(80) NOT NULL)",
        f"INSERT INTO people VALUES (1, '{ADA}'), (2, '{BOB}')",
    )
    own = sa.make_url(mariadb_url).database
    with mariadb_server.database() as elsewhere:
        teams = Base(elsewhere, "")
        teams.run(
            f"CREATE TABLE teams (id int PRIMARY KEY, owner int, FOREIGN KEY (owner) REFERENCES "
            f"{own}.people (id) ON DELETE CASCADE)",
            "INSERT INTO teams VALUES (1, 1)",
        )
        [refusal] = base.store.preview(base.step(email=ADA)).refusals
        assert "rows of another database that point at `people`" in refusal
        teams.run("DROP TABLE teams")


@pytest.mark.parametrize("rule", ["CASCADE", "SET NULL"])
def test_rows_of_another_database_that_came_to_point_here_after_the_plan_stay(
    mariadb_server: Server, mariadb_url: str, rule: str
) -> None:
    base = Base(mariadb_url, MYISAM)
    base.run(
        "CREATE TABLE people (id int PRIMARY KEY, email varchar(80) NOT NULL)",
        f"INSERT INTO people VALUES (1, '{ADA}'), (2, '{BOB}')",
    )
    own = sa.make_url(mariadb_url).database
    with mariadb_server.database() as elsewhere:
        step = base.step(email=ADA)
        assert base.store.preview(step).refusals == ()
        teams = Base(elsewhere, "")
        teams.run(
            "CREATE TABLE teams (id int PRIMARY KEY, owner int, FOREIGN KEY (owner) REFERENCES "
            f"{own}.people (id) ON DELETE {rule})",
            "INSERT INTO teams VALUES (1, 1)",
        )
        said = base.store.act(step)
        assert isinstance(said, Declined)
        assert "rows of another database that point at `people`" in said.why
        assert teams.rows("SELECT id, owner FROM teams") == [(1, 1)]
        teams.run("DROP TABLE teams")
    assert base.rows("SELECT id FROM people ORDER BY id") == [(1,), (2,)]


KEPT = """
collections:
  people:
    key: id
    person: yes
    people: [{match: email, identity: email, is: about}]
    erase: fields
    fields:
      id: none
      email: {category: contact, identity: email, erase: replace}
      note: {category: contact, erase: redact}
"""


def test_what_would_not_fit_without_the_name_is_refused_before(database_url: str) -> None:
    base = Base(database_url, KEPT)
    if database_url.startswith("sqlite"):
        return  # no length there is one
    base.run(
        "CREATE TABLE people (id int PRIMARY KEY, email varchar(80) NOT NULL, note varchar(17))",
        "INSERT INTO people VALUES (1, 'a@b.example', 'a@b.example a@b.e')",
    )
    base.run("UPDATE people SET email = 'a@b.e', note = 'a@b.e a@b.e a@b.e'")
    [refusal] = base.store.preview(base.step(email="a@b.e")).refusals
    assert "the length or range of a column" in refusal


def test_a_trigger_that_keeps_rows_is_found_before_anybody_signs(postgres_url: str) -> None:
    base = Base(postgres_url, MYISAM)
    base.run(
        "CREATE TABLE people (id int PRIMARY KEY, email varchar(80) NOT NULL)",
        "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        "CREATE TRIGGER keep BEFORE DELETE ON people FOR EACH ROW EXECUTE FUNCTION keep()",
        f"INSERT INTO people VALUES (1, '{ADA}'), (2, '{BOB}')",
    )
    [refusal] = base.store.preview(base.step(email=ADA)).refusals
    assert "rows of `shop.people` stay as they are whatever is said" in refusal


@pytest.mark.parametrize(
    ("kind", "value"), [("money", "'$1,000.00'"), ("numeric", "'NaN'"), ("interval", "'1 mon'")]
)
def test_a_key_of_an_odd_type_still_leads_on(postgres_url: str, kind: str, value: str) -> None:
    text = LINKED.replace("key: code", "key: code")
    base = Base(postgres_url, text)
    base.run(
        f"CREATE TABLE people (code {kind} PRIMARY KEY, email varchar(80) NOT NULL)",
        f"CREATE TABLE orders (id int PRIMARY KEY, person {kind}, note varchar(20))",
        f"INSERT INTO people VALUES ({value}, '{ADA}')",
        f"INSERT INTO orders VALUES (1, {value}, 'ada')",
    )
    assert {row[0] for name, _, row in base.shown(email=ADA) if name == "orders"} == {1}


def test_who_is_deleted_is_locked_before_anything_is_looked_for(postgres_url: str) -> None:
    """So no row can come to point there, and go with it by ON DELETE CASCADE."""
    base = Base(postgres_url, MYISAM)
    base.run(
        "CREATE TABLE people (id int PRIMARY KEY, email varchar(80) NOT NULL)",
        f"INSERT INTO people VALUES (1, '{ADA}'), (2, '{BOB}')",
    )
    step, store, said = base.step(email=ADA), base.store, list[str]()

    @sa.event.listens_for(store.engine, "before_cursor_execute")
    def note(*seen: object) -> None:
        said.append(str(seen[2]))

    assert isinstance(store.act(step), Done)
    [lock] = [n for n, each in enumerate(said) if each.endswith("FOR UPDATE")]
    [gone] = [n for n, each in enumerate(said) if each.startswith("DELETE")]
    assert lock < gone


_HEIRS = (
    PEOPLE
    + """\
  guests:
    key: id
    person: yes
    people: [{match: email, identity: email, is: about}]
    fields: {id: none, email: contact, room: contact}
  stays:
    key: id
    people: [{follow: guest, to: guests, is: about}]
"""
)


def _inheriting(url: str, text: str = _HEIRS) -> Base:
    base = Base(url, text)
    base.run(
        "CREATE TABLE people (id int PRIMARY KEY, email varchar(80) NOT NULL)",
        "CREATE TABLE guests (room text, PRIMARY KEY (id)) INHERITS (people)",
        "CREATE TABLE stays (id int PRIMARY KEY, guest int REFERENCES guests)",
        f"INSERT INTO people VALUES (1, '{ADA}'), (2, '{BOB}')",
        f"INSERT INTO guests VALUES (1, '{BOB}', 'east'), (2, '{ADA}', 'west')",
        "INSERT INTO stays VALUES (1, 1), (2, 2)",
    )
    return base


def test_a_row_that_is_inherited_is_counted_shown_and_erased_once(postgres_url: str) -> None:
    """Whoever has the same number in the other table is somebody else."""
    base = _inheriting(postgres_url)
    kinds = {"email": frozenset({ADA})}
    counts = {name: rows for (name, _), rows in base.store.find(Closure(kinds, kinds)).rows.items()}
    assert counts == {"people": 1, "guests": 1, "stays": 1}
    assert sorted((name, row[0]) for name, _, row in base.shown(email=ADA)) == [
        ("guests", 2),
        ("people", 1),
        ("stays", 2),
    ]
    base.erase(email=ADA)
    assert base.rows("SELECT * FROM guests") == [(1, BOB, "east")]
    assert base.rows("SELECT id FROM ONLY people ORDER BY id") == [(1,), (2,)]
    assert base.rows("SELECT email FROM ONLY people WHERE id = 2") == [(BOB,)]
    assert base.rows("SELECT * FROM stays") == [(1, 1)]


def test_a_table_with_heirs_that_nobody_mapped_is_asked_for_all_its_rows(postgres_url: str) -> None:
    base = _inheriting(postgres_url, PEOPLE + "  guests: not personal\n  stays: not personal\n")
    with pytest.raises(Refused, match=r"have the same key; map `guests`, too"):
        base.step(email=ADA)
    base.run(
        "DELETE FROM stays",
        "UPDATE guests SET id = id + 10",
        "DELETE FROM ONLY people WHERE id = 1",
    )
    base.erase(email=ADA)
    assert base.rows("SELECT count(*) FROM people WHERE email = 'ada@example.com'") == [(0,)]
    assert base.rows("SELECT count(*) FROM people WHERE email = 'bob@example.com'") == [(2,)]


def test_of_the_heirs_of_a_table_all_are_mapped_or_none(postgres_url: str) -> None:
    base = _inheriting(postgres_url, _HEIRS + "  staff: not personal\n")
    base.run("CREATE TABLE staff () INHERITS (people)")
    with pytest.raises(Refused, match=r"`shop.staff` inherits from `shop.people` as others do"):
        base.step(email=ADA)
