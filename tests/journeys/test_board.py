"""The board of a wider policy: each clause about the policy itself is broken once, and seen."""

from __future__ import annotations

import http.server
import json
import re
import threading
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.journeys.town import ADA, Town
from upheld.acts.prove.folds import noted
from upheld.data import authorities

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MORE = """
  - {id: scope.org-entities, definition: company, check: entities-registered, text: We are these.}
  - {id: scope.channels, definition: channels, check: channels-tagged, text: By these ways.}
  - {id: scope.channels-open, definition: more-channels, check: channels-open, text: And others.}
  - {id: scope.safeguards-described, guard: all, check: safeguards-recorded, text: It is guarded.}
  - {id: change.effective-date, definition: version, check: version-registered, text: As dated.}
  - {id: change.reserve, may: use, check: versions-kept, text: We may change this notice.}
  - {id: change.extra-notice, may: use, check: extra-notice-sent, text: We may also write.}
  - {id: change.review-advice, disclaimer: review, check: archive-kept, text: Look again.}
  - id: change.deemed-consent
    definition: silence
    force: condition
    when: deemed_acceptance_of_version is known
    check: never-deemed
    text: Using our services after a change means that you saw it.
  - {id: def.pi-combined, definition: combined, check: combined-classified, text: Joined too.}
  - {id: basis.legitimate-interest, definition: interest, force: condition,
     check: bases-recorded, text: We have our reasons.}
  - {id: basis.balancing, never: use, when: balancing is missing, force: condition,
     check: balancing-current, text: Yours weigh as much.}
  - {id: basis.legal-obligation, may: use, purposes: comply, check: obligations-named,
     text: The law wants it.}
  - {id: use.new-purpose, may: use, when: purpose.new and consented,
     check: new-purpose-versioned, text: New reasons are told.}
  - {id: right.authority-list, tell: authorities, link: LINK, check: authorities-listed,
     text: Here are the authorities.}
  - {id: right.contact-first, disclaimer: contact-first, check: never-first,
     text: Please tell us first if you like.}
  - {id: limit.third-party-sites, disclaimer: other-sites, check: external-marked,
     text: Other sites are not ours.}
  - {id: limit.partners-out-of-scope, disclaimer: partners, check: partners-apart,
     text: What partners collect is theirs.}
  - {id: collect.contact, may: collect, categories: contact, check: category-held,
     text: We collect addresses.}
  - {id: source.direct-forms, may: collect, sources: direct-forms, check: source-tagged,
     text: From forms.}
  - {id: use.support, may: use, purposes: support, check: use-recorded, text: To help you.}
"""
HEAD = """
entities:
  - {name: Acme Calibration Ltd., country: GB}
external: [127.0.0.1]
"""
BASES = {
    "contract-obligations": "contract",
    "support": "legitimate-interest\n    interest: That what we sell goes on working",
    "info-on-request": "consent",
    "verify-identity": "contract",
    "comply": "legal-obligation\n    law: Companies Act",
    "security": "contract",
    "maintain-improve": "contract",
    "browsing-analytics": "consent",
}


