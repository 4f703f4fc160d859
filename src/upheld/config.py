"""Reads `upheld.toml`: where home is, which keys it uses, who the officers are; pure."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationError

from upheld.errors import BadFile
from upheld.files import Form
from upheld.model import Profile
from upheld.model.erasing import Limits

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Settings:
    """What a company sets.

    `keys` are references, never secrets; `officers` are public keys; `watch` is how long an
    erasure is looked back on; `limits` are what one officer may sign alone.
    """

    home: str
    origin: str
    zone: ZoneInfo
    keys: Mapping[str, str]
    officers: Mapping[str, str]
    watch: timedelta
    profile: Profile
    limits: Limits


class LimitsForm(Form):
    """What one officer may sign alone; more needs a second one."""

    what = "[limits]"

    rows: int = Field(default=10_000, ge=1)
    share: str = "10%"
    small_table: int = Field(default=1_000, ge=1)


class SettingsForm(Form):
    """What `upheld.toml` says."""

    what = "upheld.toml"

    home: str
    origin: str
    zone: str = "UTC"
    profile: Profile = Profile.SEED
    look_back_days: int = Field(default=90, ge=1, le=3650)
    keys: dict[str, str]
    officers: dict[str, str] = Field(default_factory=dict)
    limits: LimitsForm = Field(default_factory=LimitsForm)


def parse_settings(text: str, name: str = "upheld.toml") -> Settings:
    """Return the settings a file says.

    Raises:
        BadFile: it is not TOML, or something in it is wrong; with the line.
    """
    form = _form(text, name)
    for key, reference in form.keys.items():
        if not reference.startswith(("env:", "file:")):
            raise BadFile(
                _line(text, name, key),
                f"key `{key}` must be a reference, `env:NAME` or `file:PATH`, never the secret",
            )
    for officer, public in form.officers.items():
        if not public.startswith("ssh-ed25519 "):
            raise BadFile(
                _line(text, name, officer),
                f"officer `{officer}` needs a public key that begins with `ssh-ed25519`",
            )
    return Settings(
        home=form.home,
        origin=form.origin,
        zone=_zone(text, name, form.zone),
        keys=form.keys,
        officers=form.officers,
        watch=timedelta(days=form.look_back_days),
        profile=form.profile,
        limits=_limits(text, name, form.limits),
    )


def _form(text: str, name: str) -> SettingsForm:
    try:
        return SettingsForm.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as wrong:
        line = re.search(r"line (\d+)", str(wrong))
        where = line.group(1) if line else "1"
        raise BadFile(f"{name}:{where}", "this is not TOML; check quotes and brackets") from None
    except ValidationError as wrong:
        first = wrong.errors(include_url=False)[0]
        path, context = [str(part) for part in first["loc"]], first.get("ctx", {})
        words = context.get("words") or f"`{'.'.join(path)}` {first['msg'].lower()}"
        key = context.get("key") or (path[-1] if path else "")
        raise BadFile(_line(text, name, str(key)), str(words)) from None


def _limits(text: str, name: str, form: LimitsForm) -> Limits:
    share = re.fullmatch("([1-9][0-9]{0,2}) ?%", form.share)
    # A store counts a table that it cannot estimate to twenty times the rows, and no further.
    if not share or not 5 <= int(share[1]) <= 100:  # noqa: PLR2004 (a twentieth, and all)
        words = "`share` must be a percentage from `5%` to `100%`; write it as `10%`"
        raise BadFile(_line(text, name, "share"), words)
    return Limits(form.rows, int(share[1]), form.small_table)


def _zone(text: str, name: str, zone: str) -> ZoneInfo:
    try:
        return ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        words = "`zone` is no time zone; write one such as `Europe/Berlin`"
        raise BadFile(_line(text, name, "zone"), words) from None


def _line(text: str, name: str, key: str) -> str:
    for number, line in enumerate(text.splitlines(), start=1):
        if key and line.split("=")[0].strip().strip('"') == key:
            return f"{name}:{number}"
    return f"{name}:1"
