"""Columns that hold identities in a form of their own are compared as the map declares."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from tests.stores.shop import Shop, build
from upheld.errors import Refused
from upheld.model import Bond

if TYPE_CHECKING:
    from pathlib import Path

ADA, BOB = "ada@example.com", "bob@example.com"
PHONE = "442079460000"
UUID = "0e37df36-f698-11e6-8dd4-cb9ced3df976"


def digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()


def column(folder: Path, declared: str, values: tuple[str, str], **way: str) -> Shop:
    """Make a table of two people who bear one identity each in a column of their own."""
    kind, stored = way["kind"], way["stored"]
    return build(
        folder,
        f"CREATE TABLE people (id INTEGER PRIMARY KEY, x {declared});"
        "CREATE INDEX people_x ON people (x);"
        f"INSERT INTO people VALUES (1, {values[0]}), (2, {values[1]});",
        f"""\
  people:
    key: id
    person: yes
    people: [{{match: x, identity: "{kind}", is: about, stored: {stored}}}]
    fields: {{x: {{category: contact, identity: "{kind}"}}}}
""",
    )


FORMS = {
    "a plus and digits": ("phone", "e164", "TEXT", "'+442079460000'", "'+442079461111'"),
    "as one dials at home": ("phone", "national GB", "TEXT", "'020 7946 0000'", "'020 7946 1111'"),
    "with the zero said": ("phone", "national GB", "TEXT", "'+44 (0)20-79460000'", "'+44 (0)20 1'"),
    "as one dials abroad": ("phone", "national GB", "TEXT", "'0044 20 79460000'", "'02079461111'"),
    "from its code on": ("phone", "national GB", "TEXT", "'442079460000'", "'33123456789'"),
    "a number that lost its zero": ("phone", "national GB", "INTEGER", "2079460000", "2079461111"),
    "a hash": ("email", "sha256", "TEXT", f"'{digest(ADA)}'", f"'{digest(BOB)}'"),
    "a hash in capitals": (
        "email",
        "sha256",
        "TEXT",
        f"'{digest(ADA).upper()}'",
        f"'{digest(BOB).upper()}'",
    ),
    "a hash as bytes": ("email", "sha256", "BLOB", f"x'{digest(ADA)}'", f"x'{digest(BOB)}'"),
    "a hash of digits": ("phone", "sha256", "TEXT", f"'{digest(PHONE)}'", f"'{digest('44')}'"),
    "a hash with the plus": (
        "phone",
        "sha256",
        "TEXT",
        f"'{digest('+' + PHONE)}'",
        f"'{digest('+44')}'",
    ),
    "a uuid": (
        "account:shop",
        "uuid",
        "TEXT",
        f"'{UUID}'",
        "'0e37df36-f698-11e6-8dd4-000000000000'",
    ),
    "a uuid in capitals": ("account:shop", "uuid", "TEXT", f"'{UUID.upper()}'", "'X'"),
    "a uuid without dashes": (
        "account:shop",
        "uuid",
        "TEXT",
        f"'{UUID.replace('-', '')}'",
        "'0e37df36f69811e68dd4000000000000'",
    ),
    "a uuid as bytes": (
        "account:shop",
        "uuid",
        "BLOB",
        f"x'{UUID.replace('-', '')}'",
        "x'0e37df36f69811e68dd4000000000000'",
    ),
}
PRESENTED = {"phone": PHONE, "email": ADA, "account:shop": UUID.upper().replace("-", "")}


@pytest.mark.parametrize("form", FORMS)
def test_a_person_is_found_and_erased_by_what_the_column_holds(tmp_path: Path, form: str) -> None:
    kind, stored, declared, hers, his = FORMS[form]
    shop = column(tmp_path, declared, (hers, his), kind=kind, stored=stored)
    presented = {kind.partition(":")[0]: PRESENTED[kind]}
    found = shop.store.find(shop.find(**presented))
    assert dict(found.rows) == {("people", Bond.ABOUT): 1}
    assert found.closure.keys["people"] == {(1,)}
    shop.erase(**presented)
    assert [row[0] for row in shop.rows("people")] == [2]


def test_a_number_dialled_at_home_is_found_as_it_was_typed(tmp_path: Path) -> None:
    shop = column(
        tmp_path, "TEXT", ("'+44 20 7946 0000'", "'x'"), kind="phone", stored="national GB"
    )
    assert shop.find(phone="020 7946 0000").keys["people"] == {(1,)}


def test_a_number_of_a_country_travels_with_its_calling_code(tmp_path: Path) -> None:
    values = ("'020 7946 0000'", "'020 7946 1111'")
    shop = column(tmp_path, "TEXT", values, kind="phone", stored="national GB")
    assert shop.find(phone=PHONE).identities["phone"] == {PHONE}


def test_italians_dial_their_zero_from_abroad(tmp_path: Path) -> None:
    values = ("'06 1234 5678'", "'6 1234 5678'")
    shop = column(tmp_path, "TEXT", values, kind="phone", stored="national IT")
    assert shop.find(phone="+39 06 1234 5678").keys["people"] == {(1,)}


def test_a_uuid_travels_as_it_is_mostly_written(tmp_path: Path) -> None:
    shop = build(
        tmp_path,
        "CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT, x BLOB);"
        f"INSERT INTO people VALUES (1, '{ADA}', x'{UUID.replace('-', '')}');",
        """\
  people:
    key: id
    person: yes
    people: [{match: email, identity: email, is: about}]
    fields: {x: {category: account, identity: "account:crm", stored: uuid}}
