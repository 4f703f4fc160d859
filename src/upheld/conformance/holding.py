"""What every home must do so that no two are at work on one request: part of `HomeContract`."""

from __future__ import annotations

import multiprocessing
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress

import pytest

from upheld.conformance.door import HOSTILE, Door, Hand, OnPurposeError, Tally, hold_until_killed
from upheld.errors import Stale
from upheld.ports import Home

_PATIENCE = 200


class HoldingContract:
    """Comes with `HomeContract`, and needs its fixtures."""

    def test_who_comes_second_is_refused_at_once(self, door: Door, clock: Hand) -> None:
        first, second = door(clock, []), door(clock, [])
        with first.holding("R-1"):
            for home in (first, second):
                with pytest.raises(Stale, match="at work on R-1; wait until it has ended"):
                    self.hold(home, "R-1")
        self.hold(second, "R-1")

    def test_a_refused_one_takes_nothing_from_the_holder(self, door: Door, clock: Hand) -> None:
        homes = [door(clock, []) for _ in range(3)]
        with homes[0].holding("R-1"):
            for home in homes[1:]:
                with pytest.raises(Stale):
                    self.hold(home, "R-1")

    def test_another_request_may_be_held_beside_it(self, door: Door, clock: Hand) -> None:
        first, second = door(clock, []), door(clock, [])
        with first.holding("R-1"), second.holding("R-2"), first.holding("R-11"):
            pass

    def test_a_request_is_let_go_when_the_work_fails(self, home: Home) -> None:
        with pytest.raises(OnPurposeError), home.holding("R-1"):
            raise OnPurposeError
        self.hold(home, "R-1")

    def test_a_request_that_was_let_go_can_be_held_at_once(self, door: Door, clock: Hand) -> None:
        first, second = door(clock, []), door(clock, [])
        for _ in range(50):
            with first.holding("R-1"):
                second.size()
            with second.holding("R-1"):
                first.size()

    def test_home_is_read_and_written_while_a_request_is_held(
        self, door: Door, clock: Hand
    ) -> None:
        holder, other = door(clock, [Tally()]), door(clock, [Tally()])
        with holder.holding("R-1"):
            for home in (holder, other, holder):
                with home.writing() as writing:
                    writing.append("noted", {"request": "R-1"})
            assert other.size() == 4

    def test_a_hostile_request_is_held_alone_and_not_told(self, home: Home) -> None:
        with ExitStack() as stack:
            for value in HOSTILE:
                stack.enter_context(home.holding(value))
            for value in HOSTILE:
                with pytest.raises(Stale) as refused:
                    self.hold(home, value)
                assert value == " " or value in {"ADA", "ada"} or value not in str(refused.value)

    def test_never_are_two_at_work(self, door: Door, clock: Hand) -> None:
        homes = [door(clock, []), door(clock, [])]
        working = threading.Semaphore(1)

        def work(number: int) -> int:
            held = 0
            for _ in range(60):
                with suppress(Stale), homes[number % 2].holding("R-1"):
                    assert working.acquire(blocking=False), "two are at work"
                    held += 1
                    working.release()
            return held

        with ThreadPoolExecutor(4) as pool:
            assert sum(pool.map(work, range(4))) > 0

    def test_a_killed_process_holds_nothing(self, door: Door, clock: Hand) -> None:
        home = door(clock, [])
        processes = multiprocessing.get_context("spawn")
        ours, its = processes.Pipe()
        rival = processes.Process(target=hold_until_killed, args=(door, "R-1", its))
        rival.start()
        its.close()
        assert ours.recv() == "held"
        with pytest.raises(Stale):
            self.hold(home, "R-1")
        rival.kill()
        rival.join()
        self.hold_soon(home, "R-1")

    def hold(self, home: Home, request: str) -> None:
        """Take a request and let it go again."""
        with home.holding(request):
            pass

    def hold_soon(self, home: Home, request: str) -> None:
        """Take a request that a server is about to see the end of."""
        for _ in range(_PATIENCE):
            with suppress(Stale):
                return self.hold(home, request)
            threading.Event().wait(0.05)
        return self.hold(home, request)
