"""A proof bundle: what a stranger needs to check one request, with Python alone."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from importlib.resources import files
from pathlib import Path

import rfc8785

from upheld.errors import BadInput, HomeFailed
from upheld.evidence import notes
from upheld.evidence.entries import read_entry
from upheld.evidence.overwriting import require_replaceable
from upheld.evidence.verify import FORMAT
from upheld.model import Request
from upheld.ports import Home

_ZIP = b"PK\x03\x04"
_LONG_AGO = (1980, 1, 1, 0, 0, 0)
_README = """\
A proof of what became of request {request}.

Check it with Python 3.11 or later and nothing else:

    python3 verify.py FILE.zip

or, with a verify.py of another source, which is better: the one inside was packed by the company.
`--key KEY` compares the signer with the key the company publishes. `--since OLD` compares the log
with a checkpoint you kept, for instance the one printed in an answer you received.

bundle.json      which log, which request
checkpoint       the size and root of the log, signed (C2SP tlog-checkpoint)
verifier-key     the key that signed it
plan.json        what was decided; plans/ has earlier ones
entries/         the entries of the log about this request, byte for byte, and the first of all
proofs.json      that each entry is in the log, and that older sizes of it are its beginning

Nothing in here names a person. That no entry was left out, only the whole log shows.
"""


def write_bundle(home: Home, request: Request, path: Path, *, since: Iterable[int] = ()) -> None:
    """Write the proof of a request to `path`, whole or not at all.

    `since` names older sizes of the log to prove consistent with, as the company's checkpoints
    have them.

    Raises:
        HomeFailed: home no longer has a plan that was signed.
        BadInput: the file cannot be written, or is there and is no bundle.
    """
    require_replaceable(path, _ZIP)
    contents = _contents(home, request, since)
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as stream:
            with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
                for name, data in contents.items():
                    _add(archive, name, data)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)
    except OSError as wrong:
        with suppress(OSError):
            part.unlink()
        raise BadInput(f"`{path.name}` cannot be written: {wrong.strerror}") from wrong


def _contents(home: Home, request: Request, since: Iterable[int]) -> Mapping[str, bytes]:
    checkpoint = home.checkpoint()
    size = notes.read(checkpoint, home.verifier).size
    leaves = {n: home.raw(n) for n in sorted({0, *request.entries}) if n < size}
    about: dict[str, str | int] = {"format": FORMAT, "origin": home.origin, "request": request.id}
    return {
        "README.txt": _README.format(request=request.id).encode(),
        "bundle.json": rfc8785.dumps({**about}),
        "checkpoint": checkpoint.encode(),
        "verifier-key": f"{home.verifier}\n".encode(),
        **_plans(home, request, leaves),
        **{f"entries/{n}.json": leaf for n, leaf in leaves.items()},
        "proofs.json": rfc8785.dumps(_proofs(home, size, leaves, since)),
        "verify.py": files("upheld.evidence").joinpath("verify.py").read_bytes(),
    }


def _plans(home: Home, request: Request, leaves: Mapping[int, bytes]) -> dict[str, bytes]:
    """Return the request's plan, and every earlier one that was signed."""
    entries = (read_entry(n, leaf) for n, leaf in leaves.items())
    signed = {str(each.body["plan"]) for each in entries if each.kind == "request.signed"}
    plans = {f"plans/{digest}.json": digest for digest in sorted(signed - {request.plan})}
    if request.plan:
        plans["plan.json"] = request.plan
    return {name: _plan(home, request, digest) for name, digest in plans.items()}


def _plan(home: Home, request: Request, digest: str) -> bytes:
    document = home.document(digest)
    if document is None:
        raise HomeFailed(f"home has lost a plan of {request.id}; restore it from a backup")
    return document


def _proofs(
    home: Home, size: int, leaves: Mapping[int, bytes], since: Iterable[int]
) -> dict[str, dict[str, list[str]]]:
    older = sorted(old for old in set(since) if 0 < old < size)
    return {
        "inclusion": {str(n): _hex(home.inclusion(n, size)) for n in leaves},
        "consistency": {str(old): _hex(home.consistency(old, size)) for old in older},
    }


def _hex(proof: Iterable[bytes]) -> list[str]:
    return [each.hex() for each in proof]


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    member = zipfile.ZipInfo(name, _LONG_AGO)
    member.compress_type = zipfile.ZIP_DEFLATED
    member.external_attr = 0o644 << 16
    archive.writestr(member, data)
