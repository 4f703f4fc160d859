"""Keys come by reference, and show themselves to nobody."""

from __future__ import annotations

import hmac
from base64 import b64encode
from pathlib import Path

import pytest

from upheld.errors import BadIdentity, BadInput
from upheld.evidence.keys import Keys, load_keys, make_key_file

SECRET = bytes(range(32))
TEXT = b64encode(SECRET).decode()
REFERENCES = {"home": "env:HOME_KEY", "wrap": "env:WRAP_KEY", "log": "env:LOG_KEY"}
ENV = {"HOME_KEY": TEXT, "WRAP_KEY": TEXT + "\n", "LOG_KEY": TEXT}


def test_keys_come_from_the_environment(tmp_path: Path) -> None:
    assert load_keys(REFERENCES, env=ENV, base=tmp_path) == Keys(SECRET, SECRET, SECRET)


def test_keys_come_from_files_that_init_made(tmp_path: Path) -> None:
    for name in ("home", "wrap", "log"):
        make_key_file(tmp_path / "keys" / f"{name}.key")
        assert (tmp_path / "keys" / f"{name}.key").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700
    references = {name: f"file:keys/{name}.key" for name in ("home", "wrap", "log")}
    keys = load_keys(references, env={}, base=tmp_path)
    assert len({keys.home, keys.wrap, keys.log}) == 3
    assert {len(keys.home), len(keys.wrap), len(keys.log)} == {32}


def test_a_key_in_use_is_never_overwritten(tmp_path: Path) -> None:
    make_key_file(tmp_path / "home.key")
    before = (tmp_path / "home.key").read_bytes()
    with pytest.raises(BadInput, match="never overwritten"):
        make_key_file(tmp_path / "home.key")
    assert (tmp_path / "home.key").read_bytes() == before


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o660, 0o777])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    make_key_file(tmp_path / "k")
    (tmp_path / "k").chmod(mode)
    with pytest.raises(BadInput, match="chmod 600"):
        load_keys({**REFERENCES, "log": "file:k"}, env=ENV, base=tmp_path)


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_key_that_only_its_owner_can_read_is_used(tmp_path: Path, mode: int) -> None:
    make_key_file(tmp_path / "k")
    (tmp_path / "k").chmod(mode)
    load_keys({**REFERENCES, "log": "file:k"}, env=ENV, base=tmp_path)


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("env:NOBODY", "is not set"),
        ("file:nowhere.key", "cannot be read"),
        ("file:.", "cannot be read"),
        (TEXT, "never the key itself"),
        ("", "never the key itself"),
        ("env:SHORT", "32 bytes"),
        ("env:ODD", "32 bytes"),
        ("env:FAR", "32 bytes"),
    ],
)
def test_a_reference_that_leads_nowhere_is_refused(
    tmp_path: Path, reference: str, words: str
) -> None:
    env = {**ENV, "SHORT": "c2VjcmV0", "ODD": "%secret%", "FAR": "s\u00e9cret"}
    with pytest.raises(BadInput, match=words) as refused:
        load_keys({**REFERENCES, "wrap": reference}, env=env, base=tmp_path)
    assert "`wrap`" in str(refused.value)
    assert TEXT not in str(refused.value)
    assert "cret" not in repr(refused.value)


def test_a_key_that_is_not_named_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="`log`"):
        load_keys({"home": "env:HOME_KEY", "wrap": "env:WRAP_KEY"}, env=ENV, base=tmp_path)


def test_keys_show_nothing() -> None:
    keys = Keys(b"h" * 32, b"w" * 32, b"l" * 32)
    assert repr(keys) == "Keys()"
    assert "hhh" not in str(keys)


def test_a_tag_is_the_hmac_of_kind_version_and_value() -> None:
    keys = Keys(SECRET, SECRET, SECRET)
    expected = hmac.digest(SECRET, b"email\x001\x00ada@example.com", "sha256")
    assert keys.tag("email", "ada@example.com") == expected
    assert keys.tag("phone", "ada@example.com") != expected
    assert keys.tag("email", "ada@example.com", normaliser=b"2") != expected
    assert Keys(b"x" * 32, SECRET, SECRET).tag("email", "ada@example.com") != expected


def test_a_kind_cannot_run_into_its_value() -> None:
    with pytest.raises(BadInput):
        Keys(SECRET, SECRET, SECRET).tag("email\x001\x00ada", "x")


def test_a_value_that_is_no_text_is_refused_without_being_told() -> None:
    with pytest.raises(BadIdentity) as refused:
        Keys(SECRET, SECRET, SECRET).tag("email", "secret\ud800")
    assert "secret" not in str(refused.value)
