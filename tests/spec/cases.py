"""Reads a policy test case (`decisions.json`) into an ask: what is given becomes facts.

A case that does not say what day it is plays on the last day it names.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, TypeAlias

from tests.spec.meaning import Ask, meanings
from upheld.data import facts
from upheld.model import Action, FactType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from upheld.policy.logic import Said

Plain: TypeAlias = "bool | int | str | list[Plain] | dict[str, Plain] | None"
Case: TypeAlias = "dict[str, Plain]"

_ACTIONS = {"retain": Action.KEEP}


def ask_of(case: Case) -> Ask:
    """Return the ask of a case."""
    action, purpose = _text(case["action"]), _text(case["purpose"])
    recipient = _text(case["recipient"])
    given = _group(case["given"])
    said = _plain(given)
    for name, value in _group(given.get("facts")).items():
        said.update(_fact(name, value, purpose))
    days = [each for each in said.values() if isinstance(each, date)]
    if days:
        said.setdefault("now", max(days))
    said.update(_choices(given, purpose, recipient, _text(case["category"]), said))
    return Ask(
        _ACTIONS.get(action) or Action(action), _text(case["category"]), purpose, recipient, said
    )


def _plain(given: Mapping[str, Plain]) -> dict[str, Said]:
    found: dict[str, Said] = {}
    for name in ("region", "age", "status", "contract", "erasure", "store"):
        value = given.get(name)
        if isinstance(value, str | int):
            found[name] = value
    return found


def _fact(name: str, value: Plain, purpose: str) -> dict[str, Said]:
    """Return a fact of a case as the facts of the vocabulary have it."""
    if isinstance(value, dict):
        if name == "basis_register":
            balancing = value.get("balancing")
            bearing = value.get("purpose") in {None, purpose, *meanings(purpose)}
            return {"balancing": balancing} if bearing and isinstance(balancing, str) else {}
        return {
            at: _closed(facts()[at].type, each)
            for key, each in _excepted(name, value).items()
            if each is not None and (at := f"{name}.{key}") in facts()
        }
    known = facts().get(name)
    if known is None or value is None:
        return {}
    return {name: _closed(known.type, value)}


def _excepted(name: str, value: Mapping[str, Plain]) -> Mapping[str, Plain]:
    """An obligation named without `open` is open."""
    return {"open": True, **value} if name == "excepted" and "obligation" in value else value


def _closed(type_: FactType, value: Plain) -> Said:
    match type_:
        case FactType.YES_NO:
            return value not in (False, "", "none", "no")
        case FactType.DATE:
            return date.fromisoformat(_text(value)[:10])
        case FactType.WORDS:
            return frozenset(map(str, value if isinstance(value, list) else [value]))
        case FactType.NUMBER:
            return int(value) if isinstance(value, int | float | str) else 0
        case FactType.WORD:
            return _text(value)


def _choices(
    given: Mapping[str, Plain],
    purpose: str,
    recipient: str,
    category: str,
    said: Mapping[str, Said],
) -> dict[str, Said]:
    signals = _group(given.get("signals"))
    naming = _naming(given, purpose, recipient)
    live = bool(naming) and naming[-1].get("state") == "granted"
    objections = {_text(each) for each in _list(given.get("objections"))}
    found: dict[str, Said] = {
        "consented": live,
        "withdrawn": bool(naming) and not live,
        "objected": bool(objections & {"*", purpose, *meanings(purpose)}),
        "opted_out": _opted_out(given.get("marketing_optout") is True, said, live=live),
        "restricted": bool(_restricted(given.get("restriction")) & {"*", category}),
        "gpc": signals.get("gpc") is True,
        "dnt": signals.get("dnt") is True,
    }
    cookies = signals.get("cookies")
    return {**found, "cookies": cookies} if isinstance(cookies, str) else found


def _naming(given: Mapping[str, Plain], purpose: str, recipient: str) -> list[Mapping[str, Plain]]:
    """Return the consents that name a purpose and who receives, the latest last."""
    who = {None, "self"} if recipient == "self" else {recipient}
    return [
        each
        for each in map(_group, _list(given.get("consents")))
        if _text(each["purpose"]) in meanings(purpose)
        if each.get("recipient") in who
    ]


def _opted_out(refused: bool, said: Mapping[str, Said], *, live: bool) -> bool:  # noqa: FBT001
    """Say whether marketing is refused: of an opt-out and a consent with dates, the later wins."""
    consent, refusal = said.get("consent_at"), said.get("optout_at")
    if live and isinstance(consent, date) and isinstance(refusal, date):
        return consent <= refusal
    return refused


def _restricted(restriction: Plain) -> frozenset[str]:
    """Return the categories under a restriction; one that names none is of all."""
    if not isinstance(restriction, dict):
        return frozenset()
    return frozenset(map(_text, _list(restriction.get("categories", ["*"]))))


def _group(value: Plain) -> Mapping[str, Plain]:
    return value if isinstance(value, dict) else {}


def _list(value: Plain) -> list[Plain]:
    return value if isinstance(value, list) else []


def _text(value: Plain) -> str:
    assert isinstance(value, str), "a case names this in words"
    return value
