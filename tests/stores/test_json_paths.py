"""Paths into JSON: what they lead to, how they are written, and what stands on their way."""

from __future__ import annotations

import json

import pytest

from tests.stores.base import ADA, BOB, PEOPLE, Base, made
from upheld.datamap.drift import Severity, drift
from upheld.datamap.parse import parse_store
from upheld.errors import BadFile, Refused
from upheld.model import Declined, Done

OBJECT = {"address": {"street": "Ada Road"}, "phones": ["ada@example.com"], "w": 3}
OTHER = {"address": {"street": "Bob Road"}, "phones": ["bob@example.com"], "w": 4}


def _kind(url: str) -> str:
    return {"p": "jsonb", "m": "json", "s": "text"}[url[0]]


def _said(url: str, value: object) -> str:
    """Return a document as a text of SQL."""
    text = json.dumps(value, ensure_ascii=False).replace("'", "''")
    return "'" + (text.replace("\\", "\\\\") if url.startswith("m") else text) + "'"


def _made(url: str, fields: str, value: object, other: object, kind: str = "") -> Base:
    kind = kind or _kind(url)
    return made(url, f"profile {kind}", fields, _said(url, value), _said(url, other))


def _left(base: Base, table: str = "people") -> list[object]:
    text = "CAST(profile AS text)" if base.url.startswith("postgresql") else "profile"
    rows = base.rows(f"SELECT {text} FROM {table} ORDER BY id")
    return [json.loads(str(row[0])) if row[0] is not None else None for row in rows]


def test_an_object_and_a_list_are_shown_and_blanked_like_a_word(database_url: str) -> None:
    fields = "profile$.address: contact\nprofile$.phones: contact\nprofile$.w: none"
    base = _made(database_url, fields, OBJECT, OTHER)
    [(_, columns, row)] = base.shown(email=ADA)
    shown = dict(zip(columns, row, strict=True))
    assert json.loads(str(shown["profile$.address"])) == {"street": "Ada Road"}
    assert json.loads(str(shown["profile$.phones"])) == ["ada@example.com"]
    base.erase(email=ADA)
    assert _left(base) == [{"address": None, "phones": None, "w": 3}, OTHER]


def test_an_object_is_replaced_and_redacted_as_the_text_it_is_written_in(database_url: str) -> None:
    fields = (
        "profile$.address: {category: contact, erase: replace}\n"
        "profile$.phones: {category: contact, erase: redact}"
    )
    base = _made(database_url, fields, OBJECT, OTHER)
    base.erase(email=ADA)
    [left, other] = _left(base)
    assert isinstance(left, dict)
    assert str(left["address"]).startswith("erased-")
    assert json.loads(left["phones"]) == ["[erased]"]
    assert other == OTHER


def test_an_object_in_a_row_that_is_kept_is_blanked(database_url: str) -> None:
    text = PEOPLE.replace("    erase: fields\n", "") + (
        "  bills:\n    key: id\n    people: [{match: email, identity: email, is: about}]\n"
        "    keep: {under: retain.legal-tax, from: day}\n"
        "    fields:\n      id: none\n      email: {category: contact, identity: email}\n"
        "      day: none\n      profile$.address: {category: contact, erase: blank}\n"
    )
    base = Base(database_url, text)
    base.run(
        "CREATE TABLE people (id int PRIMARY KEY, email varchar(80))",
        "CREATE TABLE bills (id int PRIMARY KEY, email varchar(80), day date, "
        f"profile {_kind(database_url)})",
        f"INSERT INTO bills VALUES (1, '{ADA}', '2026-07-01', {_said(database_url, OBJECT)})",
    )
    step = base.step(email=ADA)
    assert isinstance(base.store.act(step), Done)
    assert base.store.look_back(step).late == {}
    assert _left(base, "bills") == [{**OBJECT, "address": None}]


