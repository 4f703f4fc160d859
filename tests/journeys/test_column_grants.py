"""A copy is not planned by a role that may not read all of it, column by column."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from tests.journeys.test_promises_on_servers import SHOP
from tests.journeys.town import BOB, Town, build
from tests.stores.real import made
from upheld.errors import WouldFail
from upheld.model import Regime, Right

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from upheld.datamap.document import Plan

TABLES = {
    "customers": "id, email, full_name, phone, street",
    "orders": "id, customer_id, note, total",
    "invoices": "id, customer_id, issued_on, billing_name, card_token",
}


@pytest.fixture(params=["postgres_url", "mariadb_url"])
def url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(request.param))


@pytest.fixture
def login(url: str) -> Iterator[str]:
    """Give a login without a right on a server, as that server names it in a grant."""
    name, postgres = f"u{secrets.token_hex(5)}", url.startswith("postgresql")
    whole = name if postgres else f"{name}@'%'"
    made(url, *SHOP.split(";"))
    making = (
        f"CREATE ROLE {name} LOGIN PASSWORD" if postgres else f"CREATE USER {whole} IDENTIFIED BY"
    )
    made(url, f"{making} '{name}'")
    yield whole
    made(url, *([f"DROP OWNED BY {name}"] if postgres else []))
    made(url, f"DROP {'ROLE' if postgres else 'USER'} {whole}")


@pytest.fixture
def town(tmp_path: Path, url: str, login: str, monkeypatch: pytest.MonkeyPatch) -> Town:
    """Give a company that reaches its shop by this login, which may read all of it."""
    town = build(tmp_path / "town")
    name = login.partition("@")[0]
    address = sa.make_url(url).set(username=name, password=name)
    monkeypatch.setenv("SHOP_URL", address.render_as_string(hide_password=False))
    town.edit("stores/shop.yaml", "sqlite:///shop.sqlite", "env:SHOP_URL")
    if not url.startswith("postgresql"):
        made(url, f"GRANT REFERENCES ON * TO {login}")
    for table, columns in TABLES.items():
        made(url, f"GRANT SELECT ({columns}) ON {table} TO {login}")
    return town


def planned(town: Town, id: str) -> Plan:
    with town.open() as upheld:
        return upheld.plan(id)


def test_a_copy_is_planned_only_where_each_mapped_column_may_be_read(
    town: Town, url: str, login: str
) -> None:
    with town.open() as upheld:
        id = upheld.open_request(Right.ACCESS, [f"email={BOB}"], regime=Regime.GDPR).id
    before = planned(town, id)
    assert before.rows
    made(
        url,
        f"REVOKE SELECT (billing_name, card_token) ON invoices FROM {login}",
        f"REVOKE SELECT (note) ON orders FROM {login}",
    )
    with pytest.raises(WouldFail) as refusal:
        planned(town, id)
    said = str(refusal.value)
    assert "does not let this role read `note` of `orders`; run `upheld grants`" in said
    assert "read `billing_name`, `card_token` of `invoices`" in said
    assert BOB not in said
    made(url, f"REVOKE SELECT (email) ON customers FROM {login}")
    with pytest.raises(WouldFail, match="read `email` of `customers`"):
        planned(town, id)
    for table, columns in TABLES.items():
        made(url, f"GRANT SELECT ({columns}) ON {table} TO {login}")
    assert planned(town, id).rows == before.rows
