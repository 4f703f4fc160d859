"""Columns that are followed between unlike types: what fits is found, what does not is nobody's."""

from __future__ import annotations

import pytest

from tests.stores.base import ADA, Base
from upheld.errors import StoreFailed

_MAP = """
collections:
  people:
    key: id
    person: yes
    people: [{match: email, identity: email, is: about}]
    fields: {id: none, email: {category: contact, identity: email}}
  orders:
    key: id
    people: [{follow: person, to: people, is: about}]
    fields: {id: none, person: none, note: contact}
"""
_KINDS = (
    "CREATE DOMAIN loud AS text CHECK (value = upper(value))",
    "CREATE DOMAIN small AS integer CHECK (value < 100)",
    "CREATE TYPE mood AS ENUM ('a', 'b')",
)


def joined(url: str, key: str, value: str, link: str, linked: str) -> Base:
    base = Base(url, _MAP)
    base.run(
        *_KINDS,
        f"CREATE TABLE people (id {key} PRIMARY KEY, email text)",
        f"CREATE TABLE orders (id integer PRIMARY KEY, person {link}, note text)",
        f"INSERT INTO people VALUES ('{value}', '{ADA}')",
        f"INSERT INTO orders VALUES (1, '{linked}', 'x')",
    )
    return base


@pytest.mark.parametrize(
    ("key", "value", "link", "linked"),
    [
        ("text", "ada", "loud", "ADA"),
        ("text", "ada", "mood", "a"),
        ("text", "nope", "timestamptz", "2020-01-01"),
        ("text", "2020-13-45", "date", "2020-01-01"),
        ("text", "nope", "inet", "10.0.0.1"),
        ("text", "1e999999", "numeric", "1"),
        ("text", "1e999", "double precision", "1"),
        ("numeric(12,2)", "123456.78", "numeric(5,2)", "1.00"),
        ("numeric(12,2)", "1.50", "integer", "1"),
        ("numeric", "1e30", "bigint", "7"),
        ("numeric", "1e19", "bigint", "7"),
        ("numeric", "1e50", "real", "7"),
        ("bigint", "9999999999", "uuid", "123e4567-e89b-12d3-a456-426655440000"),
        ("integer", "20200101", "date", "2020-01-01"),
    ],
)
def test_a_key_that_does_not_fit_leads_nowhere_and_stops_nothing(
    postgres_url: str, key: str, value: str, link: str, linked: str
) -> None:
    base = joined(postgres_url, key, value, link, linked)
    base.erase(email=ADA)
    assert base.rows("SELECT id FROM orders") == [(1,)]


@pytest.mark.parametrize(
    ("key", "value", "link"),
    [
        ("text", "ADA", "loud"),
        ("loud", "ADA", "text"),
        ("loud", "ADA", "loud"),
        ("text", "a", "mood"),
        ("mood", "a", "mood"),
        ("mood", "a", "text"),
        ("small", "7", "small"),
        ("small", "7", "bigint"),
        ("numeric(12,2)", "7", "integer"),
        ("numeric(12,2)", "7.50", "numeric(5,2)"),
        ("integer", "7", "numeric(12,2)"),
        ("text", "2020-01-01", "date"),
        ("date", "0044-03-15 BC", "date"),
        ("timestamptz", "2020-01-01 10:00:00.5+00", "timestamptz"),
        ("timestamptz", "infinity", "timestamptz"),
        ("inet", "10.0.0.0/8", "inet"),
        ("inet", "::1", "text"),
        ("bit(4)", "1010", "bit(4)"),
        ("real", "0.1", "real"),
        ("char(5)", "ada", "char(5)"),
    ],
)
def test_a_key_that_fits_leads_on_whatever_its_type(
    postgres_url: str, key: str, value: str, link: str
) -> None:
    base = joined(postgres_url, key, value, link, value)
    base.erase(email=ADA)
    assert base.rows("SELECT id FROM orders") == []


def test_a_key_that_a_domain_of_numbers_refuses_is_an_error_in_our_words(postgres_url: str) -> None:
    """And none of the program: what a rule refuses is only passed on where rows are written."""
    base = joined(postgres_url, "integer", "500", "small", "7")
    with pytest.raises(StoreFailed, match="joins columns of one type"):
        base.step(email=ADA)
