"""What home reads at once is what it reads one by one."""

from __future__ import annotations

from tests.evidence.door import UrlDoor
from upheld.conformance.door import Hand, Tally


def test_states_read_at_once_are_those_of_these_places_alone(
    anywhere: UrlDoor, clock: Hand
) -> None:
    home = anywhere(clock, [Tally()])
    with home.writing() as writing:
        for n in range(600):
            writing.append("noted", {"request": f"R-{n}"})
        writing.mint()
    places = [("tally", f"R-{n}") for n in range(0, 600, 2)]
    places += [("people", "minted"), ("tally", "R-no"), ("people", "R-1"), ("no", "R-1")]
    found = home.states_at(places)
    assert len(found) == 301
    assert found == {each: home.state(*each) for each in places if home.state(*each) is not None}
    assert home.states_at([]) == {}
    pairs = home.states_at([("tally", "minted"), ("people", "R-1")])
    assert pairs == {}, "of views and keys only the pairs that were asked for"


def test_what_was_sealed_is_unsealed_at_once(anywhere: UrlDoor, clock: Hand) -> None:
    home = anywhere(clock, [Tally()])
    with home.writing() as writing:
        writing.seal("R-1", "who", b"first")
        writing.seal("R-1", "what", b"second")
        writing.seal("R-1", "why", b"third")
        writing.seal("R-2", "who", b"bystander")
    assert home.unsealed("R-1", ["who", "what", "no"]) == {"who": b"first", "what": b"second"}
    with home.writing() as writing:
        writing.destroy("R-1")
    assert home.unsealed("R-1", ["who", "what"]) == {}
