"""A plan above a limit is proven to have been signed by two officers, or is not proven."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.evidence.story import Story, plan_of
from upheld.evidence import verify
from upheld.evidence.verify import Unproven

LARGE = json.dumps(
    {**json.loads(plan_of("crm")), "exceeds": ["touches 31 % of `crm.orders`"]}
).encode()


@pytest.fixture
def story(tmp_path: Path) -> Story:
    """Begin a story in a home of its own."""
    return Story.begin(tmp_path)


def _ended(story: Story) -> Story:
    return story.begun().done().searched().closed()


def test_two_officers_are_proven_and_told(story: Story) -> None:
    story.opened().planned(LARGE).signed().signed(key="stranger")
    told = "\n".join(verify.check(_ended(story).bundle()).lines)
    assert ", 1 of 2; compare" in told
    assert ", 2 of 2; compare" in told
    assert told.count("signed by officer SHA256:") == 2


def test_where_one_is_enough_none_is_counted(story: Story) -> None:
    told = "\n".join(
        verify.check(_ended(story.opened().planned(plan_of("crm")).signed()).bundle()).lines
    )
    assert "1 of" not in told


Told = Callable[[Story], object]
UNSIGNED: dict[str, Told] = {
    "one officer": lambda s: s.opened().planned(LARGE).signed(),
    "one officer twice": lambda s: s.opened().planned(LARGE).signed().signed(),
    "one for each of two plans of the same words": lambda s: (
        s.opened().planned(LARGE).signed().planned(LARGE).signed(key="stranger")
    ),
    "one before a smaller plan, one after": lambda s: (
        s.opened().planned(plan_of("crm")).signed().planned(LARGE).signed(key="stranger")
    ),
}


@pytest.mark.parametrize("tale", UNSIGNED)
def test_one_officer_is_not_two(story: Story, tale: str) -> None:
    UNSIGNED[tale](story)
    with pytest.raises(Unproven, match="was begun before its plan was signed"):
        verify.check(_ended(story).bundle())


def test_a_second_signature_that_came_after_the_work_is_too_late(story: Story) -> None:
    story.opened().planned(LARGE).signed().begun().signed(key="stranger")
    with pytest.raises(Unproven, match="was begun before its plan was signed"):
        verify.check(story.done().searched().closed().bundle())


def test_a_second_signature_in_anothers_name_is_found(story: Story) -> None:
    story.opened().planned(LARGE).signed()
    story.signed(officer="SHA256:somebody-else")
    with pytest.raises(Unproven, match="another key than the one named"):
        verify.check(_ended(story).bundle())
