"""Checks of the clauses about safeguards, over worlds written out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from upheld.datamap.exposed import holds_password
from upheld.datamap.parse import parse_store
from upheld.datamap.safeguards import (
    confidentiality_guarded,
    integrity_guarded,
    safeguards_recorded,
)
from upheld.errors import BadFile
from upheld.model import (
    Clause,
    Document,
    Finding,
    Force,
    Guards,
    Judgement,
    Kind,
    Policy,
    Probe,
    Safeguard,
    Seen,
    StoreMap,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
CLAUSE = Clause("scope.safeguards", Kind.GUARD, ("all",), Force.PROMISE, "", "", 1)
PEOPLE = "collections: {people: {key: id, fields: {id: none, email: contact}}}\n"
SQL = f"kind: sql\nurl: sqlite:///crm.sqlite\n{PEOPLE}"
LIST = "kind: manual\nwithin: 10 days\ntasks: {access: [Look], erase: [Shred]}\n"
AT_REST = "guards: {encrypted-at-rest: attested}\n"
DRILL = "guards: {restore-tested: attested}\n"
IN_TRANSIT, RIGHTS = Safeguard.IN_TRANSIT, Safeguard.LEAST_PRIVILEGE
INTEGRITY = Safeguard.INTEGRITY
HELD = {IN_TRANSIT: True, RIGHTS: True, INTEGRITY: True}
UNKNOWN: dict[Safeguard, bool | None] = dict.fromkeys(HELD)


def store(text: str, name: str = "crm") -> StoreMap:
    return parse_store(text, f"stores/{name}.yaml")


def guards(held: Mapping[Safeguard, bool | None]) -> Guards:
    return Guards(tuple(Probe(each, how, f"as seen of {each}") for each, how in held.items()))


def paper(safeguard: str, **changes: object) -> Document:
    document = Document(
        kind="safeguard",
        about=f"store/crm {safeguard}",
        file="papers/disk.pdf",
        sha256="0" * 64,
        dated=date(2026, 1, 1),
        review=date(2026, 12, 31),
        line=3,
        intact=True,
    )
    return replace(document, **changes)  # type: ignore[arg-type]  # named by each test


def seen(
    *maps: StoreMap,
    held: Mapping[Safeguard, bool | None] | None = None,
    documents: tuple[Document, ...] = (),
    secrets: tuple[str, ...] = (),
) -> Seen:
    return Seen(
        at=NOON,
        zone=UTC,
        policy=Policy("", "", "", NOON.date(), {}, {}, {}, (), "0" * 64),
        versions=(),
        maps={each.name: each for each in maps},
        schemas={},
        unreachable={} if held is not None else {each.name: "no way in" for each in maps},
        requests=(),
        late={},
        spent={},
        kept={},
        blind={},
        copies={},
        documents=documents,
        guards={each.name: guards(held) for each in maps} if held is not None else {},
        secrets=secrets,
    )


def test_a_store_of_which_a_probe_holds_has_a_safeguard_on_record() -> None:
    found = safeguards_recorded(CLAUSE, seen(store(SQL), held=HELD))
    assert found.judgement is Judgement.UPHELD
    assert "crm least-privilege: as seen of least-privilege" in found.evidence


@pytest.mark.parametrize("missing", list(HELD))
def test_a_probe_that_says_no_breaks_the_promise_whatever_else_holds(missing: Safeguard) -> None:
    found = safeguards_recorded(CLAUSE, seen(store(SQL), held={**HELD, missing: False}))
    assert found.judgement is Judgement.BROKEN
    assert found.evidence == (f"crm {missing}: as seen of {missing}",)


def test_a_store_of_which_nothing_is_recorded_breaks_the_promise_to_describe_safeguards() -> None:
    found = safeguards_recorded(CLAUSE, seen(store(LIST), held=UNKNOWN))
    assert found.judgement is Judgement.BROKEN
    assert "write `guards: {encrypted-at-rest: attested}` in stores/crm.yaml" in found.evidence[0]
    assert 'upheld document add FILE --kind safeguard --about "store/crm' in found.evidence[0]


def test_a_store_that_only_a_document_speaks_for_is_attested() -> None:
    world = seen(store(LIST + AT_REST), held=UNKNOWN, documents=(paper("encrypted-at-rest"),))
    found = safeguards_recorded(CLAUSE, world)
    assert found.judgement is Judgement.ATTESTED
    assert "`papers/disk.pdf` (documents.yaml:3)" in found.evidence[0]


def test_one_store_that_is_attested_makes_the_promise_attested() -> None:
    maps = (store(LIST + AT_REST), store(SQL, "shop"))
    world = seen(*maps, held=UNKNOWN, documents=(paper("encrypted-at-rest"),))
    both = replace(world, guards={"crm": guards(UNKNOWN), "shop": guards(HELD)})
    assert safeguards_recorded(CLAUSE, both).judgement is Judgement.ATTESTED


def test_a_store_out_of_reach_is_unproven_and_the_other_still_counts() -> None:
    world = seen(store(SQL), store(SQL, "shop"))
    half = replace(world, guards={"shop": guards(HELD)})
    assert safeguards_recorded(CLAUSE, half).judgement is Judgement.UNPROVEN
    assert safeguards_recorded(CLAUSE, half).evidence == ("no way in",)
    broken = replace(world, guards={"shop": guards({**HELD, RIGHTS: False})})
    assert safeguards_recorded(CLAUSE, broken).judgement is Judgement.BROKEN


def test_a_store_without_personal_data_promises_nobody_anything() -> None:
    bare = store(SQL.replace("email: contact", "email: none"))
    for check in (safeguards_recorded, confidentiality_guarded, integrity_guarded):
        none = check(CLAUSE, seen(bare, held={**HELD, RIGHTS: False}))
        assert none.judgement is Judgement.NOT_EXERCISED
        assert check(CLAUSE, seen(held={})).judgement is Judgement.UNPROVEN


def test_confidentiality_needs_the_way_the_rights_and_the_disk() -> None:
    world = seen(store(SQL + AT_REST), held=HELD, documents=(paper("encrypted-at-rest"),))
    assert confidentiality_guarded(CLAUSE, world).judgement is Judgement.ATTESTED
    for probe in (IN_TRANSIT, RIGHTS):
        no = replace(world, guards={"crm": guards({**HELD, probe: False})})
        assert confidentiality_guarded(CLAUSE, no).judgement is Judgement.BROKEN
        unknown = replace(world, guards={"crm": guards({**HELD, probe: None})})
        found = confidentiality_guarded(CLAUSE, unknown)
        assert found.judgement is Judgement.UNPROVEN
        assert f"as seen of {probe}" in found.evidence[0]
    undocumented = confidentiality_guarded(CLAUSE, replace(world, documents=()))
    assert undocumented.judgement is Judgement.UNPROVEN
    unreached = replace(world, guards={}, unreachable={"crm": "no way in"})
    assert confidentiality_guarded(CLAUSE, unreached).judgement is Judgement.UNPROVEN


def test_a_document_in_the_place_of_a_probe_is_a_word_and_not_a_proof() -> None:
    words = ("encrypted-at-rest", "encrypted-in-transit", "least-privilege")
    declared = f"guards: {{{', '.join(f'{word}: attested' for word in words)}}}\n"
    papers = tuple(map(paper, words))
    world = seen(store(LIST + declared), held=UNKNOWN, documents=papers)
    assert confidentiality_guarded(CLAUSE, world).judgement is Judgement.ATTESTED
    half = replace(world, guards={"crm": guards({**UNKNOWN, IN_TRANSIT: True})})
    assert confidentiality_guarded(CLAUSE, half).judgement is Judgement.ATTESTED
    worse = replace(world, guards={"crm": guards({**UNKNOWN, RIGHTS: False})})
    assert confidentiality_guarded(CLAUSE, worse).judgement is Judgement.BROKEN


@pytest.mark.parametrize(
    ("check", "safeguard"),
    [
        (safeguards_recorded, "encrypted-at-rest"),
        (confidentiality_guarded, "encrypted-at-rest"),
        (integrity_guarded, "restore-tested"),
    ],
)
def test_probes_that_hold_beside_a_paper_make_no_proof_of_what_only_the_paper_says(
    check: Callable[[Clause, Seen], Finding], safeguard: str
) -> None:
    mapped = store(f"{SQL}guards: {{{safeguard}: attested}}\n")
    found = check(CLAUSE, seen(mapped, held=HELD, documents=(paper(safeguard),)))
    assert found.judgement is Judgement.ATTESTED
    assert found.evidence[0].startswith(f"store/crm {safeguard}: `papers/disk.pdf`")
    assert any("as seen of" in line for line in found.evidence)


def test_a_document_that_the_map_does_not_speak_of_attests_nothing() -> None:
    world = seen(store(SQL), held=HELD, documents=(paper("encrypted-at-rest"),))
    found = confidentiality_guarded(CLAUSE, world)
    assert found.judgement is Judgement.UNPROVEN
    assert "nothing attests it; write `guards: {encrypted-at-rest: attested}`" in found.evidence[0]


@pytest.mark.parametrize("check", [confidentiality_guarded, safeguards_recorded])
@pytest.mark.parametrize("maps", [(), (store(SQL + AT_REST),)])
def test_a_secret_in_a_file_of_the_company_breaks_the_promise_whatever_is_mapped(
    check: Callable[[Clause, Seen], Finding], maps: tuple[StoreMap, ...]
) -> None:
    world = seen(*maps, held=HELD, documents=(paper("encrypted-at-rest"),))
    found = check(CLAUSE, replace(world, secrets=("policy.yaml:7 (a token)",)))
    assert found.judgement is Judgement.BROKEN
    assert found.evidence[0].startswith("policy.yaml:7 (a token): a secret stands in this file")


@pytest.mark.parametrize(
    ("changes", "judged", "said"),
    [
        ({"intact": False}, Judgement.BROKEN, "is gone or changed"),
        ({"intact": None}, Judgement.UNPROVEN, "has not been looked at"),
        ({"review": date(2026, 11, 23)}, Judgement.UNPROVEN, "was to be reviewed by 2026-11-23"),
        ({"review": date(2026, 11, 24)}, Judgement.ATTESTED, "to be reviewed by 2026-11-24"),
        ({"dated": date(2026, 11, 25)}, Judgement.UNPROVEN, "bears a date to come"),
        ({"kind": "vendor-contract"}, Judgement.UNPROVEN, "no document attests it"),
        ({"about": "store/shop encrypted-at-rest"}, Judgement.UNPROVEN, "no document attests it"),
    ],
)
def test_a_document_counts_while_it_is_the_one_registered_and_in_date(
    changes: dict[str, object], judged: Judgement, said: str
) -> None:
    documents = (paper("encrypted-at-rest", **changes),)
    found = confidentiality_guarded(
        CLAUSE, seen(store(SQL + AT_REST), held=HELD, documents=documents)
    )
    assert found.judgement is judged
    assert any(said in line for line in found.evidence)


def test_of_two_documents_about_the_same_the_later_one_counts() -> None:
    old = paper("encrypted-at-rest", review=date(2026, 2, 1))
    new = paper("encrypted-at-rest", dated=date(2026, 2, 1), line=9)
    for papers in ((old, new), (new, old)):
        world = seen(store(SQL + AT_REST), held=HELD, documents=papers)
        assert confidentiality_guarded(CLAUSE, world).judgement is Judgement.ATTESTED
    gone = replace(new, intact=False)
    world = seen(store(SQL + AT_REST), held=HELD, documents=(old, gone))
    assert confidentiality_guarded(CLAUSE, world).judgement is Judgement.BROKEN


def test_integrity_needs_a_drill_and_a_store_that_is_whole() -> None:
    drill = (paper("restore-tested"),)
    world = seen(store(SQL + DRILL), held=HELD, documents=drill)
    assert integrity_guarded(CLAUSE, world).judgement is Judgement.ATTESTED
    damaged = replace(world, guards={"crm": guards({INTEGRITY: False})})
    assert integrity_guarded(CLAUSE, damaged).judgement is Judgement.BROKEN
    unasked = replace(world, guards={"crm": guards({INTEGRITY: None})})
    assert integrity_guarded(CLAUSE, unasked).judgement is Judgement.ATTESTED
    no_drill = integrity_guarded(CLAUSE, seen(store(SQL), held=HELD))
    assert no_drill.judgement is Judgement.UNPROVEN
    assert no_drill.evidence[0].startswith("store/crm restore-tested: nothing attests it; write")
    unreached = replace(world, guards={}, unreachable={"crm": "no way in"})
    assert integrity_guarded(CLAUSE, unreached).judgement is Judgement.UNPROVEN


def test_evidence_stays_a_page_and_says_how_much_more_there_is() -> None:
    maps = [store(LIST, f"s{n}") for n in range(12)]
    found = safeguards_recorded(CLAUSE, seen(*maps, held=UNKNOWN))
    assert len(found.evidence) == 11
    assert found.evidence[-1] == "and 2 more"


@pytest.mark.parametrize(
    ("written", "wrong"),
    [
        ("guards: {encrypted-at-rst: attested}", "did you mean `encrypted-at-rest`?"),
        ("guards: {encrypted-at-rest: yes}", "`yes` says nothing of a safeguard; write `attested`"),
    ],
)
def test_a_safeguard_is_written_as_it_is_called(written: str, wrong: str) -> None:
    with pytest.raises(BadFile, match=r"^stores/crm\.yaml:4: ") as refused:
        store(f"{SQL}{written}\n")
    assert wrong in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://crm:hunter2@db.example/crm",
        "mariadb+pymysql://:hunter2@db.example/crm",
        "postgresql://db.example/crm?user=crm&password=hunter2",
    ],
)
def test_a_password_in_the_url_of_a_store_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(BadFile) as refused:
        store(SQL.replace("sqlite:///crm.sqlite", f'"{url}"'))
    said = str(refused.value)
    assert said.startswith("stores/crm.yaml:2: `url` holds a password")
    assert "env:NAME" in said
    assert "hunter2" not in said


@pytest.mark.parametrize(
    "url", ["env:CRM_URL", "sqlite:///a.sqlite", "postgresql://crm@db.example"]
)
def test_a_url_without_a_password_passes(url: str) -> None:
    assert not holds_password(url)
    assert store(SQL.replace("sqlite:///crm.sqlite", url)).url == url
