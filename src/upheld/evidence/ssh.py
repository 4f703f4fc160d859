"""Officers' signatures: OpenSSH's SSHSIG with ssh-ed25519 keys, as `ssh-keygen -Y` makes them."""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_ssh_private_key

from upheld.errors import BadInput, NotSigned
from upheld.evidence import verify
from upheld.evidence.verify import NAMESPACE, ssh_key, ssh_string, sshsig_message

__all__ = ["NAMESPACE", "fingerprint", "public_line", "sign", "signer", "verify_signature"]


def sign(message: bytes, key_file: Path, *, namespace: str = NAMESPACE) -> str:
    """Sign bytes with an unencrypted OpenSSH private key file; return the armored signature."""
    key = _private_key(key_file)
    signature = key.sign(sshsig_message(message, namespace))
    fields = (
        ssh_key(key.public_key().public_bytes_raw()),
        namespace.encode(),
        b"",
        b"sha512",
        ssh_string(b"ssh-ed25519") + ssh_string(signature),
    )
    blob = b"SSHSIG\0\0\0\1" + b"".join(ssh_string(each) for each in fields)
    text = b64encode(blob).decode()
    lines = [text[at : at + 70] for at in range(0, len(text), 70)]
    return "\n".join((verify.ARMOR[0], *lines, verify.ARMOR[1], ""))


def verify_signature(
    message: bytes, armored: str, officer: str, *, namespace: str = NAMESPACE
) -> None:
    """Accept a signature that this `ssh-ed25519 AAAA…` public key made over these bytes.

    Raises:
        NotSigned: another key, another namespace, other bytes, or no signature at all.
        BadInput: the officer's public key is not one.
    """
    try:
        public, signature = verify.read_sshsig(armored, namespace)
    except verify.Unproven as wrong:
        raise NotSigned(str(wrong)) from wrong
    if public != _public_bytes(officer):
        raise NotSigned("the signature was made with another officer's key; sign with your own")
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(
            signature, sshsig_message(message, namespace)
        )
    except InvalidSignature as wrong:
        raise NotSigned("the signature is not over these bytes; sign the plan as it is") from wrong


def signer(armored: str, *, namespace: str = NAMESPACE) -> str:
    """Return the fingerprint of the key in a signature; says nothing about its validity."""
    try:
        return verify.fingerprint(verify.read_sshsig(armored, namespace)[0])
    except verify.Unproven as wrong:
        raise NotSigned(str(wrong)) from wrong


def fingerprint(officer: str) -> str:
    """Return the fingerprint `SHA256:…` of a public key, as `ssh-keygen -l` prints it."""
    return verify.fingerprint(_public_bytes(officer))


def public_line(key_file: Path) -> str:
    """Return the public key `ssh-ed25519 AAAA…` of a private key file."""
    public = _private_key(key_file).public_key().public_bytes_raw()
    return f"ssh-ed25519 {b64encode(ssh_key(public)).decode()}"


def _public_bytes(line: str) -> bytes:
    kind, _, rest = line.strip().partition(" ")
    try:
        blob = b64decode(rest.split(" ")[0], validate=True)
    except (NotBase64, ValueError):
        blob = b""
    if kind != "ssh-ed25519" or blob != ssh_key(blob[-32:]):
        raise BadInput("an officer's key is not `ssh-ed25519 AAAA…`; copy it from the .pub file")
    return blob[-32:]


def _private_key(path: Path) -> Ed25519PrivateKey:
    try:
        data = path.read_bytes()
    except OSError as wrong:
        raise BadInput(f"key file `{path.name}` cannot be read: {wrong.strerror}") from wrong
    try:
        key = load_ssh_private_key(data, password=None)
    except TypeError as wrong:
        raise BadInput(
            f"key file `{path.name}` is locked with a passphrase; use one without, "
            "or sign with `ssh-keygen -Y sign`"
        ) from wrong
    except (ValueError, UnsupportedAlgorithm) as wrong:
        raise BadInput(f"key file `{path.name}` is not an OpenSSH private key") from wrong
    if not isinstance(key, Ed25519PrivateKey):
        raise BadInput(
            f"key file `{path.name}` is not ssh-ed25519; make one with `ssh-keygen -t ed25519`"
        )
    return key