""",
    )
    assert shop.find(email=ADA).identities["account:crm"] == {UUID}


_HASHED = """\
  people:
    key: id
    person: yes
    people:
      - {match: id, identity: "account:shop", is: about}
      - {match: x, identity: KIND, is: about, stored: sha256}
    fields: {x: {category: contact, identity: KIND}}
"""


@pytest.mark.parametrize(("kind", "value"), [("email", ADA), ('"account:crm"', "C-7")])
def test_a_hash_never_becomes_an_identity(tmp_path: Path, kind: str, value: str) -> None:
    shop = build(
        tmp_path,
        "CREATE TABLE people (id INTEGER PRIMARY KEY, x TEXT);"
        f"INSERT INTO people VALUES (1, '{digest(value)}');",
        _HASHED.replace("KIND", kind),
    )
    found = shop.find(account="1")
    assert found.keys["people"] == {(1,)}
    assert found.identities.get(kind.strip('"'), frozenset()) == frozenset()


def test_a_row_with_another_hash_is_somebody_elses(tmp_path: Path) -> None:
    shop = build(
        tmp_path,
        "CREATE TABLE people (id INTEGER PRIMARY KEY, x TEXT);"
        f"INSERT INTO people VALUES (1, '{digest(BOB)}'), (2, '{digest(ADA)}');",
        _HASHED.replace("KIND", "email"),
    )
    with pytest.raises(Refused, match="bears one of the identities presented and another email"):
        shop.find(account="1", email="carol@example.com")
    assert shop.find(account="2", email=ADA).keys["people"] == {(2,)}


def test_one_number_in_two_spellings_is_not_taken_for_two(tmp_path: Path) -> None:
    values = ("'020 7946 0000'", "'+44 20 7946 0000'")
    shop = column(tmp_path, "TEXT", values, kind="phone", stored="national GB")
    with pytest.raises(Refused, match="two or more people"):
        shop.find(phone=PHONE)


def test_a_text_is_redacted_of_the_number_as_one_dials_it(tmp_path: Path) -> None:
    shop = build(
        tmp_path,
        f"""
        CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT, phone TEXT, notes TEXT);
        INSERT INTO people VALUES (1, '{ADA}', '020 7946 0000',
          'call 020 7946-0000, from abroad +44 20 79460000, not 020 7946 0001');
        """,
        """\
  people:
    key: id
    person: yes
    people: [{match: email, identity: email, is: about}]
    erase: fields
    fields:
      email: {category: contact, identity: email}
      phone: {category: contact, identity: phone, stored: national GB}
      notes: {category: contact, erase: redact}
""",
    )
    shop.erase(email=ADA)
    ((_, _, _, notes),) = shop.rows("people")
    assert notes == "call [erased], from abroad [erased], not 020 7946 0001"
