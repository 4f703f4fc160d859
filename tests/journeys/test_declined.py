"""Where a request stands once a store has declined its part, and undone it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.journeys.network import VISITS, settle
from upheld.errors import Refused
from upheld.model import Regime, Right, State

if TYPE_CHECKING:
    from pathlib import Path

_MORE = "INSERT INTO visits VALUES " + ", ".join(f"({n}, 'D-70', '/')" for n in range(10, 60))


def test_a_request_that_is_declined_stands_where_it_stood(tmp_path: Path) -> None:
    town = settle(tmp_path / "town", visits=VISITS)
    with town.open() as upheld:
        id = upheld.open_request(Right.ERASE, ["account:billing=D-70"], regime=Regime.GDPR).id
        upheld.plan(id)
        upheld.sign(id, town.key)
        town.run_sql("visits", _MORE)
        with pytest.raises(Refused, match=r"more rows in `visits.visits` than the plan allows"):
            upheld.apply(id)
        assert upheld.request(id).state is State.SIGNED
        town.run_sql("visits", "DELETE FROM visits WHERE id > 3")
        assert upheld.apply(id).state is State.CLOSED
    town.run_sql("visits", _MORE)
    assert town.verdict("gdpr.erase")[0] == "broken"
    with town.open() as upheld:
        with pytest.raises(Refused, match=r"more rows in `visits.visits` than the plan allows"):
            upheld.apply(id)
        assert upheld.request(id).state is State.REOPENED
    assert town.verdict("gdpr.erase")[0] == "broken", "it is still told, and not called unfinished"
