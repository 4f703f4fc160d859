"""What is wrong with a policy as written: every word known, every reference declared."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from upheld.data import vocabularies
from upheld.files import shown, unknown
from upheld.model import Action, Force, Kind, Regime
from upheld.policy.links import fault

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from upheld.files import Path, Trouble
    from upheld.policy.forms import ClauseForm, DeclaredForm, PolicyForm, RuleForm

ALL = "all"
TERM = re.compile(r"([1-9][0-9]{0,3}) (year|month|day)s?")
STARTS = {"date": False, "end of year": True}

ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*\.[a-z][a-z0-9]*(-[a-z0-9]+)*")
_WORD = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*")
_SITE = re.compile(r"[^\W_]([\w-]*[^\W_])?(\.[^\W_]([\w-]*[^\W_])?)+")
_KEEPING = {"ground": "ground", "lasts": "for", "since": "from"}
_ASIDE = frozenset({Kind.DEFINITION, Kind.DISCLAIMER})
_DECLARED = {"categories": "category", "purposes": "purpose", "recipients": "recipient"}


def kinds(clause: ClauseForm) -> dict[Kind, tuple[str, ...]]:
    """Return the kinds a clause says it has, with their words; one, if it is right."""
    said = {kind: getattr(clause, kind.value) for kind in Kind}
    return {kind: what for kind, what in said.items() if what is not None}


def troubles(form: PolicyForm, checks: Collection[str]) -> Iterator[Trouble]:
    """Yield everything that is wrong with a policy, but for what its conditions say."""
    yield from _strangers(form.recipients, "recipients")
    yield from _strangers(form.reach, "channels", at="reach")
    for site in form.external:
        if not _SITE.fullmatch(site):
            words = "write its host, like `forum.acme.example`, or its IP address"
            yield ("external",), f"{shown(site)} is no site; {words}"
    for name, purpose in form.purposes.items():
        yield from _purpose(name, purpose.basis)
    for name, declared in form.categories.items():
        yield from _category(name)
        yield from _declared(form, declared, ("categories", name))
    if not form.clauses:
        yield ("clauses",), "`clauses` is empty; a policy promises something"
    yield from _identified(form)
    known = frozenset(clause.id for clause in form.clauses)
    for index, clause in enumerate(form.clauses):
        path = ("clauses", index)
        yield from _ruled(form, clause, path)
        yield from _pointed(clause, known, path)
        if clause.check not in checks:
            yield (*path, "check"), unknown(clause.check, checks, "check")


def _strangers(written: Iterable[str], vocabulary: str, at: str = "") -> Iterator[Trouble]:
    known = vocabularies().words(vocabulary)
    for word in written:
        if word not in known:
            what = vocabulary.removesuffix("s")
            yield (at or vocabulary, word), unknown(word, known, what)


def _purpose(name: str, bases: Iterable[str]) -> Iterator[Trouble]:
    words = vocabularies()
    known = words.words("purposes") - words.those("purposes", declare=False)
    if name not in known:
        yield ("purposes", name), unknown(name, known, "purpose")
    for basis in bases:
        if basis not in words.words("bases"):
            yield ("purposes", name, "basis"), unknown(basis, words.words("bases"), "basis")


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
            yield (*path, "purposes"), _undeclared(word, form.purposes, "purposes")
    for word in declared.recipients:
        if word not in form.recipients:
            yield (*path, "recipients"), _undeclared(word, form.recipients, "recipients")
    for word in declared.sources:
        if word not in sources:
            yield (*path, "sources"), unknown(word, sources, "source")


def _undeclared(word: str, declared: Collection[str], key: str) -> str:
    return unknown(word, declared, f"{_DECLARED[key]} this policy declares") + (
        "" if declared else f"; declare it under `{key}`"
    )


def _identified(form: PolicyForm) -> Iterator[Trouble]:
    seen: Counter[str] = Counter()
    for index, clause in enumerate(form.clauses):
        path = ("clauses", index, "id")
        if not ID.fullmatch(clause.id):
            words = "write `section.name` in lower case, like `right.access`"
            yield path, f"{shown(clause.id)} is no id; {words}"
        if seen[clause.id]:
            words = "is the id of an earlier clause; give this one its own"
            yield path, f"{shown(clause.id)} {words}"
        seen[clause.id] += 1


def _ruled(form: PolicyForm, clause: ClauseForm, path: Path) -> Iterator[Trouble]:
    found = kinds(clause)
    if len(found) != 1:
        said = "none" if not found else " and ".join(f"`{kind}`" for kind in found)
        yield path, f"a clause has one of {', '.join(Kind)}; {shown(clause.id)} has {said}"
        return
    ((kind, what),) = found.items()
    yield from _objects(form, kind, what, (*path, kind.value))
    yield from _rule(form, clause, kind, path)
    yield from _words(clause.contents, "contents", "content of an answer", (*path, "with"))
    yield from _words(clause.bases, "bases", "basis", (*path, "bases"))
    if clause.strict is not None:
        yield from _rule(form, clause.strict, kind, (*path, "strict"))
        if clause.strict.off and clause.strict.model_fields_set != {"off"}:
            yield (*path, "strict"), "`off` leaves the whole clause out; take the other keys away"


def _objects(form: PolicyForm, kind: Kind, what: tuple[str, ...], path: Path) -> Iterator[Trouble]:
    if not what:
        yield path, f"`{kind}` is empty; say what it is about"
    words = vocabularies()
    match kind:
        case Kind.MAY | Kind.NEVER:
            yield from _among(what, list(Action), "action", path)
        case Kind.KEEP:
            if ALL in what and len(what) > 1:
                yield path, "`all` is every kind of data; take the others out"
            strange = [word for word in what if word != ALL and word not in form.categories]
            for word in strange:
                yield path, _undeclared(word, form.categories, "categories")
        case Kind.ANSWER:
            yield from _among(what, {*words.words("rights"), ALL}, "right", path)
        case Kind.TELL:
            yield from _among(what, words.words("notices"), "thing to tell", path)
        case Kind.GUARD:
            yield from _among(what, words.words("safeguards"), "safeguard", path)
        case _:
            for word in (word for word in what if not _WORD.fullmatch(word)):
                yield path, f"{shown(word)} is no word of a rule; write lower case with dashes"


def _among(what: Iterable[str], known: Collection[str], noun: str, path: Path) -> Iterator[Trouble]:
    for word in what:
        if word not in known:
            yield path, unknown(word, known, noun)


def _words(
    what: tuple[str, ...] | None, vocabulary: str, noun: str, path: Path
) -> Iterator[Trouble]:
    if what == ():
        yield path, f"`{path[-1]}` is empty; leave it out"
    yield from _among(what or (), vocabularies().words(vocabulary), noun, path)


def _rule(form: PolicyForm, rule: RuleForm, kind: Kind, path: Path) -> Iterator[Trouble]:
    yield from _reaches(form, rule, kind, path)
    yield from _words(rule.sources, "sources", "source", (*path, "sources"))
    yield from _words(rule.channels, "channels", "channel", (*path, "channels"))
    yield from _words(rule.then, "obligations", "thing to do", (*path, "then"))
    yield from _forced(rule, kind, path)
    if rule.regimes == ():
        yield (*path, "regimes"), "`regimes` is empty; leave it out to mean all"
    yield from _among(rule.regimes or (), list(Regime), "regime", (*path, "regimes"))
    if rule.unknown is not None and (rule.unknown != "forbids" or kind is not Kind.NEVER):
        words = "`unknown: forbids` is all that can be said here, and only of a `never`"
        yield (*path, "unknown"), words
    yield from _kept(rule, kind, path)


def _reaches(form: PolicyForm, rule: RuleForm, kind: Kind, path: Path) -> Iterator[Trouble]:
    """Say which categories, purposes and recipients of a rule nobody knows, or none declared."""
    for key, noun in _DECLARED.items():
        what: tuple[str, ...] | None = getattr(rule, key)
        declared: Collection[str] = getattr(form, key)
        if what == ():
            yield (*path, key), f"`{key}` is empty; leave it out to mean all"
        for word in what or ():
            if word not in vocabularies().words(key):
                yield (*path, key), unknown(word, vocabularies().words(key), noun)
            elif kind is Kind.MAY and _must_declare(key, word) and word not in declared:
                yield (*path, key), _undeclared(word, declared, key)


def _must_declare(key: str, word: str) -> bool:
    words = vocabularies()
    return key != "purposes" or word not in words.those("purposes", declare=False)


def _forced(rule: RuleForm, kind: Kind, path: Path) -> Iterator[Trouble]:
    if rule.force is None:
        return
    if rule.force not in set(Force):
        yield (*path, "force"), unknown(rule.force, list(Force), "force")
        return
    foreign = rule.force in set(_ASIDE) and rule.force != kind
    if foreign or (kind in _ASIDE and rule.force in {Force.PROMISE, Force.PERMISSION}):
        words = f"`{kind}` cannot have the force {shown(rule.force)}; leave it out"
        yield (*path, "force"), words


def _kept(rule: RuleForm, kind: Kind, path: Path) -> Iterator[Trouble]:
    if kind is not Kind.KEEP:
        for name, key in _KEEPING.items():
            if getattr(rule, name) is not None:
                yield (*path, key), f"`{key}` belongs to a `keep` clause; take it out"
        return
    if rule.ground is None and "strict" not in path:
        yield path, "`ground` is missing; a `keep` clause says why data stays"
    grounds = vocabularies().words("grounds")
    if rule.ground is not None and rule.ground not in grounds:
        yield (*path, "ground"), unknown(rule.ground, grounds, "ground")
    if rule.lasts is not None and not TERM.fullmatch(rule.lasts):
        words = "is no term; write it like `10 years`, `26 months` or `90 days`"
        yield (*path, "for"), f"{shown(rule.lasts)} {words}"
    if rule.since is not None and rule.since not in STARTS:
        yield (*path, "from"), unknown(rule.since, STARTS, "start of a term")
    if (rule.lasts is None) != (rule.since is None):
        missing = "for" if rule.lasts is None else "from"
        yield path, f"`{missing}` is missing; a term has both `for` and `from`"


def _pointed(clause: ClauseForm, known: Collection[str], path: Path) -> Iterator[Trouble]:
    if clause.link is not None and (wrong := fault(clause.link)):
        yield (*path, "link"), f"`link` {wrong}"
    for id in clause.limits or ():
        if id not in known:
            yield (*path, "limits"), unknown(id, known, "clause of this policy")
        elif id == clause.id:
            yield (*path, "limits"), f"{shown(id)} cannot take back from itself"
