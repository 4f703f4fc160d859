"""The policy language: rules, profiles, pointing, facts of one's own, terms; and what is wrong."""

from __future__ import annotations

from datetime import date, timedelta
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upheld.errors import BadFile
from upheld.model import (
    Among,
    Clause,
    Force,
    Not,
    Points,
    Policy,
    Profile,
    Regime,
    Says,
    Schedule,
    Scope,
)
from upheld.policy.diff import changes
from upheld.policy.parse import parse_policy

CHECKS = ("fields-classified", "notice-covers")
HEAD = """\
title: Privacy notice
company: Acme Calibration Ltd.
contact: privacy@acme.example
revised: 2026-11-01
categories:
  contact: {purposes: [support], sources: [direct-forms], recipients: [service_provider]}
purposes:
  support: {says: To help you, basis: legitimate-interest, interest: That it works}
  newsletter: To write to you
recipients: {service_provider: Companies that work for us}
clauses:
"""
FIRST = HEAD.count("\n") + 1
"""The line of the first clause."""


def policy(*clauses: str, profile: Profile = Profile.SEED, head: str = HEAD) -> Policy:
    text = head + "".join(f"  - {{{each}, check: notice-covers, text: So.}}\n" for each in clauses)
    return parse_policy(text, "policy.yaml", CHECKS, profile)


def only(clause: str, profile: Profile = Profile.SEED) -> Clause:
    return policy(clause, profile=profile).clauses[0]


def test_a_rule_has_its_reach_its_conditions_and_what_must_still_be_done() -> None:
    clause = only(
        "id: use.support, may: [use, share], categories: contact, purposes: support, "
        'recipients: service_provider, when: "region is EEA", unless: objected, '
        "then: [log, minimise]"
    )
    assert clause.what == ("use", "share")
    assert clause.scope == Scope(("contact",), ("support",), ("service_provider",))
    assert clause.when == Among("region", frozenset({"EEA"}))
    assert clause.unless == Says("objected")
    assert clause.then == ("log", "minimise")
    assert not clause.closed
    assert only('id: a.b, never: share, when: "safeguards is no", unknown: forbids').closed


def test_the_strict_profile_says_anew_what_it_says_and_leaves_the_rest() -> None:
    written = (
        "id: use.news, may: use, purposes: newsletter, categories: contact, unless: opted_out, "
        "strict: {when: consented, unless: never}"
    )
    seed, strict = only(written), only(written, Profile.STRICT)
    assert (seed.when, seed.unless) == (None, Says("opted_out"))
    assert (strict.when, strict.unless) == (Says("consented"), None)
    assert strict.scope == seed.scope


def test_a_clause_that_is_off_is_not_in_the_strict_profile() -> None:
    both = policy(
        "id: a.kept, tell: notice", "id: a.dropped, keep: all, ground: internal-use, strict: off"
    )
    assert [each.id for each in both.clauses] == ["a.kept", "a.dropped"]
    assert [each.id for each in both.under(Profile.STRICT).clauses] == ["a.kept"]
    assert both.under(Profile.STRICT).under(Profile.SEED) == both


def test_a_term_can_be_said_anew() -> None:
    written = (
        "id: a.b, keep: contact, ground: legal-tax, for: 10 years, from: end of year, "
        "strict: {for: 26 months, from: date}"
    )
    assert only(written).schedule == Schedule(years=10, from_year_end=True)
    assert only(written, Profile.STRICT).schedule == Schedule(months=26)


def test_a_condition_points_at_a_clause_by_its_id() -> None:
    read = policy(
        'id: gdpr.applies, definition: european, when: "region in [EEA, UK]"',
        'id: use.support, may: use, purposes: support, when: "not gdpr.applies"',
    )
    assert read.clauses[1].when == Not(Points("gdpr.applies"))
    assert read.rules["gdpr.applies"] == Among("region", frozenset({"EEA", "UK"}))


def test_a_policy_may_ask_about_facts_of_its_own() -> None:
    facts = "facts:\n  loyal: {says: Shops with us for years, type: yes-no, absent: no}\nclauses:\n"
    read = policy(
        "id: a.b, may: use, purposes: support, when: loyal", head=HEAD.replace("clauses:\n", facts)
    )
    assert read.clauses[0].when == Says("loyal")
    assert read.facts["loyal"].closed
    assert "region" in read.facts


