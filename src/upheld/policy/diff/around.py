"""Compares what stands outside of clauses: title, purposes, recipients, categories, entities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from upheld.model.rules import COMPANY
from upheld.policy.diff.nouns import Change, Dim, Turn
from upheld.policy.diff.words import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from upheld.model import Basing, Declared, Entity, Fact, Policy

_DECLARES = {Turn.DECLARES: "is newly declared", Turn.NO_LONGER_DECLARES: "is no longer declared"}
_SINGULAR = {
    "purposes": "purpose",
    "recipients": "recipient",
    "sections": "section",
    "reach": "way to us",
}


def other_changes(before: Policy, after: Policy) -> tuple[Change, ...]:
    """Return what changed outside of clauses."""
    return tuple(_Around(before, after).changes())


@dataclass(frozen=True, slots=True)
class _Around:
    before: Policy
    after: Policy

    def changes(self) -> Iterator[Change]:
        """Yield every change."""
        yield from self._heads()
        for key in ("purposes", "recipients", "reach", "sections"):
            yield from self._words(key, getattr(self.before, key), getattr(self.after, key))
        yield from self._basing()
        yield from self._categories()
        yield from self._entities()
        yield from self._sites()
        yield from self._facts()

    def _line(self, place: str) -> int:
        key = place.partition(".")[0]
        for side in (self.after, self.before):
            for each in (place, key):
                if each in side.lines and (side is self.after or place not in self.after.lines):
                    return side.lines[each]
        return 1

    def _heads(self) -> Iterator[Change]:
        for key in ("title", "company", "contact"):
            was, now = getattr(self.before, key), getattr(self.after, key)
            if was != now:
                words = f"the {key} is now “{now}”, before “{was}”"
                yield Change(Turn.REWORDS, key, self._line(key), words, was=was, now=now)

    def _words(self, key: str, was: Mapping[str, str], now: Mapping[str, str]) -> Iterator[Change]:
        noun = _SINGULAR[key]
        for word in dict.fromkeys((*now, *was)):
            at = f"{key}.{word}"
            if word in was and word in now:
                if was[word] != now[word]:
                    words = f"the {noun} `{word}` is said in other words: “{now[word]}”"
                    words += f", before “{was[word]}”"
                    yield Change(
                        Turn.REWORDS,
                        at,
                        self._line(at),
                        words,
                        Dim.TEXT,
                        was=was[word],
                        now=now[word],
                    )
                continue
            kind = Turn.DECLARES if word in now else Turn.NO_LONGER_DECLARES
            said = now.get(word) or was[word]
            words = f"the {noun} `{word}` {_DECLARES[kind]}: “{said}”"
            yield Change(kind, at, self._line(at), words, was=was.get(word), now=now.get(word))

    def _basing(self) -> Iterator[Change]:
        for name, now in self.after.basing.items():
            was = self.before.basing.get(name)
            if was is not None and was != now:
                yield from self._based(name, was, now)

    def _based(self, name: str, was: Basing, now: Basing) -> Iterator[Change]:
        at = f"purposes.{name}"
        line = self._line(at)
        if {*was.bases} != {*now.bases}:
            new, old = (listed(each.bases) if each.bases else "no basis" for each in (now, was))
            words = f"the purpose `{name}` now rests on {new}, before on {old}"
            yield Change(Turn.RECLASSIFIES, at, line, words, Dim.BASES)
        for key, noun in (("interest", "interest"), ("law", "law")):
            old_words, new_words = getattr(was, key), getattr(now, key)
            if old_words != new_words:
                words = f"the {noun} behind the purpose `{name}` is now “{new_words or 'none'}”"
                words += f", before “{old_words or 'none'}”"
                yield Change(Turn.REWORDS, at, line, words, Dim.BASES, was=old_words, now=new_words)
        if was.automated is not now.automated:
            kind = Turn.DECLARES if now.automated else Turn.NO_LONGER_DECLARES
            verb = "now" if now.automated else "no longer"
            words = f"for the purpose `{name}` a program alone {verb} decides"
            yield Change(kind, at, line, words, Dim.AUTOMATED)

    def _categories(self) -> Iterator[Change]:
        was, now = self.before.categories, self.after.categories
        for name in dict.fromkeys((*now, *was)):
            at = f"categories.{name}"
            if name in was and name in now:
                yield from self._declared(name, was[name], now[name])
                continue
            kind = Turn.DECLARES if name in now else Turn.NO_LONGER_DECLARES
            words = f"the category `{name}` {_DECLARES[kind]}"
            yield Change(kind, at, self._line(at), words, categories=(name,))

    def _declared(self, name: str, was: Declared, now: Declared) -> Iterator[Change]:
        at = f"categories.{name}"
        for dim, words in (
            (Dim.PURPOSES, "held for"),
            (Dim.SOURCES, "from"),
            (Dim.RECIPIENTS, "received by"),
        ):
            old, new = getattr(was, dim.value), getattr(now, dim.value)
            for kind, more, less, verb in (
                (Turn.DECLARES, new, old, "newly"),
                (Turn.NO_LONGER_DECLARES, old, new, "no longer"),
            ):
                added = [word for word in more if word not in less]
                if added:
                    said = f"`{name}` data is {verb} declared as {words} {listed(added)}"
                    yield Change(kind, at, self._line(at), said, dim, categories=(name,))

    def _entities(self) -> Iterator[Change]:
        was = {each.name: each for each in self.before.entities}
        now = {each.name: each for each in self.after.entities}
        for name in dict.fromkeys((*now, *was)):
            if was.get(name) == now.get(name):
                continue
            line = self._line("entities")
            for kind, side in ((Turn.DECLARES, now), (Turn.NO_LONGER_DECLARES, was)):
                if name in side:
                    verb = "newly" if kind is Turn.DECLARES else "no longer"
                    words = f"the policy {verb} speaks for {_entity(side[name])}"
                    yield Change(kind, "entities", line, words)

    def _sites(self) -> Iterator[Change]:
        was, now = {*self.before.external}, {*self.after.external}
        for kind, sites, verb in (
            (Turn.DECLARES, now - was, "newly"),
            (Turn.NO_LONGER_DECLARES, was - now, "no longer"),
        ):
            for site in sorted(sites):
                words = f"`{site}` is {verb} declared as a site that others run"
                yield Change(kind, "external", self._line("external"), words)

    def _facts(self) -> Iterator[Change]:
        """Yield the facts of the company's own that come, go, or are something else now."""
        was = {name: each for name, each in self.before.facts.items() if each.of == COMPANY}
        now = {name: each for name, each in self.after.facts.items() if each.of == COMPANY}
        for name in dict.fromkeys((*now, *was)):
            at = f"facts.{name}"
            if name in was and name in now:
                if was[name] != now[name]:
                    words = (
                        f"the fact `{name}` is now {_fact(now[name])}, before {_fact(was[name])}"
                    )
                    yield Change(Turn.RECLASSIFIES, at, self._line(at), words)
                continue
            kind = Turn.DECLARES if name in now else Turn.NO_LONGER_DECLARES
            words = f"the fact `{name}` {_DECLARES[kind]}"
            yield Change(kind, at, self._line(at), words)


def _fact(fact: Fact) -> str:
    words = f" of {', '.join(sorted(fact.words))}" if fact.words else ""
    unsaid = ", no where nobody said" if fact.closed else ""
    return f"“{fact.says}” ({fact.type}{words}{unsaid})"


def _entity(entity: Entity) -> str:
    since = f" from {entity.since}" if entity.since else ""
    until = f" until {entity.until}" if entity.until else ""
    return f"“{entity.name}” ({entity.country}){since}{until}"
