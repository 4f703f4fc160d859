"""Checks of the clauses about the map, each seen upheld and broken over maps written out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from importlib import resources

import pytest

from upheld.acts.prove import CHECKS
from upheld.datamap.checks import CHECKS as BUILT
from upheld.datamap.parse import parse_store
from upheld.model import (
    Clause,
    Column,
    Declared,
    Finding,
    Force,
    Judgement,
    Kind,
    Schema,
    Scope,
    Seen,
    Table,
    Type,
)
from upheld.policy.parse import parse_policy

TEXT = (resources.files("upheld") / "examples" / "company" / "policy.yaml").read_text("utf-8")
POLICY = parse_policy(TEXT, "policy.yaml", CHECKS)
UPHELD, BROKEN, UNPROVEN = Judgement.UPHELD, Judgement.BROKEN, Judgement.UNPROVEN
IDLE = Judgement.NOT_EXERCISED
CONTACT = Scope(categories=("contact",))
FORMS = Scope(sources=("direct-forms",))
HEAD = "kind: sql\nurl: sqlite:///x.sqlite\ncollections:\n"
PEOPLE = """\
  people:
    key: id
    people: [{match: email, identity: email, is: about}]
    channels: [web-form]
    source: direct-forms
    fields: {id: none, email: contact, visit: {category: tracking, source: cookies-beacons}}
"""
PARTNERS = """\
  partners:
    key: id
    controller: partner
    source: auto-network
    fields: {id: none, email_hash: none, email: unlisted, tip: aggregate?}
