"""Reads `policy.yaml` into a `Policy`: its forms, its conditions, its two profiles."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from graphlib import CycleError, TopologicalSorter
from hashlib import sha256
from typing import TYPE_CHECKING

from upheld.data import facts
from upheld.files import parsed, shown, unknown
from upheld.model import (
    Basing,
    Clause,
    Declared,
    Entity,
    Fact,
    FactType,
    Force,
    Kind,
    Policy,
    Profile,
    Regime,
    Schedule,
    Scope,
    points_of,
)
from upheld.model.rules import COMPANY
from upheld.policy.conditions import KEPT, BadCondition, parse_condition
from upheld.policy.forms import PolicyForm
from upheld.policy.troubles import STARTS, TERM, kinds, troubles

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from upheld.files import Path, Trouble, Written
    from upheld.model import Rule
    from upheld.policy.forms import ClauseForm, FactForm, RuleForm, StrictForm

_FORCE = {
    Kind.MAY: Force.PERMISSION,
    Kind.KEEP: Force.PERMISSION,
    Kind.DEFINITION: Force.DEFINITION,
    Kind.DISCLAIMER: Force.DISCLAIMER,
}
FARTHEST = 50
"""Through how many clauses a condition may point."""
_NAME = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*")
_NOTHING = {"when": "always", "unless": "never"}
"""What `strict` writes to do without the condition of its clause."""


def parse_policy(
    text: str, name: str, checks: Collection[str], profile: Profile = Profile.SEED
) -> Policy:
    """Return the policy a file says, read under a profile.

    `checks` are the names of the checks a clause may have. The digest is the SHA-256 of the text in
    UTF-8: read the file without translating newlines.

    Raises:
        BadFile: the first thing that is wrong, by line, and how many more there are.
    """
    paper = parsed(text, name, PolicyForm)
    conditions = _Conditions(paper.form)
    conditions.read()
    found = [*troubles(paper.form, checks), *conditions.troubles]
    paper.written.refuse(found)
    digest = sha256(text.encode()).hexdigest()
    return _policy(paper.form, paper.written, conditions.rules, digest).under(profile)


def own_facts(form: PolicyForm) -> Mapping[str, Fact]:
    """Return the facts that conditions of a policy may ask about: the shipped, and its own."""
    own = {
        name: Fact(
            name=name,
            says=each.says,
            of=COMPANY,
            type=FactType(each.type),
            words=frozenset(each.words) if each.words else None,
            closed=each.absent == "no",
        )
        for name, each in form.facts.items()
        if each.type in set(FactType)
    }
    return {**own, **facts()} if own else facts()


@dataclass(slots=True)
class _Conditions:
    """Every condition of a policy, read once; what is wrong with them by path."""

    form: PolicyForm
    rules: dict[Path, Rule | None] = field(default_factory=dict)
    troubles: list[Trouble] = field(default_factory=list)
    pointed: dict[int, tuple[str, ...]] = field(default_factory=dict)

    @property
    def known(self) -> frozenset[str]:
        """The ids of all clauses."""
        return frozenset(clause.id for clause in self.form.clauses)

    def read(self) -> None:
        self.troubles += _facts(self.form.facts, self.known)
        known, ids = own_facts(self.form), self.known
        for index, clause in enumerate(self.form.clauses):
            path = ("clauses", index)
            self._of(clause, path, known, ids)
            if clause.strict is not None:
                self._of(clause.strict, (*path, "strict"), known, ids)
        self._refuse_long_ways(strict=False)
        self._refuse_long_ways(strict=True)

    def _of(
        self, form: RuleForm, path: Path, known: Mapping[str, Fact], ids: Collection[str]
    ) -> None:
        for key in ("when", "unless"):
            text = getattr(form, key)
            if text is None:
                continue
            if "strict" in path and text.strip() == _NOTHING[key]:
                self.rules[*path, key] = None
                continue
            try:
                self.rules[*path, key] = parse_condition(text, known, ids)
            except BadCondition as wrong:
                self.troubles.append(((*path, key), f"`{key}` {wrong}"))

    def _refuse_long_ways(self, *, strict: bool) -> None:
        """Find conditions that come back to themselves by pointing, or point through too many."""
        at = {
            clause.id: index
            for index, clause in enumerate(self.form.clauses)
            if not (strict and clause.strict is not None and clause.strict.off)
        }
        if strict:
            self._refuse_the_missing(at)
        when = {
            id: self.found(("clauses", index), "when", strict=strict) for id, index in at.items()
        }
        points = {
            id: [each for each in self.points(rule) if each in at] for id, rule in when.items()
        }
        try:
            order = list(TopologicalSorter(points).static_order())
        except CycleError as wrong:
            circle = _from_first(tuple(reversed(wrong.args[1])), at)
            words = f"`when` points at itself: {' → '.join(circle)}"
            self.troubles.append((("clauses", at[circle[0]], "when"), words))
            return
        depth: dict[str, int] = {}
        for id in order:
            depth[id] = 1 + max((depth[each] for each in points[id]), default=0)
        deep = next((id for id in order if depth[id] > FARTHEST), None)
        if deep:
            words = f"`when` points through over {FARTHEST} clauses; say some of it itself"
            self.troubles.append((("clauses", at[deep], "when"), words))

    def _refuse_the_missing(self, at: Mapping[str, int]) -> None:
        """Find conditions of the strict profile that point at a clause which it leaves out."""
        known = self.known
        for name, index in at.items():
            path = ("clauses", index)
            for key in ("when", "unless"):
                rule = self.found(path, key, strict=True)
                gone = [each for each in self.points(rule) if each not in at and each in known]
                if gone:
                    words = (
                        f"`{key}` of {shown(name)} points at {shown(gone[0])}, which is off under"
                    )
                    words += f" `strict`; give `strict` a `{key}` of its own"
                    self.troubles.append(((*path, key), words))

    def points(self, rule: Rule | None) -> tuple[str, ...]:
        """Return the clauses a condition points at; each condition is walked once."""
        if rule is None:
            return ()
        if id(rule) not in self.pointed:
            self.pointed[id(rule)] = tuple(sorted(points_of(rule)))
        return self.pointed[id(rule)]

    def found(self, path: Path, key: str, *, strict: bool) -> Rule | None:
        """Return a condition as a profile has it."""
        anew = (*path, "strict", key)
        return self.rules[anew] if strict and anew in self.rules else self.rules.get((*path, key))


def _facts(own: Mapping[str, FactForm], clauses: Collection[str]) -> Iterator[Trouble]:
    for name, each in own.items():
        path = ("facts", name)
        if not _NAME.fullmatch(name) or name in KEPT:
            yield path, f"{shown(name)} cannot name a fact; write lower case, like `long_with_us`"
        if name in clauses:
            yield path, f"{shown(name)} is the id of a clause; give the fact another name"
        for word in each.words or ():
            if not _NAME.fullmatch(word) or word in KEPT:
                yield (*path, "words"), f"{shown(word)} cannot be a value; write lower case"
        if each.absent is not None and each.type != FactType.YES_NO:
            yield (*path, "absent"), f"`absent` is for a `yes-no` fact, not a `{each.type}`"
        if name in facts():
            yield path, f"{shown(name)} is a fact already; give yours another name"
        if each.type not in set(FactType):
            yield (*path, "type"), unknown(each.type, list(FactType), "type of a fact")
        if each.absent not in {None, "no"}:
            yield (*path, "absent"), "`absent` can only be `no`; leave it out to mean unknown"


def _from_first(circle: tuple[str, ...], at: Mapping[str, int]) -> tuple[str, ...]:
    """Return a circle of ids (the last is the first again) from the one that stands first."""
    ring = circle[:-1]
    first = ring.index(min(ring, key=at.__getitem__))
    return (*ring[first:], *ring[:first], ring[first])


def _policy(
    form: PolicyForm, written: Written, rules: Mapping[Path, Rule | None], digest: str
) -> Policy:
    seed: list[Clause] = []
    strict: list[Clause] = []
    for index, each in enumerate(form.clauses):
        path = ("clauses", index)
        clause = _clause(each, written.lines[path])
        conditions = {key: rules.get((*path, key)) for key in ("when", "unless")}
        clause = replace(clause, when=conditions["when"], unless=conditions["unless"])
        seed.append(clause)
        if each.strict is None:
            strict.append(clause)
        elif not each.strict.off:
            strict.append(_stricter(clause, each.strict, (*path, "strict"), rules))
    return Policy(
        title=form.title,
        company=form.company,
        contact=form.contact,
        revised=form.revised,
        categories={
            name: Declared(each.purposes, each.sources, each.recipients)
            for name, each in form.categories.items()
        },
        purposes={name: each.says for name, each in form.purposes.items()},
        recipients=form.recipients,
        clauses=tuple(seed),
        digest=digest,
        basing={
            name: Basing(each.basis, each.interest, each.law, each.automated)
            for name, each in form.purposes.items()
        },
        entities=tuple(
            Entity(each.name, each.country, each.since, each.until) for each in form.entities
        ),
        reach=form.reach,
        sections=form.sections,
        external=form.external,
        said=_said(written),
        facts=own_facts(form),
        lines=_lines(written),
        profiles={Profile.SEED: tuple(seed), Profile.STRICT: tuple(strict)},
    )


def _said(written: Written) -> str:
    """Return the digest of what a policy says, its date left out, however it is laid out."""
    data = written.data if isinstance(written.data, dict) else {}
    rest = {key: each for key, each in data.items() if key != "revised"}
    return sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()


def _lines(written: Written) -> dict[str, int]:
    """Return where what stands outside clauses is written: `purposes.support`."""
    return {
        ".".join(map(str, path)): line
        for path, line in written.lines.items()
        if path and path[0] != "clauses" and len(path) <= 2  # noqa: PLR2004 (a key and its word)
    }


def _clause(form: ClauseForm, line: int) -> Clause:
    ((kind, what),) = kinds(form).items()
    return Clause(
        id=form.id,
        kind=kind,
        what=what,
        force=Force(form.force) if form.force else _FORCE.get(kind, Force.PROMISE),
        text=form.text,
        check=form.check,
        line=line,
        regimes=frozenset(map(Regime, form.regimes or Regime)),
        ground=form.ground,
        schedule=_schedule(form),
        scope=_scope(form, Scope()),
        closed=form.unknown == "forbids",
        then=form.then or (),
        contents=form.contents or (),
        bases=form.bases or (),
        limits=form.limits or (),
        link=form.link,
    )


def _stricter(
    clause: Clause, form: StrictForm, path: Path, rules: Mapping[Path, Rule | None]
) -> Clause:
    """Return a clause as the strict profile has it: what it says anew, and the rest as it was."""
    said = form.model_fields_set
    return replace(
        clause,
        force=Force(form.force) if form.force else clause.force,
        regimes=frozenset(map(Regime, form.regimes)) if form.regimes else clause.regimes,
        ground=form.ground or clause.ground,
        schedule=_schedule(form) if "lasts" in said else clause.schedule,
        scope=_scope(form, clause.scope),
        when=rules.get((*path, "when")) if "when" in said else clause.when,
        unless=rules.get((*path, "unless")) if "unless" in said else clause.unless,
        closed=form.unknown == "forbids" if "unknown" in said else clause.closed,
        then=form.then if form.then is not None else clause.then,
    )


def _scope(form: RuleForm, before: Scope) -> Scope:
    return Scope(
        categories=before.categories if form.categories is None else form.categories,
        purposes=before.purposes if form.purposes is None else form.purposes,
        recipients=before.recipients if form.recipients is None else form.recipients,
        sources=before.sources if form.sources is None else form.sources,
        channels=before.channels if form.channels is None else form.channels,
    )


def _schedule(form: RuleForm) -> Schedule | None:
    term = TERM.fullmatch(form.lasts or "")
    if term is None or form.since is None:
        return None
    number, unit = int(term[1]), term[2]
    return Schedule(
        years=number if unit == "year" else 0,
        from_year_end=STARTS[form.since],
        months=number if unit == "month" else 0,
        days=number if unit == "day" else 0,
    )
