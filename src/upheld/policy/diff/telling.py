"""The rules of who must be told or asked, as `telling.yaml` has them, and words for people."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, TypedDict, cast

from upheld.data import read
from upheld.policy.diff.nouns import Duty
from upheld.policy.diff.words import listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from upheld.model import Regime


@dataclass(frozen=True, slots=True)
class Telling:
    """One rule: a piece of news obliges to tell or to ask people of some regions, by a law."""

    duty: Duty
    regions: frozenset[str]
    when: str
    why: str
    law: str


@dataclass(frozen=True, slots=True)
class Tellings:
    """Every rule, by the news it answers; the names of regions; whom a regime protects."""

    news: Mapping[str, tuple[Telling, ...]]
    places: Mapping[str, str]
    regimes: Mapping[str, frozenset[str]]

    @property
    def everywhere(self) -> frozenset[str]:
        """Every region."""
        return frozenset(self.places)


class _Rule(TypedDict, total=False):
    do: str
    people: list[str]
    when: str
    why: str
    law: str


class _File(TypedDict):
    places: dict[str, str]
    regimes: dict[str, list[str]]
    news: dict[str, list[_Rule]]


@cache
def tellings() -> Tellings:
    """Return the rules this version ships.

    >>> [each.law for each in tellings().news["kept-longer"]]
    ['GDPR 13(2)(a), 14(2)(a)', 'CCPA 1798.100(a)(3)']
    """
    found = cast("_File", read("telling.yaml"))
    places = found["places"]
    return Tellings(
        news={
            name: tuple(
                Telling(
                    duty=Duty(each["do"]),
                    regions=frozenset(each.get("people", places)),
                    when=each["when"],
                    why=each["why"],
                    law=each["law"],
                )
                for each in rules
            )
            for name, rules in found["news"].items()
        },
        places=places,
        regimes={name: frozenset(regions) for name, regions in found["regimes"].items()},
    )


def protected(regimes: Iterable[Regime]) -> frozenset[str]:
    """Return the regions of the people that regimes protect."""
    rules = tellings()
    return frozenset(region for each in regimes for region in rules.regimes.get(each, ()))


def people(regions: Iterable[str], categories: Iterable[str] = ()) -> str:
    """Return the words for people of some regions, of whom data of some categories is held.

    >>> people(["UK", "EEA"], ["contact"])
    'people in the EEA and the UK whose `contact` data is held'
    """
    rules, where = tellings(), {*regions}
    if where >= rules.everywhere:
        who = "everybody"
    else:
        names = [name for region, name in rules.places.items() if region in where]
        *most, last = names
        who = f"people in {', '.join(most)}{' and ' if most else ''}{last}"
    held = list(categories)
    return f"{who} whose {f'{listed(held)} data' if held else 'data'} is held"
