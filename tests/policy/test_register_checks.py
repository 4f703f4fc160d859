"""Checks of what is registered beside the clauses, over a world that is written out by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import TYPE_CHECKING

import pytest

from upheld.acts.prove import CHECKS
from upheld.data import authorities, retired_links
from upheld.datamap.parse import parse_store
from upheld.errors import BadFile
from upheld.model import Judgement, LinkSeen, Seen
from upheld.policy.parse import parse_policy
from upheld.policy.register_checks import authorities_listed, entities_registered, external_marked

if TYPE_CHECKING:
    from upheld.model import Clause, Finding, Policy, StoreMap

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
TEXT = (resources.files("upheld") / "examples" / "company" / "policy.yaml").read_text("utf-8")
LINK = "https://acme.example/authorities"
CLAUSE = """
  - {id: right.authority-list, tell: authorities, link: "LINK", check: authorities-listed,
     text: Here they are.}
"""
STORE = """\
kind: sql
url: sqlite:///x.sqlite
collections:
  people:
    key: id
    person: yes
    people: [{match: email, identity: email, is: about}]
    fields: {id: none, email: contact}
"""


def policy(head: str = "", link: str = LINK) -> Policy:
    text = TEXT.replace("\nclauses:", f"\n{head}\nclauses:") + CLAUSE.replace("LINK", link)
    return parse_policy(text, "policy.yaml", CHECKS)


def store(controller: str | None = None) -> StoreMap:
    more = f"    controller: {controller}\n" if controller else ""
    return parse_store(STORE + more, "stores/x.yaml")


def seen(read: Policy, *, maps: tuple[StoreMap, ...] = (), asked: LinkSeen | None = None) -> Seen:
    return Seen(
        at=NOON,
        zone=UTC,
        policy=read,
        versions=(),
        maps={f"x{number}": each for number, each in enumerate(maps)},
        schemas={},
        unreachable={},
        requests=(),
        late={},
        spent={},
        kept={},
        blind={},
        copies={},
        links={LINK: asked} if asked else {},
    )


def clause(read: Policy) -> Clause:
    found = read.clause("right.authority-list")
    assert found is not None
    return found


def entities(*, named: tuple[str, ...], maps: tuple[StoreMap, ...]) -> Finding:
    listed = "".join(f"\n  - {{country: GB, {each}}}" for each in named)
    read = policy(f"entities:{listed}")
    return entities_registered(clause(read), seen(read, maps=maps))


def listed(asked: LinkSeen | None) -> Finding:
    read = policy()
    return authorities_listed(clause(read), seen(read, asked=asked))


def test_what_one_entity_has_is_its_own_and_that_is_said() -> None:
    found = entities(named=("name: Acme",), maps=(store(),))
    assert found.judgement is Judgement.UPHELD
    assert "there is one entity: what names no `controller` is its own" in found.evidence


def test_with_two_entities_a_store_that_names_none_is_unproven() -> None:
    two = ("name: Acme", "name: Beta")
    found = entities(named=two, maps=(store("Acme"), store()))
    assert found.judgement is Judgement.UNPROVEN
    assert "write `controller` in the map" in found.evidence[0]
    assert entities(named=two, maps=(store("Acme"), store("Beta"))).judgement is Judgement.UPHELD


@pytest.mark.parametrize("named", [("name: Acme",), ("name: Acme", "name: Beta")])
def test_without_a_map_nothing_was_in_anybody_s_hands(named: tuple[str, ...]) -> None:
    assert entities(named=named, maps=()).judgement is Judgement.NOT_EXERCISED


@pytest.mark.parametrize(
    ("days", "judgement"),
    [
        ("from: 2026-11-24", Judgement.UPHELD),
        ("from: 2026-11-25", Judgement.BROKEN),
        ("until: 2026-11-24", Judgement.UPHELD),
        ("until: 2026-11-23", Judgement.BROKEN),
    ],
)
def test_an_entity_stands_from_its_first_day_to_its_last(days: str, judgement: Judgement) -> None:
    assert entities(named=(f"name: Acme, {days}",), maps=(store("Acme"),)).judgement is judgement


@pytest.mark.parametrize("named", [("name: Acme",), ("name: Acme", "name: Beta")])
def test_a_store_in_the_hands_of_a_stranger_is_broken(named: tuple[str, ...]) -> None:
    found = entities(named=named, maps=(store("Acme"), store("Stranger")))
    assert found.judgement is Judgement.BROKEN
    assert "is in the hands of `Stranger`" in found.evidence[0]


@pytest.mark.parametrize("other", ["customer", "partner"])
def test_what_is_a_customer_s_or_a_partner_s_is_in_no_stranger_s_hands(other: str) -> None:
    named = ("name: Acme", "name: Beta")
    assert entities(named=named, maps=(store(other),)).judgement is Judgement.UPHELD


ANSWERS = {
    None: Judgement.UPHELD,
    "answers 404": Judgement.BROKEN,
    "answers 500": Judgement.BROKEN,
    "unreachable: no such host": Judgement.UNPROVEN,
    "unreachable: no answer within 5 seconds": Judgement.UNPROVEN,
    "links to no authority": Judgement.UNPROVEN,
}


@pytest.mark.parametrize("wrong", ANSWERS)
def test_only_an_answer_that_is_an_error_breaks_the_clause(wrong: str | None) -> None:
    assert listed(LinkSeen(NOON, wrong)).judgement is ANSWERS[wrong]


@pytest.mark.parametrize("wrong", [None, "answers 404"])
def test_a_link_asked_more_than_thirty_days_ago_says_nothing(wrong: str | None) -> None:
    last = listed(LinkSeen(NOON - timedelta(days=30), wrong))
    assert last.judgement is ANSWERS[wrong]
    older = listed(LinkSeen(NOON - timedelta(days=30, seconds=1), wrong))
    assert older.judgement is Judgement.UNPROVEN
    assert "run `upheld check --links`" in older.evidence[0]
    assert listed(None) == older


@pytest.mark.parametrize("page", sorted(retired_links()))
def test_a_retired_link_is_broken_even_if_it_answers(page: str) -> None:
    for link in (f"https://{page}", f"http://{page}/structure/index_en.htm"):
        read = policy(link=link)
        world = seen(read)
        found = authorities_listed(clause(read), world)
        assert found.judgement is Judgement.BROKEN
        assert "the link was retired" in found.evidence[0]


def test_a_clause_without_a_link_is_broken() -> None:
    text = TEXT + CLAUSE.replace('link: "LINK", ', "")
    read = parse_policy(text, "policy.yaml", CHECKS)
    assert authorities_listed(clause(read), seen(read)).judgement is Judgement.BROKEN


def test_the_sites_of_authorities_are_hosts() -> None:
    assert {"ico.org.uk", "dsb.gv.at", "cppa.ca.gov"} <= authorities()
    assert all("." in host and not host.startswith("www.") for host in authorities())


@pytest.mark.parametrize(
    "site", ["example", "com", ".example", "example.", "a b.example", "https://acme.example", "*.x"]
)
def test_what_is_no_site_marks_nothing_and_is_refused(site: str) -> None:
    with pytest.raises(BadFile) as refused:
        policy(f'external: ["{site}"]')
    assert "is no site; write its host, like `forum.acme.example`" in str(refused.value)


@pytest.mark.parametrize("site", ["acme.example", "127.0.0.1", "forum.Straße.example"])
def test_a_host_or_an_ip_address_is_a_site(site: str) -> None:
    assert policy(f"external: [{site}]").external == (site,)


@pytest.mark.parametrize(
    ("marked", "judgement"),
    [
        ("acme.example", Judgement.UPHELD),
        ("me.example", Judgement.BROKEN),
        ("forum.acme.example", Judgement.BROKEN),
    ],
)
def test_a_site_is_marked_by_its_own_name_or_one_above_it(
    marked: str, judgement: Judgement
) -> None:
    read = policy(f"external: [{marked}]")
    assert external_marked(clause(read), seen(read)).judgement is judgement
