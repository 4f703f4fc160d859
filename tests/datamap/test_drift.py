"""A map beside a catalogue that is no longer, or never was, what it says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.datamap.catalogues import columns, schema, table, to
from upheld.datamap.draft import draft
from upheld.datamap.drift import Drift, Severity, drift
from upheld.datamap.guesses import accepted
from upheld.datamap.parse import parse_store
from upheld.model import StoreMap, Table

MAP = """\
kind: sql
url: sqlite:///crm.sqlite
collections:
  people:
    key: id
    person: yes
    people:
      - {match: email, identity: email, is: about}
    erase: fields
    fields:
      id: none
      email: {category: contact, identity: email, erase: replace}
      born: {category: demographic, erase: anonymise}
      note: {category: contact, erase: redact}
  invoices:
    key: id
    people: [{follow: person, to: people, is: about}]
    keep: {under: retain.legal-tax, from: issued}
    fields: {line: commercial, total: none}
  genres: not personal
"""

PEOPLE = table(
    "people",
    "id number!, email text60!, born date, note text",
    indexes=(("lower(email)",),),
)
INVOICES = table(
    "invoices",
    "id number!, person number!, issued date!, line text, total number",
    to("people", "person"),
    indexes=(("person",),),
)
GENRES = table("genres", "id number!, name text")


def found(*tables: Table, text: str = MAP) -> tuple[Drift, ...]:
    return drift(mapped(text), schema(*tables))


def mapped(text: str = MAP) -> StoreMap:
    return parse_store(text, "stores/crm.yaml")


def only(*tables: Table, text: str = MAP) -> Drift:
    (finding,) = found(*tables, text=text)
    return finding


def with_columns(of: Table, words: str) -> Table:
    return replace(of, columns=columns(words))


def test_a_map_that_fits_has_nothing_to_say() -> None:
    assert found(PEOPLE, INVOICES, GENRES) == ()


def test_a_table_that_went_is_broken_unless_nobody_was_in_it() -> None:
    gone = only(PEOPLE, GENRES)
    assert (gone.severity, gone.place) == (Severity.BROKEN, "stores/crm.yaml:15")
    assert gone.words == "table `invoices` is in the map and not in the database"
    assert only(PEOPLE, INVOICES).severity is Severity.NOTE


def test_a_new_table_is_broken_if_it_can_hold_words() -> None:
    words = only(PEOPLE, INVOICES, GENRES, table("leads", "id number!, who text"))
    figures = only(PEOPLE, INVOICES, GENRES, table("counts", "id number!, n number"))
    assert (words.severity, figures.severity) == (Severity.BROKEN, Severity.WARNING)
    assert words.next_step == "map it, or say `leads: not personal`"


def test_a_new_column_is_broken_if_it_can_hold_words() -> None:
    base = "id number!, email text60!, born date, note text"
    for kind, severity in {
        "text": Severity.BROKEN,
        "other": Severity.BROKEN,
        "bytes": Severity.BROKEN,
        "number": Severity.WARNING,
        "date": Severity.WARNING,
    }.items():
        new = only(with_columns(PEOPLE, f"{base}, extra {kind}"), INVOICES, GENRES)
        assert (new.severity, "`people.extra`" in new.words) == (severity, True)


def test_a_column_that_went_is_broken_also_where_only_a_way_uses_it() -> None:
    base = "id number!, person number!, line text, total number"
    dated = only(PEOPLE, with_columns(INVOICES, base), GENRES)
    assert dated.words == "`invoices.issued` is in the map and not in the database"
    followed = with_columns(INVOICES, "id number!, issued date!, line text, total number")
    assert "`invoices.person`" in only(PEOPLE, replace(followed, references=()), GENRES).words


def test_a_key_that_tells_no_rows_apart_is_broken() -> None:
    keyed = replace(INVOICES, key=("id", "line"), unique=(("id", "line"),))
    wrong = only(PEOPLE, keyed, GENRES)
    assert (wrong.severity, "`key: [id, line]`" in wrong.next_step) == (Severity.BROKEN, True)


def test_guesses_that_are_left_are_told_once() -> None:
    text = MAP.replace("is: about}", "is: about?}").replace("total: none", "total: none?")
    left = only(PEOPLE, INVOICES, GENRES, text=text)
    assert left.words == "3 guesses are left, the first is `is: about?`"
    assert (left.severity, left.place) == (Severity.WARNING, "stores/crm.yaml:8")


def test_a_field_of_no_category_is_a_gap() -> None:
    gap = only(PEOPLE, INVOICES, GENRES, text=MAP.replace("line: commercial", "line: unlisted"))
    assert (gap.severity, "in no category" in gap.words) == (Severity.WARNING, True)


def test_a_lookup_without_an_index_is_slow() -> None:
    slow = only(PEOPLE, replace(INVOICES, indexes=(("id", "person"),)), GENRES)
    assert slow.next_step == 'run `CREATE INDEX "ix_invoices_person" ON "invoices" ("person")`'


@pytest.mark.parametrize("index", ["lower(email)", 'LOWER( "email" )', "lower([email])"])
def test_an_address_is_looked_up_by_its_small_letters(index: str) -> None:
    assert found(replace(PEOPLE, indexes=((index,),)), INVOICES, GENRES) == ()


def test_a_plain_index_serves_an_address_only_where_it_is_stored_normalised() -> None:
    plain = replace(PEOPLE, indexes=(("email",),))
    index = 'CREATE INDEX "ix_people_email" ON "people" (lower("email"))'
    assert only(plain, INVOICES, GENRES).next_step == f"run `{index}`"
    text = MAP.replace("is: about}\n", "is: about, stored: normalised}\n", 1)
    assert found(plain, INVOICES, GENRES, text=text) == ()


def test_a_composite_lookup_is_served_by_an_index_that_begins_with_it() -> None:
    text = MAP.replace("follow: person,", "follow: [person, club], onto: [id, note],")
    words = "id number!, person number!, club text, issued date!, line text, total number"
    invoices = replace(with_columns(INVOICES, words), references=())
    served = replace(invoices, indexes=(("club", "person", "line"),))
    late = replace(invoices, indexes=(("line", "club", "person"),))
    assert found(PEOPLE, served, GENRES, text=text) == ()
    slow = only(PEOPLE, late, GENRES, text=text)
    assert '"ix_invoices_person_club" ON "invoices" ("person", "club")' in slow.next_step


IMPOSSIBLE = {
    "a blank that must be filled": ("erase: redact}", "erase: blank}", "note text!", "NOT NULL"),
    "a word in place of a date": ("erase: anonymise}", "erase: replace}", "born date", "a date"),
    "a number redacted": ("erase: redact}", "erase: redact}", "note number", "no text"),
    "a number anonymised": ("erase: anonymise}", "erase: anonymise}", "born number", "no date"),
}


@pytest.mark.parametrize(("old", "new", "column", "words"), IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_an_act_that_a_column_cannot_bear_is_broken(
    old: str, new: str, column: str, words: str
) -> None:
    rest = {"born": "note text", "note": "born date"}[column.split(maxsplit=1)[0]]
    people = with_columns(PEOPLE, f"id number!, email text60!, {column}, {rest}")
    wrong = only(people, INVOICES, GENRES, text=MAP.replace(old, new))
    assert (wrong.severity, words in wrong.words) == (Severity.BROKEN, True)


def test_a_date_kept_as_text_is_worth_a_look() -> None:
    people = with_columns(PEOPLE, "id number!, email text60!, born text, note text")
    assert only(people, INVOICES, GENRES).severity is Severity.WARNING


def test_a_short_column_cuts_a_replacement_and_a_unique_one_refuses_it() -> None:
    short = with_columns(PEOPLE, "id number!, email text20!, born date, note text")
    unique = replace(short, unique=(("id",), ("email",)))
    assert only(short, INVOICES, GENRES).severity is Severity.NOTE
    assert only(unique, INVOICES, GENRES).severity is Severity.BROKEN


def test_what_dates_a_kept_row_must_be_a_date() -> None:
    words = "id number!, person number!, issued number!, line text, total number"
    assert "is no date" in only(PEOPLE, with_columns(INVOICES, words), GENRES).words


def test_a_foreign_key_to_people_that_no_way_follows_is_told() -> None:
    pointing = replace(INVOICES, references=(*INVOICES.references, to("people", "total")))
    left = only(PEOPLE, pointing, GENRES)
    assert left.words == "`invoices.total` points at `people` and no way follows it"
    assert left.severity is Severity.WARNING


def test_personal_fields_in_which_nobody_is_found_are_told() -> None:
    text = MAP.replace("genres: not personal", "genres: {key: id, fields: {name: contact}}")
    nobody = only(PEOPLE, INVOICES, GENRES, text=text)
    assert nobody.words == "`genres` is personal, and nobody is found in it"
    assert nobody.severity is Severity.WARNING
    bare = MAP.replace("genres: not personal", "genres: {key: id, fields: {name: none}}")
    assert only(PEOPLE, INVOICES, GENRES, text=bare).words == nobody.words


def test_the_worst_comes_first() -> None:
    severities = [each.severity for each in found(with_columns(PEOPLE, "id number!"), INVOICES)]
    assert severities == sorted(severities, key=list(Severity).index)
    assert severities[0] is Severity.BROKEN
    assert severities[-1] is Severity.NOTE


def test_a_fresh_draft_that_was_accepted_is_nowhere_broken() -> None:
    catalogue = schema(PEOPLE, INVOICES, GENRES)
    text = accepted(draft(catalogue, name="crm", url="sqlite:///crm.sqlite"))
    assert Severity.BROKEN not in {each.severity for each in drift(mapped(text), catalogue)}


def test_a_manual_store_never_drifts() -> None:
    cabinet = parse_store("kind: manual\nwithin: 2 days\ntasks: {erase: x}", "stores/a.yaml")
    assert drift(cabinet, schema(PEOPLE)) == ()


def test_the_statement_for_an_index_quotes_odd_names() -> None:
    text = MAP.replace("match: email", 'match: "Email \\"of\\" X"')
    people = replace(PEOPLE, columns=columns("id number!, email text60!, born date, note text"))
    odd = replace(people.columns[1], name='Email "of" X')
    slow = [
        each
        for each in found(replace(people, columns=(*people.columns, odd)), INVOICES, text=text)
        if "no index" in each.words
    ]
    index = 'CREATE INDEX "ix_people_Email_of_X" ON "people" (lower("Email ""of"" X"))'
    assert slow[0].next_step == f"run `{index}`"
    indexed = replace(people, indexes=(('lower("Email ""of"" X")',),))
    assert "no index" not in " ".join(each.words for each in found(indexed, INVOICES, text=text))


def test_a_field_that_is_asked_who_else_bears_it_needs_an_index() -> None:
    """Where visits are somebody's by a cookie, finding looks for others with the same."""
    visits = """\
  visits:
    key: id
    people: [{match: visitor, identity: "cookie:web", is: about}]
    fields: {visitor: account}
"""
    known = "      born:"
    field = '      known_as: {category: account, identity: "cookie:web"}\n'
    people = replace(PEOPLE, columns=(*PEOPLE.columns, *columns("known_as text20")))
    tables = (
        INVOICES,
        GENRES,
        table("visits", "id number!, visitor text", indexes=(("visitor",),)),
    )
    text = MAP.replace(known, field + known)
    slow = "`people.known_as` is looked up and has no index"
    assert not [each for each in found(people, *tables[:2], text=text) if slow in each.words]
    [told] = [each for each in found(people, *tables, text=text + visits) if slow in each.words]
    assert told.severity is Severity.WARNING
    assert "CREATE INDEX" in told.next_step
    indexed = replace(people, indexes=(*people.indexes, ("known_as",)))
    assert not [each for each in found(indexed, *tables, text=text + visits) if slow in each.words]
    elsewhere = drift(mapped(text), schema(people, *tables[:2]), frozenset({"cookie:web"}))
    assert [each for each in elsewhere if slow in each.words], "another store's visits ask it too"
