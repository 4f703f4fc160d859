"""Rules about words: declared and unused, used and undeclared, empty, or said twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upheld.model import Force, Kind
from upheld.policy.linting.concerns import Concern
from upheld.policy.linting.paper import listed
from upheld.policy.linting.remarks import Severity, Spot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from upheld.model import Clause
    from upheld.policy.linting.paper import Paper

_NOUNS = {"categories": "category", "purposes": "purpose", "recipients": "recipient"}


def _unused_word(paper: Paper) -> Iterator[Spot]:
    """A category, a purpose or a recipient is declared, and nothing in the policy uses it.

    A category is used when a clause names it or when it says why it is held; a purpose or a
    recipient when a category or a clause names it; a heading when it has clauses. A clause of
    either profile counts.
    """
    policy = paper.policy
    used: dict[str, set[str]] = {key: set() for key in _NOUNS}
    for name, category in policy.categories.items():
        used["purposes"].update(category.purposes)
        used["recipients"].update(category.recipients)
        if category.purposes:
            used["categories"].add(name)
    every = [each for clauses in policy.profiles.values() for each in clauses] or paper.clauses
    for clause in every:
        for key in _NOUNS:
            used[key].update(_named(clause, key))
    for key, noun in _NOUNS.items():
        declared = {
            "categories": policy.categories,
            "purposes": policy.purposes,
            "recipients": policy.recipients,
        }[key]
        for word in sorted(set(declared) - used[key], key=lambda each: paper.line(key, each)):
            words = f"the {noun} `{word}` is declared and nothing uses it; use it, or take it out"
            yield Spot(words, (), (paper.line(key, word),), f"{key}.{word}")
    groups = {each.group for each in every}
    for word in policy.sections:
        if word not in groups:
            words = f"the heading `{word}` has no clause; take it out, or give it one"
            yield Spot(words, (), (paper.line("sections", word),), f"sections.{word}")


def _named(clause: Clause, key: str) -> tuple[str, ...]:
    scope = clause.scope
    match key:
        case "categories":
            return (*scope.categories, *(clause.what if clause.kind is Kind.KEEP else ()))
        case "purposes":
            return scope.purposes
        case _:
            return scope.recipients


def _word_not_declared(paper: Paper) -> Iterator[Spot]:
    """A clause that neither permits nor forbids names a word that the policy does not declare.

    A *may* with such a word is refused when the file is read; a *never* may forbid what is nowhere
    declared.
    """
    policy = paper.policy
    for clause in paper.clauses:
        if clause.kind in {Kind.MAY, Kind.NEVER}:
            continue
        strangers = [
            *(each for each in clause.scope.categories if each not in policy.categories),
            *(each for each in clause.scope.purposes if each not in policy.purposes),
            *(each for each in clause.scope.recipients if each not in policy.recipients),
        ]
        if strangers:
            words = f"`{clause.id}` names {listed(strangers)}, which this policy does not declare"
            yield paper.spot(f"{words}; declare it, or take it out", (clause,))


def _empty_words(paper: Paper) -> Iterator[Spot]:
    """A promise holds words that promise nothing, such as *where appropriate* or *and so on*."""
    for clause in paper.clauses:
        if clause.force is Force.PROMISE and paper.says(clause, "empty"):
            found = [
                each.strip()
                for each in paper.english.phrases["empty"]
                if each in paper.words[clause.id]
            ]
            words = f"`{clause.id}` says {listed(found)}, which binds nobody; say when, or what"
            yield paper.spot(words, (clause,))


def _text_twice(paper: Paper) -> Iterator[Spot]:
    """Two clauses say the same, word for word, so that one rule has no words of its own."""
    first: dict[str, Clause] = {}
    for clause in paper.clauses:
        words = paper.words[clause.id]
        if words.strip() and words in first:
            said = f"`{clause.id}` says the same as `{first[words].id}`, word for word"
            yield paper.spot(f"{said}; give each its own words", (clause, first[words]))
        first.setdefault(words, clause)


def _section_without_heading(paper: Paper) -> Iterator[Spot]:
    """A section of the policy has no heading, so that people see its id in its place."""
    seen: dict[str, Clause] = {}
    for clause in paper.clauses:
        seen.setdefault(clause.group, clause)
    missing = {name: each for name, each in seen.items() if name not in paper.policy.sections}
    if missing and not paper.policy.sections:
        words = f"no section has a heading; list {listed(missing)} under `sections`"
        yield paper.spot(words, tuple(missing.values())[:1], about="sections")
        return
    for name, clause in missing.items():
        words = f"the section `{name}` has no heading; give it one under `sections`"
        yield paper.spot(words, (clause,), about=f"sections.{name}")


CONCERNS = (
    Concern(
        "unused-word",
        Severity.NOTE,
        _unused_word,
        default="the notice shows it all the same",
        law="GDPR 5(1)(a), 12(1)",
    ),
    Concern(
        "word-not-declared",
        Severity.NOTE,
        _word_not_declared,
        default="the clause reaches it; the notice does not explain it",
        law="GDPR 12(1)",
    ),
    Concern(
        "empty-words",
        Severity.NOTE,
        _empty_words,
        default="the check of the clause decides, as if the words were not there",
        law="GDPR 12(1), WP 260 rev.01 § 12",
    ),
    Concern(
        "text-twice",
        Severity.WARNING,
        _text_twice,
        default="both clauses stand, each with its own check",
        law="GDPR 12(1)",
    ),
    Concern(
        "section-without-heading",
        Severity.NOTE,
        _section_without_heading,
        default="the notice shows the section's id as its heading",
        law="GDPR 12(1)",
    ),
)
