"""What a role may not do is told by what it is, and by what gives it."""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from tests.stores.base import ADA, Base, made
from upheld.errors import Stale, StoreFailed

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def weak(base: Base) -> Iterator[Base]:
    """Give the same database as somebody sees it who may read `people` but for one column."""
    name = f"weak_{secrets.token_hex(6)}"
    base.run(f"CREATE ROLE {name} LOGIN", f"GRANT SELECT (id, email) ON people TO {name}")
    url = sa.make_url(base.url).set(username=name, password=None)
    try:
        yield Base(url.render_as_string(hide_password=False), base.text)
    finally:
        base.run(f"DROP OWNED BY {name}", f"DROP ROLE {name}")


def test_what_the_role_may_not_read_is_named_when_somebody_is_looked_for(postgres_url: str) -> None:
    base = made(postgres_url, "n varchar(9)", _ALIAS, "'a'", "'b'")
    base = Base(base.url, base.text.replace("people: [", "people: [" + _BY_ALIAS))
    with weak(base) as seen, pytest.raises(StoreFailed, match="read `n` of `people`; run `upheld"):
        seen.step(email=ADA, account="a")


_ALIAS = "n: {category: contact, identity: account}"
_BY_ALIAS = "{match: n, identity: account, is: about}, "


def test_a_schema_without_usage_is_told_as_that_and_not_as_a_lost_column(postgres_url: str) -> None:
    base = made(postgres_url, "n integer", "n: none", "1", "2")
    with weak(base) as seen:
        base.run("REVOKE USAGE ON SCHEMA public FROM PUBLIC")
        with pytest.raises(Stale, match=r"`public.people` is there: .* lacks USAGE on its schema"):
            seen.step(email=ADA)
