"""Conditions made up at random, of facts of each type, for the laws of what compares them."""

from __future__ import annotations

from datetime import date

from hypothesis import strategies as st

from upheld.model import Among, Compared, Every, Known, Not, Order, Rule, Says, Some

_DAYS = st.sampled_from([date(2026, 1, 1), date(2026, 6, 30)])
_ORDERS = st.sampled_from(list(Order))
_WORDS = st.frozensets(st.sampled_from(["EEA", "UK", "US-CA"]), min_size=1)

claims: st.SearchStrategy[Rule] = st.one_of(
    st.sampled_from(["consented", "objected", "contract"]).map(Says),
    st.sampled_from(["contract", "region", "age"]).map(Known),
    _WORDS.map(lambda words: Among("region", words)),
    st.just(Among("category", "scope_categories")),
    st.builds(lambda order, to: Compared("age", order, to), _ORDERS, st.sampled_from([13, 16])),
    st.builds(lambda order, to: Compared("consent_at", order, to), _ORDERS, _DAYS),
    _ORDERS.map(lambda order: Compared("consent_at", order, "optout_at")),
)

rules: st.SearchStrategy[Rule] = st.recursive(
    claims,
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, min_size=1, max_size=3).map(lambda of: Every(tuple(of))),
        st.lists(inner, min_size=1, max_size=3).map(lambda of: Some(tuple(of))),
    ),
    max_leaves=5,
)


def rewritten(rule: Rule) -> Rule:
    """Return a rule turned inside out: every `and` and `or` by de Morgan, back to front."""
    match rule:
        case Every(of):
            return Not(Some(tuple(Not(rewritten(each)) for each in reversed(of))))
        case Some(of):
            return Not(Every(tuple(Not(rewritten(each)) for each in reversed(of))))
        case Not(inner):
            return Not(Not(Not(rewritten(inner))))
        case _:
            return Not(Not(rule))
