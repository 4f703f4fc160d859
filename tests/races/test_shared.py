"""Rows that become another living person's, too, while somebody is erased."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from tests.races.village import DELETE, Village, before
from upheld.errors import Refused
from upheld.model import State

if TYPE_CHECKING:
    from concurrent.futures import Future

GIVEN = "UPDATE orders SET gift_for = 2 WHERE id = {}"
HANDED = "UPDATE orders SET customer_id = 2 WHERE id = {}"
MOVED = "UPDATE customers SET email = 'carol@example.com' WHERE id = 1"


def test_a_row_shared_since_the_signature_is_not_deleted(village: Village) -> None:
    with village.town.open() as upheld:
        id = village.signed(upheld)
        village.write(GIVEN.format(10))
        there = village.everything()
        with pytest.raises(Refused, match=r"1 rows of `shop.orders` are also about somebody else"):
            upheld.apply(id)
        assert upheld.request(id).state is State.SIGNED, "as before: nothing was begun"
        village.require_untouched(there)


@pytest.mark.parametrize("words", [GIVEN, HANDED], ids=["shared", "handed over"])
@pytest.mark.parametrize("id", [10, 12], ids=["known when planned", "of since"])
def test_a_row_that_becomes_anothers_between_looking_and_deleting_is_not_deleted(
    village: Village, words: str, id: int
) -> None:
    """Whoever gives it away either comes first, and is seen, or waits and finds it gone."""
    with village.town.open() as upheld, village.session() as other:
        request = village.signed(upheld)
        village.write("INSERT INTO orders VALUES (12, 1, NULL, 'Lovelace-Canary')")

        def give() -> None:
            gave.append(other.connection.exec_driver_sql(words.format(id)).rowcount)
            other.commit()

        gave: list[int] = []
        trying: list[Future[None]] = []
        before(upheld, DELETE["orders"], lambda: trying.append(village.tried(other, give)))
        with suppress(Refused):
            upheld.apply(request)
        trying[0].result()
    assert [row[0] for row in village.rows("orders") if row[0] == id] == [id] * gave[0]
    if id == 10:
        parcels = [row[0] for row in village.rows("parcels") if row[1] == id]
        assert parcels == [100] * gave[0], "what hangs on the row stays or goes with it"


def test_a_row_that_passes_to_somebody_else_is_not_changed(village: Village) -> None:
    with village.town.open() as upheld:
        id = village.signed(upheld)
        village.write(MOVED)
        there = village.everything()
        with pytest.raises(Refused, match="now bears another identity"):
            upheld.apply(id)
        village.require_untouched(there)
