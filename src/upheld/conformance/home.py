"""What every home must do: `HomeContract`, to subclass with a way to open one.

```python
class TestMyHome(HomeContract):
    @pytest.fixture
    def door(self, tmp_path):
        return MyDoor(tmp_path)     # a `Door`: the same home each time it is opened
```
"""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from upheld.conformance.door import HOSTILE, Door, Hand, OnPurposeError, Tally
from upheld.conformance.holding import HoldingContract
from upheld.conformance.joining import JoiningContract
from upheld.errors import BadInput, HomeFailed, Refused
from upheld.evidence import merkle, notes
from upheld.model import Entry
from upheld.ports import Home


class HomeContract(HoldingContract, JoiningContract):
    """Subclass it with a fixture `door`."""

    @pytest.fixture
    def clock(self) -> Hand:
        """Give a clock to set."""
        return Hand()

    @pytest.fixture
    def home(self, door: Door, clock: Hand) -> Home:
        """Give a new home with one view."""
        return door(clock, [Tally()])

    def test_a_new_home_begins_with_its_own_key(self, home: Home) -> None:
        [(index, first)] = list(home.entries())
        assert (index, first.kind) == (0, "home.opened")
        assert first.body == {"origin": home.origin, "key": home.verifier}
        assert home.size() == 1

    def test_entries_come_back_in_the_order_they_went_in(self, home: Home, clock: Hand) -> None:
        with home.writing() as writing:
            given = [writing.append("noted", {"request": f"R-{n}", "n": n}) for n in range(2500)]
        assert given == list(range(1, 2501))
        assert [entry.body["n"] for _, entry in home.entries(1)] == list(range(2500))
        assert [index for index, _ in home.entries(2400)] == list(range(2400, 2501))
        assert {entry.at for _, entry in home.entries()} == {clock.at}
        assert list(home.entries(9999)) == []

    def test_an_exception_undoes_everything(self, home: Home) -> None:
        before, digest = home.checkpoint(), hashlib.sha256(b"a document").hexdigest()
        with pytest.raises(OnPurposeError):
            self.begin_and_fail(home)
        assert home.checkpoint() == before
        assert home.person("email", "ada@example.com") is None
        assert home.state("tally", "R-1") is None
        assert home.unseal("R-1", "who") is None
        assert home.document(digest) is None

    def test_a_home_works_on_after_an_exception(self, home: Home) -> None:
        with pytest.raises(OnPurposeError):
            self.begin_and_fail(home)
        with home.writing() as writing:
            assert writing.append("noted", {"request": "R-1"}) == 1
        self.assert_proven(home)

    def test_views_move_in_the_same_transaction(self, home: Home) -> None:
        with home.writing() as writing:
            assert writing.state("tally", "R-1") is None
            writing.append("noted", {"request": "R-1"})
            assert json.loads(writing.state("tally", "R-1") or "")["seen"] == 1
            assert writing.count("tally") == 1
            writing.append("noted", {"request": "R-1"})
            writing.append("noted", {"request": "R-2"})
            assert writing.count("tally") == 2
            assert home.state("tally", "R-1") is None, "nobody else sees it yet"
        assert json.loads(home.state("tally", "R-1") or "") == {
            "kind": "noted",
            "last": 2,
            "seen": 2,
        }
        assert [key for key, _ in home.states("tally")] == ["R-1", "R-2"]

    def test_a_view_sees_an_entry_as_it_is_read_back(self, door: Door, clock: Hand) -> None:
        class Echo(Tally):
            name = "echo"

            def step(self, state: str | None, index: int, entry: Entry) -> str:
                del state, index
                return repr(sorted(entry.body.items())) + repr(entry.at)

        home = door(clock, [Echo()])
        clock.at += timedelta(microseconds=123_456)
        with home.writing() as writing:
            writing.append("noted", {"request": "R-1", "n": 1.0, "list": (1, (2,))})
        live = list(home.states("echo"))
        home.rebuild()
        assert list(home.states("echo")) == live

    def test_views_thrown_away_come_out_the_same(self, home: Home) -> None:
        for batch in range(3):
            with home.writing() as writing:
                for n in range(700):
                    writing.append("noted", {"request": f"R-{n % (50 + batch)}"})
                writing.mint()
        before = [list(home.states(view)) for view in ("tally", "people")]
        home.rebuild()
        assert [list(home.states(view)) for view in ("tally", "people")] == before
        assert before[0]

    def test_a_view_added_later_has_seen_everything(self, door: Door, clock: Hand) -> None:
        before = door(clock, [])
        with before.writing() as writing:
            writing.append("noted", {"request": "R-1"})
        after = door(clock, [Tally()])
        assert json.loads(after.state("tally", "R-1") or "")["seen"] == 1

    def test_a_view_that_another_home_does_not_keep_catches_up(
        self, door: Door, clock: Hand
    ) -> None:
        keeps, does_not = door(clock, [Tally()]), door(clock, [])
        with does_not.writing() as writing:
            writing.append("noted", {"request": "R-1"})
        with keeps.writing() as writing:
            writing.append("noted", {"request": "R-1"})
            assert json.loads(writing.state("tally", "R-1") or "")["seen"] == 2
        assert json.loads(keeps.state("tally", "R-1") or "")["seen"] == 2

    def test_many_keys_of_a_view_are_all_streamed(self, home: Home) -> None:
        with home.writing() as writing:
            for n in range(2100):
                writing.append("noted", {"request": f"R-{n:05}"})
        assert [key for key, _ in home.states("tally")] == [f"R-{n:05}" for n in range(2100)]

    @pytest.mark.parametrize("size", [1, 2, 3, 8, 255, 256, 257, 513, 700])
    def test_proofs_hold(self, home: Home, size: int) -> None:
        with home.writing() as writing:
            for n in range(size - 1):
                writing.append("noted", {"n": n})
        self.assert_proven(home)

    def test_proofs_of_an_older_size_hold_later(self, home: Home) -> None:
        with home.writing() as writing:
            for n in range(299):
                writing.append("noted", {"n": n})
        old = notes.read(home.checkpoint(), home.verifier)
        with home.writing() as writing:
            for n in range(500):
                writing.append("noted", {"n": n})
        new = notes.read(home.checkpoint(), home.verifier)
        proof = home.consistency(old.size, new.size)
        assert merkle.consistent((old.size, old.root), (new.size, new.root), proof)
        path = home.inclusion(7, old.size)
        assert merkle.inclusion_root(home.raw(7), 7, old.size, path) == old.root

    def test_there_is_no_proof_of_what_is_not_there(self, home: Home) -> None:
        for ask in (
            lambda: home.inclusion(1, 1),
            lambda: home.inclusion(0, 2),
            lambda: home.consistency(2, 1),
            lambda: home.consistency(1, 9),
            lambda: home.raw(1),
            lambda: home.raw(-1),
        ):
            with pytest.raises(BadInput):
                ask()

    def test_people_are_dense_and_never_reused(self, home: Home) -> None:
        with home.writing() as writing:
            assert [writing.mint() for _ in range(3)] == [1, 2, 3]
            writing.forget(3)
        with home.writing() as writing:
            assert writing.mint() == 4
        kinds = [entry.kind for _, entry in home.entries()]
        assert kinds.count("person.minted") == 4

    @pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
    def test_a_hostile_identity_leads_to_its_own_person_only(self, home: Home, value: str) -> None:
        with home.writing() as writing:
            bystander, person = writing.mint(), writing.mint()
            writing.alias("email", "bystander@example.com", bystander)
            writing.alias("email", value, person)
            writing.alias("email", value, person)
        assert home.person("email", value) == person
        assert home.person("phone", value) is None
        for other in HOSTILE:
            assert home.person("email", other) == (person if other == value else None)
        with home.writing() as writing:
            assert writing.forget(person) == 1
            assert writing.forget(person) == 0
        assert home.person("email", value) is None
        assert home.person("email", "bystander@example.com") == bystander

    def test_an_identity_that_leads_to_somebody_is_not_taken_over(self, home: Home) -> None:
        with home.writing() as writing:
            first, second = writing.mint(), writing.mint()
            writing.alias("email", "ada@example.com", first)
        with pytest.raises(Refused) as refused, home.writing() as writing:
            writing.alias("email", "ada@example.com", second)
        assert "ada" not in str(refused.value)
        assert home.person("email", "ada@example.com") == first

    def test_an_identity_that_is_not_text_is_refused_without_being_told(self, home: Home) -> None:
        with pytest.raises(BadInput) as refused:
            home.person("email", "secret\udc80")
        assert "secret" not in str(refused.value)
        assert refused.value.__cause__ is None

    def test_a_word_that_is_not_text_is_refused_without_being_told(self, home: Home) -> None:
        for ask in (
            lambda: home.state("tally", "secret\udc80"),
            lambda: home.unseal("secret\udc80", "who"),
        ):
            with pytest.raises(BadInput) as refused:
                ask()
            assert "secret" not in str(refused.value)

    def test_what_is_sealed_comes_back_until_it_is_destroyed(self, home: Home) -> None:
        with home.writing() as writing:
            writing.seal("R-1", "who", b"first")
            writing.seal("R-1", "who", b"second")
            writing.seal("R-1", "keys", b"\0" * 100_000)
            writing.seal("R-2", "who", b"bystander")
        assert home.unseal("R-1", "who") == b"second"
        assert home.unseal("R-1", "keys") == b"\0" * 100_000
        assert home.unseal("R-1", "what") is None
        with home.writing() as writing:
            writing.destroy("R-1")
        assert home.unseal("R-1", "who") is None
        assert home.unseal("R-2", "who") == b"bystander"
        with home.writing() as writing:
            writing.seal("R-1", "who", b"anew")
        assert home.unseal("R-1", "who") == b"anew"
        with home.writing() as writing:
            writing.seal("R-1", "who", b"and again")
            writing.destroy("R-1")
            writing.seal("R-1", "what", b"under a new key")
        assert home.unseal("R-1", "who") is None
        assert home.unseal("R-1", "what") == b"under a new key"

    @pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
    def test_a_hostile_document_is_kept_byte_for_byte(self, home: Home, value: str) -> None:
        with home.writing() as writing:
            digest = writing.keep(value.encode())
            assert writing.keep(value.encode()) == digest
            writing.seal(value, value, value.encode())
            writing.append("noted", {"request": value, "text": value})
        assert digest == hashlib.sha256(value.encode()).hexdigest()
        assert home.document(digest) == value.encode()
        assert home.unseal(value, value) == value.encode()
        assert [entry.body["text"] for _, entry in home.entries(1)] == [value]
        assert [key for key, _ in home.states("tally")] == [value]
        home.rebuild()
        assert [key for key, _ in home.states("tally")] == [value]

    def test_a_clock_a_little_behind_is_noise(self, home: Home, clock: Hand) -> None:
        noon = clock.at
        clock.at = noon - timedelta(seconds=5)
        with home.writing() as writing:
            writing.append("noted", {})
        assert [entry.at for _, entry in home.entries()] == [noon, noon]

    def test_a_clock_far_behind_appends_nothing(self, home: Home, clock: Hand) -> None:
        before, clock.at = home.checkpoint(), clock.at - timedelta(seconds=6)
        with pytest.raises(HomeFailed, match="set the clock"), home.writing() as writing:
            writing.append("noted", {})
        assert home.checkpoint() == before

    def test_a_clock_that_falls_back_inside_a_transaction_appends_nothing(
        self, home: Home, clock: Hand
    ) -> None:
        before = home.checkpoint()

        def fall_back() -> None:
            with home.writing() as writing:
                clock.at += timedelta(hours=1)
                writing.append("noted", {})
                clock.at -= timedelta(hours=1)
                writing.append("noted", {})

        with pytest.raises(HomeFailed):
            fall_back()
        assert home.checkpoint() == before

    @pytest.mark.parametrize(
        "body",
        [{"at": "now"}, {"kind": "other"}, {"n": 2**53}, {"n": float("nan")}, {"t": "sec\udc80"}],
    )
    def test_what_has_no_canonical_form_is_not_appended(
        self, home: Home, body: dict[str, str | int | float]
    ) -> None:
        with pytest.raises(BadInput) as refused, home.writing() as writing:
            writing.append("noted", body)
        assert "sec" not in str(refused.value)
        assert home.size() == 1

    def test_two_homes_on_one_log_append_by_turns(self, door: Door, clock: Hand) -> None:
        homes = [door(clock, [Tally()]), door(clock, [Tally()])]
        for turn in range(24):
            with homes[turn % 2].writing() as writing:
                assert writing.state("tally", "R-1") is None or turn
                for _ in range(turn):
                    writing.append("noted", {"request": "R-1", "turn": turn})
                writing.mint()
        for home in homes:
            assert home.size() == 1 + 24 + sum(range(24))
            assert home.state("people", "minted") == "24"
            assert json.loads(home.state("tally", "R-1") or "")["seen"] == sum(range(24))
            self.assert_proven(home)

    def test_homes_append_at_the_same_time(self, door: Door, clock: Hand) -> None:
        def work(number: int) -> list[int]:
            home = homes[number % 2]
            return [self.note_and_mint(home) for _ in range(15)]

        homes = [door(clock, [Tally()]), door(clock, [Tally()])]
        with ThreadPoolExecutor(4) as pool:
            minted = [person for found in pool.map(work, range(4)) for person in found]
        assert sorted(minted) == list(range(1, 61))
        assert json.loads(homes[0].state("tally", "R-1") or "")["seen"] == 60
        self.assert_proven(homes[0])
        self.assert_proven(homes[1])

    def test_a_home_opened_again_goes_on(self, door: Door, clock: Hand) -> None:
        home = door(clock, [Tally()])
        for _ in range(4):
            home = door(clock, [Tally()])
            with home.writing() as writing:
                for n in range(100):
                    writing.append("noted", {"request": "R-1", "n": n})
        assert json.loads(home.state("tally", "R-1") or "")["seen"] == 400
        self.assert_proven(home)

    def test_a_transaction_without_entries_leaves_the_head_alone(self, home: Home) -> None:
        before = home.checkpoint()
        with home.writing() as writing:
            writing.keep(b"a document")
        assert home.checkpoint() == before

    def note_and_mint(self, home: Home) -> int:
        """Append an entry; return a new person."""
        with home.writing() as writing:
            writing.append("noted", {"request": "R-1"})
            return writing.mint()

    def begin_and_fail(self, home: Home) -> None:
        """Do a little of everything, then fail."""
        with home.writing() as writing:
            person = writing.mint()
            writing.alias("email", "ada@example.com", person)
            writing.append("noted", {"request": "R-1"})
            writing.seal("R-1", "who", b"secret")
            writing.keep(b"a document")
            raise OnPurposeError

    def assert_proven(self, home: Home) -> None:
        """Hold every entry, and every older size, against the head."""
        head = notes.read(home.checkpoint(), home.verifier)
        assert head.size == home.size()
        leaves = [home.raw(n) for n in range(head.size)] if head.size < 1000 else []
        for n, leaf in enumerate(leaves):
            proof = home.inclusion(n, head.size)
            assert merkle.inclusion_root(leaf, n, head.size, proof) == head.root
        for old in range(1, len(leaves) + 1, 37):
            edge, _ = merkle.grow(merkle.Edge(), leaves[:old])
            proof = home.consistency(old, head.size)
            assert merkle.consistent((old, merkle.root(edge)), (head.size, head.root), proof)