@pytest.mark.parametrize(
    "name",
    [
        "c%d",
        "m%%l",
        "%",
        "%(x)s",
        "a:b",
        "a'b",
        "-1",
        "-",
        "a-1",
        "last",
        "1",
        "*",
        "ü",
        "a b",
        "?",
    ],
)
def test_whatever_a_name_in_json_is_written_with_it_is_that_name(
    database_url: str, name: str
) -> None:
    near = {name.replace("%", "%%") + "~": "stays", name * 2 + "x": "stays"}
    field = json.dumps(f"profile$.{name}", ensure_ascii=False)
    fields = f"{field}: {{category: contact, identity: email, erase: replace}}"
    base = _made(database_url, fields, {name: ADA, **near}, {name: BOB, **near})
    base = Base(base.url, base.text.replace("match: email,", f"match: {field},"))
    assert [row[1] for _, _, row in base.shown(email=ADA)] == [ADA]
    base.erase(email=ADA)
    [left, other] = _left(base)
    assert isinstance(left, dict)
    assert str(left.pop(name)).startswith("erased-")
    assert left == near
    assert other == {name: BOB, **near}


@pytest.mark.parametrize("name", ["c%d", "-1"])
def test_a_name_that_only_looks_alike_stays(database_url: str, name: str) -> None:
    fields = json.dumps(f"profile$.{name}") + ": contact"
    base = _made(database_url, fields, {"c%%d": 1, "1": 2, "c%d": 3, "-1": 4}, {})
    base.erase(email=ADA)
    [left, _] = _left(base)
    assert left == {"c%%d": 1, "1": 2, "c%d": 3, "-1": 4} | {name: None}


def test_what_would_be_said_shows_a_path_as_it_is(database_url: str) -> None:
    base = _made(database_url, '"profile$.c%d": contact', {"c%d": 1}, {})
    said = "\n".join(base.store.statements(base.step(email=ADA)))
    assert "c%d" in said
    assert "%%" not in said


@pytest.mark.parametrize("name", ['a"b', "a\\b", "a\nb", "a\x7fb"])
def test_letters_that_databases_escape_each_in_its_way_are_refused(name: str) -> None:
    fields = f"      {json.dumps('profile$.' + name)}: contact\n"
    wrong = "takes no quotation marks, backslashes or control characters"
    with pytest.raises(BadFile, match=wrong):
        parse_store(f"kind: sql\nurl: env:X\n{PEOPLE}{fields}", "stores/shop.yaml")
    ways = PEOPLE.replace("match: email", f"match: {json.dumps('profile$.' + name)}")
    with pytest.raises(BadFile, match=wrong):
        parse_store(f"kind: sql\nurl: env:X\n{ways}", "stores/shop.yaml")


ON_THE_WAY = {
    "a list of objects": {"m": [{"x": ADA}]},
    "a list": [{"m": {"x": ADA}}],
    "JSON in a text": json.dumps({"m": {"x": ADA}}),
    "JSON in a text within": {"m": json.dumps({"x": ADA})},
    "a number": {"m": 5},
}


@pytest.mark.parametrize("what", ON_THE_WAY)
def test_what_stands_on_the_way_of_a_path_is_refused(database_url: str, what: str) -> None:
    """Of the person's rows alone; what is mapped whole goes whatever is in it."""
    good, odd = {"m": {"x": "ada"}}, ON_THE_WAY[what]
    base = _made(database_url, "profile$.m.x: contact", odd, good)
    [refusal] = base.store.preview(base.step(email=ADA)).refusals
    assert refusal.startswith("`shop.people.profile$.m.x` cannot be reached in the JSON of 1 rows")
    assert isinstance(base.store.act(base.step(email=ADA)), Declined)
    base.erase(email=BOB)
    assert _left(base) == [odd, {"m": {"x": None}}]
    whole = Base(base.url, base.text + "      profile: contact\n")
    whole.erase(email=ADA)
    assert _left(base)[0] is None


@pytest.mark.parametrize("odd", [None, {}, {"m": None}, [], "", {"m": []}, {"m": ""}, {"m": {}}])
def test_what_is_not_there_hides_nothing(database_url: str, odd: object) -> None:
    base = _made(database_url, "profile$.m.x: contact", odd, {})
    base.erase(email=ADA)
    assert _left(base)[0] == odd


@pytest.mark.parametrize("database_url", ["sqlite", "mariadb"], indirect=True)
def test_json_that_is_none_is_refused(database_url: str) -> None:
    kind = "longtext" if database_url.startswith("m") else "text"
    base = made(database_url, f"profile {kind}", "profile$.m: contact", "'{not json ada'", "''")
    [refusal] = base.store.preview(base.step(email=ADA)).refusals
    assert "cannot be reached in the JSON of 1 rows" in refusal
    assert isinstance(base.store.act(base.step(email=ADA)), Declined)
    base.erase(email=BOB)
    assert base.rows("SELECT profile FROM people ORDER BY id") == [("{not json ada",), ("",)]