WRONG = {
    "an action nobody knows": ("may: lend", "`lend` is no action"),
    "a purpose nobody knows": ("may: use, purposes: suport", "did you mean `support`"),
    "a purpose not declared": ("may: use, purposes: comply", "no purpose this policy declares"),
    "a recipient not declared": ("may: share, recipients: regulator", "this policy declares"),
    "a right nobody knows": ("answer: acess", "did you mean `access`"),
    "a thing to tell nobody knows": ("tell: notise", "did you mean `notice`"),
    "a safeguard nobody knows": ("guard: backup", "did you mean `backups`"),
    "a channel nobody knows": ("may: collect, channels: fax", "`fax` is no channel"),
    "a duty nobody knows": ("may: use, purposes: support, then: logg", "did you mean `log`"),
    "an answer's content nobody knows": ("answer: access, with: copi", "did you mean `copy`"),
    "a ground nobody knows": ("keep: all, ground: legal-taxes", "did you mean `legal-tax`"),
    "a term without its start": ("keep: all, ground: legal, for: 3 years", "`from` is missing"),
    "a term that is none": ("keep: all, ground: legal, for: long, from: date", "is no term"),
    "`unknown` of what permits": ("may: use, purposes: support, unknown: forbids", "of a `never`"),
    "a condition that cannot be read": ('never: use, when: "regoin is EEA"', "`when` cannot be"),
    "an `unless` that cannot be read": ('never: use, unless: "age <"', "`unless` cannot be read"),
    "strict that is off and more": ("never: use, strict: {off: yes, when: dnt}", "`off` leaves"),
    "strict with a key of a clause": ("never: use, strict: {text: No}", "not a key of `strict`"),
    "a circle of one": ('definition: me, when: "a.b"', "points at itself: a.b → a.b"),
    "limits of nothing": ("disclaimer: x, limits: a.c", "`a.c` is no clause of this policy"),
    "limits of itself": ("disclaimer: x, limits: a.b", "cannot take back from itself"),
    "a force that is another kind": ("may: use, purposes: support, force: definition", "force"),
    "an empty reach": ("may: use, purposes: []", "leave it out to mean all"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_named_with_its_line_and_what_to_do(case: str) -> None:
    written, advice = WRONG[case]
    with pytest.raises(BadFile) as refused:
        policy("id: a.a, tell: notice", f"id: a.b, {written}")
    assert str(refused.value).startswith(f"policy.yaml:{FIRST + 1}")
    assert advice in str(refused.value)


def test_a_circle_is_named_at_a_clause_that_is_in_it() -> None:
    with pytest.raises(BadFile) as refused:
        policy(
            'id: a.start, may: use, purposes: support, when: "a.one"',
            'id: a.one, definition: one, when: "a.two"',
            'id: a.two, definition: two, when: "contract and a.one"',
        )
    assert str(refused.value).startswith(f"policy.yaml:{FIRST + 1}")
    assert "a.one → a.two → a.one" in str(refused.value)


def test_a_circle_that_only_strict_has_is_refused() -> None:
    with pytest.raises(BadFile, match="points at itself"):
        policy('id: a.b, definition: me, when: dnt, strict: {when: "a.b"}')


def test_a_fact_of_ones_own_that_changes_its_meaning_is_a_change_of_the_policy() -> None:
    facts = "facts:\n  loyal: {says: Long with us, type: yes-no, absent: no}\nclauses:\n"
    clause = "id: a.b, may: use, purposes: support, when: loyal"
    before = policy(clause, head=HEAD.replace("clauses:\n", facts))
    after = policy(clause, head=HEAD.replace("clauses:\n", facts.replace(", absent: no", "")))
    found = [each for each in changes(before, after).changes if each.at == "facts.loyal"]
    assert [each.sentence for each in found] == [
        (
            "the fact `loyal` is now “Long with us” (yes-no), "
            "before “Long with us” (yes-no, no where nobody said)"
        )
    ]


def test_strict_must_not_point_at_a_clause_that_it_leaves_out() -> None:
    with pytest.raises(BadFile) as refused:
        policy(
            "id: a.b, definition: x, when: contract, strict: off",
            'id: a.c, may: use, purposes: support, unless: "a.b"',
        )
    assert str(refused.value).startswith(f"policy.yaml:{FIRST + 1}: `unless` of `a.c` points at")
    read = policy(
        "id: a.b, definition: x, when: contract, strict: off",
        'id: a.c, may: use, purposes: support, unless: "a.b", strict: {unless: never}',
        profile=Profile.STRICT,
    )
    assert read.clauses[0].unless is None


STRICTER: dict[str, tuple[str, str, object]] = {
    "regimes": ("answer: access", "regimes: [gdpr]", frozenset({Regime.GDPR})),
    "ground": ("keep: contact, ground: legal", "ground: claims", "claims"),
    "force": ("never: use", "force: condition", Force.CONDITION),
    "then": ("may: use, purposes: support", "then: [log]", ("log",)),
    "closed": ("never: use, when: dnt", "unknown: forbids", True),
}


@pytest.mark.parametrize("key", STRICTER)
def test_strict_can_say_each_key_of_a_rule_anew(key: str) -> None:
    clause, anew, expected = STRICTER[key]
    written = f"id: a.b, {clause}, strict: {{{anew}}}"
    assert getattr(only(written), key) != expected
    assert getattr(only(written, Profile.STRICT), key) == expected


OWN_FACTS = {
    "a name that is a word of the language": ("and: {says: X, type: yes-no}", "cannot name"),
    "a name of several words": ("V I P: {says: X, type: yes-no}", "cannot name a fact"),
    "a name that is the id of a clause": ("a.b: {says: X, type: yes-no}", "cannot name"),
    "a value that is a word of the language": (
        "mood: {says: X, type: word, words: [known]}",
        "cannot be a value",
    ),
    "absent of what is no yes or no": ("mood: {says: X, type: word, absent: no}", "`yes-no` fact"),
    "a name that is taken": ("region: {says: Where, type: word}", "is a fact already"),
    "a type nobody knows": ("loyal: {says: Yes, type: bool}", "no type of a fact"),
    "absent that is no `no`": ("loyal: {says: Y, type: yes-no, absent: yes}", "can only be `no`"),
}


@pytest.mark.parametrize("case", OWN_FACTS)
def test_a_fact_of_ones_own_that_is_wrong_is_named(case: str) -> None:
    written, advice = OWN_FACTS[case]
    head = HEAD.replace("clauses:\n", f"facts:\n  {written}\nclauses:\n")
    with pytest.raises(BadFile) as refused:
        policy("id: a.b, tell: notice", head=head)
    assert str(refused.value).startswith(f"policy.yaml:{FIRST}")
    assert advice in str(refused.value)


def test_a_condition_of_ten_kilobytes_is_refused_in_its_line() -> None:
    long = " or ".join(["contract"] * 1_000)
    with pytest.raises(BadFile) as refused:
        policy("id: a.a, tell: notice", f'id: a.b, never: use, when: "{long}"')
    assert str(refused.value).startswith(f"policy.yaml:{FIRST + 1}: `when` is over 2000 characters")
    assert len(str(refused.value)) < 200


def test_conditions_that_point_through_thousands_of_clauses_are_refused() -> None:
    def chain(length: int) -> list[str]:
        links = [f'id: a.n{i}, definition: n, when: "a.n{i + 1}"' for i in range(length)]
        return [*links, f"id: a.n{length}, definition: n, when: dnt"]

    assert len(policy(*chain(49)).clauses) == 50
    with pytest.raises(BadFile, match="points through over 50 clauses"):
        policy(*chain(4_000))


def test_twice_the_clauses_take_about_twice_the_time() -> None:
    def taken(number: int) -> float:
        clauses = [
            f'id: s{i // 50}.c{i}, never: use, when: "region is EEA and age < {i % 90 + 1}"'
            for i in range(number)
        ]
        start = perf_counter()
        assert len(policy(*clauses).clauses) == number
        return perf_counter() - start

    taken(100)
    small, large = taken(1_000), taken(4_000)
    assert large < 10 * small, "reading a policy must not be quadratic in its clauses"


TERMS = st.builds(
    Schedule,
    years=st.integers(0, 30),
    from_year_end=st.booleans(),
    months=st.integers(0, 30),
    days=st.integers(0, 400),
).filter(lambda term: term.years + term.months + term.days > 0)


@given(TERMS, st.dates(date(2000, 1, 1), date(2090, 1, 1)))
def test_the_oldest_row_kept_is_the_first_whose_term_reaches_today(
    term: Schedule, today: date
) -> None:
    oldest = term.oldest_kept(today)
    assert term.until(oldest) >= today
    assert term.until(oldest - timedelta(days=1)) < today


def test_a_term_in_months_ends_on_the_last_day_of_a_shorter_month() -> None:
    assert Schedule(months=1).until(date(2026, 1, 31)) == date(2026, 2, 28)
    assert Schedule(years=1).until(date(2024, 2, 29)) == date(2025, 2, 28)
    assert Schedule(months=26).term == "26 months"
    assert Schedule(years=1, days=2).term == "1 year 2 days"
