from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import pytest
import typer

from scripts.reference import commands, page, undocumented

Words = Annotated[str, typer.Option("--words", help="What | to say.")]


class Loudness(StrEnum):
    SOFT = "soft"
    LOUD = "loud"


@pytest.fixture
def app() -> typer.Typer:
    app = typer.Typer()
    group = typer.Typer()
    app.add_typer(group, name="choir")

    @group.command()
    def sing(
        words: Words,
        how: Annotated[Loudness, typer.Option(help="How loud.")] = Loudness.SOFT,
    ) -> None:
        """Sing, as one."""

    @app.command()
    def mumble(what: str, softly: bool = False) -> None:  # noqa: FBT001, FBT002 (how Typer asks)
        pass

    return app


def test_a_command_without_words_is_found(app: typer.Typer) -> None:
    assert set(undocumented(commands(app))) == {
        "mumble",
        "mumble WHAT",
        "mumble --softly, --no-softly",
    }


def test_the_page_shows_choices_defaults_and_what_is_required(app: typer.Typer) -> None:
    text = page(commands(app))
    assert "## `upheld choir sing`\n\nSing, as one." in text
    assert "| `--words WORDS` | required | What \\| to say. |" in text
    assert "| `--how soft\\|loud` | default `soft` | How loud. |" in text
