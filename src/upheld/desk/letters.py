"""The words a person reads: the page of a copy, and the letter that answers an erasure; pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, assert_never

from jinja2 import Environment, PackageLoader, StrictUndefined

from upheld.data import vocabularies
from upheld.desk.codes import CODES
from upheld.model import Act, Bond, Collection, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from upheld.model import Clause, Counted, Policy, Request, Scalar, StoreMap

_NO_END = "and no calendar has the day on which that ends"
_PAGES = Environment(
    loader=PackageLoader("upheld.desk", "pages"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(slots=True)
class Sample:
    """The first rows of one collection, for the page; all of them are in `file`."""

    store: str
    collection: Collection
    bond: Bond
    columns: tuple[str, ...]
    file: str
    rows: list[tuple[Scalar, ...]] = field(default_factory=list)
    total: int = 0


@dataclass(frozen=True, slots=True)
class Shown:
    """A sample cut down to the fields of one category."""

    title: str
    file: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Scalar, ...], ...]
    total: int


@dataclass(frozen=True, slots=True)
class Section:
    """One category of a copy: what it is, why it is held, from where, for whom, and the rows."""

    category: str
    title: str
    says: str
    purposes: tuple[str, ...]
    sources: tuple[str, ...]
    recipients: tuple[str, ...]
    shown: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an erasure letter."""

    collection: str
    rows: int
    words: str


def copy_page(
    policy: Policy,
    request: Request,
    clauses: Iterable[str],
    samples: Sequence[Sample],
    *,
    made: date,
) -> str:
    """Return the readable page of a copy: by category, with sources, purposes and recipients."""
    categories = [*policy.categories, *_undeclared(policy, samples)]
    sections = [_section(policy, category, samples) for category in categories]
    return _PAGES.get_template("copy.html").render(
        policy=policy,
        request=request,
        clauses=_clauses(policy, clauses),
        sections=[section for section in sections if section.shown],
        others=_shown(None, samples),
        rows=sum(sample.total for sample in samples),
        made=made,
    )


def erasure_page(  # noqa: PLR0913 (all that a letter says)
    policy: Policy,
    request: Request,
    clauses: Iterable[str],
    became: Iterable[tuple[StoreMap, Sequence[Counted]]],
    *,
    doubted: Sequence[str] = (),
    made: date,
    checkpoint: str,
) -> str:
    """Return the letter: per category what went, what stays, why, and until when."""
    lines: dict[str, list[Line]] = defaultdict(list)
    by_hand = []
    for mapped, counted in became:
        if mapped.tasks:
            by_hand.append(mapped.name)
        for each in counted:
            for category in _touched(mapped, each):
                lines[category].append(_line(policy, mapped, each))
    return _PAGES.get_template("erasure.html").render(
        policy=policy,
        request=request,
        clauses=_clauses(policy, clauses),
        sections=[(_title(category), lines[category]) for category in sorted(lines)],
        by_hand=by_hand,
        doubted=doubted,
        made=made,
        checkpoint=checkpoint,
    )


def closing_page(
    policy: Policy, request: Request, because: str, *, made: date, checkpoint: str
) -> str:
    """Return the letter of a request that is closed without doing what was asked, and why."""
    return _PAGES.get_template("closing.html").render(
        policy=policy, request=request, words=CODES[because], made=made, checkpoint=checkpoint
    )


def letter_name(id: str, number: int) -> str:
    """Return the name of the nth letter about a request: a letter once sent is never overwritten.

    >>> letter_name("R-1", 1), letter_name("R-1", 2)
    ('R-1.html', 'R-1.2.html')
    """
    return f"{id}.html" if number <= 1 else f"{id}.{number}.html"


def _clauses(policy: Policy, ids: Iterable[str]) -> list[Clause]:
    found = (policy.clause(id) for id in ids)
    return [clause for clause in found if clause is not None]


def _undeclared(policy: Policy, samples: Iterable[Sample]) -> list[str]:
    held = {p.category for s in samples for p in s.collection.places if p.category is not None}
    return sorted(held - set(policy.categories))


def _title(category: str) -> str:
    return category.replace("_", " ").capitalize()


