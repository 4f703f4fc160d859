"""What every home must do when two people turn out to be one: part of `HomeContract`."""

from __future__ import annotations

import pytest

from upheld.conformance.door import Door, Hand, OnPurposeError, Tally
from upheld.errors import BadInput, Refused
from upheld.ports import Home

_WORD = {"officer": "SHA256:somebody"}


class JoiningContract:
    """Comes with `HomeContract`, and needs its fixtures."""

    def test_whatever_led_to_either_leads_to_one(self, home: Home) -> None:
        first, second, bystander = self.three(home)
        with home.writing() as writing:
            assert writing.join(first, second, _WORD) is True
        assert home.person("email", "1@example.com") == first
        assert home.person("email", "2@example.com") == first
        assert home.person("phone", "2") == first
        assert home.person("email", "3@example.com") == bystander

    def test_a_joining_is_an_entry_with_the_word_for_it(self, home: Home) -> None:
        first, second, _ = self.three(home)
        with home.writing() as writing:
            writing.join(first, second, _WORD)
        *_, (_, entry) = home.entries()
        assert entry.kind == "person.joined"
        assert entry.body == {"person": first, "joined": second, **_WORD}

    def test_joining_again_appends_nothing(self, home: Home) -> None:
        first, second, _ = self.three(home)
        with home.writing() as writing:
            writing.join(first, second, _WORD)
        before = home.checkpoint()
        for pair in ((first, second), (second, first), (second, second)):
            with home.writing() as writing:
                assert writing.join(*pair, _WORD) is False
        assert home.checkpoint() == before

    def test_whoever_was_joined_is_meant_by_either_number(self, home: Home) -> None:
        first, second, third = self.three(home)
        with home.writing() as writing:
            writing.join(second, third, _WORD)
            writing.join(first, third, _WORD)
            writing.alias("email", "later@example.com", third)
            writing.alias("email", "2@example.com", third)
        assert home.person("email", "3@example.com") == first
        assert home.person("email", "later@example.com") == first
        with home.writing() as writing:
            assert writing.forget(second) == 7
        assert home.person("email", "1@example.com") is None

    def test_an_identity_of_somebody_else_is_still_refused(self, home: Home) -> None:
        first, second, _ = self.three(home)
        with home.writing() as writing:
            writing.join(first, second, _WORD)
        with pytest.raises(Refused), home.writing() as writing:
            writing.alias("email", "3@example.com", second)

    def test_a_number_that_was_joined_is_not_used_again(self, home: Home) -> None:
        first, second, third = self.three(home)
        with home.writing() as writing:
            writing.join(first, third, _WORD)
            assert writing.mint() == third + 1
        with home.writing() as writing:
            assert writing.mint() == third + 2
        assert home.person("email", "2@example.com") == second

    @pytest.mark.parametrize("strangers", [(1, 9), (9, 1), (0, 1), (1, -1)])
    def test_who_was_never_minted_is_not_joined(
        self, home: Home, strangers: tuple[int, int]
    ) -> None:
        self.three(home)
        before = home.checkpoint()
        with pytest.raises(BadInput, match="home knows no person"), home.writing() as writing:
            writing.join(*strangers, _WORD)
        assert home.checkpoint() == before

    def test_a_joining_undone_joins_nobody(self, home: Home) -> None:
        first, second, _ = self.three(home)
        with pytest.raises(OnPurposeError):
            self.join_and_fail(home, first, second)
        assert home.person("email", "2@example.com") == second

    def test_a_home_that_folds_its_log_again_joins_the_same(self, home: Home) -> None:
        first, second, third = self.three(home)
        with home.writing() as writing:
            writing.join(second, third, _WORD)
            writing.join(first, second, _WORD)
        before = list(home.states("people"))
        home.rebuild()
        assert list(home.states("people")) == before
        with home.writing() as writing:
            writing.alias("email", "later@example.com", third)
        assert home.person("email", "later@example.com") == first

    def test_another_home_on_the_log_knows_who_was_joined(self, door: Door, clock: Hand) -> None:
        one, other = door(clock, [Tally()]), door(clock, [])
        first, second, _ = self.three(one)
        with one.writing() as writing:
            writing.join(first, second, _WORD)
        assert other.person("email", "2@example.com") == first
        with other.writing() as writing:
            assert writing.join(first, second, _WORD) is False

    def three(self, home: Home) -> tuple[int, int, int]:
        """Mint three people with two identities each."""
        with home.writing() as writing:
            people = (writing.mint(), writing.mint(), writing.mint())
            for person in people:
                writing.alias("email", f"{person}@example.com", person)
                writing.alias("phone", str(person), person)
        return people

    def join_and_fail(self, home: Home, person: int, other: int) -> None:
        """Join two, then fail."""
        with home.writing() as writing:
            writing.join(person, other, _WORD)
            raise OnPurposeError
