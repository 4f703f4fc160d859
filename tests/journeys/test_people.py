"""Who is who: looking somebody up without a request, and joining two who turn out to be one."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.journeys.network import CRM, LEDGER, VISITS, Part, settle
from tests.journeys.town import ADA, BOB, Town
from upheld.errors import BadInput, NotSigned, Refused, Stale
from upheld.evidence import verify as auditor
from upheld.model import Bond, Regime, Right, Sign, State

if TYPE_CHECKING:
    from pathlib import Path

    from upheld.model import Dossier

AS_ADA, AS_BOB = f"email={ADA}", f"email={BOB}"


def look(town: Town, *identities: str) -> Dossier:
    with town.open() as upheld:
        return upheld.find_person(identities)


def opened(town: Town, right: Right, *identities: str) -> str:
    with town.open() as upheld:
        return upheld.open_request(right, identities, regime=Regime.GDPR).id


def test_what_stores_know_is_told_in_numbers(town: Town) -> None:
    found = look(town, AS_ADA)
    assert found.people == ()
    assert found.rows == {
        "shop": {
            ("customers", Bond.ABOUT): 1,
            ("orders", Bond.ABOUT): 2,
            ("invoices", Bond.ABOUT): 2,
        },
        "web": {("visits", Bond.ABOUT): 2},
    }
    assert found.kinds == ("account:shop", "email", "name", "phone")


def test_looking_somebody_up_opens_and_writes_nothing(town: Town) -> None:
    with town.open() as upheld:
        before = upheld.company.home.checkpoint()
        upheld.find_person([AS_ADA])
        assert upheld.company.home.checkpoint() == before
        assert upheld.requests() == ()
    with pytest.raises(BadInput, match="needs an identity"):
        look(town)


def test_home_knows_the_person_and_their_requests_under_any_identity(town: Town) -> None:
    opened(town, Right.ACCESS, AS_ADA)
    found = look(town, "account:shop=1")
    assert (found.people, found.requests) == ((1,), ("R-1",))


def test_two_people_of_home_whom_the_stores_know_as_one_are_both_named(town: Town) -> None:
    opened(town, Right.ACCESS, AS_ADA)
    opened(town, Right.ERASE, "account:shop=1")
    found = look(town, AS_ADA)
    assert (found.people, found.requests) == ((1, 2), ("R-1", "R-2"))


def test_the_command_tells_numbers_and_no_value(
    town: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    opened(town, Right.ACCESS, AS_ADA)
    opened(town, Right.ACCESS, "account:shop=1")
    status, said = town.run(capsys, "people", "find", "--identity", AS_ADA)
    assert status == 0
    assert "upheld people merge 1 2 --key KEY" in said
    assert "shop.orders: 2" in said
    status, plain = town.run(capsys, "people", "find", "--identity", AS_ADA, "--json")
    assert {"store": "web", "collection": "visits", "bond": "about", "rows": 2} in json.loads(
        plain
    )["rows"]
    for shown in (said, plain):
        for value in (ADA, BOB, "Lovelace", "794600", "Canary"):
            assert value not in shown


MEMBERS = Part(
    """
    CREATE TABLE members (
      id INTEGER PRIMARY KEY, email TEXT, phone TEXT, first TEXT, last TEXT, born DATE);
    INSERT INTO members VALUES
      (1, 'ada.lovelace@example.com', '+44 20 7946 0000', 'Ada', 'Lovelace', '1815-12-10'),
      (2, 'adalovelace@example.com', NULL, 'A', 'L', NULL),
      (3, 'AdaLovelace+news@Example.com', NULL, NULL, NULL, NULL),
      (4, 'ada.lovelcae@example.com', NULL, NULL, NULL, NULL),
      (5, 'countess@example.com', NULL, 'ADA', 'Lovelace', '1815-12-10'),
      (6, 'byron@example.com', '+44 20 7946 0000', 'Lord', 'Byron', '1788-01-22'),
      (7, 'other@example.com', '+44 20 7946 9999', 'Ada', 'Lovelace', '1990-01-01'),
      (8, 'ada.lovelace@elsewhere.example', NULL, 'Somebody', 'Else', '1815-12-10');
    """,
    """\
  members:
    key: id
    person: yes
    people:
      - {match: email, identity: email, is: about}
    fields:
      email: {category: contact, identity: email}
      phone: {category: contact, identity: phone}
      first: {category: contact, identity: name}
      last: {category: contact, identity: name}
      born: demographic
