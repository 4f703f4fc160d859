"""The board as a page and as a badge: hostile words, its history, and files that cannot be."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from upheld.acts import prove
from upheld.acts.prove.folds import HistoryFold
from upheld.model import Entry, Force, Judgement, Kind, Right, Verdict

if TYPE_CHECKING:
    from tests.journeys.town import Town

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOSTILE = "<script>alert(\"x\")</script> & <img src='x'>"
GREEN, GREY, RED, AMBER = "#1b6e3c", "#555", "#b3261e", "#6b5900"


def verdict(judged: Judgement, force: Force = Force.PROMISE, evidence: str = "") -> Verdict:
    return Verdict("right.access", Kind.ANSWER, force, judged.value, (evidence,), NOON)


UPHELD, ATTESTED = verdict(Judgement.UPHELD), verdict(Judgement.ATTESTED)
UNPROVEN, BROKEN = verdict(Judgement.UNPROVEN), verdict(Judgement.BROKEN)
ASIDE = verdict(Judgement.OUT_OF_SCOPE, Force.DISCLAIMER)

BADGES: dict[str, tuple[list[Verdict], str]] = {
    "no promises": ([ASIDE], GREY),
    "1 of 1 promises upheld": ([UPHELD, ASIDE], GREEN),
    "2 of 3 promises upheld, 1 attested": ([UPHELD, UPHELD, ATTESTED], GREEN),
    "0 of 1 promises upheld, 1 attested": ([ATTESTED], GREEN),
    "1 of 3 promises upheld, 1 attested": ([UPHELD, ATTESTED, UNPROVEN], AMBER),
    "0 of 1 promises upheld": ([UNPROVEN], AMBER),
    "1 broken": ([UPHELD, BROKEN], RED),
}


@pytest.mark.parametrize("words", BADGES)
def test_a_badge_says_of_the_promises_no_more_than_is_so(words: str) -> None:
    board, colour = BADGES[words]
    drawn = prove.badge(board)
    assert f"<title>privacy policy: {words}</title>" in drawn
    assert f'fill="{colour}"' in drawn


def test_markup_in_words_or_evidence_is_shown_and_does_nothing(town: Town) -> None:
    path = town.folder / "policy.yaml"
    hostile = re.sub(r"(?m)^company: .*", f"company: |\n  {HOSTILE}", path.read_text("utf-8"))
    hostile = re.sub(r"(?m)^    text: .*(\n      .*)*", f"    text: |\n      {HOSTILE}", hostile)
    path.write_text(hostile, "utf-8")
    with town.open() as upheld:
        assert upheld.company.policy.clauses[0].text == HOSTILE
        page = upheld.board((verdict(Judgement.UPHELD, evidence=f"seen: {HOSTILE}"),))
    shown = "&lt;script&gt;alert(&#34;x&#34;)&lt;/script&gt; &amp; &lt;img src=&#39;x&#39;&gt;"
    for before in ("<p>", "<td>", "<li>seen: "):
        assert f"{before}{shown}" in page
    assert "<script" not in page
    assert "<img" not in page


def test_the_history_on_the_page_has_the_latest_first(town: Town) -> None:
    town.verdict("right.access")
    town.clock.move(timedelta(days=1))
    with town.open() as upheld:
        upheld.open_request(Right.ACCESS, ["email=carol@example.com"])
    town.clock.move(timedelta(days=40))
    with town.open() as upheld:
        page = upheld.board(upheld.check())
        turns = prove.history(upheld.company.home)
    assert [turn.at for turn in turns] == sorted(turn.at for turn in turns)
    shown = re.findall(r"<tr><th scope=\"row\">(\d{4}-\d\d-\d\d)", page.partition("History")[2])
    assert shown == ["2027-01-04", "2026-11-24"]


def test_the_view_of_the_history_holds_the_latest_200_turns() -> None:
    fold = HistoryFold()
    state: str | None = None
    for number in range(205):
        judged = "upheld" if number % 2 else "broken"
        at = NOON + timedelta(minutes=number)
        state = fold.step(state, number, Entry(at, "verdicts", {"board": {"right.access": judged}}))
    turns = json.loads(state or "")["turns"]
    assert len(turns) == 200
    assert turns[0][0] == (NOON + timedelta(minutes=5)).isoformat()
    assert turns[-1][0] == (NOON + timedelta(minutes=204)).isoformat()
    assert turns[-1][2] == {"right.access": ["upheld", "broken"]}


NOWHERE = ["/nowhere/at/all/x", ".", "keys/officer/x", "x" * 300]


@pytest.mark.parametrize("option", ["--html", "--badge"])
@pytest.mark.parametrize("place", NOWHERE)
def test_a_file_that_cannot_be_is_refused_before_the_board_is_drawn(
    town: Town, capsys: pytest.CaptureFixture[str], option: str, place: str
) -> None:
    status, said = town.run(capsys, "check", option, str(town.folder / place))
    assert status == 2
    assert "cannot be written; name a file in a folder that is there" in said
    with town.open() as upheld:
        assert prove.history(upheld.company.home) == ()


@pytest.mark.parametrize("option", ["--html", "--badge"])
def test_a_file_that_the_system_refuses_is_no_bug_of_ours(
    town: Town, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    status, said = town.run(capsys, "check", option, "/dev/full")
    assert status == 2
    assert "cannot be written whole: it is no ordinary file" in said
