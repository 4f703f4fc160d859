from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import pytest

from scripts import reference
from tests.house.tree import ROOT, named, pages
from upheld.cli.main import app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`(upheld [a-z][^`\n]*)`")
LINK = re.compile(r"(?<!\\)\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)

README = ROOT / "README.md"
GENERATED = {"docs/reference/cli.md"}

each_page = pytest.mark.parametrize("page", pages(), ids=named)


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def blocks(page: Path) -> list[str]:
    return [body for _, body in FENCE.findall(text_of(page))]


def commands_in(page: Path) -> Iterator[str]:
    """Yield every `upheld …` that a page tells its reader to type."""
    yield from SPAN.findall(text_of(page))
    for body in blocks(page):
        for line in body.splitlines():
            for part in line.replace("- run: ", "").split("&&"):
                if part.strip().startswith("upheld "):
                    yield part.strip()


def wrong_with(typed: str) -> str | None:
    """Return what a reader who types this would stumble over."""
    words = shlex.split(typed, comments=True)[1:]
    known = {each.words: each for each in reference.commands(app)}
    command = next((known[key] for n in (2, 1) if (key := " ".join(words[:n])) in known), None)
    if command is None:
        groups = {each.split()[0] for each in known if " " in each}
        return None if len(words) == 1 and words[0] in groups else "is no command"
    options = {name for row in command.rows for name in re.findall(r"--?[a-z][a-z-]*", row.name)}
    strange = [word for word in words if word.startswith("--") and word not in options]
    return f"has no option {strange}" if strange else None


def anchors(page: Path) -> set[str]:
    heads = (re.sub(r"[^\w\- ]", "", head.lower()) for head in HEADING.findall(text_of(page)))
    return {head.strip().replace(" ", "-") for head in heads}


def targets() -> set[str]:
    rules = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    return set(rules)


def test_the_readme_opens_with_exactly_two_commands() -> None:
    assert blocks(README)[0].split("\n") == ["make demo", "make test", ""]


def test_the_readme_shows_one_picture_and_it_is_there() -> None:
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", text_of(README))
    assert pictures == ["docs/upheld.svg"]
    assert (ROOT / pictures[0]).is_file()


def test_your_own_database_takes_four_lines() -> None:
    (body,) = [each for each in blocks(README) if each.startswith("upheld init")]
    assert len(body.splitlines()) == 4


@each_page
def test_every_make_word_on_a_page_is_a_target(page: Path) -> None:
    text = text_of(page)
    spans = re.findall(r"`make ([a-z-]+)", text)
    lines = re.findall(r"^make ([a-z-]+)", text, re.MULTILINE)
    assert {*spans, *lines} <= targets()


@each_page
def test_every_command_on_a_page_can_be_typed(page: Path) -> None:
    wrong = [f"`{typed}` {why}" for typed in commands_in(page) if (why := wrong_with(typed))]
    assert not wrong, f"{named(page)}: {'; '.join(wrong)}"


@each_page
def test_every_link_between_pages_leads_somewhere(page: Path) -> None:
    text = FENCE.sub("", text_of(page))
    for link in LINK.findall(text):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{named(page)} links to `{link}`, which is not there"
        assert not anchor or anchor in anchors(target), f"{named(page)}: no heading for `{link}`"


def test_every_page_of_the_docs_can_be_reached_from_the_readme() -> None:
    reached, waiting = {README}, [README]
    while waiting:
        page = waiting.pop()
        for link in LINK.findall(FENCE.sub("", text_of(page))):
            target = (page.parent / link.partition("#")[0]).resolve()
            if target.suffix == ".md" and target.is_file() and target not in reached:
                reached.add(target)
                waiting.append(target)
    lost = [
        named(page) for page in pages() if ROOT / "docs" in page.parents and page not in reached
    ]
    assert not lost, f"no page links to {lost}"


def test_every_command_and_option_is_described() -> None:
    assert reference.undocumented(reference.commands(app)) == ()


def test_the_generated_reference_is_current() -> None:
    for path, text in reference.pages().items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name}: run `make reference`"