""",
)
LEADS = Part(
    """
    CREATE TABLE leads (id INTEGER PRIMARY KEY, full_name TEXT, birthday DATE, email TEXT);
    INSERT INTO leads VALUES (1, 'ada   lovelace', '1815-12-10', 'x@example.com'),
      (2, 'Lord Byron', '1788-01-22', 'y@example.com');
    """,
    """\
  leads:
    key: id
    person: yes
    people: [{match: email, identity: email, is: about}]
    fields:
      full_name: {category: contact, identity: name}
      birthday: demographic
      email: {category: contact, identity: email}
""",
)
LOVELACE = "email=ada.lovelace@example.com"


def proposed(found: Dossier) -> dict[str, list[set[Sign]]]:
    """Return the signs of each row proposed, by collection."""
    rows: dict[str, list[set[Sign]]] = {}
    for each in found.proposals:
        rows.setdefault(each.collection, []).append(set(each.signs))
    return rows


def test_rows_with_weaker_signs_are_proposed_each_with_its_reason(tmp_path: Path) -> None:
    town = settle(tmp_path / "town", members=MEMBERS, leads=LEADS)
    found = look(town, LOVELACE)
    assert found.rows == {"members": {("members", Bond.ABOUT): 1}}
    rows = proposed(found)
    assert sorted(rows["members"], key=str) == sorted(
        [{Sign.TAGGED}, {Sign.TAGGED}, {Sign.SWAPPED}, {Sign.BORN}, {Sign.TELEPHONE}], key=str
    )
    assert rows["leads"] == [{Sign.BORN}]


def test_an_address_with_a_tag_leads_to_the_plain_one(tmp_path: Path) -> None:
    town = settle(tmp_path / "town", members=MEMBERS)
    rows = proposed(look(town, "email=adalovelace+news@example.com"))
    assert rows["members"].count({Sign.TAGGED}) == 2


def test_a_proposal_is_known_again_and_says_nothing_of_whose_it_is(tmp_path: Path) -> None:
    town = settle(tmp_path / "town", members=MEMBERS, leads=LEADS)
    found, again = look(town, LOVELACE), look(town, LOVELACE)
    assert found.proposals == again.proposals
    rows = [each.row for each in found.proposals]
    assert len(set(rows)) == len(rows)
    assert all(row and len(row) == 12 and int(row, 16) >= 0 for row in rows)


def test_nothing_is_done_by_a_weaker_sign(tmp_path: Path) -> None:
    town = settle(tmp_path / "town", members=MEMBERS, leads=LEADS)
    look(town, LOVELACE)
    with town.open() as upheld:
        id = upheld.open_request(Right.ERASE, [LOVELACE]).id
        assert upheld.plan(id).rows == 1
        upheld.sign(id, town.key)
        upheld.apply(id)
    assert [row[0] for row in town.rows("members", "members")] == [2, 3, 4, 5, 6, 7, 8]
    assert len(town.rows("leads", "leads")) == 2


def test_an_officer_who_asked_presents_the_other_identity_too(tmp_path: Path) -> None:
    town = settle(tmp_path / "town", members=MEMBERS)
    found = look(town, LOVELACE, "email=adalovelace@example.com")
    assert found.rows == {"members": {("members", Bond.ABOUT): 2}}


def test_a_sign_that_many_bear_names_nobody(tmp_path: Path) -> None:
    town = settle(tmp_path / "town", members=MEMBERS)
    town.run_sql(
        "members",
        "WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 130) "
        "INSERT INTO members SELECT i, 'm' || i || '@example.com', '+44 20 7946 0000', "
        "NULL, NULL, NULL FROM n",
    )
    (crowd,) = [each for each in look(town, LOVELACE).proposals if Sign.TELEPHONE in each.signs]
    assert crowd.row is None


def test_the_command_shows_proposals_without_values(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    town = settle(tmp_path / "town", members=MEMBERS)
    _, said = town.run(capsys, "people", "find", "--identity", LOVELACE)
    assert "perhaps the same person" in said
    assert "the same name and date of birth" in said
    _, plain = town.run(capsys, "people", "find", "--identity", LOVELACE, "--json")
    assert ["born"] in [each["signs"] for each in json.loads(plain)["proposals"]]
    for shown in (said, plain):
        for value in ("lovelace", "Lovelace", "countess", "1815", "7946"):
            assert value not in shown


def test_two_who_are_one_go_by_the_older_number(town: Town) -> None:
    opened(town, Right.ACCESS, AS_ADA)
    opened(town, Right.ERASE, "account:shop=1")
    with town.open() as upheld:
        assert upheld.merge([2, 1], [], town.key) == 1
        home = upheld.company.home
        assert home.person("email", ADA) == home.person("account:shop", "1") == 1
        for number in (1, 2):
            assert [each.id for each in upheld.company.requests_of(number)] == ["R-1", "R-2"]
        entry = next(each for _, each in home.entries() if each.kind == "person.joined")
    assert set(entry.body) == {"person", "joined", "officer", "signature"}
    assert (entry.body["person"], entry.body["joined"]) == (1, 2)


def test_joining_again_changes_nothing(town: Town) -> None:
    opened(town, Right.ACCESS, AS_ADA)
    opened(town, Right.ACCESS, AS_BOB)
    with town.open() as upheld:
        upheld.merge([1, 2], [], town.key)
        before = upheld.company.home.checkpoint()
        assert upheld.merge([1, 2], [], town.key) == 1
        assert upheld.merge([], [AS_ADA, AS_BOB], town.key) == 1
        assert upheld.company.home.checkpoint() == before


def test_a_number_that_was_joined_is_never_used_again(town: Town) -> None:
    opened(town, Right.ACCESS, AS_ADA)
    opened(town, Right.ACCESS, AS_BOB)
    with town.open() as upheld:
        upheld.merge([1, 2], [], town.key)
        later = upheld.open_request(Right.ERASE, ["email=carol@example.com"])
        assert later.person == 3
        again = upheld.open_request(Right.ERASE, [AS_BOB])
        assert again.person == 1


def test_people_are_joined_one_after_another(town: Town) -> None:
    for identity in (AS_ADA, AS_BOB, "email=carol@example.com"):
        opened(town, Right.ACCESS, identity)
    with town.open() as upheld:
        assert upheld.merge([3, 2], [], town.key) == 2
        assert upheld.merge([1], ["email=carol@example.com"], town.key) == 1
        ids = [each.id for each in upheld.company.requests_of(3)]
        assert ids == ["R-1", "R-2", "R-3"]
        assert upheld.company.home.person("email", "carol@example.com") == 1


def test_views_thrown_away_come_out_the_same(town: Town) -> None:
    for identity in (AS_ADA, AS_BOB, "email=carol@example.com"):
        opened(town, Right.ACCESS, identity)
    with town.open() as upheld:
        upheld.plan("R-1")
        upheld.merge([3, 2], [], town.key)
        upheld.merge([1, 3], [], town.key)
        home = upheld.company.home
        views = ("people", "requests", "requests-of")
        before = {view: list(home.states(view)) for view in views}
        home.rebuild()
        assert {view: list(home.states(view)) for view in views} == before
        upheld.audit()


def test_what_was_planned_is_planned_anew_with_what_both_presented(town: Town) -> None:
    erase = opened(town, Right.ERASE, AS_ADA)
    opened(town, Right.ACCESS, "email=carol@example.com")
    with town.open() as upheld:
        rows = upheld.plan(erase).rows
        upheld.merge([1, 2], [], town.key)
        assert upheld.request(erase).state is State.OPEN
        with pytest.raises(Refused, match="has no plan yet"):
            upheld.sign(erase, town.key)
        assert upheld.plan(erase).rows == rows + 2
        upheld.sign(erase, town.key)
        with pytest.raises(Refused, match="for a copy of the same data, is open"):
            upheld.apply(erase)


@pytest.mark.parametrize("first", [True, False], ids=["the older one", "the younger one"])
def test_nobody_is_joined_while_an_erasure_is_signed(town: Town, first: bool) -> None:  # noqa: FBT001
    for identity in (AS_ADA, AS_BOB) if first else (AS_BOB, AS_ADA):
        right = Right.ERASE if identity == AS_ADA else Right.ACCESS
        opened(town, right, identity)
    erase = "R-1" if first else "R-2"
    with town.open() as upheld:
        upheld.plan(erase)
        upheld.sign(erase, town.key)
        before = upheld.company.home.checkpoint()
        with pytest.raises(Refused, match=f"{erase}, an erasure of one of them, is signed"):
            upheld.merge([1, 2], [], town.key)
        assert upheld.company.home.checkpoint() == before
        upheld.plan(erase)
        assert upheld.merge([1, 2], [], town.key) == 1


def test_nobody_is_joined_while_somebody_is_at_work_on_their_request(town: Town) -> None:
    opened(town, Right.ACCESS, AS_ADA)
    opened(town, Right.ACCESS, AS_BOB)
    with (
        town.open() as upheld,
        town.open() as other,
        other.company.home.holding("R-2"),
        pytest.raises(Stale, match="at work on R-2"),
    ):
        upheld.merge([1, 2], [], town.key)
    with town.open() as upheld:
        assert upheld.merge([1, 2], [], town.key) == 1


def test_nobody_is_joined_to_who_was_erased(town: Town) -> None:
    town.erase()
    opened(town, Right.ACCESS, AS_BOB)
    with town.open() as upheld, pytest.raises(Refused, match="R-1 has erased one of them"):
        upheld.merge([1, 2], [], town.key)


def test_erasing_a_person_forgets_all_that_led_to_either(town: Town) -> None:
    erase = opened(town, Right.ERASE, AS_ADA)
    other = opened(town, Right.ACCESS, "email=carol@example.com")
    with town.open() as upheld:
        upheld.merge([1, 2], [], town.key)
        upheld.close(other, "withdrawn", town.key)
        assert upheld.company.home.person("email", "carol@example.com") == 1
        upheld.plan(erase)
        upheld.sign(erase, town.key)
        assert upheld.apply(erase).state is State.CLOSED
        for email in (ADA, "carol@example.com"):
            assert upheld.company.home.person("email", email) is None
    assert [row[1] for row in town.rows("shop", "customers")][1] == BOB


def test_a_copy_that_is_signed_answers_what_was_asked(town: Town) -> None:
    access = opened(town, Right.ACCESS, AS_ADA)
    opened(town, Right.ACCESS, AS_BOB)
    with town.open() as upheld:
        rows = upheld.plan(access).rows
        upheld.sign(access, town.key)
        upheld.merge([1, 2], [], town.key)
        assert upheld.apply(access).rows == rows


@pytest.mark.parametrize(
    ("people", "identities", "wrong"),
    [
        ([1], [], "it takes two people"),
        ([], [AS_ADA], "it takes two people"),
        ([1, 2, 3], [], "more than two people"),
        ([1, 9], [], "home knows no person 9"),
        ([1, 0], [], "home knows no person 0"),
        ([1], ["email=nobody@example.com"], "home knows nobody by the `email` given"),
    ],
)
def test_whoever_is_not_two_people_of_home_is_not_joined(
    town: Town, people: list[int], identities: list[str], wrong: str
) -> None:
    for identity in (AS_ADA, AS_BOB, "email=carol@example.com"):
        opened(town, Right.ACCESS, identity)
    with town.open() as upheld:
        before = upheld.company.home.checkpoint()
        with pytest.raises(BadInput, match=wrong) as refusal:
            upheld.merge(people, identities, town.key)
        assert upheld.company.home.checkpoint() == before
    assert "nobody@" not in str(refusal.value)


CAROL = "carol@example.com"
AS_CAROL = f"email={CAROL}"


def copied(town: Town, *identities: str) -> str:
    """Answer a request for a copy, after which its key is destroyed."""
    id = opened(town, Right.ACCESS, *identities)
    with town.open() as upheld:
        upheld.plan(id)
        upheld.sign(id, town.key)
        upheld.apply(id)
    return id


def erased(town: Town, identity: str) -> str:
    id = opened(town, Right.ERASE, identity)
    with town.open() as upheld:
        assert upheld.plan(id).also == ("email",)
        upheld.sign(id, town.key)
        assert upheld.apply(id).state is State.CLOSED
    return id


def left(town: Town) -> set[object]:
    return {row[2] for row in town.rows("shop", "customers")} - {None}


def test_who_was_joined_is_erased_by_either_identity(town: Town) -> None:
    first, other = copied(town, AS_ADA), copied(town, AS_CAROL)
    with town.open() as upheld:
        upheld.merge([], [AS_ADA, AS_CAROL], town.key)
    erased(town, AS_CAROL)
    assert left(town) == {"Bob Byron"}
    with town.open() as upheld:
        assert upheld.company.home.person("email", ADA) is None
        for id in (first, other, "person 1", "person 2"):
            assert upheld.company.home.unseal(id, "known") is None


def test_who_was_joined_is_given_a_copy_of_what_both_identities_lead_to(town: Town) -> None:
    opened(town, Right.ERASE, AS_ADA)
    opened(town, Right.ERASE, AS_CAROL)
    with town.open() as upheld:
        upheld.merge([1, 2], [], town.key)
        access = upheld.open_request(Right.ACCESS, [AS_ADA], regime=Regime.GDPR).id
        made = upheld.plan(access)
        customers = [each for each in made.store("shop").counted if each.collection == "customers"]
        assert [each.rows for each in customers] == [2]


def test_what_a_request_claims_leads_nobody_to_it_later(town: Town) -> None:
    """No officer has signed that they are one: somebody may have claimed to be somebody else."""
    copied(town, AS_ADA, AS_CAROL)
    id = opened(town, Right.ERASE, AS_ADA)
    with town.open() as upheld:
        assert upheld.plan(id).also == ()
        upheld.sign(id, town.key)
        upheld.apply(id)
    assert left(town) == {"Bob Byron", "Carol O'Brien %"}


@pytest.mark.parametrize("right", list(Right))
def test_a_telephone_makes_two_people_of_a_household_not_one(town: Town, right: Right) -> None:
    telephone = "phone=+44 20 794600"
    copied(town, AS_ADA, telephone)
    id = opened(town, right, AS_BOB, telephone)
    with town.open() as upheld:
        assert upheld.company.home.person("email", BOB) == 2
        assert upheld.plan(id).also == ()
        upheld.sign(id, town.key)
        assert upheld.apply(id).state is State.CLOSED
    gone = {"Bob Byron"} if right is Right.ERASE else set()
    assert left(town) == {"Ada Lovelace-Canary", "Bob Byron", "Carol O'Brien %"} - gone


def test_nobody_is_joined_of_whom_home_no_longer_holds_an_identity(town: Town) -> None:
    copied(town, AS_ADA)
    opened(town, Right.ACCESS, AS_CAROL)
    with town.open() as upheld:
        before = upheld.company.home.checkpoint()
        with pytest.raises(BadInput, match="no longer holds what person 1 presented"):
            upheld.merge([1, 2], [], town.key)
        assert upheld.company.home.checkpoint() == before
        assert upheld.merge([2], [AS_ADA], town.key) == 1


def test_the_plan_says_that_rows_were_found_by_what_was_presented_elsewhere(
    town: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    for each in (AS_ADA, AS_CAROL):
        copied(town, each)
    with town.open() as upheld:
        upheld.merge([], [AS_ADA, AS_CAROL], town.key)
    erase = opened(town, Right.ERASE, AS_ADA)
    _, said = town.run(capsys, "request", "plan", erase)
    assert "found also by what they presented elsewhere: email" in said
    assert CAROL not in said


def test_only_an_officer_joins_people(town: Town) -> None:
    opened(town, Right.ACCESS, AS_ADA)
    opened(town, Right.ACCESS, AS_BOB)
    stranger = town.folder / "keys" / "stranger"
    key = Ed25519PrivateKey.generate()
    stranger.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    stranger.chmod(0o600)
    with town.open() as upheld, pytest.raises(NotSigned, match="is no officer's"):
        upheld.merge([1, 2], [], stranger)
    with town.open() as upheld:
        assert upheld.company.home.person("email", BOB) == 2


def test_the_command_joins_two_and_names_their_requests(
    town: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    opened(town, Right.ACCESS, AS_ADA)
    opened(town, Right.ACCESS, AS_BOB)
    words = ("people", "merge", "2", "--identity", AS_ADA, "--key", str(town.key))
    status, said = town.run(capsys, *words)
    assert (status, said) == (0, "they are person 1; requests: R-1, R-2\n")
    with closing(sqlite3.connect(town.folder / "home.sqlite")) as connection:
        leaves = b"".join(leaf for (leaf,) in connection.execute("SELECT leaf FROM entry"))
    assert b"person.joined" in leaves
    assert b"example.com" not in leaves
    assert auditor.main([str(town.folder / "home.sqlite")]) == 0


def test_a_person_found_through_three_stores_is_one(tmp_path: Path) -> None:
    town = settle(tmp_path / "town", crm=CRM, ledger=LEDGER, visits=VISITS)
    opened(town, Right.ACCESS, "account:billing=D-70")
    found = look(town, AS_ADA)
    assert found.people == (1,)
    assert set(found.rows) == {"crm", "ledger", "visits"}
