"""What is sealed for a request: AES-256-GCM under the request's own key, itself wrapped."""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from upheld.errors import HomeFailed, NotProven

_NONCE = 12


def new_key() -> bytes:
    """Return a new key for one request; from the machine's randomness, never from a seed."""
    return AESGCM.generate_key(256)


def wrap(key: bytes, request: str, wrapping: bytes) -> bytes:
    """Return a request's key, wrapped for keeping in home."""
    return _sealed(wrapping, key, request.encode())


def unwrap(wrapped: bytes, request: str, wrapping: bytes) -> bytes:
    """Return a request's key.

    Raises:
        HomeFailed: the `wrap` key is not the one it was wrapped with, or its bytes were changed.
    """
    try:
        return _open(wrapping, wrapped, request.encode())
    except InvalidTag as wrong:
        raise HomeFailed(
            f"the key of request {request} does not open: the `wrap` key is another one, or its "
            "bytes were changed; give the `wrap` key it was made with"
        ) from wrong


def seal(key: bytes, request: str, name: str, secret: bytes) -> bytes:
    """Return a secret, sealed to the place it is kept at."""
    return _sealed(key, secret, _place(request, name))


def unseal(key: bytes, request: str, name: str, sealed: bytes) -> bytes:
    """Return what was sealed at this place; `NotProven` if it was changed or moved."""
    try:
        return _open(key, sealed, _place(request, name))
    except InvalidTag as wrong:
        raise NotProven(
            f"what was sealed for request {request} was changed; restore home from a backup"
        ) from wrong


def _place(request: str, name: str) -> bytes:
    return request.encode() + b"\0" + name.encode()


def _sealed(key: bytes, secret: bytes, place: bytes) -> bytes:
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, secret, place)


def _open(key: bytes, sealed: bytes, place: bytes) -> bytes:
    return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], place)
