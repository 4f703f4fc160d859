"""What the policy costs: reading and checking it, comparing two versions, drawing the board."""

from __future__ import annotations

from datetime import date
from importlib.resources import files
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING

import yaml

from bench.figures import Figure
from bench.shop import BUILD
from upheld import Upheld
from upheld.acts.prove import BUILT, CHECKS
from upheld.data import facts
from upheld.demo.cast import ASKER
from upheld.demo.company import OFFICER, build
from upheld.model import FactType, Right
from upheld.policy.diff import changes
from upheld.policy.linting import Context, lint
from upheld.policy.parse import parse_policy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from upheld.model import Policy

_TIMES = 7
_MANY = 5_000
_PEOPLE = 20_000
_TODAY = date(2026, 11, 25)


def figures(say: Callable[[str], None]) -> Iterator[Figure]:
    """Measure; `say` is told the parts of each figure."""
    text = (files("upheld") / "examples" / "reference" / "policy.yaml").read_text("utf-8")
    yield from _checked(say, "the reference policy", text, 300)
    yield from _checked(say, f"a policy of {_MANY:,} clauses", _many(), 1_000, times=3)
    yield from _checked(say, "one of long conditions, all different", _long(), None, times=3)
    yield _compared(text)
    yield from _board(say)


def _checked(
    say: Callable[[str], None], what: str, text: str, goal: int | None, times: int = _TIMES
) -> Iterator[Figure]:
    floor = _taken(lambda: yaml.load(text, Loader=yaml.CSafeLoader), times)
    reading = _taken(lambda: _read(text), times)
    policy = _read(text)
    checking = _taken(lambda: lint(policy, Context(today=_TODAY, built=frozenset(BUILT))), times)
    say(f"{what}: read {reading:.0f} ms, checked {checking:.0f} ms; libyaml alone {floor:.0f} ms")
    taken = reading + checking
    yield Figure(
        f"read and check {what}",
        f"≤ {goal} ms" if goal else "",
        f"{taken:.0f} ms",
        taken <= goal if goal else None,
        f"libyaml alone {floor:.0f} ms",
        taken / floor,
    )


def _compared(text: str) -> Figure:
    before = _read(text)
    after = _read(
        text.replace("revised: 2020-01-23", "revised: 2026-11-01")
        .replace("region in [EEA, UK]", "region in [EEA, UK, CH]")
        .replace("for: 10 years", "for: 7 years")
    )
    same = _taken(lambda: changes(before, before))
    taken = _taken(lambda: changes(before, after))
    return Figure(
        "compare two reference policies",
        "≤ 200 ms",
        f"{taken:.0f} ms",
        taken <= 200,
        f"one with itself {same:.0f} ms",
        taken / same,
    )


def _board(say: Callable[[str], None]) -> Iterator[Figure]:
    with TemporaryDirectory(dir=BUILD) as name:
        company = Path(name)
        build(company, people=_PEOPLE, today=_TODAY)
        _erase_one(company)
        opening = _taken(lambda: _opened(company))
        taken = _taken(lambda: _drawn(company), 3)
    say(f"the demo company: opened in {opening:.0f} ms, board drawn in {taken:.0f} ms")
    yield Figure(
        "`upheld check` on the demo company",
        "≤ 5 s",
        f"{taken / 1000:.2f} s",
        taken <= 5_000,
        f"opening it {opening:.0f} ms",
        taken / opening,
    )


def _erase_one(company: Path) -> None:
    """Erase one customer, so that the board has somebody to look back on."""
    with Upheld.open(company) as upheld:
        request = upheld.open_request(Right.ERASE, [f"email={ASKER.email}"])
        upheld.plan(request.id)
        upheld.sign(request.id, company / OFFICER)
        upheld.apply(request.id)


def _opened(company: Path) -> None:
    with Upheld.open(company):
        pass


def _drawn(company: Path) -> None:
    with Upheld.open(company) as upheld:
        upheld.check()


def _many() -> str:
    """Return a policy of many clauses, every fifth with a condition."""
    kinds = (
        "may: use\n    purposes: support\n    categories: [contact]",
        "never: share\n    recipients: [buyer]\n    when: region in [EEA, UK] and not contract",
        "keep: [contact]\n    ground: legal-tax\n    for: 10 years\n    from: end of year",
        "answer: access\n    regimes: [gdpr, uk-gdpr]",
        "definition: person\n    when: age < 16 or status in [former, visitor]",
    )
    clauses = "".join(
        f"  - id: part{index // 100}.clause-{index}\n    {kinds[index % len(kinds)]}\n"
        f"    check: notice-covers\n    text: >-\n      Sentence {index} of a very long notice, "
        "which says what\n      becomes of data and whom to ask about it.\n"
        for index in range(_MANY)
    )
    return (
        "title: Long\ncompany: Long Ltd.\ncontact: long@long.example\nrevised: 2026-11-01\n"
        "categories:\n  contact: {purposes: [support], sources: [direct-forms]}\n"
        "purposes:\n  support: {says: To help, basis: contract}\nclauses:\n" + clauses
    )


def _long() -> str:
    """Return a policy of as many clauses, each with a condition of twelve parts of its own."""
    asked = sorted(name for name, fact in facts().items() if fact.type is FactType.YES_NO)

    def condition(index: int) -> str:
        names = [asked[(index * 7 + step * 11) % len(asked)] for step in range(6)]
        return " and ".join(f"({name} or age < {index % 90 + at})" for at, name in enumerate(names))

    head, _, _ = _many().partition("clauses:\n")
    clauses = "".join(
        f"  - id: part{index // 100}.clause-{index}\n    never: share\n    recipients: [buyer]\n"
        f"    when: {condition(index)}\n    check: notice-covers\n    text: Sentence {index}.\n"
        for index in range(_MANY)
    )
    return f"{head}clauses:\n{clauses}"


def _read(text: str) -> Policy:
    return parse_policy(text, "policy.yaml", CHECKS)


def _taken(work: Callable[[], object], times: int = _TIMES) -> float:
    """Return the median milliseconds that some work takes, once warm."""
    work()
    taken = []
    for _ in range(times):
        start = perf_counter()
        work()
        taken.append((perf_counter() - start) * 1000)
    return median(taken)
