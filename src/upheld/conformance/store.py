"""What every store must do: `StoreContract`, to subclass with a way to set one up.

```python
class TestMyStore(StoreContract):
    @pytest.fixture
    def site(self, world, tmp_path):
        return MySite(world, tmp_path)     # a `Site`: your store, filled with this world
```

The site fills the store with the rows of a `World` (hostile names, a household that shares a
telephone, a unique token in every text of the person) and says what only an outsider can know:
what the rows look like raw, what lies on its disk. A store that does less than another (a checklist
shows no rows) says so by what its site expects; the tests are the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from upheld.conformance.searching import SearchContract, needles_of
from upheld.conformance.site import Everything, Site
from upheld.conformance.steps import carried_out, closure_of, step_of
from upheld.conformance.world import HOSTILE, World, hostile_world
from upheld.errors import Refused, StoreFailed, UpheldError
from upheld.model import (
    Closure,
    Declined,
    Done,
    Key,
    Outcome,
    Pending,
    Right,
    Role,
    Rows,
    Step,
)

__all__ = ["Everything", "Site", "StoreContract"]


class StoreContract(SearchContract):
    """The contract of the port `Store`, in the hostile world; subclass it and give `site`."""

    @pytest.fixture
    def world(self) -> World:
        """Return the world the store is set up in."""
        return hostile_world()

    @pytest.fixture
    def site(self, world: World) -> Site:
        """Give the store of the world; every subclass gives its own."""
        raise NotImplementedError

    def test_the_store_bears_the_name_of_its_file(self, site: Site) -> None:
        assert site.store().name == site.mapped.name

    def test_the_catalogue_holds_names_and_no_values(self, site: Site, world: World) -> None:
        schema = site.store().schema()
        said = repr(schema)
        assert not [token for token in world.canaries if token in said]
        assert schema == site.store().schema()
        assert len(schema.digest) == 64

    def test_finding_nobody_finds_nothing_and_changes_nothing(self, site: Site) -> None:
        before = site.everything()
        store = site.store()
        nobody = closure_of({"email": "nobody@example.com"})
        found = store.find(nobody)
        assert not found.rows
        assert not any(found.closure.keys.values())
        assert found.closure.identities == nobody.identities
        assert list(store.look(nobody)) == []
        assert site.everything() == before

    @pytest.mark.parametrize("value", HOSTILE)
    @pytest.mark.parametrize("kind", ["account:town", "cookie:town"])
    def test_a_hostile_identity_is_only_a_value(self, site: Site, kind: str, value: str) -> None:
        before = site.everything()
        found = site.store().find(closure_of({kind: value}))
        assert not found.rows
        assert site.everything() == before

    def test_an_account_beside_a_foreign_email_leads_to_nobody(self, site: Site) -> None:
        """Who presents two identities must own both; a store that sees they do not says so."""
        foreign = closure_of({"email": "bob@example.com", "account:town": "1"})
        try:
            rows = site.store().find(foreign).rows
        except Refused:
            rows = {}
        assert not rows

    def test_finding_grows_the_closure_the_same_each_time(self, site: Site, world: World) -> None:
        given = closure_of(world.given)
        found = site.store().find(given)
        assert found == site.store().find(given)
        assert found == site.store().find(found.closure), "what was found leads to nothing more"
        assert found.closure.given == given.given
        for kind, values in given.identities.items():
            assert values <= found.closure.identities[kind]

    def test_what_another_bears_too_is_told_apart(self, site: Site, world: World) -> None:
        """Their household has their telephone, and nobody else their address."""
        store = site.store()
        found = store.find(closure_of(world.given)).closure
        numbers = {("phone", each) for each in found.identities.get("phone", ())}
        addresses = {("email", each) for each in found.identities["email"]}
        assert store.borne(replace(found, alone=frozenset(numbers | addresses))) == numbers
        assert store.borne(found) == frozenset()

    def test_finding_and_looking_count_alike(self, site: Site, world: World) -> None:
        store = site.store()
        found = store.find(closure_of(world.given))
        looked: dict[tuple[str, str], int] = {}
        for rows in store.look(found.closure):
            about = (rows.collection, rows.bond)
            looked[about] = looked.get(about, 0) + len(rows.batch)
            assert rows.total == found.rows[about]
        assert looked == dict(found.rows)

    def test_looking_shows_every_row_of_the_person_and_nobody_elses(
        self, site: Site, world: World
    ) -> None:
        store = site.store()
        shown: dict[str, set[Key]] = {}
        for rows in store.look(store.find(closure_of(world.given)).closure):
            shown.setdefault(rows.collection, set()).update(_keys(site, rows))
        assert shown == dict(site.shown)

    def test_looking_shows_nothing_that_is_only_a_bystanders(
        self, site: Site, world: World
    ) -> None:
        store = site.store()
        looked = list(store.look(store.find(closure_of(world.given)).closure))
        values = [value for rows in looked for row in rows.batch for value in row]
        assert "Bob's own" not in values
        assert "bob@example.com" not in values

    def test_a_preview_writes_nothing_and_holds_nobody_up(self, site: Site, world: World) -> None:
        before = site.everything()
        preview = site.store().preview(step_of(site))
        assert preview.refusals == ()
        assert site.everything() == before
        site.write(*world.bystanders_own)

    def test_a_preview_counts_what_is_then_done(self, site: Site) -> None:
        step = step_of(site)
        foreseen = site.store().preview(step).counted
        assert carried_out(site, step).counted == foreseen

    def test_after_an_erasure_looking_back_is_clean(self, site: Site) -> None:
        step = step_of(site)
        done = carried_out(site, step)
        left = site.store().look_back(step)
        assert left.late == {}
        assert left.kept == {
            each.collection: each.rows for each in done.counted if each.outcome is Outcome.RETAINED
        }

    def test_planning_a_finished_erasure_again_finds_nothing_to_change(self, site: Site) -> None:
        step = step_of(site)
        carried_out(site, step)
        foreseen = site.store().preview(step)
        assert foreseen.refusals == ()
        assert {each.outcome for each in foreseen.counted} <= {Outcome.RETAINED}

    def test_a_repeat_changes_nothing(self, site: Site) -> None:
        step = step_of(site)
        carried_out(site, step)
        once = site.everything()
        assert isinstance(site.store().act(step), Done)
        assert site.everything() == once
        assert site.store().look_back(step).late == {}

    def test_the_bystander_is_untouched(self, site: Site, world: World) -> None:
        before = site.everything()
        carried_out(site)
        after = site.everything()
        for table, rows in before.items():
            hers = world.hers.get(table, frozenset())
            others = {key: row for key, row in rows.items() if key not in hers}
            assert {k: r for k, r in after[table].items() if k not in hers} == others

    def test_a_row_that_is_shared_keeps_the_part_of_the_other_person(
        self, site: Site, world: World
    ) -> None:
        before = site.everything()
        carried_out(site)
        after = site.everything()
        for table, keys in world.hers.items():
            for key in keys & set(after[table]):
                was, now = before[table][key], after[table][key]
                assert [v for v in was if v == "Bob's own"] == [v for v in now if v == "Bob's own"]

    def test_what_a_ground_keeps_stays_byte_for_byte(self, site: Site, world: World) -> None:
        before = site.everything()
        carried_out(site)
        after = site.everything()
        for table, keys in world.kept.items():
            for key in keys:
                assert after[table][key] == before[table][key]

    def test_no_token_of_the_person_is_left(self, site: Site, world: World) -> None:
        assert any(site.traces(token.encode()) for token in world.tokens), "the search finds some"
        carried_out(site)
        said = repr(site.everything()).casefold()
        assert not [token for token in world.tokens if token.casefold() in said]
        assert not [token for token in world.tokens if site.traces(token.encode())]

    def test_a_declined_step_leaves_every_byte(self, site: Site) -> None:
        before = site.everything()
        outcome = site.store().act(site.impossible(step_of(site)))
        assert isinstance(outcome, Declined)
        assert _reads_as_a_message(outcome.why)
        assert site.everything() == before

    def test_a_late_row_is_seen_and_then_goes_too(self, site: Site, world: World) -> None:
        step = step_of(site)
        carried_out(site, step)
        clean = site.everything()
        seen = site.come_back(*world.late)
        assert site.store().look_back(step).late == seen
        carried_out(site, step)
        assert site.store().look_back(step).late == {}
        if seen:
            assert site.everything() == clean

    def test_a_step_is_done_at_once_or_once_it_is_settled(self, site: Site) -> None:
        step = step_of(site)
        outcome = site.store().act(step)
        if isinstance(outcome, Pending):
            self._waits(site, step, outcome)
            site.settle(outcome, step)
            assert isinstance(site.store().poll(outcome.token), Done)
        assert isinstance(site.store().act(step), Done)
        assert site.store().look_back(step).late == {}

    def _waits(self, site: Site, step: Step, pending: Pending) -> None:
        assert site.store().act(step) == pending, "asking again asks for the same thing"
        assert pending.due == step.due
        assert pending.tasks
        assert not isinstance(site.store().poll(pending.token), Done)
        assert site.store().look_back(step).late != {}

    def test_a_token_nobody_was_given_is_not_done(self, site: Site) -> None:
        outcome = site.store().poll("0" * 32)
        assert isinstance(outcome, Declined)
        assert _reads_as_a_message(outcome.why)

    def test_gaps_are_words_for_a_person(self, site: Site) -> None:
        for right, words in site.store().gaps.items():
            assert right in set(Right)
            assert _reads_as_a_message(words)

    def test_what_guards_it_is_said_once_each_and_changes_nothing(self, site: Site) -> None:
        before = site.everything()
        probes = site.store().guards().probes
        assert len({each.safeguard for each in probes}) == len(probes)
        assert all(_reads_as_a_message(each.words) for each in probes)
        assert site.everything() == before

    def test_what_it_grants_each_role_is_lines_to_run(self, site: Site) -> None:
        store = site.store()
        for role in Role:
            assert store.grants((role,)).endswith("\n")
        assert site.mapped.name in store.grants(tuple(Role))

    def test_no_message_holds_a_value(self, site: Site, world: World) -> None:
        said = "\n".join(_everything_said(site))
        assert not [token for token in world.canaries if token.casefold() in said.casefold()]

    def test_a_store_that_cannot_be_reached_says_so(self, site: Site) -> None:
        step = step_of(site)
        for store in site.cut_off():
            verbs = (
                store.schema,
                lambda store=store: store.find(step.closure),
                lambda store=store: list(store.look(step.closure)),
                lambda store=store: store.borne(_alone(step.closure)),
                lambda store=store: store.preview(step),
                lambda store=store: store.act(step),
                lambda store=store: store.look_back(step),
                lambda store=store: list(store.search(needles_of(step), lambda _: step)),
                store.guards,
            )
            for verb in verbs:
                with pytest.raises(StoreFailed) as failed:
                    verb()
                assert _reads_as_a_message(str(failed.value))


def _alone(closure: Closure) -> Closure:
    pairs = ((kind, each) for kind, values in closure.identities.items() for each in values)
    return replace(closure, alone=frozenset(pairs))


def _keys(site: Site, rows: Rows) -> Iterator[Key]:
    collection = site.mapped.collection(rows.collection)
    assert collection, "only what is mapped is shown"
    at = [rows.columns.index(name) for name in collection.key]
    return (tuple(row[each] for each in at) for row in rows.batch)


def _reads_as_a_message(words: str) -> bool:
    return bool(words) and not words[0].isupper() and not words.endswith(".")


def _everything_said(site: Site) -> Iterator[str]:
    """Yield every word a store says while it is used, rightly and wrongly."""
    store, step = site.store(), step_of(site)
    yield from store.gaps.values()
    yield repr(store.guards()) + store.grants(tuple(Role))
    for each in (step, site.impossible(step)):
        preview = store.preview(each)
        yield from (*preview.refusals, *preview.notes, repr(preview.counted))
        yield repr(store.act(each))
        yield repr(store.look_back(each))
    for broken in site.cut_off():
        for verb in (broken.preview, broken.act, broken.look_back):
            try:
                verb(step)
            except UpheldError as error:
                yield from _chain(error)


def _chain(error: BaseException | None) -> Iterator[str]:
    """Yield what an error says, and all that a traceback would show beneath it."""
    while error is not None:
        yield str(error)
        error = error.__cause__ or error.__context__
