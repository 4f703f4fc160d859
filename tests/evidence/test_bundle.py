"""A proof bundle tells a stranger what became of a request, and is believed only if it is true."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import pytest

from tests.evidence.story import ID, Story, plan_of
from upheld.errors import BadInput, HomeFailed
from upheld.evidence import notes, ssh, verify
from upheld.evidence.verify import Unproven, Unreadable
from upheld.model import Right


@pytest.fixture
def story(tmp_path: Path) -> Story:
    """Begin a story in a home of its own."""
    return Story.begin(tmp_path)


def contents(bundle: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(bundle) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def repacked(bundle: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(bundle, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return bundle


def refused(story: Story, words: str) -> None:
    with pytest.raises(Unproven, match=words):
        verify.check(story.bundle())


def test_a_true_story_is_proven_and_told(story: Story) -> None:
    bundle = story.carried_out().bundle()
    report = verify.check(bundle, key=story.home.verifier)
    told = "\n".join(report.lines)
    assert f"proof of request {ID}" in told
    assert ssh.fingerprint(story.officer) in told
    assert "orders (about) 10 gone" in told
    assert "invoices (about) 2 retained (retain.legal-tax, until 2036-12-31)" in told
    assert "looked back: clean" in told
    assert "closed: partial" in told
    assert report.lines[-1].startswith("proven")


def test_the_bundle_holds_what_it_says(story: Story) -> None:
    files = contents(story.carried_out().bundle())
    assert {name for name in files if "/" not in name} == {
        *("README.txt", "bundle.json", "checkpoint", "verifier-key", "plan.json"),
        *("proofs.json", "verify.py"),
    }
    for n in (0, *story.indices):
        assert files[f"entries/{n}.json"] == story.home.raw(n)
    assert sum(name.startswith("entries/") for name in files) == 1 + len(story.indices)
    assert files["verify.py"] == Path(verify.__file__).read_bytes()


def test_the_same_proof_is_the_same_file(story: Story) -> None:
    story.carried_out()
    first = story.bundle().read_bytes()
    assert story.bundle().read_bytes() == first


def test_python_alone_proves_it_with_the_file_inside(story: Story, tmp_path: Path) -> None:
    bundle = story.carried_out().bundle()
    (tmp_path / "elsewhere").mkdir()
    shutil.copy(bundle, tmp_path / "elsewhere")
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(tmp_path / "elsewhere")
    ran = subprocess.run(
        [sys.executable, "-I", "-S", "verify.py", "proof.zip"],
        cwd=tmp_path / "elsewhere",
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "looked back: clean" in ran.stdout


def test_an_access_is_proven_too(tmp_path: Path) -> None:
    story = Story.begin(tmp_path, Right.ACCESS).opened().planned().signed().shredded()
    assert verify.check(story.closed("full").bundle()).lines


def test_a_refusal_is_proven_too(story: Story) -> None:
    told = verify.check(story.opened().planned().turned_down("unfounded").bundle()).lines
    assert f"closed: unfounded, by officer {ssh.fingerprint(story.officer)}" in "\n".join(told)


def test_a_story_that_went_wrong_once_is_proven_when_it_ends_well(story: Story) -> None:
    story.opened().planned(plan_of("paper")).signed()
    story.planned().signed()
    story.begun().declined().begun("crm", 2).begun("crm", 3).done("crm", 3).shredded()
    story.searched(clean=False)
    story.begun("crm", 4).done("crm", 4).searched().closed()
    story.append("request.reopened", cause="a row came back")
    story.begun("crm", 5).done("crm", 5).searched().closed()
    bundle = story.bundle()
    assert sum(name.startswith("plans/") for name in contents(bundle)) == 1
    assert "reopened: a row came back" in "\n".join(verify.check(bundle).lines)


Told = Callable[[Story], object]
TALES: dict[str, tuple[Told, str]] = {
    "no receipt": (
        lambda s: s.opened().planned().signed().begun().searched().closed(),
        "was begun and has no receipt",
    ),
    "a receipt of another attempt": (
        lambda s: s.opened().planned().signed().begun().declined().begun("crm", 2).done("crm", 1),
        "has a receipt and was not begun",
    ),
    "a step never begun": (
        lambda s: s.opened().planned().signed().begun().done().searched().closed(),
        "R-1/paper was planned and has no receipt",
    ),
    "an attempt missing": (
        lambda s: s.opened().planned().signed().begun("crm", 2),
        "an attempt at step R-1/crm is missing",
    ),
    "never signed": (
        lambda s: s.opened().planned().begun(),
        "was begun before its plan was signed",
    ),
    "planned anew and not signed anew": (
        lambda s: s.opened().planned(plan_of("crm")).signed().planned().begun(),
        "was begun before its plan was signed",
    ),
    "another plan begun": (
        lambda s: s.opened().planned().signed().begun(plan="ab" * 32),
        "was begun before its plan was signed",
    ),
    "another plan signed": (
        lambda s: (
            s.opened()
            .planned(plan_of("crm"))
            .planned()
            .signed(plan=sha256(plan_of("crm")).hexdigest())
        ),
        "what was signed is not what was planned",
    ),
    "a signature over other bytes": (
        lambda s: s.opened().planned().signed(over=b"another plan"),
        "signature does not hold",
    ),
    "a signature in another's name": (
        lambda s: s.opened().planned().signed(key="stranger", officer=ssh.fingerprint(s.officer)),
        "another key than the one named",
    ),
    "an attestation of something else": (
        lambda s: (
            s.opened().planned().signed().begun("paper").waiting().attested(token="b")  # noqa: S106
        ),
        "signature does not hold",
    ),
    "no look-back": (
        lambda s: s.opened().planned().signed().begun().done().shredded().closed(),
        "no clean look-back",
    ),
    "a look-back that found rows": (
        lambda s: (
            s.opened()
            .planned()
            .signed()
            .begun()
            .done()
            .shredded()
            .searched()
            .searched(clean=False)
            .closed()
        ),
        "no clean look-back",
    ),
    "work after the look-back": (
        lambda s: s.opened().planned().signed().begun().done().searched().shredded().closed(),
        "no clean look-back",
    ),
    "not closed": (
        lambda s: s.opened().planned().signed().begun().done().searched(),
        "is not closed",
    ),
    "carried out unsigned": (
        lambda s: s.opened().planned().closed("full"),
        "without a signed plan",
    ),
    "never opened": (lambda s: s.planned().closed(), "the entry that opened the request"),
}


@pytest.mark.parametrize("tale", TALES)
def test_a_story_that_does_not_hold_is_refused(story: Story, tale: str) -> None:
    tell, words = TALES[tale]
    tell(story)
    refused(story, words)


@pytest.mark.parametrize("left_out", [0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12])
def test_an_entry_left_out_that_matters_is_missed(story: Story, left_out: int) -> None:
    with pytest.raises(Unproven):
        verify.check(story.carried_out().bundle(without=left_out))


def test_any_flipped_bit_of_what_is_proven_is_found(story: Story) -> None:
    files = contents(story.carried_out().bundle())
    for name, data in files.items():
        if name in ("README.txt", "verify.py"):
            continue
        for at in range(0, len(data), 13):
            forged = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
            with pytest.raises(Unproven):
                verify.check(repacked(story.folder / "forged.zip", {**files, name: forged}))


def test_any_missing_part_is_missed(story: Story) -> None:
    files = contents(story.carried_out().bundle())
    entries = {name for name in files if name.startswith("entries/")}
    for name in set(files) - entries - {"README.txt", "verify.py"}:
        fewer = {other: data for other, data in files.items() if other != name}
        with pytest.raises(Unproven):
            verify.check(repacked(story.folder / "forged.zip", fewer))


def test_an_entry_added_is_found(story: Story) -> None:
    files = contents(story.carried_out().bundle())
    size = notes.read(story.home.checkpoint(), story.home.verifier).size
    for n in (2, size, -1):
        more = {**files, f"entries/{n}.json": files["entries/0.json"]}
        with pytest.raises(Unproven):
            verify.check(repacked(story.folder / "forged.zip", more))


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("bundle.json", b"[]"),
        ("bundle.json", b"[" * 100_000),
        ("bundle.json", b'{"format": 1' + b"0" * 5000 + b"}"),
        ("proofs.json", b'{"inclusion": {"0": [1]}, "consistency": {}}'),
        ("proofs.json", b'{"inclusion": {"0": "xx"}, "consistency": {}}'),
        ("proofs.json", b'{"inclusion": {}}'),
        ("checkpoint", b"acme.example/privacy\n" + b"9" * 5000 + b"\nAAAA\n\n"),
        ("checkpoint", b"\xff"),
        ("verifier-key", b"\xff"),
        ("entries/x.json", b"{}"),
        ("entries/.json", b"{}"),
        ("entries/0.json", b"null"),
        ("entries/0.json", b'{"kind": "home.opened"}'),
        ("plan.json", b"[" * 100_000),
    ],
)
def test_a_part_of_another_shape_is_refused(story: Story, name: str, data: bytes) -> None:
    files = contents(story.carried_out().bundle())
    with pytest.raises(Unproven):
        verify.check(repacked(story.folder / "forged.zip", {**files, name: data}))


@pytest.mark.parametrize("plan", [b"[]", b"null", b"hello", b'{"stores": [1]}', b"[" * 9999])
def test_a_plan_of_another_shape_is_refused(story: Story, plan: bytes) -> None:
    story.opened().planned(plan).signed().begun().done().searched().closed()
    refused(story, "is not what Upheld writes")


def test_a_log_that_means_to_deceive_a_terminal_is_not_obeyed(
    story: Story, capsys: pytest.CaptureFixture[str]
) -> None:
    story.opened().planned().signed().begun("\x1b[2J\nproven\u202e")
    assert verify.main([str(story.bundle())]) == 1
    said = capsys.readouterr().out
    assert said.startswith("NOT PROVEN: step R-1/\\x1b[2J\\nproven\\u202e was begun")
    assert said.count("\n") == 1
    assert said.isascii()


def test_an_entry_of_somebody_else_is_found(story: Story) -> None:
    story.carried_out()
    story.indices.insert(1, story.indices[0] + 1)
    refused(story, "another request")


def test_a_bit_flipped_anywhere_in_the_zip_is_found_or_harmless(story: Story) -> None:
    bundle = story.carried_out().bundle()
    honest, report = bundle.read_bytes(), verify.check(bundle)
    for at in range(0, len(honest), 61):
        bundle.write_bytes(honest[:at] + bytes([honest[at] ^ 1 << at % 8]) + honest[at + 1 :])
        with suppress(Unproven, Unreadable):
            assert verify.check(bundle) == report, "it was the README, a date or a comment"


@pytest.mark.parametrize("part", [0.1, 0.5, 0.99])
def test_a_bundle_cut_short_is_found(story: Story, part: float) -> None:
    bundle = story.carried_out().bundle()
    data = bundle.read_bytes()
    bundle.write_bytes(data[: int(len(data) * part)])
    with pytest.raises(Unproven, match="damaged or cut short"):
        verify.check(bundle)


def test_two_files_of_one_name_are_refused(story: Story) -> None:
    bundle = story.carried_out().bundle()
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(bundle, "a") as archive:
        archive.writestr("plan.json", b"{}")
    with pytest.raises(Unproven, match="two files of one name"):
        verify.check(bundle)


def test_a_bundle_of_a_later_format_says_what_to_do(story: Story) -> None:
    files = contents(story.carried_out().bundle())
    files["bundle.json"] = files["bundle.json"].replace(b'"format":1', b'"format":2')
    with pytest.raises(Unproven, match="use its own"):
        verify.check(repacked(story.folder / "forged.zip", files))


class TestSince:
    """An older checkpoint, kept by whoever received an answer."""

    def test_a_bundle_made_for_it_agrees(self, story: Story) -> None:
        story.opened()
        old = story.home.checkpoint()
        (story.folder / "old").write_text(old)
        size = notes.read(old, story.home.verifier).size
        story.indices.clear()
        story.carried_out()
        bundle = story.bundle(since=(size, size, 0, 10_000))
        report = verify.check(bundle, since=story.folder / "old")
        assert any("agrees" in line for line in report.lines)
        assert [*json.loads(contents(bundle)["proofs.json"])["consistency"]] == [str(size)]
        with pytest.raises(Unproven, match="no consistency proof from size"):
            verify.check(story.bundle(), since=story.folder / "old")

    def test_its_own_checkpoint_agrees(self, story: Story) -> None:
        bundle = story.carried_out().bundle()
        (story.folder / "old").write_text(story.home.checkpoint())
        assert verify.check(bundle, since=story.folder / "old").lines

    def test_a_later_checkpoint_is_told(self, story: Story) -> None:
        bundle = story.carried_out().bundle()
        story.append("request.reopened", cause="rows keep arriving")
        (story.folder / "old").write_text(story.home.checkpoint())
        with pytest.raises(Unproven, match="older than the checkpoint"):
            verify.check(bundle, since=story.folder / "old")

    def test_a_fork_is_found(self, story: Story, tmp_path: Path) -> None:
        (tmp_path / "fork").mkdir()
        fork = Story.begin(tmp_path / "fork").opened()
        fork.append("request.reopened", cause="another history")
        (story.folder / "old").write_text(fork.home.checkpoint())
        size = fork.home.size()
        bundle = story.carried_out().bundle(since=(size,))
        with pytest.raises(Unproven, match="forked"):
            verify.check(bundle, since=story.folder / "old")


def test_a_bundle_is_written_whole_or_not_at_all(story: Story) -> None:
    story.carried_out()
    (story.folder / "proof.zip").mkdir()
    with pytest.raises(BadInput, match="is a folder"):
        story.bundle()
    assert not list(story.folder.glob(".*"))
    (story.folder / "proof.zip").rmdir()
    (story.folder / "proof.zip").write_bytes(b"SQLite format 3")
    with pytest.raises(BadInput, match="is there already"):
        story.bundle()
    assert (story.folder / "proof.zip").read_bytes() == b"SQLite format 3"
    story.folder = story.folder / "nowhere"
    with pytest.raises(BadInput, match="`proof"):
        story.bundle()


def test_a_lost_plan_is_told(story: Story) -> None:
    story.carried_out()
    story.plan = b"a plan that was never kept"
    with pytest.raises(HomeFailed, match="has lost a plan"):
        story.bundle()
