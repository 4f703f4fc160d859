"""Officers sign as `ssh-keygen -Y` does."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from upheld.errors import BadInput, NotSigned
from upheld.evidence import ssh, verify

PLAN = b'{"plan":"a plan","rows":12}'
KEYGEN = shutil.which("ssh-keygen")


def keygen(*arguments: str | Path, message: bytes | None = None) -> str:
    if KEYGEN is None:
        pytest.fail("ssh-keygen is not on this machine; install openssh-client")
    ran = subprocess.run(
        [KEYGEN, *map(str, arguments)], input=message, capture_output=True, check=False
    )
    assert ran.returncode == 0, ran.stderr.decode() + ran.stdout.decode()
    return ran.stdout.decode()


@dataclass(frozen=True, slots=True)
class Officer:
    """A key pair on disk."""

    key: Path

    @property
    def public(self) -> str:
        """The line of the .pub file."""
        return self.key.with_name(f"{self.key.name}.pub").read_text()


@pytest.fixture
def officer(tmp_path: Path) -> Officer:
    keygen("-q", "-t", "ed25519", "-N", "", "-C", "privacy officer", "-f", tmp_path / "officer")
    return Officer(tmp_path / "officer")


@pytest.fixture
def other(tmp_path: Path) -> Officer:
    keygen("-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "other")
    return Officer(tmp_path / "other")


def test_our_signature_is_accepted_by_openssh(officer: Officer, tmp_path: Path) -> None:
    (tmp_path / "plan.sig").write_text(ssh.sign(PLAN, officer.key))
    (tmp_path / "allowed").write_text(f"officer {officer.public}")
    said = keygen(
        *("-Y", "verify", "-f", tmp_path / "allowed", "-I", "officer"),
        *("-n", "upheld-plan", "-s", tmp_path / "plan.sig"),
        message=PLAN,
    )
    assert ssh.fingerprint(officer.public) in said


def test_a_signature_of_openssh_is_accepted_by_us(officer: Officer, tmp_path: Path) -> None:
    (tmp_path / "plan").write_bytes(PLAN)
    keygen("-Y", "sign", "-q", "-f", officer.key, "-n", "upheld-plan", tmp_path / "plan")
    armored = (tmp_path / "plan.sig").read_text()
    ssh.verify_signature(PLAN, armored, officer.public)
    assert armored == ssh.sign(PLAN, officer.key), "Ed25519 is deterministic: the same bytes"
    public, signature = verify.read_sshsig(armored, "upheld-plan")
    assert verify.ed25519_holds(public, signature, verify.sshsig_message(PLAN, "upheld-plan"))


def test_the_fingerprint_is_the_one_openssh_prints(officer: Officer) -> None:
    printed = keygen("-l", "-f", officer.key).split()[1]
    assert ssh.fingerprint(officer.public) == printed
    assert ssh.fingerprint(ssh.public_line(officer.key)) == printed
    assert ssh.signer(ssh.sign(PLAN, officer.key)) == printed


def test_another_plan_officer_or_namespace_is_refused(officer: Officer, other: Officer) -> None:
    signed = ssh.sign(PLAN, officer.key)
    with pytest.raises(NotSigned, match="these bytes"):
        ssh.verify_signature(PLAN + b" ", signed, officer.public)
    with pytest.raises(NotSigned, match="another officer"):
        ssh.verify_signature(PLAN, signed, other.public)
    with pytest.raises(NotSigned, match="not made for"):
        ssh.verify_signature(PLAN, signed, officer.public, namespace="file")


def test_no_flipped_character_is_accepted(officer: Officer) -> None:
    signed = ssh.sign(PLAN, officer.key)
    for at, character in enumerate(signed.rstrip("\n")):
        with pytest.raises(NotSigned):
            ssh.verify_signature(
                PLAN,
                signed[:at] + ("A" if character != "A" else "B") + signed[at + 1 :],
                officer.public,
            )


@pytest.mark.parametrize(
    "armored",
    [
        "",
        "hello",
        "-----BEGIN SSH SIGNATURE-----\n-----END SSH SIGNATURE-----",
        "-----BEGIN SSH SIGNATURE-----\nU1NIU0lHAAAAAQ==\n-----END SSH SIGNATURE-----",
        "-----BEGIN SSH SIGNATURE-----\nU1NIU0lHAAAAAf////8=\n-----END SSH SIGNATURE-----",
    ],
)
def test_what_is_no_signature_is_refused(officer: Officer, armored: str) -> None:
    with pytest.raises(NotSigned):
        ssh.verify_signature(PLAN, armored, officer.public)


def test_a_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    keygen("-q", "-t", "ecdsa", "-N", "", "-f", tmp_path / "k")
    with pytest.raises(BadInput, match="is not ssh-ed25519"):
        ssh.sign(PLAN, tmp_path / "k")
    with pytest.raises(BadInput, match="ssh-ed25519 AAAA"):
        ssh.fingerprint((tmp_path / "k.pub").read_text())


def test_a_locked_key_is_refused(tmp_path: Path) -> None:
    keygen("-q", "-t", "ed25519", "-N", "a passphrase", "-f", tmp_path / "k")
    with pytest.raises(BadInput, match="passphrase"):
        ssh.sign(PLAN, tmp_path / "k")


def test_a_key_that_is_none_is_refused(tmp_path: Path, officer: Officer) -> None:
    (tmp_path / "k").write_text("not a key")
    for file in (tmp_path / "k", tmp_path / "nowhere", tmp_path, tmp_path / "officer.pub"):
        with pytest.raises(BadInput) as refused:
            ssh.sign(PLAN, file)
        assert str(tmp_path) not in str(refused.value)
    cut = officer.key.read_text().splitlines()
    (tmp_path / "k").write_text("\n".join(cut[:3] + cut[-1:]))
    with pytest.raises(BadInput):
        ssh.sign(PLAN, tmp_path / "k")


@pytest.mark.parametrize("line", ["", "ssh-ed25519", "ssh-ed25519 AAAA", "ssh-rsa AAAA", "x y z"])
def test_a_public_key_that_is_none_is_refused(line: str) -> None:
    with pytest.raises(BadInput):
        ssh.fingerprint(line)
