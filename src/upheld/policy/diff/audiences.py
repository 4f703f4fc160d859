"""Works out who must be told of a change or asked, from what the change does; pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from upheld.model import Action, Force, Kind
from upheld.policy.diff.nouns import Audience, Dim, Turn
from upheld.policy.diff.telling import people, tellings
from upheld.policy.diff.version import Version

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from upheld.model import Clause, Policy
    from upheld.policy.diff.nouns import Change

BINDING = frozenset({Force.PROMISE, Force.CONDITION})
_CONSENT = "consent"
_GAINS = frozenset({Turn.PERMITS, Turn.DECLARES})
_WITHDRAWS = frozenset(
    {
        Turn.NO_LONGER_PROMISES,
        Turn.NO_LONGER_FORBIDS,
        Turn.NO_LONGER_TELLS,
        Turn.NO_LONGER_GUARDS,
    }
)


@dataclass(frozen=True, slots=True)
class _News:
    """Something people may have to hear: of which data, where, and because of which changes."""

    name: str
    because: tuple[str, ...]
    categories: tuple[str, ...] = ()
    regions: frozenset[str] = frozenset()
    detail: str = ""


def audiences(before: Version, after: Version, changes: Sequence[Change]) -> tuple[Audience, ...]:
    """Return who must be told or asked because of these changes, read under one profile."""
    every = _Listening(before.policy, after.policy, before, after, changes).news()
    return tuple(audience for news in every for audience in _answered(news))


def _answered(news: _News) -> Iterator[Audience]:
    rules = tellings()
    for rule in rules.news[news.name]:
        regions = rule.regions & (news.regions or rules.everywhere)
        if regions:
            yield Audience(
                duty=rule.duty,
                who=people(regions, news.categories),
                when=rule.when,
                why=rule.why,
                law=rule.law,
                regions=tuple(each for each in rules.places if each in regions),
                categories=news.categories,
                about=(news.detail,),
                because=news.because,
            )


@dataclass(frozen=True, slots=True)
class _Listening:
    before: Policy
    after: Policy
    was: Version
    now: Version
    changes: Sequence[Change]

    def news(self) -> Iterator[_News]:
        """Yield all news; what is told as something new is not told as permitted more often."""
        new = [
            *self._collected(),
            *self._paired("new-purpose", Action.USE),
            *self._paired("new-recipient", Action.SHARE),
            *self._countries(),
        ]
        yield from new
        yield from self._consent(new)
        told = {at for each in new for at in each.because}
        for change in self.changes:
            name = self._name(change)
            if name and not (name == "permits-more" and change.at in told):
                yield _News(name, (change.at,), change.categories, change.regions, change.at)

    def _name(self, change: Change) -> str | None:  # noqa: PLR0911 (one line for each kind of news)
        clause = self.was.clauses.get(change.at) or self.now.clauses.get(change.at)
        kept = clause is not None and clause.kind is Kind.KEEP
        match change.kind:
            case Turn.LENGTHENS:
                return "kept-longer"
            case Turn.PERMITS:
                return "kept-longer" if kept else "permits-more"
            case Turn.RECLASSIFIES if change.about is Dim.BASES:
                return "other-basis"
            case Turn.DECLARES if change.about is Dim.AUTOMATED:
                return "automated"
            case Turn.DECLARES | Turn.NO_LONGER_DECLARES if change.at == "entities":
                return "other-controller"
            case Turn.REWORDS if change.at == "company":
                return "other-controller"
            case Turn.DISCLAIMS:
                limits = change.about is Dim.LIMITS or bool(clause and clause.limits)
                return "promise-withdrawn" if limits else None
            case kind if kind in _WITHDRAWS:
                return "promise-withdrawn" if clause and self._bound(clause, change) else None
            case _:
                return None

    def _bound(self, clause: Clause, change: Change) -> bool:
        return clause.force in BINDING or change.about in {Dim.OBLIGATIONS, Dim.CONTENTS}

    def _because(self, word: str) -> tuple[Change, ...]:
        """Return the changes that bring a word in."""
        said = word
        return tuple(
            each
            for each in self.changes
            if each.kind in _GAINS and (each.at.endswith(f".{word}") or said in each.sentence)
        )

    def _collected(self) -> Iterator[_News]:
        for category in sorted(_collected(self.after) - _collected(self.before)):
            because = self._because(category)
            yield _News(
                "collects-category", _ats(because), (category,), _regions(because), category
            )

    def _paired(self, name: str, action: Action) -> Iterator[_News]:
        held = _collected(self.before)
        grouped: dict[str, set[str]] = defaultdict(set)
        for category, word in _pairs(self.after, action) - _pairs(self.before, action):
            if category in held:
                grouped[word].add(category)
        for word in sorted(grouped):
            because = self._because(word)
            categories = tuple(sorted(grouped[word]))
            every = set(categories) >= {*self.after.categories}
            at = _ats(because) or tuple(f"categories.{each}" for each in categories)
            yield _News(name, at, () if every else categories, _regions(because), word)

    def _countries(self) -> Iterator[_News]:
        for country in sorted(_countries(self.now) - _countries(self.was)):
            because = tuple(
                each.at
                for each in self.changes
                if each.kind is Turn.PERMITS and country in each.sentence
            )
            yield _News("new-country", because, detail=country)

    def _consent(self, new: Iterable[_News]) -> Iterator[_News]:
        """Yield what people must be asked: a new purpose on consent, consent to another text."""
        for each in new:
            purpose = each.detail
            if each.name == "new-purpose":
                if self._on_consent(purpose):
                    yield replace(each, name="purpose-on-consent")
                elif purpose not in self.before.purposes:
                    yield from self._promised(each)
        for change in self.changes:
            named = change.at.removeprefix("purposes.")
            if change.about is Dim.BASES and change.kind is Turn.RECLASSIFIES:
                if self._on_consent(named) and not self._on_consent(named, self.before):
                    yield _News("purpose-on-consent", (change.at,), detail=named)
            elif self._consented(change, named):
                held = self._held(named)
                yield _News("reworded-consent", (change.at,), held, change.regions, change.at)

    def _on_consent(self, purpose: str, policy: Policy | None = None) -> bool:
        found = (policy or self.after).basing.get(purpose)
        return found is not None and _CONSENT in found.bases

    def _held(self, purpose: str) -> tuple[str, ...]:
        return tuple(n for n, each in self.after.categories.items() if purpose in each.purposes)

    def _consented(self, change: Change, purpose: str) -> bool:
        """Say whether people gave consent to the words that changed."""
        if change.kind is not Turn.REWORDS or change.about is not Dim.TEXT:
            return False
        if change.at.startswith("purposes."):
            return self._on_consent(purpose) and self._on_consent(purpose, self.before)
        clause = self.now.clauses.get(change.at)
        if clause is None or clause.kind is not Kind.MAY:
            return False
        return any(map(self._on_consent, clause.scope.purposes)) or _needs_consent(clause, self.now)

    def _promised(self, news: _News) -> Iterator[_News]:
        """Yield that a clause of the policy itself promises to ask before a new purpose."""
        for clause in self.after.clauses:
            if clause.kind in {Kind.MAY, Kind.NEVER} and _asks_first(clause, self.now):
                because = (*news.because, clause.id)
                yield replace(news, name="purpose-clause", because=because)


def _ats(changes: Iterable[Change]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.at for each in changes))


def _regions(changes: Sequence[Change]) -> frozenset[str]:
    """Return where people are whom these changes concern; one that says nothing concerns all."""
    clauses = [each.regions for each in changes if each.regions]
    return frozenset().union(*clauses)


def _collected(policy: Policy) -> frozenset[str]:
    named = (
        word
        for clause in policy.clauses
        if clause.kind is Kind.MAY and Action.COLLECT in clause.what
        for word in clause.scope.categories
    )
    return frozenset((*policy.categories, *named))


def _pairs(policy: Policy, action: Action) -> frozenset[tuple[str, str]]:
    """Return each category with each purpose it is used for, or each recipient it goes to."""
    use = action is Action.USE
    found = {
        (name, word)
        for name, declared in policy.categories.items()
        for word in (declared.purposes if use else declared.recipients)
    }
    for clause in policy.clauses:
        if clause.kind is Kind.MAY and action in clause.what:
            words = clause.scope.purposes if use else clause.scope.recipients
            for name in clause.scope.categories or policy.categories:
                found |= {(name, word) for word in words}
    return frozenset(found)


def _countries(version: Version) -> frozenset[str]:
    """Return the countries that a clause on transfers names and permits."""
    found: set[str] = set()
    for clause in version.policy.clauses:
        if clause.kind is Kind.MAY and Action.TRANSFER in clause.what:
            condition, cases = version.looked(clause)
            if cases is not None and "dest" in cases.choices:
                held = cases.holding(condition)
                said = zip(cases.choices["dest"], cases.bits("dest"), strict=True)
                found |= {str(word) for word, bits in said if bits & held and word}
    return frozenset(found) - {"another"}


def _needs_consent(clause: Clause, version: Version) -> bool:
    """Say whether a clause permits only with consent."""
    condition, cases = version.looked(clause)
    if cases is None or "consented" not in cases.choices:
        return False
    held = cases.holding(condition)
    return bool(held) and not any(
        held & bits
        for said, bits in zip(cases.choices["consented"], cases.bits("consented"), strict=True)
        if said is not True
    )


def _asks_first(clause: Clause, version: Version) -> bool:
    _, cases = version.looked(clause)
    return cases is not None and {"purpose.new", "consented"} <= {*cases.choices}
