"""Documents that people attest with: registered once, by one writer, and what a check finds."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.journeys.town import Town
from upheld.acts.prove import registering
from upheld.errors import BadFile, BadInput
from upheld.model import Document
from upheld.policy.documents import parse_documents

if TYPE_CHECKING:
    from collections.abc import Callable

CLAUSES = """
  - {id: change.extra-notice, may: use, check: extra-notice-sent, text: We may also write.}
  - {id: basis.legitimate-interest, definition: interest, force: condition,
     check: bases-recorded, text: We have our reasons.}
  - {id: basis.balancing, never: use, when: balancing is missing, force: condition,
     check: balancing-current, text: Yours weigh as much.}
  - {id: basis.legal-obligation, may: use, purposes: comply, check: obligations-named,
     text: The law wants it.}
"""
BALANCING, NOTICE = "basis.balancing", "change.extra-notice"
SUPPORT = "purpose/support"
ADDING = """
import sys
from datetime import date
from pathlib import Path
from upheld.app import Upheld

folder, name = Path(sys.argv[1]), sys.argv[2]
print("ready", flush=True)
sys.stdin.readline()
with Upheld.open(folder) as upheld:
    upheld.add_document(folder / name, "vendor-contract", f"vendor/{name}", review=date.max)
"""


@pytest.fixture
def based(town: Town) -> Town:
    """A town that rests one purpose on an interest, and promises what documents attest."""
    policy = town.folder / "policy.yaml"
    text = re.sub(
        r"(?m)^  support: (To .*)$",
        r"  support:\n    says: \1\n    basis: legitimate-interest\n    interest: It works",
        policy.read_text("utf-8"),
    )
    policy.write_text(text + CLAUSES, "utf-8")
    return town


def put(  # noqa: PLR0913 (all that is said of a document)
    town: Town, name: str, kind: str, about: str, *, dated: int = 0, days: int = 365
) -> Document:
    (town.folder / name).write_text(f"{name}: weighed and found good", "utf-8")
    today = town.clock.instant.date()
    day, review = today + timedelta(dated), today + timedelta(days)
    with town.open() as upheld:
        return upheld.add_document(town.folder / name, kind, about, dated=day, review=review)


def listed(town: Town) -> tuple[Document, ...]:
    return parse_documents((town.folder / "documents.yaml").read_text("utf-8"), "documents.yaml")


def witnessed(town: Town) -> list[dict[str, object]]:
    with town.open() as upheld:
        entries = [entry for _, entry in upheld.company.home.entries()]
    return [dict(each.body) for each in entries if each.kind == "document.registered"]


def in_log(town: Town) -> str:
    with town.open() as upheld:
        return json.dumps([[entry.kind, entry.body] for _, entry in upheld.company.home.entries()])


def refused(town: Town, name: str, kind: str, about: str, *, days: int = 365) -> str:
    with pytest.raises(BadInput) as wrong:
        put(town, name, kind, about, days=days)
    assert not (town.folder / "documents.yaml").exists()
    assert witnessed(town) == []
    return str(wrong.value)


# What goes into the log


@pytest.mark.parametrize(
    ("kind", "about", "said"),
    [
        ("vendor-contract", "vendor/jane.doe@acme.example", "write it so"),
        ("balancing-test", "purpose/newsletter", "no purpose this policy declares"),
        ("safeguard", "store/hr encrypted-at-rest", "no store that is mapped"),
        ("impact-assessment", "store/hr", "no store that is mapped"),
    ],
)
def test_what_is_nothing_of_the_company_is_refused(
    based: Town, kind: str, about: str, said: str
) -> None:
    assert said in refused(based, "a.txt", kind, about)
    assert "jane" not in in_log(based)


def test_a_file_named_by_an_address_is_refused(based: Town) -> None:
    words = refused(based, "jane@acme.example.txt", "balancing-test", SUPPORT)
    assert "holds `@`" in words
    assert "jane" not in words
    refused(based, "a\nb.txt", "balancing-test", SUPPORT)


@pytest.mark.parametrize(
    "link",
    [
        "http://bob.example:pw@acme.example/",
        "http://bob.example@acme.example/",
        "https://acme.example/?of=jane@acme.example",
        "https://acme.example/?of=jane%40acme.example",
        "ftp://acme.example/",
        "file:///etc/passwd",
        "javascript:alert(1)",
    ],
)
def test_a_link_that_could_hold_a_secret_is_refused_and_never_noted(based: Town, link: str) -> None:
    from upheld.acts.prove import note_links  # noqa: PLC0415

    with based.open() as upheld:
        note_links(upheld.company, {link: None, "https://acme.example/@acme": None})
    assert link not in in_log(based)
    assert "https://acme.example/@acme" in in_log(based)
    clause = f'  - {{id: a.b, tell: authorities, link: "{link}", check: roll-up, text: Here.}}\n'
    with (based.folder / "policy.yaml").open("a", encoding="utf-8") as policy:
        policy.write(clause)
    with pytest.raises(BadFile, match=r"`link` (is no web|holds)") as wrong, based.open():
        pass
    assert link not in str(wrong.value)


# What is no file


def test_an_empty_file_a_pipe_and_a_device_are_refused_at_once(based: Town) -> None:
    os.mkfifo(based.folder / "pipe")
    (based.folder / "device").symlink_to("/dev/zero")
    (based.folder / "empty").touch()
    (based.folder / "folder").mkdir()
    signal.alarm(20)
    review = based.clock.instant.date() + timedelta(365)
    for name, said in {
        "pipe": "is no file",
        "folder": "is no file",
        "device": "not in the company's folder",
        "empty": "empty",
    }.items():
        with based.open() as upheld, pytest.raises(BadInput, match=said):
            upheld.add_document(based.folder / name, "balancing-test", SUPPORT, review=review)
    put(based, "a.txt", "balancing-test", SUPPORT)
    (based.folder / "a.txt").unlink()
    os.mkfifo(based.folder / "a.txt")
    assert based.verdict(BALANCING)[0] == "broken"
    signal.alarm(0)


def test_a_review_in_the_past_is_refused_even_of_an_old_document(based: Town) -> None:
    (based.folder / "a.txt").write_text("weighed")
    day = based.clock.instant.date() - timedelta(1)
    with based.open() as upheld, pytest.raises(BadInput, match="lies before today"):
        upheld.add_document(
            based.folder / "a.txt", "balancing-test", SUPPORT, dated=day, review=day
        )


# One writer, and once


def test_of_several_that_add_at_once_each_is_in_the_file_and_in_the_log(based: Town) -> None:
    names = [f"paper-{number}" for number in range(4)]
    with based.open():
        pass
    started = []
    for name in names:
        (based.folder / name).write_text(name)
        words = [sys.executable, "-c", ADDING, str(based.folder), name]
        pipe = subprocess.PIPE
        started.append(subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=pipe, text=True))
    for each in started:
        assert each.stdout
        assert each.stdout.readline() == "ready\n"
    for each in started:
        assert each.stdin
        each.stdin.write("\n")
        each.stdin.flush()
    for each in started:
        _, wrong = each.communicate(timeout=60)
        assert (each.returncode, wrong) == (0, "")
    based.clock.move(timedelta(days=3650))
    assert sorted(each.file for each in listed(based)) == names
    assert sorted(str(each["about"]) for each in witnessed(based)) == [f"vendor/{n}" for n in names]
    assert not list(based.folder.glob(".documents.yaml*"))


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


def _again(town: Town) -> None:
    put(town, "a.txt", "balancing-test", SUPPORT)


def _check(town: Town) -> None:
    with town.open() as upheld:
        upheld.check()


@pytest.mark.parametrize("then", [_again, _check])
def test_what_was_killed_between_file_and_log_is_completed_once(
    based: Town, monkeypatch: pytest.MonkeyPatch, then: Callable[[Town], None]
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(registering, "note_documents", _killed)
        with pytest.raises(KeyboardInterrupt):
            put(based, "a.txt", "balancing-test", SUPPORT)
    assert len(listed(based)) == 1
    assert witnessed(based) == []
    then(based)
    assert len(listed(based)) == len(witnessed(based)) == 1
    for _ in range(2):
        _check(based)
    with pytest.raises(BadInput, match="registered already"):
        _again(based)
    assert len(listed(based)) == len(witnessed(based)) == 1


def test_what_was_killed_before_the_file_took_its_name_is_as_if_it_never_was(
    based: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(based, "a.txt", "balancing-test", SUPPORT)
    before = (based.folder / "documents.yaml").read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", _killed)
        with pytest.raises(KeyboardInterrupt):
            put(based, "b.txt", "vendor-contract", "vendor/acme")
    assert (based.folder / "documents.yaml").read_bytes() == before
    assert len(witnessed(based)) == 1
    (based.folder / ".documents.yaml.left").touch()
    put(based, "b.txt", "vendor-contract", "vendor/acme")
    assert len(listed(based)) == len(witnessed(based)) == 2
    assert not list(based.folder.glob(".documents.yaml*"))


def test_a_document_written_by_hand_is_witnessed_by_the_next_check(based: Town) -> None:
    put(based, "a.txt", "balancing-test", SUPPORT)
    path = based.folder / "documents.yaml"
    text = path.read_text("utf-8")
    item = text[text.index("  - kind") :].replace("balancing-test", "impact-assessment")
    path.write_text(text + item, "utf-8")
    assert len(witnessed(based)) == 1
    _check(based)
    assert [each["document"] for each in witnessed(based)] == [
        "balancing-test",
        "impact-assessment",
    ]


# What the checks find


def _gone(town: Town) -> None:
    (town.folder / "a.txt").unlink()


def _review_moved(town: Town) -> None:
    town.edit("documents.yaml", "review: 2027-11-24", "review: 2037-11-24")


def _day_moved(town: Town) -> None:
    town.edit("documents.yaml", "dated: 2026-11-24", "dated: 2026-11-01")


def _redated_beside_a_newer(town: Town) -> None:
    _day_moved(town)
    put(town, "b.txt", "balancing-test", SUPPORT)


def _a_day_to_come(town: Town) -> None:
    put(town, "b.txt", "balancing-test", SUPPORT, dated=3)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_gone, "is gone or was changed"),
        (_review_moved, "its dates differ from those registered on 2026-11-24"),
        (_day_moved, "its dates differ from those registered on 2026-11-24"),
        (_redated_beside_a_newer, "its dates differ from those registered on 2026-11-24"),
        (_a_day_to_come, "a day to come"),
    ],
)
def test_a_balancing_test_that_does_not_stand_is_broken(
    based: Town, change: Callable[[Town], None], said: str
) -> None:
    put(based, "a.txt", "balancing-test", SUPPORT)
    assert based.verdict(BALANCING)[0] == "upheld (attested)"
    change(based)
    verdict, evidence = based.verdict(BALANCING)
    assert (verdict, said in evidence) == ("broken", True), evidence


def test_the_balancing_test_dated_last_counts_wherever_it_stands(based: Town) -> None:
    put(based, "new.txt", "balancing-test", SUPPORT)
    put(based, "old.txt", "balancing-test", SUPPORT, dated=-300, days=1)
    based.clock.move(timedelta(days=30))
    verdict, evidence = based.verdict(BALANCING)
    assert verdict == "upheld (attested)", evidence


def test_without_a_balancing_test_nothing_is_proven(based: Town) -> None:
    assert based.verdict(BALANCING)[0] == "unproven"


def test_a_file_taken_out_cannot_come_back_with_other_dates(based: Town) -> None:
    put(based, "a.txt", "balancing-test", SUPPORT)
    (based.folder / "documents.yaml").unlink()
    with pytest.raises(BadInput, match="the log has this file as dated 2026-11-24"):
        put(based, "a.txt", "balancing-test", SUPPORT, days=730)
    put(based, "a.txt", "balancing-test", SUPPORT)
    assert len(witnessed(based)) == 1


def test_a_campaign_for_a_version_never_in_force_is_broken(based: Town) -> None:
    put(based, "a.csv", "notice-campaign", "version/2026-11-01")
    verdict, evidence = based.verdict(NOTICE)
    assert verdict == "upheld (attested)"
    assert "review is not asked for" in evidence
    put(based, "b.csv", "notice-campaign", "version/2026-10-01")
    verdict, evidence = based.verdict(NOTICE)
    assert (verdict, "version/2026-10-01 was never in force" in evidence) == ("broken", True)


def test_a_report_put_right_counts_instead_of_the_one_before(based: Town) -> None:
    put(based, "a.csv", "notice-campaign", "version/2026-11-01", days=1)
    (based.folder / "a.csv").write_text("put right", "utf-8")
    assert based.verdict(NOTICE)[0] == "broken"
    put(based, "b.csv", "notice-campaign", "version/2026-11-01", days=1)
    based.clock.move(timedelta(days=9))
    verdict, evidence = based.verdict(NOTICE)
    assert (verdict, "versions announced: 1" in evidence) == ("upheld (attested)", True)
    based.edit("documents.yaml", "dated: 2026-11-24", "dated: 2026-11-20")
    assert based.verdict(NOTICE)[0] == "broken"


def test_no_basis_at_all_is_unproven_and_a_blank_interest_is_none(based: Town, town: Town) -> None:
    based.edit("policy.yaml", "interest: It works", 'interest: "  "')
    verdict, evidence = based.verdict("basis.legitimate-interest")
    assert (verdict, "an interest that is not stated" in evidence) == ("broken", True)
    based.edit("policy.yaml", '\n    basis: legitimate-interest\n    interest: "  "', "")
    verdict, evidence = town.verdict("basis.legitimate-interest")
    assert (verdict, "no purpose has a basis on record" in evidence) == ("unproven", True)
    assert based.verdict(BALANCING)[0] == "not-exercised"
    assert based.verdict("basis.legal-obligation")[0] == "not-exercised"
