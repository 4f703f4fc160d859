"""Laws of diffs: nothing from a version to itself; what one way gains, the other way loses."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from tests.policy.rules import rewritten, rules
from tests.policy.versions import policy
from upheld.model import (
    Clause,
    Force,
    Kind,
    Points,
    Policy,
    Profile,
    Regime,
    Schedule,
    Scope,
)
from upheld.policy.diff import Change, Turn, as_html, as_json, as_text, changes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from upheld.model import Rule

POLICY = policy()

OPPOSITE = {
    Turn.PERMITS: Turn.NO_LONGER_PERMITS,
    Turn.FORBIDS: Turn.NO_LONGER_FORBIDS,
    Turn.PROMISES: Turn.NO_LONGER_PROMISES,
    Turn.TELLS: Turn.NO_LONGER_TELLS,
    Turn.GUARDS: Turn.NO_LONGER_GUARDS,
    Turn.LENGTHENS: Turn.SHORTENS,
    Turn.DISCLAIMS: Turn.NO_LONGER_DISCLAIMS,
    Turn.DEFINES: Turn.NO_LONGER_DEFINES,
    Turn.DECLARES: Turn.NO_LONGER_DECLARES,
}
MIRROR = {
    **OPPOSITE,
    **{loss: gain for gain, loss in OPPOSITE.items()},
    **{each: each for each in (Turn.RECLASSIFIES, Turn.RENAMES, Turn.REWORDS)},
}


def some(*words: str) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(words), unique=True, max_size=2).map(tuple)


scopes = st.builds(
    Scope,
    categories=some("contact", "financial", "location"),
    purposes=some("support", "security"),
    recipients=some("service_provider", "public"),
    sources=some("direct-forms", "auto-web"),
    channels=some("web-form", "post"),
)
schedules = st.none() | st.builds(
    Schedule,
    years=st.integers(0, 12),
    from_year_end=st.booleans(),
    months=st.integers(0, 30),
    days=st.integers(0, 800),
)


@st.composite
def clauses(draw: st.DrawFn, id: str) -> Clause:
    """Return a clause of any kind, that may point at the definition of adults."""
    kind = draw(st.sampled_from([*Kind]))
    words = {Kind.MAY: ("collect", "use", "share"), Kind.NEVER: ("use", "share")}
    what = st.sampled_from([*words.get(kind, ("contact", "financial", "all"))])
    when = draw(st.none() | rules | st.just(Points("def.adult")))
    return Clause(
        id=id,
        kind=kind,
        what=(draw(what),),
        force=draw(st.sampled_from([Force.PROMISE, Force.PERMISSION])),
        text=draw(st.sampled_from(["One.", "Two."])),
        check="one",
        line=draw(st.integers(1, 99)),
        regimes=draw(st.frozensets(st.sampled_from([*Regime]), min_size=1)),
        ground="legal-tax" if kind is Kind.KEEP else None,
        schedule=draw(schedules) if kind is Kind.KEEP else None,
        scope=draw(scopes),
        when=when if id != "def.adult" or not isinstance(when, Points) else None,
        unless=draw(st.none() | rules),
        closed=kind is Kind.NEVER and draw(st.booleans()),
        then=draw(some("log", "minimise")),
        contents=draw(some("copy", "categories")),
        limits=draw(some("a.b", "c.d")),
    )


@st.composite
def versions(draw: st.DrawFn) -> Policy:
    """Return a version: some clauses, of which the strict profile may leave some out."""
    ids = draw(st.lists(st.sampled_from(["a.b", "a.c", "c.d"]), unique=True, max_size=3))
    found = tuple(draw(clauses(id)) for id in ["def.adult", *ids])
    strict = tuple(each for each in found if each.id == "def.adult" or draw(st.booleans()))
    digest = draw(st.sampled_from(["0" * 64, "1" * 64]))
    return replace(
        POLICY,
        clauses=found,
        digest=digest,
        profiles={Profile.SEED: found, Profile.STRICT: strict},
    )


def counted(changes: Sequence[Change], *, mirrored: bool = False) -> Counter[tuple[object, ...]]:
    return Counter(
        (
            MIRROR[each.kind] if mirrored else each.kind,
            frozenset({each.was, each.now}) if each.kind is Turn.RENAMES else each.at,
            each.about,
            each.profiles,
        )
        for each in changes
    )


@given(versions())
def test_nothing_lies_between_a_version_and_itself(version: Policy) -> None:
    diff = changes(version, version)
    assert not diff.changes
    assert not diff.audiences
    assert not diff.problems


@given(versions(), versions())
def test_what_one_way_gains_the_other_way_loses(one: Policy, other: Policy) -> None:
    there, back = changes(one, other), changes(other, one)
    assert counted(there.changes) == counted(back.changes, mirrored=True)


@given(versions(), versions())
def test_every_diff_can_be_shown(one: Policy, other: Policy) -> None:
    diff = changes(one, other)
    for each in diff.changes:
        assert each.sentence in as_text(diff)
    assert as_json(diff)
    assert "<script" not in as_html(diff)


@given(rules)
def test_a_condition_turned_inside_out_changes_no_rule(rule: Rule) -> None:
    before = replaced(rule)
    after = replaced(rewritten(rule))
    assert {each.kind for each in changes(before, after).changes} <= {Turn.REWORDS}


def replaced(rule: Rule) -> Policy:
    found = tuple(
        replace(each, when=rule) if each.id == "share.providers" else each
        for each in POLICY.clauses
    )
    return replace(POLICY, clauses=found, profiles=dict.fromkeys(Profile, found))