"""


def table(name: str, *columns: str) -> Table:
    held = tuple(Column(each, Type.TEXT, nullable=True) for each in columns)
    return Table(name, held, ("id",), (), (), (), (), ())


def see(*collections: str, columns: dict[str, tuple[str, ...]] | None = None) -> Seen:
    """See one store of these collections; of these tables, or of what the map says alone."""
    tables = {name: table(name, *every) for name, every in (columns or {}).items()}
    return Seen(
        at=datetime(2026, 11, 24, 12, tzinfo=UTC),
        zone=UTC,
        policy=POLICY,
        versions=(),
        maps={"x": parse_store(HEAD + "".join(collections or (PEOPLE,)), "stores/x.yaml")},
        schemas={"x": Schema(tables, "")} if columns else {},
        unreachable={},
        requests=(),
        late={},
        spent={},
        kept={},
        blind={},
        copies={},
    )


def judged(check: str, seen: Seen, scope: Scope = Scope()) -> Finding:  # noqa: B008 (frozen)
    clause = Clause("a.clause", Kind.MAY, (), Force.PROMISE, "", check, 1, scope=scope)
    return BUILT[check](clause, seen)


def people(old: str, new: str) -> str:
    assert old in PEOPLE
    return PEOPLE.replace(old, new)


KEPT: dict[str, tuple[Seen, Scope]] = {
    "fields-classified": (see(columns={"people": ("id", "email", "visit")}), Scope()),
    "categories-listed": (see(), Scope()),
    "notice-covers": (see(), Scope()),
    "combined-classified": (see(people("visit:", "visitor:")), Scope()),
    "channels-tagged": (see(), Scope()),
    "channels-open": (see(people("web-form", "unlisted")), Scope()),
    "category-held": (see(), CONTACT),
    "source-tagged": (see(), FORMS),
    "partners-apart": (see(PARTNERS), Scope()),
}
LOST: dict[str, tuple[Seen, Scope]] = {
    "fields-classified": (see(columns={"people": ("id", "email", "visit", "fax")}), Scope()),
    "categories-listed": (see(people("email: contact", "email: unlisted")), Scope()),
    "notice-covers": (see(people("email: contact", "email: aggregate")), Scope()),
    "combined-classified": (see(people("id: none", "id: none, visitor: none")), Scope()),
    "channels-tagged": (
        see(PEOPLE, people("    channels: [web-form]\n", "").replace("people:\n", "more:\n", 1)),
        Scope(),
    ),
    "channels-open": (
        see(
            people("web-form", "unlisted").replace(
                "    people: [{match: email, identity: email, is: about}]\n", ""
            )
        ),
        Scope(),
    ),
    "category-held": (see(people("source: direct-forms", "source: auto-network")), CONTACT),
    "source-tagged": (see(people("web-form", "telephone")), FORMS),
    "partners-apart": (
        see(people("    key: id\n", "    key: id\n    controller: partner\n")),
        Scope(),
    ),
}


def test_every_check_of_the_map_is_seen_upheld_and_broken_here() -> None:
    assert set(KEPT) == set(LOST) == set(BUILT)


@pytest.mark.parametrize("check", sorted(KEPT))
def test_a_check_of_the_map_is_upheld_by_what_it_asks_for(check: str) -> None:
    found = judged(check, *KEPT[check])
    assert found.judgement is UPHELD, found.evidence


@pytest.mark.parametrize("check", sorted(LOST))
def test_a_check_of_the_map_is_broken_by_what_it_forbids(check: str) -> None:
    found = judged(check, *LOST[check])
    assert found.judgement is BROKEN, found.evidence


@pytest.mark.parametrize("check", sorted(set(KEPT) - {"partners-apart"}))
def test_what_is_a_partners_own_breaks_nothing_of_ours(check: str) -> None:
    seen, scope = KEPT[check]
    tables = {"partners": table("partners", "mail")}
    mapped = see(PEOPLE, PARTNERS).maps["x"]
    theirs = mapped.collection("partners")
    assert theirs is not None
    ours = seen.maps["x"]
    maps = {"x": replace(ours, collections=(*ours.collections, theirs))}
    known = {**(seen.schemas["x"].tables if seen.schemas else {}), **tables}
    seen = replace(seen, maps=maps, schemas={"x": Schema(known, "")} if seen.schemas else {})
    assert judged(check, seen, scope).judgement is UPHELD


def test_a_guess_in_a_collection_of_a_partner_is_not_ours_to_decide() -> None:
    columns = {"people": ("id", "email", "visit"), "partners": ("id",)}
    assert judged("fields-classified", see(PEOPLE, PARTNERS, columns=columns)).judgement is UPHELD
    guessed = people("email: contact", "email: contact?")
    for order in ((guessed, PARTNERS), (PARTNERS, guessed)):
        found = judged("fields-classified", see(*order, columns=columns))
        assert found.judgement is BROKEN
        assert len(found.evidence) == 1


def test_the_notice_says_that_it_was_held_against_the_map_alone() -> None:
    found = judged("notice-covers", see())
    assert any("not recorded yet" in words for words in found.evidence)


def test_a_category_without_a_purpose_and_a_source_not_named_are_not_covered() -> None:
    contact = POLICY.categories["contact"]
    for declared in (replace(contact, purposes=()), Declared(contact.purposes, ("auto-web",), ())):
        policy = replace(POLICY, categories={**POLICY.categories, "contact": declared})
        assert judged("notice-covers", replace(see(), policy=policy)).judgement is BROKEN


@pytest.mark.parametrize(
    "name",
    ["emailHash", "email_hash", "gclid", "uuid", "pseudonym", "advertisingId", "cookieid",
     "IPAddress", "sha256", "md5", "userAgent", "card_token", "session", "deviceId",
     "customer_guid"],
)  # fmt: skip
def test_a_field_that_can_be_joined_to_a_person_needs_a_category(name: str) -> None:
    bare = see(people("id: none", f"id: none, {name}: none"))
    assert judged("combined-classified", bare).judgement is BROKEN
    tagged = see(people("id: none", f"id: none, {name}: tracking"))
    assert judged("combined-classified", tagged).judgement is UPHELD


@pytest.mark.parametrize(
    "name", ["machine", "tipped", "shape", "ship_to", "description", "rehearsed"]
)
def test_a_field_whose_name_only_begins_so_points_at_nobody(name: str) -> None:
    seen = see(people("id: none", f"id: none, {name}: none"))
    assert judged("combined-classified", seen).judgement is IDLE


def test_a_key_by_which_the_map_leads_to_a_row_needs_none() -> None:
    seen = see(people("key: id", "key: uuid").replace("id: none", "uuid: none"))
    assert judged("combined-classified", seen).judgement is IDLE


@pytest.mark.parametrize(
    "name",
    ["email", "contactEmail", "email_address", "email_hash", "emailSha256", "phone", "phone_number",
     "mobile_hash", "gclid", "advertisingId", "visitor_id"],
)  # fmt: skip
def test_a_table_marked_not_personal_holds_no_address_and_no_hash_of_one(name: str) -> None:
    seen = see(PEOPLE, "  leads: not personal\n", columns={"leads": ("id", name)})
    found = judged("combined-classified", seen)
    assert found.judgement is BROKEN
    assert found.evidence[0].startswith(f"x.leads.{name} ")


@pytest.mark.parametrize(
    ("things", "name"),
    [
        ("templates", "email_subject"),
        ("templates", "email_id"),
        ("migrations", "hash"),
        ("plans", "has_phone"),
        ("offices", "phone"),
        ("suppliers", "email"),
        ("parts", "id"),
    ],
)
def test_a_table_about_things_may_hold_what_only_sounds_like_one(things: str, name: str) -> None:
    seen = see(PEOPLE, f"  {things}: not personal\n", columns={things: ("id", name)})
    assert judged("combined-classified", seen).judgement is IDLE


def test_a_category_without_its_channel_or_source_is_unproven_not_upheld() -> None:
    for missing in ("    channels: [web-form]\n", "    source: direct-forms\n"):
        found = judged("category-held", see(people(missing, "")), CONTACT)
        assert found.judgement is UNPROVEN
        assert "people.email" in found.evidence[0]


def test_a_form_without_its_channel_is_unproven_and_every_source_needs_none() -> None:
    seen = see(people("    channels: [web-form]\n", ""))
    assert judged("source-tagged", seen, FORMS).judgement is UNPROVEN
    assert judged("source-tagged", seen).judgement is UPHELD
    service = Scope(sources=("direct-service",))
    assert judged("source-tagged", seen, service).judgement is IDLE


def test_a_field_without_a_source_leaves_all_sources_unproven() -> None:
    assert (
        judged("source-tagged", see(people("    source: direct-forms\n", ""))).judgement is UNPROVEN
    )
