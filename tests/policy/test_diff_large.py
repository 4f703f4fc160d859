"""Large policies are compared in time that grows with them, and chains of definitions end."""

from __future__ import annotations

from time import perf_counter

import pytest

from tests.policy.versions import POLICY, policy
from upheld.model import Policy
from upheld.policy.diff import Turn, changes

LATER = "2026-12-01"


def chained(many: int, adult: int, date: str = "2026-11-01") -> Policy:
    """Return a policy with definitions of which each points twice at the one before."""
    text = POLICY.replace("2026-11-01", date).replace("when: consideration", f"when: d.c{many - 1}")
    form = "  - id: d.c{0}\n    definition: c{0}\n    when: {1}\n    check: one\n    text: C{0}.\n"
    text += form.format(0, f"age >= {adult}")
    for at in range(1, many):
        text += form.format(at, f"d.c{at - 1} and (age is {at + 20} or d.c{at - 1})")
    return policy(text)


def test_twenty_chained_definitions_end_and_say_which_way_they_move() -> None:
    diff = changes(chained(20, 18), chained(20, 16, LATER))
    assert {each.kind for each in diff.changes if each.at == "share.no-sale"} == {Turn.FORBIDS}
    assert "d.c0" in next(each for each in diff.changes if each.at == "share.no-sale").through


def large(many: int, age: int, date: str = LATER) -> Policy:
    text = POLICY.replace("2026-11-01", date)
    for at in range(many):
        when = f"age >= {age + at % 7} and def.adult and (consented or region in [EEA, UK])"
        text += f"  - id: big.c{at}\n    never: share\n    when: {when}\n    check: one\n"
        text += f"    text: T {at}.\n"
    return policy(text)


@pytest.mark.parametrize("age", [18, 30])
def test_four_times_the_clauses_take_at_most_ten_times_the_time(age: int) -> None:
    took = []
    for many in (150, 600):
        before, after = large(many, 18, "2026-11-01"), large(many, age)
        times = []
        for _ in range(3):
            start = perf_counter()
            changes(before, after)
            times.append(perf_counter() - start)
        took.append(min(times))
    assert took[1] <= 10 * took[0] + 0.02