def _section(policy: Policy, category: str, samples: Sequence[Sample]) -> Section:
    declared, words = policy.categories.get(category), vocabularies()
    stated = {
        place.source
        for sample in samples
        for place in sample.collection.places
        if place.category == category and place.source
    }
    sources = sorted({*(declared.sources if declared else ()), *stated})
    return Section(
        category=category,
        title=_title(category),
        says=words.categories.get(category, ""),
        purposes=tuple(policy.purposes[p] for p in declared.purposes) if declared else (),
        sources=tuple(words.sources.get(source, source) for source in sources),
        recipients=tuple(policy.recipients[r] for r in declared.recipients) if declared else (),
        shown=_shown(category, samples),
    )


def _shown(category: str | None, samples: Iterable[Sample]) -> tuple[Shown, ...]:
    return tuple(found for sample in samples if (found := _cut(category, sample)) is not None)


def _cut(category: str | None, sample: Sample) -> Shown | None:
    """Cut a sample to one category; None is what is not personal, or only names the person."""
    if sample.bond is Bond.MENTIONS:
        chosen = sample.columns if category is None else ()
    else:
        places = {place.name: place.category for place in sample.collection.places}
        chosen = tuple(name for name in sample.columns if places.get(name) == category)
    if not chosen or not sample.total:
        return None
    at = [sample.columns.index(name) for name in chosen]
    bond = "" if sample.bond is Bond.ABOUT else f" ({sample.bond})"
    return Shown(
        title=f"{sample.store}: {sample.collection.name}{bond}",
        file=sample.file,
        columns=chosen,
        rows=tuple(tuple(row[index] for index in at) for row in sample.rows),
        total=sample.total,
    )


def _touched(mapped: StoreMap, counted: Counted) -> list[str]:
    collection = mapped.collection(counted.collection)
    if collection is None:
        return []
    touched: Iterator[str] = (
        place.category
        for place in collection.places
        if place.category is not None and _concerns(collection, place.act, counted)
    )
    return sorted(set(touched)) or ["contact"]


def _concerns(collection: Collection, act: Act, counted: Counted) -> bool:
    if counted.outcome is Outcome.RETAINED:
        return act in {Act.RETAIN, Act.LEAVE}
    if counted.outcome is Outcome.GONE or counted.bond is not Bond.ABOUT:
        return True
    return act is not Act.LEAVE and (collection.keep is None or act is not Act.RETAIN)


def _line(policy: Policy, mapped: StoreMap, counted: Counted) -> Line:
    return Line(
        f"{mapped.name}: {counted.collection}", counted.rows, _words(policy, mapped, counted)
    )


def _words(  # noqa: PLR0911 (one line for each thing that can become of a row)
    policy: Policy, mapped: StoreMap, counted: Counted
) -> str:
    collection = mapped.collection(counted.collection)
    match counted.outcome:
        case Outcome.GONE:
            return "deleted"
        case Outcome.RETAINED:
            return _kept(policy.clause(counted.clause or ""), counted)
        case Outcome.BLANKED | Outcome.ANONYMISED if counted.bond is not Bond.ABOUT:
            return "your part removed; the record itself is somebody else's"
        case Outcome.BLANKED if collection and collection.keep and collection.delete:
            return "what the ground for keeping does not need was emptied"
        case Outcome.BLANKED:
            return "the fields that identify you were emptied"
        case Outcome.ANONYMISED:
            return "made so coarse that it no longer tells who you are"
        case Outcome.FOUND:
            return "found"
        case Outcome.HELD:
            return "waiting"
        case Outcome.REFUSED:
            return "not done"
        case _:
            assert_never(counted.outcome)


def _kept(clause: Clause | None, counted: Counted) -> str:
    end = f"until {counted.until:%-d %B %Y} at the latest" if counted.until else _NO_END
    years = f" for {clause.schedule.years} years" if clause and clause.schedule else ""
    return f"kept, {end}. {clause.text if clause else ''} Ground: {_ground(clause)}{years}"


def _ground(clause: Clause | None) -> str:
    return (clause.ground or clause.id) if clause else "none stated"
