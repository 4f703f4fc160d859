"""A server that ends in the midst of an erasure, and comes back."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests import servers
from tests.conftest import asked
from tests.races.village import DELETE, URL, Pauses, Village, before, intents, settled, shop
from upheld.errors import StoreFailed
from upheld.model import Dialect, State

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import sqlalchemy as sa
    from sqlalchemy.pool import PoolProxiedConnection

    from tests.servers import Private

_KINDS = {
    Dialect.POSTGRESQL: servers.private_postgres,
    Dialect.MARIADB: servers.private_mariadb,
}


@pytest.fixture(scope="module", params=list(_KINDS))
def server(request: pytest.FixtureRequest) -> Iterator[Private]:
    """Give a server that nobody else uses, and that may be ended."""
    with ExitStack() as stack:
        started: list[Private] = []

        def start() -> Private:
            started.append(stack.enter_context(_KINDS[request.param]()))
            return started[0]

        asked(request.param, start)
        yield started[0]


@pytest.fixture
def village(server: Private, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Village]:
    """Give a company whose shop is on that server."""
    with server.database() as url:
        monkeypatch.setenv(URL, url)
        made = settled(tmp_path / "village", url)
        with made.others:
            yield made


@pytest.mark.parametrize("moment", [DELETE["parcels"], DELETE["orders"], r"^UPDATE"])
def test_a_server_that_restarts_in_mid_transaction_is_gone_back_to(
    village: Village, server: Private, moment: str
) -> None:
    with village.town.open() as upheld:
        id = village.signed(upheld)
        ended = before(upheld, moment, lambda: server.restart(immediate=True))
        request = upheld.apply(id)
        assert ended
        assert intents(upheld, id) == 2
        said = (village.town.folder / "answers" / f"{id}.html").read_text("utf-8")
    village.require_erased(request)
    assert "deleted" in said


@pytest.mark.parametrize("moment", ["before it counts", "after it counts"])
def test_a_server_that_ends_at_the_commit_has_erased_once_and_not_half(
    village: Village, server: Private, moment: str
) -> None:
    """Whether the commit counted nobody knows here; the next attempt finds out."""
    with village.town.open() as upheld:
        id = village.signed(upheld)
        seen = at_commit(shop(upheld).engine.dialect, server, moment)
        request = upheld.apply(id)
        assert seen == [moment]
        assert intents(upheld, id) == 2
        later = village.everything()
        assert upheld.apply(id).state is State.CLOSED
    village.require_erased(request)
    village.require_untouched(later)
    assert request.rows == 7


def at_commit(dialect: sa.Dialect, server: Private, moment: str) -> list[str]:
    """Let the server end at the first commit of an erasure: its answer never comes."""
    real, seen = dialect.do_commit, list[str]()

    def commit(connection: PoolProxiedConnection) -> None:
        if seen or _only_read(dialect, connection):
            real(connection)
            return
        seen.append(moment)
        if moment == "after it counts":
            real(connection)
        server.restart(immediate=True)
        connection.cursor().execute("COMMIT")

    setattr(dialect, "do_commit", commit)  # noqa: B010 (of this one engine)
    return seen


def _only_read(dialect: sa.Dialect, connection: PoolProxiedConnection) -> bool:
    """Say whether a transaction is one of those that are committed though they wrote nothing."""
    if dialect.name != "postgresql":
        return False
    cursor = connection.cursor()
    cursor.execute("SHOW transaction_read_only")
    return cursor.fetchone() == ("on",)


def test_a_server_that_stays_away_stops_the_request_and_it_is_taken_up_again(
    village: Village, server: Private, monkeypatch: pytest.MonkeyPatch
) -> None:
    with village.town.open() as upheld:
        id = village.signed(upheld)
        there = village.everything()
        with monkeypatch.context() as patch:
            patch.setattr("upheld.acts.answer.patience.WAITS", (0.0, 0.0))
            before(upheld, DELETE["orders"], lambda: server.stop(immediate=True))
            with pytest.raises(StoreFailed, match="`shop`"):
                upheld.apply(id)
            assert intents(upheld, id) == 3
        server.start()
        village.require_untouched(there)
    with village.town.open() as upheld:
        request = upheld.apply(id)
    village.require_erased(request)


def test_a_server_that_restarts_before_it_is_looked_at_is_waited_for(
    village: Village, server: Private, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even what is asked before the first attempt is asked again."""
    with village.town.open() as upheld:
        id = village.signed(upheld)
        server.stop(immediate=True)
        pauses = Pauses(monkeypatch, lambda number: server.start() if number == 2 else None)
        request = upheld.apply(id)
        assert pauses.number == 2
        assert intents(upheld, id) == 1
    village.require_erased(request)