def test_a_path_that_goes_with_the_one_above_it_hides_nothing(database_url: str) -> None:
    fields = "profile$.m: {category: contact, erase: replace}\nprofile$.m.x: contact"
    base = _made(database_url, fields, {"m": [{"x": ADA}]}, {})
    base.erase(email=ADA)
    assert "ada@" not in str(_left(base))


def test_a_name_that_sqlite_does_not_read_is_refused(tmp_path: object) -> None:
    """`json.dumps` of Python writes other letters than those of ASCII as escapes."""
    url = f"sqlite:///{tmp_path}/x.sqlite"
    base = made(url, "profile text", "profile$.ü: contact", f"'{json.dumps({'ü': ADA})}'", "'{}'")
    [refusal] = base.store.preview(base.step(email=ADA)).refusals
    assert "cannot be reached in the JSON of 1 rows" in refusal


@pytest.mark.parametrize(
    "text",
    [
        r'{"address": {"mail": "x"}, "\u0061ddress": {"mail": "y"}}',
        r'{"\u0061ddress": {"mail": "y"}, "address": {"mail": "x"}}',
        r'{"address": {"mail": null}, "\u0061ddress": {"mail": "y"}}',
        r'{"address": {"mail": "x", "\u006dail": "y"}}',
        r'{"address": {"\u006dail": "y", "mail": "x"}}',
    ],
)
def test_a_name_written_once_more_with_escapes_is_refused(tmp_path: object, text: str) -> None:
    """SQLite would change the one that it reads, and leave the other."""
    url = f"sqlite:///{tmp_path}/x.sqlite"
    base = made(url, "profile text", "profile$.address.mail: contact", f"'{text}'", "'{}'")
    step = base.step(email=ADA)
    assert any(
        "is there twice in the JSON of 1 rows" in e for e in base.store.preview(step).refusals
    )
    assert isinstance(base.store.act(step), Declined)


_STOPPING = (
    r'{"mail": "\u0000"}',
    r'{"mail": "\\\u0000\u0000"}',
    r'{"mail": "\ud83d z"}',
    r'{"mail": "z \ude00"}',
    r'{"mail": "\\ud83d\ude00"}',
    r'{"mail": "\ud83d\\ude00"}',
    '{"mail": "x", "n": 1e9999999}',
    '{"mail": "x", "n": [1, -2.5E-9999999 ]}',
)


@pytest.mark.parametrize("bad", _STOPPING)
def test_what_postgresql_stops_at_in_json_of_others_stops_nobody(
    postgres_url: str, bad: str
) -> None:
    fields = "profile$.mail: {category: contact, identity: email, erase: replace}"
    good = f'{{"mail": "{ADA}", "n": "\\ud83d\\ude00 c:\\\\u0000 \\\\\\ud83d\\ude00", "e": 1e9}}'
    base = made(postgres_url, "profile json", fields, f"'{good}'", f"'{bad}'")
    base = Base(base.url, base.text.replace("match: email,", "match: profile$.mail,"))
    theirs = "SELECT profile::text FROM people WHERE email = 'bob@example.com'"
    before = base.rows(theirs)
    base.erase(email=ADA)
    assert base.rows(theirs) == before
    by_mail = Base(base.url, base.text.replace("match: profile$.mail,", "match: email,"))
    [refusal] = by_mail.store.preview(by_mail.step(email=BOB)).refusals
    assert "cannot be reached in the JSON of 1 rows" in refusal


def test_a_path_in_a_text_of_postgresql_is_refused_in_words(postgres_url: str) -> None:
    base = _made(postgres_url, "profile$.m: contact", {"m": 1}, {}, "text")
    with pytest.raises(Refused, match=r"`shop.people.profile\$.m` is a path in a column of type"):
        base.step(email=ADA)
    mapped = parse_store(f"kind: sql\nurl: env:SHOP\n{base.text}", "stores/shop.yaml")
    told = {each.words: each.severity for each in drift(mapped, base.store.schema())}
    assert told["`people.profile$.m` is a path in what is no JSON"] is Severity.BROKEN
