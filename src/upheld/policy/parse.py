"""Reads `policy.yaml` into a `Policy`: every word known, every reference declared."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING

from upheld.data import vocabularies
from upheld.files import parsed, shown, unknown
from upheld.model import Clause, Declared, Force, Kind, Policy, Regime, Right, Schedule
from upheld.policy.forms import ClauseForm, PolicyForm

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from upheld.files import Path, Trouble, Written
    from upheld.policy.forms import DeclaredForm

_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*\.[a-z][a-z0-9]*(-[a-z0-9]+)*")
_WORD = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*")
_YEARS = re.compile(r"([1-9][0-9]?|100) years?")
_FROM = {"date": False, "end of year": True}
_KEEPING = ("ground", "for", "from")
_FORCE = {
    Kind.MAY: Force.PERMISSION,
    Kind.KEEP: Force.PERMISSION,
    Kind.DEFINITION: Force.DEFINITION,
    Kind.DISCLAIMER: Force.DISCLAIMER,
}
_OWN_FORCE = {kind.value for kind in (Kind.DEFINITION, Kind.DISCLAIMER)}


def parse_policy(text: str, name: str, checks: Collection[str]) -> Policy:
    """Return the policy a file says; `checks` are the names of the checks a clause may have.

    The digest is the SHA-256 of the text in UTF-8: read the file without translating newlines.

    Raises:
        BadFile: the first thing that is wrong, by line, and how many more there are.
    """
    paper = parsed(text, name, PolicyForm)
    paper.written.refuse(_troubles(paper.form, checks))
    digest = sha256(text.encode()).hexdigest()
    return _policy(paper.form, paper.written, digest)


def _troubles(form: PolicyForm, checks: Collection[str]) -> Iterator[Trouble]:
    words = vocabularies()
    yield from _strangers(form.purposes, words.purposes, "purpose", ("purposes",))
    yield from _strangers(form.recipients, words.recipients, "recipient", ("recipients",))
    for name, declared in form.categories.items():
        yield from _category(name)
        yield from _declared(form, declared, ("categories", name))
    if not form.clauses:
        yield ("clauses",), "`clauses` is empty; a policy promises something"
    for index, clause in enumerate(form.clauses):
        path = ("clauses", index)
        yield from _identified(form, index)
        yield from _ruled(form, clause, path)
        if clause.check not in checks:
            yield (*path, "check"), unknown(clause.check, checks, "check")


def _strangers(
    written: Iterable[str], known: Collection[str], what: str, path: Path
) -> Iterator[Trouble]:
    for word in written:
        if word not in known:
            yield (*path, word), unknown(word, known, what)


def _category(name: str) -> Iterator[Trouble]:
    known = vocabularies().categories
    if name == "unlisted":
        yield ("categories", name), "`unlisted` is for the map; declare a category that has a name"
    elif name not in known:
        yield ("categories", name), unknown(name, set(known) - {"unlisted"}, "category")


def _declared(form: PolicyForm, declared: DeclaredForm, path: Path) -> Iterator[Trouble]:
    sources = vocabularies().sources
    for word in declared.purposes:
        if word not in form.purposes:
            yield (*path, "purposes"), _undeclared(word, form.purposes, "purpose")
    for word in declared.recipients:
        if word not in form.recipients:
            yield (*path, "recipients"), _undeclared(word, form.recipients, "recipient")
    for word in declared.sources:
        if word not in sources:
            yield (*path, "sources"), unknown(word, sources, "source")


def _undeclared(word: str, declared: Collection[str], what: str) -> str:
    return unknown(word, declared, f"{what} this policy declares") + (
        "" if declared else f"; declare it under `{what}s`"
    )


def _identified(form: PolicyForm, index: int) -> Iterator[Trouble]:
    id = form.clauses[index].id
    path = ("clauses", index, "id")
    if not _ID.fullmatch(id):
        yield path, f"{shown(id)} is no id; write `section.name` in lower case, like `right.access`"
    if any(id == earlier.id for earlier in form.clauses[:index]):
        yield path, f"{shown(id)} is the id of an earlier clause; give this one its own"


def _kinds(clause: ClauseForm) -> dict[Kind, tuple[str, ...]]:
    said = {kind: getattr(clause, kind.value) for kind in Kind}
    return {kind: what for kind, what in said.items() if what is not None}


def _ruled(form: PolicyForm, clause: ClauseForm, path: Path) -> Iterator[Trouble]:
    kinds = _kinds(clause)
    if len(kinds) != 1:
        found = "none" if not kinds else " and ".join(f"`{kind}`" for kind in kinds)
        yield path, f"a clause has one of {', '.join(Kind)}; {shown(clause.id)} has {found}"
        return
    ((kind, what),) = kinds.items()
    yield from _objects(form, kind, what, (*path, kind.value))
    yield from _forced(clause, kind, path)
    yield from _under(clause, path)
    yield from _kept(clause, path) if kind is Kind.KEEP else _not_kept(clause, path)


def _objects(form: PolicyForm, kind: Kind, what: tuple[str, ...], path: Path) -> Iterator[Trouble]:
    if not what:
        yield path, f"`{kind}` is empty; say what it is about"
    for word in what:
        if kind is Kind.ANSWER and word not in set(Right):
            yield path, unknown(word, list(Right), "right")
        elif kind is Kind.KEEP and word not in form.categories:
            yield (
                path,
                _undeclared(word, form.categories, "category").replace("categorys", "categories"),
            )
        elif not _WORD.fullmatch(word):
            yield path, f"{shown(word)} is no word of a rule; write lower case with dashes"


def _forced(clause: ClauseForm, kind: Kind, path: Path) -> Iterator[Trouble]:
    if clause.force is None:
        return
    if clause.force not in set(Force):
        yield (*path, "force"), unknown(clause.force, list(Force), "force")
    elif (clause.force in _OWN_FORCE or kind.value in _OWN_FORCE) and clause.force != kind.value:
        yield (
            (*path, "force"),
            f"`{kind}` cannot have the force {shown(clause.force)}; leave it out",
        )


def _under(clause: ClauseForm, path: Path) -> Iterator[Trouble]:
    if clause.regimes == ():
        yield (*path, "regimes"), "`regimes` is empty; leave it out to mean all"
    for word in clause.regimes or ():
        if word not in set(Regime):
            yield (*path, "regimes"), unknown(word, list(Regime), "regime")


def _kept(clause: ClauseForm, path: Path) -> Iterator[Trouble]:
    for key, value in zip(_KEEPING, (clause.ground, clause.lasts, clause.since), strict=True):
        if not value:
            yield path, f"`{key}` is missing; a `keep` clause has `ground`, `for` and `from`"
    if clause.ground and not _WORD.fullmatch(clause.ground):
        yield (*path, "ground"), f"{shown(clause.ground)} is no ground; write it like `legal-tax`"
    if clause.lasts and not _YEARS.fullmatch(clause.lasts):
        yield (*path, "for"), f"{shown(clause.lasts)} is no term; write it like `10 years`"
    if clause.since and clause.since not in _FROM:
        yield (*path, "from"), unknown(clause.since, _FROM, "start of a term")


def _not_kept(clause: ClauseForm, path: Path) -> Iterator[Trouble]:
    for key, value in zip(_KEEPING, (clause.ground, clause.lasts, clause.since), strict=True):
        if value is not None:
            yield (*path, key), f"`{key}` belongs to a `keep` clause; take it out"


def _policy(form: PolicyForm, written: Written, digest: str) -> Policy:
    return Policy(
        title=form.title,
        company=form.company,
        contact=form.contact,
        revised=form.revised,
        categories={
            name: Declared(each.purposes, each.sources, each.recipients)
            for name, each in form.categories.items()
        },
        purposes=form.purposes,
        recipients=form.recipients,
        clauses=tuple(
            _clause(each, written.lines["clauses", index])
            for index, each in enumerate(form.clauses)
        ),
        digest=digest,
    )


def _clause(form: ClauseForm, line: int) -> Clause:
    ((kind, what),) = _kinds(form).items()
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
    )


def _schedule(form: ClauseForm) -> Schedule | None:
    if not (form.lasts and form.since):
        return None
    return Schedule(int(form.lasts.split()[0]), _FROM[form.since])
