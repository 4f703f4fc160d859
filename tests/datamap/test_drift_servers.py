"""What servers have that SQLite has not, beside a map of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from tests.datamap.catalogues import columns, schema, table
from upheld.datamap.drift import Drift, Severity, drift
from upheld.datamap.parse import parse_store
from upheld.model import Column, Dialect, Table, Type

MAP = """\
kind: sql
url: env:CRM
collections:
  crm.people:
    key: id
    person: yes
    people:
      - {match: email, identity: email, is: about}
    erase: fields
    fields:
      id: none
      email: {category: contact, identity: email, erase: replace}
      note: {category: contact, erase: redact}
  genres: not personal
"""
PEOPLE = table(
    "crm.people", "id number!, email text60!, note text", indexes=(("lower(email::text)",),)
)
GENRES = table("genres", "id number!, name text")
NOTHING: Mapping[str, str] = {}


def found(
    people: Table,
    text: str = MAP,
    dialect: Dialect | None = None,
    beside: Mapping[str, str] = NOTHING,
) -> tuple[Drift, ...]:
    mapped = parse_store(text, "stores/crm.yaml")
    return drift(mapped, replace(schema(people, GENRES), beside=beside, dialect=dialect))


def only(
    people: Table,
    text: str = MAP,
    dialect: Dialect | None = None,
    beside: Mapping[str, str] = NOTHING,
) -> Drift:
    (finding,) = found(people, text, dialect, beside)
    return finding


def with_column(column: Column, of: Table = PEOPLE) -> Table:
    return replace(of, columns=(*of.columns, column))


def saying(field: str) -> str:
    return MAP.replace("  genres", f"      {field}\n  genres")


MYISAM = "a table of MyISAM, which undoes nothing"
BESIDE = {
    "a view": (Severity.NOTE, "and not the view"),
    "a materialised view": (Severity.WARNING, "`REFRESH MATERIALIZED VIEW odd`"),
    "a foreign table": (Severity.WARNING, "a store of its own"),
    "a table whose rows are also those of another": (Severity.NOTE, "map both"),
    "a table that keeps what its rows were": (Severity.WARNING, "`DELETE HISTORY FROM odd`"),
    MYISAM: (Severity.BROKEN, "`ALTER TABLE odd ENGINE=InnoDB`"),
    "something new": (Severity.NOTE, "by hand"),
}


@pytest.mark.parametrize("what", BESIDE)
def test_what_lies_beside_is_told_with_what_to_do(what: str) -> None:
    told = only(PEOPLE, beside={"odd": what})
    assert (told.severity, told.place) == (BESIDE[what][0], "stores/crm.yaml:1")
    assert told.words == f"`odd` is {what}"
    assert BESIDE[what][1] in told.next_step


def test_what_has_no_name_of_its_own_is_told_in_a_sentence() -> None:
    large = only(PEOPLE, beside={"large objects": "large objects"})
    assert large.words == "the database holds large objects, which no table contains"
    unseen = only(PEOPLE, beside={"triggers": "hidden from this role"})
    assert unseen.words == "the triggers of the database are hidden from this role"
    assert {large.severity, unseen.severity} == {Severity.WARNING}


def test_a_table_without_transactions_in_which_nobody_is_concerns_nobody() -> None:
    assert only(PEOPLE, beside={"genres": MYISAM}).severity is Severity.NOTE
    mapped = only(PEOPLE, beside={"crm.people": MYISAM})
    assert (mapped.severity, mapped.place) == (Severity.BROKEN, "stores/crm.yaml:4")


def test_a_view_in_the_map_is_no_table() -> None:
    text = MAP + "  active: {key: id, people: [{follow: id, to: crm.people, is: about}]}\n"
    wrong = found(PEOPLE, text, beside={"active": "a view"})[0]
    assert wrong.severity is Severity.BROKEN
    assert wrong.words == "`active` is in the map and is a view"


def test_rows_that_this_role_cannot_see_cannot_be_erased() -> None:
    hidden = only(replace(PEOPLE, hidden=True))
    assert hidden.severity is Severity.BROKEN
    assert hidden.words == "row-level security keeps rows of `crm.people` from this role"
    unconcerned = replace(
        schema(PEOPLE, GENRES),
        tables={"crm.people": PEOPLE, "genres": replace(GENRES, hidden=True)},
    )
    assert drift(parse_store(MAP, "stores/crm.yaml"), unconcerned) == ()


JSON = Column("profile", Type.OTHER, nullable=True, declared="jsonb")


def test_a_path_in_json_covers_its_column_but_says_so() -> None:
    part = only(with_column(JSON), saying("profile$.home.city: contact"))
    assert part.severity is Severity.NOTE
    assert part.words == "`crm.people.profile` is mapped by paths in it alone"
    assert (
        found(with_column(JSON), saying("profile$.home.city: contact\n      profile: none")) == ()
    )


def test_a_path_in_a_column_that_is_not_there_is_gone() -> None:
    wrong = only(PEOPLE, saying("profile$.city: contact"))
    assert wrong.words == "`crm.people.profile$.city` is in the map and not in the database"


def test_a_column_whose_name_looks_like_a_path_is_itself() -> None:
    odd = Column("profile$.city", Type.TEXT, nullable=True)
    assert found(with_column(odd), saying("profile$.city: contact")) == ()


@pytest.mark.parametrize(
    ("kind", "declared", "fits"),
    [
        (Type.OTHER, "json", True),
        (Type.TEXT, "json", True),
        (Type.TEXT, "text", True),
        (Type.OTHER, "text[]", False),
        (Type.NUMBER, "integer", False),
    ],
)
def test_a_path_is_one_in_json(kind: Type, declared: str, *, fits: bool) -> None:
    column = Column("profile", kind, nullable=True, declared=declared)
    text = saying("profile$.city: contact\n      profile: none")
    severities = [each.severity for each in found(with_column(column), text)]
    assert severities == ([] if fits else [Severity.BROKEN])


def test_a_path_is_not_bound_by_what_binds_its_column() -> None:
    filled = replace(JSON, nullable=False)
    text = saying("profile$.city: contact\n      profile: none")
    assert found(with_column(filled), text) == ()
    assert "NOT NULL" in only(with_column(filled), saying("profile: contact")).words


def test_a_way_may_lead_through_a_path_that_no_index_serves() -> None:
    text = saying("name: none").replace("match: email", "match: profile$.email")
    name = Column("name", Type.TEXT, nullable=True)
    told = found(with_column(JSON, with_column(name)), text)
    assert {each.severity for each in told} == {Severity.NOTE}
    assert [each.words for each in told if "a column of its own" in each.next_step] == [
        "`crm.people.profile$.email` is compared in every row, as it is written"
    ]


@pytest.mark.parametrize("kind", [Type.OTHER, Type.TEXT])
@pytest.mark.parametrize("act", ["redact", "replace"])
def test_no_word_stands_in_the_place_of_json(act: str, kind: Type) -> None:
    column = Column("extra", kind, nullable=True, declared="json")
    wrong = only(with_column(column), saying(f"extra: {{category: contact, erase: {act}}}"))
    assert (wrong.severity, "is JSON" in wrong.words) == (Severity.BROKEN, True)


def test_what_is_computed_is_not_written() -> None:
    computed = Column("full", Type.TEXT, nullable=False, generated=True)
    told = only(with_column(computed), saying("full: contact"))
    assert told.severity is Severity.NOTE
    assert told.words == "`crm.people.full` is computed and never written"
    left = saying("full: {category: contact, erase: leave}")
    assert found(with_column(computed), left) == ()


TSVECTOR = Column("search", Type.OTHER, nullable=True, declared="tsvector")


def test_full_text_that_nothing_computes_keeps_the_words() -> None:
    left = saying("search: {category: contact, erase: leave}")
    told = only(with_column(TSVECTOR), left)
    assert told.severity is Severity.WARNING
    assert "keeps the words" in told.words
    assert found(with_column(TSVECTOR), saying("search: contact")) == ()
    assert found(with_column(replace(TSVECTOR, generated=True)), left) == ()
    assert found(with_column(TSVECTOR), left.replace("erase: fields", "erase: row")) == ()


@pytest.mark.parametrize(
    ("declared", "fits"), [("uuid", True), ("jsonb", False), ("mood", False), ("text[]", False)]
)
def test_no_word_stands_where_only_some_values_may(declared: str, *, fits: bool) -> None:
    column = Column("extra", Type.OTHER, nullable=False, declared=declared)
    text = saying("extra: {category: contact, erase: replace}")
    severities = [each.severity for each in found(with_column(column), text)]
    assert severities == ([] if fits else [Severity.BROKEN])


def test_an_index_is_told_in_the_words_of_the_server() -> None:
    text = MAP.replace("identity: email, is: about", "identity: account:crm, is: about")
    bare = replace(PEOPLE, indexes=())
    said = only(bare, text, Dialect.POSTGRESQL).next_step
    assert said == 'run `CREATE INDEX "ix_people_email" ON "crm"."people" ("email")`'
    said = only(bare, text, Dialect.MARIADB).next_step
    assert said == "run CREATE INDEX `ix_people_email` ON `crm`.`people` (`email`)"


@pytest.mark.parametrize("index", ["lower(email)", 'lower("email")', "lower(email::text)"])
def test_an_index_on_small_letters_is_known_however_the_server_spells_it(index: str) -> None:
    assert found(replace(PEOPLE, indexes=((index,),)), dialect=Dialect.POSTGRESQL) == ()


def test_a_plain_index_serves_where_the_database_disregards_case() -> None:
    folds = replace(columns("email text60!")[0], folds=True)
    people = replace(PEOPLE, columns=(PEOPLE.columns[0], folds, PEOPLE.columns[2]))
    assert found(replace(people, indexes=(("email",),)), dialect=Dialect.MARIADB) == ()
    said = only(replace(people, indexes=()), dialect=Dialect.MARIADB).next_step
    assert said == "run CREATE INDEX `ix_people_email` ON `crm`.`people` (`email`)"


def test_where_no_index_on_small_letters_can_be_it_is_told_what_can() -> None:
    slow = only(replace(PEOPLE, indexes=(("email",),)), dialect=Dialect.MARIADB)
    assert slow.severity is Severity.NOTE
    assert "`_ci`" in slow.next_step


def test_an_array_is_no_key_and_no_link() -> None:
    people = replace(
        PEOPLE,
        columns=(
            *PEOPLE.columns[1:],
            Column("id", Type.OTHER, nullable=False, declared="integer[]"),
            Column("friends", Type.OTHER, nullable=True, declared="bigint[]"),
        ),
    )
    text = MAP.replace(
        "is: about}\n",
        "is: about}\n      - {follow: friends, to: crm.people, is: mentions}\n",
    ).replace("      id: none\n", "      id: none\n      friends: none\n")
    said = [(each.severity, each.words) for each in found(people, text) if "array" in each.words]
    assert said == [
        (Severity.BROKEN, "`crm.people.id` is an array and cannot be the key of rows"),
        (Severity.BROKEN, "`crm.people.friends` is an array and cannot be a link to one row"),
    ]


VEILED = "is in the map and not shown to this role: it may not read it, or it is gone"


def test_a_column_that_mariadb_may_not_show_a_role_is_not_called_lost() -> None:
    seen = table("crm.people", "id number!, email text60!", indexes=(("email",),))
    collated = tuple(replace(each, folds=True) for each in seen.columns)
    wrong = only(replace(seen, columns=collated, veiled=True), dialect=Dialect.MARIADB)
    assert wrong.words == f"`crm.people.note` {VEILED}"
    assert "upheld grants" in wrong.next_step
    wrong = only(replace(seen, columns=collated), dialect=Dialect.MARIADB)
    assert wrong.words == "`crm.people.note` is in the map and not in the database"


def test_a_table_that_mariadb_may_not_show_a_role_is_not_called_lost() -> None:
    mapped = parse_store(MAP, "stores/crm.yaml")
    [wrong] = drift(mapped, replace(schema(GENRES), veiled=True))
    assert (wrong.severity, wrong.words) == (Severity.BROKEN, f"table `crm.people` {VEILED}")
    assert "upheld grants" in wrong.next_step
