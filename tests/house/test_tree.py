from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from tests.house.tree import ROOT, files, named

if TYPE_CHECKING:
    from pathlib import Path

LARGEST = 1_000_000
HOST = re.compile(r"https?://([A-Za-z0-9.-]+)")
HOME_OF_SOMEBODY = re.compile(r"(?<![\w.*~$}>-])/(?:work|farm|root|home|Users|tmp)/")
# Where a reader may be sent, or what a standard is named by. Where packages come from is not said.
KNOWN_HOSTS = {
    "c2sp.org",
    "ec.europa.eu",
    "eur-lex.europa.eu",
    "json-schema.org",
    "json.schemastore.org",
    "keepachangelog.com",
    "semver.org",
    "w3id.org",
    "www.edpb.europa.eu",
    "www.apache.org",
    "www.rfc-editor.org",
    "www.w3.org",
}
# Files of facts whose very subject is who stands where: authorities that people complain to.
FACTS_OF_HOSTS = {"src/upheld/data/authorities.yaml"}
RESERVED = re.compile(r"(^|\.)(example(\.(com|org|net))?|test|invalid|localhost)$|^127\.[0-9.]+$")


def text_of(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace")


def strange_hosts(text: str) -> set[str]:
    hosts = {host.lower().rstrip(".") for host in HOST.findall(text)}
    return {host for host in hosts - KNOWN_HOSTS if not RESERVED.search(host)}


def test_no_file_names_a_folder_of_one_machine() -> None:
    found = {named(file): HOME_OF_SOMEBODY.findall(text_of(file)) for file in files()}
    wrong = {name: folders for name, folders in found.items() if folders}
    assert not wrong, "write relative paths"


def test_no_file_names_a_host_we_do_not_know() -> None:
    found = {named(file): strange_hosts(text_of(file)) for file in files()}
    wrong = {name: hosts for name, hosts in found.items() if hosts and name not in FACTS_OF_HOSTS}
    assert not wrong, "use a reserved name (RFC 2606)"


def test_no_file_is_too_large_to_review() -> None:
    assert [named(file) for file in files() if file.stat().st_size > LARGEST] == []


def test_the_lock_pins_by_hash_and_says_nothing_of_where_from() -> None:
    lock = text_of(ROOT / "requirements.lock")
    pins = re.findall(r"^([a-z0-9.-]+)==\S+", lock, re.MULTILINE)
    blocks = re.split(r"^(?=[a-z0-9.-]+==)", lock, flags=re.MULTILINE)[1:]
    assert len(pins) == len(blocks) > 0
    assert all("--hash=sha256:" in block for block in blocks)
    assert "://" not in lock
    assert "index" not in lock
    assert not (ROOT / "uv.lock").exists(), "`uv.lock` records hosts; use `make lock`"


def test_ci_runs_what_a_person_runs() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK), "chmod +x .ci/run"
    assert script.read_text("utf-8").split("\n\n")[-1].split("\n") == [
        "make check",
        "make test",
        "make test-all",
        "",
    ]
