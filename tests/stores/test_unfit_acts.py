"""What an erasure cannot do to a column of PostgreSQL is said before anything is signed."""

from __future__ import annotations

import pytest

from tests.stores.base import ADA, made
from upheld.datamap.drift import drift
from upheld.datamap.parse import parse_store
from upheld.datamap.told import Severity

_KINDS = {
    "inet": "'10.0.0.1'",
    "uuid": "'00000000-0000-0000-0000-00000000000a'",
    "mood": "'a'",
    "pair": "'(x,1)'",
    "small": "5",
    "tsvector": "'a'",
    "bit(4)": "'1010'",
    "varbit(4)": "'10'",
    "daterange": "'[2020-01-01,2020-02-01)'",
    "point": "'(1,2)'",
    "oid": "5",
    "money": "1.5",
    "interval": "'1 day'",
    "time": "'10:00'",
    "boolean": "true",
    "integer": "5",
    "numeric(3,2)": "1.5",
    "date": "'2020-05-05'",
    "timestamptz": "'2020-05-05'",
    "bytea": "'\\x01'",
}
_MADE = (
    "CREATE TYPE mood AS ENUM ('a', 'b');;CREATE TYPE pair AS (a text, b int);;"
    "CREATE DOMAIN small AS integer;;"
)
_CAN = {
    ("uuid", "replace"),
    ("integer", "replace"),
    ("numeric(3,2)", "replace"),
    ("bytea", "replace"),
    ("date", "anonymise"),
    ("timestamptz", "anonymise"),
}


@pytest.mark.parametrize("act", ["replace", "redact", "anonymise"])
def test_what_a_type_does_not_take_is_refused_by_the_plan_and_told_by_the_map(
    postgres_url: str, act: str
) -> None:
    names = [f"f{number}" for number in range(len(_KINDS))]
    base = made(
        postgres_url,
        _MADE + ", ".join(f"{n} {k}" for n, k in zip(names, _KINDS, strict=True)),
        "\n".join(f"{name}: {{category: contact, erase: {act}}}" for name in names),
        *(", ".join(_KINDS.values()),) * 2,
    )
    cannot = [n for n, kind in zip(names, _KINDS, strict=True) if (kind, act) not in _CAN]
    refusals = base.store.preview(base.step(email=ADA)).refusals
    assert [each.split("`")[1] for each in refusals] == [f"shop.people.{n}" for n in cannot]
    assert all("use `erase:" in each or "blank it" in each for each in refusals)
    mapped = parse_store(f"kind: sql\nurl: env:SHOP\n{base.text}", "stores/shop.yaml")
    told = [each for each in drift(mapped, base.store.schema()) if each.severity is Severity.BROKEN]
    assert sorted(each.words.split("`")[1] for each in told) == sorted(
        f"people.{n}" for n in cannot
    )


def test_the_types_of_extensions_are_not_redacted(postgres_url: str) -> None:
    more = "CREATE EXTENSION IF NOT EXISTS hstore;;"
    base = made(postgres_url, f"{more}x hstore", _REDACT, *("'a=>1'",) * 2)
    [said] = base.store.preview(base.step(email=ADA)).refusals
    assert said == (
        "`shop.people.x` is no text and cannot be redacted; use `erase: blank` in the map"
    )


_REDACT = "x: {category: contact, erase: redact}"


@pytest.mark.parametrize("kind", ["real", "double precision"])
def test_a_number_with_little_room_is_replaced_by_one_that_it_holds(
    postgres_url: str, kind: str
) -> None:
    base = made(
        postgres_url, f"x {kind} NOT NULL", "x: {category: contact, erase: replace}", "1.5", "2.5"
    )
    base.erase(email=ADA)
    assert base.rows("SELECT x FROM people ORDER BY x")[0] == (2.5,)
