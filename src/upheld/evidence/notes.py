"""Signed checkpoints of the log: C2SP signed-note and tlog-checkpoint, Ed25519."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from upheld.errors import BadInput, NotProven
from upheld.evidence import verify
from upheld.evidence.verify import Note, key_hash

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

__all__ = ["Note", "as_line", "check_origin", "read", "sign", "verifier_key"]


def verifier_key(origin: str, log: Ed25519PrivateKey) -> str:
    """Return the verifier key `origin+hash+base64` a company publishes."""
    public = log.public_key().public_bytes_raw()
    encoded = b64encode(b"\1" + public).decode()
    return f"{origin}+{key_hash(origin, public).hex()}+{encoded}"


def sign(origin: str, size: int, root: bytes, log: Ed25519PrivateKey) -> str:
    """Return the signed note over a tree of this size and root."""
    text = f"{origin}\n{size}\n{b64encode(root).decode()}\n"
    mark = key_hash(origin, log.public_key().public_bytes_raw())
    signature = b64encode(mark + log.sign(text.encode())).decode()
    return f"{text}\n\u2014 {origin} {signature}\n"


def read(note: str, key: str) -> Note:
    """Read a checkpoint signed with this verifier key.

    Raises:
        NotProven: it is not a signed checkpoint, or not this key's, or was changed.
    """
    try:
        found = verify.read_note(note)
        signs = verify.signed_by(found, key, _holds)
    except verify.Unproven as wrong:
        raise NotProven(str(wrong)) from wrong
    except verify.Unreadable as wrong:
        raise BadInput(str(wrong)) from wrong
    if not signs or found.origin != key.partition("+")[0]:
        raise NotProven("the checkpoint is of another log or key; give the one of this home")
    return found


def as_line(note: str) -> str:
    """Return a note as one line of the company's `checkpoints` file: a JSON string."""
    return json.dumps(note, ensure_ascii=False)


def from_line(line: str, key: str) -> Note:
    """Return the note of a line that `as_line` wrote, if this verifier key signed it.

    Raises:
        NotProven: the line is no signed note of this log.
    """
    try:
        note = json.loads(line)
    except ValueError:
        note = None
    if not isinstance(note, str):
        raise NotProven("a line of `checkpoints` is no signed note; restore the file from git")
    return read(note, key)


def check_origin(origin: str) -> None:
    """Refuse a log name that C2SP does not allow as a key name."""
    if not origin or "+" in origin or any(letter.isspace() or letter < "!" for letter in origin):
        raise BadInput(
            "the origin of a log has no spaces and no `+`; write it like `acme.example/privacy`"
        )


def _holds(public: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
