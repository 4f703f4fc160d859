"""A company that holds its log's key can sign any story; only one that is a proof is believed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.evidence.story import GONE, ID, KEPT, Row, Story, plan_of
from upheld.evidence import ssh, verify
from upheld.evidence.verify import Unproven
from upheld.model import Right

Told = Callable[[Story], object]


@pytest.fixture
def story(tmp_path: Path) -> Story:
    """Begin a story in a home of its own."""
    return Story.begin(tmp_path)


def signed(story: Story) -> Story:
    return story.opened().planned().signed()


def counted(*rows: Row) -> Callable[[Story], Story]:
    """Tell an erasure that goes well, but for what the receipt of `crm` says."""
    return lambda s: signed(s).shredded().begun().done("crm", 1, *rows).searched().closed()


def row(outcome: str, rows: int, clause: str | None = "right.delete", **other: str) -> Row:
    place = {"collection": "orders", "bond": "about", **other}
    return [place["collection"], place["bond"], outcome, rows, clause, None]


FORGED: dict[str, tuple[Told, str]] = {
    "by hand, and nobody attested": (
        lambda s: signed(s).begun().done().begun("paper").done("paper").searched().closed(),
        "R-1/paper is done by hand, and no officer attested it",
    ),
    "by hand, asked for and never attested": (
        lambda s: (
            signed(s)
            .begun()
            .done()
            .begun("paper")
            .waiting()
            .begun("paper", 2)
            .done("paper", 2)
            .searched()
            .closed()
        ),
        "R-1/paper is done by hand, and no officer attested it",
    ),
    "attested after its receipt": (
        lambda s: signed(s).begun("paper").waiting().done("paper").attested(),
        "no officer attested it before",
    ),
    "attested for another checklist": (
        lambda s: signed(s).begun("paper").waiting().attested().waiting(token="b").done("paper"),  # noqa: S106
        "no officer attested it before",
    ),
    "attested without having waited": (
        lambda s: signed(s).begun("paper").attested(token="None"),  # noqa: S106
        "never waited for it",
    ),
    "a program's step that waited and was not attested": (
        lambda s: signed(s).begun().waiting("crm").begun("crm", 2).done("crm", 2),
        "no officer attested it before",
    ),
    "looked back before the receipts": (
        lambda s: signed(s).shredded().begun().searched().done().closed(),
        "no clean look-back follows the last receipt",
    ),
    "closed before it was looked back on": (
        lambda s: signed(s).shredded().begun().done().closed().searched(),
        "no clean look-back follows the last receipt",
    ),
    "looked back after it was closed, and not clean": (
        lambda s: signed(s).shredded().begun().done().searched().closed().searched(clean=False),
        "no clean look-back follows the last receipt",
    ),
    "begun again after it was closed": (
        lambda s: s.carried_out().begun("crm", 2),
        "begun and has no receipt",
    ),
    "done again after it was closed": (
        lambda s: s.carried_out().begun("crm", 2).done("crm", 2).searched(),
        "is being carried out again",
    ),
    "planned anew after it was closed": (
        lambda s: s.carried_out().planned(),
        "is not closed",
    ),
    "clean, with rows that were late": (
        lambda s: signed(s).shredded().begun().done().searched(late={"crm.orders": 5}).closed(),
        "names rows that were there",
    ),
    "another collection": (counted(row("gone", 1, collection="users")), "what was not signed"),
    "another bond": (counted(row("gone", 1, bond="mentions")), "what was not signed"),
    "an outcome of its own": (counted(row("archived", 1)), "what was not signed"),
    "a clause of its own": (counted(row("gone", 1, "made.up")), "a clause that was not signed"),
    "a ground of its own": (counted(row("retained", 1, "made.up")), "a clause that was not signed"),
    "kept without a ground": (counted(row("retained", 1, None)), "a clause that was not signed"),
    "kept under what erases": (counted(row("retained", 1)), "a clause that was not signed"),
    "more rows than signed": (counted(row("gone", 26)), "more rows of orders than was signed"),
    "more rows than signed, in two lines": (
        counted(row("gone", 20), row("blanked", 6)),
        "more rows of orders than was signed",
    ),
    "fewer rows than none": (counted(row("gone", -1)), "not what Upheld writes"),
    "rows held": (counted(row("held", 1)), "closed as partial, but rows were held"),
    "rows refused": (counted(row("refused", 1)), "closed as partial, but rows were refused"),
    "all of it, with rows kept": (
        lambda s: signed(s).shredded().begun().done().searched().closed("full"),
        "closed as full, but rows were retained",
    ),
    "a store that was not planned": (
        lambda s: signed(s).begun("shop").done("shop"),
        "R-1/shop is not in the plan",
    ),
    "declined, and done all the same": (
        lambda s: signed(s).shredded().begun().declined().done().searched().closed(),
        "was not begun, or was declined",
    ),
    "declined, and left": (
        lambda s: signed(s).shredded().begun().declined().searched().closed(),
        "R-1/crm was planned and has no receipt",
    ),
    "done under an earlier plan": (
        lambda s: signed(s).shredded().begun().planned(plan_of("crm")).signed().done().closed(),
        "R-1/crm was planned and has no receipt",
    ),
    "nobody answered": (
        lambda s: (
            signed(s)
            .shredded()
            .begun()
            .done()
            .searched()
            .append("request.closed", outcome="partial")
        ),
        "nobody was answered",
    ),
    "nothing found, though rows were planned": (
        lambda s: s.opened().planned().turned_down("no_data"),
        "closed as no_data, but the plan had counted 12 rows",
    ),
    "turned down, and nobody signed": (
        lambda s: s.opened().closed("withdrawn"),
        "closed as withdrawn, and no officer signed",
    ),
    "turned down for a reason nobody signed": (
        lambda s: s.opened().turned_down("withdrawn", signed="duplicate"),
        "signature does not hold",
    ),
    "turned down when half of it was done": (
        lambda s: signed(s).begun().done().turned_down("withdrawn"),
        "R-1/paper was planned and has no receipt",
    ),
    "turned down after half of it, and planned anew": (
        lambda s: signed(s).begun().done().planned().turned_down("withdrawn"),
        "without a signed plan",
    ),
    "a plan signed for a copy": (
        lambda s: s.opened().planned(plan_of("crm", right=Right.ACCESS)).signed(),
        "of another request or right",
    ),
    "a plan signed for another request": (
        lambda s: s.opened().planned(plan_of("crm").replace(ID.encode(), b"R-2")).signed(),
        "of another request or right",
    ),
    "opened twice": (lambda s: s.opened().opened(), "opened twice"),
}


@pytest.mark.parametrize("forged", FORGED)
def test_a_story_that_its_company_signed_is_no_proof_for_that(story: Story, forged: str) -> None:
    tell, words = FORGED[forged]
    tell(story)
    with pytest.raises(Unproven, match=words):
        verify.check(story.bundle())


def test_a_copy_whose_part_by_hand_nobody_made_is_no_proof(tmp_path: Path) -> None:
    story = signed(Story.begin(tmp_path, Right.ACCESS)).closed("full")
    with pytest.raises(Unproven, match="R-1/paper was planned and has no receipt"):
        verify.check(story.bundle())


def test_a_copy_whose_part_by_hand_nobody_attested_is_no_proof(tmp_path: Path) -> None:
    story = signed(Story.begin(tmp_path, Right.ACCESS))
    story.begun("paper").done("paper").closed("full")
    with pytest.raises(Unproven, match="no officer attested it before"):
        verify.check(story.bundle())


HONEST: dict[str, Told] = {
    "all of it": lambda s: (
        signed(s).shredded().begun().done("crm", 1, GONE).searched().closed("full")
    ),
    "as many rows as signed, and those kept": counted(row("gone", 25), KEPT),
    "found done by a repeat": lambda s: (
        signed(s).shredded().begun().begun("crm", 2).done("crm", 2, KEPT).searched().closed()
    ),
    "held once, and done later": lambda s: (
        signed(s)
        .shredded()
        .begun()
        .done("crm", 1, row("held", 3))
        .begun("crm", 2)
        .done("crm", 2)
        .searched()
        .closed()
    ),
    "two applies at once, each to its end": lambda s: (
        signed(s)
        .shredded()
        .begun()
        .begun("crm", 2)
        .done("crm", 1)
        .searched()
        .closed()
        .done("crm", 2)
        .searched()
        .closed()
    ),
    "carried out again under a larger plan": lambda s: (
        signed(s)
        .shredded()
        .begun()
        .done()
        .planned(plan_of("crm", "paper", room=90))
        .signed()
        .begun("crm", 2)
        .done("crm", 2, row("gone", 80))
        .begun("paper", 3)
        .done("paper", 3)
        .searched()
        .closed()
    ),
    "a store in which nothing is anybody's": lambda s: (
        s.opened()
        .planned(plan_of("crm").replace(b'"ceiling": 25', b'"ceiling": null'))
        .signed()
        .begun()
        .done("crm", 1, row("gone", 10**6))
        .searched()
        .closed()
    ),
    "nothing found": lambda s: s.opened().planned(rows=0).turned_down("no_data"),
    "turned down before it was planned": lambda s: s.opened().turned_down("withdrawn"),
}


@pytest.mark.parametrize("honest", HONEST)
def test_an_honest_story_is_proven(story: Story, honest: str) -> None:
    HONEST[honest](story)
    assert verify.check(story.bundle()).lines[-1].startswith("proven")


def test_a_receipt_is_held_against_the_plan_it_was_begun_under(story: Story) -> None:
    signed(story).shredded().begun()
    story.planned(plan_of("crm", room=90)).signed().done("crm", 1, row("gone", 80))
    with pytest.raises(Unproven, match="more rows of orders than was signed"):
        verify.check(story.bundle())


def test_who_turned_a_request_down_is_told(story: Story) -> None:
    story.opened().turned_down("excessive_repeated")
    told = "\n".join(verify.check(story.bundle()).lines)
    assert f"closed: excessive_repeated, by officer {ssh.fingerprint(story.officer)}" in told
