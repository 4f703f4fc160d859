"""Whether conditions can come true, held against every world; and work that is bounded."""

from __future__ import annotations

import time
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from upheld.acts.prove.registry import CHECKS
from upheld.data import facts
from upheld.model import Among, Compared, Every, Known, Not, Order, Rule, Says, Some
from upheld.policy.linting import Context, lint
from upheld.policy.linting.cases import FALSE, NOT_TRUE, TRUE, Purse, Wish, can_be
from upheld.policy.logic import value, worlds
from upheld.policy.parse import parse_policy

TODAY = date(2026, 11, 25)
ATOMS: tuple[Rule, ...] = (
    Says("contract"),
    Says("consented"),
    Says("dnt"),
    Known("age"),
    Compared("age", Order.LESS, 16),
    Compared("age", Order.AT_LEAST, 18),
    Among("region", frozenset({"EEA", "UK"})),
    Among("region", frozenset({"UK"})),
    Among("category", "notice_categories"),
)
RULES: st.SearchStrategy[Rule] = st.recursive(
    st.sampled_from(ATOMS),
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(Every, st.lists(inner, max_size=3).map(tuple)),
        st.builds(Some, st.lists(inner, max_size=3).map(tuple)),
    ),
    max_leaves=5,
)
VALUES = st.sampled_from([TRUE, FALSE, NOT_TRUE, frozenset({True, None}), frozenset({None})])
WISHES = st.lists(st.builds(Wish, RULES, VALUES), min_size=1, max_size=3)


@given(WISHES)
@settings(max_examples=300)
def test_what_can_be_is_what_some_world_shows(wishes: list[Wish]) -> None:
    every = worlds([each.rule for each in wishes], facts())
    assert every is not None
    shown = any(all(value(w.rule, world, {}) in w.values for w in wishes) for world in every)
    assert can_be(wishes, facts(), Purse(left=10**9, most=10**9)) is shown


@given(WISHES, st.integers(min_value=0, max_value=40))
@settings(max_examples=200)
def test_a_small_purse_leaves_it_open_and_never_says_the_opposite(
    wishes: list[Wish], left: int
) -> None:
    whole = can_be(wishes, facts(), Purse(left=10**9, most=10**9))
    assert can_be(wishes, facts(), Purse(left=left, most=5)) in {whole, None}


HEAD = """\
title: Privacy notice
company: Acme Ltd.
contact: privacy@acme.example
revised: 2026-11-01
categories:
  contact: {purposes: [support], sources: [direct-forms]}
purposes: {support: {says: To help you, basis: contract}}
clauses:
"""
ASKED = ("contract", "need", "consented", "withdrawn", "objected", "opted_out", "dnt", "gpc")


def clause(number: int, kind: str, when: str) -> str:
    return (
        f"  - id: rule.c{number}\n    {kind}\n    when: {when}\n    check: roll-up\n"
        f"    text: This is number {number} of the many things we do for you, wherever you live.\n"
    )


def long(size: int) -> str:
    def when(i: int) -> str:
        a, b, c = (ASKED[(i * k) % len(ASKED)] for k in (1, 3, 5))
        return f"({a} and region is EEA) or ({b} and not {c})"

    kinds = ("may: use", "never: use", "may: share", "never: share", "answer: access")
    return HEAD + "".join(clause(i, kinds[i % 5], when(i // 5)) for i in range(size))


def doubling(depth: int) -> str:
    rules = [clause(0, "definition: zero", "contract")]
    rules += [
        clause(i, f"definition: d{i}", f"rule.c{i - 1} and rule.c{i - 1}") for i in range(1, depth)
    ]
    return HEAD + "".join(rules)


@pytest.mark.parametrize("text", [long(2_000), doubling(40)], ids=["long", "doubling"])
def test_the_work_is_bounded_and_what_was_left_out_is_said(text: str) -> None:
    policy = parse_policy(text, "policy.yaml", CHECKS)
    started = time.process_time()
    remarks = lint(policy, Context(TODAY))
    assert time.process_time() - started < 5
    (left,) = [each for each in remarks if each.rule == "too-many-cases"]
    assert left.clauses


@pytest.mark.bench
def test_five_thousand_clauses_take_a_moment(capsys: pytest.CaptureFixture[str]) -> None:
    text = long(5_000)
    started = time.perf_counter()
    policy = parse_policy(text, "policy.yaml", CHECKS)
    read = time.perf_counter()
    lint(policy, Context(TODAY))
    done = time.perf_counter()
    with capsys.disabled():
        figures = f"read {1000 * (read - started):.0f} ms, checked {1000 * (done - read):.0f} ms"
        print(f"\n5,000 clauses: {figures}")  # noqa: T201 (a figure is printed)
