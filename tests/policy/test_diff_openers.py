"""The first clause that opens a source closes all others; without the last, all are open."""

from __future__ import annotations

import pytest

from tests.policy.versions import POLICY, policy
from upheld.policy.diff import Turn, changes

PLAIN = POLICY.replace("    channels: [web-form, e-mail]\n", "")
FORM = "  - id: {0}\n    may: {2}\n    sources: {1}\n    check: one\n    text: {0}.\n"
ONE = FORM.format("open.one", "direct-forms", "collect")
TWO = FORM.format("open.two", "auto-web", "collect")
ALSO = FORM.format("open.one", "direct-forms", "[collect, use]")


@pytest.mark.parametrize(
    ("more", "less", "at", "words"),
    [
        (ONE, "", "open.one", "to collect any data from anywhere but `direct-forms`"),
        (ONE + TWO, ONE, "open.two", "to collect any data from `auto-web`"),
        (ALSO, ONE, "open.one", "to use any data from anywhere but `direct-forms`"),
    ],
)
def test_an_opener_comes_and_goes(more: str, less: str, at: str, words: str) -> None:
    first = "anywhere but" in words
    for before, after, kind in (
        (less, more, Turn.NO_LONGER_PERMITS if first else Turn.PERMITS),
        (more, less, Turn.PERMITS if first else Turn.NO_LONGER_PERMITS),
    ):
        diff = changes(policy(PLAIN + before), policy(PLAIN + after))
        (change,) = diff.changes
        assert (change.kind, change.at) == (kind, at)
        assert words in change.sentence
