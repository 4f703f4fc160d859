"""Reads and writes a condition: words of a clause to a tree, and a tree back to words.

The grammar stands in the docstrings of the functions that read it, and `grammar()` collects it.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from upheld.files import shown, unknown
from upheld.model import (
    Among,
    Compared,
    Every,
    FactType,
    Known,
    Not,
    Order,
    Points,
    Says,
    Some,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from upheld.model import Fact, Rule

LONGEST = 2_000
DEEPEST = 20

_TOKEN = re.compile(
    r"\s*(?:(?P<sign><=|>=|[<>()\[\],])|(?P<date>\d{4}-\d{2}-\d{2})|(?P<number>\d+)"
    r"|(?P<word>[A-Za-z][\w.-]*[A-Za-z0-9]|[A-Za-z])|(?P<odd>\S))"
)
KEPT = frozenset({"and", "or", "not", "is", "in", "known", "unknown", "yes", "no"})
"""Words of the language itself."""
_TAKEN = frozenset({"word", "sign"})
_ORDERS = frozenset({Order.LESS, Order.AT_MOST, Order.MORE, Order.AT_LEAST})


class BadCondition(ValueError):
    """A condition that cannot be read; the message says where, and what to do."""


class _Token(NamedTuple):
    kind: str
    text: str
    at: int


def parse_condition(text: str, facts: Mapping[str, Fact], clauses: Collection[str]) -> Rule:
    """Return the tree a condition says; it may ask about `facts` and point at `clauses`.

    Raises:
        BadCondition: the first thing that is wrong, with its column and what to do.
    """
    if len(text) > LONGEST:
        raise BadCondition(f"is over {LONGEST} characters; give parts of it to definitions")
    reading = _Reading(text, facts, clauses)
    rule = reading.condition()
    if reading.token.kind != "end":
        reading.wrong("`and`, `or` or the end must follow here")
    return rule


def grammar() -> str:
    """Return the grammar of conditions, as ISO 14977 has it in essence (EBNF)."""
    rules: tuple[Callable[..., object], ...] = (
        _Reading.condition,
        _Reading.alternative,
        _Reading.test,
        _Reading.claim,
        _Reading.value,
        _Reading.words,
    )
    ends = (
        'name = word ;  (* a fact, or the id of a clause: its "when" is meant *)',
        'word = letter, { letter | digit | "." | "-" | "_" } ;',
        'number = digit, { digit } ;  date = yyyy "-" mm "-" dd ;',
    )
    return "\n".join((*((each.__doc__ or "").strip() for each in rules), *ends))


class _Reading:
    """One pass over the tokens of a condition."""

    def __init__(self, text: str, facts: Mapping[str, Fact], clauses: Collection[str]) -> None:
        self.facts = facts
        self.clauses = clauses
        self.tokens = [
            _Token(each.lastgroup or "", each[each.lastgroup or 0], each.start(each.lastgroup))
            for each in _TOKEN.finditer(text)
            if each.lastgroup
        ]
        self.tokens.append(_Token("end", "", len(text)))
        self.at = 0
        self.token = self.tokens[0]
        self.depth = 0

    def step(self) -> None:
        self.at += 1
        self.token = self.tokens[self.at]

    def took(self, text: str) -> bool:
        if self.token.text != text or self.token.kind not in _TAKEN:
            return False
        self.step()
        return True

    def condition(self) -> Rule:
        """condition = alternative, { "or", alternative } ;"""  # noqa: D400, D403, D415 (a production)
        found = [self.alternative()]
        while self.took("or"):
            found.append(self.alternative())
        return found[0] if len(found) == 1 else Some(_flat(Some, found))

    def alternative(self) -> Rule:
        """alternative = test, { "and", test } ;"""  # noqa: D400, D403, D415 (a production)
        found = [self.test()]
        while self.took("and"):
            found.append(self.test())
        return found[0] if len(found) == 1 else Every(_flat(Every, found))

    def test(self) -> Rule:
        """test = "not", test | "(", condition, ")" | claim ;"""  # noqa: D400, D403, D415 (a production)
        self.depth += 1
        if self.depth > DEEPEST:
            self.wrong("this is nested too deeply; give a part of it to a definition")
        if self.took("not"):
            rule: Rule = Not(self.test())
        elif self.took("("):
            rule = self.condition()
            if not self.took(")"):
                self.wrong("a bracket is open; close it with `)`")
        else:
            rule = self.claim()
        self.depth -= 1
        return rule

    def claim(self) -> Rule:
        """claim = name, [ "is", [ "not" ], value | [ "not" ], "in", words | order, value ] ;"""  # noqa: D400, D403, D415 (a production)
        token = self.token
        if token.kind != "word" or token.text in KEPT:
            self.wrong("a fact or the id of a clause must stand here")
        self.step()
        if token.text not in self.facts and token.text in self.clauses:
            return Points(token.text)
        if token.text not in self.facts:
            self.wrong(unknown(token.text, {*self.facts, *self.clauses}, "fact or clause"), token)
        return self._of(self.facts[token.text], token)

    def _of(self, fact: Fact, token: _Token) -> Rule:
        if self.took("is"):
            negated = self.took("not")
            rule = self.value(fact)
            return Not(rule) if negated else rule
        if self.took("not"):
            if not self.took("in"):
                self.wrong("`in` must follow `not` here; `not` for a whole test stands before it")
            return Not(Among(fact.name, self.words(fact)))
        if self.took("in"):
            return Among(fact.name, self.words(fact))
        if self.token.text in _ORDERS:
            order = Order(self.token.text)
            self.step()
            return self._compared(fact, order)
        if fact.type is not FactType.YES_NO:
            self.wrong(f"`{fact.name}` is a {fact.type}; say what it `is`", token)
        return Says(fact.name)

    def value(self, fact: Fact) -> Rule:
        """value = "known" | "unknown" | "yes" | "no" | word | number | date | name ;"""  # noqa: D400, D403, D415 (a production)
        if self.took("known"):
            return Known(fact.name)
        if self.took("unknown"):
            return Not(Known(fact.name))
        if fact.type is FactType.YES_NO:
            if self.took("yes"):
                return Says(fact.name)
            if self.took("no"):
                return Not(Says(fact.name))
            self.wrong(f"`{fact.name}` is `yes`, `no`, `known` or `unknown`")
        if fact.type is FactType.WORD:
            return Among(fact.name, frozenset({self._word(fact)}))
        if fact.type is FactType.WORDS:
            self.wrong(f"`{fact.name}` is several words; write `… in {fact.name}`")
        return self._compared(fact, Order.IS)

    def words(self, fact: Fact) -> frozenset[str] | str:
        """words = "[", word, { ",", word }, "]" | name ;"""  # noqa: D400, D403, D415 (a production)
        if fact.type is not FactType.WORD:
            self.wrong(f"`{fact.name}` is a {fact.type}; `in` is for words")
        if not self.took("["):
            other = self.facts.get(self.token.text)
            if other is None or other.type is not FactType.WORDS:
                self.wrong("a list like `[one, two]`, or a fact of several words, must follow `in`")
            self.step()
            return other.name
        found = {self._word(fact)}
        while self.took(","):
            found.add(self._word(fact))
        if not self.took("]"):
            self.wrong("a list is open; close it with `]`")
        return frozenset(found)

    def _word(self, fact: Fact) -> str:
        token = self.token
        if token.kind != "word":
            self.wrong("a word must stand here")
        if fact.words is not None and token.text not in fact.words:
            self.wrong(unknown(token.text, fact.words, f"value of `{fact.name}`"))
        self.step()
        return token.text

    def _compared(self, fact: Fact, order: Order) -> Rule:
        token = self.token
        other = self.facts.get(token.text)
        if fact.type not in {FactType.NUMBER, FactType.DATE}:
            self.wrong(f"`{fact.name}` is a {fact.type}; only numbers and dates have an order")
        if token.kind == fact.type.value == "number":
            to: int | date | str = int(token.text)
        elif token.kind == fact.type.value == "date":
            to = self._day(token)
        elif other is not None and other.type is fact.type:
            to = other.name
        else:
            self.wrong(f"`{fact.name}` is a {fact.type}; compare it with one")
        self.step()
        return Compared(fact.name, order, to)

    def _day(self, token: _Token) -> date:
        try:
            return date.fromisoformat(token.text)
        except ValueError:
            self.wrong(f"{shown(token.text)} is no date")

    def wrong(self, words: str, token: _Token | None = None) -> NoReturn:
        at = token or self.token
        here = f"at {shown(at.text)}, character {at.at + 1}" if at.text else "at its end"
        raise BadCondition(f"cannot be read {here}: {words}")


def _flat(kind: type[Every | Some], rules: list[Rule]) -> tuple[Rule, ...]:
    return tuple(
        each for rule in rules for each in (rule.of if isinstance(rule, kind) else (rule,))
    )


def said(rule: Rule) -> str:  # noqa: C901, PLR0911 (a line for each node)
    """Return the words of a tree; reading them again gives the same tree."""
    match rule:
        case Says(fact):
            return fact
        case Points(clause):
            return clause
        case Known(fact):
            return f"{fact} is known"
        case Among(fact, str(other)):
            return f"{fact} in {other}"
        case Among(fact, words) if len(words) == 1:
            return f"{fact} is {next(iter(words))}"
        case Among(fact, words):
            return f"{fact} in [{', '.join(sorted(words))}]"
        case Compared(fact, order, to):
            return f"{fact} {order} {to}"
        case Not(inner):
            return _denied(inner)
        case Every(inner):
            return " and ".join(_bracketed(each, Some) for each in inner)
        case Some(inner):
            return " or ".join(said(each) for each in inner)


def _denied(rule: Rule) -> str:
    match rule:
        case Known(fact):
            return f"{fact} is unknown"
        case Among(fact, str(other)):
            return f"{fact} not in {other}"
        case Among(fact, words) if len(words) == 1:
            return f"{fact} is not {next(iter(words))}"
        case Among(fact, words):
            return f"{fact} not in [{', '.join(sorted(words))}]"
        case Every() | Some():
            return f"not ({said(rule)})"
        case _:
            return f"not {said(rule)}"


def _bracketed(rule: Rule, kind: type[Every | Some]) -> str:
    return f"({said(rule)})" if isinstance(rule, kind) else said(rule)
