"""The auditor's Ed25519 is that of RFC 8032."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from upheld.evidence.verify import ed25519_holds

ORDER = 2**252 + 27742317777372353535851937790883648493
# RFC 8032 §7.1: secret key, public key, message, signature.
VECTORS = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
            "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
    (
        "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        (
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
        ),
        (
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
            "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"
        ),
    ),
]


@pytest.mark.parametrize(("secret", "public", "message", "signature"), VECTORS)
def test_the_vectors_of_the_rfc_hold(
    secret: str, public: str, message: str, signature: str
) -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret))
    assert key.public_key().public_bytes_raw().hex() == public
    assert key.sign(bytes.fromhex(message)).hex() == signature
    given = bytes.fromhex(public), bytes.fromhex(signature), bytes.fromhex(message)
    assert ed25519_holds(*given)


@settings(max_examples=25)
@given(secret=st.binary(min_size=32, max_size=32), message=st.binary(max_size=99), data=st.data())
def test_it_agrees_with_another_implementation(
    secret: bytes, message: bytes, data: st.DataObject
) -> None:
    key = Ed25519PrivateKey.from_private_bytes(secret)
    public, signature = key.public_key().public_bytes_raw(), key.sign(message)
    assert ed25519_holds(public, signature, message)
    bit = data.draw(st.integers(0, 511))
    forged = bytearray(signature)
    forged[bit // 8] ^= 1 << bit % 8
    assert not ed25519_holds(public, bytes(forged), message)
    assert not ed25519_holds(public, signature, message + b"!")


def test_an_s_above_the_order_is_another_form_and_refused() -> None:
    _, public, message, signature = VECTORS[1]
    raw = bytes.fromhex(signature)
    again = (int.from_bytes(raw[32:], "little") + ORDER).to_bytes(32, "little")
    assert not ed25519_holds(bytes.fromhex(public), raw[:32] + again, bytes.fromhex(message))


@pytest.mark.parametrize(
    "public",
    [
        (2**255 - 19).to_bytes(32, "little"),  # y = p, another form of zero
        (2**255 - 18).to_bytes(32, "little"),  # y = p + 1
        (1 | 1 << 255).to_bytes(32, "little"),  # x = 0 with the sign of a negative
        (2).to_bytes(32, "little"),  # not on the curve
        b"short",
        b"",
    ],
)
def test_a_public_key_not_in_its_one_form_is_refused(public: bytes) -> None:
    _, _, message, signature = VECTORS[0]
    assert not ed25519_holds(public, bytes.fromhex(signature), bytes.fromhex(message))


@pytest.mark.parametrize(
    "public", [(2**255 - 18).to_bytes(32, "little"), (1 | 1 << 255).to_bytes(32, "little")]
)
def test_nothing_is_signed_under_another_form_of_the_neutral_point(public: bytes) -> None:
    """Under it, R = neutral and S = 0 would sign every message."""
    assert not ed25519_holds(public, (1).to_bytes(32, "little") + bytes(32), b"every message")


@pytest.mark.parametrize("length", [0, 32, 63, 65])
def test_a_signature_of_another_length_is_refused(length: int) -> None:
    _, public, message, signature = VECTORS[0]
    raw = (bytes.fromhex(signature) + b"\0" * 9)[:length]
    assert not ed25519_holds(bytes.fromhex(public), raw, bytes.fromhex(message))
