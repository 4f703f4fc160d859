"""Guesses in a map: words that end in `?` until a human takes the mark away."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from upheld.files import written

if TYPE_CHECKING:
    from upheld.files import Path, Plain, Written


def accepted(text: str, name: str = "the map") -> str:
    """Return the same text with every guess accepted: its mark removed, nothing else changed.

    >>> accepted("collections: {orders: {people: [{follow: who, to: people, is: about?}]}}")
    'collections: {orders: {people: [{follow: who, to: people, is: about}]}}'
    """
    at = sorted(index for path, index in written(text, name).marks.items() if _can_guess(path))
    ends = [*at, len(text)]
    starts = [0, *(index + 1 for index in at)]
    return "".join(text[start:end] for start, end in zip(starts, ends, strict=True))


def guesses(paper: Written) -> frozenset[Path]:
    """Return the paths of the guesses in what was written."""
    return frozenset(path for path in paper.marks if _can_guess(path))


def is_guess(paper: Written, path: Path) -> bool:
    """Say whether what was written at a path is a guess."""
    return path in paper.marks and _can_guess(path)


def without_marks(paper: Written) -> Written:
    """Return what was written, each guess taken as the word it guesses."""
    return replace(paper, data=_bare(paper.data, (), guesses(paper)))


def told(paper: Written) -> tuple[str, ...]:
    """Return each guess as `stores/crm.yaml:14 is: about?`, in the order of the lines."""
    ordered = sorted(guesses(paper), key=lambda path: paper.marks[path])
    return tuple(f"{paper.place(path)} {_said(paper.data, path)}" for path in ordered)


def _can_guess(path: Path) -> bool:
    return path[:1] == ("collections",)


def _bare(data: Plain, path: Path, marked: frozenset[Path]) -> Plain:
    match data:
        case str():
            return data[:-1] if path in marked else data
        case list():
            return [_bare(each, (*path, index), marked) for index, each in enumerate(data)]
        case dict():
            return {key: _bare(each, (*path, key), marked) for key, each in data.items()}


def _said(data: Plain, path: Path) -> str:
    for step in path:
        data = data[step]  # type: ignore[index]  # the path was read from this data
    return f"{next(step for step in reversed(path) if isinstance(step, str))}: {data}"