class _Answers(http.server.BaseHTTPRequestHandler):
    status = 200

    def do_HEAD(self) -> None:
        self.send_response(type(self).status)
        self.end_headers()

    def do_GET(self) -> None:
        self.do_HEAD()
        self.wfile.write(f'<a href="https://{min(authorities())}/">An authority</a>'.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def _site() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/authorities"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def wide(town: Town) -> Iterator[Town]:
    """A town whose policy says all that is said about policies."""
    with _site() as link:
        policy = town.folder / "policy.yaml"
        text = policy.read_text("utf-8").replace("\nclauses:", f"{HEAD}\nclauses:")
        for purpose, basis in BASES.items():
            text = re.sub(
                rf"(?m)^  {purpose}: (To .*)$",
                rf"  {purpose}:\n    says: \1\n    basis: {basis}",
                text,
            )
        policy.write_text(text + MORE.replace("LINK", link), "utf-8")
        for store in ("shop", "web"):
            path = town.folder / "stores" / f"{store}.yaml"
            mapped = path.read_text("utf-8")
            source = "direct-service" if store == "shop" else "auto-web"
            said = f"\\1    channels: web-form\n    source: {source}\n    fields"
            path.write_text(re.sub(r"(?m)^()    fields", said, mapped), "utf-8")
            (town.folder / f"{store}.sqlite").chmod(0o600)
        town.edit("stores/shop.yaml", "phone}", "phone, source: direct-forms}")
        town.edit(
            "policy.yaml",
            "sources: [direct-service]\n    recipients: [service_provider, reg",
            "sources: [direct-service, direct-forms]\n    recipients: [service_provider, reg",
        )
        _register(town, "balancing.txt", "balancing-test", "purpose/support")
        for store in ("shop", "web"):
            _register(town, f"{store}.txt", "safeguard", f"store/{store} encrypted-at-rest")
        with town.open() as upheld:
            upheld.ask_links()
        yield town


def _register(town: Town, name: str, kind: str, about: str, days: int = 365) -> None:
    (town.folder / name).write_text(f"{name}: weighed and found good", "utf-8")
    review = town.clock.instant.date() + timedelta(days=days)
    with town.open() as upheld:
        upheld.add_document(town.folder / name, kind, about, review=review)


def _append(town: Town, clause: str) -> None:
    with (town.folder / "policy.yaml").open("a", encoding="utf-8") as policy:
        policy.write(clause)


def _lose_a_version(town: Town) -> None:
    town.verdict("change.last-updated")
    town.edit("policy.yaml", "revised: 2026-11-01", "revised: 2026-11-20")
    town.verdict("change.last-updated")
    town.run_sql("home", "DELETE FROM document WHERE rowid = 1")


def _announce(town: Town) -> None:
    _register(town, "reached.csv", "notice-campaign", "version/2026-11-01")
    assert town.verdict("change.extra-notice")[0] == "upheld (attested)"
    (town.folder / "reached.csv").write_text("altered", "utf-8")


def _slip_in_a_purpose(town: Town) -> None:
    town.verdict("change.last-updated")
    town.edit(
        "policy.yaml",
        "\nrecipients:",
        "  train-staff:\n    says: To teach\n    basis: contract\n\nrecipients:",
    )


def _let_the_link_die(town: Town) -> None:
    _Answers.status = 404
    try:
        with town.open() as upheld:
            upheld.ask_links()
    finally:
        _Answers.status = 200


def _forget_an_unlisted_channel(town: Town) -> None:
    town.edit("stores/web.yaml", "channels: web-form", "channels: unlisted")
    town.edit("stores/web.yaml", "network_activity", "none")


BREAK: dict[str, Callable[[Town], object]] = {
    "scope.org-entities": lambda town: town.edit(
        "policy.yaml", "country: GB}", "country: GB, until: 2026-01-01}"
    ),
    "scope.channels": lambda town: town.edit("stores/web.yaml", "    channels: web-form\n", ""),
    "scope.channels-open": _forget_an_unlisted_channel,
    "scope.safeguards-described": lambda town: (town.folder / "shop.sqlite").chmod(0o666),
    "change.effective-date": lambda town: town.edit("policy.yaml", "By these", "By just these"),
    "change.reserve": _lose_a_version,
    "change.review-advice": _lose_a_version,
    "change.extra-notice": _announce,
    "change.deemed-consent": lambda town: town.edit(
        "policy.yaml",
        "when: purpose.new and consented",
        "when: purpose.new and change.deemed-consent",
    ),
    "def.pi-combined": lambda town: town.edit(
        "stores/web.yaml", "visitor: network_activity", "visitor: none"
    ),
    "basis.legitimate-interest": lambda town: town.edit(
        "policy.yaml", "    interest: That what we sell goes on working\n", ""
    ),
    "basis.balancing": lambda town: town.clock.move(timedelta(days=366)),
    "basis.legal-obligation": lambda town: town.edit("policy.yaml", "    law: Companies Act\n", ""),
    "use.new-purpose": _slip_in_a_purpose,
    "right.authority-list": _let_the_link_die,
    "right.contact-first": lambda town: town.edit(
        "policy.yaml", "Please tell us first if you like.", "You must first write to us."
    ),
    "limit.third-party-sites": lambda town: town.edit(
        "policy.yaml", "external: [127.0.0.1]", "external: []"
    ),
    "limit.partners-out-of-scope": lambda town: town.edit(
        "stores/web.yaml", "    key: id\n", "    key: id\n    controller: partner\n"
    ),
    "collect.contact": lambda town: town.edit(
        "stores/shop.yaml", "source: direct-forms", "source: auto-network"
    ),
    "source.direct-forms": lambda town: town.edit(
        "policy.yaml", "sources: [direct-forms, direct-service]", "sources: [direct-service]"
    ),
}
HELD = {
    "scope.channels-open": "not-exercised",
    "change.extra-notice": "not-exercised",
    "use.new-purpose": "not-exercised",
    "basis.balancing": "upheld (attested)",
    "scope.safeguards-described": "upheld",
    "change.review-advice": "out-of-scope",
    "right.contact-first": "out-of-scope",
    "limit.third-party-sites": "out-of-scope",
    "limit.partners-out-of-scope": "out-of-scope",
}


@pytest.mark.parametrize("clause", sorted(BREAK))
def test_what_breaks_a_clause_about_the_policy_is_seen(wide: Town, clause: str) -> None:
    verdict, evidence = wide.verdict(clause)
    assert verdict == HELD.get(clause, "upheld"), evidence
    BREAK[clause](wide)
    verdict, evidence = wide.verdict(clause)
    assert verdict == "broken", evidence
    assert ADA not in evidence


def test_an_awaited_check_says_what_is_missing_and_never_upheld(wide: Town) -> None:
    verdict, evidence = wide.verdict("use.support")
    assert verdict == "unproven"
    assert "missing: purpose-gate" in evidence
    assert "to be seen" in evidence


def test_the_board_as_a_page_holds_every_clause_its_history_and_no_script(
    wide: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    wide.run(capsys, "check")
    wide.edit("policy.yaml", "external: [127.0.0.1]", "external: []")
    page, badge = wide.folder / "board.html", wide.folder / "badge.svg"
    status, _ = wide.run(capsys, "check", "--html", str(page), "--badge", str(badge))
    assert status == 1
    text = page.read_text("utf-8")
    with wide.open() as upheld:
        ids = [clause.id for clause in upheld.company.policy.clauses]
        head = upheld.company.home.checkpoint().splitlines()[0]
    assert [text.count(f'id="{id}"') for id in ids] == [1] * len(ids)
    assert "limit.third-party-sites: out-of-scope → broken" in text
    assert head in text
    assert "<script" not in text
    assert "http" not in re.sub(r"\s", "", text.partition("<main>")[0])
    drawn = badge.read_text("utf-8")
    assert "broken" in drawn
    assert drawn.startswith("<svg")


def test_the_badge_counts_the_promises_that_are_upheld(
    town: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    badge = town.folder / "badge.svg"
    town.run(capsys, "check", "--badge", str(badge))
    status, said = town.run(capsys, "check", "--json", "--all")
    assert status == 0
    promises = {"right.", "gdpr.", "ccpa.", "scope.", "change.", "retain.delete"}
    rows = [row for row in json.loads(said) if row["id"].startswith(tuple(promises))]
    kept = sum(row["verdict"].startswith("upheld") for row in rows)
    assert f"{kept} of {len(rows)} promises upheld" in badge.read_text("utf-8")


def test_a_document_outside_the_folder_is_refused_and_one_twice_is_too(
    town: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    outside = town.folder.parent / "elsewhere.txt"
    outside.write_text("weighed", "utf-8")
    words = ("--kind", "balancing-test", "--about", "purpose/support", "--review", "2027-01-01")
    status, said = town.run(capsys, "document", "add", str(outside), *words)
    assert status == 2
    assert "not in the company's folder" in said
    inside = town.folder / "weighed.txt"
    inside.write_text("weighed", "utf-8")
    assert town.run(capsys, "document", "add", str(inside), *words)[0] == 0
    status, said = town.run(capsys, "document", "add", str(inside), *words)
    assert (status, "registered already" in said) == (2, True)
    assert (town.folder / "documents.yaml").read_text("utf-8").count("sha256") == 1
    status, said = town.run(capsys, "document", "list")
    assert "to be reviewed on 2027-01-01" in said
    inside.write_text("altered", "utf-8")
    assert "gone or changed" in town.run(capsys, "document", "list")[1]


def test_a_document_of_an_unknown_kind_or_reviewed_before_it_was_made_is_refused(
    town: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    file = town.folder / "weighed.txt"
    file.write_text("weighed", "utf-8")
    base = ("document", "add", str(file), "--about", "purpose/support")
    status, said = town.run(capsys, *base, "--kind", "balancing", "--review", "2027-01-01")
    assert status == 2
    assert "did you mean `balancing-test`" in said
    status, said = town.run(capsys, *base, "--kind", "balancing-test", "--review", "2020-01-01")
    assert status == 2
    assert "lies before" in said
    assert not (town.folder / "documents.yaml").exists()


@pytest.mark.parametrize("newlines", ["\n", "\r\n"])
def test_a_comment_or_another_end_of_line_is_no_other_text(wide: Town, newlines: str) -> None:
    assert wide.verdict("change.effective-date")[0] == "upheld"
    policy = wide.folder / "policy.yaml"
    text = policy.read_text("utf-8")
    altered = text.replace("\n", "\r\n") if newlines == "\r\n" else f"{text}# a comment\n"
    policy.write_bytes(altered.encode())
    assert wide.verdict("change.effective-date")[0] == "upheld"
    assert wide.verdict("change.last-updated")[0] == "not-exercised"


def test_a_text_taken_back_is_put_right_and_is_no_version(wide: Town) -> None:
    wide.verdict("change.last-updated")
    wide.edit("policy.yaml", "By these ways", "By those ways")
    assert wide.verdict("change.last-updated")[0] == "broken"
    wide.edit("policy.yaml", "By those ways", "By these ways")
    verdict, evidence = wide.verdict("change.last-updated")
    assert verdict == "not-exercised"
    assert evidence.startswith("one version")
    assert "put right" in evidence
    assert wide.verdict("change.effective-date")[0] == "upheld"


def test_reading_the_folder_publishes_nothing_and_a_plan_does(
    wide: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    wide.verdict("change.reserve")
    wide.edit("policy.yaml", "By these ways", "By half a")
    wide.run(capsys, "request", "list")
    with wide.open() as upheld:
        assert len(upheld.versions()) == 1
    wide.run(capsys, "request", "open", "--right", "erase", "--identity", f"email={ADA}")
    wide.run(capsys, "request", "plan", "R-1")
    with wide.open() as upheld:
        assert len(upheld.versions()) == 2


def test_a_purpose_that_slipped_in_is_put_right_by_a_later_date(wide: Town) -> None:
    _slip_in_a_purpose(wide)
    assert wide.verdict("use.new-purpose")[0] == "broken"
    wide.edit("policy.yaml", "revised: 2026-11-01", "revised: 2026-11-20")
    verdict, evidence = wide.verdict("use.new-purpose")
    assert verdict == "unproven"
    assert "added with a later date: train-staff" in evidence


SILENCE = {
    "a never that silence lifts": "never: use, when: purpose.new, "
    'unless: "consented or change.deemed-consent"',
    "a may that speech would end": "may: use, purposes: support, "
    'unless: "deemed_acceptance_of_version is unknown"',
    "a keep that silence starts": 'keep: all, ground: legal, when: "change.deemed-consent"',
}


@pytest.mark.parametrize("case", SILENCE)
def test_silence_that_counts_anywhere_is_seen(wide: Town, case: str) -> None:
    _append(wide, f"  - {{id: use.np, {SILENCE[case]}, check: use-recorded, text: So.}}\n")
    verdict, evidence = wide.verdict("change.deemed-consent")
    assert verdict == "broken"
    assert "use.np" in evidence


def test_definitions_that_double_at_each_step_leave_it_unproven_and_soon(wide: Town) -> None:
    chain = [
        f'  - {{id: d.c{i}, definition: d, when: "d.c{i - 1} and (age is {i} or d.c{i - 1})", '
        "check: use-recorded, text: So.}\n"
        for i in range(1, 31)
    ]
    rest = "check: use-recorded, text: So.}\n"
    first = f'  - {{id: d.c0, definition: d, when: "change.deemed-consent", {rest}'
    last = f'  - {{id: use.np, may: use, when: "d.c30", purposes: support, {rest}'
    _append(wide, "".join([first, *chain, last]))
    verdict, evidence = wide.verdict("change.deemed-consent")
    assert verdict == "unproven"
    assert "use.np" in evidence


def test_a_never_that_silence_only_widens_is_fine(wide: Town) -> None:
    _append(
        wide,
        '  - {id: use.np, never: use, when: "purpose.new and change.deemed-consent", '
        "unless: consented, check: use-recorded, text: So.}\n",
    )
    assert wide.verdict("change.deemed-consent")[0] == "upheld"


FIRST = {
    "You do not have to write to us first.": True,
    "You never have to contact us first; go straight to an authority.": True,
    "You are not required to ask us first.": True,
    "If something troubles you, we would be glad to hear it from you.": True,
    "Complain to an authority only once you have written to us.": False,
    "An authority hears you after you have written to us.": False,
    "You may complain to an authority provided that you wrote to us.": False,
    "You cannot complain to an authority before you have asked us.": False,
    "You must first write to us.": False,
}


@pytest.mark.parametrize("text", FIRST)
def test_a_sentence_that_makes_complaining_wait_is_told_from_one_that_does_not(
    wide: Town, text: str
) -> None:
    wide.edit("policy.yaml", "Please tell us first if you like.", f'"{text}"')
    assert (wide.verdict("right.contact-first")[0] == "out-of-scope") is FIRST[text]


def test_a_clause_on_complaints_that_holds_on_a_condition_is_broken(wide: Town) -> None:
    wide.edit("policy.yaml", "tell: authorities, link", "tell: authorities, when: contract, link")
    verdict, evidence = wide.verdict("right.contact-first")
    assert (verdict, "only on a condition" in evidence) == ("broken", True)


def test_a_date_in_the_words_that_is_not_the_date_of_the_version_is_broken(wide: Town) -> None:
    wide.edit("policy.yaml", "text: As dated.", 'text: "As of November 1, 2026."')
    wide.edit("policy.yaml", "revised: 2026-11-01", "revised: 2026-11-20")
    assert wide.verdict("change.effective-date")[0] == "broken"
    wide.edit("policy.yaml", "As of November 1, 2026.", "As of 20 November 2026.")
    wide.edit("policy.yaml", "revised: 2026-11-20", "revised: 2026-11-21")
    assert wide.verdict("change.effective-date")[0] == "broken"
    wide.edit("policy.yaml", "20 November 2026", "2026-11-22")
    wide.edit("policy.yaml", "revised: 2026-11-21", "revised: 2026-11-22")
    assert wide.verdict("change.effective-date")[0] == "upheld"


def test_the_versions_of_a_log_that_kept_no_texts_are_read_and_unproven() -> None:
    old = '[["2026-11-01T10:00:00+00:00", "aa", "2026-11-01"]]'
    (version,) = noted(old)
    assert (version.digest, version.said, version.purposes) == ("aa", "aa", ())


def test_a_published_version_is_kept_word_for_word(town: Town) -> None:
    before = (town.folder / "policy.yaml").read_bytes()
    town.verdict("change.last-updated")
    town.edit("policy.yaml", "revised: 2026-11-01", "revised: 2026-11-20")
    town.verdict("change.last-updated")
    with town.open() as upheld:
        first, second = upheld.versions()
        assert upheld.company.home.document(first.digest) == before
        assert first.revised < second.revised
        assert upheld.version(first.revised).digest == first.digest
