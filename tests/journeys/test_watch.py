"""Who was erased is looked back on, whatever happens to plans, maps, stores and letters since."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.journeys.town import ADA, BOB, HELP_DESK, Town
from upheld import Upheld
from upheld.acts.answer.handing import handing
from upheld.acts.answer.plan import planned
from upheld.acts.answer.sign import require_signed
from upheld.errors import HomeFailed, NotSigned, Refused, Stale, StoreFailed
from upheld.model import Json, Regime, Right, State

Captured = pytest.CaptureFixture[str]


def _late(town: Town) -> None:
    town.run_sql("shop", "INSERT INTO orders VALUES (12, 1, 'late', 5)")


def _signed(town: Town) -> str:
    with town.open() as upheld:
        id = upheld.open_request(Right.ERASE, [f"email={ADA}"], regime=Regime.GDPR).id
        upheld.plan(id)
        upheld.sign(id, town.key)
    return id


def test_planning_again_does_not_end_the_watch(town: Town) -> None:
    id = town.erase()
    _late(town)
    with town.open() as upheld:
        upheld.plan(id)
    assert town.verdict("gdpr.erase")[0] == "broken"


def test_a_weakened_map_does_not_hide_a_late_row(town: Town) -> None:
    town.erase()
    town.edit(
        "stores/shop.yaml",
        "  orders:\n    key: id\n    people: [{follow: customer_id, to: customers, is: about}]",
        "  orders:\n    key: id\n    people: [{follow: customer_id, to: customers, is: mentions}]",
    )
    assert town.verdict("gdpr.erase")[0] == "upheld"
    _late(town)
    assert town.verdict("gdpr.erase")[0] == "broken"


def test_a_store_that_is_no_longer_mapped_is_still_looked_back_on(town: Town) -> None:
    town.erase()
    (town.folder / "stores" / "shop.yaml").unlink()
    _late(town)
    assert town.verdict("gdpr.erase")[0] == "broken"


def test_a_store_mapped_later_that_knows_the_erased_breaks_the_promise(town: Town) -> None:
    town.erase()
    town.run_sql(
        "news",
        f"CREATE TABLE letters (email TEXT PRIMARY KEY); INSERT INTO letters VALUES ('{ADA}')",
    )
    (town.folder / "stores" / "news.yaml").write_text(
        "kind: sql\nurl: sqlite:///news.sqlite\ncollections:\n  letters:\n    key: email\n"
        "    people: [{match: email, identity: email, is: about}]\n    fields: {email: contact}\n",
        "utf-8",
    )
    verdict, evidence = town.verdict("gdpr.erase")
    assert verdict == "broken"
    assert "news.letters" in evidence


def test_kept_rows_that_are_gone_leave_the_ground_unproven(town: Town) -> None:
    town.erase()
    assert town.verdict("retain.legal-tax")[0] == "upheld"
    town.run_sql("shop", "DELETE FROM invoices WHERE id = 100")
    verdict, evidence = town.verdict("retain.legal-tax")
    assert verdict == "unproven"
    assert "1 row of shop.invoices kept by the receipt, 0 there now" in evidence


def test_a_store_out_of_reach_leaves_the_ground_unproven(town: Town) -> None:
    town.erase()
    (town.folder / "shop.sqlite").rename(town.folder / "away.sqlite")
    assert town.verdict("retain.legal-tax")[0] == "unproven"


def _stopped_half_way(town: Town, id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Apply while the second store is locked once the first is erased; the second is not."""
    monkeypatch.setattr("upheld.stores.sql.databases.sqlite._WAIT_SECONDS", 0.05)
    monkeypatch.setattr("upheld.acts.answer.patience.WAITS", (0.05,))
    writer = sqlite3.connect(town.folder / "web.sqlite", isolation_level=None)
    with town.open() as upheld:
        engine = upheld.company.stores["shop"].engine  # type: ignore[attr-defined]
        sa.event.listen(engine, "commit", lambda _: writer.execute("BEGIN IMMEDIATE"), once=True)
        with pytest.raises(StoreFailed, match="`web` is locked"):
            upheld.apply(id)
    writer.close()
    assert [row[0] for row in town.rows("shop", "orders")] == [20, 30]
    assert len(town.rows("web", "visits")) == 3


