"""Checkpoints are C2SP signed notes, read strictly."""

from __future__ import annotations

import json
from base64 import b64decode
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from upheld.errors import BadInput, NotProven, UpheldError
from upheld.evidence import notes, verify

ORIGIN = "acme.example/privacy"
LOG = Ed25519PrivateKey.from_private_bytes(b"l" * 32)
OTHER = Ed25519PrivateKey.from_private_bytes(b"o" * 32)
KEY = notes.verifier_key(ORIGIN, LOG)
ROOT = sha256(b"a root").digest()
NOTE = notes.sign(ORIGIN, 12, ROOT, LOG)


def test_what_was_signed_is_read_back() -> None:
    note = notes.read(NOTE, KEY)
    assert (note.origin, note.size, note.root) == (ORIGIN, 12, ROOT)
    assert verify.signed_by(verify.read_note(NOTE), KEY), "the auditor's own arithmetic agrees"


def test_a_note_looks_as_c2sp_says() -> None:
    lines = NOTE.split("\n")
    assert lines[0] == ORIGIN
    assert lines[1] == "12"
    assert b64decode(lines[2]) == ROOT
    assert lines[3] == ""
    dash, name, signature = lines[4].split(" ")
    assert (dash, name, lines[5]) == ("\u2014", ORIGIN, "")
    public = LOG.public_key().public_bytes_raw()
    mark = sha256(ORIGIN.encode() + b"\n\x01" + public).digest()[:4]
    assert b64decode(signature)[:4] == mark
    assert KEY.split("+", 2)[:2] == [ORIGIN, mark.hex()]
    assert b64decode(KEY.split("+", 2)[2]) == b"\x01" + public


def test_no_flipped_character_is_accepted() -> None:
    for at in range(len(NOTE)):
        for put in {chr(ord(NOTE[at]) ^ 1), "", "A", " ", "\n"} - {NOTE[at]}:
            with pytest.raises(NotProven):
                notes.read(NOTE[:at] + put + NOTE[at + 1 :], KEY)


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n\n",
        NOTE.replace("\n12\n", "\n012\n"),
        NOTE.replace("\n12\n", "\n+12\n"),
        NOTE.replace("\n12\n", "\n\u0661\u0662\n"),
        NOTE.replace("\n\n", "\nextra\n\n"),
        NOTE.replace("\n", "\r\n"),
        NOTE + "\n",
        NOTE + NOTE,
        NOTE.rstrip("\n"),
    ],
)
def test_another_form_of_a_note_is_refused(note: str) -> None:
    with pytest.raises(NotProven):
        notes.read(note, KEY)


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    with pytest.raises(NotProven):
        notes.read(text, KEY)


def test_a_note_of_another_key_or_log_is_refused() -> None:
    with pytest.raises(NotProven, match="another log or key"):
        notes.read(notes.sign(ORIGIN, 12, ROOT, OTHER), KEY)
    with pytest.raises(NotProven, match="another log or key"):
        notes.read(notes.sign("other.example", 12, ROOT, LOG), KEY)


def test_a_witness_may_sign_beside_the_log() -> None:
    cosigned = NOTE + notes.sign("witness", 1, ROOT, OTHER).rpartition("\n\n")[2]
    assert notes.read(cosigned, KEY).size == 12


@pytest.mark.parametrize("origin", ["", "a b", "a+b", "a\nb", "a\u00a0b", "\x7f "])
def test_a_name_that_cannot_stand_in_a_note_is_refused(origin: str) -> None:
    with pytest.raises(BadInput):
        notes.check_origin(origin)


@pytest.mark.parametrize("key", ["", "a", "a+b+c", KEY[:-1], KEY.replace("+", "-"), f"b{KEY}"])
def test_a_key_that_is_not_one_is_refused(key: str) -> None:
    with pytest.raises(UpheldError):
        notes.read(NOTE, key)
    with pytest.raises(verify.Unreadable):
        verify.read_verifier(key)


def test_a_line_of_the_checkpoints_file_holds_a_whole_note() -> None:
    line = notes.as_line(NOTE)
    assert "\n" not in line
    assert json.loads(line) == NOTE
    assert notes.from_line(line, KEY).size == 12
    read = verify.read_notes(f"{line}\n\n{line}\n".encode(), "checkpoints")
    assert [note.size for note in read] == [12, 12]
    assert [note.size for note in verify.read_notes(NOTE.encode(), "note")] == [12]


@pytest.mark.parametrize("line", ["", "12", '"a"', "[]", notes.sign(ORIGIN, 1, ROOT, OTHER)])
def test_a_line_without_a_note_of_this_log_is_refused(line: str) -> None:
    with pytest.raises(NotProven):
        notes.from_line(line, KEY)


@pytest.mark.parametrize("data", [b"", b"\xff", b'"a"\n', b'"a\n', b"hello", b'"x"\nhello'])
def test_a_file_without_checkpoints_is_refused(data: bytes) -> None:
    with pytest.raises(verify.Unreadable):
        verify.read_notes(data, "checkpoints")
