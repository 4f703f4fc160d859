"""What every store must do when all its texts are searched: a part of `StoreContract`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upheld.conformance.steps import carried_out, step_of
from upheld.conformance.world import EMAIL
from upheld.datamap.telling import telling
from upheld.model.searching import Needle, Whose

if TYPE_CHECKING:
    from collections.abc import Mapping

    from upheld.conformance.site import Site
    from upheld.conformance.world import World
    from upheld.model import Step


class SearchContract:
    """The contract of `Store.search`, in the hostile world."""

    def test_a_search_of_every_text_finds_the_person_and_after_an_erasure_nothing_but_what_is_kept(
        self, site: Site, world: World
    ) -> None:
        step = step_of(site)
        before = lapses(site, step)
        assert bool(before) == bool(site.shown), "who shows rows, finds them"
        assert all(rows <= len(world.hers[collection]) for collection, rows in before.items())
        carried_out(site, step)
        assert lapses(site, step) == {}

    def test_a_search_finds_nobody_of_whom_there_is_nothing(self, site: Site) -> None:
        step = step_of(site)
        nobody = [
            Needle(0, "email", "nobody@example.com"),
            Needle(0, "email", EMAIL.rpartition("+")[2]),
            Needle(0, "email", EMAIL.removesuffix("m")),
            Needle(0, "phone", "447000123457"),
        ]
        before = site.everything()
        assert list(site.store().search(nobody, lambda _: step)) == []
        assert site.everything() == before


def needles_of(step: Step) -> list[Needle]:
    """Return the identities of a step's person that are searched for in any text."""
    return [
        Needle(0, kind, value)
        for kind, values in step.closure.identities.items()
        for value in sorted(values)
        if telling(kind, value)
    ]


def lapses(site: Site, step: Step) -> Mapping[str, int]:
    """Search for a step's person; return the most rows of a field that are lapses, by collection.

    What somebody else is known by as well is nobody's lapse.
    """
    hits = list(site.store().search(needles_of(step), lambda _: step))
    borne = {hit.needle for hit in hits if hit.whose is Whose.BORNE}
    found: dict[str, int] = {}
    for hit in hits:
        if hit.whose in {Whose.FOUND, Whose.LATE} and hit.needle not in borne:
            found[hit.collection] = max(hit.rows, found.get(hit.collection, 0))
    return found
