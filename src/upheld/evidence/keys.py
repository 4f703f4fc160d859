"""The three keys of a home, by reference only: `env:NAME` or `file:PATH`; never in the database."""

from __future__ import annotations

import hmac
import os
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from stat import S_IMODE

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from upheld.errors import BadIdentity, BadInput
from upheld.identity import NORMALISER

SIZE = 32
NAMES = ("home", "wrap", "log")
_NORMALISER = NORMALISER.encode()


@dataclass(frozen=True, slots=True)
class Keys:
    """The secrets of a home, 32 bytes each.

    `home` makes tags of identities, `wrap` wraps the keys of requests, `log` is the Ed25519 seed
    that signs checkpoints.
    """

    home: bytes = field(repr=False)
    wrap: bytes = field(repr=False)
    log: bytes = field(repr=False)

    @property
    def signer(self) -> Ed25519PrivateKey:
        """The private key that signs checkpoints."""
        return Ed25519PrivateKey.from_private_bytes(self.log)

    def tag(self, kind: str, value: str, *, normaliser: bytes = _NORMALISER) -> bytes:
        """Return the tag of a normalised identity: HMAC-SHA256 under `home`.

        Raises:
            BadIdentity: it is not text that can be encoded.
        """
        if "\0" in kind:
            raise BadInput("a kind of identity holds a NUL; use a plain word such as `email`")
        try:
            message = b"\0".join((kind.encode(), normaliser, value.encode()))
        except UnicodeEncodeError:  # its cause would quote the value
            raise BadIdentity(f"the `{kind}` given is not valid text; write it anew") from None
        return hmac.digest(self.home, message, "sha256")

    def mark(self, name: str) -> bytes:
        """Return what home remembers `home` or `wrap` by, to know a wrong key at the door."""
        secret = {"home": self.home, "wrap": self.wrap}[name]
        return sha256(b"upheld key mark\0" + name.encode() + b"\0" + secret).digest()[:16]


def load_keys(references: Mapping[str, str], *, env: Mapping[str, str], base: Path) -> Keys:
    """Read the keys `home`, `wrap` and `log`; a relative path starts at `base`."""
    missing = [name for name in NAMES if name not in references]
    if missing:
        raise BadInput(f"no key `{missing[0]}` is named; add it to `[keys]` of upheld.toml")
    home, wrap, log = (_secret(name, references[name], env=env, base=base) for name in NAMES)
    return Keys(home, wrap, log)


def make_key_file(path: Path) -> None:
    """Write a new random key that only its owner can read; an existing file is left alone."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as wrong:
        raise BadInput(f"`{path.name}` exists; a key in use is never overwritten") from wrong
    except OSError as wrong:
        raise BadInput(f"`{path.name}` cannot be written: {wrong.strerror}") from wrong
    with os.fdopen(handle, "w") as stream:
        stream.write(b64encode(os.urandom(SIZE)).decode() + "\n")


def _secret(name: str, reference: str, *, env: Mapping[str, str], base: Path) -> bytes:
    scheme, _, where = reference.partition(":")
    match scheme:
        case "env":
            text = env.get(where)
            if text is None:
                raise BadInput(f"key `{name}`: the variable `{where}` is not set; set it")
        case "file":
            text = _private_text(name, base / where)
        case _:
            raise BadInput(f"key `{name}`: write `env:NAME` or `file:PATH`, never the key itself")
    try:
        secret = b64decode(text.strip(), validate=True)
    except (NotBase64, ValueError):  # its cause would quote the key
        secret = b""
    if len(secret) != SIZE:
        raise BadInput(f"key `{name}` is not base64 of {SIZE} bytes; make one with `upheld init`")
    return secret


def _private_text(name: str, path: Path) -> str:
    try:
        with path.open() as stream:
            mode = S_IMODE(os.fstat(stream.fileno()).st_mode)
            text = stream.read()
    except (OSError, UnicodeDecodeError) as wrong:
        raise BadInput(f"key `{name}`: `{path.name}` cannot be read; check the path") from wrong
    if mode & 0o077:
        raise BadInput(f"key `{name}`: others can read `{path.name}`; run `chmod 600` on it")
    return text