def test_an_erasure_that_stopped_half_way_is_unproven_and_not_unexercised(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = _signed(town)
    _stopped_half_way(town, id, monkeypatch)
    verdict, evidence = town.verdict("gdpr.erase")
    assert verdict == "unproven"
    assert "finish it with `upheld request apply R-1`" in evidence


def test_the_letter_after_a_new_plan_tells_all_that_went_and_leaves_the_first_as_it_was(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = _signed(town)
    _stopped_half_way(town, id, monkeypatch)
    town.run_sql("web", "ALTER TABLE visits ADD COLUMN seconds INTEGER")
    town.edit("stores/web.yaml", "page: network_activity", "page: network_activity, seconds: none")
    with town.open() as upheld:
        upheld.plan(id)
        upheld.sign(id, town.key)
        upheld.apply(id)
    first = (town.folder / "answers" / "R-1.html").read_text("utf-8")
    assert "shop: orders" in first
    assert "web: visits" in first
    _late(town)
    town.verdict("gdpr.erase")
    with town.open() as upheld:
        upheld.apply(id)
    assert (town.folder / "answers" / "R-1.html").read_text("utf-8") == first
    second = (town.folder / "answers" / "R-1.2.html").read_text("utf-8")
    assert "<td>3</td><td>deleted</td>" in second


def _while_acting(upheld: Upheld, then: Callable[[], object]) -> None:
    """Let something happen just before the store `web` is acted upon."""
    store = upheld.company.stores["web"]
    real = store.act

    def overtaken(step: object) -> object:
        then()
        return real(step)  # type: ignore[arg-type]

    store.act = overtaken  # type: ignore[method-assign,assignment]


def test_whoever_applies_second_is_sent_away_at_once(town: Town) -> None:
    id = _signed(town)
    refused: list[str] = []

    def try_too(upheld: Upheld) -> None:
        with pytest.raises(Stale) as stale:
            upheld.apply(id)
        refused.append(str(stale.value))

    with town.open() as first, town.open() as second:
        _while_acting(first, lambda: try_too(second))
        assert first.apply(id).state is State.CLOSED
        kinds = [entry.kind for _, entry in first.company.home.entries()]
    assert refused == ["another apply is at work on R-1; wait until it has ended"]
    assert kinds.count("step.intended") == kinds.count("step.receipt") == 2


def test_whoever_was_overtaken_may_not_write_on(town: Town) -> None:
    """A worker whose hold was lost finds a higher fence, and leaves the rest to the other."""
    id = _signed(town)

    def overtake(upheld: Upheld) -> None:
        plan = upheld.request(id).plan
        step = f"{id}/web"
        about: dict[str, Json] = {"request": id, "step": step, "attempt": 9, "fence": 9}
        with upheld.company.home.writing() as home:
            home.append("step.intended", {**about, "plan": plan})

    with town.open() as first, town.open() as second:
        _while_acting(first, lambda: overtake(second))
        with pytest.raises(Stale, match="another apply has taken R-1 over"):
            first.apply(id)
        assert first.request(id).steps[f"{id}/web"].fence == 9


def test_stores_added_after_the_plan_make_it_stale(town: Town) -> None:
    id = _signed(town)
    (town.folder / "stores" / "help-desk.yaml").write_text(HELP_DESK, "utf-8")
    with town.open() as upheld, pytest.raises(Stale, match="stores were added or removed"):
        upheld.apply(id)


def test_a_signature_over_other_bytes_is_none(town: Town) -> None:
    id = _signed(town)
    with town.open() as upheld:
        request = upheld.request(id)
        plan, document = planned(upheld.company, request)
        require_signed(upheld.company, request, plan, document)
        with pytest.raises(NotSigned):
            require_signed(upheld.company, request, plan, document + b" ")


def test_an_attestation_by_anybody_is_none(town: Town) -> None:
    (town.folder / "stores" / "help-desk.yaml").write_text(HELP_DESK, "utf-8")
    id = _signed(town)
    stranger = town.folder / "stranger"
    private = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()
    )
    stranger.write_bytes(private)
    stranger.chmod(0o600)
    with town.open() as upheld:
        assert upheld.apply(id).state is State.EXECUTING
        with pytest.raises(NotSigned, match="is no officer's"):
            upheld.attest(id, "help-desk", file=town.key, key=stranger)
        assert upheld.apply(id).state is State.EXECUTING


def test_a_word_mended_in_a_checklist_reopens_nothing(town: Town) -> None:
    (town.folder / "stores" / "help-desk.yaml").write_text(HELP_DESK, "utf-8")
    id = _signed(town)
    with town.open() as upheld:
        upheld.apply(id)
        upheld.attest(id, "help-desk", file=town.key, key=town.key)
        assert upheld.apply(id).state is State.CLOSED
    town.edit("stores/help-desk.yaml", "Delete every ticket found", "Delete all tickets found")
    assert town.verdict("gdpr.erase")[0] == "upheld (attested)"


def test_a_request_that_waits_for_somebody_exits_with_five(town: Town, capsys: Captured) -> None:
    (town.folder / "stores" / "help-desk.yaml").write_text(HELP_DESK, "utf-8")
    id = _signed(town)
    status, said = town.run(capsys, "request", "apply", id)
    assert status == 5
    assert "Delete every ticket found" in said


def test_nobody_is_told_that_nothing_was_found_when_something_was(town: Town) -> None:
    with town.open() as upheld:
        id = upheld.open_request(Right.ERASE, [f"email={ADA}"]).id
        with pytest.raises(Refused, match="rows were found for R-1"):
            upheld.close(id, "no_data", town.key)
        assert upheld.request(id).state is State.OPEN


def test_an_identity_nobody_verified_is_bound_to_nobody(town: Town) -> None:
    with town.open() as upheld:
        mallory = upheld.open_request(Right.ACCESS, ["email=mallory@x.example", f"email={BOB}"])
        upheld.close(mallory.id, "identity_unverified", town.key)
        bob = upheld.open_request(Right.ACCESS, [f"email={BOB}"])
        assert bob.person != mallory.person


def test_what_a_killed_process_left_of_a_copy_goes_with_the_request_and_the_person(
    town: Town,
) -> None:
    left = town.folder / "answers" / "R-1.zip.part"
    with town.open() as upheld:
        id = upheld.open_request(Right.ACCESS, [f"email={ADA}"]).id
        left.parent.mkdir(exist_ok=True)
        left.write_bytes(b"ada")
        upheld.close(id, "withdrawn", town.key)
        assert not left.exists()
    copy = town.access()
    killed = town.folder / "answers" / f"{copy}.zip.part"
    killed.write_bytes(b"ada")
    town.erase()
    assert not killed.exists()


def _half_way(path: Path) -> None:
    with handing(path) as stream:
        stream.write(b"half")
        raise OSError


def test_an_answer_that_fails_half_way_leaves_nothing(town: Town) -> None:
    path = town.folder / "answers" / "R-9.html"
    with pytest.raises(HomeFailed):
        _half_way(path)
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize(
    "words",
    [
        ["request", "show", ADA],
        ["request", "open", "--right", "erase", "--identity", f"{ADA}=email"],
        ["request", "close", "R-1", "--because", ADA, "--key", "k"],
        ["request", "attest", "R-1", "--store", ADA, "--file", "f", "--key", "k"],
        ["map", "check", ADA],
        ["map", "accept", ADA],
    ],
)
def test_what_is_typed_in_the_wrong_place_is_not_repeated(
    town: Town, capsys: Captured, words: list[str]
) -> None:
    town.run(capsys, "request", "open", "--right", "access", "--identity", f"email={BOB}")
    status, said = town.run(capsys, *words)
    assert status in {2, 3}
    assert ADA not in said


def test_who_comes_back_is_new_once_an_officer_says_so(town: Town) -> None:
    id = town.erase("carol@example.com")
    town.run_sql("shop", "INSERT INTO customers VALUES (7, 'carol@example.com', 'Carol', '', '')")
    verdict, evidence = town.verdict("gdpr.erase")
    assert verdict == "broken"
    assert f"upheld request release {id}" in evidence
    with town.open() as upheld:
        assert upheld.release(id, town.key).state is State.CLOSED
        assert upheld.company.home.unseal(id, "closure") is None
        with pytest.raises(Refused, match="is not being looked back on"):
            upheld.release(id, town.key)
    assert town.verdict("gdpr.erase")[0] == "upheld"
    assert town.rows("shop", "customers")[-1][1] == "carol@example.com"


def test_a_view_somebody_altered_is_found_and_folded_again(town: Town, capsys: Captured) -> None:
    town.erase()
    _late(town)
    status, said = town.run(capsys, "check", "--audit")
    assert status == 1
    assert "gdpr.erase" in said
    released = '"released":"2026-11-24T10:00:00Z"'
    altered = f"UPDATE view SET state = replace(state, '\"released\":null', '{released}')"
    town.run_sql("home", altered)
    assert town.run(capsys, "check")[0] == 0
    status, said = town.run(capsys, "check", "--audit")
    assert status == 1
    assert "view `requests` was not what the log says" in said
    status, said = town.run(capsys, "check", "--audit")
    assert status == 1
    assert "gdpr.erase" in said
