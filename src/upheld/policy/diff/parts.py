"""Compares what a clause holds beside its reach and its condition: duties, lists, force, words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upheld.model import Force, Kind
from upheld.policy.diff.nouns import Change, Dim, Turn
from upheld.policy.diff.telling import protected
from upheld.policy.diff.words import ALL, doing, listed, meaning

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from upheld.model import Clause

GAINS: Mapping[Kind, tuple[Turn, Turn]] = {
    Kind.MAY: (Turn.PERMITS, Turn.NO_LONGER_PERMITS),
    Kind.KEEP: (Turn.PERMITS, Turn.NO_LONGER_PERMITS),
    Kind.NEVER: (Turn.FORBIDS, Turn.NO_LONGER_FORBIDS),
    Kind.ANSWER: (Turn.PROMISES, Turn.NO_LONGER_PROMISES),
    Kind.TELL: (Turn.TELLS, Turn.NO_LONGER_TELLS),
    Kind.GUARD: (Turn.GUARDS, Turn.NO_LONGER_GUARDS),
    Kind.DEFINITION: (Turn.DEFINES, Turn.NO_LONGER_DEFINES),
    Kind.DISCLAIMER: (Turn.DISCLAIMS, Turn.NO_LONGER_DISCLAIMS),
}
SAID = {
    Turn.PERMITS: "newly permits",
    Turn.NO_LONGER_PERMITS: "no longer permits",
    Turn.FORBIDS: "newly forbids",
    Turn.NO_LONGER_FORBIDS: "no longer forbids",
    Turn.PROMISES: "newly promises",
    Turn.NO_LONGER_PROMISES: "no longer promises",
    Turn.TELLS: "newly tells",
    Turn.NO_LONGER_TELLS: "no longer tells",
    Turn.GUARDS: "newly guards",
    Turn.NO_LONGER_GUARDS: "no longer guards",
    Turn.DEFINES: "newly defines",
    Turn.NO_LONGER_DEFINES: "no longer defines",
    Turn.DISCLAIMS: "newly disclaims",
    Turn.NO_LONGER_DISCLAIMS: "no longer disclaims",
}
BINDING = frozenset({Force.PROMISE, Force.CONDITION})


def categories(clause: Clause) -> tuple[str, ...]:
    """Return the categories a clause names; none are all."""
    named = clause.what if clause.kind is Kind.KEEP else clause.scope.categories
    return () if named == (ALL,) else named


def reworded(old: Clause, new: Clause) -> Change:
    """Return the change of a clause that only reads otherwise, or links elsewhere."""
    if old.text == new.text:
        was, now = old.link, new.link
        words = f"`{new.id}` links to `{now}`" if now else f"`{new.id}` no longer links to `{was}`"
        words += f" instead of `{was}`" if was and now else ""
        return Change(Turn.REWORDS, new.id, new.line, words, Dim.LINK, was=was, now=now)
    words = f"`{new.id}` says the same rule in other words"
    return Change(Turn.REWORDS, new.id, new.line, words, Dim.TEXT, was=old.text, now=new.text)


def duties(old: Clause, new: Clause) -> Iterator[Change]:
    """Yield what an allowed act must still do now, or need no longer; what an answer holds."""
    for dim, vocabulary, words, before, after in (
        (Dim.OBLIGATIONS, "obligations", "where it applies, also to do", old.then, new.then),
        (Dim.CONTENTS, "contents", "in its answer,", old.contents, new.contents),
    ):
        for kind, more, less in (
            (Turn.PROMISES, after, before),
            (Turn.NO_LONGER_PROMISES, before, after),
        ):
            for each in (word for word in more if word not in less):
                said = f"`{each}`: {meaning(vocabulary, each)}"
                text = f"`{new.id}` {SAID[kind]}, {words} {said}"
                named = categories(new)
                yield Change(
                    kind,
                    new.id,
                    new.line,
                    text,
                    dim,
                    regions=protected(new.regimes),
                    categories=named,
                )


def lists(names: Mapping[str, str], old: Clause, new: Clause) -> Iterator[Change]:
    """Yield clauses that a disclaimer takes back from, and bases that a clause publishes."""
    limits = tuple(names.get(id, id) for id in new.limits)
    for dim, gain, loss, words, before, after in (
        (Dim.LIMITS, Turn.DISCLAIMS, Turn.NO_LONGER_DISCLAIMS, "a part of", old.limits, limits),
        (Dim.BASES, Turn.TELLS, Turn.NO_LONGER_TELLS, "people of the basis", old.bases, new.bases),
    ):
        for kind, more, less in ((gain, after, before), (loss, before, after)):
            added = [word for word in more if word not in less]
            if added:
                text = f"`{new.id}` {SAID[kind]} {words} {listed(added)}"
                yield Change(kind, new.id, new.line, text, dim, regions=protected(new.regimes))


def binding(old: Clause, new: Clause) -> Iterator[Change]:
    """Yield what changed in how a clause binds, why it keeps and how it is tested."""
    for dim, words, was, now in (
        (Dim.FORCE, "binds as a", old.force, new.force),
        (Dim.GROUND, "keeps on the ground", old.ground, new.ground),
        (Dim.CHECK, "is tested by", old.check, new.check),
    ):
        if was != now:
            text = f"`{new.id}` {words} `{now or 'none'}` instead of `{was or 'none'}`"
            yield Change(Turn.RECLASSIFIES, new.id, new.line, text, dim)
    if (old.force in BINDING) is not (new.force in BINDING):
        binds = new.force in BINDING
        kind = Turn.PROMISES if binds else Turn.NO_LONGER_PROMISES
        text = (
            f"`{new.id}` {SAID[kind]} {doing(new)}: it {'now' if binds else 'no longer'} binds us"
        )
        named = categories(new)
        yield Change(
            kind,
            new.id,
            new.line,
            text,
            Dim.FORCE,
            regions=protected(new.regimes),
            categories=named,
        )
